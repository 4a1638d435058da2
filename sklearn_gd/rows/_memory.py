"""Sources of rows: they hand out blocks of (X, y, weights) and add up what a kernel makes of them.

J is a sum over rows, so everything this package needs of the data is a sum
over blocks of rows.  What the rows are (dense, sparse, of any dtype and memory
order, columns of a frame, on a device) is known to `_stored.py`; this module
must not know what is summed.
"""

from itertools import pairwise

import numpy as np
from scipy import sparse

from ._machine import in_threads
from ._masks import any_of
from ._products import WHOLE_GRAM, WHOLE_PRODUCT, WHOLE_VECTOR_PRODUCT, is_made_in_parts
from ._stored import stored

# A block of float64 values of this size stays in the cache while a kernel goes
# over it twice, and outweighs what handing over the interpreter lock costs.
BLOCK_BYTES = 1 << 21
# Share of the largest weight below which a row does not count as typical.
LIGHT = 1e-3
# Square of a typical value's distance from the mean, in variances, beyond which sums about it
# would lose too many digits.
MOST_CANCELLED = 1e6
# Rows among which a typical one is looked for.
SAMPLE_ROWS = 64
# Blocks are added up in this many lanes, each from its first block to its last,
# and then the lanes in order: whichever thread takes a lane, the sum is the
# same bit for bit.
LANES = 8
# Up to this many bytes are one block, as a block's overhead in Python outweighs its arithmetic.
WHOLE_BYTES = 1 << 17
# Below this many bytes, which take some milliseconds to read, several threads
# are not worth waking: the system may take as long to move one to another
# processor.
THREADED_BYTES = 1 << 24


