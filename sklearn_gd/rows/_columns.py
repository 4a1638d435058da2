"""Columns of numbers, of which blocks of rows are put together, without a copy of all.

`Columns` stands for the 2-D array that a data frame would be converted to; which
libraries' frames are read is known to `_data_frames.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._cached import cached_property
from ._blocks import DenseBlock

# Reading fewer values of a column takes longer for the call than for the values.
VALUES_AT_A_TIME = 1024


@dataclass(frozen=True, eq=False, repr=False)
class Column:
    """A column of a frame.

    Attributes
    ----------
    name : object
    type_name : str
        What its library calls its type.
    dtype : numpy dtype, or None
        Of its values; None if they are not numbers.
    read : callable
        Returns the values of some rows, given as a slice without steps or an array of their
        numbers, as a 1-D array; missing ones are nan.
    """

    name: Any
    type_name: str
    dtype: np.dtype[Any] | None
    read: Callable[[Any], np.ndarray]


class Columns:
    """Columns of numbers, of which rows are taken as of a 2-D array.

    Parameters
    ----------
    columns : list of Column
    n_rows : int
    whole : ndarray of shape (n_rows, n_columns), default=None
        The array that they are columns of, if they are.
    """

    ndim = 2
    least_rows = VALUES_AT_A_TIME
    are_views = is_threaded = False

    def __init__(self, columns, n_rows, whole=None):
        self.columns, self.whole = columns, whole
        self.names = [column.name for column in columns]
        self.shape = n_rows, len(columns)
        self.size = self.n_stored = n_rows * len(columns)

    @cached_property
    def dtype(self):
        """That of an array of all values."""
        return np.result_type(*(column.dtype for column in self.columns))

    def __len__(self):
        return self.shape[0]

    def block(self, rows, in_parts):
        """Return a block of some rows; see `_stored.Stored`."""
        # In column order they are put together quickest; what is in parts must be in row order.
        return DenseBlock(self._numbers(rows, "C" if in_parts else "F"), in_parts)

    def __getitem__(self, rows):
        """Return some rows, given as a slice or an array of their numbers, as float64."""
        return self._numbers(rows, "F")

    def _numbers(self, rows, order):
        if isinstance(rows, slice):
            chosen = range(*rows.indices(len(self)))
            rows = rows if chosen.step == 1 else np.array(chosen)
            n_rows = len(chosen)
        else:
            n_rows = len(rows)
        block = np.empty((n_rows, len(self.columns)), order=order)
        for values, column in zip(block.T, self.columns, strict=True):
            values[:] = column.read(rows)
        return block
