"""Where a fit begins: at zero or the best constant, the user's start, or the last fit's end."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .._objective.theta import join
from ..learning_rates._numbers import no_number
from ..learning_rates.protocol import Line, RateState
from ..rows import _checks as checks
from .projection import Projection
from .state import State
from .stopping import MAX_SUBOPTIMALITY

# Largest loss at the start: squares of the gradient, and more, must not overflow float64.
LARGEST_LOSS = 1e120


@dataclass(frozen=True, eq=False, repr=False)
class Pause:
    """Where a fit ended, in float64, for a warm start to continue from.

    Attributes
    ----------
    digest : bytes or None
        Fingerprint of the data's moments; None after early stopping, which made
        steps beyond the iterate it returned: no fit may continue from those.
    rate : LearningRate
    states : tuple of State
        One for each target.
    parameters : tuple of (ndarray, float)
        The fitted coefficients and intercept of each target.
    """

    digest: bytes | None
    rate: object
    states: tuple[State, ...]
    parameters: tuple[tuple[np.ndarray, float], ...]

    @property
    def box(self):
        """The Box of the fit, the same for each target; None if there were no bounds."""
        projection = self.states[0].projection
        return None if projection is None else projection.box


def starting_states(
    least_squares, rate, pause, coef_init, intercept_init, *, exactly=True, **limits
):
    """Return the State at the start of each target's descent.

    Parameters
    ----------
    least_squares : LeastSquares
    rate : LearningRate
    pause : Pause or None
        Where the last fit ended.  On the same data, with the same learning rate,
        it is continued exactly; else the parameters it found are the start.
    coef_init, intercept_init : array-like or None
        The user's start; takes precedence.
    exactly : bool, default=True
        Whether the last fit may be continued exactly.
    **limits
        ``max_iter`` and ``tol``, for learning rates that plan ahead, and the ``box``.
    """
    if coef_init is not None or intercept_init is not None or pause is None:
        parameters = _initial_parameters(least_squares, coef_init, intercept_init)
        counts = [0] * len(parameters)
    else:
        _check_shapes(least_squares, pause)
        same_rate = _equal(pause.rate, rate) and _same_box(pause.box, limits.get("box"))
        if exactly and same_rate and pause.digest == least_squares.moments.digest:
            # A copy: a fit that fails must not change the states of the last one.
            return _copied(pause.states, rate)
        parameters = pause.parameters
        counts = [state.point.k if same_rate else 0 for state in pause.states]
    thetas = [_theta(least_squares, j, start) for j, start in enumerate(parameters)]
    return tuple(
        starting_state(objective, least_squares.curvature, rate, theta, k=k, **limits)
        for objective, theta, k in zip(least_squares.objectives, thetas, counts, strict=True)
    )


def starting_state(objective, curvature, rate, theta, *, max_iter, tol, k=0, box=None):
    """Return the State of a descent that begins at theta, or the nearest point of the box.

    k is the number of its first update.
    """
    point = objective.at(theta if box is None else box.project(theta), k)
    if not point.loss < LARGEST_LOSS:
        raise ValueError(
            f"coef_init and intercept_init give a loss of {point.loss:.1e}; up to "
            f"{LARGEST_LOSS:.0e} is allowed."
        )
    try:
        state = rate.start(AtStart(point, curvature, max_iter, tol, box))
    except StopIteration as error:
        raise ValueError(no_number("at the start")) from error
    # A class is callable, too, but makes states instead of being one.
    if not callable(state) or isinstance(state, type):
        raise TypeError(
            f"alpha: start(problem) of {rate!r} must return a callable "
            f"(k, line) -> float, got {state!r}."
        )
    # isinstance, which looks at every member of a protocol, takes as long as an update.
    state = state if hasattr(state, "may_stop") else Function(state)
    projection = None if box is None else Projection(box, rate.kind == "adaptive")
    return State(point, state, rate.kind, projection)


@dataclass(eq=False, repr=False)
class Function(RateState):
    """The state of a learning rate whose start returned a plain function."""

    function: Callable[[int, Line], float]

    def __call__(self, k, line):
        return self.function(k, line)


class AtStart:
    """What a learning rate may ask before the first step: a `learning_rates.protocol.Problem`."""

    def __init__(self, point, curvature, max_iter, tol, box=None):
        self._point, self._curvature, self._box = point, curvature, box
        self.is_bounded = box is not None
        self.k, self.loss = point.k, point.loss
        self.max_iter, self.tol = max_iter, tol

    @property
    def largest_eigenvalue(self):
        """L of the Hessian."""
        return self._curvature.largest

    @property
    def smallest_eigenvalue(self):
        """Mu of the Hessian, the smallest eigenvalue above rounding level."""
        return self._curvature.smallest

    @property
    def suboptimality(self):
        """J - J* at the start; an upper bound of it if there are bounds."""
        room = None if self._box is None else self._box.room(self._point.theta)
        return self._curvature.suboptimality(self._point.gradient, room)

    @property
    def suboptimality_allowed(self):
        """J - J* at which the descent may end."""
        # Residual correlations are at most sqrt((J - J*) / J).
        share = min(self.tol**2, MAX_SUBOPTIMALITY)
        return share * max(self.loss - self.suboptimality, 0.0)


def _theta(least_squares, target, parameters):
    """The start of a target's descent, given the user's parameters or None."""
    if parameters is None:
        return least_squares.default_theta(least_squares.objectives[target])
    w, b = least_squares.coordinates.inside(*parameters)
    return join(w, b, least_squares.moments.fit_intercept)


def _initial_parameters(least_squares, coef_init, intercept_init):
    """For each target the parameters that the user starts at; None for each if not given."""
    rows, target_shape = least_squares.rows, least_squares.target_shape
    n_targets, n_features = rows.n_targets, rows.n_features
    if coef_init is None and intercept_init is None:
        return [None] * n_targets
    coef, intercept = np.zeros((*target_shape, n_features)), np.zeros(target_shape)
    if coef_init is not None:
        coef = checks.check_start(coef_init, "coef_init", coef.shape)
    if intercept_init is not None:
        intercept = checks.check_start(
            intercept_init, "intercept_init", target_shape, per_target=True
        )
    if not least_squares.moments.fit_intercept and intercept.any():
        raise ValueError("intercept_init must be 0 or None with fit_intercept=False.")
    coef = coef.reshape(n_targets, n_features)
    return list(zip(coef, intercept.reshape(n_targets).tolist(), strict=True))


def _copied(states, rate):
    try:
        return copy.deepcopy(states)
    except TypeError as error:  # a generator, for instance
        raise TypeError(
            f"alpha: the state of {rate!r} cannot be copied, which warm_start=True needs: {error}."
        ) from error


def _same_box(box, other):
    if box is None or other is None:
        return box is other
    return np.array_equal([box.low, box.high], [other.low, other.high])


def _equal(rate, other):
    try:
        return bool(rate == other)
    except (TypeError, ValueError):  # arrays among the settings of a user's own object
        return rate is other


def _check_shapes(least_squares, pause):
    now = len(least_squares.objectives), least_squares.rows.n_features
    before = len(pause.parameters), len(pause.parameters[0][0])
    if now != before:
        raise ValueError(
            f"warm_start=True, but the last fit had {before[1]} features and {before[0]} targets, "
            f"this one has {now[1]} and {now[0]}; fit a clone to begin anew."
        )
