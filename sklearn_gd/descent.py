"""Gradient descent: one loop for every learning rate and every source of rows.

    theta <- theta - alpha_k * gradient(theta),  all parameters at once.

This module must not know how J is computed, where alpha_k comes from, or what
makes theta a solution.
"""

import math
import numbers
import sys
from dataclasses import dataclass, field

import numpy as np

from .objective import Point

# From best to worst; several targets have the worst of theirs.
STATUSES = ("converged", "early_stopped", "stopped", "max_iter", "diverged")


class Problem:
    """What a learning rate may ask before the first step (see learning_rates.Problem)."""

    def __init__(self, start, curvature, max_iter, tol):
        self._start = start
        self._curvature = curvature
        self.loss = start.loss
        self.max_iter = max_iter
        self.tol = tol

    @property
    def largest_eigenvalue(self):
        """L of the Hessian."""
        return self._curvature.largest

    @property
    def smallest_eigenvalue(self):
        """Mu of the Hessian, the smallest eigenvalue above rounding level."""
        return self._curvature.smallest

    @property
    def excess(self):
        """J - J* at the start."""
        return self._curvature.excess(self._start.gradient)


@dataclass(slots=True)
class Progress:
    """All that a later call needs to go on as if there had been no pause.

    Attributes
    ----------
    point : Point
    rate : RateState
        State of the learning rate.
    k : int
        Number of updates so far, over all calls.
    best_k, best_loss, best_theta
        The iterate of the lowest loss so far.
    """

    point: Point
    rate: object
    k: int
    best_k: int = field(init=False)
    best_loss: float = field(init=False)
    best_theta: np.ndarray = field(init=False, repr=False)

    def __post_init__(self):
        self.take_as_best()

    def take_as_best(self):
        """Make the current iterate the one to return."""
        self.best_k, self.best_loss, self.best_theta = self.k, self.point.loss, self.point.theta

    def compare(self, solved):
        """Keep the current iterate if it is a solution or has the lowest loss.

        Later ones win ties, as far as a loss is known between anchors.
        """
        if solved or self.point.loss <= self.best_loss * (1.0 + 1e-10):
            self.take_as_best()


def begin(objective, curvature, rate, theta, *, max_iter, tol, k=0):
    """Progress of a descent that begins at theta, with update number k."""
    start = objective.at(theta)
    state = rate.start(Problem(start, curvature, max_iter, tol))
    return Progress(start, state, k)


@dataclass(slots=True)
class Descent:
    """What one call of ``descend`` did.

    Attributes
    ----------
    status : {"converged", "max_iter", "diverged"}
    losses, alphas : list of float
        J at the iterates of this call, and the learning rates between them.
    path : list of ndarray
        The iterates of this call, if they were to be stored.
    best_iter : int
        Number of the returned iterate, ``progress.best_theta``; negative if
        it was made that many updates before this call.
    progress : Progress
    """

    status: str
    losses: list[float]
    alphas: list[float]
    path: list[np.ndarray]
    best_iter: int
    progress: Progress


def steps(objective, rate, point, k):
    """Gradient descent itself: yield each alpha_k and the point it leads to, for ever."""
    while True:
        gradient = point.gradient
        hessian_gradient = objective.hessian_product(gradient)
        alpha = rate(k, gradient, hessian_gradient)
        if not (isinstance(alpha, float) and 0.0 <= alpha < math.inf):
            alpha = _checked(alpha, k)
        point = objective.step(point, alpha, hessian_gradient)
        yield alpha, point
        k += 1


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def descend(objective, now, is_solution, *, max_iter, store_path=False, watch=None):
    """Update theta until it is a solution, at most max_iter times.

    Parameters
    ----------
    objective : Objective
    now : Progress
        Where to go on from; brought up to date.
    is_solution : callable
        ``is_solution(point)``; may anchor the point.
    max_iter : int
    store_path : bool, default=False
    watch : callable, default=None
        Called as ``watch(k, loss, alpha)`` after each update, k = 1, 2, ...

    Returns
    -------
    Descent
    """
    first, may_stop = now.k, getattr(now.rate, "may_stop", _always)
    losses, path = [now.point.loss], [now.point.theta]
    alphas: list[float] = []
    hopeless = _hopeless_loss(objective, now)
    coming = steps(objective, now.rate, now.point, now.k)
    status = None
    while status is None:
        if may_stop(now.k):
            solved = is_solution(now.point)
            losses[-1] = now.point.loss
            now.compare(solved)
            if solved:
                status = "converged"
                break
        if len(alphas) == max_iter:
            status = "diverged" if _rising(objective, now, losses) else "max_iter"
            break
        alpha, point = next(coming)
        if math.isfinite(point.loss):
            now.point, now.k = point, now.k + 1
            losses.append(point.loss)
            alphas.append(alpha)
            if store_path:
                path.append(point.theta)
            if watch is not None:
                watch(len(alphas), point.loss, alpha)
        if not point.loss <= hopeless:
            status = "diverged"
    return Descent(status, losses, alphas, path, now.best_k - first, now)


def _always(k):
    return True


def _hopeless_loss(objective, now):
    """Loss above which the descent will not come back.

    An adaptive learning rate may come back from anything finite.  One that
    does not look at the loss is given up when nothing of the start is left
    among the digits of a float64.
    """
    if not getattr(now.rate, "fixed", False):
        return sys.float_info.max
    return max(now.point.loss, objective.total_loss) / np.finfo(np.float64).eps ** 2


def _rising(objective, now, losses):
    """Whether a learning rate that does not look at the loss ends on the way up."""
    if getattr(now.rate, "rises_for_ever", False):
        # g.Hg / g.g never exceeds L, whatever g is: no rounding can deceive.
        gradient = now.point.gradient
        curve = gradient @ objective.hessian_product(gradient)
        return now.rate.alpha * curve > 2.0 * (gradient @ gradient)
    return getattr(now.rate, "fixed", False) and losses[-1] > losses[0]


def _checked(alpha, k):
    """The learning rate of step k as a float, if it can be one."""
    if isinstance(alpha, numbers.Real) and not isinstance(alpha, bool):
        number = float(alpha)
        if 0.0 <= number < math.inf:
            return number
    raise ValueError(
        f"alpha: the learning rate of step {k} must be a positive finite number, got {alpha!r}."
    )
