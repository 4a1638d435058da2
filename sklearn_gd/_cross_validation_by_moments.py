"""Cross-validation of all alphas and steps on second moments of the splits' rows.

J over any rows is a quadratic, and over several sets of rows it is the mean of
theirs.  So each row is read for the moments of its part of the rows alone, and
what a split trains and tests on are means over parts.  (Subtracting the test
rows from the total would cancel.)

The quadratics are kept around one reference, the solution on all rows, with
losses and gradients there read off the rows: a held-out loss is then a sum of
small terms, where plain moments would lose the digits of a good fit.
"""

from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
from scipy.linalg import pinvh

from . import _validation as validation
from ._splits import MOST_SETS, sets_of_rows
from ._threads import workers
from .moments import collect
from .rows import Rows

# Numbers of a block of iterates, which stays in the cache while it is multiplied.
BLOCK_NUMBERS = 1 << 16
# Powers of a factor above 1 are kept to this.
LARGEST = 1e300
# Multiplications below which threads are not worth waking.
THREADED_WORK = 1 << 27


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


@dataclass(frozen=True)
class Fold:
    """One split in the eigenbasis of its training Hessian, a column for each target.

    There every coordinate descends by itself, ``a <- a - alpha (slope + value a)``.

    Attributes
    ----------
    values : ndarray of shape (n_parameters,)
        Eigenvalues, in ascending order.
    start, slope : ndarray of shape (n_parameters, n_targets)
        theta = 0 as seen from the reference; the training gradient there.
    held_out : Part
        J over the held-out rows.
    """

    values: np.ndarray
    start: np.ndarray
    slope: np.ndarray
    held_out: Part

    @classmethod
    def of(cls, trained, tested, start):
        """Return the fold of two Parts."""
        # NumPy's, unlike SciPy's, lets other threads work.
        values, basis = np.linalg.eigh(trained.hessian)
        held_out = Part(
            tested.weight,
            tested.loss,
            basis.T @ tested.gradient,
            basis.T @ tested.hessian @ basis,
        )
        return cls(values, basis.T @ start, basis.T @ trained.gradient, held_out)

    @np.errstate(over="ignore", invalid="ignore")
    def losses(self, alpha, max_iter):
        """Mean squared error on the held-out rows after each step, the mean over the targets."""
        targets = range(len(self.held_out.loss))
        return sum(self._losses(j, alpha, max_iter) for j in targets) / len(targets)

    def _losses(self, target, alpha, max_iter):
        held_out, slope = self.held_out, self.slope[:, target]
        tested_slope, tested_loss = held_out.gradient[:, target], held_out.loss[target]
        losses = np.full(max_iter + 1, np.inf)
        bent, highest = np.empty((0, 0)), np.inf
        for k, iterates in _iterates(self.start[:, target], slope, self.values, alpha, max_iter):
            # New memory for each product would cost as much as the product.
            bent = np.empty_like(iterates) if k == 0 else bent[: len(iterates)]
            np.matmul(iterates, held_out.hessian, out=bent)
            bent_back = np.einsum("kp,kp->k", bent, iterates)
            found = 2.0 * (tested_loss + iterates @ tested_slope) + bent_back
            lost = ~np.isfinite(found)
            # Below 2/L nothing diverges, and what seems to rise is rounding.
            if alpha * self.values[-1] > 2.0:
                # Less that of the reference.
                trained = iterates @ slope + 0.5 * iterates**2 @ self.values
                if k == 0:
                    # The same number computed in another way may differ by rounding.
                    highest = trained[0] + 1e-9 * abs(trained[0])
                lost |= ~(trained <= highest)
            if lost.any():
                # What is above its start never comes back.
                end = int(lost.argmax())
                losses[k : k + end] = found[:end]
                break
            losses[k : k + len(found)] = found
        return losses


def most_kept(splits):
    """How many matrices `ByMoments` keeps at most."""
    # One for each set; what a split tests and trains on.
    return (MOST_SETS + 2) * len(splits)


