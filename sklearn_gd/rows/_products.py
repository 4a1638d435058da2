"""Products that BLAS makes in one thread, however many it may use, for the same bits always.

They are made between calls of a user's learning rate or callback, while BLAS is
as the user left it (see _machine.py).  Which products OpenBLAS splits depends on
size; the bounds are those of its version 0.3.21, of 2022, or smaller.
"""

import numpy as np
import scipy
from scipy.linalg.blas import ddot, dsymv

from ._machine import alone

# Most numbers in a matrix whose product with a vector is not split.
WHOLE_VECTOR_PRODUCT = 9 << 10
# Most multiplications in a product of two matrices that is not split.
WHOLE_PRODUCT = 1 << 18
# Most columns of a matrix whose product with itself is not split, however few its rows are.
WHOLE_GRAM = 96
# Most multiplications in one that is made in parts, none of which is split: it takes as long
# as these to have a thread of ours make the whole.
MOST_IN_PARTS = 1 << 21
# Most entries of two vectors whose inner product is not split.
WHOLE_INNER_PRODUCT = 10_000
# Rows from which a symmetric matrix's product with a vector is split; always split
# in the OpenBLAS of SciPy before 1.13 and of NumPy before 2.0.
IS_NEW = all(
    tuple(map(int, module.__version__.split(".")[:2])) >= first
    for module, first in ((scipy, (1, 13)), (np, (2, 0)))
)
SPLIT_SYMMETRIC = 200 if IS_NEW else 0
# Most rows of a matrix with which LAPACK does nothing that is split.
WHOLE_MATRIX = 64 if IS_NEW else 0


def inner(a, b):
    """Return the inner product of two vectors."""
    return ddot(a, b) if len(a) <= WHOLE_INNER_PRODUCT else float(np.einsum("i,i->", a, b))


def is_made_in_parts(n_rows, n_features, n_columns):
    """Whether ``times`` and ``transpose_times`` leave BLAS nothing to split.

    Parameters
    ----------
    n_rows, n_features : int
        Of the first matrix.
    n_columns : int
        Of the second.
    """
    return (
        n_rows * n_features * n_columns <= MOST_IN_PARTS
        and n_features <= WHOLE_VECTOR_PRODUCT
        and (n_columns == 1 or n_features <= WHOLE_GRAM)
        and n_features * n_columns <= WHOLE_PRODUCT
    )


def times(X, v):
    """Return the product of a matrix and a vector, or one of few columns."""
    return _times_in_parts(X, v, _rows_of_a_part(X, v))


def _times_in_parts(X, v, some):
    """Return the product of so many rows at a time."""
    if len(X) <= some:
        return X.dot(v)
    product = np.empty((len(X), *v.shape[1:]))
    whole = len(X) - len(X) % some
    np.matmul(_parts(X[:whole], some), v, out=_parts(product[:whole], some))
    if whole < len(X):
        product[whole:] = X[whole:].dot(v)
    return product


def transpose_times(X, v):
    """Return the product of a matrix's transpose and a vector or matrix."""
    some = _rows_of_a_part(X, v)
    if len(X) <= some:
        return X.T.dot(v)
    whole = len(X) - len(X) % some
    left = _parts(X[:whole], some).transpose(0, 2, 1)
    # Where both factors are one matrix, NumPy sees that and does half the work.
    right = _parts(v[:whole].reshape(whole, -1), some)
    product = np.matmul(left, right).sum(axis=0).reshape(X.shape[1], *v.shape[1:])
    if whole < len(X):
        product += X[whole:].T.dot(v[whole:])
    return product


def _rows_of_a_part(X, v):
    """Most rows in a part, so that its product is not split; all if there are to be no parts."""
    if X.size <= WHOLE_VECTOR_PRODUCT and X.size * v.size <= WHOLE_PRODUCT * len(v):
        return len(X)
    n_rows, n_features = X.shape
    n_columns = v.size // max(len(v), 1)
    if n_features == 0 or not is_made_in_parts(n_rows, n_features, n_columns):
        return n_rows
    some = WHOLE_VECTOR_PRODUCT // n_features
    return min(some, WHOLE_PRODUCT // (n_features * n_columns))


def _parts(matrix, some):
    return matrix.reshape(-1, some, *matrix.shape[1:])


def symmetric_product(matrix, v):
    """Return the product of a symmetric matrix, in column order, and a vector."""
    p = len(v)
    if p < SPLIT_SYMMETRIC:
        # It reads only half of the matrix.
        return dsymv(1.0, matrix, v)
    return square_product(matrix.T, v)


def square_product(rows, v):
    """Return the product of a square matrix, in row order, and a vector."""
    return _times_in_parts(rows, v, max(1, WHOLE_VECTOR_PRODUCT // len(v)))


def factored(function, matrix, *arguments):
    """Return ``function(matrix, *arguments)`` as LAPACK computes it in one thread."""
    if len(matrix) <= WHOLE_MATRIX:
        return function(matrix, *arguments)
    return alone(function, matrix, *arguments)
