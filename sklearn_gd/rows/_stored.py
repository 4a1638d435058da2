"""How the features of rows in memory are stored, and how a block of them is made.

Each class here, `Columns` and `DeviceArray` have the members of `Stored`.
"""

from typing import Any, Protocol

import numpy as np
from scipy import sparse

from ._arrays import DeviceArray
from ._blocks import DenseBlock, SparseBlock
from ._columns import Columns
from ._interface import Block

# Below this many rows a block's overhead in Python outweighs its arithmetic.
LEAST_ROWS = 64


class Stored(Protocol):
    """The features of rows, of which blocks are made."""

    n_stored: int
    """How many numbers there are."""
    least_rows: int
    """Fewest rows of a block that are worth reading by themselves."""
    are_views: bool
    """Whether blocks take no memory."""
    is_threaded: bool
    """Whether products are made in threads of their own library."""

    def block(self, rows: Any, in_parts: bool) -> Block:
        """Return a block of some rows, given as a slice or an array of their numbers.

        Its products are to be made in parts, or not; see `_products.py`.
        """
        ...


def stored(X):
    """Return how X is stored, an array of NumPy's, a csr_array or what can tell itself."""
    if isinstance(X, Columns | DeviceArray):
        return X
    return _Sparse(X) if sparse.issparse(X) else _Dense(X)


class _Dense:
    """An ndarray of any dtype and memory order."""

    least_rows = LEAST_ROWS
    is_threaded = False

    def __init__(self, X):
        self._X, self.n_stored = X, X.size

    @property
    def are_views(self):
        return self._X.dtype == np.float64 and self._X.strides[1] == self._X.itemsize

    def block(self, rows, in_parts):
        X = np.asarray(self._X[rows], np.float64)
        if in_parts:
            X = np.ascontiguousarray(X)
        elif not (X.flags.forc or X.strides[1] == X.itemsize):
            # BLAS takes several times as long where columns are far apart, as in a slice of
            # an array in column order.
            X = np.array(X, order="F")
        return DenseBlock(X, in_parts)


class _Sparse:
    """A csr_array."""

    least_rows = LEAST_ROWS
    is_threaded = False

    def __init__(self, X):
        self._X, self.n_stored = X, X.nnz
        self.are_views = X.dtype == np.float64

    def block(self, rows, in_parts):
        # Neighbouring rows are slices of the arrays; rows from here and there are copied.
        is_slice = isinstance(rows, slice)
        X = self._X if is_slice else self._X[rows]
        indptr = X.indptr[rows.start : rows.stop + 1] if is_slice else X.indptr
        part = slice(indptr[0], indptr[-1])
        data = np.asarray(X.data[part], dtype=np.float64)
        shape = (len(indptr) - 1, X.shape[1])
        some = sparse.csr_array((data, X.indices[part], indptr - indptr[0]), shape=shape)
        return SparseBlock(some)
