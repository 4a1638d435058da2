"""Where a descent is."""

import math
from typing import NamedTuple

import numpy as np

from ..rows._products import inner


class Point(NamedTuple):
    """Parameters, cost and gradient after k updates.

    Attributes
    ----------
    theta : ndarray of shape (n_parameters,)
    loss : float
        J at theta.
    gradient : ndarray of shape (n_parameters,)
    slope : float
        Square of the gradient's length, g'g.
    k : int
        Number of updates that led to it.
    n_recurrences : int
        Updates since the last refresh.
    highest_loss : float
        Highest loss since the last refresh, including that of the refresh.
    steepest_slope : float
        Largest slope since then.
    examined_loss : float
        Loss at which rounding was last checked, or to which it has risen since.
    """

    theta: np.ndarray
    loss: float
    gradient: np.ndarray
    slope: float
    k: int
    n_recurrences: int
    highest_loss: float
    steepest_slope: float
    examined_loss: float

    @property
    def is_refreshed(self):
        """Whether loss and gradient are no recurrences, but computed from the rows."""
        return self.n_recurrences == 0

    @property
    def residual(self):
        """Root mean square of the residual."""
        return math.sqrt(2.0 * max(self.loss, 0.0))


def refreshed_point(theta, loss, gradient, k):
    """Return the Point whose loss and gradient were computed from the rows."""
    slope = inner(gradient, gradient)
    return Point(theta, loss, gradient, slope, k, 0, loss, slope, loss)
