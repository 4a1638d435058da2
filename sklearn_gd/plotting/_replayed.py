"""What a fit has recorded of one target's descent, and its path: as stored, or replayed."""

import math
from dataclasses import dataclass, replace

import numpy as np

from .._descent.replay import replay
from .._descent.stopping import SolutionTest
from .._objective.coordinates import Standardised
from .._objective.least_squares import LeastSquares
from .._objective.plan import gram_from
from .._objective.theta import parts
from .._parameters import check_alpha, check_bounds
from ..rows._machine import MEMORY_SHARE, physical_memory
from ._chosen import is_index
from ._fitted import l2_of

# Losses agree if their difference is less than this share of them. Rounding that is amplified
# grows along directions in which J is steep, so J shows it; a picture shows fewer digits.
AGREE = 1e-6


@dataclass(frozen=True)
class Record:
    """What was recorded, in float64, and the parameters in terms of the user's features.

    Attributes
    ----------
    losses : ndarray of shape (n_iter + 1,)
    alphas : ndarray of shape (n_iter,)
    fitted : ndarray of shape (n_parameters,)
    best_iter : int
        The iterate that was returned; negative if it is from an earlier call.
    start : ndarray of shape (n_parameters,)
    path : ndarray of shape (n_iter + 1, n_parameters), or None
    why : str or None
        Why there is none.
    """

    losses: np.ndarray
    alphas: np.ndarray
    fitted: np.ndarray
    best_iter: int
    start: np.ndarray
    path: np.ndarray | None = None
    why: str | None = None


def n_targets_of(regressor):
    """How many targets a fitted regressor has."""
    return 1 if regressor.loss_history_.ndim == 1 else regressor.loss_history_.shape[1]


def record_of(regressor, target):
    """Return the Record of one target, with the path if it was stored.

    Parameters
    ----------
    regressor : GradientDescentRegressor
    target : int or None
        None if there is only one.
    """
    n_targets = n_targets_of(regressor)
    if target is None and n_targets > 1:
        raise ValueError(f"estimator has {n_targets} targets; choose one: target=0, for example.")
    target = 0 if target is None else target
    if not is_index(target, n_targets):
        raise ValueError(f"target must be an index below {n_targets}, got {target!r}.")
    _check_unchanged(regressor, target)
    several = regressor.loss_history_.ndim == 2

    def one(array, axis):
        array = np.asarray(array, dtype=np.float64)
        return np.take(array, target, axis=axis) if several else array

    alphas, losses = one(regressor.alpha_history_, -1), one(regressor.loss_history_, -1)
    path, fitted = getattr(regressor, "coef_path_", None), one(regressor.coef_, 0)
    path = None if path is None else one(path, 1)
    if regressor.fit_intercept:
        fitted = np.append(fitted, one(regressor.intercept_, -1))
        if path is not None:
            path = np.column_stack([path, one(regressor.intercept_path_, -1)])
    n_iter = len(alphas)
    if several:
        # A target that finished before the others has no steps of its own after that.
        n_iter = int(np.max(np.flatnonzero(alphas), initial=-1)) + 1
    best_iter = int(np.ravel(regressor.best_iter_)[target])
    if path is None:
        (start,) = _in_the_users_terms(regressor, [regressor._start[target].point.theta])
    else:
        path = path[: n_iter + 1]
        start = path[0]
    return Record(losses[: n_iter + 1], alphas[:n_iter], fitted, best_iter, start, path)


def _check_unchanged(regressor, target):
    """Raise if there was an intercept when it was fitted and now is none, or the other way."""
    n_parameters = len(regressor._start[target].point.theta)
    was = n_parameters > regressor.coef_.shape[-1]
    if was != bool(regressor.fit_intercept):
        raise ValueError(
            f"estimator was fitted with fit_intercept={was}, and has fit_intercept="
            f"{regressor.fit_intercept!r} now; set it back, or fit again."
        )


