"""A descent once more, with the learning rates that were recorded: its path, if it was not stored.

The loop is that of every descent, with the same tests, so that losses and gradients are
refreshed where they were.  Where rows and form of the Hessian are the same, so are the bits.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

from ..learning_rates.protocol import Line, RateState
from .loop import descend
from .projection import Projection
from .state import Descent


def replay(objective, start, alphas, test):
    """Return the Trace, with the path, of as many updates as there are learning rates.

    Parameters
    ----------
    objective : Objective
    start : State
        The `Descent.start` of the first time.
    alphas : list of float
    test : SolutionTest
        As at the first time.
    """
    state = copy.copy(start)
    if start.projection is not None:
        state.projection = Retraced(**vars(start.projection))
    state.rate_state = Recorded(alphas, start.point.k, start.rate_state.may_stop)
    descent = Descent(state)
    if alphas:
        descend(objective, descent, NeverOver(test), max_iter=len(alphas), store_path=True)
    return descent.trace


@dataclass(eq=False, repr=False)
class Recorded(RateState):
    """The learning rates of updates first, first + 1, ...; ``counts`` says which iterates do."""

    alphas: list[float]
    first: int
    counts: Callable[[int], bool]

    def __call__(self, k: int, line: Line) -> float:
        return self.alphas[k - self.first]

    def may_stop(self, k: int) -> bool:
        """Whether the iterate after k updates counts."""
        return self.counts(k)


class Retraced(Projection):
    """Moves with learning rates that were recorded, some of them as they had been shortened."""

    def target_of(self, theta, alpha, gradient, free):
        """Where the update led: to the first bound itself, if the step was ended there."""
        reached, at_bound = self.box.to_first_bound(theta, alpha, gradient * free)
        ended = self.is_adaptive and reached == alpha
        return at_bound if ended else super().target_of(theta, alpha, gradient, free)


class NeverOver:
    """A SolutionTest that refreshes points, but finds no solution: rounding may differ.

    Parameters
    ----------
    test : SolutionTest
    """

    def __init__(self, test):
        self._test = test

    def __call__(self, point):
        """Whether to look closer."""
        return self._test(point)

    def certify(self, point, drift):
        """Return False, and the point as the test returns it."""
        return False, self._test.certify(point, drift)[1]
