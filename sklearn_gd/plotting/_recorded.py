"""A descent as a fitted estimator has recorded it, with the J and the rows it was on."""

import numbers
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from .._descent.projection import Box
from .._objective.coordinates import Standardised, Unscaled
from .._objective.least_squares import LeastSquares
from .._objective.moments import collect, penalty_of
from .._objective.plan import NEVER, Plan
from .._objective.quadratic import Quadratic, around_minimum, hessian_rows
from .._parameters import check_bounds
from ..rows import _checks as checks
from ..rows._checks import check_X_y
from ..rows._held_out import split_rows
from ..rows._open import require_memory
from ._fitted import features_of, has_diverged, l2_of, regressor_of

# Up to this many parameters all second moments are kept; beyond, those of the two shown.
MOST_PARAMETERS = 50
# Rows that are kept to be drawn.
MOST_ROWS = 300


@dataclass(frozen=True)
class Sample:
    """Some rows, as far as they are needed to draw data and predictions.

    Attributes
    ----------
    A : ndarray of shape (n_rows, n_carried)
        The columns of [X 1] of the parameters that are carried.
    y : ndarray of shape (n_rows,)
    held : ndarray of shape (n_rows,)
        What the other parameters add to the predictions at their fitted values.
    """

    A: np.ndarray
    y: np.ndarray
    held: np.ndarray


@dataclass(frozen=True)
class RecordedDescent:
    """One target's descent.

    Attributes
    ----------
    names : list of str
        Names of the parameters that are carried: all, or the two shown.
    shown : tuple of int
        Which two of them are the axes.
    path : ndarray of shape (n_iter + 1, n_carried)
    losses : ndarray of shape (n_iter + 1,)
    alphas : ndarray of shape (n_iter,)
    fitted : ndarray of shape (n_carried,)
        The parameters that fit returned.
    quadratic : Quadratic
        J over the parameters carried, the others held at their fitted values.
    sample : Sample
    status : str
    alpha : float or None
        The constant learning rate, if it was one.
    l2 : float
        The penalty.
    n_parameters : int
        Number of all parameters.
    largest_eigenvalue : float
        L, of the Hessian of all parameters.
    gradients : ndarray of shape (n_iter + 1, 2) or None
        Partial derivatives along the path; None if all parameters are carried,
        as they then follow from the quadratic.
    predictions : ndarray of shape (n_iter + 1, n_rows) or None
        Along the path, for the rows of the sample; None if they follow from it.
    low, high : ndarray of shape (n_carried,)
        Bounds of the parameters; infinite where there are none.
    standardised : RecordedDescent or None
        If it was on standardised features, the same in terms of their parameters.
    """

    names: list[str]
    shown: tuple[int, int]
    path: np.ndarray
    losses: np.ndarray
    alphas: np.ndarray
    fitted: np.ndarray
    quadratic: Quadratic
    sample: Sample
    status: str
    alpha: float | None
    l2: float
    n_parameters: int
    largest_eigenvalue: float
    gradients: np.ndarray | None
    predictions: np.ndarray | None
    low: np.ndarray
    high: np.ndarray
    standardised: "RecordedDescent | None" = None

    @property
    def plane(self) -> Quadratic:
        """J over the two parameters shown, the others held at their fitted values."""
        return self.quadratic.plane(self.shown, self.fitted)

    @property
    def bounds(self) -> np.ndarray:
        """Bounds of the two parameters shown, of shape (2, 2): lower and upper of each."""
        return np.column_stack([self.low, self.high])[list(self.shown)]

    @property
    def is_bounded(self) -> bool:
        """Whether any parameter has a bound."""
        return bool(np.isfinite(self.low).any() or np.isfinite(self.high).any())

    @property
    def steps(self) -> np.ndarray:
        """The path in that plane, of shape (n_iter + 1, 2)."""
        return self.path[:, list(self.shown)]


