r"""The cost J, its gradient and its constant Hessian, from any source of rows.

With weights s_i of sum S (all 1 if none are given), A = [X 1] and
theta = (w, b)::

    J(theta) = 1/(2 S) sum_i s_i (w . x_i + b - y_i)^2
    gradient = 1/S A^T diag(s) (A theta - y)
    H        = 1/S A^T diag(s) A

A penalty adds 1/2 sum_j penalty_j w_j^2 to J, penalty_j w_j to the gradient and
penalty_j to H's diagonal.

This module must not know where learning rates come from or when to stop.
"""

import math

import numpy as np

from .._cached import cached_property
from ..learning_rates.protocol import Line
from ..rows._masks import any_of
from ..rows._products import inner
from .coordinates import Unscaled, coordinates_of
from .curvature import Curvature
from .moments import penalty_of
from .plan import NEVER, Plan
from .point import refreshed_point
from .theta import join, parts

EPS = float(np.finfo(np.float64).eps)


class LeastSquares:
    """The objectives of all targets, over the same rows.

    Parameters
    ----------
    plan : Plan
        Of rows with the user's features.
    target_shape : tuple
        () or (n_targets,), as in the shapes of the fitted attributes.
    coordinates : Unscaled or Standardised, default=Unscaled()
        Coordinates to descend in.
    penalty : ndarray of shape (n_features,), default=None
        Of ``J + 1/2 sum_j penalty_j w_j^2``, for the user's w.
    """

    def __init__(self, plan, target_shape, coordinates=None, penalty=None):
        self.coordinates = Unscaled() if coordinates is None else coordinates
        self.given_plan, self.penalty = plan, penalty
        self.target_shape = target_shape
        plan = plan.penalised(penalty)
        self.plan = plan = plan.inside(self.coordinates) if self.coordinates.scaled else plan
        self.rows, self.moments = plan.rows, plan.moments
        # H is the same for every target.
        self.curvature = Curvature(plan)
        decompose = self.curvature.decompose
        self.objectives = [Objective(plan, j, decompose) for j in range(plan.rows.n_targets)]

    @classmethod
    def made(
        cls,
        rows,
        target_shape,
        fit_intercept,
        gram_from=NEVER,
        *,
        scale=False,
        origin=0.0,
        l2=0.0,
        **names,
    ):
        """Return those of these rows, after a first read that checks the sizes of all values.

        The user's features are those of the rows plus the origin.
        """
        plan = Plan.made(rows, fit_intercept, gram_from, **names)
        penalty = penalty_of(l2, rows.n_features)
        coordinates = coordinates_of(plan.moments.penalised(penalty), scale, origin)
        return cls(plan, target_shape, coordinates, penalty)

    def of_held_out(self, rows, **names):
        """Return the same for held-out rows."""
        plan = self.given_plan.of_held_out(rows, **names)
        return LeastSquares(plan, self.target_shape, self.coordinates)

    @property
    def feature_sizes(self):
        """Root mean squares of the user's features."""
        moments, origin = self.given_plan.moments, self.coordinates.origin
        if isinstance(origin, float):
            return moments.root_diagonal
        return np.sqrt(moments.variance + (moments.centre + origin) ** 2)

    def default_theta(self, objective):
        """Theta where a descent begins by default: the best constant, or zero if not scaled."""
        best = objective.best_constant()
        return best if self.coordinates.scaled else np.zeros_like(best)


