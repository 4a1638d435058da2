"""Which iterates of a long descent are kept."""

import numpy as np


def kept_steps(n, most):
    """Numbers of the iterates to keep: all, or the first, the last, and ever fewer between."""
    if n <= most:
        return np.arange(n)
    first = np.arange(most // 2)
    rest = np.geomspace(n - 1, max(len(first), 1), most - len(first))
    return np.unique(np.concatenate([first, rest.astype(int)]))
