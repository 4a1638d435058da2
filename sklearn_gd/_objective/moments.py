"""What one read of the rows yields: means, variances, covariances.

Every moment is taken about the mean, or without an intercept about the origin:
``centre`` is the one or the other, and no formula needs to ask which.

Far from the origin a variance computed from raw squares loses all digits by
cancellation, so the sums are taken about a typical row (Chan, Golub and
LeVeque, The American Statistician 37(3), 1983).
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from .._cached import cached_property
from ..rows._blocks import ones as ones_of
from ..rows._blocks import some_vector
from ..rows._masks import all_of, any_of
from ..rows._memory import BLOCK_BYTES, LANES, is_far
from ..rows._products import inner, symmetric_product, transpose_times
from .theta import join, parts

# Up to this many features the covariances (8 MB) are always affordable, and all
# eigenvalues can be computed from them.
MAX_DENSE = 1000
# A matrix-free read of the rows takes two multiplications for each number in X;
# gathering covariances takes n_features of them, but in matrix products, which
# are this many times as fast.
SPEED_UP = 30
# Share of its range that a feature's middle may be from the origin for it to be summed up
# as it is: about three standard deviations, which costs a digit.
NEAR = 0.5


@dataclass(eq=False, repr=False)
class Moments:
    """Weighted moments of the rows; see the module's docstring for ``centre``.

    Attributes
    ----------
    fit_intercept : bool
    n_rows : int
        How many rows have a positive weight.
    weight : float
        Sum of the weights.
    centre, variance : ndarray of shape (n_features,)
        The variance is exactly 0 for a column that is constant to rounding.
    rest : ndarray of shape (n_features,)
        What rounding has cut off from the centre.
    shared : ndarray of shape (n_features, n_targets)
        Covariances of the features with the targets.
    y_mean : ndarray of shape (n_targets,)
        0 without an intercept.
    y_variance : ndarray of shape (n_targets,)
    covariance : ndarray of shape (n_features, n_features), or None
    sample : ndarray of shape (1,)
        Where there are no covariances, the variance along one direction, which
        stands for them in the digest.
    cancelled : float
        By how many units of its rounding a variance may be off, as the sums were made about a
        typical row and not about the mean.
    folded : ndarray of shape (n_features,), or None
        The part of each feature's mean that is subtracted only from products, as
        `coordinates.Standardised` does; None if the features are as they are.
    coordinates : tuple of ndarray
        The features' coordinates, if they are standardised; empty if they are not.
    penalty : ndarray of shape (n_features,), or None
        Of ``J + 1/2 sum_j penalty_j w_j^2``; included in variance and covariance.
    """

    fit_intercept: bool
    n_rows: int
    weight: float
    centre: np.ndarray
    rest: np.ndarray
    variance: np.ndarray
    shared: np.ndarray
    y_mean: np.ndarray
    y_variance: np.ndarray
    covariance: np.ndarray | None
    sample: np.ndarray
    cancelled: float = 1.0
    folded: np.ndarray | None = None
    coordinates: tuple[np.ndarray, ...] = ()
    penalty: np.ndarray | None = None

    def penalised(self, penalty):
        """Return the moments with a penalty, as if of more rows: sqrt(penalty_j) in column j.

        So curvature, correlations and rounding are those of least squares again. These rows
        have no 1 for the intercept, and targets of 0.
        """
        if penalty is None:
            return self
        variance, covariance = self.variance + penalty, self.covariance
        if covariance is not None:
            covariance = covariance.copy()
            covariance.flat[:: len(variance) + 1] = variance
        return replace(self, variance=variance, covariance=covariance, penalty=penalty)

    @property
    def variance_of_rows(self):
        """The variance without the penalty."""
        return self.variance if self.penalty is None else self.variance - self.penalty

    @cached_property
    def y_square(self):
        """Mean square of each target."""
        return self.y_variance + self.y_mean**2

    def minus_gradient(self, b=0.0):
        """Minus the gradient at w = 0 and this b: weighted mean of (x, 1) times y - b."""
        above, n = self.y_mean - b, len(self.centre)
        found = np.empty((n + self.fit_intercept, len(above)))
        np.multiply(self.centre[:, None], above, out=found[:n])
        found[:n] += self.shared
        found[n:] = above
        return found

    @cached_property
    def term_sizes(self):
        """Root mean square of each feature as it is multiplied."""
        return self.root_diagonal if self.folded is None else np.sqrt(1.0 + self.folded**2)

    @cached_property
    def diagonal(self):
        """Mean square of each feature: the diagonal of H but for its last entry."""
        return self.variance + self.centre**2

    @cached_property
    def root_diagonal(self):
        """Root mean square of each feature."""
        return np.sqrt(self.diagonal)

    @cached_property
    def trace(self):
        """Sum of the eigenvalues of H, an upper bound of L."""
        return float(self.diagonal.sum()) + self.fit_intercept

    @cached_property
    def inverse_deviation(self):
        """1 / standard deviation, and 0 for a constant column."""
        return 1.0 / np.sqrt(np.where(self.variance > 0, self.variance, np.inf))

    @cached_property
    def offset(self):
        """Factor by which the rounding of a gradient may grow when features are centred."""
        scale, centre = self.centring
        return 1.0 + float(np.abs(scale * centre).max())

    @cached_property
    def centring(self):
        """Scale and centre of each parameter's ``correlation_slopes``."""
        scale, centre = self.inverse_deviation, self.centre
        return join(scale, 1.0, self.fit_intercept), join(centre, 0.0, self.fit_intercept)

    def correlation_slopes(self, gradient):
        """Slopes of J along the features centred and scaled to unit variance, and along b.

        Divided by sqrt(2 J) they are the correlations of the residual with
        each feature (and with the constant 1).
        """
        scale, centre = self.centring
        return scale * (gradient - centre * gradient[-1])

    def uncentred(self, direction):
        """Direction in theta, for one given in terms of centred and scaled features and b."""
        d_w, d_b = parts(direction, self.fit_intercept)
        w = self.inverse_deviation * d_w
        return join(w, d_b - self.centre @ w, self.fit_intercept)

    @cached_property
    def correlations(self):
        """Correlation matrix of the features; zeros for a constant one."""
        scale = self.inverse_deviation
        return self.covariance * scale * scale[:, None]

    @cached_property
    def hessian(self):
        """H, or None where there are no covariances.

        Put together from the covariances, it keeps digits of its small
        eigenvalues that sums of raw products lose.
        """
        if self.covariance is None or not self.fit_intercept:
            return self.covariance
        n = len(self.centre)
        H = np.empty((n + 1, n + 1))
        np.multiply(self.centre[:, None], self.centre, out=H[:n, :n])
        H[:n, :n] += self.covariance
        H[:n, n] = H[n, :n] = self.centre
        H[n, n] = 1.0
        return H

    @cached_property
    def digest(self):
        """Fingerprint, as bytes: two sets of rows with the same one have the same J."""
        arrays = [self.centre, self.variance, self.shared, self.y_mean, self.y_variance]
        arrays += [self.sample, *self.coordinates]
        if self.covariance is not None:
            # A product stands for all of them, which would take more room than the rest.
            arrays.append(symmetric_product(self.covariance.T, some_vector(len(self.centre))))
        if self.penalty is not None:
            arrays.append(self.penalty)
        settings = repr((self.fit_intercept, self.weight)).encode()
        return settings + b"".join(array.tobytes() for array in arrays)


