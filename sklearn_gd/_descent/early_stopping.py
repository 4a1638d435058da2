"""Early stopping: J on held-out rows at every iterate, and the iterate where it is lowest.

On the way to the minimum of J over the rows it descends on, an iterate passes
others that predict new rows better: stopping there shrinks the coefficients
along directions in which the features vary little, much as a ridge penalty
does (A. Ali, J. Kolter, R. Tibshirani, "A Continuous-Time View of Early
Stopping for Least Squares Regression", AISTATS 2019).

This module must not know where the held-out rows come from.
"""

import math

import numpy as np

from ..rows._products import inner
from .loop import TIE

# J about the centre is a sum of terms and inherits their rounding: where it is
# a smaller share of them than this, it is computed from the rows again.
SMALLEST_SHARE = 1e-5


class HeldOutLoss:
    """J on held-out rows along one descent.

    Matrix-free, each loss takes a read of these rows.  With the Gram matrix it is
    ``J(a) + g'u + u'H u / 2``, u = theta - a, about a point a (the centre) where
    J and its gradient g were computed from the rows.

    Parameters
    ----------
    objective : Objective
        Of the held-out rows.
    """

    def __init__(self, objective):
        self._objective = objective
        self._centre = None
        moments = objective.moments
        # |H_ij| is at most the product of these for i and j.
        self._sizes = np.append(moments.root_diagonal, [1.0] * moments.fit_intercept)

    def __call__(self, point):
        """J on the held-out rows at a point of the descent."""
        objective = self._objective
        if self._centre is None or not objective.plan.uses_gram(point.k):
            return self._read(point)
        u = point.theta - self._centre.theta
        slope = inner(self._centre.gradient, u)
        curvature = inner(u, objective.plan.form(point.k).product(u))
        loss = self._centre.loss + slope + curvature / 2
        u = np.abs(u)
        terms = self._centre.loss + inner(self._slopes, u) + inner(self._sizes, u) ** 2 / 2
        return loss if loss >= SMALLEST_SHARE * terms else self._read(point)

    def _read(self, point):
        self._centre = self._objective.at(point.theta)
        self._slopes = np.abs(self._centre.gradient)
        return self._centre.loss


class EarlyStopping:
    """Selects the iterate of the lowest validation loss, and ends the descent some time after it.

    Only iterates with the lowest training loss so far are compared, and of these
    only those that count for the learning rate: while the training loss rises,
    so does the validation loss, which says nothing about overfitting.

    Parameters
    ----------
    held_out_loss : callable
        Returns J on the held-out rows at a Point.
    patience : int
        After how many new minima of the training loss in a row, none of which
        lowers the validation loss, the descent ends.
    """

    is_over = False

    def __init__(self, held_out_loss, patience):
        self._loss = held_out_loss
        self._patience = patience
        self._below, self._lowest, self._in_vain = math.inf, math.inf, 0

    def see(self, descent, counts, is_solution):
        """Take note of the current iterate; ``counts``: if it counts for the learning rate."""
        point = descent.state.point
        loss = self._loss(point)
        descent.trace.validation_losses.append(loss)
        if not (counts and point.loss < self._below):
            return
        self._below = point.loss * (1.0 - TIE)
        if loss < self._lowest:
            self._lowest, self._in_vain = loss, 0
            descent.state.best = point
        else:
            self._in_vain += 1
            self.is_over = self._in_vain == self._patience
