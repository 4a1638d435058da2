"""The one place that finds out what X is, for everything that reads rows.

Rows in memory are read by blocks, Dask collections and sources by chunks; callers that
need rows in memory raise an error.
"""

from importlib import import_module

import numpy as np

from . import _checks as checks
from ._arrays import fitted_where, on_host
from ._predictions import predicted, predicted_by_chunks, score_by_chunks
from ._sourced import open_source
from .protocol import RowSource


def dask_for(X):
    """Return the module for Dask collections if X is one, else None.

    It is recognised by Dask's own protocol, so that Dask is imported only if needed.
    """
    return import_module("._dask", __package__) if hasattr(X, "__dask_graph__") else None


def open_away(X, y, sample_weight=None, *, estimator=None, reset=True, suffix=""):
    """Return SourcedRows and the shape of a row of y, or None if X is in memory.

    Parameters
    ----------
    X, y, sample_weight
        As in fit.
    estimator : estimator, default=None
        Notes the features, or with ``reset=False`` checks them.
    reset : bool, default=True
    suffix : str, default=""
        Of the parameters' names: ``_val`` for held-out rows.
    """
    how = {"reset": reset, "suffix": suffix}
    if isinstance(X, RowSource):
        for name, given in (f"y{suffix}", y), (f"sample_weight{suffix}", sample_weight):
            if given is not None:
                raise TypeError(
                    f"{name} must be None where X{suffix} is a {type(X).__name__}, which has "
                    f"targets and weights of its own, got {type(given).__name__}."
                )
        return open_source(X, estimator, **how)
    dask = dask_for(X)
    return None if dask is None else dask.rows_of(estimator, X, y, sample_weight, **how)


def open_rows(X, y, sample_weight=None, *, estimator=None):
    """Return a Source of the rows that a user passes, and the shape of a row of y.

    Parameters
    ----------
    X, y, sample_weight
        As in fit.
    estimator : estimator, default=None
        Notes the features.
    """
    away = open_away(X, y, sample_weight, estimator=estimator)
    if away is not None:
        return away
    if estimator is None:
        X, y = checks.check_X_y(X, y, **checks.ROWS_AS_THEY_ARE)
    else:
        X, y = checks.validate_data(estimator, X, y, **checks.ROWS_AS_THEY_ARE)
    return checks.check_rows(X, y, sample_weight), y.shape[1:]


def open_features(X, sample_weight=None):
    """Return a Source of the rows that a user passes without targets, which are 0."""
    if isinstance(X, RowSource):
        return open_source(X, needs_y=False)[0]
    dask = dask_for(X)
    if dask is not None:
        return dask.features_of(X, sample_weight)
    X = checks.check_array(X, input_name="X", **checks.AS_IT_IS)
    return checks.check_rows(X, np.zeros(X.shape[0]), sample_weight)


def predict(estimator, X):
    """Return the predictions of a fitted estimator; lazily for Dask collections."""
    if isinstance(X, RowSource):
        return predicted_by_chunks(on_host(estimator), X)
    dask = dask_for(X)
    if dask is not None:
        return dask.predict(on_host(estimator), X)
    estimator = fitted_where(X, estimator, "predict")
    how = {"accept_sparse": ["csr", "csc", "coo"], "ensure_all_finite": False}
    X = checks.validate_data(estimator, X, reset=False, **how)
    checks.check_numeric(X, "X")
    return predicted(X, estimator.coef_, estimator.intercept_, type(estimator).__name__)


def score_away(estimator, X, y, sample_weight=None):
    """Return R^2 of the predictions for rows that are not in memory; None if they are."""
    away = open_away(X, y, sample_weight, estimator=estimator, reset=False)
    return None if away is None else score_by_chunks(on_host(estimator), away[0])


def require_memory(who, remedy, *data):
    """Raise if any of the data would have to be loaded: a Dask collection or a source."""
    for part in data:
        if isinstance(part, RowSource) or dask_for(part) is not None:
            is_source = isinstance(part, RowSource)
            kind = type(part).__name__ if is_source else "Dask collection"
            raise TypeError(f"{who}, got a {kind}: {remedy}.")
