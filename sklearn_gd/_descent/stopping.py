"""When theta is a solution.

At a solution the residual is orthogonal to the column of ones and to every
feature.  So the test is that no correlation of the residual with a feature
exceeds tol.  It does not change when y or any one feature is measured in other
units or from another zero.  Other tests were rejected: differences of the loss
and norms of the gradient depend on units and on the learning rate, and the
cosine between the residual and an *uncentred* feature would call R2 = 0 a
solution where features are far from the origin.

Correlations alone are not enough, for two reasons:

- With nearly collinear features, small correlations may hide a suboptimality
  J - J* of up to p tol^2 / (smallest eigenvalue of the correlation matrix) times
  J.  So J - J* must be small too; with the Gram matrix it is known, matrix-free
  it is bounded from below.
- Where the fit is perfect, no residual is left to correlate.  So a J at the
  rounding level of its own evaluation is that of a solution, and no gradient
  has to be smaller than its own rounding.
"""

import math

import numpy as np

from .._objective.face import held
from .step import EPS, refreshed

# Largest (J - J*) / J of a solution for tol >= USUAL_TOL; else times (tol / USUAL_TOL)^3.
MAX_SUBOPTIMALITY, USUAL_TOL = 1e-7, 1e-6
# Rounding of the residual that a solution may have, in standard deviations of y.
MOST_ROUNDING = 1e-5
# Units in the last place by which a sum of products with the residual may be off: the worst
# case, and the typical one, which is assumed for a tol below USUAL_TOL.
FEW, FEWER = 8.0, 2.0
# Tests with J at rounding level after which the point passes: J will hardly fall any further.
ATTEMPTS = 8
# Relative drift of the residual that is too small to change a verdict.
NEGLIGIBLE = 1e-9


class SolutionTest:
    """Whether a point is a solution to within tol.

    Parameters
    ----------
    objective : Objective
    curvature : Curvature
    tol : float
        Largest correlation of the residual with a feature; with 0 nothing is a solution.
    box : Box, default=None
        Bounds. Features whose coefficients they hold do not count.
    """

    def __init__(self, objective, curvature, tol, box=None):
        self.objective, self._box = objective, box
        self.curvature = curvature
        self.tol = tol
        # The feature that failed last is the likeliest to fail again: testing
        # it first mostly saves testing the others.
        self._suspect = None
        self._in_vain = 0
        y_square = objective.moments.y_square[objective.target]
        of_y = MOST_ROUNDING * math.sqrt(2.0 * objective.total_loss)
        self._few = FEW if tol >= USUAL_TOL else FEWER
        self._most_rounding = float(max(of_y, 64 * EPS * math.sqrt(y_square)))

    def __call__(self, point):
        """Whether the point is a solution, provided that its loss and gradient are right."""
        if self.tol == 0.0:
            return False
        if point.n_recurrences and self._suspect is not None and point.loss > 0.0:
            j, scale, centre = self._suspect
            slope = scale * (point.gradient.item(j) - centre * point.gradient.item(-1))
            if slope * slope > self.tol * self.tol * 2.0 * point.loss:
                return False
        rounding = self._rounding(point) if point.is_refreshed else 0.0
        return self._is_perfect(point, rounding) or self._holds(point, rounding)

    def certify(self, point, drift):
        """Return whether a point that passed is a solution, and the point, refreshed if need be.

        There is no need where rounding, which may have moved the residual by
        ``drift``, could not change the verdict.
        """
        if self._box is not None:
            # Slopes along dependent features must be exact to be told from none; but first
            # they are passed over, to see whether that is worth a read.
            allowed = self.suboptimality_allowed(point.loss, self._rounding(point))
            known = self.objective.plan.has_gathered
            if known and self.suboptimality(point, trusting=True) > allowed:
                return False, point
        elif self.objective.plan.uses_gram(point.k):
            rounding = self._rounding(point)
            perfect = self._is_perfect(point, rounding)
            settled = perfect or self._is_low(point, rounding)
            if not (settled or self._is_as_good_as_perfect(point, rounding)):
                return False, point
            bound = drift * self.objective.moments.offset
            sure = bound <= min(NEGLIGIBLE, 1e-3 * self.tol) * point.residual
            # A slope along dependent features may be nothing but the recurrence's rounding.
            if settled and sure and (perfect or not self._has_hidden_slope(point)):
                return True, point
        point = refreshed(self.objective, point)
        if self._is_certain(point):
            return True, point
        good = self._is_as_good_as_perfect(point, self._rounding(point))
        self._in_vain += good
        return good and self._in_vain > ATTEMPTS, point

    def _is_as_good_as_perfect(self, point, rounding):
        """Whether J is at rounding level, which a tol below USUAL_TOL wants 16 times lower."""
        return 2.0 * point.loss <= rounding**2

    def _is_certain(self, point):
        rounding = self._rounding(point)
        if self._is_perfect(point, rounding):
            return True
        allowed = self.suboptimality_allowed(point.loss, rounding)
        noise = self.curvature.noise(point.residual, self._few)
        return self._holds(point, rounding) and not self.curvature.suboptimality_exceeds(
            point.gradient, allowed, noise, rounding, point.k, self._room(point)
        )

    def _has_hidden_slope(self, point):
        noise = self.curvature.noise(point.residual, self._few)
        return self.curvature.hides_slope(point.gradient, noise)

    def _rounding(self, point):
        """Rounding of the residual, limited so that huge parameters excuse no large residual."""
        return min(self.objective.rounding(point.theta), self._most_rounding)

    def _is_low(self, point, rounding):
        return self.suboptimality(point) <= self.suboptimality_allowed(point.loss, rounding)

    def suboptimality(self, point, trusting=False):
        """J - J* at the point; if there are bounds, an upper bound of it."""
        noise = self.curvature.noise(point.residual, self._few)
        return self.curvature.suboptimality(point.gradient, self._room(point), noise, trusting)

    def _room(self, point):
        """How far the parameters may go down and up; None if there are no bounds."""
        return None if self._box is None else self._box.room(point.theta)

    def _slopes(self, point):
        """Sizes of the slopes along the standardised features, 0 for those held at bounds."""
        slopes = self.objective.moments.correlation_slopes(point.gradient)
        if self._box is not None:
            slopes[held(slopes, *self._room(point))] = 0.0
        return np.abs(slopes)

    def _is_perfect(self, point, rounding):
        # The bound on rounding is generous: a tol below USUAL_TOL asks for less than that.
        few = 1.0 if self.tol >= USUAL_TOL else 1 / 16
        return 2.0 * point.loss <= (few * rounding) ** 2

    def suboptimality_allowed(self, loss, rounding):
        """Largest J - J* of a solution with this loss, given how many digits R2 has."""
        share = min(1.0, self.tol / USUAL_TOL)
        of_total = EPS * self.objective.total_loss
        return share**3 * (MAX_SUBOPTIMALITY * loss + of_total) + (rounding / 16) ** 2 / 2

    def _holds(self, point, rounding):
        allowed = self.tol * point.residual + rounding
        slopes = self._slopes(point)
        largest = int(slopes.argmax())
        if self._box is None:
            scale, centre = self.objective.moments.centring
            self._suspect = largest, scale.item(largest), centre.item(largest)
        return bool(slopes[largest] <= allowed)

    def largest_correlation(self, point):
        """Largest correlation of the residual with a feature."""
        return float(self._slopes(point).max()) / (point.residual or 1.0)
