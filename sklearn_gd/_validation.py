"""Checks of what the user passes; every error names the parameter and what is allowed."""

import inspect
import math
import numbers
import sys

import numpy as np
from scipy import sparse
from sklearn.utils import assert_all_finite, check_random_state, check_scalar

from .learning_rates import NAMED, Constant, LearningRate, Schedule
from .protocol import as_float, shown
from .rows import Rows

# For scikit-learn's checks.  Looking for nan would be one more read of X, and a
# float64 copy of it a second X: the moments tell whether all was finite, and
# blocks are converted as they are read.
AS_IT_IS = {"accept_sparse": "csr", "dtype": "numeric", "ensure_all_finite": False}
ROWS_AS_THEY_ARE = {**AS_IT_IS, "multi_output": True, "y_numeric": True}

# A step needs (x^3 y)^2, and the gradient of a perfect fit is y times 1e-16.
SMALLEST, LARGEST = 1e-30, 1e30


def check_alpha(alpha):
    """Return the learning rate that ``alpha`` stands for."""
    if isinstance(alpha, str):
        if alpha not in NAMED:
            known = ", ".join(map(repr, NAMED))
            raise ValueError(f"alpha={alpha!r} is not known; the known names are {known}.")
        return NAMED[alpha]
    if inspect.isclass(alpha):
        raise TypeError(
            f"alpha is the class {alpha.__name__}; pass an object of it: {alpha.__name__}(...)."
        )
    if isinstance(alpha, LearningRate):
        if not callable(alpha.start):
            raise TypeError(f"alpha={alpha!r} must have a method start(problem).")
        return alpha
    if callable(alpha):
        return Schedule(alpha)
    if isinstance(alpha, numbers.Real) and not isinstance(alpha, bool | np.bool_):
        number = as_float(alpha)
        if 0.0 < number <= sys.float_info.max:
            return Constant(number)
        raise ValueError(
            f"alpha, the learning rate, must be positive and finite, got {shown(alpha)}."
        )
    raise TypeError(
        "alpha must be a positive number, a name, a callable k -> float or an object with a "
        f"method start(problem), got {alpha!r} of type {type(alpha).__name__}."
    )


def check_settings(estimator):
    """Check the parameters of GradientDescentRegressor that are plain numbers and flags."""
    check_count(estimator.max_iter, "max_iter", 1)
    check_count(estimator.n_iter_no_change, "n_iter_no_change", 1)
    if estimator.tol is not None:
        check_number(estimator.tol, "tol", 0.0, math.inf, "left")
    check_number(estimator.validation_fraction, "validation_fraction", 0.0, 1.0, "neither")
    if not isinstance(estimator.verbose, bool):
        check_count(estimator.verbose, "verbose", 0)
    for name in ("fit_intercept", "warm_start", "early_stopping", "store_path"):
        check_flag(getattr(estimator, name), name)
    for name in ("precompute", "scale"):
        check_auto_or_flag(getattr(estimator, name), name)
    check_random_state(estimator.random_state)


