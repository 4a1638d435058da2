"""Eigenvalues: how large a step may be, how hard the problem is, how far J is from its minimum.

Costs up to n_features^3, so everything here is computed when first asked for.
"""

from functools import partial

import numpy as np
from scipy.linalg import eigvalsh
from scipy.linalg.lapack import dpotrf, dpotrs
from scipy.sparse.linalg import LinearOperator, eigsh

from ._cached import cached_property
from ._threads import alone
from .moments import MAX_DENSE, collect
from .products import factored, inner

# Conjugate gradient steps, each a read of the rows, that bound J - J* by passes.
PROBES = 30
# What is left after one that took J down by less than this share of the excess
# allowed exceeds it only along correlation eigenvalues about as small.
NEGLIGIBLE = 1e-9

EPS = np.finfo(np.float64).eps


def _directly(function, *arguments):
    return function(*arguments)


class Curvature:
    """Eigenvalues of H, and of the correlation matrix of the features.

    Parameters
    ----------
    objective : Objective
    """

    def __init__(self, objective):
        self._objective = objective
        self._n = objective.rows.n_features

    @property
    def moments(self):
        """Moments of the rows with covariances; without, by passes beyond MAX_DENSE features."""
        moments = self._objective.hessian.moments
        return self._gathered if moments.covariance is None and self._n <= MAX_DENSE else moments

    @cached_property
    def _gathered(self):
        """Moments with covariances that are no use to steps by passes."""
        objective = self._objective
        return collect(objective.rows, objective.fit_intercept, covariance=True)

    def _require_moments(self, what):
        if self.moments.covariance is None:
            raise ValueError(
                f"{what} is known by moments only, and precompute=False or too many features "
                "rule them out; use precompute=True or another alpha."
            )

    @property
    def _knows_spectrum(self):
        """Whether all eigenvalues are to be had."""
        return self.moments.covariance is not None and self._n <= MAX_DENSE

    @cached_property
    def _eigenvalues(self):
        """Those of H above the rounding level of the largest, ascending."""
        values = factored(eigvalsh, self.moments.hessian)
        return values[values > len(values) * EPS * values[-1]]

    @cached_property
    def largest(self):
        """L, the largest eigenvalue of H."""
        if self._knows_spectrum:
            return float(self._eigenvalues[-1]) if len(self._eigenvalues) else 0.0
        if not (self.moments.fit_intercept or self.moments.diagonal.any()):
            return 0.0
        product, p = self._objective.hessian.product, self._objective.n_parameters
        H = LinearOperator((p, p), matvec=product, dtype=np.float64)
        # ARPACK's own start is random; a fixed one gives the same bits.
        start = np.random.default_rng(0).standard_normal(p)
        how = {"k": 1, "which": "LA", "v0": start, "return_eigenvectors": False}
        # Threads of ours would wait for others', and run the user's code, where rows do.
        called = alone if self._objective.rows.in_memory else _directly
        return float(called(partial(eigsh, **how), H)[0])

    @cached_property
    def smallest(self):
        """The smallest eigenvalue of H above rounding level."""
        self._require_moments("the smallest eigenvalue of the Hessian")
        return float(self._eigenvalues[0]) if len(self._eigenvalues) else 0.0

    @cached_property
    def condition(self):
        """L / mu, a lower bound of it where that is unknown."""
        if self._knows_spectrum:
            return self.largest / self.smallest if self.smallest else 1.0
        diagonal = self.moments.diagonal[self.moments.diagonal > 0]
        return float(diagonal.max() / diagonal.min()) if len(diagonal) else 1.0

    @cached_property
    def standardised_condition(self):
        """L / mu if every feature were centred and scaled to unit variance, or None if unknown."""
        if not self._knows_spectrum:
            return None
        values = factored(eigvalsh, self._correlations)
        values = np.append(values[values > len(values) * EPS], 1.0)
        return float(values.max() / values.min())

    @property
    def _correlations(self):
        """Correlation matrix of the features; zeros for a constant one."""
        scale = self.moments.inverse_deviation
        return self.moments.covariance * scale * scale[:, None]

    @cached_property
    def _lifted(self):
        """Cholesky factor of the correlation matrix plus its rounding level, and that level."""
        lift = 4 * self._n * EPS
        matrix = self._correlations
        while True:
            factor, failed = factored(dpotrf, matrix + lift * np.eye(self._n))
            if not failed:
                return factor, lift
            lift *= 4

    def excess(self, gradient):
        """J - J* = 1/2 g' H^+ g, where g is the gradient.

        In centred and scaled coordinates H falls apart into the correlation
        matrix and a 1 for the intercept. Eigenvalues at rounding level count
        as about that level.
        """
        self._require_moments("the distance of the loss from its minimum")
        return self._excess(*self._objective.split(self._objective.correlation_slopes(gradient)))

    def _excess(self, along, up):
        return (inner(along, dpotrs(self._lifted[0], along)[0]) + float(up) ** 2) / 2

    def _hidden_slope(self, along):
        """Slope along directions in which the features vary too little for the moments to tell.

        Where features are linearly dependent it is 0, where they only nearly
        are it is not. Each application of lift (R + lift)^-1 leaves those
        directions alone and shrinks an eigenvalue's by lift / eigenvalue.
        """
        factor, lift = self._lifted
        for _ in range(3):
            along = lift * dpotrs(factor, along)[0]
        return float(np.abs(along).max())

    def excess_above(self, gradient, limit, rounding, k=0):
        """Whether J - J* is seen to be above the limit, by a gradient with that much rounding.

        By moments or by passes, as update k.

        Exactly by moments, but for directions in which their eigenvalues are
        lost in rounding: there J may fall by any amount as long as there is a
        slope. By passes a few conjugate gradient steps on H d = g show how
        far they would take J down, a lower bound of J - J*
        (M. Hestenes, E. Stiefel, J. Res. Natl. Bur. Stand. 49(6), 1952).
        """
        objective = self._objective
        residual = objective.correlation_slopes(gradient)
        if objective.hessian.by_moments(k):
            along, up = objective.split(residual)
            return not self._excess(along, up) <= limit or self._hidden_slope(along) > rounding
        direction, square, bound = residual, residual @ residual, 0.0
        for _ in range(min(PROBES, len(residual))):
            product = objective.correlation_slopes(
                objective.hessian.product(objective.uncentred(direction), k)
            )
            curve = direction @ product
            if not curve > EPS * (direction @ direction):
                break
            fall = square**2 / (2 * curve)
            bound += fall
            if not bound <= limit:
                return True
            if fall < NEGLIGIBLE * limit:
                break
            residual = residual - square / curve * product
            square, last = residual @ residual, square
            direction = residual + square / last * direction
        return False
