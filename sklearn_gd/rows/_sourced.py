"""Rows of a RowSource, each chunk of which is read as `Rows` in memory, where it is.

Only what a kernel returns leaves a chunk, never its rows.
"""

import copy
import math
import numbers
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from joblib import wrap_non_picklable_objects

from .._cached import cached_property
from . import _checks as checks
from ._arrays import in_numpy
from ._memory import Rows, float_dtype, summed
from ._peeked import Peeked, check_chunk
from .protocol import RowSource

# Rows of a source that does not know how many it has.
MANY = 1 << 40
IN_BATCHES = {**checks.AS_IT_IS, "ensure_min_samples": 0}


@dataclass(frozen=True, eq=False, repr=False)
class Layout:
    """What all chunks of a source have in common.

    Attributes
    ----------
    n_features : int
    dtype : numpy dtype
        Of the coefficients.
    target_shape : tuple
        () or (n_targets,), as the source yields them; None if it has no targets.
    names : list or None
        Of the features.
    has_weights : bool or None
        None where all chunks are known to be alike.
    exponent : int
        Weights are multiplied by this power of two, to be near 1.
    suffix : str
        Of the names X, y and sample_weight in errors.
    """

    n_features: int
    dtype: type[np.floating[Any]]
    target_shape: tuple[int, ...] | None
    names: list[Any] | None = None
    has_weights: bool | None = None
    exponent: int = 0
    suffix: str = ""

    @property
    def n_targets(self):
        """How many targets there are; one, which is 0, where the source has none."""
        return math.prod(self.target_shape or ())

    def rows(self, X, y, weights):
        """Return the Rows of a chunk, or None if it is empty."""
        name = f"X{self.suffix}"
        X = checks.check_array(in_numpy(X), input_name=name, **IN_BATCHES)
        names = checks.names_of(X)
        if X.shape[1] != self.n_features or names not in (None, self.names):
            found = f"{X.shape[1]} columns" if names is None else f"the columns {names}"
            expected = self.n_features if self.names is None else self.names
            raise ValueError(f"A chunk of {name} has {found}, but the first one has {expected}.")
        n_rows = X.shape[0]
        for what, values in ("y", y), ("sample_weight", weights):
            if not (values is None or isinstance(values, numbers.Real) or len(values) == n_rows):
                raise ValueError(
                    f"A chunk of {name} has {n_rows} rows and that of {what}{self.suffix} "
                    f"{len(values)}, which is inconsistent."
                )
        if n_rows == 0:
            return None
        if self.has_weights not in (None, weights is not None):
            raise ValueError(
                f"A chunk has {'weights' if weights is not None else 'no weights'}, unlike the "
                "first one; give weights with every chunk, or with none."
            )
        if self.target_shape is None:
            y = np.zeros(n_rows)
        elif y is None:
            raise ValueError(f"A chunk has no y{self.suffix}, unlike the first one.")
        else:
            y = checks.check_target(y, X, self.target_shape, self.suffix)
        rows = checks.check_batch(X, y, weights, self.suffix)
        rows.is_passing = True
        if rows.weights is not None and self.exponent:
            largest = rows.weights.max()
            with np.errstate(over="ignore"):
                rows.weights = np.ldexp(rows.weights, self.exponent)
            if not np.isfinite(rows.weights).all():
                raise ValueError(
                    f"sample_weight{self.suffix} is up to {largest:.1e} in a chunk, and about "
                    f"{2.0**-self.exponent:.1e} in the first one: float64 cannot hold both."
                )
        return rows


class Sums:
    """What a kernel returns for some of the rows, to be added up by ``+``.

    Attributes
    ----------
    values : list
        Empty if there are no rows.
    n_rows : int
    heaviest : float
        The largest weight.
    """

    def __init__(self, values=(), n_rows=0, heaviest=0.0):
        self.values, self.n_rows, self.heaviest = values, n_rows, heaviest

    def __add__(self, other):
        if not (self.values and other.values):
            return self if self.values else other
        # An engine may keep both parts, which must not be changed.
        values = summed([[copy.copy(value) for value in self.values], other.values])
        n_rows, heaviest = self.n_rows + other.n_rows, max(self.heaviest, other.heaviest)
        return Sums(values, n_rows, heaviest)


@dataclass(frozen=True, eq=False, repr=False)
class Function:
    """What is sent to the chunks."""

    layout: Layout

    def __reduce__(self):
        # Kernels are functions inside of functions, which the pickle module alone refuses.
        return _restored, (type(self), wrap_non_picklable_objects(vars(self), keep_wrapper=False))


def _restored(kind, parts):
    return kind(**parts)


@dataclass(frozen=True, eq=False, repr=False)
class SumsOf(Function):
    """Sums of a kernel over the rows of a chunk."""

    kernel: Callable[..., tuple[Any, ...]]
    how: dict[str, Any]

    def __call__(self, X, y=None, weights=None):
        rows = self.layout.rows(X, y, weights)
        if rows is None:
            return Sums()
        heaviest = 1.0 if rows.weights is None else float(rows.weights.max())
        return Sums(rows.sum(self.kernel, **self.how), rows.n_rows, heaviest)


