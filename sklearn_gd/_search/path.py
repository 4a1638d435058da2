"""The coefficients after given numbers of steps of a constant learning rate."""

import math
from functools import partial

import numpy as np

from .._descent.loop import advance
from .._descent.step import EPS
from .._objective.plan import MOST_FEATURES, affordable
from .._objective.quadratic import steps_from_zero
from ..rows._machine import alone


def is_quick(rows):
    """Whether eigenvalues are worth computing; then a million steps cost no more than one."""
    return rows.n_features <= MOST_FEATURES and affordable(rows.n_features)


def path(least_squares, rate, counts):
    """Return the user's coefficients and intercepts after these numbers of steps, by target.

    Parameters
    ----------
    least_squares : LeastSquares
    rate : Constant
    counts : ndarray of shape (n_counts,), dtype int

    Returns
    -------
    w : ndarray of shape (n_targets, n_features, n_counts)
    b : ndarray of shape (n_targets, n_counts)
    """
    n, coordinates = least_squares.rows.n_features, least_squares.coordinates
    path_of = partial(alone, _by_powers) if is_quick(least_squares.rows) else _step_by_step
    found = []
    for objective in least_squares.objectives:
        thetas = path_of(objective, rate, counts, least_squares.default_theta(objective))
        b = thetas[:, n:].sum(axis=1)
        found.append(coordinates.outside(thetas[:, :n], b))
    w, b = zip(*found, strict=True)
    return np.stack(w).swapaxes(1, 2), np.stack(b)


def _by_powers(objective, rate, counts, start):
    """Theta after each number of steps, a row each, computed in the eigenbasis of H."""
    values, basis = np.linalg.eigh(objective.moments.hessian)
    point = objective.at(start)
    pull = -(basis.T @ point.gradient)
    # Where features depend on each other an eigenvalue and its pull are nothing but rounding,
    # which very many steps would add up, and a negative eigenvalue multiply.
    rounding = len(values) * EPS
    is_nothing = values <= rounding * values[-1]
    values[is_nothing] = np.maximum(values[is_nothing], 0.0)
    pull[is_nothing & (np.abs(pull) <= rounding * math.sqrt(values[-1] * 2.0 * point.loss))] = 0.0
    return start + (steps_from_zero(rate.alpha, values, counts[:, None]) * pull) @ basis.T


def _step_by_step(objective, rate, counts, start):
    """The same by making the steps."""
    point = objective.at(start)
    state = rate.start(None)
    wanted, thetas = set(counts.tolist()), {0: point.theta}
    for k in range(1, int(counts.max(initial=0)) + 1):
        _, point = advance(objective, state, point)
        if k in wanted:
            thetas[k] = point.theta
    return np.array([thetas[k] for k in counts.tolist()]).reshape(len(counts), -1)