def check_flag(value, name):
    """Raise unless the value is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {value!r}.")


def check_auto_or_flag(value, name):
    """Raise unless the value is "auto", True or False."""
    is_auto = isinstance(value, str) and value == "auto"
    if not (is_auto or isinstance(value, bool | np.bool_)):
        raise ValueError(f"{name} must be 'auto', True or False, got {value!r}.")


def check_numeric(array, name):
    """Raise unless the array holds real numbers."""
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must be numeric, got dtype {array.dtype}.")


def check_count(value, name, smallest, largest=None):
    """Raise unless the value is a whole number from ``smallest`` to ``largest``."""
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be an integer of at least {smallest}, got {value!r}.")
    check_scalar(value, name, numbers.Integral, min_val=smallest)
    if largest is not None and value > largest:
        raise ValueError(f"{name} must be at most {largest}, got {shown(value)}.")


def check_number(value, name, low, high, boundaries):
    """Raise unless the value is a number in the interval."""
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be a number, got {value!r}.")
    limits = {"min_val": low, "max_val": high, "include_boundaries": boundaries}
    number = as_float(value)
    # What float64 cannot hold is used as what it is to float64.
    value = number if number in {0.0, math.inf, -math.inf} else value
    check_scalar(value, name, numbers.Real, **limits)
    if math.isnan(value):
        raise ValueError(f"{name} must be a number, got nan.")


def check_rows(X, y, sample_weight, suffix=""):
    """Return Rows of an X and y that ``validate_data`` or ``check_array`` let pass.

    The suffix is that of the parameters' names: ``_val`` for held-out rows.
    Their weights are those given, brought near 1 by a power of two.
    """
    rows = check_batch(X, y, sample_weight, suffix)
    if rows.weights is not None:
        rows.weights = near_one(rows.weights, rows.weights.max(), f"sample_weight{suffix}")
    return rows


def check_batch(X, y, sample_weight, suffix=""):
    """Return Rows that may be none, or of no weight, with their weights as they are."""
    if sparse.issparse(y):
        name = f"y{suffix}"
        raise TypeError(
            f"{name} is sparse, but a dense {name} is required; pass {name}.toarray()."
        )
    check_numeric(X, f"X{suffix}")
    check_numeric(y, f"y{suffix}")
    X = as_stored(X)
    columns = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
    weights = check_weights(sample_weight, X.shape[0], f"sample_weight{suffix}")
    return Rows(X, columns, weights)


def as_stored(X):
    """Return X as `Rows` takes it: an ndarray, or a csr_array without duplicates."""
    if not sparse.issparse(X):
        return np.asarray(X)
    X = sparse.csr_array(X)
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X


def near_one(weights, largest, name):
    """Return the weights, whose largest is given, brought near 1 by a power of two."""
    if largest == 0:
        raise ValueError(f"{name} must have a positive entry, but all are zero.")
    # That power itself may be no float64.
    return np.ldexp(weights, -math.frexp(largest)[1])


def check_weights(sample_weight, n_rows, name="sample_weight"):
    """Return the weights as float64; None for None."""
    if sample_weight is None:
        return None
    if isinstance(sample_weight, bool):
        raise TypeError(f"{name} must be numbers, got {sample_weight!r}.")
    weights = check_floats(sample_weight, name, "numbers")
    if weights.ndim == 0:
        weights = np.full(n_rows, weights)
    if weights.ndim != 1:
        raise ValueError(f"{name} must be 1-D or a number, got {weights.ndim} dimensions.")
    assert_all_finite(weights, input_name=name)
    if len(weights) != n_rows:
        raise ValueError(f"{name} must have one entry per row, {n_rows}, got {len(weights)}.")
    if (weights < 0).any():
        raise ValueError(
            f"{name} must not be negative, got {weights.min()} in row {weights.argmin()}."
        )
    return weights


@np.errstate(over="ignore", invalid="ignore")
def check_moments(moments, rows, estimator_name=None, suffix=""):
    """Raise if X or y had values that are not finite, or whose squares are not.

    Looks for them only when a sum says that there are some, so that X is not
    read once more for nothing.  The suffix is that of the names X and y.
    """
    sizes, y_sizes = moments.diagonal, np.sqrt(moments.y_square)
    if _are_usual(moments.root_diagonal) and _are_usual(y_sizes):
        return
    X_name, y_name = f"X{suffix}", f"y{suffix}"
    if not (np.isfinite(sizes).all() and np.isfinite(moments.shared).all()):
        check_finite(rows, estimator_name, suffix)
    vanished = np.flatnonzero(sizes == 0)
    if len(vanished):
        # All zero, or too small to be squared?
        (total,) = rows.sum(lambda X, y, weights: (_sum_of_magnitudes(X.X[:, vanished], weights),))
        _check_sizes(total[total > 0], X_name)
    if not y_sizes.all():
        (total,) = rows.sum(lambda X, y, _: (np.abs(y).sum(axis=0),))
        y_sizes = np.where(y_sizes > 0, y_sizes, total)
    _check_sizes(np.sqrt(sizes[sizes != 0]), X_name)
    _check_sizes(y_sizes[y_sizes != 0], y_name)


def check_finite(rows, estimator_name=None, suffix=""):
    """Read the rows and raise if a value is not finite, or its square is not."""

    def kernel(X, y, _):
        X = X.X.data if sparse.issparse(X.X) else X.X
        for values, name in (X, f"X{suffix}"), (y, f"y{suffix}"):
            assert_all_finite(values, estimator_name=estimator_name, input_name=name)
            largest = np.abs(values).max(initial=0.0)
            _check_sizes(np.array([largest])[largest > 0], name)
        return (0.0,)

    rows.sum(kernel)


def _sum_of_magnitudes(X, weights):
    return np.asarray((abs(X) if weights is None else weights @ abs(X)).sum(axis=0)).ravel()


def _are_usual(sizes):
    """Whether all are numbers that may be squared, and none is 0."""
    return bool(sizes.min(initial=1.0) > SMALLEST and sizes.max(initial=1.0) < LARGEST)


def _check_sizes(sizes, name):
    outside = sizes[~((sizes > SMALLEST) & (sizes < LARGEST))]
    if len(outside):
        raise ValueError(
            f"{name} has values of size {outside[0]:.1e}. Their squares must be float64 numbers: "
            f"0 and sizes from {SMALLEST:.0e} to {LARGEST:.0e} are allowed: rescale {name}."
        )


def check_floats(values, name, expected):
    """Return the values, which the user passes as parameters, as an array of float64."""
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biufO":
            raise TypeError(f"got dtype {array.dtype}")
        # What is too large becomes infinite, which is for the caller to judge.
        with np.errstate(over="ignore"):
            return array.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name} must be {expected}: {error}.") from error


def check_start(init, name, shape, *, per_target=False):
    """Return an array of that shape as float64.

    If it is one number per target, a single number stands for all.
    """
    expected = "a number" if shape == () else f"an array of shape {shape}"
    if init is None or isinstance(init, bool):
        raise TypeError(f"{name} must be {expected}, got {init!r}.")
    start = check_floats(init, name, expected if shape == () else f"{expected} of numbers")
    if start.shape != shape and not (per_target and len(shape) < 2 and start.size == 1):
        raise ValueError(f"{name} must be {expected}, got shape {start.shape}.")
    if not np.isfinite(start).all():
        raise ValueError(f"{name} must be finite, got {start[~np.isfinite(start)].flat[0]}.")
    return np.full(shape, start.item()) if start.size == 1 else start
