"""Gradient descent: one loop for every learning rate and every source of rows.

    theta <- theta - alpha_k * gradient(theta),  all parameters at once.

This module must not know how J is computed, where alpha_k comes from, or what
makes theta a solution.
"""

import math
import sys
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from .objective import Point
from .protocol import RateState, checked_alpha, no_number
from .stopping import UNSEEN

# Of the start: the squares of its gradient and more must be float64 numbers.
LARGEST_LOSS = 1e120

# By moments a test in vain costs no read, but some steps' time.
LEAST_PATIENCE = 4

# A rise of J after which nothing of the start is left among the digits of its square.
HOPELESS = float(np.finfo(np.float64).eps) ** -2
# From best to worst; several targets have the worst of theirs.
STATUSES = ("converged", "early_stopped", "stopped", "max_iter", "diverged")


class AtStart:
    """What a learning rate may ask before the first step: a protocol.Problem."""

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


@dataclass
class Progress:
    """All that a later call needs to go on as if there had been no pause.

    Attributes
    ----------
    point : Point
        Its number counts the updates over all calls.
    rate_state : RateState
    first, best : Point
        Where the descent began, and the point of the lowest loss so far.
    largest_alpha : float
    next_test : int
        Number of the first update after which to look for a solution again.
    """

    point: Point
    rate_state: RateState
    first: Point = field(init=False)
    best: Point = field(init=False)
    largest_alpha: float = 0.0
    next_test: int = 0

    def __post_init__(self):
        self.first = self.best = self.point

    def test(self, is_solution):
        """Return whether the current iterate is a solution; keep it if so, or if it is the best.

        Later iterates win ties, as far as a loss is known between anchors.
        """
        point, solved = self.point, False
        if point.k >= self.next_test and is_solution(point):
            rows = is_solution.objective.rows
            before = rows.reads
            solved = is_solution.certify(point, drift(is_solution.objective, self, point))
            if not solved:
                # Never more reads for tests in vain than for the descent.
                self.next_test = point.k + max(LEAST_PATIENCE, rows.reads - before)
        if solved or point.loss <= self.best.loss * (1.0 + 1e-10):
            self.best = point
        return solved


def drift(objective, now, point):
    """How far rounding may have moved the residual of a point of this descent, at most.

    Each update rounds theta, which the recurrences do not see; and the
    rounding of a gradient, some L |theta| eps, moves theta alpha times as far.
    """
    reach = 1.0 + now.largest_alpha * objective.hessian.bound(point.k)
    return now.point.k * reach * objective.rounding(point.theta, point.highest)


def begin(objective, curvature, rate, theta, *, max_iter, tol, k=0):
    """Progress of a descent that begins at theta, with update number k."""
    start = objective.at(theta, k)
    if not start.loss < LARGEST_LOSS:
        raise ValueError(
            f"coef_init and intercept_init give a loss of {start.loss:.1e}; up to "
            f"{LARGEST_LOSS:.0e} is allowed."
        )
    try:
        state = rate.start(AtStart(start, curvature, max_iter, tol))
    except StopIteration as error:
        raise ValueError(no_number("at the start")) from error
    if not callable(state):
        raise TypeError(
            f"alpha: start(problem) of {rate!r} must return a callable "
            f"(k, line) -> float, got {state!r}."
        )
    # A plan for a number of steps begins with its first.
    if hasattr(state, "may_stop"):
        start.k = 0
    return Progress(start, state)


@dataclass(slots=True)
class Descent:
    """What one call of ``descend`` has done so far.

    Attributes
    ----------
    progress : Progress
        Where it goes on from; brought up to date with every update.
    first : int
        Number of the update this call began at.
    losses, alphas : list of float
        J at the iterates of this call, and the learning rates between them.
    path : list of ndarray
        The iterates of this call if they were to be stored, else only the first.
    validation_losses : list of float
        J on held-out rows at the iterates of this call, if a watch looks at it.
    chosen : Point or None
        The point to return if a watch has chosen one; else that of the lowest
        loss is.
    status : one of STATUSES
        How it ended; "stopped" until then, as that is what it would be.
    """

    progress: Progress
    first: int = field(init=False)
    losses: list[float] = field(init=False)
    alphas: list[float] = field(init=False, default_factory=list)
    path: list[np.ndarray] = field(init=False)
    validation_losses: list[float] = field(init=False, default_factory=list)
    chosen: Point | None = field(init=False, default=None)
    status: str = field(init=False, default="stopped")

    def __post_init__(self):
        point = self.progress.point
        self.first, self.losses, self.path = point.k, [point.loss], [point.theta]

    @property
    def best(self):
        """The Point to return."""
        return self.progress.best if self.chosen is None else self.chosen

    @property
    def best_iter(self):
        """Number of the best point, counted from the beginning of this call.

        Negative if it was made that many updates before.
        """
        return self.best.k - self.first

    def end(self, objective, status):
        """Settle which point is the best, and its loss."""
        self.status = status
        if status != "converged" or self.chosen is not None:
            self.chosen = _verified(objective, self.progress, self.best)
        k, loss = self.best_iter, self.best.loss
        if k >= 0 and abs(self.losses[k] - loss) > 1e-9 * loss:
            self.losses[k] = loss


