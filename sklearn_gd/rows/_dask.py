"""Rows in a Dask array or dataframe: a kernel is applied to each chunk, a tree adds up results.

Only what a kernel returns is gathered, never rows.  Which threads, processes
or machines do the work is up to the active scheduler.
"""

from functools import reduce
from operator import add
from typing import Any

import dask
import dask.array as da
import numpy as np
from dask.delayed import Delayed
from dask.highlevelgraph import HighLevelGraph

from . import _checks as checks
from . import _dask_scheduler as scheduler
from ._dask_checks import aligned, features, new_name, weights_near_one, with_known_chunks
from ._machine import MEMORY_SHARE
from ._memory import float_dtype
from ._predictions import predicted
from ._sourced import Layout, SourcedRows, typical_of
from .protocol import RowSource

# This many partial sums are added up in one task.
BRANCHES = 8


class DaskSource(RowSource):
    """Rows in the chunks of Dask arrays.

    Parameters
    ----------
    X : dask.array.Array of shape (n_rows, n_features), in chunks of whole rows
    y : dask.array.Array of shape (n_rows, n_targets), float64, in chunks as X
    weights : dask.array.Array of shape (n_rows,), float64, in chunks as X, or None
    typical : int, default=None
        Number of the chunk whose rows are typical; None for the first that has any.
    """

    # Chunks that are read often are kept in memory.
    slowness = 1.0

    def __init__(self, X, y, weights=None, typical=None):
        self._given = arrays = [array for array in (X, y, weights) if array is not None]
        # The tasks of a chunk are optimised once, not for each read, and get new names: under
        # the user's names the scheduler may remember tasks that failed.
        self._lazy = self._arrays = list(dask.optimize(*map(_renamed, arrays)))
        self.n_rows = X.shape[0]
        self._n_reads = 0
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

    def typical_of(self, layout):
        """Return what `typical_of` one chunk returns."""
        name = new_name("sample")
        return self._run({name: self._task(self._typical, _typical_of, layout)}, name)

    def sums(self, function):
        """Yield the sum over all chunks of what the function returns."""
        self._n_reads += 1
        if self._n_reads > 2:
            # So many reads mean that the descent is matrix-free, and there will be more.
            self._persist()
        # The function has a key of its own, so that what it holds is sent to each worker once.
        shared, level = new_name("kernel"), new_name("sum")
        graph: dict[Any, Any] = {shared: function}
        graph |= {(level, i): self._task(i, _called, shared) for i in self._chunks}
        parts = [(level, i) for i in self._chunks]
        while len(parts) > 1:
            groups = [parts[i : i + BRANCHES] for i in range(0, len(parts), BRANCHES)]
            level = new_name("sum")
            graph |= {(level, i): (_added, group) for i, group in enumerate(groups)}
            parts = [(level, i) for i in range(len(groups))]
        yield self._run(graph, parts[0])

    def _task(self, i, function, *first):
        """A Dask task: the function called with other arguments, then the arrays' chunk i."""
        X, y, *weights = self._arrays
        return (function, *first, (X.name, i, 0), (y.name, i, 0), *((w.name, i) for w in weights))

    def _run(self, graph, key):
        """Compute a key of a graph over the chunks."""
        name = new_name("graph")
        graph = HighLevelGraph.from_collections(name, graph, dependencies=self._arrays)
        return scheduler.compute(self._client, Delayed(key, graph, layer=name), self._given)


def _renamed(array):
    return array.map_blocks(_same, name=new_name("rows"), dtype=array.dtype, meta=array._meta)


def _same(chunk):
    return chunk


def _typical_of(layout, X, y, weights=None):
    return typical_of(layout.rows(X, y, weights))


def _called(function, *chunk):
    return function(*chunk)


def _added(parts):
    return reduce(add, parts)


def rows_of(estimator, X, y, sample_weight, *, reset=True, suffix=""):
    """Return SourcedRows of what a user passes, and the shape of a row of y.

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
    source = DaskSource(X, y.rechunk((X.chunks[0], -1)), *weights)
    layout = Layout(X.shape[1], float_dtype(X.dtype), y.shape[1:], names, suffix=suffix)
    return SourcedRows(source, layout, source.typical_of), target_shape


def features_of(X, sample_weight):
    """Return SourcedRows of what a user passes without targets, which are 0."""
    X = with_known_chunks(features(None, X, True, "X"))
    return rows_of(None, X, da.zeros(X.shape[0], chunks=X.chunks[0]), sample_weight)[0]


def predict(estimator, X):
    """Return the predictions as a lazy Dask array in the chunks of X."""
    X = features(estimator, X, False, "X")
    coef, intercept = estimator.coef_, estimator.intercept_
    how = {"drop_axis": 1} if coef.ndim == 1 else {"chunks": (X.chunks[0], (len(coef),))}
    dtype = np.result_type(X.dtype, coef.dtype)
    meta = np.empty((0,) * coef.ndim, dtype=dtype)
    name = type(estimator).__name__
    return X.map_blocks(_predict, coef, intercept, name, dtype=dtype, meta=meta, **how)


def _predict(X, coef, intercept, estimator_name):
    return predicted(checks.as_stored(X), coef, intercept, estimator_name)
