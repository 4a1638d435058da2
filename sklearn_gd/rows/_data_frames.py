"""Data frames of pandas, polars, pyarrow and narwhals, as columns of numbers.

A library is only looked for where it has been imported, as otherwise nothing can be of its
classes.  What is no number is refused, by the names of its columns.
"""

import numbers
import sys
from typing import Any

import numpy as np

from ._columns import Column, Columns

# Most columns that an error names.
MOST_NAMED = 20
OTHERS = "take the numbers out of nested values"
# What to do with columns that are not numeric, by how the names of their types begin.
REMEDIES = {
    ("struct", "large_list"): OTHERS,
    ("str", "utf8", "large_", "categor", "enum", "dictionary", "object", "binary", "bytes"): (
        "encode text and categories, by OneHotEncoder or TargetEncoder for instance (text that is "
        "numbers is converted by pandas.to_numeric)"
    ),
    ("date", "time", "duration", "period", "interval", "month"): (
        "turn dates and times into numbers, days since a date for instance"
    ),
    ("decimal",): "cast decimals to float64",
    ("null",): "leave out columns that hold nothing",
}


def columns_of(data, name):
    """Return Columns of a data frame, an array of a series; None of anything else.

    Parameters
    ----------
    data : object
    name : str
        The parameter's, for errors.
    """
    for library, found_in in LIBRARIES.items():
        module = sys.modules.get(library)
        found = None if module is None else found_in(module, data)
        if found is not None:
            if not isinstance(found, Column):
                _check_numeric(found.columns, name)
                return found
            if found.dtype is None:
                raise ValueError(
                    f"{name} must be numeric, but its type is {found.type_name}; convert it to "
                    "numbers."
                )
            return found.read(slice(None))
    return None


def _check_numeric(columns, name):
    others = [column for column in columns if column.dtype is None]
    if others:
        shown = [f"{column.name!r} ({column.type_name})" for column in others[:MOST_NAMED]]
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        remedies = dict.fromkeys(_remedy(column.type_name) for column in others)
        of_features = f"Leave them out, or {'; '.join(remedies)}."
        remedy = of_features if name.startswith("X") else "Convert them to numbers."
        raise ValueError(
            f"{name} must be numeric, but these columns are not: {', '.join(shown)}{more}. "
            f"{remedy}"
        )


def _remedy(type_name):
    name = type_name.lower()
    found = (remedy for starts, remedy in REMEDIES.items() if name.startswith(starts))
    return next(found, OTHERS)


def native(data):
    """Return the frame or series that narwhals wraps, and a RecordBatch as a table; else data."""
    nw: Any = sys.modules.get("narwhals")
    if nw is not None and isinstance(data, nw.DataFrame | nw.Series):
        return data.to_native()
    pa: Any = sys.modules.get("pyarrow")
    is_batch = pa is not None and isinstance(data, pa.RecordBatch)
    return pa.Table.from_batches([data]) if is_batch else data


def _of_pandas(pd, data):
    if isinstance(data, pd.Series):
        return _pandas_column(pd, data)
    if not isinstance(data, pd.DataFrame) or _is_sparse(pd, data):
        return None
    series = [each for _, each in data.items()]
    columns = [_pandas_column(pd, each) for each in series]
    is_one = _are_of_one_array(set(data.dtypes), series)
    return Columns(columns, len(data), _array_of(series) if is_one else None)


def _is_sparse(pd, frame):
    """Whether it is sparse throughout; scikit-learn then makes a sparse matrix of it."""
    dtypes = set(frame.dtypes)
    sparse = (isinstance(d, pd.SparseDtype) and d.fill_value == 0 for d in dtypes)
    return len(dtypes) == 1 and all(sparse)


def _are_of_one_array(dtypes, series):
    """Whether columns of these dtypes are those of an array, which then need not be made."""
    if len(dtypes) != 1 or not _is_numpy_number(*dtypes):
        return False
    arrays = [each.to_numpy() for each in series]
    starts = np.array([array.__array_interface__["data"][0] for array in arrays])
    bases = {id(array.base) for array in arrays}
    return len(bases) == 1 and len(set(np.diff(starts).tolist())) <= 1


def _array_of(series):
    """Return the array of which these are the columns, without making one."""
    first, second = series[0].to_numpy(), series[min(1, len(series) - 1)].to_numpy()
    step = second.__array_interface__["data"][0] - first.__array_interface__["data"][0]
    shape, strides = (len(first), len(series)), (*first.strides, step)
    return np.lib.stride_tricks.as_strided(first, shape, strides, writeable=False)