def record(estimator, X, y, sample_weight, parameters, target):
    """Return the RecordedDescent of a fitted estimator or pipeline.

    Parameters
    ----------
    estimator : GradientDescentRegressor or Pipeline
    X, y, sample_weight
        As in fit.
    parameters : tuple of two: int, str
    target : int or None
        Column of y; None if there is only one.
    """
    regressor = regressor_of(estimator)
    n_features = _stored_path(regressor).shape[-1]
    X, names = features_of(estimator, X)
    require_memory("Displays draw rows in memory", "pass some of the rows", X, y)
    X, y = check_X_y(X, y, **checks.ROWS_AS_THEY_ARE)
    if X.shape[1] != n_features:
        raise ValueError(f"X has {X.shape[1]} features, but fit was given {n_features}.")
    if y.shape[1:] != regressor.loss_history_.shape[1:]:
        n_targets = _n_targets(regressor)
        raise ValueError(f"y has shape {y.shape}, but fit was given {n_targets} target(s).")
    losses, alphas, path, theta = target_descent(regressor, target)
    target = target or 0
    fit_intercept = bool(regressor.fit_intercept)
    chosen = check_parameters(parameters, names, n_features, fit_intercept)
    rows = checks.check_rows(X, y, sample_weight)
    if getattr(regressor, "_split", None) is not None:
        # J is over the rows that early stopping has not held out.
        rows, _ = split_rows(rows, *regressor._split)
    all_names = parameter_names(names, n_features, fit_intercept)
    given = regressor, rows, losses, alphas, path, theta, chosen, target
    found = _recorded(*given, Unscaled(), all_names)
    if not regressor.scaled_:
        return found
    moments = collect(rows, fit_intercept, covariance=False)
    coordinates = Standardised.of(moments.penalised(penalty_of(l2_of(regressor), n_features)))
    # With a penalty what they are multiplied by is the root of sd^2 + l2.
    unit = "sd" if l2_of(regressor) == 0 else "√(sd²+l2)"
    all_names = [f"{name}·{unit}" for name in all_names[:n_features]] + all_names[n_features:]
    standardised = _recorded(*given, coordinates, all_names)
    return replace(found, standardised=standardised)


def _recorded(
    regressor, rows, losses, alphas, path, theta, chosen, target, coordinates, all_names
):
    """The descent in the parameters of these coordinates."""
    fit_intercept = bool(regressor.fit_intercept)
    path = _inside(coordinates, path, fit_intercept)
    theta = _inside(coordinates, theta, fit_intercept)
    # The second moments of many parameters would leave no room in a page.
    everything = len(all_names) <= MOST_PARAMETERS
    carried = list(range(len(all_names))) if everything else list(chosen)

    plan = Plan.made(rows, fit_intercept, 0 if everything else NEVER)
    penalty = penalty_of(l2_of(regressor), rows.n_features)
    least_squares = LeastSquares(plan, (), coordinates, penalty)
    objective, largest = least_squares.objectives[target], least_squares.curvature.largest
    _check_data(objective, path, losses, np.ravel(regressor.best_iter_)[target])
    hessian = least_squares.moments.hessian if everything else hessian_rows(objective, carried)
    quadratic = around_minimum(objective, theta, carried, hessian)
    A, chosen_rows = _sample(rows, fit_intercept, coordinates)
    held = theta.copy()
    held[carried] = 0.0
    sample = Sample(A[:, carried], rows.y[chosen_rows, target], A @ held)
    low, high = _bounds(regressor, coordinates, rows.n_features)
    gradients = None
    if not everything:
        # Gradients change linearly with theta.
        gradients = objective.at(theta).gradient[carried] + (path - theta) @ hessian.T
    alpha = regressor.alpha
    constant = isinstance(alpha, numbers.Real) and not isinstance(alpha, bool)
    return RecordedDescent(
        names=[all_names[j] for j in carried],
        shown=chosen if everything else (0, 1),
        path=path[:, carried],
        losses=losses,
        alphas=alphas,
        fitted=theta[carried],
        quadratic=quadratic,
        sample=sample,
        status=_status(regressor, losses),
        alpha=float(alpha) if constant else None,
        l2=l2_of(regressor),
        n_parameters=len(all_names),
        largest_eigenvalue=largest,
        gradients=gradients,
        predictions=None if everything else path @ A.T,
        low=low[carried],
        high=high[carried],
    )


def _bounds(regressor, coordinates, n_features):
    """Bounds of all parameters, in these coordinates."""
    found = check_bounds(regressor.coef_bounds, regressor.positive, n_features)
    if found is None:
        found = np.full(n_features, -np.inf), np.full(n_features, np.inf)
    box = Box.of(found, coordinates, bool(regressor.fit_intercept))
    return box.low, box.high


def parameter_names(names, n_features, fit_intercept):
    """Names of all parameters theta = (w_1, ..., w_n, b)."""
    features = range(1, n_features + 1) if names is None else names
    return [f"w_{name}" for name in features] + ["b"] * fit_intercept


