"""Coefficients after given numbers of steps."""

import numbers
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _parameters as parameters
from .._descent.loop import advance
from .._fitted import leaves_no_trace
from .._objective.coordinates import Standardised, Unscaled
from .._objective.least_squares import LeastSquares
from .._objective.plan import NEVER, Plan, affordable
from .._objective.quadratic import steps_from_zero
from .._objective.sizes import check_moments
from .._typing import MatrixLike, TargetsLike, WeightsLike
from ..learning_rates._numbers import shown
from ..rows import _checks as checks
from ..rows._checks import check_X_y
from ..rows._machine import alone
from .cross_validation import MOST_FEATURES


@leaves_no_trace
def gradient_descent_path(
    X: MatrixLike,
    y: TargetsLike,
    *,
    alpha: float,
    n_iters: ArrayLike,
    fit_intercept: bool = True,
    scale: bool = False,
    sample_weight: WeightsLike = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute the coefficients after given numbers of steps of a constant learning rate.

    From zero, or with ``scale=True`` from the mean of y. Drawn against the time
    ``t = k * alpha`` they are what a regularisation path is of a penalty: early
    stopping shrinks much as ridge regression with the penalty ``1/(2 t) |w|^2`` does.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Targets.
    alpha : float
        The learning rate, below 2/L (see `max_stable_alpha`).
    n_iters : array-like of shape (n_steps,)
        Numbers of steps, not negative, in any order.
    fit_intercept : bool, default=True
        Whether b is a parameter; else it is 0.
    scale : bool, default=False
        Whether to descend along standardised features, from the mean of y, as in
        `GradientDescentRegressor`. Coefficients are those of X all the same;
        `alpha`, 2/L and the penalty are in terms of standardised features.
    sample_weight : float or array-like of shape (n_samples,), default=None
        Weights s_i, not negative; 1 for all if None.

    Returns
    -------
    coefs : ndarray of shape (n_features, n_steps) or (n_targets, n_features, n_steps)
        Coefficients after the numbers of steps, float64.
    intercepts : ndarray of shape (n_steps,) or (n_targets, n_steps)
        Intercepts; zeros if `fit_intercept=False`.

    Raises
    ------
    ValueError, TypeError
        If a parameter is not what it may be; if `alpha` is above 2/L; if X, y
        or weights have the wrong shape, are not numbers, nan, infinite or of a
        size beyond 1e-30 to 1e30.

    See Also
    --------
    GradientDescentRegressor : With `store_path=True` it keeps every iterate of
        any learning rate.
    CoefficientPathDisplay : Draws the coefficients against time.
    GradientDescentRegressorCV : Chooses alpha and the number of steps.
    sklearn.linear_model.lasso_path : The path of the lasso.

    Notes
    -----
    Up to 2000 features the steps are not made one by one: along the
    eigenvector of H with eigenvalue l, k steps from zero are
    ``1 - (1 - alpha l)^k`` of the way to the solution. So a million steps cost
    no more than one.

    References
    ----------
    A. Ali, J. Z. Kolter, R. J. Tibshirani, "A continuous-time view of early
    stopping for least squares", AISTATS 2019, arXiv 1810.10082.

    Examples
    --------
    >>> from sklearn_gd import gradient_descent_path
    >>> X, y = [[-1.0], [1.0], [3.0]], [1.0, 2.0, 4.0]
    >>> coefs, intercepts = gradient_descent_path(X, y, alpha=0.2, n_iters=[0, 1, 10, 100])
    >>> coefs.round(3)
    array([[0.   , 0.867, 0.846, 0.75 ]])
    >>> intercepts.round(3)
    array([0.   , 0.467, 1.296, 1.583])
    """
    X, y = check_X_y(X, y, **checks.ROWS_AS_THEY_ARE)
    parameters.check_flag(fit_intercept, "fit_intercept")
    parameters.check_flag(scale, "scale")
    if not isinstance(alpha, numbers.Real) or isinstance(alpha, bool):
        raise TypeError(f"alpha must be a positive number, got {shown(alpha)}.")
    rate, counts = parameters.check_alpha(alpha), _check_counts(n_iters)
    rows = checks.check_rows(X, y, sample_weight)
    known = rows.n_features <= MOST_FEATURES and affordable(rows.n_features)
    plan = Plan.made(rows, bool(fit_intercept), 0 if known else NEVER)
    check_moments(plan.moments, rows)
    coordinates = Standardised.of(plan.moments) if scale else Unscaled()
    problem = LeastSquares(plan, y.shape[1:], coordinates)
    largest = problem.curvature.largest
    if rate.alpha * largest > 2.0:
        raise ValueError(
            f"alpha={rate.alpha:g} is above {2.0 / largest:.6g} (2/L): the path of this data "
            "grows without bound."
        )
    path_of = partial(alone, _by_powers) if known else _step_by_step
    coefs = np.empty((rows.n_targets, rows.n_features, len(counts)))
    intercepts = np.zeros((rows.n_targets, len(counts)))
    for j, objective in enumerate(problem.objectives):
        start = objective.best_constant() if scale else np.zeros(objective.n_parameters)
        thetas = path_of(objective, rate, counts, start)
        b = thetas[:, -1] if fit_intercept else np.zeros(len(counts))
        w, intercepts[j] = coordinates.outside(thetas[:, : rows.n_features], b)
        coefs[j] = w.T
    return (coefs, intercepts) if y.ndim > 1 else (coefs[0], intercepts[0])


def _check_counts(n_iters):
    counts = np.asarray(n_iters)
    if counts.ndim != 1 or not len(counts) or counts.dtype.kind not in "iu" or (counts < 0).any():
        raise ValueError(
            "n_iters must be a 1-D array of at least one whole number, none negative, got "
            f"{n_iters!r}."
        )
    return counts


def _by_powers(objective, rate, counts, start):
    """Theta after so many steps, a row each, in the eigenbasis of H."""
    values, basis = np.linalg.eigh(objective.moments.hessian)
    pull = -(basis.T @ objective.at(start).gradient)
    return start + (steps_from_zero(rate.alpha, values, counts[:, None]) * pull) @ basis.T


def _step_by_step(objective, rate, counts, start):
    """The same by making the steps."""
    point = objective.at(start)
    state = rate.start(None)
    wanted, thetas = set(counts.tolist()), {0: point.theta}
    for k in range(1, int(counts.max(initial=0)) + 1):
        _, point = advance(objective, state, point)
        if k in wanted:
            thetas[k] = point.theta
    return np.array([thetas[k] for k in counts.tolist()]).reshape(len(counts), -1)
