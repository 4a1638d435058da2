"""Coordinates to descend in: those of the features as they are, or of standardised ones.

With means c_j and standard deviations d_j of the features (without an intercept,
0 and root mean squares) the standardised ones are ``z_j = (x_j - c_j) / d_j``, and
their parameters::

    theta' = (w_j d_j, b + w . c)

The cost is the same function of the predictions, and the update rule is the same.
Rows are never changed: a view of them multiplies by z instead of x, with means
and scales folded into the vector it multiplies by.  Only features so far from the
origin that this would lose their digits are moved to it, block by block.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._cached import cached_property
from .moments import Moments, is_constant

# A mean of up to this many standard deviations is folded in, at the cost of as many units
# in the last place.  Matrix-free it may be more, as moving the features takes half as long
# as a read; with the Gram matrix reads are few.
FAR_MATRIX_FREE, FAR_GRAM = 30.0, 0.5


class Unscaled:
    """The features as they are."""

    scaled = False
    feature_mean = feature_scale = None
    origin = 0.0

    def inside(self, w, b):
        """Return the parameters as they are."""
        return w, b

    outside = inside

    def coefficients_inside(self, w):
        """Return the coefficients as they are."""
        return w

    def rows(self, rows):
        """Return the rows as they are."""
        return rows

    def moments(self, moments):
        """Return the moments as they are."""
        return moments


def coordinates_of(moments, scale, origin=0.0):
    """Return standardised coordinates if asked for, else those of the features as they are."""
    return Standardised.of(moments, origin) if scale else Unscaled()


@dataclass(frozen=True, eq=False, repr=False)
class Standardised:
    """Features centred and scaled to unit variance; a constant one is centred only.

    Attributes
    ----------
    centre, scale : ndarray of shape (n_features,)
    varies : ndarray of shape (n_features,), dtype bool
        Which features are not constant. Coefficients of the others stay as they are.
    far : float
        A centre of at most this many times its scale is folded in.
    origin : ndarray of shape (n_features,), or 0
        The user's features minus those of the rows.
    """

    centre: np.ndarray
    scale: np.ndarray
    varies: np.ndarray
    far: float
    origin: np.ndarray | float = 0.0

    scaled = True

    @classmethod
    def of(cls, moments, origin=0.0, *, centred=True):
        """Return the coordinates that standardise features with these moments.

        If not centred, features are divided by their root mean squares.
        """
        centre = moments.centre if centred else np.zeros_like(moments.centre)
        variance = moments.variance if centred else moments.diagonal
        penalty = moments.penalty
        of_rows = variance if penalty is None else variance - penalty
        # In merged moments, or about another origin, rounding is still that of the features.
        varies = ~is_constant(of_rows, centre + origin)
        scale = np.sqrt(np.where(varies, variance, 1.0 if penalty is None else penalty))
        far = FAR_MATRIX_FREE if moments.covariance is None else FAR_GRAM
        return cls(centre, scale, varies, far, origin)

    @cached_property
    def feature_mean(self):
        """Means of the user's features."""
        return self.centre + self.origin

    @property
    def feature_scale(self):
        """Roots of variance plus penalty; 1 for a constant feature without a penalty."""
        return self.scale

    @cached_property
    def shift(self):
        """What is subtracted from the features of a block; 0 where the mean is folded in."""
        far = np.abs(self.centre) > self.far * self.scale
        return np.where(far & self.varies, self.centre, 0.0)

    @cached_property
    def folded_mean(self):
        """The part of the mean that is folded in."""
        return self.centre - self.shift

    @cached_property
    def inverse(self):
        """1 / scale, and 0 for a constant feature."""
        return self.varies / self.scale

    def inside(self, w, b):
        """Return the parameters of the standardised features for those of the user's."""
        return self.coefficients_inside(w), b + self._moved(w)

    def coefficients_inside(self, w):
        """Return the coefficients of the standardised features for those of the user's."""
        return w * self.scale

    def outside(self, v, b):
        """Return the parameters of the user's features; v may have more axes before theirs."""
        w = v / self.scale
        return w, b - self._moved(w)

    def _moved(self, w):
        # Not by BLAS, which would split a long sum among its threads; one row is treated as
        # many are, for the same bits.
        moved = np.einsum("ki,i->k", w.reshape(-1, w.shape[-1]), self.feature_mean)
        return moved.reshape(w.shape[:-1])[()]

    def rows(self, rows):
        """Return the rows with standardised features."""
        return StandardisedRows(rows, self)

    def moments(self, moments):
        """Return the moments of the rows with standardised features."""
        inverse = self.inverse
        centre = (moments.centre - self.centre + moments.rest) * inverse
        # A penalty on the diagonal of the covariances is written anew below.
        covariance, variance = moments.covariance, moments.variance_of_rows * inverse**2
        if covariance is not None:
            covariance = covariance * inverse * inverse[:, None]
        # Not by `replace`, which takes as long as an update.
        moved = Moments(
            fit_intercept=moments.fit_intercept,
            n_rows=moments.n_rows,
            weight=moments.weight,
            centre=centre,
            rest=np.zeros(len(centre)),
            variance=variance,
            shared=moments.shared * inverse[:, None],
            y_mean=moments.y_mean,
            y_variance=moments.y_variance,
            covariance=covariance,
            sample=moments.sample,
            cancelled=moments.cancelled,
            folded=self.folded_mean * inverse,
            coordinates=(self.feature_mean, self.scale, self.varies),
        )
        penalty = moments.penalty
        return moved if penalty is None else moved.penalised(penalty / self.scale**2)


