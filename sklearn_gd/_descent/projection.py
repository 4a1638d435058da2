"""Steps that end at bounds: projected gradient descent.

theta moves towards ``P(theta - alpha g)``, where P puts each coefficient at the nearest
point of its bounds::

    d = theta - P(theta - alpha g)
    theta <- theta - t d

With a learning rate that is fixed in advance t = 1, always.  An adaptive one takes t = 1
unless J would not fall below the highest of the last ten losses by a share of ``g.d``;
then t is where J is least along d: it is the spectral projected gradient (E. Birgin,
J. Martinez, M. Raydan, SIAM J. Optim. 10(4), 2000), with the test of L. Grippo,
F. Lampariello, S. Lucidi, SIAM J. Numer. Anal. 23(4), 1986.  Along any line J is
the same parabola: one product H d gives both, and the recurrences of step.py hold.
"""

from dataclasses import dataclass

import numpy as np

from .._objective.theta import join, parts
from ..learning_rates.protocol import Line
from ..rows._products import inner
from .step import chosen_alpha, refreshed, step, update

# Losses that an adaptive learning rate may return to, and the share of g.d it has to gain.
REMEMBERED, GAIN = 10, 1e-4


@dataclass(frozen=True)
class Box:
    """Bounds of theta = (w, b), of which b has none.

    Attributes
    ----------
    low, high : ndarray of shape (n_parameters,)
    """

    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, bounds, coordinates, fit_intercept):
        """Return the box for the user's bounds of the coefficients, in these coordinates."""
        low, high = (coordinates.coefficients_inside(bound) for bound in bounds)
        return cls(join(low, -np.inf, fit_intercept), join(high, np.inf, fit_intercept))

    def project(self, theta):
        """The point of the box that is nearest to theta."""
        return np.clip(theta, self.low, self.high)

    def room(self, theta, fit_intercept):
        """How far the coefficients may go down and up."""
        below, above = theta - self.low, self.high - theta
        return parts(below, fit_intercept)[0], parts(above, fit_intercept)[0]

    @property
    def is_finite(self):
        """Whether every parameter has two bounds."""
        return bool(np.isfinite(self.low).all() and np.isfinite(self.high).all())

    def free_part(self, theta, gradient):
        """The gradient without what would lead out of the box at once."""
        out = ((theta <= self.low) & (gradient > 0)) | ((theta >= self.high) & (gradient < 0))
        return np.where(out, 0.0, gradient)


@dataclass
class Projection:
    """The moves of one target's descent within a box.

    Attributes
    ----------
    box : Box
    is_adaptive : bool
        Whether the learning rate is.
    last : Line or None
        J along the last move, for learning rates that look at it.
    recent : tuple of float
        The last losses.
    """

    box: Box
    is_adaptive: bool
    last: Line | None = None
    recent: tuple[float, ...] = ()

    def advance(self, objective, rate_state, point):
        """Return the learning rate of the next update, and the Point that it leads to."""
        if self.last is None:
            self.last = objective.line(point, self.box.free_part(point.theta, point.gradient))
        alpha = chosen_alpha(rate_state, point.k, self.last)
        target = self.box.project(update(point.theta, alpha, point.gradient))
        move = point.theta - target
        if not move.any():
            return alpha, refreshed(objective, point)._replace(k=point.k + 1)
        self.last = line = objective.line(point, move)
        fall = inner(point.gradient, move)
        t = self._share(point.loss, fall, line.curvature) if self.is_adaptive else 1.0
        if t < 1.0:
            target = self.box.project(update(point.theta, t, move))
        return alpha, step(objective, point, t, line, target, fall)

    def _share(self, loss, fall, curvature):
        """How much of the move to make: all, or up to the least J."""
        self.recent = (*self.recent[1 - REMEMBERED :], loss)
        after = loss - fall + curvature / 2.0
        if after <= max(self.recent) - GAIN * fall or not curvature > 0.0:
            return 1.0
        return min(fall / curvature, 1.0)
