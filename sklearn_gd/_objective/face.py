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

from ..rows._products import factored, inner

EPS = float(np.finfo(np.float64).eps)
# Most sets of free coefficients that are tried.
MOST_SETS = 50


def lifted(matrix, cancelled):
    """Cholesky factor of a correlation matrix plus its rounding level, and that level."""
    n = len(matrix)
    lift = 4 * n * EPS * cancelled
    while True:
        raised = matrix.copy()
        raised.reshape(-1)[:: n + 1] += lift
        factor, failed = factored(dpotrf, raised)
        if not failed:
            return factor, lift
        lift *= 4


def hides_slope(solved, factor, lift, noise):
    """Whether J has a slope along directions in which the features hardly vary.

    They vary too little for the moments to tell. Where features are exactly dependent that
    slope is 0; where they are only nearly so it is not. Each application of
    lift (R + lift)^-1 keeps the slope along those directions, and along others
    shrinks it by lift / eigenvalue.

    Parameters
    ----------
    solved : ndarray of shape (n_features,)
        (R + lift)^-1 times the slopes along all features.
    factor : ndarray of shape (n_features, n_features)
        Of R + lift.
    lift : float
    noise : float
        Slope that is nothing but rounding.
    """
    slope = lift * solved
    for _ in range(2):
        if inner(slope, slope) <= noise * noise:
            return False
        slope = lift * dpotrs(factor, slope)[0]
    return bool(np.abs(slope).max(initial=0.0) > noise)


def held(slopes, below, above):
    """Which coefficients are at bounds beyond which J would fall."""
    return ((below <= 0) & (slopes > 0)) | ((above <= 0) & (slopes < 0))


def suboptimality_within(moments, slopes, room, noise=0.0, trusting=False):
    """Upper bound of J - J* in a box, in centred and scaled features; inf if none was found.

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
    trusting : bool, default=False
        Whether to pass over slopes along which the features vary too little for the
        moments to tell.
    """
    correlations, size = moments.correlations, np.sqrt(moments.variance)
    # A constant feature has no slope: its bounds do not matter.
    below, above = (
        np.multiply(side, size, where=size > 0, out=np.full_like(size, np.inf)) for side in room
    )
    x, still = np.zeros_like(slopes), held(slopes, below, above)
    for _ in range(MOST_SETS):
        free = np.flatnonzero(~still)
        some = np.ascontiguousarray(correlations[free])
        rest = slopes[free] - some @ np.where(still, x, 0.0)
        factor, lift = lifted(some[:, free], moments.cancelled)
        solved = dpotrs(factor, rest)[0] if len(free) else rest
        x[free] = solved
        outside = ~still & ((x > below) | (x < -above))
        if outside.any():
            x = np.where(outside, np.clip(x, -above, below), x)
            still |= outside
            continue
        r = slopes - correlations @ x
        # At the minimum, theta - x, a coefficient must be held by its slope.
        wrong = still & ~(((x >= below) & (r >= -noise)) | ((x <= -above) & (r <= noise)))
        if not wrong.any():
            unsure = np.zeros_like(r)
            if not trusting and len(free) and hides_slope(solved, factor, lift, noise):
                # The moments may be wrong by rounding, and so r by as much as was lifted.
                unsure[free] = lift * np.linalg.norm(x[free])
            else:
                r[free] = 0.0
            ways = (r + unsure, below), (unsure - r, above)
            gains = [np.multiply(v, to, where=v > noise, out=np.zeros_like(r)) for v, to in ways]
            return float(x @ correlations @ x / 2 + np.maximum(*gains).sum())
        still &= ~wrong
    return np.inf
