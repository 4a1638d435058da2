"""Which rows the splits of a cross-validation train and test on."""

import inspect
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from sklearn.model_selection import check_cv

# Most splits for which one 64-bit number can say in which a row trains or tests (3^39 < 2^63).
MOST_SPLITS = 39
# Most sets of rows for each split.
MOST_SETS = 4


def splits_of(cv, X, y, weights, **metadata):
    """Return the splits that cv makes of these rows: numbers of training and test rows of each.

    Parameters
    ----------
    cv : int, splitter, iterable or None
    X, y : array-like
    weights : ndarray or None
    **metadata
        For the splitter, such as groups.
    """
    if inspect.isclass(cv):
        raise TypeError(f"cv is the class {cv.__name__}; pass an object of it.")
    splits: list[tuple[np.ndarray, ...]] = []
    # check_cv unpacks given splits itself, and does not say which is wrong.
    own = isinstance(cv, Iterable) and not hasattr(cv, "split")
    for given in cv if own else check_cv(cv).split(X, y, **metadata):
        split = _row_numbers(given, len(splits), X.shape[0])
        for name, rows in zip(("training", "test"), split, strict=True):
            if not len(rows) or (weights is not None and not weights[rows].any()):
                raise ValueError(
                    f"cv: split {len(splits)} must have {name} rows of positive weight; it has "
                    "none."
                )
        splits.append(split)
    if not splits:
        raise ValueError("cv makes no splits.")
    return splits


def _row_numbers(split, i, n_rows):
    """Numbers of the rows that split i trains and tests on."""
    try:
        train, test = map(np.asarray, split)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"cv: split {i} must be (train, test), two 1-D arrays of row numbers or masks, got "
            f"{split!r}."
        ) from error
    numbers_of = []
    for name, rows in ("training", train), ("test", test):
        if rows.ndim != 1 or (len(rows) and rows.dtype.kind not in "iub"):
            raise ValueError(
                f"cv: the {name} rows of split {i} must be a 1-D array of row numbers or a mask, "
                f"got shape {rows.shape} and dtype {rows.dtype}."
            )
        try:
            # Masks become row numbers, and negative numbers count from the end.
            numbers_of.append(np.arange(n_rows)[rows if len(rows) else slice(0)])
        except IndexError as error:
            raise ValueError(f"cv: the {name} rows of split {i}: {error}.") from error
    return tuple(numbers_of)


def sets_of_rows(n_rows, splits):
    """Sets of rows from which the rows of all splits are put together.

    Returns
    -------
    sets : list of ndarray of int
    members : list of (train, test)
        Which sets a split trains and tests on.
    """
    kinds = _kinds(n_rows, splits)
    if kinds is not None:
        names, kind = np.unique(kinds, return_inverse=True)
        if len(names) <= MOST_SETS * len(splits):
            order = np.argsort(kind, kind="stable")
            bounds = np.searchsorted(kind[order], np.arange(len(names) + 1))
            sets = [order[i:j] for i, j in pairwise(bounds)]
            digits = [(names // 3**f) % 3 for f in range(len(splits))]
            members = [(np.flatnonzero(d == 1), np.flatnonzero(d == 2)) for d in digits]
            return sets, members
    # Random splits hardly have sets of rows in common: the rows of each are read separately.
    sets = [np.asarray(rows) for split in splits for rows in split]
    return sets, [([2 * f], [2 * f + 1]) for f in range(len(splits))]


def _kinds(n_rows, splits):
    """For each row a number that says where it trains and tests; None if that is not enough."""
    if len(splits) > MOST_SPLITS:
        return None
    kinds = np.zeros(n_rows, dtype=np.int64)
    for f, (train, test) in enumerate(splits):
        # A row may be drawn twice, or both train and test in one split.
        if np.bincount(np.concatenate([train, test])).max() > 1:
            return None
        kinds[train] += 3**f
        kinds[test] += 2 * 3**f
    return kinds
