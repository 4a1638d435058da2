"""The order of the examples: as one learns, and whatever is not listed at the end."""

from sphinx_gallery.sorting import FileNameSortKey

FIRST = [
    "plot_descent_laboratory.py",
    "plot_first_fit.py",
    "plot_which_alpha.py",
    "plot_scaling.py",
    "plot_raw_table.py",
    "plot_learning_rates.py",
    "plot_grid_search_diabetes.py",
    "plot_early_stopping_and_ridge.py",
    "plot_positive_coefficients.py",
    "plot_search.py",
    "plot_batch_and_stochastic.py",
    "plot_memory_mapped.py",
    "plot_partial_fit.py",
    "plot_dask_threads.py",
    "plot_dask_cluster.py",
    "plot_callbacks.py",
]


class AsOneLearns(FileNameSortKey):
    """Sort key of an example."""

    def __call__(self, filename):
        """Return the place in the list, then the name."""
        place = FIRST.index(filename) if filename in FIRST else len(FIRST)
        return place, filename