class Sums(NamedTuple):
    """Weighted sums over the rows of z = x - zero and of y; see `rows._interface.Block`."""

    second: np.ndarray
    """Of z z^T, or of the squares of z alone."""
    sample: np.ndarray
    shared: np.ndarray
    offset: np.ndarray
    y_offset: np.ndarray
    y_square: np.ndarray
    weight: float
    n_rows: int


@np.errstate(over="ignore", invalid="ignore")
def collect(rows, fit_intercept, *, covariance):
    """Read every row once and return its Moments.

    Parameters
    ----------
    rows : Source
    fit_intercept : bool
    covariance : bool
        Whether to gather the covariances, n_features^2 numbers.
    """
    if fit_intercept:
        zero, y_zero = _typical_zero(rows)
    else:
        zero, y_zero = np.zeros(rows.n_features), np.zeros(rows.n_targets)
    means, weight, n_rows = _means(rows, zero, y_zero, covariance)
    second, _, _, offset, y_offset, y_square = means
    squares = second.diagonal() if covariance else second
    if fit_intercept and (is_far(offset, squares) or is_far(y_offset, y_square)):
        # The first chunk of a source may have hardly any weight, for instance.
        zero, y_zero = zero + offset, y_zero + y_offset
        means, weight, n_rows = _means(rows, zero, y_zero, covariance)
    second, sample, shared, offset, y_offset, y_variance = means
    centre = rest = np.zeros(rows.n_features)
    y_mean, cancelled = np.zeros(rows.n_targets), 1.0
    if fit_intercept:
        centre, y_mean = zero + offset, y_zero + y_offset
        rest = (zero - centre) + offset
        second -= offset[:, None] * offset if covariance else offset**2
        shared = shared - offset[:, None] * y_offset
        y_variance = np.maximum(y_variance - y_offset**2, 0.0)
    variance = second.diagonal().copy() if covariance else second
    constant = is_constant(variance, centre)
    if any_of(constant):
        variance[constant] = 0.0
        if covariance:
            second[constant] = 0.0
            second[:, constant] = 0.0
    if fit_intercept:
        lost = offset**2 / np.where(constant, np.inf, variance)
        cancelled += float(np.maximum.reduce(lost, initial=0.0))
    return Moments(
        fit_intercept=fit_intercept,
        n_rows=int(n_rows),
        weight=float(weight),
        centre=centre,
        variance=variance,
        rest=rest,
        shared=shared,
        y_mean=y_mean,
        y_variance=y_variance,
        covariance=second if covariance else None,
        sample=sample,
        cancelled=cancelled,
    )


