"""Eigenvalues and eigenvectors of H, down to what the rows themselves can tell.

The moments hold products of the features and lose whatever is below rounding
of the largest eigenvalue.  A row times an eigenvector loses only half as many
digits: so eigenvalues that the moments leave in doubt are computed from the rows.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.linalg import eigh

from .._cached import cached_property
from ..rows._machine import alone
from ..rows._products import factored, square_product, times
from .theta import parts

# Share of the largest eigenvalue below which those of the moments are in doubt.
DOUBTFUL = 1e-9
# An eigenvalue computed from the rows is nothing but rounding if it is a smaller share than
# this of what it would be with uncorrelated features: along its eigenvector they depend on
# each other to some twelve digits.
NOTHING = 2e-24


@dataclass(frozen=True, eq=False, repr=False)
class Spectrum:
    """Eigenvalues in ascending order and eigenvectors, a column each.

    Attributes
    ----------
    values : ndarray of shape (n_parameters,)
    basis : ndarray of shape (n_parameters, n_parameters)
    is_known : ndarray of shape (n_parameters,), dtype bool
        Which eigenvalues are more than rounding.
    is_clear : bool
        Whether the moments alone were enough to compute all of them.
    """

    values: np.ndarray
    basis: np.ndarray
    is_known: np.ndarray
    is_clear: bool

    @cached_property
    def known(self):
        """Eigenvalues that are more than rounding, ascending."""
        return self.values[self.is_known]

    @property
    def condition(self):
        """The largest eigenvalue over the smallest known."""
        return float(self.known[-1] / self.known[0]) if len(self.known) else 1.0

    @property
    def least_condition(self):
        """Least condition number if some eigenvalue at rounding level is not 0."""
        return 1.0 / _rounding(len(self.values))

    @cached_property
    def _known_vectors(self):
        """Eigenvectors of known eigenvalues, a row each."""
        return np.ascontiguousarray(self.basis.T[self.is_known])

    def components(self, v):
        """Components of v along the eigenvectors of known eigenvalues."""
        return times(self._known_vectors, v)

    def suboptimality(self, gradient, noise, rounding):
        """J - J* = 1/2 g' H^+ g for this gradient g, beyond what its noise accounts for.

        The residual's rounding enters a component in proportion to how much
        the features vary along it.

        Infinite if there is a slope where the eigenvalue is only rounding.
        """
        components = square_product(self.basis.T, gradient)
        if (np.abs(components[~self.is_known]) > noise).any():
            return np.inf
        noise = noise + np.sqrt(self.known) * rounding
        seen = np.maximum(np.abs(components[self.is_known]) - noise, 0.0)
        return float(np.sum(seen**2 / self.known)) / 2


def spectrum_of(rows, moments):
    """Return the Spectrum of the rows' Hessian, given their moments with covariances."""
    values, basis = factored(eigh, moments.hessian)
    n_doubtful = int(np.searchsorted(values, DOUBTFUL * values[-1]))
    if n_doubtful:
        doubtful = basis[:, :n_doubtful]
        small, turn = factored(eigh, _products_along(rows, moments, doubtful))
        values[:n_doubtful] = small
        basis[:, :n_doubtful] = alone(np.matmul, doubtful, turn)
    # Mean squares along the eigenvectors if the features were uncorrelated.
    apart = np.square(basis).T.dot(moments.hessian.diagonal())
    # A row times any eigenvector is rounded as much as a row times the largest one's.
    rounded = _rounding(len(values)) * values[-1]
    is_known = values > np.maximum(NOTHING * len(values) * apart, rounded)
    # Column order, as components are products with the rows of the transpose.
    return Spectrum(values, np.asfortranarray(basis), is_known, not n_doubtful)


def _rounding(n):
    """Share of the largest of n eigenvalues, computed from the rows, that is rounding."""
    return (n * float(np.finfo(np.float64).eps)) ** 2


def _products_along(rows, moments, directions):
    """Return V' H V of the directions V, a column each, computed from the rows."""
    w, b = parts(directions, moments.fit_intercept)
    kernel = partial(_along, w=w, b=b)
    (products,) = rows.sum(kernel, work=2.0 * directions.shape[1])
    products /= moments.weight
    if moments.penalty is not None:
        products += (w.T * moments.penalty).dot(w)
    return products


def _along(X, y, weights, w, b):
    along = X.times(w) + b
    return (along.T.dot(along if weights is None else weights[:, None] * along),)
