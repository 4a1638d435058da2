"""Held-out losses of every step of every constant alpha, with about the reads of one fit.

J over any rows is a quadratic, and over several sets of rows it is the mean of
theirs.  So each row is read for the moments of its part of the rows alone, and
what a split trains and tests on are means over parts.  (Subtracting the test
rows from the total would cancel.)

The quadratics are kept around one reference, the solution on all rows, with
losses and gradients there read off the rows: a held-out loss is then a sum of
small terms, where plain moments would lose the digits of a good fit.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, pinvh
from sklearn.utils.parallel import Parallel, delayed

from . import _validation as validation
from ._splits import sets_of_rows
from .curvature import Curvature
from .hessian import affordable
from .moments import MAX_DENSE, collect
from .objective import Objective
from .rows import Rows

# Up to so many features eigenvalues of the training moments are worth their time.
MOST_FEATURES = 2 * MAX_DENSE
# Steps whose iterates are kept at a time, for all alphas.
STEPS_AT_ONCE = 128


@dataclass(frozen=True)
class Part:
    """J over some rows around the reference: J(ref + u) = loss + gradient'u + 1/2 u'Hu.

    Attributes
    ----------
    weight : float
        Sum of the weights of the rows.
    loss : ndarray of shape (n_targets,)
    gradient : ndarray of shape (n_parameters, n_targets)
    hessian : ndarray of shape (n_parameters, n_parameters)
    """

    weight: float
    loss: np.ndarray
    gradient: np.ndarray
    hessian: np.ndarray


def held_out_losses(X, Y, weights, splits, alphas, max_iter, fit_intercept, n_jobs=None):
    """Mean squared errors on the held-out rows, and the alphas they are of.

    Parameters
    ----------
    X : ndarray or csr_array of shape (n_rows, n_features)
    Y : ndarray of shape (n_rows, n_targets)
    weights : ndarray of shape (n_rows,) or None
    splits : list of (train, test)
        Numbers of rows.
    alphas : callable
        Returns the learning rates, given the largest L of all training rows.
    max_iter : int
    fit_intercept : bool
    n_jobs : int, default=None
        Splits to work on at a time.

    Returns
    -------
    alphas : ndarray of shape (n_alphas,)
    losses : ndarray of shape (n_alphas, max_iter + 1, n_splits)
        Mean over the targets; inf once a descent has diverged.
    """
    n_features = X.shape[1]
    fewest = min(len(train) for train, _ in splits)
    pays = n_features <= min(fewest, MOST_FEATURES) and affordable(n_features)
    form: type[ByMoments] | type[ByPasses] = ByMoments if pays else ByPasses
    folds = form(X, Y, weights, splits, fit_intercept)
    rates = alphas(folds.largest_eigenvalue)
    return rates, folds.losses(rates, max_iter, n_jobs)


class ByMoments:
    """All splits by second moments.

    In the eigenbasis of the training Hessian every coordinate descends by
    itself, ``a <- a - alpha (g + l a)``, and all alphas at once.
    """

    def __init__(self, X, Y, weights, splits, fit_intercept):
        sets, members = sets_of_rows(len(Y), splits)
        # Rows that do not count have no moments.
        counting = [i for i, rows in enumerate(sets) if weights is None or weights[rows].any()]
        rows = {i: Rows(X, Y, weights, chosen=sets[i]) for i in counting}
        moments = {i: _moments(rows[i], fit_intercept) for i in counting}
        reference = _solution(list(moments.values()))
        parts = {i: _part(rows[i], moments[i], reference) for i in counting}
        self._start = -reference
        self._trained = [_mean([parts[i] for i in train if i in parts]) for train, _ in members]
        self._tested = [_mean([parts[i] for i in test if i in parts]) for _, test in members]
        self._bases = [eigh(part.hessian) for part in self._trained]

    @property
    def largest_eigenvalue(self):
        """The largest L of all training rows."""
        return max(float(values[-1]) for values, _ in self._bases)

    def losses(self, alphas, max_iter, n_jobs=None):
        """Mean squared error of each alpha and step on each split's held-out rows."""
        folds = range(len(self._trained))
        jobs = (delayed(self._fold_losses)(fold, alphas, max_iter) for fold in folds)
        return np.stack(Parallel(n_jobs=n_jobs, prefer="threads")(jobs), axis=-1)

    @np.errstate(over="ignore", invalid="ignore")
    def _fold_losses(self, fold, alphas, max_iter):
        """Of shape (n_alphas, max_iter + 1), the mean over the targets."""
        trained, tested = self._trained[fold], self._tested[fold]
        values, basis = self._bases[fold]
        held_out = basis.T @ tested.hessian @ basis
        losses = np.zeros((len(alphas), max_iter + 1))
        slopes, held_out_slopes = basis.T @ trained.gradient, basis.T @ tested.gradient
        starts = basis.T @ self._start
        for start, slope, held_out_slope, loss in zip(
            starts.T, slopes.T, held_out_slopes.T, tested.loss, strict=True
        ):
            lost = _Lost(start, slope, values, alphas)
            for k, iterates in _iterates(start, slope, values, alphas, max_iter):
                # One product with each iterate: 1/2 (H a) . a + g . a
                bent = iterates @ held_out
                bent *= 0.5
                bent += held_out_slope
                found = 2.0 * (loss + np.einsum("akp,akp->ak", bent, iterates))
                found[lost(iterates, found)] = np.inf
                losses[:, k : k + found.shape[1]] += found / starts.shape[1]
        return losses