def with_path(record, regressor, rows, target):
    """Return the Record with its path, replayed if it was not stored, or why there is none.

    Parameters
    ----------
    record : Record
    regressor : GradientDescentRegressor
    rows : Rows
        Those that fit descended on.
    target : int
    """
    if record.path is not None:
        return record
    shape = len(record.losses), len(record.start)
    size = 8 * math.prod(shape)
    if size > MEMORY_SHARE * physical_memory():
        why = (
            f"The path cannot be replayed: {shape[0] - 1} steps of {shape[1]} parameters would "
            f"take {size / 1e9:.1f} GB of memory."
        )
        return replace(record, why=why)
    least_squares = _least_squares_of(regressor, rows)
    objective, began = least_squares.objectives[target], regressor._start[target]
    box = None if began.projection is None else began.projection.box
    test = SolutionTest(objective, least_squares.curvature, float(regressor.tol or 0.0), box)
    trace = replay(objective, began, record.alphas.tolist(), test)
    rounding = objective.rounding(began.point.theta) ** 2
    why = _difference(np.array(trace.losses), record.losses, rounding, began.kind)
    if why is not None:
        return replace(record, why=why)
    return replace(record, path=_in_the_users_terms(regressor, trace.path))


def _in_the_users_terms(regressor, thetas):
    """Coefficients and intercepts in the units of X, a row for each theta of the descent."""
    apart = [parts(theta, bool(regressor.fit_intercept)) for theta in thetas]
    w, b = (np.array(each) for each in zip(*apart, strict=True))
    if regressor.scaled_:
        mean, scale = regressor.feature_mean_, regressor.feature_scale_
        w, b = Standardised(mean, scale, np.ones(len(scale), bool), 0.0).outside(w, b)
    bounds = check_bounds(regressor.coef_bounds, regressor.positive, w.shape[1])
    if bounds is not None:
        # Rounding between the coordinates must not lead out of them.
        w = np.clip(w, *bounds)
    return np.column_stack([w, b]) if regressor.fit_intercept else w


def _least_squares_of(regressor, rows):
    """J as fit had it: from the same rows in the same form, for the same bits."""
    fit_intercept, scaled, origin = bool(regressor.fit_intercept), regressor.scaled_, 0.0
    if regressor._seen is not None:
        # partial_fit has kept what it descended on.
        rows, origin = regressor._seen.rows(centred=scaled and fit_intercept)
    max_steps = math.inf if regressor.warm_start else regressor.max_iter
    needs_spectrum = check_alpha(regressor.alpha).needs_spectrum
    return LeastSquares.made(
        rows,
        regressor.loss_history_.shape[1:],
        fit_intercept,
        gram_from(rows, regressor.precompute, max_steps, needs_spectrum),
        scale=scaled,
        origin=origin,
        l2=l2_of(regressor),
    )


def _difference(losses, recorded, rounding, kind):
    """Return None if the losses agree, else a sentence that says where they do not."""
    n = min(len(losses), len(recorded))
    found, expected = losses[:n], recorded[:n]
    allowed = AGREE * expected + 1e-12 * expected[0] + rounding
    tiny = np.finfo(np.float64).tiny
    with np.errstate(over="ignore"):
        apart = ~(np.abs(found - expected) <= allowed)
        ratios = np.maximum(found, tiny) / np.maximum(expected, tiny)
        ratios = np.where(apart, np.maximum(ratios, 1.0 / ratios), 1.0)
    if n == len(recorded) and not apart.any():
        return None
    first, worst = int(np.argmax(apart)) if apart.any() else n, int(np.argmax(ratios))
    by = f"a factor of {ratios[worst]:.1g}"
    if ratios[worst] < 2:
        by = f"{ratios[worst] - 1:.1g} of J"
    how = f", by {by} at step {worst}" if apart.any() else ""
    cause = "rounding differs"
    if kind == "adaptive":
        cause = "adaptive learning rates amplify rounding"
    return (
        f"The path cannot be replayed: from step {first} on the losses differ from those of the "
        f"fit{how}, as {cause}. Fit with store_path=True to see it."
    )


def require_stored_path(regressor):
    """Raise if fit has stored no path."""
    if not hasattr(regressor, "coef_path_"):
        remedy = "fit it with store_path=True"
        if hasattr(regressor, "mse_path_"):
            remedy = "fit a GradientDescentRegressor with its alpha_ and store_path=True"
        raise ValueError(f"estimator has no path; {remedy}.")
