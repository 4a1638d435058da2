"""Products with the Hessian: of a matrix in memory, or of one read of the rows each.

That is the only difference between the two forms of the objective, *by
moments* and *by passes*.
"""

import math
import os
from functools import cache

import numpy as np
from scipy.linalg.blas import dsymv

from .moments import collect, gathering_reads, lanes_of
from .theta import join, split

# By passes the moments, a few steps and the certificate of a solution take about
# a dozen reads even of well-conditioned data.  Up to somewhat less than twice
# as many gathering is worth it in any case, and tells the solution for certain.
ALWAYS_WORTH = 20
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
        at hand already.
    """

    def __init__(self, rows, moments, gather_at=math.inf):
        self._rows = rows
        self._use(moments, gather_at)

    def _use(self, moments, gather_at):
        self.moments = moments
        self.by_moments = moments.covariance is not None
        self.gather_at = math.inf if self.by_moments else gather_at
        # BLAS wants columns, which are the rows of H.
        self._matrix: np.ndarray = moments.hessian.T if self.by_moments else np.empty((0, 0))

    def gather(self):
        """Read the rows once for the covariances."""
        self._use(collect(self._rows, self.moments.fit_intercept, covariance=True), math.inf)

    @property
    def bound(self):
        """An upper bound of the largest eigenvalue."""
        trace = self.moments.trace
        if not self.by_moments:
            return trace
        # Gershgorin's, the closer one where features are hardly correlated.
        return min(trace, float(np.abs(self._matrix).sum(axis=0).max()))

    def product(self, v):
        """H v, a new array."""
        # Of a symmetric matrix this reads only half.
        return dsymv(1.0, self._matrix, v) if self.by_moments else self._product_by_pass(v)

    def _product_by_pass(self, v):
        fit_intercept, centre = self.moments.fit_intercept, self.moments.centre
        w, b = split(v, fit_intercept)

        def kernel(X, y, weights):
            Xw = X.dot(w)
            if weights is not None:
                Xw *= weights
            return (X.T.dot(Xw),)

        (product,) = self._rows.sum(kernel)
        product /= self.moments.weight
        # What the ones column adds is known from the mean of X.
        return join(product + b * centre, centre.dot(w) + b, fit_intercept)


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
    n_targets = rows.y.shape[1]
    reads = gathering_reads(rows) / n_targets
    if rows.n_features > rows.n_rows and reads > ALWAYS_WORTH:
        # A product with H would cost more than a read of the rows.
        return math.inf
    if not affordable(rows.n_features):
        return math.inf
    return 0 if reads <= min(ALWAYS_WORTH, max_iter) else math.ceil(reads)


def affordable(n_features):
    """Whether gathering covariances keeps to its share of the memory."""
    # A sum and a product for each lane, the covariances and H.
    matrices = 2 * lanes_of(n_features) + 2
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
