r"""The cost J, its gradient and its constant Hessian, from any source of rows.

With weights s_i of sum S (all 1 if none are given), A = [X 1] and
theta = (w, b)::

    J(theta) = 1/(2 S) sum_i s_i (w . x_i + b - y_i)^2
    gradient = 1/S A^T diag(s) (A theta - y)
    H        = 1/S A^T diag(s) A

This module must not know where learning rates come from or when to stop.
"""

import math
from functools import partial

import numpy as np

from .._cached import cached_property
from ..learning_rates.protocol import Line
from ..rows._products import inner
from .coordinates import Unscaled
from .curvature import Curvature
from .hessian import Hessian
from .point import refreshed_point
from .theta import join, split

EPS = float(np.finfo(np.float64).eps)


class LeastSquares:
    """The objectives of all targets, over the same rows.

    Parameters
    ----------
    rows : Rows
        With the user's features.
    moments : Moments
        Of the same rows.
    target_shape : tuple
        () or (n_targets,), as in the shapes of what is fitted.
    gather_at : float, default=inf
        Number of the update from which covariances are used if they are not
        at hand already.
    coordinates : Unscaled or Standardised, default=Unscaled()
        To descend in.
    """

    def __init__(self, rows, moments, target_shape, gather_at=math.inf, coordinates=None):
        self.coordinates = coordinates = Unscaled() if coordinates is None else coordinates
        self.given_rows = rows
        self.rows = rows = coordinates.rows(rows)
        self.moments = moments = coordinates.moments(moments)
        self.target_shape = target_shape
        # H is the same for every target.
        self.hessian = Hessian(rows, moments, gather_at)
        self.curvature = Curvature(rows, self.hessian)
        shared = self.hessian, self.curvature
        self.objectives = [Objective(rows, moments, j, *shared) for j in range(rows.n_targets)]


class Objective:
    """J of one target.

    Parameters
    ----------
    rows : Rows
    moments : Moments
        What one read of the same rows found.
    target : int, default=0
        Column of y.
    hessian : Hessian, default=None
    curvature : Curvature, default=None
        Of the same rows.
    """

    def __init__(self, rows, moments, target=0, hessian=None, curvature=None):
        self.hessian = Hessian(rows, moments) if hessian is None else hessian
        self.curvature = Curvature(rows, self.hessian) if curvature is None else curvature
        self.rows = rows
        self.moments = moments
        self.target = target
        self.fit_intercept = moments.fit_intercept
        self.n_parameters = rows.n_features + self.fit_intercept

    @np.errstate(over="ignore", invalid="ignore")
    def at(self, theta, k=0):
        """Point at theta after k updates, its loss and gradient read off the rows."""
        w, b = self.split(theta)
        if not w.any():
            # The moments tell of every constant.
            above = self._y_mean - b
            loss = (self.moments.y_variance[self.target] + above**2) / 2
            return refreshed_point(theta, float(loss), -self.moments.pull(b)[:, self.target], k)
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
        return refreshed_point(theta, loss, self._join(*gradient), k)

    def line(self, point):
        """J along the negative gradient: what the choice of alpha is about."""
        g = point.gradient
        Hg = self.hessian.product(g, point.k)
        curvature = inner(g, Hg)
        if self.hessian.is_lost(curvature, point.slope):
            Hg = self.hessian.product_by_pass(g)
            curvature = inner(g, Hg)
        return Line(g, Hg, point.slope, curvature, partial(self._components, g, point.k))

    def _components(self, gradient, k):
        """Eigenvalues and the gradient's components, or None, for update k."""
        if not self.curvature.is_worth(k):
            return None
        spectrum = self.curvature.spectrum
        if not (spectrum.is_clear or self.moments.coordinates):
            # Where features are not scaled their units decide what looks like rounding.
            return None
        return spectrum.known, spectrum.components(gradient)

    def drift(self, point, n_updates, largest_alpha):
        """How far rounding of so many updates may have moved the residual of a point, at most.

        Each update rounds theta, which the recurrences do not see; and the
        rounding of a gradient, some L |theta| eps, moves theta alpha times as far.
        """
        of_each = 1.0 + largest_alpha * self.hessian.bound(point.k)
        return n_updates * of_each * self.rounding(point.theta, point.highest_loss)

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

    def split(self, theta):
        """Coefficients and intercept in theta."""
        return split(theta, self.fit_intercept)

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
        """Size at which a residual at theta, or one of the highest loss, is nothing but rounding.

        A few units in the last place of the terms it is the sum of: the
        weighted root mean square of ``sum_j |x_ij w_j| + |b| + |y_i|`` is at
        most the sum of the terms' own (Minkowski), which the moments give.
        """
        w, b = self.split(theta)
        terms = inner(np.abs(w), self.moments.term_sizes) + abs(float(b)) + self._y_size
        return 4.0 * EPS * (terms + math.sqrt(2.0 * highest))
