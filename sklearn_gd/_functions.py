"""The cost, its slopes, the largest stable learning rate and the path as plain functions."""

import numbers

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _parameters as parameters
from ._fitted import leaves_no_trace
from ._objective.least_squares import LeastSquares
from ._objective.plan import NEVER, when_to_gather
from ._objective.theta import join
from ._search.path import is_quick, path
from ._typing import FloatOrArray, MatrixLike, TargetsLike, WeightsLike
from ._words import answers_to_other_words
from .learning_rates._numbers import shown
from .rows import _checks as checks
from .rows._open import open_features, open_rows


@answers_to_other_words
@leaves_no_trace
def cost(
    X: MatrixLike,
    y: TargetsLike,
    coef: ArrayLike,
    intercept: ArrayLike = 0.0,
    *,
    l2_regularization: float = 0.0,
    sample_weight: WeightsLike = None,
) -> FloatOrArray:
    """Half the (weighted) mean squared error, the J that gradient descent minimises.

    ``J(w, b) = 1/(2 S) sum_i s_i (w . x_i + b - y_i)^2 + l2/2 |w|^2`` with weights s_i
    of sum S; the penalty l2 is 0 by default.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe, RowSource} of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Targets; None where X is a source of rows, which has its own.
    coef : array-like of shape (n_features,) or (n_targets, n_features)
        w.
    intercept : float or array-like of shape (n_targets,), default=0.0
        b.
    l2_regularization : float, default=0.0
        The penalty l2, for coefficients in the units of X, as in
        `GradientDescentRegressor`.
    sample_weight : float or array-like of shape (n_samples,), default=None
        Weights s_i, not negative; 1 for all if None.

    Returns
    -------
    float or ndarray of shape (n_targets,)
        J, float64.

    Raises
    ------
    ValueError, TypeError
        If shapes do not match; if values are nan, infinite, not numeric, or of a
        size outside 1e-30 to 1e30 (0 is allowed); if weights are negative or all
        zero; if J overflows float64.

    See Also
    --------
    gradient : Its partial derivatives.

    References
    ----------
    J. Nocedal, S. Wright, "Numerical Optimization", 2nd ed., Springer 2006,
    section 10.2.

    Examples
    --------
    >>> from sklearn_gd import cost
    >>> cost([[1.0], [2.0]], [1.0, 4.0], coef=[1.0], intercept=0.0)
    1.0
    """
    points, target_shape = _points(X, y, coef, intercept, l2_regularization, sample_weight)
    losses = np.array([point.loss for _, point in points])
    return losses if target_shape else float(losses[0])


@answers_to_other_words
@leaves_no_trace
def gradient(
    X: MatrixLike,
    y: TargetsLike,
    coef: ArrayLike,
    intercept: ArrayLike = 0.0,
    *,
    l2_regularization: float = 0.0,
    sample_weight: WeightsLike = None,
) -> tuple[NDArray[np.float64], FloatOrArray]:
    """Partial derivatives of the cost J with respect to w and b.

    ``dJ/dw = 1/S sum_i s_i (w . x_i + b - y_i) x_i + l2 w`` and
    ``dJ/db = 1/S sum_i s_i (w . x_i + b - y_i)``.  Together they point in the
    direction in which J rises fastest; a step of gradient descent goes the other way.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe, RowSource} of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Targets; None where X is a source of rows, which has its own.
    coef : array-like of shape (n_features,) or (n_targets, n_features)
        w.
    intercept : float or array-like of shape (n_targets,), default=0.0
        b.
    l2_regularization : float, default=0.0
        The penalty l2, for coefficients in the units of X, as in
        `GradientDescentRegressor`.
    sample_weight : float or array-like of shape (n_samples,), default=None
        Weights s_i, not negative; 1 for all if None.

    Returns
    -------
    d_coef : ndarray of shape (n_features,) or (n_targets, n_features)
        dJ/dw, float64.
    d_intercept : float or ndarray of shape (n_targets,)
        dJ/db, float64.

    Raises
    ------
    ValueError, TypeError
        As for `cost`.

    References
    ----------
    J. Nocedal, S. Wright, "Numerical Optimization", 2nd ed., Springer 2006,
    sections 2.2 and 10.2.

    Examples
    --------
    >>> from sklearn_gd import gradient
    >>> gradient([[1.0], [2.0]], [1.0, 4.0], coef=[1.0], intercept=0.0)
    (array([-2.]), -1.0)
    """
    points, target_shape = _points(X, y, coef, intercept, l2_regularization, sample_weight)
    parts = [objective.parts(point.gradient) for objective, point in points]
    d_coef = np.array([part[0] for part in parts])
    d_intercept = np.array([part[1] for part in parts])
    return (d_coef, d_intercept) if target_shape else (d_coef[0], float(d_intercept[0]))


