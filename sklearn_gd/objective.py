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

import numpy as np
from scipy.linalg.blas import daxpy

from ._cached import cached_property
from .curvature import Curvature
from .hessian import Hessian
from .products import inner
from .protocol import Line
from .theta import join, split

# Between anchors J and its gradient are recurrences: they lose, relative to
# their own size, as many digits as J has fallen.  After a fall by this factor
# they are read off the rows again.
ANCHOR_FALL = 1e-6


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
    anchored: bool
    k: int

    @property
    def residual(self):
        """Root mean square of the residual."""
        return math.sqrt(2.0 * max(self.loss, 0.0))


def anchored_point(theta, loss, gradient, k):
    """Point whose loss and gradient were read off the rows."""
    return Point(theta, loss, gradient, inner(gradient, gradient), loss, True, k)


class LeastSquares:
    """The objectives of all targets, over the same rows.

    Parameters
    ----------
    rows : Rows
    moments : Moments
        Of the same rows.
    target_shape : tuple
        () or (n_targets,), as in the shapes of what is fitted.
    gather_at : float, default=inf
        Number of the update from which covariances are used if they are not
        at hand already.
    """

    def __init__(self, rows, moments, target_shape, gather_at=math.inf):
        self.rows = rows
        self.moments = moments
        self.target_shape = target_shape
        hessian = Hessian(rows, moments, gather_at)
        self.objectives = [Objective(rows, moments, j, hessian) for j in range(rows.n_targets)]
        # H is the same for every target.
        self.curvature = Curvature(self.objectives[0])


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
        Of the same rows.
    """

    def __init__(self, rows, moments, target=0, hessian=None):
        self.hessian = Hessian(rows, moments) if hessian is None else hessian
        self.rows = rows
        self.moments = moments
        self.target = target
        self.fit_intercept = moments.fit_intercept
        self.n_parameters = rows.n_features + self.fit_intercept

    @np.errstate(over="ignore", invalid="ignore")
    def at(self, theta, k=0):
        """Point at theta after k updates, its loss and gradient read off the rows."""
        if not theta.any():
            # The moments are the sums for theta = 0.
            loss = self.moments.y_square[self.target] / 2
            gradient = -self.moments.cross[:, self.target]
            return anchored_point(theta, float(loss), gradient, k)
        w, b = self.split(theta)
        # A kernel may be sent to other machines: it holds no more than it needs.
        target = self.target

        def kernel(X, y, weights):
            residual = X.dot(w)
            residual += b
            residual -= y[:, target]
            weighted = residual if weights is None else weights * residual
            return residual.dot(weighted), X.T.dot(weighted), weighted.sum()

        square, *gradient = self.rows.sum(kernel)
        loss = float(square / (2 * self.moments.weight))
        return anchored_point(theta, loss, self._join(*gradient), k)

    def anchor(self, point):
        """Read loss and gradient of the point off the rows, if they are not."""
        if not point.anchored:
            fresh = self.at(point.theta)
            point.loss = point.highest = fresh.loss
            point.gradient, point.slope, point.anchored = fresh.gradient, fresh.slope, True

    def line(self, point):
        """J along the negative gradient: what the choice of alpha is about."""
        g = point.gradient
        Hg = self.hessian.product(g, point.k)
        return Line(g, Hg, point.slope, inner(g, Hg))

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
        highest = point.highest if loss <= point.highest else loss
        if loss < ANCHOR_FALL * highest:
            return self.at(theta, k)
        gradient = daxpy(line.hessian_gradient, line.gradient.copy(), a=-alpha)
        return Point(theta, loss, gradient, inner(gradient, gradient), highest, False, k)

    def split(self, theta):
        """Coefficients and intercept in theta."""
        return split(theta, self.fit_intercept)

    def _join(self, w_sum, b_sum):
        return join(w_sum, b_sum, self.fit_intercept) / self.moments.weight

    @cached_property
    def total_loss(self):
        """J of the best constant prediction (of 0 without an intercept)."""
        return float(self.moments.y_variance[self.target] / 2)

    def rounding(self, theta, highest=0.0):
        """Size at which a residual at theta, or one of the highest loss, is nothing but rounding.

        A few units in the last place of the terms it is the sum of: the
        weighted root mean square of ``sum_j |x_ij w_j| + |b| + |y_i|`` is at
        most the sum of the terms' own (Minkowski), which the moments give.
        """
        w, b = self.split(theta)
        y_size = np.sqrt(self.moments.y_square[self.target])
        terms = np.abs(w).dot(self.moments.root_diagonal) + abs(b) + y_size
        terms += math.sqrt(2.0 * highest)
        return float(4 * np.finfo(np.float64).eps * terms)

    @cached_property
    def offset(self):
        """How many times its rounding a gradient's may grow when features are centred."""
        scale, centre = self.centring
        return 1.0 + float(np.abs(scale * centre).max())

    @cached_property
    def centring(self):
        """Scale and centre of each parameter's ``correlation_slopes``."""
        scale, centre = self.moments.inverse_deviation, self.moments.centre
        return join(scale, 1.0, self.fit_intercept), join(centre, 0.0, self.fit_intercept)

    def correlation_slopes(self, gradient):
        """Rates of J along the features centred and scaled to unit variance, and along b.

        Divided by sqrt(2 J) they are the correlations of the residual with
        each feature (and with the constant 1).
        """
        scale, centre = self.centring
        return scale * (gradient - centre * gradient[-1])

    def uncentred(self, direction):
        """Direction in theta of one along centred and scaled features and b."""
        d_w, d_b = self.split(direction)
        w = self.moments.inverse_deviation * d_w
        return join(w, d_b - self.moments.centre @ w, self.fit_intercept)
