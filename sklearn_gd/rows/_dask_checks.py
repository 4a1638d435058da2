"""Checks of the user's Dask collections, which bring X, y and weights into the same chunks."""

import math
import uuid
import warnings

import dask.array as da
import numpy as np
from dask.base import is_dask_collection
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import validate_data

from .._frames import stacklevel
from . import _checks as checks
from . import _dask_scheduler as scheduler


def new_name(what):
    """Return a name for tasks that no other tasks have."""
    return f"sklearn-gd-{what}-{uuid.uuid4().hex}"


def features(estimator, X, reset, name):
    """X as a Dask array of whole rows, whose chunks may be of unknown length."""
    # The class is asked, as an object may claim to have any attribute.
    is_frame = hasattr(type(X), "to_dask_array") and X.ndim == 2
    X = _plain(X, name) if is_frame else X
    if not (is_frame or isinstance(X, da.Array)):
        raise TypeError(
            f"{name} must be a Dask array or dataframe, or in memory, got {type(X).__name__}."
        )
    if X.ndim != 2:
        raise ValueError(f"{name} must have two dimensions, got {X.ndim}.")
    known = X._meta if is_frame else np.empty((0, X.shape[1]))
    if known.shape[1] == 0:
        raise ValueError(f"{name} has 0 feature(s), but at least one is required.")
    if estimator is not None:
        validate_data(estimator, known, reset=reset, skip_check_array=True)
    X = X.to_dask_array() if is_frame else X
    checks.check_numeric(X, name)
    if X.numblocks[1] > 1:
        warnings.warn(
            f"{name} is in chunks of {X.chunksize[1]} of its {X.shape[1]} columns and is put "
            "together into whole rows, which moves all data; store it in chunks of whole rows.",
            stacklevel=stacklevel(),
        )
        X = X.rechunk({1: -1})
    return X


def _plain(frame, name):
    """Return the dataframe or series in a numeric dtype of NumPy's, converted as by pandas."""
    meta = frame._meta if frame.ndim == 2 else frame._meta.to_frame()
    others = [
        f"{key!r} ({dtype})"
        for key, dtype in meta.dtypes.items()
        if not (is_numeric_dtype(dtype) or is_bool_dtype(dtype))
    ]
    if others:
        raise ValueError(f"{name} must be numeric, but has the columns {', '.join(others)}.")
    numpys = all(isinstance(dtype, np.dtype) for dtype in meta.dtypes)
    is_plain = numpys and meta.to_numpy().dtype.kind in "biuf"
    return frame if is_plain else frame.astype(np.float64)


def with_known_chunks(array):
    """Find out how long the chunks are, if that is unknown."""
    if not math.isnan(array.shape[0]):
        return array
    columns = range(1, array.ndim)
    first = array.blocks[(slice(None), *(slice(1) for _ in columns))]
    lengths = first.map_blocks(
        _length,
        name=new_name("length"),
        dtype=int,
        chunks=((1,) * array.numblocks[0],),
        drop_axis=list(columns),
        meta=np.empty(0, dtype=int),
    )
    return _with_chunks(
        array, tuple(scheduler.compute(scheduler.active_client(), lengths).tolist())
    )


def _length(chunk):
    return np.array([chunk.shape[0]])


def _with_chunks(array, lengths):
    """Return the array with chunks of these lengths, which have become known."""
    return da.Array(array.dask, array.name, (lengths, *array.chunks[1:]), meta=array._meta)


def aligned(values, X, name):
    """Return y or weights as a Dask array in the chunks of X."""
    if values is None:
        raise ValueError(f"{name} is required, but it is None.")
    if is_dask_collection(values):
        if hasattr(type(values), "to_dask_array"):
            values = _plain(values, name).to_dask_array()
        if not isinstance(values, da.Array):
            raise TypeError(
                f"{name} must be a Dask array, series or dataframe, or in memory, got "
                f"{type(values).__name__}."
            )
        if math.isnan(values.shape[0]):
            same = values.numblocks[0] == X.numblocks[0]
            # Taken as partitions of one frame; each chunk checks whether they really are.
            values = _with_chunks(values, X.chunks[0]) if same else with_known_chunks(values)
    else:
        values = checks.check_array(values, input_name=name, dtype="numeric", ensure_2d=False)
    checks.check_numeric(values, name)
    if values.ndim > 2 or values.shape[0] != X.shape[0]:
        raise ValueError(
            f"{name} must have one entry per row of X, {X.shape[0]}, got shape {values.shape}."
        )
    if isinstance(values, np.ndarray):
        return _in_chunks(values, X.chunks[0])
    return values.rechunk({0: X.chunks[0]})


def _in_chunks(values, lengths):
    """Return a Dask array of slices, as `dask.array.from_array` would copy all values first."""
    name, others = new_name("values"), values.shape[1:]
    stops = np.cumsum(lengths)
    chunks = {
        (name, i, *(0 for _ in others)): values[stop - length : stop]
        for i, (stop, length) in enumerate(zip(stops, lengths, strict=True))
    }
    return da.Array(chunks, name, (lengths, *((n,) for n in others)), dtype=values.dtype)


def weights_near_one(sample_weight, X, name):
    """Weights in the chunks of X, near 1, and the number of the heaviest chunk."""
    if not is_dask_collection(sample_weight):
        sample_weight = checks.check_weights(sample_weight, X.shape[0], name)
    weights = aligned(sample_weight, X, name).astype(np.float64)
    if weights.ndim != 1:
        raise ValueError(f"{name} must be 1-D or a number, got {weights.ndim} dimensions.")
    one_each = ((1,) * weights.numblocks[0], (3,))
    found = weights.map_blocks(
        _extremes,
        name=new_name("extremes"),
        dtype=float,
        chunks=one_each,
        new_axis=1,
        meta=np.empty((0, 3)),
    )
    low, high, total = scheduler.compute(scheduler.active_client(), found).T
    assert_all_finite(np.array([low, high]), input_name=name)
    if low.min() < 0:
        raise ValueError(f"{name} must not be negative, got {low.min()}.")
    # The heaviest chunk's rows are typical of those that count.
    return checks.near_one(weights, high.max(), name), int(total.argmax())


def _extremes(weights):
    """Least, largest and sum of the weights of a chunk, as its only row."""
    if not len(weights):
        return np.zeros((1, 3))
    # A sum that overflows float64 still is that of a heavy chunk.
    with np.errstate(over="ignore"):
        return np.array([[weights.min(), weights.max(), weights.sum()]])
