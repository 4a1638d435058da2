r"""How far J is from its minimum in a box.

For a convex quadratic with gradient g at theta, and any x, let r = g - H x, which is the
gradient at phi = theta - x.  For every point of the box

    J(theta) - J(point) = g.(theta - point) - 1/2 (theta - point)'H(theta - point)
                       <= 1/2 x'H x + r.(theta - point),

so that J - J* is at most ``1/2 x'H x`` plus the largest ``r.(theta - point)`` in the box:
for each coefficient r_j times how far it may go down, or -r_j times how far up.  The bound
is tight, and finite where coefficients have no bounds, if phi is the minimum.  It is
found as by J. Tukey's and C. Lawson's active sets (P. Stark, R. Parker, "Bounded-variable
least squares", Comput. Stat. 10, 1995), from the bounds that the descent has reached: solve
for the coefficients that are free, hold those that leave the box, and free those that r
does not hold.  If that does not end soon, nothing is known.
"""

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotrs

from ..rows._products import factored

EPS = float(np.finfo(np.float64).eps)
# Most sets of free coefficients that are tried.
MOST_SETS = 50


def lifted(matrix, cancelled):
    """Cholesky factor of a correlation matrix plus its rounding level, and that level."""
    n = len(matrix)
    lift = 4 * n * EPS * cancelled
    while True:
        factor, failed = factored(dpotrf, matrix + lift * np.eye(n))
        if not failed:
            return factor, lift
        lift *= 4


def hidden_slope(slope, factor, lift):
    """Slope along directions in which the features vary too little for the moments to tell.

    Where features are exactly dependent it is 0; where they are only nearly
    so it is not. Each application of lift (R + lift)^-1 keeps the slope along
    those directions, and along others shrinks it by lift / eigenvalue.
    """
    for _ in range(3):
        slope = lift * dpotrs(factor, slope)[0]
    return float(np.abs(slope).max(initial=0.0))


def held(slopes, below, above):
    """Which coefficients are at bounds beyond which J would fall."""
    return ((below <= 0) & (slopes > 0)) | ((above <= 0) & (slopes < 0))


class Face:
    """The minimum of J in a box, in centred and scaled features.

    Parameters
    ----------
    moments : Moments
        With covariances.
    slopes : ndarray of shape (n_features,)
        Of J along the centred and scaled features.
    room : tuple of (below, above), each an ndarray of shape (n_features,)
        How far the coefficients may go down and up, for the features as they are.
    noise : float
        Slope that is nothing but rounding.

    Attributes
    ----------
    suboptimality : float
        Upper bound of J - J*; infinite if none was found.
    hidden_slope : float
        Slope that is left along directions in which the free features hardly vary.
    """

    def __init__(self, moments, slopes, room, noise=0.0):
        correlations, size = moments.correlations, np.sqrt(moments.variance)
        # A constant feature has no slope: its bounds do not matter.
        below, above = (
            np.multiply(side, size, where=size > 0, out=np.full_like(size, np.inf))
            for side in room
        )
        self.suboptimality = self.hidden_slope = np.inf
        moved = np.zeros_like(slopes)
        still = held(slopes, below, above)
        for _ in range(MOST_SETS):
            free = np.flatnonzero(~still)
            some = np.ascontiguousarray(correlations[free])
            rest = slopes[free] - some @ np.where(still, moved, 0.0)
            factor, lift = lifted(some[:, free], moments.cancelled)
            moved[free] = dpotrs(factor, rest)[0] if len(free) else rest
            outside = ~still & ((moved > below) | (moved < -above))
            if outside.any():
                moved = np.where(outside, np.clip(moved, -above, below), moved)
                still |= outside
                continue
            left = slopes - correlations @ moved
            # At the minimum, the point theta - moved, a coefficient must be held by its slope.
            at_low, at_high = moved >= below, moved <= -above
            wrong = still & ~((at_low & (left >= -noise)) | (at_high & (left <= noise)))
            if not wrong.any():
                self.hidden_slope = hidden_slope(rest, factor, lift) if len(free) else 0.0
                self.suboptimality = float(moved @ (slopes + np.where(still, left, 0.0))) / 2
                break
            still &= ~wrong
