r"""The update rule of gradient descent, and what one step is.

J is a quadratic, so its gradient changes linearly: after the update
``theta - alpha g`` it is ``g - alpha H g``, and J has fallen by
``alpha (g'g - alpha/2 g'Hg)``.  So a step costs one product H g, and J and its
gradient are recurrences.  (J from second moments, 1/2 theta'H theta - c'theta,
would lose every digit near a good fit; a sum of differences does not.)

A recurrence keeps its absolute error while J falls, and so loses digits.  Before
too few are left, loss and gradient are refreshed: computed from the rows at the
current theta (in conjugate gradients this is known as residual replacement: H. van der Vorst,
Q. Ye, SIAM J. Sci. Comput. 22(3), 2000).

Along any other line J is such a parabola too, so the same holds for moves that are not
along the gradient (projection.py).

This module must not know where learning rates come from or when to stop.
"""

import math

import numpy as np
from scipy.linalg.blas import daxpy

from .._objective.point import Point
from ..rows._products import inner

# Recurrences are refreshed once rounding may have changed J by this share of itself,
ALLOWED = 6e-10
# which is checked each time J has fallen by this factor, and after this many updates.
EXAMINE_AT, EXAMINE_EVERY = 0.7, 16

EPS = float(np.finfo(np.float64).eps)


def update(theta, alpha, gradient):
    """``theta - alpha * gradient``: THE update rule, all parameters at once."""
    # BLAS's a x + y, in half the time of NumPy's two operations.
    return daxpy(gradient, theta.copy(), a=-alpha)


def step(objective, point, alpha, line, theta=None, fall=None):
    """Return the Point after one update.

    Parameters
    ----------
    objective : Objective
    point : Point
    alpha : float
        Its learning rate.
    line : Line
        J along the negative gradient at the point, or along another move.
    theta : ndarray, default=None
        Where another move leads; None for the update rule.
    fall : float, default=None
        How fast J falls along another move at first; None for the line's slope.
    """
    if alpha == 0.0:
        # Often all that is left of the gradient is the rounding of its recurrence.
        return refreshed(objective, point)._replace(k=point.k + 1)
    before, loss, gradient, slope, k, n, highest, steepest, examined = point
    k, n = k + 1, n + 1
    if theta is None:
        theta, fall = update(before, alpha, gradient), slope
    loss -= alpha * (fall - 0.5 * alpha * line.curvature)
    if loss > examined:
        examined = loss
        highest = max(highest, loss)
    # The gradient has rounding in proportion to the steepest one; the step multiplies it.
    if slope > steepest:
        steepest = slope
    if alpha * EPS * math.sqrt(steepest * line.slope) > ALLOWED * loss:
        return objective.at(theta, k)
    if loss < EXAMINE_AT * examined or n % EXAMINE_EVERY == 0:
        rounding = max(objective.rounding(before, highest), objective.rounding(theta, highest))
        if _has_lost_digits(rounding, loss, highest, n):
            return objective.at(theta, k)
        examined = loss
    gradient = daxpy(line.hessian_gradient, gradient.copy(), a=-alpha)
    slope = inner(gradient, gradient)
    return Point(theta, loss, gradient, slope, k, n, highest, steepest, examined)


def _has_lost_digits(rounding, loss, highest, n):
    """Whether too few digits are left of a loss that fell from ``highest`` in n recurrences.

    Each update has rounded J, perhaps always in the same direction, and the
    parameters at random, while residuals were as large as at the highest loss, and had so
    much rounding.
    """
    if not loss > 0.0:
        return True
    changed = rounding / 4.0 * math.sqrt(n * 2.0 * highest) + 4.0 * EPS * highest * n
    # Even computed from the rows, J has the rounding of its own residual.
    return changed > ALLOWED * loss + rounding * math.sqrt(2.0 * loss)


def refreshed(objective, point):
    """Return the point with loss and gradient computed from the rows."""
    return point if point.is_refreshed else objective.at(point.theta, point.k)
