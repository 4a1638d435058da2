"""Cross-validation of all alphas and steps on second moments of the splits' rows.

Each row is read only for the moments of the set of rows it belongs to; the
moments of a split's training rows are sums over sets.  (Subtracting the test
rows from the total would lose digits.)  In the eigenbasis of the training
Hessian the update rule (_descent/step.py) falls apart: every coordinate
descends by itself, and any number of steps is a power.

A held-out loss from plain moments would lose the digits of a good fit.  So it
is expanded about the split's iterate that is closest to the solution, at which
loss and gradient are computed from the held-out rows: from the moments comes
only how much the other iterates differ.
"""

import copy
from dataclasses import dataclass

import numpy as np

from .._descent.loop import HOPELESS
from .._objective.coordinates import Standardised, Unscaled
from .._objective.moments import collect, merged, penalty_of
from .._objective.quadratic import steps_from_zero
from .._objective.sizes import check_moments
from ..rows._arrays import DeviceArray
from ..rows._columns import Columns
from ..rows._machine import in_threads
from ..rows._memory import Rows
from .splits import MOST_SETS, sets_of_rows

# How many numbers a block of iterates has, to stay in the cache while it is multiplied.
BLOCK_NUMBERS = 1 << 16
# Powers of a factor above 1 are limited to this.
MOST_GROWTH = 1e300
# Multiplications below which threads are not worth waking.
THREADED_WORK = 1 << 27
# Share of the largest variance below which the variance along a direction is rounding.
ROUNDING = 1e-13


@dataclass(frozen=True)
class Training:
    """Training rows of a split in the eigenbasis of their Hessian, a column for each target.

    There every coordinate descends by itself, ``a <- a - alpha (value a - right_side)``, from 0.

    Attributes
    ----------
    coordinates : Unscaled or Standardised
        Coordinates of the Hessian.
    start : ndarray of shape (n_parameters, n_targets)
        Theta where a is 0.
    values : ndarray of shape (n_parameters,)
        Eigenvalues, in ascending order.
    basis : ndarray of shape (n_parameters, n_parameters)
    right_side : ndarray of shape (n_parameters, n_targets)
        Minus the gradient at the start.
    square : ndarray of shape (n_targets,)
        Mean squared error at the start.
    """

    coordinates: Unscaled | Standardised
    start: np.ndarray
    values: np.ndarray
    basis: np.ndarray
    right_side: np.ndarray
    square: np.ndarray

    @classmethod
    def of(cls, moments, fit_intercept, how):
        """Return the Training on rows with these moments, for descents made as ``how`` says."""
        coordinates = Unscaled()
        moments = moments.penalised(penalty_of(how.l2, len(moments.centre)))
        if how.scale:
            coordinates = Standardised.of(moments, centred=fit_intercept)
            moments = coordinates.moments(moments)
        n_parameters = len(moments.centre) + fit_intercept
        b = moments.y_mean if how.from_mean and fit_intercept else np.zeros_like(moments.y_mean)
        start = np.zeros((n_parameters, len(b)))
        start[len(moments.centre) :] = b
        # NumPy's eigh, unlike SciPy's, lets other threads work.
        values, basis = np.linalg.eigh(moments.hessian[:n_parameters, :n_parameters])
        right_side = basis.T @ moments.minus_gradient(b)[:n_parameters]
        square = moments.y_variance + (moments.y_mean - b) ** 2
        return cls(coordinates, start, values, basis, right_side, square)

    @property
    def largest(self):
        """L."""
        return float(self.values[-1])

    @np.errstate(over="ignore", invalid="ignore")
    def closest(self, alphas, k):
        """Theta after k steps of the alpha that comes closest to the solution, or the start."""
        ends = np.vstack([steps_from_zero(alphas[:, None], self.values, k), 0.0 * self.values])
        # By how much J falls: in each coordinate in proportion to the square of its gradient.
        falls = (ends - 0.5 * self.values * ends**2) @ (self.right_side**2).sum(axis=1)
        chosen = ends[np.where(np.isfinite(falls), falls, -np.inf).argmax()]
        return self.start + self.basis @ (chosen[:, None] * self.right_side)


@dataclass(frozen=True)
class HeldOutQuadratic:
    """J over held-out rows: least + 1/2 |factor a + offset|^2, a in the eigenbasis of training.

    Attributes
    ----------
    factor : ndarray of shape (n_features + 1, n_parameters)
    offset : ndarray of shape (n_features + 1, n_targets)
    least : ndarray of shape (n_targets,)
    """

    factor: np.ndarray
    offset: np.ndarray
    least: np.ndarray


