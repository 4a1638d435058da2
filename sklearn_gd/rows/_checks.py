"""scikit-learn's checks of data, with errors that name the data at fault and its kind."""

import math
from contextlib import contextmanager, suppress

import numpy as np
from scipy import sparse
from sklearn import utils
from sklearn.utils import assert_all_finite, validation

from ._arrays import DeviceArray, as_read, in_numpy
from ._columns import Columns
from ._data_frames import columns_of, native
from ._masks import all_of
from ._memory import Rows
from ._unread import check_readable

# For scikit-learn's checks.  Looking for nan would take one more read of X, and
# a float64 copy as much memory as X: the moments show whether all was finite,
# and blocks are converted as they are read.
AS_IT_IS = {"accept_sparse": "csr", "dtype": "numeric", "ensure_all_finite": False}
ROWS_AS_THEY_ARE = {**AS_IT_IS, "multi_output": True, "y_numeric": True}
FLOATS = frozenset({np.dtype(np.float64), np.dtype(np.float32)})


def validate_data(estimator, X, y="no_validation", *, input_name="X", **how):
    """Like scikit-learn's `validate_data`, for an X that may have another name.

    A data frame becomes `Columns`.
    """
    has_y = not (isinstance(y, str) and y == "no_validation")
    is_plain = _is_plain(X, 2) and (not has_y or _is_plain_target(y, len(X)))
    if is_plain and _has_noted_features(estimator, X, how.get("reset", True)):
        return (X, y) if has_y else X
    X, table = _opened(X, input_name)
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the target y "
            "is None. Only a source of rows (a sklearn_gd.rows.RowSource) has targets of its own, "
            f"and {input_name} is of the class {type(X).__name__}."
        )
    y = _target(y, "y") if has_y else y
    with _naming_the_culprit(**{input_name: X, "y": y}):
        if table is None:
            found = validation.validate_data(estimator, X, y, **how)
            return (as_read(found[0], "X"), found[1]) if has_y else as_read(found, input_name)
        reset = how.pop("reset", True)
        validation.validate_data(estimator, X, y, reset=reset, skip_check_array=True)
        how["estimator"] = estimator
        if has_y:
            return table, utils.check_X_y(_like(table), y, **how)[1]
        utils.check_array(_like(table), input_name=input_name, **how)
        return table


def _is_plain(array, *dimensions):
    """Whether it is an array that scikit-learn's checks return as it is.

    They take longer than a small fit. What they would refuse they are asked, for the words.
    """
    is_float = type(array) is np.ndarray and array.dtype in FLOATS
    return is_float and array.ndim in dimensions and array.size > 0


def _is_plain_target(y, n_rows):
    return _is_plain(y, 1, 2) and len(y) == n_rows and all_of(np.isfinite(y))


def _has_noted_features(estimator, X, reset):
    """Note or check the number of features of an array; False if there is something to say."""
    known = vars(estimator)
    if reset:
        known.pop("feature_names_in_", None)
        known["n_features_in_"] = X.shape[1]
        return True
    return "feature_names_in_" not in known and known.get("n_features_in_") == X.shape[1]


def check_X_y(X, y, **how):  # noqa: N802
    """Like scikit-learn's `check_X_y`; a data frame becomes `Columns`."""
    X, table = _opened(X, "X")
    y = _target(y, "y")
    with _naming_the_culprit(X=X, y=y):
        X, y = utils.check_X_y(X if table is None else _like(table), y, **how)
        return as_read(X, "X") if table is None else table, y


def check_array(array, *, input_name, **how):
    """Like scikit-learn's `check_array`; a data frame becomes `Columns`."""
    array, table = _opened(array, input_name)
    how["input_name"] = input_name
    with _naming_the_culprit(**{input_name: array}):
        found = utils.check_array(array if table is None else _like(table), **how)
        return as_read(found, input_name) if table is None else table


def _opened(data, name):
    """Return what to read, which is no series, and its numbers by columns if it is a frame."""
    if isinstance(data, np.ndarray):
        check_readable(data, name)
        return data, None
    if isinstance(data, Columns):
        return data, data
    data = native(data)
    if isinstance(data, list | tuple):
        with suppress(ValueError):  # scikit-learn will say what is wrong
            data = np.asarray(data)
    check_readable(data, name)
    found = columns_of(data, name)
    return (found, None) if isinstance(found, np.ndarray) else (data, found)


def _target(y, name):
    """Return y or weights, as an array if they are of a frame or series, in NumPy."""
    if isinstance(y, str):
        raise TypeError(f"{name} must be an array of numbers, got the string {y!r}.")
    y, table = _opened(y, name)
    if table is None:
        return in_numpy(y)
    return table[:] if table.whole is None else table.whole


def _like(table):
    """Return an array that scikit-learn may check in the frame's place, of no size in memory."""
    return np.broadcast_to(np.float64(0.0), table.shape)


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
        array = np.asarray(in_numpy(values))
        if array.dtype.kind in "biuf":
            return None
        if array.dtype.kind == "O":
            array.astype(np.float64)
            return None
    except (TypeError, ValueError, OverflowError) as again:
        return "objects" if str(again) == str(error) else None
    return f"dtype {array.dtype}"


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
    columns = np.asarray(y).reshape(len(y), -1)
    weights = check_weights(sample_weight, X.shape[0], f"sample_weight{suffix}")
    return Rows(as_stored(X), columns, weights, names=names_of(X))


def names_of(X):
    """Return the names of the features of a data frame, else None."""
    return X.names if isinstance(X, Columns) else None


def check_y(y, name):
    """Return targets as an array of one dimension or two."""
    return check_array(_target(y, name), input_name=name, dtype="numeric", ensure_2d=False)


def check_target(y, X, target_shape, suffix=""):
    """Return y, which must have an entry for each row of X and targets of that shape."""
    name = f"y{suffix}"
    y = check_y(y, name)
    expected = X.shape[0], *target_shape
    if y.shape != expected:
        raise ValueError(
            f"{name} must have an entry for each row of X{suffix} and the targets of the other "
            f"rows, shape {expected}, got {y.shape}."
        )
    return y


def as_stored(X):
    """Return X as `Rows` takes it; of what is sparse, a csr_array without duplicates."""
    if isinstance(X, DeviceArray):
        return X
    if not sparse.issparse(X):
        is_frame = isinstance(X, Columns)
        whole = X.whole if is_frame else np.asarray(X)
        return X if whole is None else whole
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
    sample_weight = _target(sample_weight, name)
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
        values = in_numpy(values)
        array = np.asarray(values)
        check_readable(values if isinstance(values, np.ndarray) else array, name)
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