class Objective:
    """J of one target.

    Parameters
    ----------
    plan : Plan
    target : int, default=0
        Column of y.
    decompose : callable, default=None
        Returns eigenvalues, and components of the gradient at update k; see `Line`.
    """

    def __init__(self, plan, target=0, decompose=None):
        self.plan = plan
        self.rows, self.moments = plan.rows, plan.moments
        self.target, self.decompose = target, decompose
        self.fit_intercept = plan.moments.fit_intercept
        self.n_parameters = plan.rows.n_features + self.fit_intercept

    @np.errstate(over="ignore", invalid="ignore")
    def at(self, theta, k=0):
        """Point at theta after k updates, its loss and gradient computed from the rows."""
        w, b = self.parts(theta)
        if not any_of(w):
            # For a constant prediction the moments are enough.
            above = self._y_mean - b
            loss = (self.moments.y_variance[self.target] + above**2) / 2
            gradient = -self.moments.minus_gradient(b)[:, self.target]
            return refreshed_point(theta, float(loss), gradient, k)
        # A kernel may be sent to other machines: it holds no more than it needs.
        target = self.target

        def kernel(X, y, weights):
            residual = X.times(w)
            residual += b
            residual -= y[:, target]
            weighted = residual if weights is None else weights * residual
            return inner(residual, weighted), X.transpose_times(weighted), weighted.sum()

        square, *gradient = self.rows.sum(kernel, columns=1)
        loss = float(square / (2 * self.moments.weight))
        gradient = self._join(*gradient)
        penalty = self.moments.penalty
        if penalty is not None:
            loss += inner(penalty * w, w) / 2
            gradient[: len(w)] += penalty * w
        return refreshed_point(theta, loss, gradient, k)

    def line(self, point, direction=None):
        """J along the negative gradient, where alpha is to be chosen, or against a direction."""
        g, slope, k, decompose = point.gradient, point.slope, point.k, self.decompose
        if direction is not None:
            g, slope, decompose = direction, inner(direction, direction), None
        hessian = self.plan.form(k)
        Hg = hessian.product(g)
        curvature = inner(g, Hg)
        if hessian.is_lost(curvature, slope):
            Hg = self.plan.matrix_free.product(g)
            curvature = inner(g, Hg)
        return Line(g, Hg, slope, curvature, k, decompose)

    def drift(self, point, n_updates, largest_alpha):
        """How far the rounding of so many updates may have moved a point's residual, at most.

        Each update rounds theta, which the recurrences do not see; and the
        rounding of a gradient, about L |theta| eps, moves theta alpha times as far.
        """
        of_each = 1.0 + largest_alpha * self.plan.bound(point.k)
        return n_updates * of_each * self.rounding(point.theta, point.highest_loss)

    def updates_for(self, n_reads, k):
        """How many updates, from the k-th on, take about as long as so many reads."""
        if not self.plan.uses_gram(k):
            return n_reads
        of_each = self.rows.slowness * self.rows.n_stored / self.n_parameters**2
        return int(n_reads * of_each)

    @property
    def n_reads(self):
        """How often every row has been read."""
        return self.rows.reads

    def best_constant(self):
        """Theta of the best constant prediction; 0 without an intercept."""
        return join(np.zeros(self.rows.n_features), self._y_mean, self.fit_intercept)

    @property
    def _y_mean(self):
        return float(self.moments.y_mean[self.target])

    def parts(self, theta):
        """Coefficients and intercept in theta."""
        return parts(theta, self.fit_intercept)

    def _join(self, w_sum, b_sum):
        return join(w_sum, b_sum, self.fit_intercept) / self.moments.weight

    @cached_property
    def total_loss(self):
        """J of the best constant prediction (of 0 without an intercept)."""
        return float(self.moments.y_variance[self.target] / 2)

    @cached_property
    def _y_size(self):
        """Root mean square of y."""
        return math.sqrt(self.moments.y_square[self.target])

    def rounding(self, theta, highest=0.0):
        """Bound on the rounding of a residual at theta, or of one with the loss ``highest``.

        A few units in the last place of the terms it is the sum of: the
        weighted root mean square of ``sum_j |x_ij w_j| + |b| + |y_i|`` is at
        most the sum of those of its terms (Minkowski), which the moments give.
        """
        w, b = self.parts(theta)
        terms = inner(np.abs(w), self.moments.term_sizes) + abs(float(b)) + self._y_size
        return 4.0 * EPS * (terms + math.sqrt(2.0 * highest))
