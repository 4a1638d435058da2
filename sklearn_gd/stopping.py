"""When theta is a solution.

There the residual is orthogonal to the column of ones and to every feature.
So the test is that no correlation of the residual with a feature exceeds
tol.  It does not change when y or any one feature is measured in other units
or from another zero.  Rejected: differences of the loss and norms of the
gradient depend on units and on the learning rate, and the cosine between the
residual and an *uncentred* feature calls R2 = 0 a solution where features
are far from the origin.

Two things more are needed to tell the truth:

- Nearly collinear features may hide up to p tol^2 / (smallest eigenvalue of
  the correlation matrix) of J below small correlations.  So the excess J - J*
  must be small too; by moments it is known, by passes bounded from below.
- Where the fit is perfect there is no residual to correlate: J at the
  rounding level of its own evaluation is a solution, and a gradient is not
  asked to be smaller than its own rounding.
"""

import numpy as np

# (J - J*) / J that a solution may have.
MAX_EXCESS = 1e-7
# Relative change of the residual that no history shows.
UNSEEN = 1e-9


class SolutionTest:
    """Whether a point is a solution to within tol.

    Parameters
    ----------
    objective : Objective
    curvature : Curvature
    tol : float
        Largest correlation of the residual with a feature; 0: nothing is a solution.
    """

    def __init__(self, objective, curvature, tol):
        self.objective = objective
        self.curvature = curvature
        self.tol = tol
        # The feature that failed last is the likeliest to fail again: one
        # number that mostly spares the others.
        self._suspect = None

    def __call__(self, point):
        """Whether the point seems a solution, as far as its loss and gradient are right."""
        if self.tol == 0.0:
            return False
        if not point.anchored and self._suspect is not None and point.loss > 0.0:
            j, scale, centre = self._suspect
            slope = scale * (point.gradient.item(j) - centre * point.gradient.item(-1))
            if slope * slope > self.tol * self.tol * 2.0 * point.loss:
                return False
        rounding = self.objective.rounding(point.theta) if point.anchored else 0.0
        return self._is_perfect(point, rounding) or self._holds(point, rounding)

    def certify(self, point, drift):
        """Whether it is one, by its excess and by loss and gradient off the rows.

        They are not read where rounding, which may have moved the residual by
        the drift, could not change the verdict.
        """
        if self.objective.hessian.by_moments(point.k):
            if not self._is_certain(point):
                return False
            bound = drift * self.objective.offset
            if bound <= min(UNSEEN, 1e-3 * self.tol) * point.residual:
                return True
        self.objective.anchor(point)
        return self._is_certain(point)

    def _is_certain(self, point):
        rounding = self.objective.rounding(point.theta)
        if self._is_perfect(point, rounding):
            return True
        return self._holds(point, rounding) and not self.curvature.excess_above(
            point.gradient, self.excess_allowed(point.loss), rounding, point.k
        )

    def _is_perfect(self, point, rounding):
        return 2.0 * point.loss <= rounding**2

    def excess_allowed(self, loss):
        """J - J* that a solution with this loss may have: R2 has only so many digits."""
        return MAX_EXCESS * loss + float(np.finfo(np.float64).eps) * self.objective.total_loss

    def _holds(self, point, rounding):
        allowed = self.tol * point.residual + rounding
        slopes = np.abs(self.objective.correlation_slopes(point.gradient))
        largest = int(slopes.argmax())
        scale, centre = self.objective.centring
        self._suspect = largest, scale.item(largest), centre.item(largest)
        return bool(slopes[largest] <= allowed)

    def largest_correlation(self, point):
        """Largest correlation of the residual with a feature."""
        residual = point.residual or 1.0
        return float(np.abs(self.objective.correlation_slopes(point.gradient)).max()) / residual
