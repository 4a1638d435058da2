r"""The cost J, its gradient and its constant Hessian, from any source of rows.

With weights s_i of sum S (all 1 if none are given), A = [X 1] and
theta = (w, b)::

    J(theta) = 1/(2 S) sum_i s_i (w . x_i + b - y_i)^2
    gradient = 1/S A^T diag(s) (A theta - y)
    H        = 1/S A^T diag(s) A

J is a quadratic, so its gradient changes linearly: after the update
``theta - alpha g`` it is ``g - alpha H g``, and J has fallen by
``alpha (g'g - alpha/2 g'Hg)``.  A step therefore costs one product H g (see
hessian.py).

This module must not know where learning rates come from or when to stop.
"""

import math
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from scipy.linalg.blas import daxpy

from ._cached import cached_property
from .coordinates import Unscaled
from .curvature import Curvature
from .hessian import Hessian
from .products import inner
from .protocol import Line
from .theta import join, split

# Between anchors J and its gradient are recurrences: they lose, relative to
# their own size, as many digits as J has fallen.  After a fall to this share of
# the highest they are read off the rows again, or sooner if what rounding of the
# parameters may have done to J since is more than the other share of it.
IS_LOST, KEPT = 1e-6, 6e-10
# It is asked after each fall by this factor, and after so many updates.
LOOK_AGAIN, LOOK_EVERY = 0.7, 16

EPS = float(np.finfo(np.float64).eps)


@dataclass
class Point:
    """Where a descent is: parameters, cost and gradient.

    Attributes
    ----------
    theta : ndarray of shape (n_parameters,)
    loss : float
        J at theta.
    gradient : ndarray of shape (n_parameters,)
    slope : float
        Square of its length, g'g.
    highest : float
        Highest loss since loss and gradient were last read off the rows.
    looked_at : float
        Loss at which it was last asked whether they should be, or to which it
        has risen since.
    steepest : float
        Largest slope since they were.
    since : int
        How many updates ago they were.
    anchored : bool
        Whether loss and gradient were read off the rows at this very theta.
    k : int
        Number of updates that led to it.
    """

    theta: np.ndarray = field(repr=False)
    loss: float
    gradient: np.ndarray = field(repr=False)
    slope: float
    highest: float
    looked_at: float
    steepest: float
    since: int
    anchored: bool
    k: int

    @property
    def residual(self):
        """Root mean square of the residual."""
        return math.sqrt(2.0 * max(self.loss, 0.0))


def anchored_point(theta, loss, gradient, k):
    """Point whose loss and gradient were read off the rows."""
    slope = inner(gradient, gradient)
    return Point(theta, loss, gradient, slope, loss, loss, slope, 0, True, k)


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
            return anchored_point(theta, float(loss), -self.moments.pull(b)[:, self.target], k)
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
        return anchored_point(theta, loss, self._join(*gradient), k)

    def anchor(self, point):
        """Read loss and gradient of the point off the rows, if they are not."""
        if not point.anchored:
            fresh = self.at(point.theta)
            point.loss = point.highest = point.looked_at = fresh.loss
            point.gradient, point.slope, point.anchored = fresh.gradient, fresh.slope, True
            point.steepest, point.since = fresh.slope, 0

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

    def step(self, point, alpha, line):
        """Point after the update ``theta <- theta - alpha * gradient``."""
        if alpha == 0.0:
            # Often a recurrence that has decayed to nothing but rounding.
            self.anchor(point)
            return replace(point, k=point.k + 1)
        k = point.k + 1
        theta = daxpy(line.gradient, point.theta.copy(), a=-alpha)
        # J from the moments, 1/2 theta'H theta - c'theta + yy/2, would lose
        # every digit near a good fit; a sum of differences does not.
        loss = point.loss - alpha * (line.slope - 0.5 * alpha * line.curvature)
        highest, looked_at, since = point.highest, point.looked_at, point.since + 1
        if loss > looked_at:
            looked_at = loss
            highest = max(highest, loss)
        # The gradient has the rounding of the steepest, and the step multiplies it.
        steepest = point.steepest if line.slope <= point.steepest else line.slope
        if alpha * EPS * math.sqrt(steepest * line.slope) > KEPT * loss:
            return self.at(theta, k)
        if loss < LOOK_AGAIN * looked_at or since % LOOK_EVERY == 0:
            if self._is_lost((point.theta, theta), loss, highest, since):
                return self.at(theta, k)
            looked_at = loss
        gradient = daxpy(line.hessian_gradient, line.gradient.copy(), a=-alpha)
        slope = inner(gradient, gradient)
        return Point(theta, loss, gradient, slope, highest, looked_at, steepest, since, False, k)

    def _is_lost(self, thetas, loss, highest, since):
        """Whether a loss that fell from the highest has hardly a digit left of its own.

        Each update since then has rounded J, if it goes up and down always the
        same way, and the parameters at random, with residuals of the size of
        the highest's.
        """
        if loss < IS_LOST * highest:
            return True
        rounding = max(self.rounding(theta, highest) for theta in thetas)
        moved = rounding / 4.0 * math.sqrt(since * 2.0 * highest) + 4.0 * EPS * highest * since
        # Of its own residual J has rounding in any case.
        return moved > KEPT * loss + rounding * math.sqrt(2.0 * loss)

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