class Watch(Protocol):
    """Somebody to tell of every update, who may stop the descent and choose what it returns."""

    stopped: bool
    """Whether to stop; looked at before each update."""

    def before(self, descent: Descent) -> None:
        """Be told that an update is about to be made."""

    def after(self, descent: Descent) -> None:
        """Be told that an update was made, or that it left float64."""

    def end(self, descent: Descent) -> None:
        """Be told how the descent ended."""


def steps(objective, rate, point):
    """Gradient descent itself: yield each alpha_k and the point it leads to, for ever."""
    while True:
        line = objective.line(point)
        try:
            alpha = rate(point.k, line)
        except StopIteration as error:
            raise ValueError(no_number(f"of step {point.k}")) from error
        if not (isinstance(alpha, float) and 0.0 <= alpha < math.inf):
            # What is not a float but a number will do, and 0 where there is no slope.
            alpha = checked_alpha(alpha, point.k)
        point = objective.step(point, alpha, line)
        yield alpha, point


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def descend(objective, descent, is_solution, *, max_iter, store_path=False, watches=()):
    """Update theta until it is a solution, at most max_iter times.

    Parameters
    ----------
    objective : Objective
    descent : Descent
        Brought up to date.
    is_solution : SolutionTest
    max_iter : int
    store_path : bool, default=False
    watches : sequence of Watch, default=()
    """
    now, losses, alphas = descent.progress, descent.losses, descent.alphas
    may_stop = getattr(now.rate_state, "may_stop", None)
    hopeless = _hopeless_loss(objective, now)
    coming = steps(objective, now.rate_state, now.point)

    def verdict():
        """Status at the current iterate; None if there is no reason to end."""
        if may_stop is None or may_stop(now.point.k):
            solved = now.test(is_solution)
            # Testing may have read it off the rows.
            losses[-1] = now.point.loss
            if solved:
                return "converged"
        if len(alphas) == max_iter:
            return "diverged" if _rising(objective, now, losses) else "max_iter"
        return None

    status = verdict() if now.point.loss <= hopeless else "diverged"
    stopped = any(watch.stopped for watch in watches)
    while status is None and not stopped:
        if watches:
            for watch in watches:
                watch.before(descent)
        alpha, point = next(coming)
        if math.isfinite(point.loss):
            now.point = point
            if alpha > now.largest_alpha:
                now.largest_alpha = alpha
            losses.append(point.loss)
            alphas.append(alpha)
            if store_path:
                descent.path.append(point.theta)
        status = verdict() if point.loss <= hopeless else "diverged"
        if watches:
            for watch in watches:
                watch.after(descent)
            stopped = any(watch.stopped for watch in watches)
    descent.end(objective, status or "stopped")
    for watch in watches:
        watch.end(descent)


def _verified(objective, now, best):
    """The point to return with its loss read off the rows, if rounding may have moved it.

    Far from the origin the loss may have lost all its digits: what turns out
    to be worse than the start gives way to it.
    """
    if best.anchored:
        return best
    if drift(objective, now, best) < UNSEEN * best.residual:
        return best
    best = objective.at(best.theta, best.k)
    return best if best.loss <= now.first.loss else now.first


def _hopeless_loss(objective, now):
    """Loss above which the descent will not come back.

    An adaptive learning rate may come back from anything finite.  One that
    does not look at the loss is given up when nothing of the start is left
    among the digits of a float64.
    """
    if not getattr(now.rate_state, "fixed", False):
        return sys.float_info.max
    return HOPELESS * max(now.first.loss, objective.total_loss)


def _rising(objective, now, losses):
    """Whether the descent, out of steps, was on its way up."""
    if getattr(now.rate_state, "rises_for_ever", False):
        # g'Hg / g'g exceeds L by no more than rounding, whatever g is.
        line = objective.line(now.point)
        return now.rate_state.alpha * line.curvature > 2.0 * (1.0 + 1e-9) * line.slope
    # Adaptive learning rates rise and come back; one that does not say what it
    # is has gone astray if hardly a digit of the start is left.
    fixed = getattr(now.rate_state, "fixed", None)
    rise = {True: 1.0, False: math.inf, None: 1e16}[fixed]
    return losses[-1] > rise * losses[0]
