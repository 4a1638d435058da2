"""Rows in a Dask array or dataframe: a kernel is applied to each chunk, a tree adds up results.

Only what a kernel returns is gathered, never rows.  Which threads, processes
or machines do the work is up to the active scheduler.
"""

import copy
import math
import warnings
from typing import Any

import dask
import dask.array as da
import numpy as np
from dask.delayed import Delayed
from dask.highlevelgraph import HighLevelGraph
from scipy import sparse
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import assert_all_finite

from .._cached import cached_property
from .._frames import stacklevel
from . import _checks as checks
from . import _dask_scheduler as scheduler
from ._dask_checks import aligned, features, new_name, weights_near_one, with_known_chunks
from ._machine import MEMORY_SHARE
from ._memory import Rows, float_dtype, predictions, summed

# This many partial sums are added up in one task.
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
    names : list, default=None
        Of the features, for errors.
    """

    can_be_split = False
    in_memory = False

    def __init__(self, X, y, weights=None, typical=None, names=None):
        self._given = arrays = [array for array in (X, y, weights) if array is not None]
        # The tasks of a chunk are optimised once, not for each read, and get new names: under
        # the user's names the scheduler may remember tasks that failed.
        self._lazy = self._arrays = list(dask.optimize(*map(_renamed, arrays)))
        self.n_rows, self.n_features = X.shape
        self.n_targets = y.shape[1]
        self.dtype = float_dtype(X.dtype)
        self.reads, self.names = 0, names
        self._client = scheduler.active_client()
        # Numbers of the chunks that have rows.
        self._chunks = [i for i, size in enumerate(X.chunks[0]) if size]
        self._typical = self._chunks[0] if typical is None else typical

    def __enter__(self):
        # A cluster keeps chunks where they were made; without, they may as well be made again.
        if self._client is not None:
            self._persist()
        return self

    def __exit__(self, *exception):
        if self._arrays is not self._lazy:
            scheduler.release(self._arrays)
            self._arrays = self._lazy

    def _persist(self):
        """Keep the chunks in memory if it has room for them."""
        if self._arrays is not self._lazy:
            return
        if self._lazy[0].nbytes <= MEMORY_SHARE * scheduler.memory(self._client):
            self._arrays = scheduler.persist(self._client, self._lazy)

    @cached_property
    def _sample(self):
        """What one chunk shows: the share of X that is stored, and the typical row."""
        name = new_name("sample")
        return self._run({name: self._task(self._typical, _sample_of)}, name)

    @property
    def n_stored(self):
        """Numbers stored in X, if all chunks are as sparse as that one."""
        return int(self._sample[0] * self.n_rows * self.n_features)

    def typical_row(self):
        """Return the same as `Rows.typical_row`, of one chunk."""
        return self._sample[1]

    def sum(self, kernel, **how):
        """Read every row once: add up ``kernel(X, y, weights)``, as `Rows.sum` does."""
        self.reads += 1
        if self.reads > 2:
            # So many reads mean that the descent is matrix-free, and there will be more.
            self._persist()
        # The kernel has a key of its own, so that what it holds is sent to each worker once.
        shared, level = new_name("kernel"), new_name("sum")
        graph: dict[Any, Any] = {shared: _Kernel(kernel, how)}
        graph |= {(level, i): self._task(i, _chunk_sum, shared) for i in self._chunks}
        parts = [(level, i) for i in self._chunks]
        while len(parts) > 1:
            groups = [parts[i : i + BRANCHES] for i in range(0, len(parts), BRANCHES)]
            level = new_name("sum")
            graph |= {(level, i): (_branch_sum, group) for i, group in enumerate(groups)}
            parts = [(level, i) for i in range(len(groups))]
        return self._run(graph, parts[0])

    def _task(self, i, function, *first):
        """A Dask task: the function called with other arguments, then the arrays' chunk i."""
        X, y, *weights = self._arrays
        return (function, *first, (X.name, i, 0), (y.name, i, 0), *((w.name, i) for w in weights))

    def _run(self, graph, key):
        """Compute a key of a graph over the chunks."""
        name = new_name("graph")
        graph = HighLevelGraph.from_collections(name, graph, dependencies=self._arrays)
        return scheduler.compute(self._client, Delayed(key, graph, layer=name), self._given)


class _Kernel:
    """A kernel, and how `Rows` are to sum it."""

    def __init__(self, kernel, how):
        self.kernel, self.how = kernel, how


def _renamed(array):
    return array.map_blocks(_same, name=new_name("rows"), dtype=array.dtype, meta=array._meta)


