"""Predictions for rows of any kind, and how good they are for rows that cannot be gathered."""

import math
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.exceptions import UndefinedMetricWarning

from .._frames import stacklevel
from . import _checks as checks
from ._arrays import DeviceArray, all_finite
from ._columns import VALUES_AT_A_TIME, Columns
from ._finite import check_finite, check_finite_values
from ._memory import BLOCK_BYTES, is_far
from ._sourced import Function, open_source


def predicted(X, coef, intercept, estimator_name):
    """Return ``X @ coef.T + intercept`` of an X that is checked but for values not finite."""
    stored = checks.as_stored(X) if isinstance(X, Columns) else X
    with np.errstate(over="ignore", invalid="ignore"):
        found = _products(stored, coef, intercept)
    if not all_finite(found):
        # A value that is not finite shows there, whatever it is multiplied by.
        check_finite_values(X, estimator_name)
    return found


def _products(X, coef, intercept):
    """Return ``X @ coef.T + intercept`` without a converted copy of X as a whole."""
    if isinstance(X, DeviceArray):
        return X.predictions(coef, intercept)
    is_columns = isinstance(X, Columns)
    if sparse.issparse(X) or (X.dtype.kind == "f" and X.dtype.isnative and not is_columns):
        return X @ coef.T + intercept
    # NumPy would convert all of it at once.
    dtype = np.result_type(X.dtype, coef.dtype)
    found = np.empty((len(X), *coef.shape[:-1]), dtype=dtype)
    rows = max(BLOCK_BYTES // (8 * X.shape[1]), VALUES_AT_A_TIME)
    for start in range(0, len(X), rows):
        some = slice(start, start + rows)
        found[some] = X[some].astype(dtype) @ coef.T + intercept
    return found


@dataclass(frozen=True, eq=False, repr=False)
class _PredictionsOf(Function):
    """Predictions for the rows of a chunk."""

    coef: np.ndarray
    intercept: Any
    estimator_name: str

    def __call__(self, X, y=None, weights=None):
        rows = replace(self.layout, target_shape=None, has_weights=None).rows(X, None, None)
        return _Predictions([] if rows is None else [self._predict(rows)])

    def _predict(self, rows):
        return predicted(rows.X, self.coef, self.intercept, self.estimator_name)


class _Predictions:
    """Predictions for some of the rows, in their order, to be joined by ``+``."""

    def __init__(self, parts):
        self.parts = parts

    def __add__(self, other):
        return _Predictions(self.parts + other.parts)


def predicted_by_chunks(estimator, source):
    """Return the predictions for all rows of a source as an ndarray."""
    rows, _ = open_source(source, estimator, reset=False, needs_y=False)
    coef, intercept = estimator.coef_, estimator.intercept_
    function = _PredictionsOf(rows.layout, coef, intercept, type(estimator).__name__)
    with rows:
        parts = [part for some in rows.source.sums(function) for part in some.parts]
    return np.concatenate(parts) if parts else np.empty((0, *coef.shape[:-1]), coef.dtype)


def score_by_chunks(estimator, rows):
    """Return R^2 as scikit-learn does, the mean over the targets, without gathering rows."""
    W, b = np.atleast_2d(estimator.coef_).T.astype(np.float64), estimator.intercept_
    with rows:
        if rows.n_targets != W.shape[1]:
            raise ValueError(f"y has {rows.n_targets} target(s), but fit was given {W.shape[1]}.")
        *_, y_middle = rows.typical_row()
        y_mean, y_square, residual_square = _means(rows, W, b, y_middle)
        if is_far(y_mean, y_square):
            y_mean, y_square, residual_square = _means(rows, W, b, y_middle + y_mean)
        if not np.isfinite(residual_square).all():
            check_finite(rows)
    if rows.n_rows < 2:
        warnings.warn(
            "R^2 is not defined for fewer than two rows.",
            UndefinedMetricWarning,
            stacklevel=stacklevel(),
        )
        return math.nan
    y_square = np.maximum(y_square - y_mean**2, 0.0)
    left = np.divide(residual_square, y_square, out=np.ones_like(y_square), where=y_square > 0)
    left[(y_square == 0) & (residual_square == 0)] = 0.0
    return float(1.0 - left.mean())


def _means(rows, W, b, y_middle):
    """Weighted means of y about a value, of its square and of that of the residual."""

    def kernel(X, y, weights):
        weights = np.ones(len(y)) if weights is None else weights
        residual, y = X.times(W) + b - y, y - y_middle
        return weights.sum(), weights.dot(y), weights.dot(y**2), weights.dot(residual**2)

    total, *sums = rows.sum(kernel)
    return tuple(part / total for part in sums)