class SourcedRows:
    """Rows of a source, with the interface of `Rows`.

    Parameters
    ----------
    source : RowSource
    layout : Layout
    typical : callable
        Given the layout, returns what `typical_of` some of the rows returns.
    given : RowSource, default=None
        The user's own object, whose class errors name and which has been entered; None of Dask.
    """

    can_be_split = False
    in_memory = False

    def __init__(self, source, layout, typical, given=None):
        self.source, self.layout, self._given = source, layout, given
        self._who, self._is_open = type(given).__name__, given is not None
        self.n_rows = MANY if source.n_rows is None else source.n_rows
        self.n_features, self.n_targets = layout.n_features, layout.n_targets
        self.dtype, self.names = layout.dtype, layout.names
        self.slowness = max(source.slowness, 1e-3)
        self.reads = 0
        self._typical_of, self._n_found = typical, None

    def is_of(self, source):
        """Whether these are the rows of that very object."""
        return self._given is source

    def __enter__(self):
        if not self._is_open:
            self.source.__enter__()
            self._is_open = True
        return self

    def __exit__(self, *exception):
        self._is_open = False
        self.source.__exit__(*exception)

    @cached_property
    def _typical(self):
        return self._typical_of(self.layout)

    @property
    def n_stored(self):
        """Numbers stored in X, if all rows are as sparse as those looked at."""
        return int(self._typical[0] * self.n_rows * self.n_features)

    def typical_row(self):
        """Return the same as `Rows.typical_row`, of the rows looked at."""
        return self._typical[1]

    def sum(self, kernel, **how):
        """Read every row once: add up ``kernel(X, y, weights)``, as `Rows.sum` does."""
        self.reads += 1
        total = Sums()
        for part in self.source.sums(SumsOf(self.layout, kernel, how)):
            if not isinstance(part, Sums):
                raise TypeError(
                    f"{self._who}.sums must yield what the function returns, or "
                    f"sums of it, got {type(part).__name__}."
                )
            total = total + part
        self._check_found(total)
        return total.values

    def _check_found(self, total):
        who = self._who
        if self._n_found is None:
            if total.n_rows == 0:
                raise ValueError(f"{who} yields no rows.")
            if total.heaviest == 0.0:
                name = f"sample_weight{self.layout.suffix}"
                raise ValueError(f"{name} must have a positive entry, but all are zero.")
            self._n_found = self.n_rows = total.n_rows
        if total.n_rows != self._n_found:
            raise ValueError(
                f"{who} yielded {self._n_found} rows at first, and {total.n_rows} when it was "
                "read again; each call of chunks() or sums() must yield all of them anew."
            )


@np.errstate(over="ignore", invalid="ignore")
def typical_of(rows):
    """Return the share of X that is stored, and the typical row."""
    if rows.weights is not None and not rows.weights.any():
        rows = Rows(rows.X, rows.y)
    return rows.n_stored / (rows.n_rows * rows.n_features), rows.typical_row()


def open_source(source, estimator=None, *, reset=True, suffix="", needs_y=True):
    """Return SourcedRows of a source, and the shape of a row of y; see `_open.open_rows`.

    Parameters
    ----------
    source : RowSource
    estimator : estimator, default=None
        Notes the features, or with ``reset=False`` checks them.
    reset : bool, default=True
    suffix : str, default=""
        Of the names X, y and sample_weight in errors.
    needs_y : bool, default=True
        Whether there must be targets.
    """
    peeked = Peeked(source) if type(source).sums is RowSource.sums else source
    peeked.__enter__()
    try:
        how = {"reset": reset, "suffix": suffix, "needs_y": needs_y}
        return _opened(peeked, source, estimator, **how)
    except BaseException:
        peeked.__exit__(*sys.exc_info())
        raise


def _opened(source, given, estimator, *, reset, suffix, needs_y):
    some = source.sample()
    check_chunk(some, f"{type(given).__name__}.sample must return a tuple")
    X, y, weights = some
    X = in_numpy(X)
    name = f"X{suffix}"
    if estimator is None:
        X = checks.check_array(X, input_name=name, **checks.AS_IT_IS)
    else:
        how = {"reset": reset, "input_name": name, **checks.AS_IT_IS}
        X = checks.validate_data(estimator, X, **how)
    target_shape = None
    if y is not None:
        y = checks.check_y(y, f"y{suffix}")
        target_shape = y.shape[1:]
    elif needs_y:
        raise ValueError(
            f"y{suffix} is required, but {type(given).__name__} yields none (no target)."
        )
    names, has_weights = checks.names_of(X), weights is not None
    known = {"names": names, "has_weights": has_weights, "suffix": suffix}
    layout = Layout(X.shape[1], float_dtype(X.dtype), target_shape, **known)
    rows = layout.rows(X, y, weights)
    if rows.weights is not None and rows.weights.any():
        layout = replace(layout, exponent=-math.frexp(rows.weights.max())[1])
    typical = typical_of(rows)
    return SourcedRows(source, layout, lambda _: typical, given), target_shape or ()
