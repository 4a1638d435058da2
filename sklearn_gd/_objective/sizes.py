"""Whether all values that were read, and their squares, are float64 numbers."""

import numpy as np

from ..rows._finite import LARGEST, SMALLEST, check_finite, check_sizes
from ..rows._masks import all_of


@np.errstate(over="ignore", invalid="ignore")
def check_moments(moments, rows, estimator_name=None, suffix=""):
    """Raise if X or y had values that are not finite, or whose squares are not.

    Looks for them only when a sum says that there are some, so that X is not
    read once more for nothing.  The suffix is added to the names X and y.
    """
    sizes, y_sizes = moments.diagonal, np.sqrt(moments.y_square)
    both = np.concatenate([moments.root_diagonal, y_sizes])
    # Numbers that may be squared, none of them 0.
    if all_of((both > SMALLEST) & (both < LARGEST)):
        return
    X_name, y_name = f"X{suffix}", f"y{suffix}"
    if not (np.isfinite(sizes).all() and np.isfinite(moments.shared).all()):
        check_finite(rows, estimator_name, suffix)
    vanished = np.flatnonzero(sizes == 0)
    if len(vanished):
        # All zero, or too small to be squared?
        (total,) = rows.sum(lambda X, y, weights: (X.magnitudes(vanished, weights),))
        check_sizes(total[total > 0], X_name)
    if not y_sizes.all():
        (total,) = rows.sum(lambda X, y, _: (np.abs(y).sum(axis=0),))
        y_sizes = np.where(y_sizes > 0, y_sizes, total)
    check_sizes(np.sqrt(sizes[sizes != 0]), X_name)
    check_sizes(y_sizes[y_sizes != 0], y_name)
