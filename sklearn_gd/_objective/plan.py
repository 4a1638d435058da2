"""Which form of the Hessian each update uses, and when the Gram matrix is worth its time.

Matrix-free, each product takes a read of the rows; gathering the Gram matrix takes
as long as some tens of reads, and its products take none.
"""

import math

from .._cached import cached_property
from ..rows._machine import MEMORY_SHARE, physical_memory
from .hessian import Gram, MatrixFree
from .moments import MAX_DENSE, collect, gathering_reads, lanes_of
from .sizes import check_moments

# Matrix-free, the moments, a few steps and the certificate of a solution take about
# a dozen reads even of well-conditioned data.  If gathering costs no more than about
# twice as many, it is always worth it, and settles what is a solution.
ALWAYS_WORTH = 20
NEVER = math.inf
# Up to this many features it is worth computing eigenvalues for the sake of many steps.
MOST_FEATURES = 2 * MAX_DENSE


class Plan:
    """The form of each update, over the same rows.

    Parameters
    ----------
    rows : Source
    moments : Moments
        Of the same rows; with covariances all updates use the Gram matrix.
    gram_from : float, default=inf
        Number of the first update that uses it.  This alone decides, even if
        another target has gathered it already: otherwise a pause would change
        the bits.
    """

    def __init__(self, rows, moments, gram_from=NEVER):
        self.rows, self.moments = rows, moments
        self._gathered = None if moments.covariance is None else moments
        self._gram: Gram | None = None
        self._gram_from = gram_from if self._gathered is None else 0

    @classmethod
    def made(cls, rows, fit_intercept, gram_from=NEVER, **names):
        """Return the plan after a first read of the rows, which checks the sizes of all values."""
        moments = collect(rows, bool(fit_intercept), covariance=gram_from == 0)
        check_moments(moments, rows, **names)
        return cls(rows, moments, gram_from)

    def of_held_out(self, rows, **names):
        """Return a Plan for held-out rows, without covariances if they outweigh the rows."""
        outweigh = 2 * rows.n_stored <= rows.n_features**2
        gram_from = NEVER if outweigh else self._gram_from
        return Plan.made(rows, self.moments.fit_intercept, gram_from, **names)

    def penalised(self, penalty):
        """Return the same plan for ``J + 1/2 sum_j penalty_j w_j^2``; None is no penalty."""
        if penalty is None:
            return self
        return Plan(self.rows, self.moments.penalised(penalty), self._gram_from)

    def inside(self, coordinates):
        """Return the same plan for features in these coordinates."""
        rows, moments = coordinates.rows(self.rows), coordinates.moments(self.moments)
        return Plan(rows, moments, self._gram_from)

    @cached_property
    def matrix_free(self):
        """The Hessian that reads the rows."""
        return MatrixFree(self.rows, self.moments)

    def uses_gram(self, k):
        """Whether update k uses the Gram matrix, which is gathered if need be."""
        return isinstance(self.form(k), Gram)

    def form(self, k):
        """The Hessian that update k uses; the Gram matrix is gathered if need be."""
        if k < self._gram_from:
            return self.matrix_free
        if self._gram is None:
            self._gram = Gram(self.gathered)
        return self._gram

    @property
    def has_gathered(self):
        """Whether there are covariances."""
        return self._gathered is not None

    @property
    def gathered(self):
        """Moments with covariances, by another read if there are none yet."""
        if self._gathered is None:
            gathered = collect(self.rows, self.moments.fit_intercept, covariance=True)
            self._gathered = gathered.penalised(self.moments.penalty)
        return self._gathered

    def bound(self, k):
        """An upper bound of the largest eigenvalue, after k updates."""
        # It is not worth gathering covariances, as update k may do, for this alone.
        return (self.form(k) if k > self._gram_from else self.matrix_free).bound()


def gram_from(rows, precompute, max_steps, needs_spectrum):
    """Number of the first update that uses the Gram matrix; inf for none.

    Parameters
    ----------
    rows : Source
    precompute : "auto" or bool
    max_steps : float
    needs_spectrum : bool
        Whether the learning rate needs eigenvalues.
    """
    if not isinstance(precompute, str):
        return 0 if precompute else NEVER
    return 0 if needs_spectrum else when_to_gather(rows, max_steps)


def when_to_gather(rows, max_steps):
    """The same for ``precompute="auto"``, by costs.

    Gathering costs as much as some number R of matrix-free steps.  To make R
    such steps first and then gather never costs more than twice as much as the
    better choice, however many steps there will be: up to R, matrix-free is
    the better choice; beyond R, those steps have cost as much again as
    gathering, which the better choice pays for too.
    """
    reads = gathering_reads(rows) / rows.n_targets
    if rows.n_features > rows.n_rows and reads > ALWAYS_WORTH:
        # A product with the Gram matrix would cost more than a read of the rows.
        return NEVER
    if not affordable(rows.n_features):
        return NEVER
    return 0 if reads <= min(ALWAYS_WORTH, max_steps) else math.ceil(reads)


def affordable(n_features, kept=0):
    """Whether gathering covariances, while keeping so many matrices, fits into MEMORY_SHARE."""
    # A sum, a product and a dense block for each lane; the covariances, H, and
    # what a Cholesky factor takes.
    matrices = 3 * lanes_of(n_features) + 4 + kept
    return 8 * matrices * n_features**2 <= MEMORY_SHARE * physical_memory()
