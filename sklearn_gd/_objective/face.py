r"""How far J is from its minimum in a box: it is on some face of the box.

Let g be the gradient at theta and F some of its coefficients, the others being at bounds.
For any x with ``(H x)_F = g_F`` and 0 elsewhere, the minimum of J on the face, with F free,
is ``J - 1/2 g_F . x_F``, and the gradient there is ``g - H x``.  If its signs hold the other
coefficients at their bounds, no point of the box is lower (it is the dual of J at g - H x);
so the suboptimality is at most ``1/2 g_F . H_FF^+ g_F``, and g_F is in the range of H_FF,
as every part of a gradient of least squares is.  Coefficients that are not held by the signs
are freed, until all signs are right (C. Lawson, R. Hanson, "Solving Least Squares
Problems", SIAM 1995, chapter 23, has the conditions).
"""

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotrs

from ..rows._products import factored, inner

EPS = float(np.finfo(np.float64).eps)


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


def held(slopes, at_low, at_high):
    """Which coefficients are at bounds beyond which J would fall."""
    return (at_low & (slopes > 0)) | (at_high & (slopes < 0))


class Face:
    """The face of a box on which J, in centred and scaled features, is least.

    Parameters
    ----------
    moments : Moments
        With covariances.
    slopes : ndarray of shape (n_features,)
        Of J along the centred and scaled features.
    at_low, at_high : ndarray of shape (n_features,), dtype bool
        Which coefficients are at their bounds.
    """

    def __init__(self, moments, slopes, at_low, at_high):
        still = held(slopes, at_low, at_high)
        correlations = moments.correlations
        while True:
            free = np.flatnonzero(~still)
            self._slopes = slopes[free]
            some = np.ascontiguousarray(correlations[free])
            self._lifted = lifted(some[:, free], moments.cancelled)
            solved = dpotrs(self._lifted[0], self._slopes)[0] if len(free) else self._slopes
            left = slopes - solved @ some
            wrong = still & ~held(left, at_low, at_high)
            if not wrong.any():
                break
            still &= ~wrong
        self.suboptimality = inner(self._slopes, solved) / 2 if len(free) else 0.0

    @property
    def hidden_slope(self):
        """Slope along directions in which the features of the face hardly vary."""
        return hidden_slope(self._slopes, *self._lifted) if len(self._slopes) else 0.0
