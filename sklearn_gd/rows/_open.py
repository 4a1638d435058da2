"""Whether data is a Dask collection: the one place outside the Dask module that asks."""

from importlib import import_module


def dask_for(X):
    """Return the module that works on Dask data if X is such, else None.

    Dask's own protocol tells, so that nothing of Dask is imported before.
    """
    return import_module("._dask", __package__) if hasattr(X, "__dask_graph__") else None