class ByMoments:
    """All splits by second moments.

    Parameters
    ----------
    X, Y, weights, splits, fit_intercept
        As in `held_out_losses`.
    """

    def __init__(self, X, Y, weights, splits, fit_intercept):
        sets, members = sets_of_rows(len(Y), splits)
        # Rows that do not count have no moments.
        counting = [i for i, rows in enumerate(sets) if weights is None or weights[rows].any()]
        rows = {i: _rows(X, Y, weights, sets[i]) for i in counting}
        moments = {i: _moments(rows[i], fit_intercept) for i in counting}
        reference = _solution(list(moments.values()))
        parts = {i: _part(rows[i], moments.pop(i), reference) for i in counting}

        def fold(member):
            trained, tested = (_mean([parts[i] for i in part if i in parts]) for part in member)
            return Fold.of(trained, tested, -reference)

        self._n_features = X.shape[1]
        # To compute eigenvalues takes ten times what a product does.
        with self._workers(10 * len(members) * self._n_features) as mapped:
            self._folds = list(mapped(fold, members))

    @property
    def largest_eigenvalue(self):
        """The largest L of all training rows."""
        return max(float(fold.values[-1]) for fold in self._folds)

    def losses(self, alphas, max_iter):
        """Mean squared error of each alpha and step on each split's held-out rows."""
        losses = np.empty((len(alphas), max_iter + 1, len(self._folds)))

        def fill(job):
            a, f = job
            losses[a, :, f] = self._folds[f].losses(alphas[a], max_iter)

        n_products = losses.size * len(self._folds[0].held_out.loss)
        with self._workers(n_products) as mapped:
            # A map of Python's own does nothing until it is asked.
            list(mapped(fill, np.ndindex(len(alphas), len(self._folds))))
        return losses

    def _workers(self, n_products):
        """Like `workers`, for so many products of H with a vector."""
        enough = n_products * self._n_features**2 >= THREADED_WORK
        return workers() if enough else nullcontext(map)


def _iterates(start, slope, values, alpha, max_iter):
    """Yield the number of the first and the iterates of some steps, a row each.

    Any number of steps is one map, ``a -> factor a - shift``, and that map
    after itself makes twice as many.  What was yielded is overwritten.
    """
    factor, shift = 1.0 - alpha * values, alpha * slope
    n_doublings = min(max_iter, BLOCK_NUMBERS // len(start)).bit_length()
    some = np.empty((2**n_doublings, len(start)))
    some[0] = start
    for made in 2 ** np.arange(n_doublings):
        new = some[made : 2 * made]
        np.multiply(some[:made], factor, out=new)
        new -= shift
        shift = factor * shift + shift
        # Not inf: a coordinate at rest stays at rest.
        factor = np.clip(factor * factor, -LARGEST, LARGEST)
    for first in range(0, max_iter + 1, len(some)):
        yield first, some[: max_iter + 1 - first]
        some *= factor
        some -= shift


def _rows(X, Y, weights, chosen):
    """Rows of a set; neighbours are a view, and need no copies."""
    first, last = int(chosen[0]), int(chosen[-1])
    if last - first + 1 == len(chosen) and (np.diff(chosen) == 1).all():
        some = slice(first, last + 1)
        return Rows(X[some], Y[some], None if weights is None else weights[some])
    return Rows(X, Y, weights, chosen)


def _moments(rows, fit_intercept):
    with rows:
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

    with rows:
        squares, w_sum, b_sum = rows.sum(kernel)
    gradient = np.vstack([w_sum, b_sum]) if fit_intercept else w_sum
    return Part(weight, squares / (2.0 * weight), gradient / weight, moments.hessian)


def _mean(parts):
    """J over several parts together."""
    total = sum(part.weight for part in parts)

    def mean(name):
        return sum(part.weight / total * getattr(part, name) for part in parts)

    return Part(total, mean("loss"), mean("gradient"), mean("hessian"))
