"""Whether values are finite, and may be squared; errors name the columns in which they are not."""

import numpy as np
from sklearn.utils import assert_all_finite

from ._checks import as_stored, names_of
from ._data_frames import MOST_NAMED
from ._memory import Rows

# A step needs (x^3 y)^2, and the gradient of a perfect fit is y times 1e-16.
SMALLEST, LARGEST = 1e-30, 1e30


def check_finite(rows, estimator_name=None, suffix="", sizes=True):
    """Read the rows and raise if a value is not finite, or its square is not.

    Parameters
    ----------
    rows : Source
    estimator_name : str, default=None
    suffix : str, default=""
        Of the names X and y in errors.
    sizes : bool, default=True
        Whether squares must be finite too.
    """

    def kernel(X, y, _):
        return *_oddities(X.stored, X.count), *_oddities(y, lambda chosen: chosen.sum(axis=0))

    found = rows.sum(kernel)
    for name, names, (nan, infinite, largest) in (
        (f"X{suffix}", rows.names, found[:3]),
        (f"y{suffix}", None, found[3:]),
    ):
        if nan.any() or infinite.any():
            _raise_not_finite(name, names, nan, infinite, estimator_name)
        if sizes:
            check_sizes(largest.value[largest.value > 0], name)


def _oddities(values, count):
    """How many values of each column are nan and infinite, and the size of the largest."""
    largest = np.abs(values).max(initial=0.0)
    return count(np.isnan(values)), count(np.isinf(values)), _Largest(np.array([largest]))


class _Largest:
    """Sizes, of which the larger ones are kept where others are added."""

    def __init__(self, value):
        self.value = value

    def __iadd__(self, other):
        self.value = np.maximum(self.value, other.value)
        return self


def _raise_not_finite(name, names, nan, infinite, estimator_name):
    """Raise scikit-learn's error, which names no column, with the columns at fault."""
    is_nan = bool(nan.any())
    odd = np.array([np.nan if is_nan else np.inf])
    try:
        assert_all_finite(odd, estimator_name=estimator_name, input_name=name)
    except ValueError as error:
        counts = nan if is_nan else infinite
        labels = [f"column {j}" for j in range(len(counts))] if names is None else map(repr, names)
        is_y = name.startswith("y")
        where = [
            f"{label} ({count})" for label, count in zip(labels, counts, strict=True) if count
        ]
        if is_y and len(counts) == 1:
            where = [f"{counts[0]} of them"]
        more = f" and {len(where) - MOST_NAMED} more" if len(where) > MOST_NAMED else ""
        kind = "Missing" if is_nan else "Infinite"
        remedy = "fill them in, by SimpleImputer for instance" if is_nan else "replace them"
        accepts = f"{estimator_name} accepts no {kind.lower()} values. " if estimator_name else ""
        raise ValueError(
            f"{str(error).splitlines()[0]}\n{accepts}{kind} values in {name}: "
            f"{', '.join(where[:MOST_NAMED])}{more}. Drop these rows"
            f"{'' if is_y else f', or {remedy}'}."
        ) from None


def check_finite_values(X, estimator_name):
    """Raise if a value of X, which is checked otherwise, is not finite."""
    rows = Rows(as_stored(X), np.zeros((X.shape[0], 0)), names=names_of(X))
    check_finite(rows, estimator_name, sizes=False)


def check_sizes(sizes, name):
    outside = sizes[~((sizes > SMALLEST) & (sizes < LARGEST))]
    if len(outside):
        raise ValueError(
            f"{name} has values of size {outside[0]:.1e}. Their squares must be float64 numbers: "
            f"0 and sizes from {SMALLEST:.0e} to {LARGEST:.0e} are allowed; rescale {name}."
        )