class ByPasses:
    """All splits by reads of the rows: at each step one, for all alphas and splits at once."""

    def __init__(self, X, Y, weights, splits, fit_intercept):
        n_rows, n_splits = len(Y), len(splits)
        self._n_targets, self._fit_intercept = Y.shape[1], fit_intercept
        self._n_splits = n_splits
        counts = np.zeros((n_rows, 2 * n_splits))
        for f, (train, test) in enumerate(splits):
            counts[:, f] = np.bincount(train, minlength=n_rows)
            counts[:, n_splits + f] = np.bincount(test, minlength=n_rows)
        if weights is not None:
            counts *= weights[:, None]
        self._sums = counts.sum(axis=0)
        self._counts = counts
        self._rows = Rows(X, np.column_stack([Y, counts]))
        self._X, self._Y = X, Y

    @property
    def largest_eigenvalue(self):
        """The largest L of all training rows."""
        largest = []
        for f in range(self._n_splits):
            rows = Rows(self._X, self._Y, self._counts[:, f])
            moments = collect(rows, self._fit_intercept, covariance=False)
            largest.append(Curvature(Objective(rows, moments)).largest)
        return max(largest)

    @np.errstate(over="ignore", invalid="ignore")
    def losses(self, alphas, max_iter, n_jobs=None):
        """Mean squared error of each alpha and step on each split's held-out rows."""
        shape = len(alphas), self._n_splits, self._n_targets
        theta = np.zeros((self._X.shape[1] + self._fit_intercept, *shape))
        losses = np.empty((len(alphas), max_iter + 1, self._n_splits))
        start, lost = None, np.zeros(shape, dtype=bool)
        for k in range(max_iter + 1):
            trained, tested, gradient = self._at(theta)
            start = trained if start is None else start
            # Nothing but what diverges is ever above its start again.
            lost |= ~(trained <= start * (1.0 + 1e-9))
            losses[:, k] = np.where(lost, np.inf, tested).mean(axis=-1)
            theta = theta - alphas[:, None, None] * gradient
        return losses

    def _at(self, theta):
        """Mean squared errors on training and held-out rows, and the gradient on the first."""
        n_splits, n_targets = self._n_splits, self._n_targets
        shape = theta.shape[1:]
        flat = theta.reshape(len(theta), -1)
        w, b = (flat[:-1], flat[-1]) if self._fit_intercept else (flat, 0.0)

        def kernel(X, y, _):
            Y, counts = y[:, :n_targets], y[:, n_targets:]
            residual = (X.dot(w) + b).reshape(len(y), *shape) - Y[:, None, None, :]
            train, test = counts[:, :n_splits], counts[:, n_splits:]
            squares = residual**2
            weighted = (residual * train[:, None, :, None]).reshape(len(y), -1)
            return (
                np.einsum("rf,rafj->afj", train, squares),
                np.einsum("rf,rafj->afj", test, squares),
                X.T.dot(weighted),
                weighted.sum(axis=0),
            )

        trained, tested, w_sum, b_sum = self._rows.sum(kernel)
        sums = np.vstack([w_sum, b_sum]) if self._fit_intercept else w_sum
        train_weight, test_weight = self._sums[:n_splits, None], self._sums[n_splits:, None]
        gradient = sums.reshape(theta.shape) / train_weight
        return trained / train_weight, tested / test_weight, gradient


