"""Held-out rows for early stopping: the user's own, or a share of X split off."""

import math
import numbers
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state

from . import _checks as checks
from ._checks import validate_data
from ._memory import Rows
from ._open import open_away
from ._sourced import SourcedRows
from .protocol import RowSource


@dataclass(frozen=True, eq=False, repr=False)
class HeldOutRows:
    """Rows that are held out.

    Attributes
    ----------
    rows : Rows
    suffix : str
        Suffix of the names X and y in errors about them.
    split : tuple of (float, int), or None
        Arguments with which `split_rows` makes the split again, if it made one.
    """

    rows: Rows
    suffix: str = ""
    split: tuple[float, int] | None = None


def hold_out(estimator, rows, target_shape, X_val, y_val, sample_weight_val):
    """Return the Rows to descend on, and the HeldOutRows; None without early stopping."""
    if not estimator.early_stopping:
        return rows, None
    if X_val is not None:
        if isinstance(rows, SourcedRows) and rows.is_of(X_val):
            raise ValueError(
                "X_val is the source that X is, but held-out rows must be others, in a source of "
                "their own."
            )
        given = _given_rows(estimator, X_val, y_val, sample_weight_val, target_shape)
        return rows, HeldOutRows(given, "_val")
    if not rows.can_be_split:
        raise ValueError(
            "early_stopping=True can hold out a share only of rows in memory; pass held-out rows "
            "as X_val and y_val (a source of rows has its own y)."
        )
    split = float(estimator.validation_fraction), _seed(estimator.random_state)
    rows, held_out = split_rows(rows, *split)
    return rows, HeldOutRows(held_out, split=split)


def check_asked(early_stopping, X_val, y_val, sample_weight_val):
    """Raise if held-out rows are given in part, or without early stopping."""
    given = {"X_val": X_val, "y_val": y_val, "sample_weight_val": sample_weight_val}
    names = [name for name, value in given.items() if value is not None]
    if not names:
        return
    required = ["X_val"] if isinstance(X_val, RowSource) else ["X_val", "y_val"]
    missing = [name for name in required if given[name] is None]
    if missing:
        raise ValueError(
            f"{' and '.join(names)} given without {' and '.join(missing)}: held-out rows need "
            "X_val and y_val."
        )
    if not early_stopping:
        raise ValueError(
            f"{', '.join(names)} are for early stopping, but early_stopping=False; "
            "set early_stopping=True, or leave them out."
        )


@contextmanager
def _naming(name):
    """Put the name before errors of scikit-learn's checks, which name X or nothing."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if str(error).startswith(name):
            raise
        of_class = TypeError if isinstance(error, TypeError) else ValueError
        raise of_class(f"{name}: {error}") from error


def _given_rows(estimator, X_val, y_val, sample_weight_val, target_shape):
    """Rows of the user's held-out set, for an estimator that has seen the features of X."""
    how = {"estimator": estimator, "reset": False, "suffix": "_val"}
    away = open_away(X_val, y_val, sample_weight_val, **how)
    if away is not None:
        rows, found = away
        if found != target_shape:
            raise ValueError(
                f"y_val must have the targets of y, shape (n_val, "
                f"{', '.join(map(str, target_shape))}), but its rows have shape {found}."
            )
        return rows
    with _naming("X_val"):
        X_val = validate_data(estimator, X_val, input_name="X_val", reset=False, **checks.AS_IT_IS)
    with _naming("y_val"):
        y_val = checks.check_target(y_val, X_val, target_shape, "_val")
    return checks.check_rows(X_val, y_val, sample_weight_val, "_val")


def _seed(random_state):
    """Return an int that stands for random_state, so that a split can be made again."""
    if isinstance(random_state, numbers.Integral):
        return random_state
    return check_random_state(random_state).randint(np.iinfo(np.int32).max)


def split_rows(rows, validation_fraction, seed):
    """Rows to descend on, and those held out, without a copy of either.

    Rows of weight 0 do not count, and are in neither part.

    Parameters
    ----------
    rows : Rows
    validation_fraction : float
    seed : int
    """
    weights = np.ones(rows.n_rows) if rows.weights is None else rows.weights.copy()
    counting = np.flatnonzero(weights)
    n = len(counting)
    if math.ceil(validation_fraction * n) >= n:
        raise ValueError(
            f"early_stopping=True holds out validation_fraction={validation_fraction!r} of the "
            f"rows, rounded up, and with n_samples={n} of positive weight that leaves none to "
            "descend on; lower validation_fraction, or pass more rows or X_val and y_val."
        )
    _, held_out = train_test_split(counting, test_size=validation_fraction, random_state=seed)
    held_out.sort()
    # All rows, some with weight 0, cost less than copying the chosen ones at every read.
    weights[held_out] = 0.0
    return Rows(rows.X, rows.y, weights), Rows(rows.X, rows.y, rows.weights, held_out)