@answers_to_other_words
def directional_derivative(
    X: MatrixLike,
    y: TargetsLike,
    coef: ArrayLike,
    intercept: float,
    direction_coef: ArrayLike,
    direction_intercept: float = 0.0,
    *,
    l2_regularization: float = 0.0,
    sample_weight: WeightsLike = None,
) -> float:
    """Rate at which the cost J changes along a direction, per unit of length.

    With d the direction scaled to length 1 it is
    ``gradient . d = |gradient| cos(angle between them)``: largest along the
    gradient, 0 along a level line, and most negative against the gradient.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe, RowSource} of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples,)
        Targets; None where X is a source of rows, which has its own.
    coef : array-like of shape (n_features,)
        w, where the rate is taken.
    intercept : float
        b, where the rate is taken.
    direction_coef : array-like of shape (n_features,)
        The direction's part for w. Its length does not matter.
    direction_intercept : float, default=0.0
        The direction's part for b.
    l2_regularization : float, default=0.0
        The penalty l2, for coefficients in the units of X, as in
        `GradientDescentRegressor`.
    sample_weight : float or array-like of shape (n_samples,), default=None
        Weights s_i, not negative; 1 for all if None.

    Returns
    -------
    float
        The rate.

    Raises
    ------
    ValueError, TypeError
        As for `cost`; also if the direction is zero or y is 2-D.

    References
    ----------
    J. Nocedal, S. Wright, "Numerical Optimization", 2nd ed., Springer 2006,
    section 2.2 and appendix A.2.

    Examples
    --------
    >>> from sklearn_gd import directional_derivative
    >>> directional_derivative([[1.0], [2.0]], [1.0, 4.0], [1.0], 0.0, [3.0])
    -2.0
    """
    if np.ndim(y) > 1:
        raise ValueError(
            f"y must be 1-D here, got shape {np.shape(y)}; take one target at a time."
        )
    how = {"l2_regularization": l2_regularization, "sample_weight": sample_weight}
    d_coef, d_intercept = gradient(X, y, coef, intercept, **how)
    along = checks.check_start(direction_coef, "direction_coef", d_coef.shape)
    across = checks.check_start(direction_intercept, "direction_intercept", (), per_target=True)
    direction = join(along, across, True)
    largest = np.abs(direction).max()
    if largest == 0.0:
        raise ValueError("direction_coef and direction_intercept must not both be zero.")
    direction = direction / largest  # so that its squares do not overflow
    return float(join(d_coef, d_intercept, True) @ direction / np.linalg.norm(direction))


@answers_to_other_words
@leaves_no_trace
def max_stable_alpha(
    X: MatrixLike,
    *,
    fit_intercept: bool = True,
    scale: bool = False,
    l2_regularization: float = 0.0,
    sample_weight: WeightsLike = None,
) -> float:
    """Upper limit of the constant learning rates with which gradient descent converges, 2/L.

    L is the largest eigenvalue of the Hessian ``1/S A^T diag(s) A``, A = [X 1]
    (A = X without an intercept); a penalty l2 is added to its diagonal, except
    for the intercept. Any constant alpha below 2/L converges from every start,
    2/L itself does not; 1/L never overshoots in any direction.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe, RowSource} of shape (n_samples, n_features)
        Features.
    fit_intercept : bool, default=True
        Whether the intercept is a parameter too.
    scale : bool, default=False
        Whether the descent is on standardised features, as with
        ``GradientDescentRegressor(alpha, scale=True)``.
    l2_regularization : float, default=0.0
        The penalty l2, for coefficients in the units of X, as in
        `GradientDescentRegressor`.
    sample_weight : float or array-like of shape (n_samples,), default=None
        Weights s_i, not negative; 1 for all if None.

    Returns
    -------
    float
        2/L; inf if X is all zero and there is no intercept.

    Raises
    ------
    ValueError, TypeError
        If shapes do not match; if values are nan, infinite, not numeric, or of a
        size outside 1e-30 to 1e30 (0 is allowed); if weights are negative or all
        zero.

    References
    ----------
    Y. Nesterov, "Lectures on Convex Optimization", 2nd ed., Springer 2018,
    section 2.1.5.

    Examples
    --------
    >>> from sklearn_gd import max_stable_alpha
    >>> max_stable_alpha([[1.0], [3.0]], fit_intercept=False)
    0.4
    """
    parameters.check_flag(fit_intercept, "fit_intercept")
    parameters.check_flag(scale, "scale")
    parameters.check_l2(l2_regularization)
    rows = open_features(X, sample_weight)
    with rows:
        # Without the Gram matrix L takes some dozens of products.
        at_once = 0 if when_to_gather(rows, 50) == 0 else NEVER
        how = {"scale": scale, "l2": float(l2_regularization)}
        least_squares = LeastSquares.made(rows, (), fit_intercept, at_once, **how)
        largest = least_squares.curvature.largest
    return 2.0 / largest if largest > 0 else np.inf


