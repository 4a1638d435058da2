"""Sources of rows: they hand out blocks of (X, y, weights) and add up what a kernel makes of them.

J is a sum over rows, so everything this package needs of the data is a sum
over blocks of rows.  This module knows how the rows are stored (dense,
memory-mapped, sparse, of any dtype and memory order); it must not know what
is summed.
"""

import numpy as np
from scipy import sparse

# A block of float64 values of this size stays in a core's own cache while a
# kernel goes over it several times.
BLOCK_BYTES = 1 << 20
# Below this many rows a block's overhead in Python outweighs its arithmetic.
MIN_BLOCK_ROWS = 64


class Rows:
    """Rows in memory, read in blocks of float64.

    Parameters
    ----------
    X : ndarray or scipy.sparse.csr_array of shape (n_rows, n_features)
        Never copied as a whole: each block is converted as it is read.
    y : ndarray of shape (n_rows, n_targets), dtype float64
    weights : ndarray of shape (n_rows,), dtype float64, or None
        None means that every row counts once.

    Attributes
    ----------
    reads : int
        How often every row has been read.
    """

    def __init__(self, X, y, weights=None):
        self.X = X
        self.y = y
        self.weights = weights
        self.reads = 0
        self.n_rows, self.n_features = X.shape
        # The split depends on the shape alone, so that sums come out the same
        # bit for bit wherever they are computed.
        fitting = BLOCK_BYTES // (8 * max(self.n_features, 1))
        self._rows_per_block = max(MIN_BLOCK_ROWS, fitting)

    def blocks(self):
        """Yield (X, y, weights) of each block; X is float64, dense or csr_array."""
        for start in range(0, self.n_rows, self._rows_per_block):
            rows = slice(start, min(start + self._rows_per_block, self.n_rows))
            weights = None if self.weights is None else self.weights[rows]
            yield self._block(rows), self.y[rows], weights

    def _block(self, rows):
        if not sparse.issparse(self.X):
            return np.asarray(self.X[rows], dtype=np.float64)
        indptr = self.X.indptr[rows.start : rows.stop + 1]
        stored = slice(indptr[0], indptr[-1])
        data = np.asarray(self.X.data[stored], dtype=np.float64)
        shape = (rows.stop - rows.start, self.n_features)
        return sparse.csr_array((data, self.X.indices[stored], indptr - indptr[0]), shape=shape)

    def sum(self, kernel):
        """Read every row once: add up ``kernel(X, y, weights)`` over the blocks.

        Parameters
        ----------
        kernel : callable
            Returns a tuple of numbers and float64 arrays for one block.

        Returns
        -------
        list
            The sums, in the order of the kernel's tuple.
        """
        self.reads += 1
        # What overflows or is not a number shows in the sums, where the
        # caller looks for it: a warning from inside a block helps nobody.
        with np.errstate(over="ignore", invalid="ignore"):
            blocks = self.blocks()
            total = list(kernel(*next(blocks)))
            for block in blocks:
                total = [sum_ + part for sum_, part in zip(total, kernel(*block), strict=True)]
        return total

    def typical_row(self):
        """Mean of the first rows that count: a point near the data, to shift sums by."""
        counting = np.arange(self.n_rows) if self.weights is None else np.flatnonzero(self.weights)
        first = counting[:MIN_BLOCK_ROWS]
        X = self.X[first]
        with np.errstate(over="ignore", invalid="ignore"):
            X_mean = np.asarray(X.mean(axis=0, dtype=np.float64)).ravel()
            return X_mean, self.y[first].mean(axis=0)
