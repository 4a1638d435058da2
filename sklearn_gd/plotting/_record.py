"""From a fitted estimator and the rows of its fit to a RecordedDescent."""

import math
import numbers
from dataclasses import replace

import numpy as np
from scipy import sparse

from .._cached import cached_property
from .._descent.projection import Box
from .._objective.coordinates import Standardised, Unscaled
from .._objective.least_squares import LeastSquares
from .._objective.moments import penalty_of
from .._objective.plan import NEVER, Plan
from .._objective.quadratic import around_minimum, hessian_rows
from .._objective.theta import join, parts
from .._parameters import check_bounds
from ..rows import _checks as checks
from ..rows._checks import check_X_y
from ..rows._held_out import split_rows
from ..rows._open import require_memory
from ._chosen import check_parameters, most_telling, parameter_names, target_name
from ._fitted import descended_by, features_of, has_diverged, l2_of, regressor_of
from ._recorded import RecordedDescent, Sample
from ._replayed import AGREE, n_targets_of, record_of, with_path

# Up to this many parameters all second moments are kept; beyond, those of the two shown.
MOST_PARAMETERS = 50
# Rows that are kept to be drawn, and numbers in them.
MOST_ROWS, MOST_IN_ROWS = 100, 2000


def record(estimator, X, y, sample_weight, parameters, target):
    """Return the RecordedDescent of a fitted estimator or pipeline.

    Parameters
    ----------
    estimator : GradientDescentRegressor, GradientDescentRegressorCV or Pipeline
    X, y, sample_weight
        As in fit.
    parameters : tuple of two: int, str; or None
        None for the feature that takes J down most by itself, and the intercept.
    target : int or None
        Column of y; None if there is only one.
    """
    regressor = descended_by(regressor_of(estimator))
    n_features, given_y = regressor.coef_.shape[-1], y
    X, names = features_of(estimator, X)
    require_memory("Displays draw rows in memory", "pass some of the rows", X, y)
    X, y = check_X_y(X, y, **checks.ROWS_AS_THEY_ARE)
    if X.shape[1] != n_features:
        raise ValueError(f"X has {X.shape[1]} features, but fit was given {n_features}.")
    if y.shape[1:] != regressor.loss_history_.shape[1:]:
        n_targets = n_targets_of(regressor)
        raise ValueError(f"y has shape {y.shape}, but fit was given {n_targets} target(s).")
    found = record_of(regressor, target)
    target, fit_intercept = target or 0, bool(regressor.fit_intercept)
    chosen = check_parameters(parameters, names, n_features, fit_intercept)
    rows = checks.check_rows(X, y, sample_weight)
    if regressor._split is not None:
        # J is over the rows that early stopping has not held out.
        rows, _ = split_rows(rows, *regressor._split)
    problem = _Problem(regressor, rows, target, found.fitted)
    problem.check_data(found.start, 0, found.losses)
    found = with_path(found, regressor, rows, target)
    problem.check_best(found)
    if chosen is None:
        chosen = most_telling(problem.standardised_gradient(found.start), fit_intercept)
    names = parameter_names(names, n_features, fit_intercept)
    given = found, chosen, target_name(given_y, target)
    descent = problem.described(Unscaled(), names, *given)
    if not (descent.carries_all or descent.scaled):
        return descent
    # With a penalty what they are multiplied by is the root of sd^2 + l2.
    unit = "sd" if descent.l2 == 0 else "√(sd²+l2)"
    names = [f"{name}·{unit}" for name in names[:n_features]] + names[n_features:]
    coordinates = problem.standardised
    return replace(
        descent,
        standardised=problem.described(coordinates, names, *given),
        mean=coordinates.feature_mean if fit_intercept else None,
        scale=coordinates.feature_scale,
    )


