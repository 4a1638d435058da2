"""Parquet files and other datasets of pyarrow as a source of rows."""

import glob
import os
import re
from collections.abc import Iterator, Sequence
from typing import Any

from .._cached import cached_property
from .protocol import RowSource

# What pandas calls an index without a name, which it writes among the columns.
INDEX_OF_PANDAS = re.compile(r"__index_level_\d+__")
# Bytes of float64 in a batch, and fewest rows of one.
BATCH_BYTES, BATCH_ROWS = 1 << 23, 1 << 12
# Bytes that are read of a column at a time, from files elsewhere: else pyarrow reads all that a
# row group has of it, and keeps that of every column.
BUFFER_BYTES = 1 << 20


class ParquetRows(RowSource):
    """Rows of Parquet files, or of any dataset of pyarrow, read batch by batch.

    Needs pyarrow, the extra ``arrow``. Memory is needed for a few batches, whatever the size
    of the files. Pass it as X to `fit`, `predict`, `score` or the functions of `sklearn_gd`;
    y and the weights are columns of it.

    Parameters
    ----------
    source : path, list of paths, or pyarrow.dataset.Dataset
        A file, a folder with all files below it, which must be Parquet (names that begin with
        ``_`` or ``.`` are passed over), or a pattern such as ``"sales/*.parquet"``.
        Names of folders such as ``year=2024`` are columns too. For other formats (CSV,
        Feather) and filesystems (S3), and to filter rows, pass a `Dataset`, such as
        ``pyarrow.dataset.dataset("sales/", format="csv")``.
    target : str or list of str, default=None
        Column or columns of y. None for `predict`; then name the features, unless the files have
        no other columns.
    features : list of str, default=None
        Columns of X, in this order; None for all that are neither target nor weight, even
        customer numbers and the like.
    sample_weight : str, default=None
        Column of the weights; None for weights of 1.

    Attributes
    ----------
    feature_names : list of str
        The columns of X.
    n_rows : int or None
        From the files' metadata; None for other formats, where counting would mean reading.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    FileNotFoundError
        If there are no such files.
    ValueError
        If there are no such columns, no column is left for X, or one is used twice; if
        files are not Parquet.
    TypeError
        If `source` is none of these, or `features` is a single name.

    Notes
    -----
    Parquet files are read row group by row group, without reading ahead: pyarrow's scanner of
    datasets needs several times the memory. It reads other formats, and filtered datasets.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from sklearn_gd import GradientDescentRegressor
    >>> from sklearn_gd.rows import ParquetRows
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = pd.DataFrame({"area": [50.0, 80.0, 120.0], "price": [110.0, 170.0, 250.0]})
    ...     table.to_parquet(f"{folder}/sales.parquet")
    ...     rows = ParquetRows(f"{folder}/sales.parquet", target="price")
    ...     reg = GradientDescentRegressor().fit(rows)
    ...     reg.feature_names_in_, reg.coef_.round(3), reg.predict(rows).round(3)
    (array(['area'], dtype=object), array([2.]), array([110., 170., 250.]))
    """

    def __init__(
        self,
        source: Any,
        target: str | Sequence[str] | None = None,
        features: Sequence[str] | None = None,
        sample_weight: str | None = None,
    ) -> None:
        self._dataset: Any = _dataset_of(source)
        known: list[str] = self._dataset.schema.names
        self._targets: list[str] = [target] if isinstance(target, str) else list(target or ())
        self._is_one: bool = target is None or isinstance(target, str)
        self._weight: str | None = sample_weight
        others = [*self._targets, *([] if sample_weight is None else [sample_weight])]
        if isinstance(features, str):
            raise TypeError(f"features must be a list of names of columns, got {features!r}.")
        if features is None:
            features = [n for n in known if n not in others and not INDEX_OF_PANDAS.fullmatch(n)]
        self.feature_names: list[str] = list(features)
        asked = {"features": self.feature_names, "target": self._targets}
        asked["sample_weight"] = others[len(self._targets) :]
        for parameter, names in asked.items():
            missing = [name for name in names if name not in known]
            if missing:
                raise ValueError(
                    f"{parameter}: there is no column {', '.join(map(repr, missing))}; there are "
                    f"{', '.join(map(repr, known))}."
                )
        if not self.feature_names:
            raise ValueError("features: there is no column left, but at least one is required.")
        self._columns: list[str] = [*self.feature_names, *others]
        repeated = {name for name in self._columns if self._columns.count(name) > 1}
        if repeated:
            raise ValueError(
                f"Each column must be used once, but {', '.join(map(repr, sorted(repeated)))} is "
                "given more often, in features, target and sample_weight."
            )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.feature_names)} features, y={self._targets})"

    @cached_property
    def _fragments(self) -> Any:
        """Files that are read one by one; None if the dataset's scanner is to read."""
        from pyarrow.dataset import FileSystemDataset, ParquetFileFormat

        dataset = self._dataset
        is_parquet = isinstance(dataset, FileSystemDataset) and isinstance(
            dataset.format, ParquetFileFormat
        )
        try:
            return list(dataset.get_fragments()) if is_parquet else None
        except ValueError:  # it is filtered
            return None

    @property
    def n_rows(self) -> int | None:  # type: ignore[override]
        """How many rows there are, if the files' metadata say it."""
        if self._fragments is None:
            return None
        groups = (group for fragment in self._fragments for group in fragment.row_groups)
        return sum(group.num_rows for group in groups)

    def chunks(self) -> Iterator[tuple[Any, Any, Any]]:
        """Yield features, targets and weights of one batch after the other."""
        n_rows = max(BATCH_ROWS, BATCH_BYTES // (8 * len(self._columns)))
        for batch in self._batches(n_rows):
            y = None
            if self._targets:
                y = batch.select(self._targets)
                y = y.column(0) if self._is_one else y
            weights = None if self._weight is None else batch.column(self._weight)
            yield batch.select(self.feature_names), y, weights

    def _batches(self, n_rows):
        """Tables of the columns that are needed, of at most so many rows."""
        import pyarrow as pa

        if self._fragments is None:
            for batch in self._dataset.to_batches(columns=self._columns, batch_size=n_rows):
                yield pa.Table.from_batches([batch])
            return
        for fragment in self._fragments:
            yield from self._batches_of_file(fragment, n_rows)

    def _batches_of_file(self, fragment, n_rows):
        import pyarrow as pa
        from pyarrow.dataset import get_partition_keys
        from pyarrow.fs import LocalFileSystem
        from pyarrow.parquet import ParquetFile

        of_path = get_partition_keys(fragment.partition_expression)
        stored = [name for name in self._columns if name not in of_path]
        path, filesystem = fragment.path, fragment.filesystem
        is_here = isinstance(filesystem, LocalFileSystem)
        # Of a file that is mapped, pages that are not compressed need no memory of their own.
        opened = pa.memory_map(path) if is_here else filesystem.open_input_file(path)
        with opened as file:
            buffer_size = 0 if is_here else BUFFER_BYTES
            parquet = ParquetFile(file, pre_buffer=False, buffer_size=buffer_size)
            missing = set(stored) - set(parquet.schema_arrow.names)
            if missing:
                raise ValueError(f"{path} has no column {', '.join(map(repr, sorted(missing)))}.")
            groups = [group.id for group in fragment.row_groups]
            for batch in parquet.iter_batches(n_rows, row_groups=groups, columns=stored):
                table = self._in_type(pa.Table.from_batches([batch]))
                for name in self._columns:
                    if name in of_path:
                        type_ = self._dataset.schema.field(name).type
                        value = pa.scalar(of_path[name], type_)
                        table = table.append_column(name, pa.repeat(value, len(table)))
                yield table

    def _in_type(self, table):
        """Return the table with columns in the floating types that the dataset's schema has.

        Whole numbers in some files and others in other ones stay as they are.
        """
        import pyarrow as pa

        for i, field in enumerate(table.schema):
            wanted = self._dataset.schema.field(field.name).type
            if wanted != field.type and pa.types.is_floating(wanted):
                table = table.set_column(i, field.name, table.column(i).cast(wanted))
        return table


def _dataset_of(source):
    try:
        import pyarrow
        from pyarrow import dataset
    except ImportError as error:
        raise ImportError('ParquetRows needs pyarrow: pip install "sklearn-gd[arrow]"') from error
    if isinstance(source, dataset.Dataset):
        return source
    paths = _paths_of(source)
    try:
        found = dataset.dataset(paths, format="parquet", partitioning="hive")
    except pyarrow.ArrowInvalid as error:
        raise ValueError(
            f"{source!r} cannot be read as Parquet: {error} For another format pass "
            "pyarrow.dataset.dataset(path, format='csv'), for instance."
        ) from error
    if not found.files:
        raise FileNotFoundError(f"There are no Parquet files in {source!r}.")
    return found


def _paths_of(source):
    """Return a path, or a list of paths."""
    if isinstance(source, str | os.PathLike):
        path = os.fspath(source)
        if os.path.exists(path) or not glob.has_magic(path):
            return path
        paths = sorted(glob.glob(path, recursive=True))
        if not paths:
            raise FileNotFoundError(f"There is no file {path!r}.")
        return paths
    if isinstance(source, list | tuple) and all(isinstance(p, str | os.PathLike) for p in source):
        return [os.fspath(path) for path in source]
    raise TypeError(
        "source must be a path, a list of paths or a pyarrow.dataset.Dataset, got "
        f"{type(source).__name__}; what is in memory is passed as X itself."
    )
