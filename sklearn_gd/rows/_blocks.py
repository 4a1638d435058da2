"""Blocks of rows in memory, with what _interface.Block declares; `coordinates` has another one."""

from functools import lru_cache

import numpy as np
from scipy import sparse

from .._cached import cached_property
from ._masks import any_of
from ._products import inner, times, transpose_times


def _magnitudes(block, chosen, weights):
    """Return sums of the chosen features' magnitudes."""
    magnitudes = abs(block.X[:, chosen])
    total = magnitudes.sum(axis=0) if weights is None else weights @ magnitudes
    return np.asarray(total).ravel()


class DenseBlock:
    """Rows in an ndarray of float64.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
    in_parts : bool, default=False
        Whether to make products in parts so small that BLAS uses only one thread.
    """

    def __init__(self, X, in_parts=False):
        self.X = X
        self.shape = X.shape
        self.in_parts = in_parts

    def times(self, v):
        """Return X v, a new array."""
        return times(self.X, v) if self.in_parts else self.X.dot(v)

    def transpose_times(self, v):
        """Return X^T v, a new array."""
        return transpose_times(self.X, v) if self.in_parts else self.X.T.dot(v)

    def dense(self):
        """Return the ndarray, which may be the user's."""
        return self.X

    @property
    def stored(self):
        """The numbers that are stored."""
        return self.X

    magnitudes = _magnitudes

    def count(self, chosen):
        """Return for each feature how many of its stored numbers are chosen."""
        return chosen.sum(axis=0)

    def about(self, shift):
        """Return the rows minus the shift."""
        return DenseBlock(self.X - shift, self.in_parts)

    def gram(self, root, shift, y, ones):
        """Return sums of products."""
        block = self._standard(root, shift)
        # NumPy sees that both factors are one matrix and does half the work; the
        # method dot is quicker than the operator @ on tall blocks.
        return tuple(map(block.transpose_times, (block.X, y, ones)))

    def squares(self, root, shift, y, ones):
        """Return sums of squares."""
        block = self._standard(root, shift)
        along = _square(block.times(some_vector(self.shape[1])))
        squares = np.einsum("ij,ij->j", block.X, block.X)
        return squares, along, block.transpose_times(y), block.transpose_times(ones)

    def _standard(self, root, shift):
        """Rows about the shift, times the roots of their weights."""
        block = self.about(shift) if any_of(shift) else self
        return block if root is None else DenseBlock(block.X * root[:, None], self.in_parts)


class SparseBlock:
    """Rows in a csr_array of float64."""

    def __init__(self, X):
        self.X = X
        self.shape = X.shape

    @cached_property
    def _transpose(self):
        """Kept, as it takes as long to make as to multiply by."""
        return self.X.T

    def times(self, v):
        """Return X v, a new array."""
        return self.X.dot(v)

    def transpose_times(self, v):
        """Return X^T v, a new array."""
        return self._transpose.dot(v)

    def dense(self):
        """Return a new ndarray."""
        return self.X.toarray()

    @property
    def stored(self):
        """The numbers that are stored."""
        return self.X.data

    magnitudes = _magnitudes

    def count(self, chosen):
        """Return for each feature how many of its stored numbers are chosen."""
        return np.bincount(self.X.indices[chosen], minlength=self.shape[1])

    def about(self, shift):
        """Return the rows minus the shift, filled in where that is not 0."""
        far = np.flatnonzero(shift)
        return _PartlyDense(self, far, self.X[:, far].toarray() - shift[far])

    def gram(self, root, shift, y, ones):
        """Return sums of products."""
        return DenseBlock(self.X.toarray(), in_parts=True).gram(root, shift, y, ones)

    def squares(self, root, shift, y, ones):
        """Return sums of squares, without filling in zeros."""
        X, V = self.X, np.column_stack([y, ones])
        if root is not None:
            V *= root[:, None]
        v = some_vector(self.shape[1])
        along = _square(ones * (X.dot(v) - shift.dot(v)))
        if not shift.any():
            squares = sparse.csr_array((X.data**2, X.indices, X.indptr), shape=X.shape)
            sums = self.transpose_times(V[:, :-1]), self.transpose_times(V[:, -1])
            return squares.T.dot(V[:, -1]), along, *sums
        Z = sparse.csr_array((X.data - shift[X.indices], X.indices, X.indptr), shape=X.shape)
        stored = sparse.csr_array((np.ones_like(X.data), X.indices, X.indptr), shape=X.shape)
        # Zeros that are not stored count too; in a column without any, their
        # sum must come out exactly 0, or a column of constants would vary.
        absent = V.sum(axis=0) - stored.T @ V
        absent[np.bincount(X.indices, minlength=X.shape[1]) == X.shape[0]] = 0.0
        squares = (Z * Z).T @ V[:, -1] + absent[:, -1] * shift**2
        sums = Z.T @ V - shift[:, None] * absent
        return squares, along, sums[:, :-1], sums[:, -1]


class _PartlyDense:
    """Sparse rows; some features, far from the origin, are dense and taken about another one."""

    def __init__(self, block, far, Z):
        near = np.ones(block.shape[1])
        near[far] = 0.0
        self._block, self._far, self._Z, self._near = block, far, Z, near

    def times(self, v):
        """Return the product with v."""
        near = self._near if v.ndim == 1 else self._near[:, None]
        return self._block.times(near * v) + times(self._Z, v[self._far])

    def transpose_times(self, v):
        """Return the product of the transpose with v."""
        product = self._block.transpose_times(v)
        product[self._far] = transpose_times(self._Z, v)
        return product


@lru_cache(maxsize=2)
def some_vector(n):
    """Return a fixed vector unlike any data's: products with it tell sums of products apart."""
    vector = np.cos(np.arange(n))
    vector.flags.writeable = False
    return vector


@lru_cache(maxsize=2)
def ones(n):
    """Return a vector of ones, to sum up by; most blocks have as many rows."""
    vector = np.ones(n)
    vector.flags.writeable = False
    return vector


def _square(a):
    return np.array([inner(a, a)])
