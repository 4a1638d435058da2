"""Products that BLAS does in one thread, however many it may use: their bits depend on none.

They are made between two calls of a user's learning rate or callback, when
BLAS is as it was (see _threads.py).  What OpenBLAS leaves whole is known by
size; the bounds are those of its version 0.3.21, of 2022, or smaller.
"""

import numpy as np
import scipy
from scipy.linalg.blas import ddot, dsymv

from ._threads import alone

# Numbers of a matrix whose product with a vector is not split.
WHOLE_VECTOR_PRODUCT = 9 << 10
# Multiplications of a product of two matrices that is not split.
WHOLE_PRODUCT = 1 << 18
# Entries of two vectors whose inner product is not split.
WHOLE_INNER_PRODUCT = 10_000
# Rows of a symmetric matrix whose product with a vector is split; of any matrix
# in the OpenBLAS of SciPy before 1.13.
IS_NEW = tuple(map(int, scipy.__version__.split(".")[:2])) >= (1, 13)
SPLIT_SYMMETRIC = 200 if IS_NEW else 0
# Rows of a matrix of which nothing that LAPACK does is split.
WHOLE_MATRIX = 64 if IS_NEW else 0


def inner(a, b):
    """Return the inner product of two vectors."""
    return ddot(a, b) if len(a) <= WHOLE_INNER_PRODUCT else float(np.einsum("i,i->", a, b))


def symmetric_product(matrix, v):
    """Return the product of a symmetric matrix, in the order of columns, and a vector."""
    p = len(v)
    if p < SPLIT_SYMMETRIC:
        # It reads only half of the matrix.
        return dsymv(1.0, matrix, v)
    return square_product(matrix.T, v)


def square_product(rows, v):
    """Return the product of a square matrix, in the order of rows, and a vector."""
    p = len(v)
    some = max(1, WHOLE_VECTOR_PRODUCT // p)
    whole = p - p % some
    product = np.empty(p)
    np.matmul(rows[:whole].reshape(-1, some, p), v, out=product[:whole].reshape(-1, some))
    np.matmul(rows[whole:], v, out=product[whole:])
    return product


def factored(function, matrix, *arguments):
    """Return ``function(matrix, *arguments)`` as LAPACK computes it in one thread."""
    if len(matrix) <= WHOLE_MATRIX:
        return function(matrix, *arguments)
    return alone(function, matrix, *arguments)
