"""What a descent needs to go on, and what it has recorded."""

import copy
from dataclasses import dataclass, field

from .._objective.point import Point
from ..learning_rates.protocol import RateState
from .projection import Projection

# From best to worst; the status of several targets is the worst of theirs.
STATUSES = ("converged", "early_stopped", "stopped", "max_iter", "diverged")


@dataclass(eq=False, repr=False)
class State:
    """All that a later call needs to continue as if there had been no pause.

    Attributes
    ----------
    point : Point
        Its number counts the updates over all calls.
    rate_state : RateState
    kind : {"constant", "scheduled", "adaptive"}
        Kind of the learning rate.
    first : Point
        Where the descent began.
    best : Point
        The point to return: the one with the lowest loss, or early stopping's choice.
    projection : Projection or None
        What moves within bounds remember; None if there are none.
    largest_alpha : float
        Largest learning rate of the updates so far.
    next_test : int
        Number of the first update after which to test for a solution again.
    """

    point: Point
    rate_state: RateState
    kind: str
    first: Point = field(init=False)
    best: Point = field(init=False)
    projection: Projection | None = None
    largest_alpha: float = 0.0
    next_test: int = 0

    def __post_init__(self):
        self.first = self.best = self.point


class Trace:
    """What one call has recorded of a descent.

    Attributes
    ----------
    first : int
        Number of the update at which this call began.
    losses, alphas : list of float
        J at the iterates of this call, and the learning rates between them.
    path : list of ndarray
        Those iterates if they are to be stored, else only the first.
    validation_losses : list of float
        J on held-out rows at the iterates, with early stopping.
    status : one of STATUSES
        How the descent ended; "stopped" until then, as it would be if it ended now.
    """

    def __init__(self, point):
        self.first = point.k
        self.losses = [point.loss]
        self.alphas = []
        self.path = [point.theta]
        self.validation_losses = []
        self.status = "stopped"


class Descent:
    """One target's descent: its state and its trace.

    Parameters
    ----------
    state : State
        Brought up to date with every update.

    Attributes
    ----------
    start : State
        As it was when this call began, but for what the learning rate has changed of its own.
    """

    def __init__(self, state):
        self.state = state
        self.start = _kept(state)
        self.trace = Trace(state.point)

    @property
    def best_iter(self):
        """Number of the best point, counted from the beginning of this call.

        Negative if it is from an earlier call: -3 is three updates before this one began.
        """
        return self.state.best.k - self.trace.first


def _kept(state):
    """Return a copy that no update changes: it replaces attributes, but writes into no array."""
    # The module copy takes as long for it as an update does.
    kept = object.__new__(State)
    vars(kept).update(vars(state))
    kept.projection = copy.copy(state.projection)
    return kept