class _Lost:
    """From which step on each alpha has diverged, told some steps at a time."""

    def __init__(self, start, slope, values, alphas):
        self._slope, self._values = slope, values
        # Below 2/L nothing diverges, and what seems to rise is rounding.
        self._may = np.flatnonzero(alphas * values[-1] > 2.0)
        at_start = self._loss(start)
        # The same number computed in another way may differ by rounding.
        self._most = at_start + 1e-9 * abs(at_start)
        self._lost = np.zeros(len(alphas), dtype=bool)

    def _loss(self, iterates):
        """The training loss, less that of the reference."""
        return iterates @ self._slope + 0.5 * iterates**2 @ self._values

    def __call__(self, iterates, held_out):
        """Of some steps' iterates and held-out losses."""
        risen = ~np.isfinite(held_out)
        if len(self._may):
            risen[self._may] |= ~(self._loss(iterates[self._may]) <= self._most)
        risen[:, 0] |= self._lost
        lost = np.logical_or.accumulate(risen, axis=1)
        self._lost = lost[:, -1]
        return lost


def _iterates(start, slope, values, alphas, max_iter):
    """Yield the number of the first and the iterates of some steps, (n_alphas, n_steps, p)."""
    factor, constant = 1.0 - np.outer(alphas, values), np.outer(alphas, slope)
    at = np.tile(start, (len(alphas), 1))
    for first in range(0, max_iter + 1, STEPS_AT_ONCE):
        some = np.empty((len(alphas), min(STEPS_AT_ONCE, max_iter + 1 - first), len(start)))
        for k in range(some.shape[1]):
            some[:, k] = at
            at = factor * at - constant
        yield first, some


def _moments(rows, fit_intercept):
    moments = collect(rows, fit_intercept, covariance=True)
    validation.check_moments(moments, rows)
    return moments


def _solution(moments):
    """Parameters that solve the problem on all rows, as far as moments tell."""
    total = sum(one.weight for one in moments)
    hessian = sum(one.weight / total * one.hessian for one in moments)
    return pinvh(hessian) @ sum(one.weight / total * one.cross for one in moments)


def _part(rows, moments, theta):
    """J of every target over some rows around theta, its loss and gradient read off them."""
    fit_intercept, weight = moments.fit_intercept, moments.weight
    w, b = (theta[:-1], theta[-1]) if fit_intercept else (theta, 0.0)

    def kernel(X, y, weights):
        residual = X.dot(w) + b - y
        weighted = residual if weights is None else residual * weights[:, None]
        return (residual * weighted).sum(axis=0), X.T.dot(weighted), weighted.sum(axis=0)

    squares, w_sum, b_sum = rows.sum(kernel)
    gradient = np.vstack([w_sum, b_sum]) if fit_intercept else w_sum
    return Part(weight, squares / (2.0 * weight), gradient / weight, moments.hessian)


def _mean(parts):
    """J over several parts together."""
    total = sum(part.weight for part in parts)

    def mean(name):
        return sum(part.weight / total * getattr(part, name) for part in parts)

    return Part(total, mean("loss"), mean("gradient"), mean("hessian"))
