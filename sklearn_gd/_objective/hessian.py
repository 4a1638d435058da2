"""The Hessian in two forms: a matrix in memory, or products that each read all rows."""

from functools import partial

import numpy as np
from scipy.linalg.lapack import dlange

from ..rows._products import inner, symmetric_product
from .theta import join, parts

# Share of the trace below which all but three digits of a curvature are the moments' rounding.
LOST = 1e-13
# If a mean is more than this many standard deviations from 0, products with H lose digits.
FAR = 3.0


class Gram:
    """H as a matrix.

    Parameters
    ----------
    moments : Moments
        With covariances.
    """

    def __init__(self, moments):
        # BLAS wants column order: the transpose of H, which is H.
        self._matrix = moments.hessian.T
        self._moments = moments
        self._lost = LOST * moments.trace
        is_far = not moments.coordinates and _is_far(moments)
        plain = partial(symmetric_product, self._matrix)
        self.product = self._product_about_mean if is_far else plain

    def bound(self):
        """An upper bound of the largest eigenvalue: the trace, or Gershgorin's bound.

        The second is closer where features are hardly correlated.
        """
        return min(self._moments.trace, dlange("1", self._matrix))

    def is_lost(self, curvature, square):
        """Whether v'Hv, for a v with this v'v, is hardly more than rounding of the moments.

        The features hardly vary along v: only a product computed from the rows tells how much.
        """
        return curvature <= self._lost * square and square > 0.0

    def _product_about_mean(self, v):
        """H v; the means' part is added last, as the rest would lose its digits in it."""
        moments = self._moments
        w, b = parts(v, moments.fit_intercept)
        along_mean = inner(moments.centre, w) + b
        product = symmetric_product(moments.covariance.T, w)
        product += along_mean * moments.centre
        return join(product, along_mean, moments.fit_intercept)


class MatrixFree:
    """H as an operator: each product with it is a read of the rows.

    Parameters
    ----------
    rows : Source
    moments : Moments
    """

    def __init__(self, rows, moments):
        self._rows, self._moments = rows, moments

    def bound(self):
        """An upper bound of the largest eigenvalue: the trace."""
        return self._moments.trace

    def is_lost(self, curvature, square):
        """Never: no product is more exact than one computed from the rows."""
        return False

    def product(self, v):
        """H v, a new array."""
        fit_intercept = self._moments.fit_intercept
        w, b = parts(v, fit_intercept)

        def kernel(X, y, weights):
            along = X.times(w)
            along += b
            if weights is not None:
                along *= weights
            return X.transpose_times(along), along.sum()

        w_sum, b_sum = self._rows.sum(kernel, columns=1)
        product = join(w_sum, b_sum, fit_intercept) / self._moments.weight
        if self._moments.penalty is not None:
            product[: len(w)] += self._moments.penalty * w
        return product


def _is_far(moments):
    """Whether features are so far from the origin that products of means cost digits."""
    return bool((np.abs(moments.centre) > FAR * np.sqrt(moments.variance)).any())
