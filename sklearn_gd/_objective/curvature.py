"""Eigenvalues: how large a step may be, how hard the problem is, how far J is from its minimum.

Costs up to n_features^3, so everything here is computed when first asked for.
"""

import math
from functools import partial

import numpy as np
from numpy.linalg import eigh, eigvalsh
from scipy.linalg.lapack import dpotrs
from scipy.sparse.linalg import LinearOperator, eigsh

from .._cached import cached_property
from ..rows._machine import alone
from ..rows._products import factored, inner, times
from .coordinates import Standardised
from .face import held, hides_slope, lifted, suboptimality_within
from .moments import MAX_DENSE, gathering_reads
from .plan import affordable
from .spectrum import NOTHING, spectrum_of
from .theta import parts

# Most conjugate gradient steps, each a read of the rows, to bound J - J* matrix-free.
PROBES = 30
# They end when what is left of the gradient could hide more suboptimality than is allowed
# only along eigenvalues of the correlation matrix that are smaller than this.
LEAST = 1e-16
# Reads that are always worth making to settle whether a point is a solution.
FEW_READS = 8

EPS = float(np.finfo(np.float64).eps)


def _directly(function, *arguments):
    return function(*arguments)


class Curvature:
    """Eigenvalues of H, and of the correlation matrix of the features.

    Parameters
    ----------
    plan : Plan
    """

    def __init__(self, plan):
        self._plan = plan
        self._rows = plan.rows
        self._n = plan.rows.n_features
        # The last free parameters, with the eigenvalues of H over them and their eigenvectors.
        self._face: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
        # The last gradient, with what was solved for it.
        self._solution: tuple[np.ndarray, float, np.ndarray] | None = None

    @property
    def moments(self):
        """Moments, with covariances unless the fit is matrix-free and n_features > MAX_DENSE."""
        plan = self._plan
        return plan.gathered if plan.has_gathered or self._n <= MAX_DENSE else plan.moments

    def is_worth(self, k):
        """Whether computing all eigenvalues costs no more than k updates have cost."""
        if self._n > MAX_DENSE:
            return False
        if self._plan.uses_gram(k):
            return True
        return gathering_reads(self._rows) <= max(FEW_READS, k) and affordable(self._n)

    def decompose(self, gradient, k, free=None):
        """Return eigenvalues and the gradient's components along their eigenvectors.

        None if they are not worth computing at update k, or may be nothing but rounding.
        If only some parameters are free, those of H over these alone.
        """
        if not self.is_worth(k):
            return None
        if free is not None:
            return self._on_face(gradient, free)
        if not (self.spectrum.is_clear or self._plan.moments.coordinates):
            # Where features are not standardised, their units decide what looks like rounding.
            return None
        return self.spectrum.known, self.spectrum.components(gradient)

    def _on_face(self, gradient, free):
        chosen = np.flatnonzero(free)
        if not len(chosen):
            return None
        if self._face is None or not np.array_equal(self._face[0], chosen):
            values, basis = factored(eigh, self.moments.hessian[np.ix_(chosen, chosen)])
            known = values > 4 * len(values) * EPS * self.moments.cancelled * values[-1]
            self._face = chosen, values[known], np.ascontiguousarray(basis.T[known])
        _, values, vectors = self._face
        return values, times(vectors, gradient[chosen])

    def _require_moments(self, what):
        if self.moments.covariance is None:
            raise ValueError(
                f"{what} is known only with the Gram matrix, which precompute=False or too many "
                "features rule out; use precompute=True or another alpha."
            )

    @property
    def _knows_spectrum(self):
        """Whether all eigenvalues can be computed."""
        return self.moments.covariance is not None and self._n <= MAX_DENSE

    @cached_property
    def spectrum(self):
        """Spectrum of H."""
        return spectrum_of(self._rows, self.moments)

    @cached_property
    def standardised(self):
        """Spectrum of the Hessian of centred and scaled features; None if unknown."""
        if not self._knows_spectrum:
            return None
        if self.moments.coordinates:
            return self.spectrum
        coordinates = Standardised.of(self.moments)
        return spectrum_of(coordinates.rows(self._rows), coordinates.moments(self.moments))

    @cached_property
    def largest(self):
        """L, the largest eigenvalue of H."""
        if self._knows_spectrum:
            return max(float(factored(eigvalsh, self.moments.hessian)[-1]), 0.0)
        if not (self.moments.fit_intercept or self.moments.diagonal.any()):
            return 0.0
        product, p = self._plan.form(0).product, self._n + self.moments.fit_intercept
        H = LinearOperator((p, p), matvec=product, dtype=np.float64)
        # ARPACK's own start is random; a fixed one gives the same bits.
        start = np.random.default_rng(0).standard_normal(p)
        how = {"k": 1, "which": "LA", "v0": start, "return_eigenvectors": False}
        # Reads of rows elsewhere wait for other threads and run the user's code: not in ours.
        called = alone if self._rows.in_memory else _directly
        return float(called(partial(eigsh, **how), H)[0])

    @cached_property
    def smallest(self):
        """The smallest eigenvalue of H above rounding level."""
        self._require_moments("the smallest eigenvalue of the Hessian")
        known = self.spectrum.known if self._knows_spectrum else None
        if known is None:
            raise ValueError(
                f"the smallest eigenvalue of the Hessian is known only up to {MAX_DENSE} "
                f"features, got {self._n}; use another alpha."
            )
        return float(known[0]) if len(known) else 0.0

    @cached_property
    def condition(self):
        """L / mu, or a lower bound of it where it is unknown."""
        if self._knows_spectrum:
            return self.spectrum.least_condition if self._is_hidden else self.spectrum.condition
        diagonal = self.moments.diagonal[self.moments.diagonal > 0]
        return float(diagonal.max() / diagonal.min()) if len(diagonal) else 1.0

    @property
    def is_bound(self):
        """Whether ``condition`` is only a lower bound, as there may be smaller eigenvalues."""
        if not self._knows_spectrum:
            return True
        n_constant = self._n - np.count_nonzero(self.moments.variance)
        return self._is_hidden or np.count_nonzero(~self.standardised.is_known) > n_constant

    @property
    def _is_hidden(self):
        """Whether eigenvalues look like rounding only because features differ in scale."""
        counts = [np.count_nonzero(one.is_known) for one in (self.spectrum, self.standardised)]
        n_constant = np.count_nonzero((self.moments.variance == 0) & (self.moments.centre != 0))
        return counts[0] + n_constant < counts[1]

    @cached_property
    def _lifted(self):
        return lifted(self.moments.correlations, self.moments.cancelled)

    def suboptimality(self, gradient, room=None, noise=0.0, trusting=False):
        """J - J* = 1/2 g' H^+ g, where g is the gradient.

        In centred and scaled coordinates H consists of the correlation matrix
        and a 1 for the intercept. Eigenvalues below rounding level are taken
        to be about at that level. With bounds, to which ``room`` is left, J* is that of the
        box, and this an upper bound; slopes of the size of the noise do not count.
        """
        self._require_moments("the distance of the loss from its minimum")
        if room is None:
            return self._solved(gradient)[0]
        of_features, of_intercept = self._slopes(gradient)
        room = [side[: self._n] for side in room]
        within = suboptimality_within(self.moments, of_features, room, noise, trusting)
        return within + of_intercept * of_intercept / 2

    def _slopes(self, gradient):
        moments = self.moments
        slopes, of_intercept = parts(moments.correlation_slopes(gradient), moments.fit_intercept)
        return slopes, float(of_intercept)

    def _solved(self, gradient):
        """J - J*, and (R + lift)^-1 times the features' slopes."""
        # A test asks twice for each gradient.
        if self._solution is None or self._solution[0] is not gradient:
            slopes, of_intercept = self._slopes(gradient)
            solved = dpotrs(self._lifted[0], slopes)[0]
            suboptimality = (inner(slopes, solved) + of_intercept * of_intercept) / 2
            self._solution = gradient, suboptimality, solved
        return self._solution[1:]

    def noise(self, residual, few):
        """Slope that is noise: ``few`` units in the last place of products with a residual."""
        return few * EPS * math.sqrt(self._n) * residual

    def hides_slope(self, gradient, noise):
        """Whether J has a slope above the noise that the moments do not tell; see face.py."""
        factor, lift = self._lifted
        return hides_slope(self._solved(gradient)[1], factor, lift, noise)

    def suboptimality_exceeds(self, gradient, limit, noise, rounding, k=0, room=None):
        """Whether J - J* is found to be above the limit.

        The gradient has that much noise, the residual that much rounding.  J - J*
        is known where update k uses the Gram matrix or it is worth gathering, with
        eigenvalues computed from the rows where those of the matrix are lost in
        rounding; else a lower bound of it is compared.
        """
        if not (self._plan.uses_gram(k) or self.is_worth(k)):
            return self._bound_exceeds(gradient, limit, k, room)
        if not self.suboptimality(gradient, room, noise) <= limit:
            return True
        # Within bounds slopes that the moments cannot tell are part of the suboptimality.
        if room is not None or not self.hides_slope(gradient, noise):
            return False
        if self._n > MAX_DENSE:
            return True
        residual = self.moments.correlation_slopes(gradient)
        return not self.standardised.suboptimality(residual, noise, rounding) <= limit

    def _bound_exceeds(self, gradient, limit, k, room):
        """Whether some conjugate gradient steps on H d = g lower J by more than the limit.

        What they lower it by is a lower bound of J - J*
        (M. Hestenes, E. Stiefel, J. Res. Natl. Bur. Stand. 49(6), 1952).
        """
        moments, product_with = self._plan.moments, self._plan.form(k).product
        residual = moments.correlation_slopes(gradient)
        free = True if room is None else ~held(residual, *room)
        residual = residual * free
        direction, square, bound = residual, residual @ residual, 0.0
        for _ in range(min(PROBES, len(residual))):
            # The slope left could hide more only along eigenvalues too small to matter.
            if square <= 2.0 * limit * LEAST:
                break
            product = moments.correlation_slopes(product_with(moments.uncentred(direction)))
            product *= free
            curve = direction @ product
            # Along this direction the features are dependent, as far as the rows can tell.
            if not curve > NOTHING * len(direction) * (direction @ direction):
                break
            bound += (residual @ direction) ** 2 / (2 * curve)
            if not bound <= limit:
                return True
            residual = residual - square / curve * product
            square, last = residual @ residual, square
            direction = residual + square / last * direction
        return False