def _is_numpy_number(dtype):
    return isinstance(dtype, np.dtype) and dtype.kind in "biuf"


def _pandas_column(pd, series):
    name, array, dtype = series.name, series.array, series.dtype
    if isinstance(dtype, pd.ArrowDtype):
        return _arrow_column(sys.modules["pyarrow"], name, array.__arrow_array__())
    if _is_numpy_number(dtype):
        return Column(name, str(dtype), dtype, array.to_numpy().__getitem__)
    if dtype.kind == "O" and isinstance(dtype, np.dtype):
        return _column_of_objects(pd, name, array.to_numpy())
    is_number = pd.api.types.is_numeric_dtype(dtype) or isinstance(dtype, pd.BooleanDtype)
    if not is_number or dtype.kind not in "biuf":
        return Column(name, str(dtype), None, array.__getitem__)

    def read(rows):
        return array[rows].to_numpy(dtype=np.float64, na_value=np.nan)

    return Column(name, str(dtype), _dtype_of_kind(dtype), read)


def _dtype_of_kind(dtype):
    """Return the dtype of NumPy's that holds the numbers of one of pandas' own."""
    of_numpy = getattr(dtype, "numpy_dtype", None) or getattr(dtype, "subtype", None)
    return np.dtype(np.float64 if of_numpy is None else of_numpy)


def _column_of_objects(pd, name, objects):
    """Return a column whose values may be of any class; None and NA are missing numbers."""
    missing = type(None), type(pd.NA)
    kinds = set(map(type, objects)) - set(missing)
    # To Python a timedelta64 is a whole number.
    odd = [kind for kind in kinds if not issubclass(kind, NUMBERS) or issubclass(kind, TIMES)]
    if odd:
        names = ", ".join(sorted(kind.__name__ for kind in odd))
        return Column(name, f"{names} objects", None, objects.__getitem__)

    def read(rows):
        some = objects[rows]
        try:
            return np.where(pd.isna(some), np.nan, some).astype(np.float64)
        except OverflowError as error:
            raise ValueError(f"column {name!r} must hold float64 numbers: {error}") from error

    return Column(name, "object", np.dtype(np.float64), read)


def _of_polars(pl, data):
    if isinstance(data, pl.Series):
        return _polars_column(pl, data)
    if not isinstance(data, pl.DataFrame):
        return None
    return Columns([_polars_column(pl, series) for series in data.get_columns()], len(data))


def _polars_column(pl, series):
    def read(rows):
        some = series[rows]
        # Booleans with a null in between would become objects.
        return (some.cast(pl.Float64) if is_cast else some).to_numpy()

    is_bool = series.dtype == pl.Boolean
    # Of integers of 128 bits NumPy has none.
    is_cast = is_bool or str(series.dtype).endswith("128")
    is_number = is_bool or series.dtype.is_integer() or series.dtype.is_float()
    dtype = np.dtype(series.dtype.to_python()) if is_number else None
    if series.dtype == pl.Float32:
        dtype = np.dtype(np.float32)
    return Column(series.name, str(series.dtype), dtype, read)


def _of_arrow(pa, data):
    if isinstance(data, pa.Array | pa.ChunkedArray):
        return _arrow_column(pa, None, data)
    if not isinstance(data, pa.Table):
        return None
    columns = zip(data.column_names, data.columns, strict=True)
    return Columns([_arrow_column(pa, *column) for column in columns], len(data))


def _arrow_column(pa, name, array):
    def read(rows):
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(len(array))
            some = array.slice(start, stop - start)
        else:
            some = array.take(pa.array(rows))
        some = some.cast(pa.float64()) if is_bool else some
        return some.to_numpy(**how)

    types, kind = pa.types, array.type
    is_bool = types.is_boolean(kind)
    how = {} if isinstance(array, pa.ChunkedArray) else {"zero_copy_only": False}
    is_number = is_bool or types.is_integer(kind) or types.is_floating(kind)
    dtype = np.dtype(kind.to_pandas_dtype()) if is_number else None
    return Column(name, str(kind), dtype, read)


# What counts as a number among objects: a bool does, a Decimal or a string of digits does not.
NUMBERS: tuple[type, ...] = numbers.Real, np.bool_
TIMES: tuple[type, ...] = (np.timedelta64,)
LIBRARIES = {"pandas": _of_pandas, "polars": _of_polars, "pyarrow": _of_arrow}
