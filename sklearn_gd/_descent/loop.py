"""Gradient descent: one loop for every learning rate and every source of rows.

This module must not know how J is computed, where alpha_k comes from, or what
makes theta a solution.
"""

import math
import sys

import numpy as np

from ..learning_rates._numbers import chosen_alpha
from .step import refreshed, step

# Steps from a failed test to the next, at least: a test takes the time of some steps.
LEAST_PATIENCE = 4
# Growth of the loss from which a descent counts as diverged: no digit of the residual at the
# start is then left in the present one.
HOPELESS = float(np.finfo(np.float64).eps) ** -2
# Relative change of the residual that is too small to show in a history of losses.
INVISIBLE = 1e-9
# Relative difference of J that recurrences may not resolve.
TIE = 1e-10


def advance(objective, rate_state, point):
    """Return the learning rate of the next update, and the Point that it leads to."""
    line = objective.line(point)
    alpha = chosen_alpha(rate_state, point.k, line)
    return alpha, step(objective, point, alpha, line)


class LowestLoss:
    """Selects the iterate with the lowest loss, and the last of several equal ones."""

    is_over = False

    def see(self, descent, counts, is_solution):
        """Take note of the current iterate; ``counts``: if it counts for the learning rate."""
        state = descent.state
        point = state.point
        if is_solution or (counts and point.loss <= state.best.loss * (1.0 + TIE)):
            state.best = point


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def descend(objective, descent, test, *, max_iter, store_path=False, selection=None, observers=()):
    """Update theta until it is a solution, at most max_iter times.

    Parameters
    ----------
    objective : Objective
    descent : Descent
        Updated in place.
    test : SolutionTest
    max_iter : int
    store_path : bool, default=False
    selection : LowestLoss or EarlyStopping, default=None
        Selects the iterate to return; None for LowestLoss.
    observers : sequence of Observer, default=()
    """
    state, trace = descent.state, descent.trace
    selection = LowestLoss() if selection is None else selection
    hopeless = _hopeless_loss(objective, state)
    learning_rate, losses, alphas = state.rate_state, trace.losses, trace.alphas
    may_stop, see = learning_rate.may_stop, selection.see
    move = advance if state.projection is None else state.projection.advance

    def look(loss):
        """Status with which the descent ends at an iterate with this loss; None if it goes on."""
        k, solved = state.point.k, False
        counts = may_stop(k)
        if not loss <= hopeless and (counts or not loss < math.inf):
            return "diverged"
        if counts and k >= state.next_test and test(state.point):
            solved = _certify(objective, state, test)
            # The test may have refreshed the loss.
            trace.losses[-1] = state.point.loss
        see(descent, counts, solved)
        is_last = len(alphas) == max_iter
        if not (solved or is_last or selection.is_over):
            return None
        rising = is_last and counts and _is_rising(objective, state, trace)
        return verdict(solved, selection.is_over, rising)

    status = look(state.point.loss)
    while status is None and not (observers and any(one.stopped for one in observers)):
        for observer in observers:
            observer.before(descent)
        alpha, point = move(objective, learning_rate, state.point)
        if math.isfinite(point.loss):
            state.point = point
            if alpha > state.largest_alpha:
                state.largest_alpha = alpha
            losses.append(point.loss)
            alphas.append(alpha)
            if store_path:
                trace.path.append(point.theta)
        status = look(point.loss)
        for observer in observers:
            observer.after(descent)
    trace.status = status or "stopped"
    _settle(objective, descent)
    for observer in observers:
        observer.end(descent)


def verdict(solved, is_over, rising):
    """Return the status of a descent that ends here.

    Parameters
    ----------
    solved : bool
        Whether the last iterate is a solution.
    is_over : bool
        Whether early stopping ends the descent.
    rising : bool
        Whether no more updates are allowed and J is growing without bound.
    """
    if solved:
        return "converged"
    if rising:
        return "diverged"
    return "early_stopped" if is_over else "max_iter"


def _certify(objective, state, test):
    """Whether the current iterate, which seems a solution, is one; it may be refreshed."""
    point, reads = state.point, objective.n_reads
    drift = objective.drift(point, state.point.k, state.largest_alpha)
    solved, state.point = test.certify(point, drift)
    if not solved:
        # Failed tests must not take more time than the descent does.
        updates = objective.updates_for(objective.n_reads - reads, point.k)
        state.next_test = point.k + max(LEAST_PATIENCE, updates)
    return solved


def _settle(objective, descent):
    """Settle which point to return, and correct its loss in the trace."""
    state, trace = descent.state, descent.trace
    if trace.status != "converged" or state.best is not state.point:
        state.best = _verified(objective, state)
    k, loss = descent.best_iter, state.best.loss
    if k >= 0 and abs(trace.losses[k] - loss) > 1e-9 * loss:
        trace.losses[k] = loss


def _verified(objective, state):
    """The point to return, refreshed if rounding may have changed its loss.

    Far from the origin the loss may have lost all its digits: if the point
    turns out to be worse than the start, the start is returned.
    """
    best = state.best
    if best.is_refreshed:
        return best
    if objective.drift(best, state.point.k, state.largest_alpha) < INVISIBLE * best.residual:
        return best
    best = refreshed(objective, best)
    return best if best.loss <= state.first.loss else state.first


def _hopeless_loss(objective, state):
    """Loss above which the descent counts as diverged.

    An adaptive learning rate may recover from any finite loss.  With any other
    the descent is given up once the residual has grown so large that its
    rounding exceeds the residual at the start.
    """
    if state.kind == "adaptive":
        return sys.float_info.max
    return HOPELESS * max(state.first.loss, objective.total_loss)


def _is_rising(objective, state, trace):
    """Whether J, after the last step allowed, is growing without bound."""
    if state.kind == "constant" and state.projection is None:
        # g'Hg / g'g exceeds L by no more than rounding, whatever g is.
        line = objective.line(state.point)
        return trace.alphas[-1] * line.curvature > 2.0 * (1.0 + 1e-9) * line.slope
    if state.projection is not None and state.projection.box.is_finite:
        return False
    return state.kind != "adaptive" and trace.losses[-1] > trace.losses[0]
