"""Held-out losses after every step of every constant alpha, at about the cost of one fit."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.utils import assert_all_finite

from .._cached import cached_property
from .._objective.coordinates import Standardised
from .._objective.moments import collect
from .._objective.plan import MOST_FEATURES, affordable
from .._objective.sizes import check_moments
from ..rows._memory import Rows
from .gram import GramFolds, How, most_kept
from .matrix_free import MatrixFreeFolds

# How many more powers of ten of steps are looked at.
MORE_DECADES = 6


def held_out_losses(
    X, Y, weights, splits, alphas, max_iter, fit_intercept, scale, penalties=(0.0,)
):
    """Mean squared errors on the held-out rows, and the alphas that lead to them.

    Parameters
    ----------
    X : ndarray, csr_array or other X of Rows, of shape (n_rows, n_features)
    Y : ndarray of shape (n_rows, n_targets)
    weights : ndarray of shape (n_rows,) or None
    splits : list of (train, test)
        Numbers of rows.
    alphas : callable
        Returns the learning rates, given the largest L.
    max_iter : int
    fit_intercept : bool
    scale : bool
        Whether to descend on features standardised by a split's training
        rows, from their mean of y.
    penalties : sequence of float, default=(0.0,)

    Returns
    -------
    Outcome
    """
    ways = [How(scale=scale, from_mean=scale, l2=l2) for l2 in penalties]
    forms = _folds(X, Y, weights, splits, fit_intercept, ways)
    largest = max(folds.largest_eigenvalue for folds in forms)
    rates = alphas(largest)
    losses = [folds.losses(rates, max_iter) for folds in forms]
    outlooks = [
        _outlook(folds, rates, found, max_iter, scale)
        for folds, found in zip(forms, losses, strict=True)
    ]
    with_more_steps, standardised = np.min(outlooks, axis=0).tolist()
    of_means = _of_means(Y, weights, splits)
    return Outcome(rates, np.array(losses), largest, of_means, with_more_steps, standardised)


def _folds(X, Y, weights, splits, fit_intercept, ways):
    """All splits, for descents made in each of these ways."""
    given = X, Y, weights, splits, fit_intercept
    n_rows, n_features = X.shape
    if n_rows < n_features and n_rows <= MOST_FEATURES and not sparse.issparse(X):
        # Its columns are needed, which only an ndarray has.
        given = X if isinstance(X, np.ndarray) else X[:], *given[1:]
        if not ways[0].scale:
            # A penalty is the same in any coordinates of the space, as lengths are.
            given = _in_their_span(given[0]), *given[1:]
        elif not any(how.l2 for how in ways):
            return [SpanFolds(*given)]
    n_features = given[0].shape[1]
    kept = most_kept(splits, len(ways))
    if n_features > MOST_FEATURES or not affordable(n_features, kept):
        return [MatrixFreeFolds(*given, how) for how in ways]
    first = GramFolds(*given, ways[0])
    return [first, *(first.made(how) for how in ways[1:])]


def _of_means(Y, weights, splits):
    """Held-out mean squared error of predicting the training rows' mean; at least rounding."""
    rounding = np.finfo(np.float64).eps * np.mean(Y**2)
    of_splits = []
    for train, test in splits:
        of_train, of_test = (None if weights is None else weights[rows] for rows in (train, test))
        mean = np.average(Y[train], axis=0, weights=of_train)
        of_splits.append(np.average((Y[test] - mean) ** 2, axis=0, weights=of_test).mean())
    return float(max(np.mean(of_splits), rounding))


def _outlook(folds, alphas, losses, max_iter, scale):
    """Least mean errors with many more steps, and with standardised features."""
    below = alphas[alphas * folds.largest_eigenvalue <= 2.0]
    if not isinstance(folds, GramFolds):
        errors = losses.mean(axis=2)
        best = errors[errors[:, -1].argmin()]
        if errors.min() < best[-1]:
            return np.inf, np.inf
        # As if it fell once more by as much as in the last half of the steps.
        return float(2.0 * best[-1] - best[max_iter // 2]), np.inf
    steps = [max_iter * 10**j for j in range(MORE_DECADES + 1)]
    beyond = folds.losses_after(below, steps).mean(axis=2).min() if len(below) else np.inf
    if scale:
        return float(beyond), np.inf
    other = folds.standardised()
    alphas = np.logspace(-3.0, 0.0, 7) / (other.largest_eigenvalue or 1.0)
    steps = sorted({int(max_iter ** (j / 8)) for j in range(9)})
    return float(beyond), float(other.losses_after(alphas, steps).mean(axis=2).min())


@dataclass(frozen=True)
class Outcome:
    """What cross-validation has found.

    Attributes
    ----------
    alphas : ndarray of shape (n_alphas,)
    losses : ndarray of shape (n_penalties, n_alphas, max_iter + 1, n_splits)
        Mean squared errors, the mean over the targets; inf once a descent has diverged.
    largest : float
        The largest L of any split's training rows or of all rows, with any penalty.
    of_means : float
        Mean squared error of predicting the mean.
    with_more_steps : float
        The least mean error with up to a million times as many steps; an
        estimate if matrix-free.
    standardised : float
        The least mean error with standardised features; inf if they are so, or unknown.
    """

    alphas: np.ndarray
    losses: np.ndarray
    largest: float
    of_means: float
    with_more_steps: float
    standardised: float


class SpanFolds:
    """All splits where there are more features than rows, standardised for each split.

    Parameters
    ----------
    X, Y, weights, splits, fit_intercept
        As in `held_out_losses`.
    """

    def __init__(self, X, Y, weights, splits, fit_intercept):
        def form(split):
            train = split[0]
            rows = Rows(X, Y, weights, np.sort(train))
            moments = collect(rows, fit_intercept, covariance=False)
            check_moments(moments, rows)
            span = _in_their_span(X, Standardised.of(moments))
            # These features are standardised already.
            return GramFolds(span, Y, weights, [split], fit_intercept, How(from_mean=True))

        everything = np.arange(len(Y)), np.arange(len(Y))
        *self._forms, self._whole = [form(split) for split in (*splits, everything)]

    @cached_property
    def largest_eigenvalue(self):
        """The largest L of any split's training rows or of all rows."""
        return max(form.largest_of_training for form in (*self._forms, self._whole))

    def losses(self, alphas, max_iter):
        """Mean squared error of each alpha and step on each split's held-out rows."""
        return np.concatenate([form.losses(alphas, max_iter) for form in self._forms], axis=2)


def _in_their_span(X, coordinates=None):
    """Rows in coordinates of the space they span: no more features than rows.

    A descent from zero never leaves that space, and in it inner products, of
    which all losses and gradients are made, stay the same.
    """
    assert_all_finite(X, input_name="X")
    n_rows, n_features = X.shape
    factor = np.empty((0, n_rows))
    # Some features at a time, so that X is never copied as a whole.
    for start in range(0, n_features, n_rows):
        some = slice(start, start + n_rows)
        columns = np.asarray(X[:, some], dtype=np.float64)
        if coordinates is not None:
            columns = (columns - coordinates.centre[some]) * coordinates.inverse[some]
        factor = np.asarray(np.linalg.qr(np.vstack([factor, columns.T]), mode="r"))
    # Where rows depend on each other, a coordinate may be nothing but rounding of its row's.
    rounding = np.finfo(np.float64).eps * np.linalg.norm(factor, axis=0)
    factor[np.abs(factor) <= rounding] = 0.0
    return factor.T
