"""What one read of the rows says of them: means, variances, covariances.

Without an intercept every moment is about the origin, with one about the
mean: then ``centre`` is 0 or the mean, and no formula needs to ask which.

Far from the origin a variance computed from raw squares is all cancellation,
so the sums are taken about a typical row (Chan, Golub and LeVeque, The
American Statistician 37(3), 1983).
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

# Up to so many features the covariances (8 MB) are always affordable, and all
# eigenvalues can be computed from them.
MAX_DENSE = 1000


@dataclass(frozen=True)
class Moments:
    """Weighted moments of the rows; see the module's docstring for ``centre``.

    Attributes
    ----------
    fit_intercept : bool
    weight : float
        Sum of the weights.
    centre, variance : ndarray of shape (n_features,)
        The variance is exactly 0 for a column that is constant to rounding.
    cross : ndarray of shape (n_parameters, n_targets)
        Weighted mean of (x, 1) times y: minus the gradient at theta = 0.
    y_square, y_variance : ndarray of shape (n_targets,)
    covariance : ndarray of shape (n_features, n_features), or None
    """

    fit_intercept: bool
    weight: float
    centre: np.ndarray
    variance: np.ndarray
    cross: np.ndarray
    y_square: np.ndarray
    y_variance: np.ndarray
    covariance: np.ndarray | None

    @cached_property
    def diagonal(self):
        """Mean square of each feature: the diagonal of H but for its last entry."""
        return self.variance + self.centre**2

    @cached_property
    def inverse_deviation(self):
        """1 / standard deviation, and 0 for a constant column."""
        deviation = np.sqrt(self.variance)
        return np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > 0)

    @cached_property
    def hessian(self):
        """H, or None where there are no covariances.

        Put together from the covariances, it keeps digits of its small
        eigenvalues that sums of raw products lose.
        """
        if self.covariance is None or not self.fit_intercept:
            return self.covariance
        n = len(self.centre)
        H = np.empty((n + 1, n + 1))
        np.outer(self.centre, self.centre, out=H[:n, :n])
        H[:n, :n] += self.covariance
        H[:n, n] = H[n, :n] = self.centre
        H[n, n] = 1.0
        return H

    @cached_property
    def digest(self):
        """Fingerprint: two sets of rows with the same one have the same J."""
        arrays = (self.centre, self.variance, self.cross, self.y_square, self.y_variance)
        message = hashlib.sha256(repr((self.fit_intercept, self.weight)).encode())
        for array in (*arrays, self.covariance):
            if array is not None:
                message.update(np.ascontiguousarray(array).data)
        return message.hexdigest()


@np.errstate(over="ignore", invalid="ignore")
def collect(rows, fit_intercept, *, covariance):
    """Read every row once and return its Moments.

    Parameters
    ----------
    rows : Rows
    fit_intercept : bool
    covariance : bool
        Whether to gather the covariances, n_features^2 numbers.
    """
    if fit_intercept:
        shift, y_shift = rows.typical_row()
    else:
        shift, y_shift = np.zeros(rows.n_features), np.zeros(rows.y.shape[1])
    products = _dense_products if covariance else _squares

    def kernel(X, y, weights):
        ones = np.ones(len(y)) if weights is None else weights
        v = y - y_shift
        weighted_y = ones[:, None] * y
        weighted_v = ones[:, None] * v
        y_sums = weighted_v.sum(axis=0), np.einsum("ij,ij->j", weighted_v, v)
        return ones.sum(), *products(X, ones, shift), X.T @ weighted_y, *y_sums

    S, first, second, cross, y_first, y_second = rows.sum(kernel)
    offset, y_offset = first / S, y_first / S
    mean, y_mean = shift + offset, y_shift + y_offset
    second = second / S
    y_variance = y_second / S
    if fit_intercept:
        second -= np.outer(offset, offset) if covariance else offset**2
        y_variance = y_variance - y_offset**2
    variance = second.diagonal().copy() if covariance else second
    centre = mean if fit_intercept else np.zeros_like(mean)
    # A column that varies by less than its own rounding is constant.
    constant = variance <= (8 * np.finfo(np.float64).eps * centre) ** 2
    variance[constant] = 0.0
    if covariance:
        second[constant] = 0.0
        second[:, constant] = 0.0
    cross = np.vstack([cross / S, y_mean]) if fit_intercept else cross / S
    y_variance = np.maximum(y_variance, 0.0)
    y_square = y_variance + (y_mean**2 if fit_intercept else 0.0)
    return Moments(
        fit_intercept=fit_intercept,
        weight=float(S),
        centre=centre,
        variance=variance,
        cross=cross,
        y_square=y_square,
        y_variance=y_variance,
        covariance=second if covariance else None,
    )


def _dense_products(X, weights, shift):
    """Sums of z and of z z^T over one block, z = x - shift."""
    Z = (X.toarray() if sparse.issparse(X) else X) - shift
    first = weights @ Z
    Z *= np.sqrt(weights)[:, None]
    # NumPy sees that both factors are one matrix and does half the work.
    return first, Z.T @ Z


def _squares(X, weights, shift):
    """Sums of z and of z^2 over one block, z = x - shift."""
    if not sparse.issparse(X):
        Z = X - shift
        return weights @ Z, np.einsum("i,ij,ij->j", weights, Z, Z)
    n = X.shape[1]
    stored = np.diff(X.indptr)
    Z = X.data - shift[X.indices]
    weight = np.repeat(weights, stored)
    first = np.bincount(X.indices, weight * Z, minlength=n)
    second = np.bincount(X.indices, weight * Z * Z, minlength=n)
    # The zeros that are not stored are rows too; where there are none their
    # weight must come out exactly 0, or a column of constants would vary.
    absent = weights.sum() - np.bincount(X.indices, weight, minlength=n)
    absent[np.bincount(X.indices, minlength=n) == X.shape[0]] = 0.0
    return first - absent * shift, second + absent * shift**2


def worth_gathering(n_rows, n_features):
    """Whether ``precompute="auto"`` gathers the covariances.

    They cost n_rows n_features^2 once and then n_features^2 a step, where a
    step by passes costs 2 n_rows n_features: a bargain for some hundred steps
    unless there are thousands of features, or many more of them than rows.
    Up to MAX_DENSE they are cheap, and certify the solution.
    """
    return n_features <= MAX_DENSE or n_features <= min(n_rows, 4000)
