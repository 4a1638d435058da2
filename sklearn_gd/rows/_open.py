"""The one place that finds out what X is, for everything that reads rows.

Rows in memory are read by blocks, Dask collections by chunks; callers that
need rows in memory raise an error.
"""

from importlib import import_module

import numpy as np

from . import _checks as checks


def dask_for(X):
    """Return the module for Dask collections if X is one, else None.

    It is recognised by Dask's own protocol, so that Dask is imported only if needed.
    """
    return import_module("._dask", __package__) if hasattr(X, "__dask_graph__") else None


def open_rows(X, y, sample_weight=None, *, estimator=None):
    """Return a Source of the rows that a user passes, and the shape of a row of y.

    Parameters
    ----------
    X, y, sample_weight
        As in fit.
    estimator : estimator, default=None
        Notes the features.
    """
    dask = dask_for(X)
    if dask is not None:
        return dask.rows_of(estimator, X, y, sample_weight)
    if estimator is None:
        X, y = checks.check_X_y(X, y, **checks.ROWS_AS_THEY_ARE)
    else:
        X, y = checks.validate_data(estimator, X, y, **checks.ROWS_AS_THEY_ARE)
    return checks.check_rows(X, y, sample_weight), y.shape[1:]


def open_features(X, sample_weight=None):
    """Return a Source of the rows that a user passes without targets, which are 0."""
    dask = dask_for(X)
    if dask is not None:
        return dask.features_of(X, sample_weight)
    X = checks.check_array(X, input_name="X", **checks.AS_IT_IS)
    return checks.check_rows(X, np.zeros(X.shape[0]), sample_weight)


def require_memory(who, remedy, *data):
    """Raise if any of the data is a Dask collection, which would have to be loaded."""
    if any(dask_for(part) is not None for part in data):
        raise TypeError(f"{who}, got a Dask collection: {remedy}.")
