"""The protocol of a source of rows, and of the blocks that it hands to a kernel.

J is a sum over rows, and so is all that a descent needs of the data.  A source
of rows applies a *kernel* to every block of its rows and adds up the results.
Where the rows are, and which threads, processes or machines read them, is its
own business; what is summed is not.
"""

from collections.abc import Callable
from typing import Any, Protocol, Self, TypeAlias

import numpy as np

Kernel: TypeAlias = Callable[..., tuple[Any, ...]]


class Matrix(Protocol):
    """The features of a block of rows, to be multiplied by."""

    shape: tuple[int, int]

    def times(self, v: np.ndarray) -> np.ndarray:
        """Return X v, a new array; v has one or two dimensions."""
        ...

    def transpose_times(self, v: np.ndarray) -> np.ndarray:
        """Return X^T v, a new array; v has one or two dimensions."""
        ...


class Block(Matrix, Protocol):
    """The features of a block of rows, however they are stored."""

    def gram(
        self, root: np.ndarray | None, shift: np.ndarray, y: np.ndarray, ones: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """Return sums of z z^T, of z y^T and of z.

        z is a row of X - shift times the root of its weight (None: all 1); y and
        ones, a 1 for each row, are already multiplied by these roots.

        Returns
        -------
        tuple of ndarray
            Of shapes (n_features, n_features), (n_features, n_targets) and (n_features,).
        """
        ...

    def squares(
        self, root: np.ndarray | None, shift: np.ndarray, y: np.ndarray, ones: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """Return sums of z^2 for each feature, of (z . v)^2, of z y^T and of z.

        v is any vector that is the same for every block and in every process.

        Returns
        -------
        tuple of ndarray
            Of shapes (n_features,), (1,), (n_features, n_targets) and (n_features,).
        """
        ...

    def about(self, shift: np.ndarray) -> Matrix:
        """Return the rows minus the shift."""
        ...

    def dense(self) -> np.ndarray:
        """Return all of it as an ndarray."""
        ...

    @property
    def stored(self) -> np.ndarray:
        """The numbers that are stored."""
        ...

    def count(self, chosen: np.ndarray) -> np.ndarray:
        """Return for each feature how many of its stored numbers are True in ``chosen``."""
        ...

    def magnitudes(self, chosen: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """Return sums of the chosen features' magnitudes, times their weights."""
        ...


class Source(Protocol):
    """Rows, their targets and weights; a context manager, which at its end releases what it keeps.

    Weights are scaled by a power of two so that the largest is near 1, and one is positive.
    """

    n_rows: int
    """All rows, those of weight 0 too."""
    n_features: int
    n_targets: int
    dtype: type[np.floating[Any]]
    """Dtype of the coefficients: float32 if X is, else float64."""
    can_be_split: bool
    """Whether a share of the rows can be held out."""
    in_memory: bool
    """Whether a read runs no code but the kernel's; a memory-mapped file counts as memory."""
    slowness: float
    """How many times as long a read takes as one of rows in memory."""
    names: list[Any] | None
    """Of the features, for errors; None if they have none."""
    reads: int
    """How often every row has been read; ``sum`` counts."""

    @property
    def n_stored(self) -> int:
        """How many numbers X stores: if it is sparse, fewer than rows times features."""
        ...

    def sum(
        self,
        kernel: Kernel,
        *,
        block_rows: int | None = None,
        n_lanes: int | None = None,
        work: float = 1.0,
        columns: int | None = None,
    ) -> list[Any]:
        """Read every row once: add up ``kernel(X, y, weights)`` over the blocks.

        The same rows must give the same bits, however many threads read them. A
        kernel may be called in several threads or processes at a time, never with
        an empty block, and calls no ``sum``.

        Parameters
        ----------
        kernel : callable
            Is given a Block, an array of shape (n_rows, n_targets) and one of
            shape (n_rows,), or None for weights of 1. Returns a tuple of
            numbers and float64 arrays of its own, or of other things that can
            be added up by ``+=``.
        block_rows : int, default=None
            Rows of a block; None for as many as fit into a cache.
        n_lanes : int, default=None
            Sums to be kept at a time; None for as many as there may be threads.
        work : float, default=1.0
            Time that the kernel takes, in units of that for reading the rows.
        columns : int, default=None
            Most columns of any v that the kernel multiplies the block by, if
            it leaves all products to the block; None if it does not.

        Returns
        -------
        list
            The sums, in the order of the kernel's tuple.
        """
        ...

    def typical_row(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return middle and range of X, and the middle of y, in some rows of positive weight.

        Returns
        -------
        tuple of ndarray
            Of shapes (n_features,), (n_features,) and (n_targets,).
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...