def _same(chunk):
    return chunk


def _in_memory(X, y, weights=None):
    for name, values in ("y", y), ("sample_weight", weights):
        if values is not None and len(values) != X.shape[0]:
            raise ValueError(
                f"{name} must be partitioned like X: a chunk of X has {X.shape[0]} rows, that of "
                f"{name} {len(values)}, which is inconsistent."
            )
    return Rows(checks.as_stored(X), y, weights)


def _sample_of(*chunk):
    rows = _in_memory(*chunk)
    return rows.n_stored / (rows.n_rows * rows.n_features), rows.typical_row()


def _chunk_sum(shared, *chunk):
    return _in_memory(*chunk).sum(shared.kernel, **shared.how)


def _branch_sum(parts):
    # Results that Dask has computed must not be changed in place.
    return summed([[copy.copy(value) for value in parts[0]], *parts[1:]])


def rows_of(estimator, X, y, sample_weight, *, reset=True, suffix=""):
    """Return DaskRows of what a user passes, and the shape of a row of y.

    Parameters
    ----------
    estimator : GradientDescentRegressor or None
        Notes the features, or with ``reset=False`` checks them.
    X, y, sample_weight
        As in its fit; y and the weights may be in memory.
    reset : bool, default=True
    suffix : str, default=""
        Suffix of the parameters' names: ``_val`` for held-out rows.
    """
    names = list(X.columns) if hasattr(type(X), "to_dask_array") else None
    X = with_known_chunks(features(estimator, X, reset, f"X{suffix}"))
    if X.shape[0] == 0:
        raise ValueError(f"X{suffix} has 0 sample(s), but at least one is required.")
    y = aligned(y, X, f"y{suffix}")
    target_shape = y.shape[1:]
    y = y.astype(np.float64)
    y = y if y.ndim == 2 else y[:, None]
    weights = ()
    if sample_weight is not None:
        weights = weights_near_one(sample_weight, X, f"sample_weight{suffix}")
    y = y.rechunk((X.chunks[0], -1))
    return DaskRows(X, y, *weights, names=names), target_shape


def features_of(X, sample_weight):
    """Return DaskRows of what a user passes without targets, which are 0."""
    X = with_known_chunks(features(None, X, True, "X"))
    return rows_of(None, X, da.zeros(X.shape[0], chunks=X.chunks[0]), sample_weight)[0]


def predict(estimator, X):
    """Return the predictions as a lazy Dask array in the chunks of X."""
    X = features(estimator, X, False, "X")
    coef, intercept = estimator.coef_, estimator.intercept_
    how = {"drop_axis": 1} if coef.ndim == 1 else {"chunks": (X.chunks[0], (len(coef),))}
    dtype = np.result_type(X.dtype, coef.dtype)
    meta = np.empty((0,) * coef.ndim, dtype=dtype)
    return X.map_blocks(_predict, coef, intercept, dtype=dtype, meta=meta, **how)


def _predict(X, coef, intercept):
    X = checks.as_stored(X)
    assert_all_finite(X.data if sparse.issparse(X) else X, input_name="X")
    return predictions(X, coef, intercept)


def score(estimator, X, y, sample_weight=None):
    """Return R^2 as scikit-learn does, the mean over the targets, without gathering rows."""
    rows, _ = rows_of(estimator, X, y, sample_weight, reset=False)
    W, b = np.atleast_2d(estimator.coef_).T.astype(np.float64), estimator.intercept_
    if rows.n_targets != W.shape[1]:
        raise ValueError(f"y has {rows.n_targets} target(s), but fit was given {W.shape[1]}.")
    if rows.n_rows < 2:
        warnings.warn(
            "R^2 is not defined for fewer than two rows.",
            UndefinedMetricWarning,
            stacklevel=stacklevel(),
        )
        return math.nan
    with rows:
        *_, y_middle = rows.typical_row()

        def kernel(X, y, weights):
            weights = np.ones(len(y)) if weights is None else weights
            residual, y = X.times(W) + b - y, y - y_middle
            return weights.sum(), weights.dot(y), weights.dot(y**2), weights.dot(residual**2)

        total, y_sum, y_square, residual_square = rows.sum(kernel)
    if not np.isfinite(residual_square).all():
        checks.check_finite(rows)
    y_square = np.maximum(y_square - y_sum**2 / total, 0.0)
    left = np.divide(residual_square, y_square, out=np.ones_like(y_square), where=y_square > 0)
    left[(y_square == 0) & (residual_square == 0)] = 0.0
    return float(1.0 - left.mean())