@dataclass(frozen=True)
class How:
    """How descents are made.

    Attributes
    ----------
    scale : bool
        Whether on features standardised by a split's training rows.
    from_mean : bool
        Whether they begin, if there is an intercept, at the training rows'
        mean of y, and not at zero.
    l2 : float
        Penalty on the user's coefficients.
    """

    scale: bool = False
    from_mean: bool = False
    l2: float = 0.0


class GramFolds:
    """All splits, from second moments.

    Parameters
    ----------
    X, Y, weights, splits, fit_intercept
        As in `held_out_losses`.
    how : How
    """

    def __init__(self, X, Y, weights, splits, fit_intercept, how=How()):
        self._rows = X, Y, weights
        self._fit_intercept, self._how, self._read = fit_intercept, how, None
        self._tested = [test for _, test in splits]
        everything = np.arange(len(Y)), np.arange(0)
        sets, members = sets_of_rows(len(Y), [*splits, everything])
        # Sets of which no row counts have no moments.
        moments = {
            i: _moments(_rows(X, Y, weights, rows))
            for i, rows in enumerate(sets)
            if len(rows) and (weights is None or weights[rows].any())
        }

        def of(chosen):
            return merged([moments[i] for i in chosen if i in moments])

        self._test_moments = [of(test) for _, test in members[:-1]]
        self._all_moments = [of(train) for train, _ in members]
        self._train()

    def _train(self):
        # Computing eigenvalues takes ten times as long as a product.
        parts = self._all_moments
        work = 10 * len(parts) * len(parts[0].centre) ** 3
        how = self._fit_intercept, self._how
        *self._trained, self._whole = _mapped(lambda part: Training.of(part, *how), parts, work)

    def made(self, how):
        """Return the same for descents made in another way, without another read for moments."""
        other = copy.copy(self)
        other._how, other._read = how, None
        other._train()
        return other

    def standardised(self):
        """Return the same with standardised features, from the mean of y."""
        return self.made(How(scale=True, from_mean=True, l2=self._how.l2))

    @property
    def largest_eigenvalue(self):
        """The largest L of any split's training rows or of all rows."""
        return max(self.largest_of_training, self._whole.largest)

    @property
    def largest_of_training(self):
        """The largest L of any split's training rows."""
        return max(part.largest for part in self._trained)

    def losses(self, alphas, max_iter):
        """Mean squared error of each alpha and step on each split's held-out rows."""
        folds = range(len(self._trained))
        self._read = held_out = [self._held_out(f, alphas, max_iter) for f in folds]
        losses = np.empty((len(alphas), max_iter + 1, len(folds)))

        def fill(job):
            a, f = job
            losses[a, :, f] = _losses(self._trained[f], held_out[f], alphas[a], max_iter)

        work = losses.size * len(held_out[0].least) * len(held_out[0].factor) ** 2
        _mapped(fill, np.ndindex(len(alphas), len(folds)), work)
        return losses

    @np.errstate(over="ignore", invalid="ignore")
    def losses_after(self, alphas, steps):
        """The same after these numbers of steps only, each at the cost of a single step."""
        losses = np.empty((len(alphas), len(steps), len(self._trained)))
        for f, trained in enumerate(self._trained):
            held_out = self._read[f] if self._read else self._held_out(f, alphas, max(steps))
            for a, alpha in enumerate(alphas):
                ends = steps_from_zero(alpha, trained.values[:, None], np.array(steps))
                iterates = ends[:, :, None] * trained.right_side[:, None, :]
                residual = np.tensordot(held_out.factor, iterates, axes=1)
                residual += held_out.offset[:, None, :]
                found = 2.0 * held_out.least + np.einsum("pkj,pkj->kj", residual, residual)
                losses[a, :, f] = found.mean(axis=1)
        return losses

    def _held_out(self, f, alphas, max_iter):
        trained = self._trained[f]
        moments = trained.coordinates.moments(self._test_moments[f])
        last = trained.closest(alphas, max_iter)
        w, b = (last[:-1], last[-1]) if self._fit_intercept else (last, 0.0)

        def kernel(X, y, weights):
            residual = X.times(w) + b - y
            weighted = residual if weights is None else residual * weights[:, None]
            centred = X.transpose_times(weighted) - np.outer(moments.centre, weighted.sum(axis=0))
            return (residual * weighted).sum(axis=0), centred, weighted.sum(axis=0)

        rows = trained.coordinates.rows(_rows(*self._rows, self._tested[f]))
        square, slope, mean = (part / moments.weight for part in rows.sum(kernel))
        return _about(last, square / 2.0, slope, mean, moments, trained)


