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

from .products import inner

# About its anchor J is a sum of terms whose rounding it inherits: once it is
# smaller than they are by this factor, it is read off the rows again.
SMALLEST_SHARE = 1e-5
# A training loss is known to about this share of it between reads of the rows:
# what is lower by less may be standing still.
UNKNOWN = 1e-10


class HeldOutLoss:
    """J on held-out rows along one descent.

    By passes each loss is a read of these rows.  By moments it is that of the
    quadratic ``J(a) + g'u + u'H u / 2``, u = theta - a, about an anchor a
    where J and its gradient g were read off them.

    Parameters
    ----------
    objective : Objective
        Of the held-out rows.
    """

    def __init__(self, objective):
        self._objective = objective
        self._anchor = None
        moments = objective.moments
        # |H_ij| is at most the product of these for i and j.
        self._sizes = np.append(moments.root_diagonal, [1.0] * moments.fit_intercept)

    def __call__(self, point):
        """J on the held-out rows at a point of the descent."""
        objective = self._objective
        if self._anchor is None or not objective.hessian.by_moments(point.k):
            return self._read(point)
        u = point.theta - self._anchor.theta
        slope = inner(self._anchor.gradient, u)
        curvature = inner(u, objective.hessian.product(u, point.k))
        loss = self._anchor.loss + slope + curvature / 2
        u = np.abs(u)
        terms = self._anchor.loss + inner(self._slopes, u) + inner(self._sizes, u) ** 2 / 2
        return loss if loss >= SMALLEST_SHARE * terms else self._read(point)

    def _read(self, point):
        self._anchor = self._objective.at(point.theta)
        self._slopes = np.abs(self._anchor.gradient)
        return self._anchor.loss


class EarlyStopping:
    """A Watch that returns the iterate of the lowest validation loss, and stops after it.

    Only new minima of the training loss are compared, and of these only
    iterates that count for the learning rate: where the loss rises on the way
    the validation loss does too, which says nothing of overfitting.

    Parameters
    ----------
    held_out_loss : callable
        Returns J on the held-out rows at a Point.
    descent : Descent
        One that has not begun.
    patience : int
        How many new minima of the training loss in a row must not have a
        lower validation loss than the best one.
    """

    stopped = False

    def __init__(self, held_out_loss, descent, patience):
        self._loss = held_out_loss
        self._patience = patience
        self._below, self._best, self._in_vain = math.inf, math.inf, 0
        self._look(descent)

    def before(self, descent):
        """Have nothing to do yet."""

    def after(self, descent):
        """Look at the held-out rows, unless the update left float64."""
        if len(descent.validation_losses) < len(descent.losses):
            self._look(descent)

    def end(self, descent):
        """Say that it was stopped early, were it even at the last step allowed."""
        if self.stopped and descent.status in ("stopped", "max_iter"):
            descent.status = "early_stopped"

    def _look(self, descent):
        point = descent.progress.point
        loss = self._loss(point)
        descent.validation_losses.append(loss)
        # One that does not count for the learning rate is never the best so far.
        if point is not descent.progress.best or not point.loss < self._below:
            return
        self._below = point.loss * (1.0 - UNKNOWN)
        if loss < self._best:
            self._best, self._in_vain = loss, 0
            descent.chosen = point
        else:
            self._in_vain += 1
            self.stopped = self._in_vain == self._patience
