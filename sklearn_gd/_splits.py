"""Which rows the splits of a cross-validation train and test on, as disjoint sets."""

from itertools import pairwise

import numpy as np

# Splits of which it is written in one number which rows train and test.
MOST_SPLITS = 39
# Sets of rows for each split.
MOST_SETS = 4


def sets_of_rows(n_rows, splits):
    """Disjoint sets of rows that all splits are put together from.

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
    # Splits at random have hardly two rows in common: each is read for itself.
    sets = [np.asarray(rows) for split in splits for rows in split]
    return sets, [([2 * f], [2 * f + 1]) for f in range(len(splits))]


def _kinds(n_rows, splits):
    """For each row a number that tells where it trains and tests; None if a number will not do."""
    if len(splits) > MOST_SPLITS:
        return None
    kinds = np.zeros(n_rows, dtype=np.int64)
    for f, (train, test) in enumerate(splits):
        # A row may be drawn twice, or train and test in one.
        if np.bincount(np.concatenate([train, test])).max() > 1:
            return None
        kinds[train] += 3**f
        kinds[test] += 2 * 3**f
    return kinds