class StandardisedRows:
    """Rows with standardised features: what the objective asks of a `rows._interface.Source`.

    Parameters
    ----------
    rows : Rows
    coordinates : Standardised
    """

    def __init__(self, rows, coordinates):
        self._rows, self._coordinates = rows, coordinates
        self.n_rows, self.n_features, self.n_targets = rows.n_rows, rows.n_features, rows.n_targets
        self.n_stored, self.dtype, self.in_memory = rows.n_stored, rows.dtype, rows.in_memory
        self.slowness = rows.slowness

    @property
    def reads(self):
        """How often every row has been read."""
        return self._rows.reads

    def sum(self, kernel, **how):
        """Read every row once, as `Rows.sum`."""
        return self._rows.sum(_Through(kernel, self._coordinates), **how)

    def typical_row(self):
        """Return the same as `Rows.typical_row`."""
        middle, spread, y_middle = self._rows.typical_row()
        c = self._coordinates
        return (middle - c.centre) * c.inverse, spread * c.inverse, y_middle


@dataclass(frozen=True, eq=False, repr=False)
class _Through:
    """A kernel that is shown standardised features."""

    kernel: Callable[..., Any]
    coordinates: Standardised

    def __call__(self, X, y, weights):
        return self.kernel(_StandardisedBlock(X, self.coordinates), y, weights)


class _StandardisedBlock:
    """A block with standardised features; it has those methods of _blocks.py that are needed."""

    def __init__(self, block, coordinates):
        self._block, self._coordinates = block, coordinates
        self.shape = block.shape

    @cached_property
    def _near(self):
        shift = self._coordinates.shift
        return self._block.about(shift) if shift.any() else self._block

    def times(self, v):
        """Return the product with v."""
        c = self._coordinates
        u = (v.T / c.scale).T
        product = self._near.times(u)
        product -= c.folded_mean @ u
        return product

    def transpose_times(self, v):
        """Return the product of the transpose with v."""
        c = self._coordinates
        product = self._near.transpose_times(v)
        product -= (
            c.folded_mean * v.sum() if v.ndim == 1 else np.outer(c.folded_mean, v.sum(axis=0))
        )
        return (product.T * c.inverse).T

    def gram(self, root, shift, y, ones):
        """Return sums of products."""
        inverse = self._coordinates.inverse
        second, *sums = self._block.gram(root, self._before(shift), y, ones)
        second *= inverse
        second *= inverse[:, None]
        return second, *((part.T * inverse).T for part in sums)

    def _before(self, shift):
        """Return the shift in terms of the block's own features."""
        c = self._coordinates
        return c.centre + shift * c.scale
