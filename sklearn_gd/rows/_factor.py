"""All rows seen so far as one R factor: a small data set with the same loss.

If R is the R factor of a QR factorisation of the rows (1, x, y), each times the root of its
weight, then R'R is the sum of their products, and so J over R's few rows is J
over all of them.  A batch is stacked under R and factored again (G. Golub,
C. Van Loan, "Matrix Computations", 4th ed., section 6.5.3; LAPACK's tpqrt).
Sums of products would lose twice as many digits, and the rows from which to
compute them again are gone.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg.lapack import dtpqrt

from ._memory import BLOCK_BYTES, Rows
from ._products import factored, inner

# Rows of a block for each column.  More rows take more memory; with fewer, more time goes
# into factoring the blocks' R factors together.
ROWS_FOR_A_COLUMN = 4
# Columns that LAPACK eliminates at a time.
AT_ONCE = 16


@dataclass(frozen=True, eq=False, repr=False)
class RFactor:
    """R factor of the rows (1, x - shift, y - y_shift).

    Taken about a row near the data, it loses no digits far from the origin.

    Attributes
    ----------
    shift : ndarray of shape (n_features,)
    y_shift : ndarray of shape (n_targets,)
    matrix : ndarray of shape (n_columns, n_columns)
        Upper triangular, with a column for 1, each feature and each target.
    """

    shift: np.ndarray
    y_shift: np.ndarray
    matrix: np.ndarray

    @classmethod
    @np.errstate(over="ignore", invalid="ignore")
    def of(cls, rows):
        """Return the factor of these rows, about a typical one; nan if a row is not finite."""
        shift, _, y_shift = rows.typical_row()

        def kernel(X, y, weights):
            X = X.dense()
            # LAPACK wants column order.
            block = np.empty((len(y), n_columns), order="F")
            block[:, 0] = 1.0
            np.subtract(X, shift, out=block[:, 1 : 1 + X.shape[1]])
            np.subtract(y, y_shift, out=block[:, 1 + X.shape[1] :])
            if weights is not None:
                block *= np.sqrt(weights)[:, None]
            return (_Factored(block),)

        n_columns = 1 + len(shift) + len(y_shift)
        tall = max(BLOCK_BYTES // (8 * n_columns), ROWS_FOR_A_COLUMN * n_columns)
        (batch,) = rows.sum(kernel, block_rows=tall, work=n_columns)
        return cls(shift, y_shift, batch.matrix)

    def with_factor(self, other):
        """Return the factor of these rows and of those of another factor.

        Another shift adds a multiple of the column of ones to the others; of a triangular
        matrix that changes only the first row.
        """
        if abs(other.matrix[0, 0]) > abs(self.matrix[0, 0]):
            # Relative to a row of the lighter part, which may be far away, the heavier one
            # would lose digits.
            return other.with_factor(self)
        step = np.concatenate([other.shift - self.shift, other.y_shift - self.y_shift])
        moved = other.matrix.copy(order="F")
        moved[0, 1:] += moved[0, 0] * step
        return replace(self, matrix=factored(_together, self.matrix, moved))

    def rows(self):
        """Rows with the same J, as many as the matrix has."""
        about = self.rows_about_shift()
        return Rows(about.X + self.shift, about.y)

    def rows_about_shift(self):
        """Those rows with the shift subtracted from their features, which keeps more digits.

        A reflection turns the first column, which is 0 but for the first row,
        into equal numbers; divided by their value it is the column of ones.
        """
        root = np.sqrt(len(self.matrix))
        axis = np.full(len(self.matrix), -1.0 / root)
        axis[0] += 1.0
        spread = self.matrix[:, 1:] * (root / self.matrix[0, 0])
        # Not by BLAS, which would split a large one among its threads.
        along = np.einsum("i,ij->j", axis, spread)
        spread -= np.outer(axis, (2.0 / inner(axis, axis)) * along)
        X, y = np.split(spread, [len(self.shift)], axis=1)
        return Rows(X, y + self.y_shift)


class _Factored:
    """An R factor, to be added to others."""

    def __init__(self, block):
        n_columns = block.shape[1]
        at_once = min(AT_ONCE, n_columns)
        self.matrix = dtpqrt(0, at_once, _zeros(n_columns), block, overwrite_b=True)[0]

    def __iadd__(self, other):
        self.matrix = _together(self.matrix, other.matrix)
        return self


def _together(upper, lower):
    """R factor of two R factors, one under the other."""
    n_columns = len(upper)
    # The lower one is triangular too.
    return dtpqrt(n_columns, min(AT_ONCE, n_columns), upper, lower)[0]


def _zeros(n_columns):
    return np.zeros((n_columns, n_columns), order="F")
