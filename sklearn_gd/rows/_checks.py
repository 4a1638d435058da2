"""scikit-learn's checks of data, with errors that name the data at fault and its kind."""

import math
from contextlib import contextmanager

import numpy as np
from scipy import sparse
from sklearn import utils
from sklearn.utils import assert_all_finite, validation

from ._memory import Rows

# For scikit-learn's checks.  Looking for nan would take one more read of X, and
# a float64 copy as much memory as X: the moments show whether all was finite,
# and blocks are converted as they are read.
AS_IT_IS = {"accept_sparse": "csr", "dtype": "numeric", "ensure_all_finite": False}
ROWS_AS_THEY_ARE = {**AS_IT_IS, "multi_output": True, "y_numeric": True}

# A step needs (x^3 y)^2, and the gradient of a perfect fit is y times 1e-16.
SMALLEST, LARGEST = 1e-30, 1e30


def validate_data(estimator, X, y="no_validation", *, input_name="X", **how):
    """Like scikit-learn's `validate_data`, for an X that may have another name."""
    with _naming_the_culprit(**{input_name: X, "y": y}):
        return _in_numpy(validation.validate_data(estimator, X, y, **how), input_name, "y")


def check_X_y(X, y, **how):  # noqa: N802
    """Like scikit-learn's `check_X_y`."""
    with _naming_the_culprit(X=X, y=y):
        return _in_numpy(utils.check_X_y(X, y, **how), "X", "y")


def check_array(array, *, input_name, **how):
    """Like scikit-learn's `check_array`."""
    with _naming_the_culprit(**{input_name: array}):
        return _in_numpy(utils.check_array(array, input_name=input_name, **how), input_name)


@contextmanager
def _naming_the_culprit(**data):
    """Name the data that is not numeric, where the error does not."""
    try:
        yield
    except (TypeError, ValueError, OverflowError) as error:
        for name, values in data.items():
            kind = _unfit(values, error)
            if kind is not None:
                of_class = TypeError if isinstance(error, TypeError) else ValueError
                raise of_class(f"{name} must be numeric, got {kind}: {error}") from error
        raise


def _unfit(values, error):
    """Return what kind of values these are if they caused the error, else None."""
    if isinstance(values, str) or sparse.issparse(values):
        return None
    try:
        array = np.asarray(values)
        if array.dtype.kind in "biuf":
            return None
        if array.dtype.kind == "O":
            array.astype(np.float64)
            return None
    except (TypeError, ValueError, OverflowError) as again:
        return "objects" if str(again) == str(error) else None
    return f"dtype {array.dtype}"


def _in_numpy(data, *names):
    """Return the array or arrays of these names, if they are NumPy's or SciPy's."""
    parts = data if isinstance(data, tuple) else (data,)
    for name, part in zip(names, parts, strict=False):
        if not (isinstance(part, np.ndarray) or sparse.issparse(part)):
            module = type(part).__module__.partition(".")[0]
            raise TypeError(
                f"{name} is an array of {module}, and array_api_dispatch=True asks for a fit in "
                f"{module}, which is not supported; pass numpy.asarray({name}), or call "
                "sklearn.set_config(array_api_dispatch=False)."
            )
    return data


def check_rows(X, y, sample_weight, suffix=""):
    """Return Rows of an X and y that ``validate_data`` or ``check_array`` let pass.

    The suffix is that of the parameters' names: ``_val`` for held-out rows.
    The weights are those given, scaled near 1 by a power of two.
    """
    rows = check_batch(X, y, sample_weight, suffix)
    if rows.weights is not None:
        rows.weights = near_one(rows.weights, rows.weights.max(), f"sample_weight{suffix}")
    return rows


def check_batch(X, y, sample_weight, suffix=""):
    """Return Rows, of which there may be none or all of weight 0, with weights as given."""
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


def check_numeric(array, name):
    """Raise unless the array holds real numbers."""
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must be numeric, got dtype {array.dtype}.")


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


def near_one(weights, largest, name):
    """Return the weights, whose largest is given, scaled near 1 by a power of two."""
    if largest == 0:
        raise ValueError(f"{name} must have a positive entry, but all are zero.")
    # By ldexp, as that power itself may be no float64.
    return np.ldexp(weights, -math.frexp(largest)[1])


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

    Where it has one number per target, a single number may stand for all.
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


def check_finite(rows, estimator_name=None, suffix=""):
    """Read the rows and raise if a value is not finite, or its square is not."""

    def kernel(X, y, _):
        for values, name in (X.stored, f"X{suffix}"), (y, f"y{suffix}"):
            assert_all_finite(values, estimator_name=estimator_name, input_name=name)
            largest = np.abs(values).max(initial=0.0)
            check_sizes(np.array([largest])[largest > 0], name)
        return (0.0,)

    rows.sum(kernel)


def check_sizes(sizes, name):
    outside = sizes[~((sizes > SMALLEST) & (sizes < LARGEST))]
    if len(outside):
        raise ValueError(
            f"{name} has values of size {outside[0]:.1e}. Their squares must be float64 numbers: "
            f"0 and sizes from {SMALLEST:.0e} to {LARGEST:.0e} are allowed; rescale {name}."
        )