class _Problem:
    """J of one target over the rows of a fit, in the coordinates that one asks for.

    Parameters
    ----------
    regressor : GradientDescentRegressor
    rows : Rows
    target : int
    theta : ndarray of shape (n_parameters,)
        What fit returned.
    """

    def __init__(self, regressor, rows, target, theta):
        self._regressor, self._rows, self._target = regressor, rows, target
        self._theta = theta
        self._fit_intercept = bool(regressor.fit_intercept)
        # The second moments of many parameters would leave no room in a page.
        self._carries_all = rows.n_features + self._fit_intercept <= MOST_PARAMETERS
        self._plan = Plan.made(rows, self._fit_intercept, 0 if self._carries_all else NEVER)
        self._penalty = penalty_of(l2_of(regressor), rows.n_features)

    @cached_property
    def standardised(self):
        """Coordinates of standardised features."""
        return Standardised.of(self._plan.moments.penalised(self._penalty))

    @cached_property
    def _lowest(self):
        """Where J is least, in terms of the user's features.

        Found with standardised ones: with others their units and means cost digits.
        """
        if not self._carries_all:
            return self._theta
        least_squares = self._least_squares(self.standardised)
        objective = least_squares.objectives[self._target]
        theta = self._inside(self.standardised, self._theta)
        hessian = least_squares.moments.hessian
        theta = around_minimum(objective, theta, list(range(len(theta))), hessian).centre
        w, b = self.standardised.outside(*parts(theta, self._fit_intercept))
        return join(w, b, self._fit_intercept)

    def standardised_gradient(self, theta):
        """The gradient in terms of their parameters."""
        objective = self._least_squares(self.standardised).objectives[self._target]
        return objective.at(self._inside(self.standardised, theta)).gradient

    def check_data(self, theta, k, losses, rounding=1.0):
        """Raise if J over these rows at the k-th iterate is not what fit has recorded.

        ``rounding`` is that of theta, in units of float64's.
        """
        objective = self._least_squares(Unscaled()).objectives[self._target]
        loss, allowed = objective.at(theta).loss, rounding * objective.rounding(theta)
        # Of the rounding of residuals; what it adds is the larger, the larger these are.
        added = allowed * (allowed + (math.sqrt(losses[k]) if rounding > 1.0 else 0.0))
        if abs(loss - losses[k]) > AGREE * losses[k] + added + 1e-12 * losses[0]:
            raise ValueError(
                "X, y and sample_weight must be those that estimator was fitted to, and its "
                f"parameters as they were: after {k} steps their J is {loss:.6g}, but "
                f"loss_history_ says {losses[k]:.6g}."
            )

    def check_best(self, found):
        """The same at the best iterate, whose J fit computed from the rows or as good as that."""
        k = found.best_iter
        if found.path is not None:
            self.check_data(found.path[max(0, k)], max(0, k), found.losses)
        elif k >= 0:
            eps = np.finfo(self._regressor.coef_.dtype).eps
            self.check_data(found.fitted, k, found.losses, eps / np.finfo(np.float64).eps)

    def described(self, coordinates, all_names, found, chosen, target_name):
        """Return the RecordedDescent in these coordinates."""
        regressor = self._regressor
        thetas = found.path, found.fitted, found.start
        path, theta, start = (self._inside(coordinates, one) for one in thetas)
        carried = list(range(len(all_names))) if self._carries_all else list(chosen)
        least_squares = self._least_squares(coordinates)
        objective = least_squares.objectives[self._target]
        hessian = least_squares.moments.hessian
        if not self._carries_all:
            hessian = hessian_rows(objective, carried)
        A, y = self._sample(coordinates, len(carried))
        held = theta.copy()
        held[carried] = 0.0
        gradients = predictions = None
        if path is not None and not self._carries_all:
            # Gradients change linearly with theta.
            gradients = objective.at(theta).gradient[carried] + (path - theta) @ hessian.T
            predictions = path @ A.T
        box = self._box(coordinates)
        rate, alpha = _rate_of(regressor.alpha, found.alphas)
        return RecordedDescent(
            names=[all_names[j] for j in carried],
            shown=chosen if self._carries_all else (0, 1),
            start=start[carried],
            path=None if path is None else path[:, carried],
            why=found.why,
            losses=found.losses,
            alphas=found.alphas,
            fitted=theta[carried],
            quadratic=around_minimum(
                objective, self._inside(coordinates, self._lowest), carried, hessian
            ),
            sample=Sample(A[:, carried], y, A @ held),
            status=_status(regressor, found.losses),
            rate=rate,
            alpha=alpha,
            l2=l2_of(regressor),
            target=target_name,
            n_parameters=len(all_names),
            largest_eigenvalue=least_squares.curvature.largest,
            gradients=gradients,
            predictions=predictions,
            low=box.low[carried],
            high=box.high[carried],
            scaled=bool(regressor.scaled_),
        )

    def _least_squares(self, coordinates):
        return LeastSquares(self._plan, (), coordinates, self._penalty)

    def _inside(self, coordinates, theta):
        """Parameters of shape (..., n_parameters) in these coordinates."""
        if theta is None or not coordinates.scaled:
            return theta
        w, b = (theta[..., :-1], theta[..., -1]) if self._fit_intercept else (theta, 0.0)
        v, b = coordinates.inside(w, b)
        return np.concatenate([v, b[..., None]], axis=-1) if self._fit_intercept else v

    def _box(self, coordinates):
        """Bounds of all parameters."""
        regressor, n_features = self._regressor, self._rows.n_features
        found = check_bounds(regressor.coef_bounds, regressor.positive, n_features)
        if found is None:
            found = np.full(n_features, -np.inf), np.full(n_features, np.inf)
        return Box.of(found, coordinates, self._fit_intercept)

    def _sample(self, coordinates, n_carried):
        """A = [X 1] and y of the rows to draw, all or some at random."""
        rows = self._rows
        n_rows, most = rows.X.shape[0], max(1, min(MOST_ROWS, MOST_IN_ROWS // n_carried))
        chosen = np.arange(n_rows)
        if n_rows > most:
            chosen = np.sort(np.random.default_rng(0).choice(n_rows, most, replace=False))
        X = rows.X[chosen]
        X = X.toarray() if sparse.issparse(X) else X
        A = np.asarray(X, dtype=np.float64)
        if coordinates.scaled:
            A = (A - coordinates.centre) * coordinates.inverse
        if self._fit_intercept:
            A = np.column_stack([A, np.ones(len(A))])
        return A, rows.y[chosen, self._target]


def _status(regressor, losses):
    """How this target's descent ended; "ended" where only the worst of several is known."""
    if has_diverged(regressor, losses):
        return "diverged"
    return regressor.status_ if regressor.loss_history_.ndim == 1 else "ended"


def _rate_of(alpha, alphas):
    """What the learning rate is called, and its value if it is a number.

    A number that is not the one recorded has been set since.
    """
    if isinstance(alpha, str):
        return alpha, None
    constant = isinstance(alpha, numbers.Real) and not isinstance(alpha, bool)
    return ("constant", float(alpha)) if constant and (alphas == alpha).all() else ("own", None)