def _means(rows, zero, y_zero, covariance):
    """Return means in the order of Sums, the sum of the weights and the number of rows."""
    *means, weight, n_rows = _sums(rows, zero, y_zero, covariance)
    for part in means:
        part /= weight
    return means, weight, n_rows


def _sums(rows, zero, y_zero, covariance):
    """Return the Sums of one read."""

    def kernel(X, y, weights):
        y = y - y_zero
        if weights is None:
            root, ones, count = None, ones_of(len(y)), len(y)
        else:
            root = ones = np.sqrt(weights)
            count = int(np.count_nonzero(weights))
            y *= root[:, None]
        y_squares = np.einsum("ij,ij->j", y, y)
        of_y = transpose_times(y, ones), y_squares, inner(ones, ones), count
        if not covariance:
            return *X.squares(root, zero, y, ones), *of_y
        second, *sums = X.gram(root, zero, y, ones)
        return second, np.zeros(1), *sums, *of_y

    n = rows.n_features
    if not covariance:
        return Sums(*rows.sum(kernel, work=2.0, columns=rows.n_targets))
    # As each sum has n_features^2 numbers, a block, made dense, may have as many.
    block_rows = max(BLOCK_BYTES // (8 * n), n)
    how = {"block_rows": block_rows, "n_lanes": lanes_of(n), "work": gathering_reads(rows)}
    return Sums(*rows.sum(kernel, columns=n, **how))


def penalty_of(l2, n_features):
    """The penalty of ``l2/2 |w|^2`` for each feature; None if it is 0."""
    return np.full(n_features, float(l2)) if l2 else None


def is_constant(variance, centre):
    """Whether each column is constant, but for a unit or two in the last place."""
    return variance <= (2 * np.spacing(np.abs(centre))) ** 2


def merged(parts):
    """Moments, with covariances, of several sets of rows together."""
    if len(parts) == 1:
        return parts[0]
    weight = sum(part.weight for part in parts)

    def mean(values):
        return sum(part.weight / weight * value for part, value in zip(parts, values, strict=True))

    centre, y_mean = (
        mean([getattr(part, name) for part in parts]) for name in ("centre", "y_mean")
    )
    offsets = [(part.centre - centre) + part.rest for part in parts]
    y_offsets = [part.y_mean - y_mean for part in parts]
    apart = list(zip(parts, offsets, y_offsets, strict=True))
    covariance = mean([part.covariance + np.outer(offset, offset) for part, offset, _ in apart])
    return Moments(
        fit_intercept=parts[0].fit_intercept,
        n_rows=sum(part.n_rows for part in parts),
        weight=weight,
        centre=centre,
        rest=mean(offsets),
        variance=covariance.diagonal().copy(),
        shared=mean([part.shared + np.outer(offset, above) for part, offset, above in apart]),
        y_mean=y_mean,
        y_variance=mean([part.y_variance + above**2 for part, _, above in apart]),
        covariance=covariance,
        sample=parts[0].sample,
        cancelled=max(part.cancelled for part in parts),
    )


def _typical_zero(rows):
    """What to subtract from X and y: a typical row, or nothing from X if that is as good.

    The latter saves a copy.
    """
    middle, spread, y_middle = rows.typical_row()
    near = all_of(np.abs(middle) <= NEAR * spread)
    return np.zeros(len(middle)) if near else middle, y_middle


def lanes_of(n_features):
    """Lanes to add up covariances in: the fewer, the larger they are."""
    return max(2, min(LANES, LANES * MAX_DENSE**2 // n_features**2))


def gathering_reads(rows):
    """Cost of gathering the covariances, in matrix-free reads."""
    n = rows.n_features
    # Sparse rows are made dense for it.
    density = rows.n_rows * n / max(rows.n_stored, 1)
    return 1 + n / (SPEED_UP * rows.slowness) * density
