"""What one read of the rows says of them: means, variances, covariances.

Without an intercept every moment is about the origin, with one about the
mean: then ``centre`` is 0 or the mean, and no formula needs to ask which.

Far from the origin a variance computed from raw squares is all cancellation,
so the sums are taken about a typical row (Chan, Golub and LeVeque, The
American Statistician 37(3), 1983).
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ._cached import cached_property
from .rows import BLOCK_BYTES, LANES

# Up to so many features the covariances (8 MB) are always affordable, and all
# eigenvalues can be computed from them.
MAX_DENSE = 1000
# A read of the rows adds up two products for each of their numbers, gathering
# covariances n_features of them, so many times as fast: they come in matrices.
SPEED_UP = 30


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
    sample : ndarray of shape (1,)
        Where there are no covariances, the variance along one direction, which
        stands for them in the digest.
    """

    fit_intercept: bool
    weight: float
    centre: np.ndarray
    variance: np.ndarray
    cross: np.ndarray
    y_square: np.ndarray
    y_variance: np.ndarray
    covariance: np.ndarray | None
    sample: np.ndarray

    @cached_property
    def diagonal(self):
        """Mean square of each feature: the diagonal of H but for its last entry."""
        return self.variance + self.centre**2

    @cached_property
    def root_diagonal(self):
        """Root mean square of each feature."""
        return np.sqrt(self.diagonal)

    @cached_property
    def trace(self):
        """Sum of the eigenvalues of H, an upper bound of L."""
        return float(self.diagonal.sum()) + self.fit_intercept

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
        for array in (*arrays, self.sample, self.covariance):
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
    n, n_targets = rows.n_features, rows.n_targets
    shift, y_shift = _shifts(rows) if fit_intercept else (np.zeros(n), np.zeros(n_targets))
    products = _products if covariance else _squares

    def kernel(X, y, weights):
        y = y - y_shift
        if weights is None:
            root, ones = None, np.ones(len(y))
        else:
            root = ones = np.sqrt(weights)
            y *= root[:, None]
        y_sums = ones.dot(y), np.einsum("ij,ij->j", y, y), ones.dot(ones)
        return *products(X, y, root, ones, shift), *y_sums

    # A sum of n_features^2 numbers is worth as many rows, made dense.
    how: dict[str, int] = {}
    if covariance:
        how = {"block_rows": max(BLOCK_BYTES // (8 * n), n), "n_lanes": lanes_of(n)}
    work = gathering_reads(rows) if covariance else 2.0
    *sums, S = rows.sum(kernel, work=work, **how)
    for part in sums:
        part /= S
    second, sample, cross, offset, y_offset, y_variance = sums
    centre, y_mean = np.zeros(n), y_shift + y_offset
    if fit_intercept:
        centre = shift + offset
        second -= np.outer(offset, offset) if covariance else offset**2
        cross = cross - np.outer(offset, y_offset) + np.outer(centre, y_mean)
        cross = np.vstack([cross, y_mean])
        y_variance = np.maximum(y_variance - y_offset**2, 0.0)
    variance = second.diagonal().copy() if covariance else second
    # A column that varies by less than its own rounding is constant.
    constant = variance <= (8 * np.finfo(np.float64).eps * centre) ** 2
    variance[constant] = 0.0
    if covariance and constant.any():
        second[constant] = 0.0
        second[:, constant] = 0.0
    return Moments(
        fit_intercept=fit_intercept,
        weight=float(S),
        centre=centre,
        variance=variance,
        cross=cross,
        y_square=y_variance + (y_mean**2 if fit_intercept else 0.0),
        y_variance=y_variance,
        covariance=second if covariance else None,
        sample=sample,
    )


def merged(parts):
    """Moments, with covariances, of several sets of rows together."""
    if len(parts) == 1:
        return parts[0]
    fit_intercept, weight = parts[0].fit_intercept, sum(part.weight for part in parts)

    def mean(values):
        return sum(part.weight / weight * value for part, value in zip(parts, values, strict=True))

    centre, cross = (mean([getattr(part, name) for part in parts]) for name in ("centre", "cross"))
    offsets = [part.centre - centre for part in parts]
    covariance = mean(
        part.covariance + np.outer(offset, offset)
        for part, offset in zip(parts, offsets, strict=True)
    )
    y_offsets = [part.cross[-1] - cross[-1] if fit_intercept else 0.0 for part in parts]
    return Moments(
        fit_intercept=fit_intercept,
        weight=weight,
        centre=centre,
        variance=covariance.diagonal().copy(),
        cross=cross,
        y_square=mean([part.y_square for part in parts]),
        y_variance=mean(
            part.y_variance + offset**2 for part, offset in zip(parts, y_offsets, strict=True)
        ),
        covariance=covariance,
        sample=parts[0].sample,
    )


def _shifts(rows):
    """Where to take the sums about: a typical row, or 0 if that is as good and spares a copy."""
    middle, spread, y_middle = rows.typical_row()
    near = (np.abs(middle) <= 2 * spread).all()
    return np.zeros_like(middle) if near else middle, y_middle


def _standard(X, root, shift):
    """Dense rows about the shift, times the roots of their weights; X itself if that is all 1."""
    Z = X.toarray() if sparse.issparse(X) else X
    if shift.any():
        Z = Z - shift
    return Z if root is None else Z * root[:, None]


def _products(X, y, root, ones, shift):
    """Sums of z z^T, 0, z y^T and z over one block, z = x - shift."""
    Z = _standard(X, root, shift)
    # NumPy sees that both factors are one matrix and does half the work; the
    # method dot is quicker than the operator @ on tall blocks.
    return Z.T.dot(Z), np.zeros(1), Z.T.dot(y), Z.T.dot(ones)


def _squares(X, y, root, ones, shift):
    """Sums of z^2, (z . v)^2, z y^T and z over one block, z = x - shift, v fixed."""
    v = np.cos(np.arange(X.shape[1]))
    if not sparse.issparse(X):
        Z = _standard(X, root, shift)
        return np.einsum("ij,ij->j", Z, Z), _square(Z.dot(v)), Z.T.dot(y), Z.T.dot(ones)
    V = np.column_stack([y, ones])
    if root is not None:
        V *= root[:, None]
    along = _square(ones * (X.dot(v) - shift.dot(v)))
    if not shift.any():
        squares = sparse.csr_array((X.data**2, X.indices, X.indptr), shape=X.shape)
        sums = X.T.dot(V[:, :-1]), X.T.dot(V[:, -1])
        return squares.T.dot(V[:, -1]), along, *sums
    Z = sparse.csr_array((X.data - shift[X.indices], X.indices, X.indptr), shape=X.shape)
    stored = sparse.csr_array((np.ones_like(X.data), X.indices, X.indptr), shape=X.shape)
    # The zeros that are not stored are rows too; where there are none their
    # sum must come out exactly 0, or a column of constants would vary.
    absent = V.sum(axis=0) - stored.T @ V
    absent[np.bincount(X.indices, minlength=X.shape[1]) == X.shape[0]] = 0.0
    squares = (Z * Z).T @ V[:, -1] + absent[:, -1] * shift**2
    sums = Z.T @ V - shift[:, None] * absent
    return squares, along, sums[:, :-1], sums[:, -1]


def _square(a):
    return np.array([a.dot(a)])


def lanes_of(n_features):
    """Lanes to add up covariances in: the fewer, the larger they are."""
    return max(2, min(LANES, LANES * MAX_DENSE**2 // n_features**2))


def gathering_reads(rows):
    """Cost of gathering the covariances, in reads by passes."""
    n = rows.n_features
    # Sparse rows are made dense for it.
    return 1 + n / SPEED_UP * (rows.n_rows * n / max(rows.n_stored, 1))
