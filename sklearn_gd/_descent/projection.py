"""Steps that end at bounds: projected gradient descent.

theta moves to ``P(theta - alpha g)``, where P puts each coefficient at the nearest point of
its bounds.  With a learning rate that is fixed in advance that is all.  With an adaptive
one J must fall below the highest of the last ten losses, by a share of its slope (L. Grippo,
F. Lampariello, S. Lucidi, SIAM J. Numer. Anal. 23(4), 1986).  If it would not, the step ends at
the first bound that it meets; and if that does not help, where J is least on the way.  With
Barzilai-Borwein steps it is the spectral projected gradient (E. Birgin, J. Martinez,
M. Raydan, SIAM J. Optim. 10(4), 2000).

Along any line J is the same parabola: one product with H tells how J and its gradient
change, and the recurrences of step.py hold.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from .._objective.face import held
from .._objective.theta import join
from ..learning_rates._numbers import chosen_alpha
from ..learning_rates.protocol import Line
from ..rows._products import inner
from .step import step, update

# Losses that an adaptive learning rate may return to, and the share of g.d it has to gain.
REMEMBERED, GAIN = 10, 1e-4
# Updates with the same free parameters after which eigenvalues for these are worth computing.
SETTLED = 3


@dataclass(frozen=True, eq=False, repr=False)
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

    def room(self, theta):
        """How far the parameters may go down and up."""
        return theta - self.low, self.high - theta

    @property
    def is_finite(self):
        """Whether every parameter has two bounds."""
        return bool(np.isfinite(self.low).all() and np.isfinite(self.high).all())

    def is_free(self, theta, gradient):
        """Which parameters a step would not lead out of the box at once."""
        return ~held(gradient, *self.room(theta))

    def to_first_bound(self, theta, alpha, gradient):
        """Up to which learning rate no bound is met, alpha at most, and where that leads."""
        with np.errstate(divide="ignore", invalid="ignore"):
            room = np.where(gradient > 0, *self.room(theta)) / np.abs(gradient)
        room[gradient == 0] = np.inf
        alpha = min(alpha, float(room.min()))
        target = self.project(update(theta, alpha, gradient))
        # Not one unit in the last place beside the bound.
        bound = np.where(gradient > 0, self.low, self.high)
        return alpha, np.where(room <= alpha, bound, target)


@dataclass(eq=False, repr=False)
class Projection:
    """The moves of one target's descent within a box.

    Attributes
    ----------
    box : Box
    is_adaptive : bool
        Whether the learning rate is.
    last : tuple or None
        Of J along the last move, for learning rates that look at it: the move, H times it,
        and its products with both.
    recent : tuple of float
        The last losses.
    free : ndarray of shape (n_parameters,), dtype bool, or None
        Which parameters were free at the last update.
    n_moves, n_same : int
        How many updates were made, and how many in a row since with these free.
    face : ndarray of shape (n_parameters,), dtype bool, or None
        Which parameters were free when eigenvalues were last computed for those.
    n_faces : int
        How often they were computed.
    """

    box: Box
    is_adaptive: bool
    last: tuple[np.ndarray, np.ndarray, float, float] | None = None
    recent: tuple[float, ...] = ()
    free: np.ndarray | None = None
    n_moves: int = 0
    n_same: int = 0
    face: np.ndarray | None = None
    n_faces: int = 0

    def advance(self, objective, rate_state, point):
        """Return the learning rate of the next update, and the Point that it leads to."""
        theta, gradient = point.theta, point.gradient
        free = self.box.is_free(theta, gradient)
        if self.last is None:
            self.last = _kept(objective.line(point, gradient * free))
        self.n_moves += 1
        same = self.free is not None and (free == self.free).all()
        self.free, self.n_same = free, self.n_same + 1 if same else 0
        components = partial(self._components, objective, point, free)
        move, product, square, curvature = self.last
        line = Line(move, product, square, curvature, point.k, components)
        alpha = chosen_alpha(rate_state, point.k, line)
        target = self.target_of(theta, alpha, gradient, free)
        if (target == theta).all():
            return alpha, point._replace(k=point.k + 1)
        line, fall = self._along(objective, point, target)
        t = 1.0
        if self.is_adaptive:
            self.recent = (*self.recent[1 - REMEMBERED :], point.loss)
            # Barzilai-Borwein steps are seldom that long: not worth another read.
            quick = self.n_faces > 0 or objective.plan.uses_gram(point.k)
            if quick and self._rises(point, line, fall):
                alpha, target = self.box.to_first_bound(theta, alpha, gradient * free)
                line, fall = self._along(objective, point, target)
            if self._rises(point, line, fall):
                t = min(fall / line.curvature, 1.0)
                target = self.box.project(update(theta, t, line.gradient))
        self.last = _kept(line)
        return alpha, step(objective, point, t, line, target, fall)

    def target_of(self, theta, alpha, gradient, free):
        """Where the update leads."""
        return self.box.project(update(theta, alpha, gradient))

    def _along(self, objective, point, target):
        """J along the move to the target, and how fast it falls at first."""
        move = point.theta - target
        return objective.line(point, move), inner(point.gradient, move)

    def _rises(self, point, line, fall):
        """Whether J would not fall enough below the highest of the last losses."""
        after = point.loss - fall + line.curvature / 2.0
        return line.curvature > 0.0 and not after <= max(self.recent) - GAIN * fall

    def _components(self, objective, point, free, *_):
        """Eigenvalues of H over the free parameters, and the gradient's components there.

        None if they would cost more time than the updates have; for each set of free
        parameters it is about that of as many updates as there are parameters.
        """
        if self.n_same < SETTLED:
            return None
        if self.face is None or (free != self.face).any():
            if (self.n_faces + 1) * len(free) > self.n_moves:
                return None
            self.face, self.n_faces = free, self.n_faces + 1
        return objective.decompose(point.gradient, point.k, free)


def _kept(line):
    return line.gradient, line.hessian_gradient, line.slope, line.curvature
