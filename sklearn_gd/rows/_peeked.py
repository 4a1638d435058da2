"""A source that has chunks, the first of which is looked at before the first read."""

from itertools import chain

from ._data_frames import native
from .protocol import RowSource


class Peeked(RowSource):
    """The same source; the chunk that is looked at is kept for the first read.

    So no chunk is read twice, and a source that wrongly can be read only once is found out at
    the second read, as it then yields fewer rows.

    Parameters
    ----------
    source : RowSource
        One with ``chunks``.
    """

    def __init__(self, source):
        self._source, self.n_rows, self.slowness = source, source.n_rows, source.slowness
        self._begun = None

    def chunks(self):
        """Go on with the first read, which has begun, or begin another one."""
        begun, self._begun = self._begun, None
        return self._source.chunks() if begun is None else begun

    def sums(self, function):
        """Yield what the function returns of each chunk; errors say which chunk it was."""
        for i, chunk in enumerate(self.chunks()):
            self._check(chunk)
            try:
                found = function(*chunk)
            except Exception as error:
                error.add_note(f"It was in chunk {i}, counted from 0, of {self._source!r}.")
                raise
            yield found

    def sample(self):
        """Return the first chunk that has rows."""
        chunks, looked_at = iter(self._source.chunks()), []
        for chunk in chunks:
            self._check(chunk)
            looked_at.append(chunk)
            if n_rows_of(chunk[0]):
                self._begun = chain(looked_at, chunks)
                return chunk
        raise ValueError(f"{type(self._source).__name__} yields no rows.")

    def _check(self, chunk):
        check_chunk(chunk, f"{type(self._source).__name__}.chunks must yield tuples")

    def __enter__(self):
        self._source.__enter__()
        return self

    def __exit__(self, *exception):
        self._begun = None
        self._source.__exit__(*exception)


def check_chunk(chunk, what):
    """Raise unless the chunk is a tuple of three; ``what`` begins the sentence."""
    if not (isinstance(chunk, tuple) and len(chunk) == 3):
        length = f" of {len(chunk)}" if isinstance(chunk, tuple) else ""
        raise TypeError(
            f"{what} (X, y, weights), of which y and weights may be None, got "
            f"{type(chunk).__name__}{length}."
        )


def n_rows_of(X):
    """Return how many rows there are in an array, matrix, frame or list."""
    X = native(X)
    return X.shape[0] if hasattr(X, "shape") else len(X)
