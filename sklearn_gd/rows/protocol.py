"""The protocol of a source of rows of your own, for data that does not fit into memory.

J is a sum over rows, and so is all that a descent needs of the data: a few sums of
products, and with the Gram matrix one read of the rows is enough for all steps.
Derive a class from `RowSource` and implement one of two methods:

- ``chunks()`` where the rows come to this process, chunk by chunk: from files, or from a
  query's batches;
- ``sums(function)`` and ``sample()`` where a function can be sent to the rows: on the workers
  of a cluster.

Pass an object of it as X; y and weights are its own::

    GradientDescentRegressor().fit(source)

What the source must guarantee:

- Each call yields all rows anew: open a file or a cursor in ``chunks``, not in ``__init__``. Most
  fits call it once, some more often.
- Each row is counted once in a call, also where a chunk was tried again after a failure.
- X has the same columns in every chunk, in the same order, and y the same number of targets;
  either every chunk has weights or none has.
- Chunks, or results, come in a fixed order if every fit is to have the same bits. In another
  order, or in other chunks, only the rounding differs.
- Few chunks, or results, are kept at a time; each result may have as many numbers as X has
  columns, squared.

What the function guarantees:

- It can be pickled, by pickle and by cloudpickle, and holds no rows; it has at most some
  vectors of as many numbers as X has columns.
- It changes nothing and may run in any thread, process or machine that has this package, any
  number of times, on any chunk, with BLAS in as many threads as the worker allows.
- What it returns can be pickled and added up by ``+``, which changes neither part. For `fit` and
  `score` these are sums; for `predict` they are the chunk's predictions.

What the package guarantees:

- Its methods are called between ``__enter__`` and ``__exit__``, one call at a time, in one thread.
- An error raised by the source reaches the caller of `fit` as it is.

Examples
--------
>>> import numpy as np
>>> from sklearn_gd import GradientDescentRegressor
>>> from sklearn_gd.rows import RowSource
>>> class Simulated(RowSource):
...     def chunks(self):
...         for seed in range(10):
...             X = np.random.default_rng(seed).normal(size=(1000, 2))
...             yield X, X @ [1.0, -2.0] + 3.0, None
>>> reg = GradientDescentRegressor().fit(Simulated())
>>> reg.coef_.round(6), round(float(reg.intercept_), 6)
(array([ 1., -2.]), 3.0)
"""

from collections.abc import Callable, Iterable
from typing import Any, Self


class RowSource:
    """Rows that are read chunk by chunk; derive your own from it.

    What both sides guarantee is said in the text of the module `sklearn_gd.rows.protocol`.

    Attributes
    ----------
    n_rows : int or None
        How many rows there are, at least roughly; None if that is not known. Only the choice
        of the quickest way depends on it.
    slowness : float
        How many times as long a read takes as one of rows in memory: where it is large the
        Gram matrix, which spares later reads, is computed at once.
    """

    n_rows: int | None = None
    slowness: float = 10.0

    def chunks(self) -> Iterable[tuple[Any, Any, Any]]:
        """Yield (X, y, weights) of one chunk of rows after the other.

        Yields
        ------
        X : {array, sparse matrix, dataframe} of shape (n, n_features)
            Of any kind that `fit` takes in memory. A few megabytes are enough; chunks may be
            empty.
        y : array of shape (n,) or (n, n_targets)
            None if there are no targets, which is enough for `predict`.
        weights : array of shape (n,) or None
            None for weights of 1.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must implement chunks(), or sums(function) and sample()."
        )

    def sums(self, function: Callable[..., Any]) -> Iterable[Any]:
        """Yield ``function(X, y, weights)`` of one chunk after the other.

        Results, a few or all of them, may be added up by ``+`` first, in the order of the
        rows.

        Parameters
        ----------
        function : callable
            See the module's text. Its arguments are what ``chunks`` yields.
        """
        for chunk in self.chunks():
            yield function(*chunk)

    def sample(self) -> tuple[Any, Any, Any]:
        """Return (X, y, weights) of some rows, at least one, in memory.

        They show names and number of the columns, dtypes, and the size that values
        typically have: one of these rows is subtracted from all before they are summed up,
        which saves digits of features far from the origin. Of a source that has ``chunks`` and
        no ``sums`` of its own, the first chunk is looked at instead, without reading it twice.
        """
        raise NotImplementedError(f"{type(self).__name__} has sums(), and must have sample().")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Release what is kept between reads."""