@answers_to_other_words
@leaves_no_trace
def gradient_descent_path(
    X: MatrixLike,
    y: TargetsLike,
    *,
    alpha: float,
    max_iter: ArrayLike,
    fit_intercept: bool = True,
    scale: bool = False,
    l2_regularization: float = 0.0,
    sample_weight: WeightsLike = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute the coefficients after given numbers of steps of a constant learning rate.

    The descent starts at zero, or with ``scale=True`` at the mean of y. Drawn against
    the time ``t = k * alpha``, the coefficients resemble a path over penalties: stopping
    early shrinks them much as ridge regression with ``1/(2 t) |w|^2`` does.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe, RowSource} of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Targets; None where X is a source of rows, which has its own.
    alpha : float
        The learning rate, below 2/L (see `max_stable_alpha`).
    max_iter : array-like of shape (n_steps,), dtype int
        Numbers of steps to make, not negative, in any order.
    fit_intercept : bool, default=True
        Whether b is a parameter; else it is 0.
    scale : bool, default=False
        Whether to descend on standardised features, from the mean of y, as in
        `GradientDescentRegressor`. Coefficients are still those of X; `alpha`,
        2/L and what stopping early shrinks are in terms of standardised features.
    l2_regularization : float, default=0.0
        The penalty l2, for coefficients in the units of X, as in
        `GradientDescentRegressor`.
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
        If a parameter has a value that is not allowed; if `alpha` is above 2/L;
        if X, y or weights have the wrong shape, or are nan, infinite, not numeric,
        or of a size outside 1e-30 to 1e30 (0 is allowed).

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
    eigenvector of H with eigenvalue l, k steps from zero cover the share
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
    >>> coefs, intercepts = gradient_descent_path(X, y, alpha=0.2, max_iter=[0, 1, 10, 100])
    >>> coefs.round(3)
    array([[0.   , 0.867, 0.846, 0.75 ]])
    >>> intercepts.round(3)
    array([0.   , 0.467, 1.296, 1.583])
    """
    parameters.check_flag(fit_intercept, "fit_intercept")
    parameters.check_flag(scale, "scale")
    parameters.check_l2(l2_regularization)
    if not isinstance(alpha, numbers.Real) or isinstance(alpha, bool):
        raise TypeError(f"alpha must be a positive number, got {shown(alpha)}.")
    rate, counts = parameters.check_alpha(alpha), _check_counts(max_iter)
    rows, shape = open_rows(X, y, sample_weight)
    with rows:
        at_once = 0 if is_quick(rows) else NEVER
        how = {"scale": scale, "l2": float(l2_regularization)}
        least_squares = LeastSquares.made(rows, shape, fit_intercept, at_once, **how)
        largest = least_squares.curvature.largest
        if rate.alpha * largest > 2.0:
            raise ValueError(
                f"alpha={rate.alpha:g} is above {2.0 / largest:.6g} (2/L): with it the path on "
                "this data grows without bound; use a smaller one."
            )
        w, b = path(least_squares, rate, counts)
    return w.reshape(*shape, rows.n_features, len(counts)), b.reshape(*shape, len(counts))


def _check_counts(max_iter):
    counts = np.asarray(max_iter)
    if counts.ndim != 1 or not len(counts) or counts.dtype.kind not in "iu" or (counts < 0).any():
        raise ValueError(
            "max_iter must be a 1-D array of at least one whole number, none negative, got "
            f"{max_iter!r}."
        )
    return counts


def _points(X, y, coef, intercept, l2_regularization, sample_weight):
    """Objective and point of each target, and the shape of the targets."""
    parameters.check_l2(l2_regularization)
    rows, shape = open_rows(X, y, sample_weight)
    with rows:
        w = checks.check_start(coef, "coef", (*shape, rows.n_features))
        b = checks.check_start(intercept, "intercept", shape, per_target=True)
        given = zip(w.reshape(-1, rows.n_features), b.ravel(), strict=True)
        thetas = [join(w_j, b_j, True) for w_j, b_j in given]
        objectives = LeastSquares.made(rows, shape, True, l2=float(l2_regularization)).objectives
        points = [(one, one.at(theta)) for one, theta in zip(objectives, thetas, strict=True)]
    if not all(np.isfinite(point.loss) for _, point in points):
        raise ValueError("coef and intercept are so large that the cost overflows float64.")
    return points, shape
