"""Rows in a Dask array or dataframe: a kernel is applied to each chunk, and a tree adds up.

What is gathered is what a kernel returns, never rows.  Which threads,
processes or machines do the work is up to the active scheduler.
"""

import copy
import math
import uuid
import warnings

import dask
import dask.array as da
import numpy as np
from dask.base import is_dask_collection
from dask.delayed import Delayed
from dask.highlevelgraph import HighLevelGraph
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from scipy import sparse
from sklearn.utils import assert_all_finite, check_array
from sklearn.utils.validation import validate_data

from . import _validation as validation
from ._cached import cached_property
from ._callbacks import FRAMES
from ._dask_scheduler import compute, memory, on_a_cluster
from .hessian import MEMORY_SHARE
from .rows import LANES, Rows, float_dtype, predictions, summed

# So many partial sums are added up in one task.
BRANCHES = 8


class DaskRows:
    """Rows in chunks, with the interface of `Rows`.

    Parameters
    ----------
    X : dask.array.Array of shape (n_rows, n_features), in chunks of whole rows
    y : dask.array.Array of shape (n_rows, n_targets), float64, in chunks as X
    weights : dask.array.Array of shape (n_rows,), float64, in chunks as X, or None
    typical : int, default=None
        Number of the chunk whose rows are typical; None for the first that has any.
    """

    can_be_split = False

    def __init__(self, X, y, weights=None, typical=None):
        arrays = [array for array in (X, y, weights) if array is not None]
        # What a chunk needs is put together once, not for each read.
        self._arrays = list(dask.optimize(*arrays))
        self.n_rows, self.n_features = X.shape
        self.n_targets = y.shape[1]
        self.dtype = float_dtype(X.dtype)
        self.reads = 0
        self._is_persisted = False
        # Those that have rows.
        self._chunks = [i for i, size in enumerate(X.chunks[0]) if size]
        self._typical = self._chunks[0] if typical is None else typical

    def _persist(self):
        """Keep the chunks in memory if it is worth it, and has room for them.

        On a cluster they wait where they were made, from the first use on; here
        they may as well be made again, unless they are read so often as by passes.
        """
        if self._is_persisted or not (self.reads > 2 or on_a_cluster()):
            return
        if self._arrays[0].nbytes <= MEMORY_SHARE * memory():
            self._arrays = list(dask.persist(*self._arrays))
            self._is_persisted = True

    @cached_property
    def _sample(self):
        """What one chunk tells: the share of X that is stored, and the typical row."""
        self._persist()
        name = _new_name("sample")
        return self._run({name: self._task(self._typical, _sample_of)}, name)

    @property
    def n_stored(self):
        """Numbers stored in X, if all chunks are as sparse as that one."""
        return int(self._sample[0] * self.n_rows * self.n_features)

    def typical_row(self):
        """Return the same as `Rows.typical_row`, of one chunk."""
        return self._sample[1]

    def sum(self, kernel, block_rows=None, n_lanes=LANES, work=1.0):
        """Read every row once: add up ``kernel(X, y, weights)``, as `Rows.sum` does."""
        self.reads += 1
        self._persist()
        # A key of its own, so that what the kernel holds is sent to each worker once.
        shared, level = _new_name("kernel"), _new_name("sum")
        graph: dict = {shared: _Kernel(kernel, block_rows, n_lanes, work)}
        graph |= {(level, i): self._task(i, _chunk_sum, shared) for i in self._chunks}
        parts = [(level, i) for i in self._chunks]
        while len(parts) > 1:
            groups = [parts[i : i + BRANCHES] for i in range(0, len(parts), BRANCHES)]
            level = _new_name("sum")
            graph |= {(level, i): (_branch_sum, group) for i, group in enumerate(groups)}
            parts = [(level, i) for i in range(len(groups))]
        return self._run(graph, parts[0])

    def _task(self, i, function, *first):
        """A task of Dask's: the function of the arrays' chunk i, after other arguments."""
        X, y, *weights = self._arrays
        return (function, *first, (X.name, i, 0), (y.name, i, 0), *((w.name, i) for w in weights))

    def _run(self, graph, key):
        """Compute a key of a graph over the chunks."""
        name = _new_name("graph")
        graph = HighLevelGraph.from_collections(name, graph, dependencies=self._arrays)
        return compute(Delayed(key, graph, layer=name))


class _Kernel:
    """A kernel, and how `Rows` are to sum it."""

    def __init__(self, kernel, *how):
        self.kernel, self.how = kernel, how


def _new_name(what):
    return f"sklearn-gd-{what}-{uuid.uuid4().hex}"


def _in_memory(X, y, weights=None):
    for name, values in ("y", y), ("sample_weight", weights):
        if values is not None and len(values) != X.shape[0]:
            raise ValueError(
                f"{name} must be partitioned as X: a chunk of X has {X.shape[0]} rows, that of "
                f"{name} {len(values)}, which is inconsistent."
            )
    return Rows(validation.as_stored(X), y, weights)


def _sample_of(*chunk):
    rows = _in_memory(*chunk)
    return rows.n_stored / (rows.n_rows * rows.n_features), rows.typical_row()


def _chunk_sum(shared, *chunk):
    return _in_memory(*chunk).sum(shared.kernel, *shared.how)


def _branch_sum(parts):
    # What Dask has computed must not change.
    return summed([[copy.copy(value) for value in parts[0]], *parts[1:]])