class Rows:
    """Rows in memory, read in blocks of float64.

    A context manager, as other sources release something at the end; this one does not.

    Parameters
    ----------
    X : ndarray, Columns, DeviceArray or csr_array of shape (n_rows, n_features)
        Unless it is small, never copied as a whole: each block is converted as it is read.
    y : ndarray of shape (n_rows, n_targets)
        Converted block by block too.
    weights : ndarray of shape (n_rows,), dtype float64, or None
        None means that every row counts once.
    chosen : ndarray of shape (n_chosen,), dtype int, or None
        Numbers of the rows to hand out; None means all.  They are copied block
        by block, and never as a whole.
    names : list, default=None
        Of the features, for errors.

    Attributes
    ----------
    n_targets : int
    can_be_split : bool
        Whether a share of the rows can be held out.
    in_memory : bool
        Whether a read runs nothing but the kernel.
    is_passing : bool
        Whether they are read once, so that nothing needs to be kept for later reads.
    reads : int
        How often every row has been read.
    """

    can_be_split = True
    in_memory = True
    slowness = 1.0

    def __init__(self, X, y, weights=None, chosen=None, names=None):
        self.X = X
        self.y = y
        self.weights = weights
        self.chosen, self.names = chosen, names
        self.reads, self.is_passing = 0, False
        self.n_rows, self.n_features = X.shape
        self.n_targets = y.shape[1]
        self._stored = stored(X)
        self.n_stored = self._stored.n_stored
        if chosen is not None:
            share, self.n_rows = len(chosen) / max(self.n_rows, 1), len(chosen)
            self.n_stored = int(share * self.n_stored)
        self._in_parts = is_made_in_parts(self.n_rows, self.n_features, 1)
        self._views = None

    @property
    def dtype(self):
        """Dtype of the coefficients: float32 if X is, else float64."""
        return float_dtype(self.X.dtype)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def starts(self, block_rows=None):
        """First rows of the blocks, and one past the last; they depend on the shape alone."""
        if 8 * self.n_rows * self.n_features <= WHOLE_BYTES:
            return [0, self.n_rows]
        if block_rows is None:
            block_rows = BLOCK_BYTES // (8 * max(self.n_stored // self.n_rows, 1))
        # Smaller blocks divide few rows more evenly among the lanes.
        block_rows = min(block_rows, max(self.n_rows // LANES, block_rows // 8))
        block_rows = max(block_rows, self._stored.least_rows)
        return [*range(0, self.n_rows, block_rows), self.n_rows]

    def block(self, start, stop):
        """(X, y, weights) of some rows; X is a block of _blocks.py."""
        rows = slice(start, stop) if self.chosen is None else self.chosen[start:stop]
        y = np.asarray(self.y[rows], np.float64)
        weights = None if self.weights is None else self.weights[rows]
        return self._stored.block(rows, self._in_parts), y, weights

    def sum(self, kernel, block_rows=None, n_lanes=LANES, work=1.0, columns=None):
        """Read every row once: add up ``kernel(X, y, weights)`` over the blocks.

        Parameters
        ----------
        kernel : callable
            Returns a tuple of numbers and float64 arrays of its own for one block.
        block_rows : int, default=None
            Rows of a block; None for as many as have BLOCK_BYTES.
        n_lanes : int, default=LANES
            Sums to be kept at a time.
        work : float, default=1.0
            Time that the kernel takes, in units of that for reading the rows.
        columns : int, default=None
            Most columns of the kernel's products with a block, if it leaves all of them to
            the block and to _products.py; None if it does not.

        Returns
        -------
        list
            The sums, in the order of the kernel's tuple.
        """
        self.reads += 1

        def lane_sum(blocks):
            return summed(kernel(*block) for block in blocks)

        return summed(self._mapped(lane_sum, self._lanes(block_rows, n_lanes), work, columns))

    def _mapped(self, function, lanes, work, columns):
        """``map(function, lanes)``, in as many threads as are worth it."""
        if self._stored.is_threaded:
            return map(function, lanes)
        if 8 * self.n_stored * work >= THREADED_BYTES:
            return in_threads(function, lanes)
        if columns is None:
            n_multiplied = self.n_stored * self.n_features
            few = self.n_stored < WHOLE_VECTOR_PRODUCT and n_multiplied < WHOLE_PRODUCT
            is_whole = few and self.n_features <= WHOLE_GRAM
        else:
            is_whole = is_made_in_parts(self.n_rows, self.n_features, columns)
        return map(function, lanes) if is_whole else in_threads(function, lanes, most=1)

    def _lanes(self, block_rows, n_lanes):
        """Blocks of each lane, made as they are read, or once if they are views of X or small."""
        if block_rows is None and self._views is not None:
            return self._views
        starts = self.starts(block_rows)
        n_blocks = len(starts) - 1
        n_lanes = min(n_lanes, n_blocks)
        bounds = [n_blocks * lane // n_lanes for lane in range(n_lanes + 1)]
        lanes = [starts[i : j + 1] for i, j in pairwise(bounds)]
        lanes = [(self.block(i, j) for i, j in pairwise(lane)) for lane in lanes]
        if block_rows is None and self._keeps_blocks:
            self._views = lanes = [list(lane) for lane in lanes]
        return lanes

    @property
    def _keeps_blocks(self):
        if self.is_passing or self.chosen is not None:
            return False
        return 8 * self.n_stored < THREADED_BYTES or self._stored.are_views

    def typical_row(self):
        """Middle and range of X, and middle of y, in some of the rows that count."""
        counting = self.chosen
        if self.weights is not None:
            # Rows that hardly count may be far from all others.
            largest = (self.weights if counting is None else self.weights[counting]).max()
            heavy = self.weights > LIGHT * largest
            counting = np.flatnonzero(heavy) if counting is None else counting[heavy[counting]]
        n = self.n_rows if counting is None else len(counting)
        step = max(1, -(-n // SAMPLE_ROWS))
        some = slice(0, n, step) if counting is None else counting[::step]
        X, y = self.X[some], np.asarray(self.y[some], np.float64)
        X = np.asarray(X.toarray() if sparse.issparse(X) else X, dtype=np.float64)
        # The ufuncs themselves are quicker than the methods, which call them, on few rows.
        low, high = np.minimum.reduce(X), np.maximum.reduce(X)
        middle_of_y = (np.minimum.reduce(y) + np.maximum.reduce(y)) / 2
        return (low + high) / 2, high - low, middle_of_y


def is_far(offset, mean_square):
    """Whether the mean is so far from a typical value that sums about this one lose many digits.

    Parameters
    ----------
    offset, mean_square : ndarray of shape (n,)
        Mean, and mean square, of the differences from the typical value.
    """
    square = offset**2
    # What is left of the squares, the variance, may be nothing but rounding, and below 0.
    return any_of(square > MOST_CANCELLED * (mean_square - square))


def float_dtype(dtype):
    """Dtype of the coefficients for an X of this dtype."""
    return np.float32 if dtype == np.float32 else np.float64


def summed(parts):
    """Add up tuples of numbers and arrays entry by entry, into the arrays of the first."""
    parts = iter(parts)
    # Overflow and nan show in the sums, where the caller looks for them: a
    # warning from inside a block would help nobody.
    with np.errstate(over="ignore", invalid="ignore"):
        total = list(next(parts))
        for part in parts:
            for i, value in enumerate(part):
                total[i] += value
    return total