def check_parameters(parameters, names, n_features, fit_intercept):
    """Return the indices in theta of two parameters."""
    names = [] if names is None else names
    n_parameters = n_features + fit_intercept
    if n_parameters < 2:
        raise ValueError("Two parameters are needed, but the model has one: no intercept.")
    allowed = f"an index below {n_features}, the name of a feature" + (
        " or 'intercept'" if fit_intercept else ""
    )
    try:
        first, second = parameters
    except (TypeError, ValueError) as error:
        raise ValueError(f"parameters must be two, each {allowed}, got {parameters!r}.") from error

    def index(parameter):
        if isinstance(parameter, str):
            if parameter in names:
                return names.index(parameter)
            if parameter == "intercept" and fit_intercept:
                return n_features
        elif _is_index(parameter, n_parameters):
            # theta = (w, b): the index after the last feature's is the intercept's.
            return int(parameter)
        raise ValueError(f"parameters: {parameter!r} is not {allowed}.")

    chosen = index(first), index(second)
    if chosen[0] == chosen[1]:
        raise ValueError(f"parameters must be two different ones, got {parameters!r}.")
    return chosen


def _status(regressor, losses):
    """How this target's descent ended; "ended" where only the worst of several is known."""
    if has_diverged(regressor, losses):
        return "diverged"
    return regressor.status_ if regressor.loss_history_.ndim == 1 else "ended"


def _is_index(value, length):
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    return whole and 0 <= value < length


def _n_targets(regressor):
    return 1 if regressor.loss_history_.ndim == 1 else regressor.loss_history_.shape[1]


def _stored_path(regressor):
    if not hasattr(regressor, "coef_path_"):
        remedy = "fit it with store_path=True"
        if hasattr(regressor, "mse_path_"):
            remedy = "fit a GradientDescentRegressor with its alpha_ and store_path=True"
        raise ValueError(f"estimator has no path; {remedy}.")
    return regressor.coef_path_


def target_descent(regressor, target):
    """Losses, learning rates and path of one target, and what fit returned, in float64.

    Parameters
    ----------
    regressor : GradientDescentRegressor
    target : int or None
        None if there is only one.
    """
    stored, n_targets = _stored_path(regressor), _n_targets(regressor)
    if target is None and n_targets > 1:
        raise ValueError(f"estimator has {n_targets} targets; choose one: target=0, for example.")
    target = 0 if target is None else target
    if not _is_index(target, n_targets):
        raise ValueError(f"target must be an index below {n_targets}, got {target!r}.")
    several = regressor.loss_history_.ndim == 2

    def one(array, axis):
        array = np.asarray(array, dtype=np.float64)
        return np.take(array, target, axis=axis) if several else array

    alphas, losses = one(regressor.alpha_history_, -1), one(regressor.loss_history_, -1)
    path, theta = one(stored, 1), one(regressor.coef_, 0)
    if regressor.fit_intercept:
        path = np.column_stack([path, one(regressor.intercept_path_, -1)])
        theta = np.append(theta, one(regressor.intercept_, -1))
    n_iter = len(alphas)
    if several:
        # A target that finished before the others has no steps of its own after that.
        n_iter = int(np.max(np.flatnonzero(alphas), initial=-1)) + 1
    return losses[: n_iter + 1], alphas[:n_iter], path[: n_iter + 1], theta


def _check_data(objective, path, losses, best_iter):
    """Raise if J over these rows is not the J that fit has recorded.

    Compared at the start and at the best iterate, where fit computed J from the rows,
    or knew that this would make no visible difference.
    """
    for k in {0, max(0, int(best_iter))}:
        point = objective.at(path[k])
        rounding = objective.rounding(path[k]) ** 2
        if abs(point.loss - losses[k]) > 1e-6 * losses[k] + rounding + 1e-12 * losses[0]:
            raise ValueError(
                "X, y and sample_weight must be those that estimator was fitted to: after "
                f"{k} steps their J is {point.loss:.6g}, but loss_history_ says {losses[k]:.6g}."
            )


def _inside(coordinates, theta, fit_intercept):
    """Parameters of shape (..., n_parameters) in these coordinates."""
    if not coordinates.scaled:
        return theta
    w, b = (theta[..., :-1], theta[..., -1]) if fit_intercept else (theta, 0.0)
    v, b = coordinates.inside(w, b)
    return np.concatenate([v, b[..., None]], axis=-1) if fit_intercept else v


def _sample(rows, fit_intercept, coordinates):
    """A = [X 1] of the rows to draw, all or some at random, and which they are."""
    n_rows = rows.X.shape[0]
    chosen = np.arange(n_rows)
    if n_rows > MOST_ROWS:
        chosen = np.sort(np.random.default_rng(0).choice(n_rows, MOST_ROWS, replace=False))
    X = rows.X[chosen]
    X = X.toarray() if sparse.issparse(X) else X
    A = np.asarray(X, dtype=np.float64)
    if coordinates.scaled:
        A = (A - coordinates.centre) * coordinates.inverse
    if fit_intercept:
        A = np.column_stack([A, np.ones(len(A))])
    return A, chosen
