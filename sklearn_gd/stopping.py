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
  the correlation matrix) of J below small correlations.  By moments the
  excess J - J* is known, and must be small too.
- Where the fit is perfect there is no residual to correlate: J at the
  rounding level of its own evaluation is a solution, and a gradient is not
  asked to be smaller than its own rounding.
"""

import math

import numpy as np

# (J - J*) / J that a solution may have.
MAX_EXCESS = 1e-7


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
        moments = objective.moments
        # |g|^2 is at most this if every slope along a centred and scaled
        # feature is at most 1: a test of one number that spares the others.
        reach = np.sqrt(moments.variance) + np.abs(moments.centre)
        self._largest_square = float(reach @ reach) + 1.0

    def __call__(self, point):
        """Test the point; one that seems a solution is anchored and tested again."""
        if self.tol == 0.0:
            return False
        if not point.anchored:
            if not self._holds(point, 0.0):
                return False
            self.objective.anchor(point)
        return self._holds(point, self.objective.rounding(point.theta))

    def _holds(self, point, rounding):
        residual = math.sqrt(2.0 * max(point.loss, 0.0))
        if residual <= rounding:
            return True
        allowed = self.tol * residual + rounding
        gradient = point.gradient
        if gradient @ gradient > self._largest_square * allowed**2:
            return False
        if np.abs(self.objective.correlation_slopes(gradient)).max() > allowed:
            return False
        return not self._known_excess(point) > MAX_EXCESS

    def _known_excess(self, point):
        """(J - J*) / J by moments, else 0: by passes it is not known."""
        if self.objective.moments.covariance is None:
            return 0.0
        # R2 has only so many digits.
        floor = np.finfo(np.float64).eps * self.objective.total_loss
        return self.curvature.excess(point.gradient) / (point.loss + floor / MAX_EXCESS)

    def report(self, theta):
        """Largest correlation and known relative excess at theta."""
        point = self.objective.at(theta)
        residual = math.sqrt(2.0 * point.loss) or 1.0
        slopes = np.abs(self.objective.correlation_slopes(point.gradient))
        return float(slopes.max()) / residual, self._known_excess(point)
