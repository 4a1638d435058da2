"""Products with the Hessian: of a matrix in memory, or of one read of the rows each.

That is the only difference between the two forms of the objective, *by
moments* and *by passes*.
"""

import math
import os
from functools import cache
from typing import Any

import numpy as np

from ..rows._products import inner, symmetric_product
from .moments import collect, gathering_reads, lanes_of
from .theta import join, split

# By passes the moments, a few steps and the certificate of a solution take about
# a dozen reads even of well-conditioned data.  Up to somewhat less than twice
# as many gathering is worth it in any case, and tells the solution for certain.
ALWAYS_WORTH = 20
# Share of the trace below which a curvature is rounding of the moments, but for three digits.
LOST = 1e-13
# Standard deviations from the origin at which products with H lose digits worth keeping.
FAR = 3.0
# Of the memory, gathering covariances may take this share.
MEMORY_SHARE = 1 / 4


class Hessian:
    """H of some rows.

    Parameters
    ----------
    rows : Rows
    moments : Moments
        Of the same rows.  With covariances products are those of a matrix.
    gather_at : float, default=inf
        Number of the update from which covariances are used if they are not
        at hand already.  The number alone decides, whatever another target
        has made of H in the meantime: or a pause would change the bits.
    """

    def __init__(self, rows, moments, gather_at=math.inf):
        self._rows = rows
        # Products by passes keep to it: gathered ones differ by rounding.
        self._first = moments
        self._use(moments)
        self._gather_at = gather_at if moments.covariance is None else 0

    def _use(self, moments):
        self.moments = moments
        self._lost = LOST * moments.trace
        # Standardised features are about 0.
        self._is_far = not moments.coordinates and _is_far(moments)
        # BLAS wants columns, which are the rows of H.
        self._matrix: Any = None if moments.covariance is None else moments.hessian.T

    def by_moments(self, k):
        """Whether update k goes by moments, which are gathered if need be."""
        if k < self._gather_at:
            return False
        if self._matrix is None:
            self._use(collect(self._rows, self.moments.fit_intercept, covariance=True))
        return True

    def bound(self, k):
        """An upper bound of the largest eigenvalue, for what k updates have made."""
        trace = self._first.trace
        # The covariances that update k would gather are not worth it for this.
        if k <= self._gather_at or not self.by_moments(k):
            return trace
        # Gershgorin's, the closer one where features are hardly correlated.
        return min(trace, float(np.abs(self._matrix).sum(axis=0).max()))

    def product(self, v, k=0):
        """H v for update k, a new array."""
        return self._product_by_moments(v) if self.by_moments(k) else self.product_by_pass(v)

    def is_lost(self, curvature, square):
        """Whether v'Hv of a v with this square is but rounding of the moments.

        Along v the features vary less than that: a product by a pass tells.
        """
        return square > 0.0 and self._matrix is not None and curvature <= self._lost * square

    def _product_by_moments(self, v):
        if not self._is_far:
            return symmetric_product(self._matrix, v)
        # What the mean adds comes last: among products of it the others lose their digits.
        moments = self.moments
        w, b = split(v, moments.fit_intercept)
        along_mean = inner(moments.centre, w) + b
        product = symmetric_product(moments.covariance.T, w)
        product += along_mean * moments.centre
        return join(product, along_mean, moments.fit_intercept)

    def product_by_pass(self, v):
        """H v by one read of the rows, whatever moments there are."""
        fit_intercept = self._first.fit_intercept
        w, b = split(v, fit_intercept)

        def kernel(X, y, weights):
            along = X.times(w)
            along += b
            if weights is not None:
                along *= weights
            return X.transpose_times(along), along.sum()

        w_sum, b_sum = self._rows.sum(kernel, columns=1)
        return join(w_sum, b_sum, fit_intercept) / self._first.weight


def _is_far(moments):
    """Whether features are so far from the origin that products of means cost digits."""
    return bool((np.abs(moments.centre) > FAR * np.sqrt(moments.variance)).any())


def when_to_gather(rows, max_iter):
    """Number of the update from which ``precompute="auto"`` uses covariances.

    Gathering them costs as much as some number R of steps by passes.  Who
    makes R steps by passes first and then gathers them never pays more than
    twice what the better choice costs, however many steps there will be: up
    to R by passes was the better one, and beyond R the steps by passes have
    cost as much again as gathering, which the better choice pays too.

    Returns
    -------
    float
        0: at once; inf: never.
    """
    reads = gathering_reads(rows) / rows.n_targets
    if rows.n_features > rows.n_rows and reads > ALWAYS_WORTH:
        # A product with H would cost more than a read of the rows.
        return math.inf
    if not affordable(rows.n_features):
        return math.inf
    return 0 if reads <= min(ALWAYS_WORTH, max_iter) else math.ceil(reads)


def affordable(n_features, kept=0):
    """Whether gathering covariances, and keeping so many matrices, takes its share of memory."""
    # A sum, a product and a dense block for each lane; the covariances, H, and
    # what a Cholesky factor takes.
    matrices = 3 * lanes_of(n_features) + 4 + kept
    return 8 * matrices * n_features**2 <= MEMORY_SHARE * physical_memory()


@cache
def physical_memory():
    """Bytes of memory that this process may use, as far as the system tells."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not a POSIX system
        return 4 << 30
    try:  # a container's limit
        with open("/sys/fs/cgroup/memory.max") as file:
            return min(memory, int(file.read()))
    except (OSError, ValueError):
        return memory