def _about(last, loss, slope, mean, moments, trained):
    """Return the HeldOutQuadratic, given J and its slopes at the iterate ``last``.

    With d = (d_w, d_b) the parameters less the last ones, c the held-out
    rows' mean, C = Q diag(v) Q^T their covariance, s the slope of J along the
    features centred at c, and m its slope along b::

        J = J(last) + s.d_w + 1/2 d_w.C d_w + m (c.d_w + d_b) + 1/2 (c.d_w + d_b)^2
          = J(last) - 1/2 |r|^2 + 1/2 |R d + r|^2

    where R has the rows sqrt(v_i) q_i^T and (c^T, 1), and r = (Q^T s / sqrt(v), m).
    About the mean no digits are lost far from the origin, even if b is 0.
    """
    variances, axes = np.linalg.eigh(moments.covariance)
    deviations = np.sqrt(np.maximum(variances, 0.0))[:, None]
    known = variances[:, None] > ROUNDING * max(variances[-1], 0.0)
    r = axes.T @ slope
    r = np.vstack([np.divide(r, deviations, out=np.zeros_like(r), where=known), mean])
    R = np.block([[deviations * axes.T, np.zeros_like(deviations)], [moments.centre, 1.0]])
    R = R[:, : len(last)]
    least = np.maximum(loss - 0.5 * np.einsum("ij,ij->j", r, r), 0.0)
    return HeldOutQuadratic(R @ trained.basis, r - R @ (last - trained.start), least)


@np.errstate(over="ignore", invalid="ignore")
def _losses(trained, held_out, alpha, max_iter):
    """Mean squared error on the held-out rows after each step, the mean over the targets."""
    targets = range(len(held_out.least))
    return sum(_target_losses(trained, held_out, j, alpha, max_iter) for j in targets) / len(
        targets
    )


def _target_losses(trained, held_out, target, alpha, max_iter):
    losses = np.full(max_iter + 1, np.inf)
    right_side, offset = trained.right_side[:, target], held_out.offset[:, target]
    hopeless = HOPELESS * trained.square[target]
    diverges = alpha * trained.largest > 2.0
    for k, iterates in _iterates(right_side, trained.values, alpha, max_iter):
        # Allocating memory for each product would take as long as the product.
        if k == 0:
            residual = np.empty((len(iterates), len(offset)))
        residual = residual[: len(iterates)]
        np.matmul(iterates, held_out.factor.T, out=residual)
        residual += offset
        found = 2.0 * held_out.least[target] + np.einsum("kp,kp->k", residual, residual)
        lost = ~np.isfinite(found)
        if diverges:
            # The mean squared error on the training rows.
            training = trained.square[target] + iterates**2 @ trained.values
            training -= 2.0 * iterates @ right_side
            lost |= ~(training <= hopeless)
        if lost.any():
            end = int(lost.argmax())
            losses[k : k + end] = found[:end]
            break
        losses[k : k + len(found)] = found
    return losses


def _iterates(right_side, values, alpha, max_iter):
    """Yield blocks of the iterates from 0, a row each, after the number of the first.

    Any number of steps is one map, ``a -> factor a + shift``; applied twice, it
    makes twice as many steps.  Each block overwrites the one yielded before.
    """
    factor, shift = 1.0 - alpha * values, alpha * right_side
    n_doublings = min(max_iter, BLOCK_NUMBERS // len(right_side)).bit_length()
    some = np.zeros((2**n_doublings, len(right_side)))
    for made in 2 ** np.arange(n_doublings):
        new = some[made : 2 * made]
        np.multiply(some[:made], factor, out=new)
        new += shift
        shift = factor * shift + shift
        # Not inf: a coordinate at rest stays at rest.
        factor = np.clip(factor * factor, -MOST_GROWTH, MOST_GROWTH)
    for first in range(0, max_iter + 1, len(some)):
        yield first, some[: max_iter + 1 - first]
        some *= factor
        some += shift


def most_kept(splits, n_penalties):
    """How many matrices the `GramFolds` of so many penalties keep at most."""
    # One for each set; and for each split that of its test rows, and its eigenbases.
    return (MOST_SETS + 1 + n_penalties) * len(splits)


def _mapped(function, items, work):
    """``list(map(function, items))``, in threads if ``work`` multiplications are worth them."""
    return in_threads(function, items, most=None if work >= THREADED_WORK else 1)


def _rows(X, Y, weights, chosen):
    """Rows of a set; if they are neighbours, as a view, without copies."""
    first, last = int(chosen[0]), int(chosen[-1])
    # Slices of a data frame would be copied, and those of an array of another library be read
    # on the host.
    if isinstance(X, Columns | DeviceArray):
        return Rows(X, Y, weights, chosen)
    if last - first + 1 == len(chosen) and (np.diff(chosen) == 1).all():
        some = slice(first, last + 1)
        return Rows(X[some], Y[some], None if weights is None else weights[some])
    return Rows(X, Y, weights, chosen)


def _moments(rows):
    """Moments about the mean, whether there is an intercept or not."""
    moments = collect(rows, True, covariance=True)
    check_moments(moments, rows)
    return moments