def rows_of(estimator, X, y, sample_weight, *, reset=True, suffix=""):
    """Return DaskRows of what a user passes, and the shape of a row of y.

    Parameters
    ----------
    estimator : GradientDescentRegressor
        Told of the features, or with ``reset=False`` asked for them.
    X, y, sample_weight
        As in its fit; y and the weights may be in memory.
    reset : bool, default=True
    suffix : str, default=""
        Of the parameters' names: ``_val`` for held-out rows.
    """
    X = _with_known_chunks(_features(estimator, X, reset, f"X{suffix}", 8 + FRAMES))
    if X.shape[0] == 0:
        raise ValueError(f"X{suffix} has 0 sample(s), but at least one is required.")
    y = _aligned(y, X, f"y{suffix}")
    target_shape = y.shape[1:]
    y = y.astype(np.float64)
    y = y if y.ndim == 2 else y[:, None]
    weights = ()
    if sample_weight is not None:
        weights = _weights(sample_weight, X, f"sample_weight{suffix}")
    return DaskRows(X, y.rechunk((X.chunks[0], -1)), *weights), target_shape


def _features(estimator, X, reset, name, frames):
    """X as a Dask array of whole rows, whose chunks may be of unknown length.

    The number of frames is that between a warning and the user's line.
    """
    # An object may say that it has whatever it is asked for.
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
    validate_data(estimator, known, reset=reset, skip_check_array=True)
    X = X.to_dask_array() if is_frame else X
    validation.check_numeric(X, name)
    if X.numblocks[1] > 1:
        warnings.warn(
            f"{name} is in chunks of {X.chunksize[1]} of its {X.shape[1]} columns and is put "
            "together to whole rows, which moves all data; better write it in chunks of rows.",
            stacklevel=frames,
        )
        X = X.rechunk({1: -1})
    return X


def _plain(frame, name):
    """Return the dataframe or series as numbers that NumPy has, as pandas would convert it."""
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


def _with_known_chunks(array):
    """Find out how long the chunks are, if that is unknown."""
    # It works in place, on what may be the user's.
    return copy.copy(array).compute_chunk_sizes() if math.isnan(array.shape[0]) else array


def _aligned(values, X, name):
    """Return y or weights as a Dask array in the chunks of X."""
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
            # Partitions of one frame; each chunk looks whether they really are.
            chunks = X.chunks[0] if same else _with_known_chunks(values).chunks[0]
            values = da.Array(
                values.dask, values.name, (chunks, *values.chunks[1:]), meta=values._meta
            )
    else:
        values = check_array(values, input_name=name, dtype="numeric", ensure_2d=False)
        values = da.from_array(values, chunks=-1)
    validation.check_numeric(values, name)
    if values.ndim > 2 or values.shape[0] != X.shape[0]:
        raise ValueError(
            f"{name} must have one entry per row of X, {X.shape[0]}, got shape {values.shape}."
        )
    return values.rechunk({0: X.chunks[0]})


def _weights(sample_weight, X, name):
    """Weights in the chunks of X, near 1, and the number of the heaviest chunk."""
    if not is_dask_collection(sample_weight):
        sample_weight = validation.check_weights(sample_weight, X.shape[0], name)
    weights = _aligned(sample_weight, X, name).astype(np.float64)
    if weights.ndim != 1:
        raise ValueError(f"{name} must be 1-D or a number, got {weights.ndim} dimensions.")
    one_each = ((1,) * weights.numblocks[0], (3,))
    found = weights.map_blocks(
        _extremes, dtype=float, chunks=one_each, new_axis=1, meta=np.empty((0, 3))
    )
    low, high, total = compute(found).T
    assert_all_finite(np.array([low, high]), input_name=name)
    if low.min() < 0:
        raise ValueError(f"{name} must not be negative, got {low.min()}.")
    # The heaviest chunk's rows are typical of those that count.
    return weights * validation.near_one(high.max(), name), int(total.argmax())


def _extremes(weights):
    """Least, largest and sum of the weights of a chunk, as its only row."""
    if not len(weights):
        return np.zeros((1, 3))
    return np.array([[weights.min(), weights.max(), weights.sum()]])


def predict(estimator, X):
    """Return the predictions as a lazy Dask array in the chunks of X."""
    X = _features(estimator, X, False, "X", 4)
    coef, intercept = estimator.coef_, estimator.intercept_
    how = {"drop_axis": 1} if coef.ndim == 1 else {"chunks": (X.chunks[0], (len(coef),))}
    dtype = np.result_type(X.dtype, coef.dtype)
    meta = np.empty((0,) * coef.ndim, dtype=dtype)
    return X.map_blocks(_predict, coef, intercept, dtype=dtype, meta=meta, **how)


def _predict(X, coef, intercept):
    X = validation.as_stored(X)
    assert_all_finite(X.data if sparse.issparse(X) else X, input_name="X")
    return predictions(X, coef, intercept)


def score(estimator, X, y, sample_weight=None):
    """Return R^2 as scikit-learn's, the mean over the targets, without gathering rows."""
    rows, _ = rows_of(estimator, X, y, sample_weight, reset=False)
    W, b = np.atleast_2d(estimator.coef_).T.astype(np.float64), estimator.intercept_
    *_, y_middle = rows.typical_row()

    def kernel(X, y, weights):
        weights = np.ones(len(y)) if weights is None else weights
        residual, y = X.dot(W) + b - y, y - y_middle
        return weights.sum(), weights.dot(y), weights.dot(y**2), weights.dot(residual**2)

    total, y_sum, y_square, residual_square = rows.sum(kernel)
    if not np.isfinite(residual_square).all():
        validation.check_finite(rows)
    y_square = np.maximum(y_square - y_sum**2 / total, 0.0)
    left = np.divide(residual_square, y_square, out=np.ones_like(y_square), where=y_square > 0)
    left[(y_square == 0) & (residual_square == 0)] = 0.0
    return float(1.0 - left.mean())
