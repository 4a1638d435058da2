"""Data that cannot be read as it is: errors say what to call instead."""

import os
from collections.abc import Iterator
from decimal import Decimal

import numpy as np

# How large data is read without collecting it.
SOURCE = "or read it part by part, by a source of rows of your own (see sklearn_gd.rows)"
# By the package and the name of a class.
REMEDIES = {
    ("polars", "LazyFrame"): f"pass {{name}}.collect(), {SOURCE}",
    ("narwhals", "LazyFrame"): f"pass {{name}}.collect(), {SOURCE}",
    ("pyarrow", "RecordBatchReader"): f"pass {{name}}.read_all(), {SOURCE}",
    ("pyarrow", "Scanner"): f"pass {{name}}.to_table(), {SOURCE}",
    ("pyarrow", "Dataset"): "pass ParquetRows({name}, target=...) of sklearn_gd.rows",
    ("duckdb", "DuckDBPyRelation"): f"pass {{name}}.df(), {SOURCE}",
    ("_duckdb", "DuckDBPyRelation"): f"pass {{name}}.df(), {SOURCE}",
    ("ibis", "Table"): f"pass {{name}}.to_pandas(), {SOURCE}",
    ("pyspark", "DataFrame"): f"pass {{name}}.toPandas(), {SOURCE}",
    ("ray", "Dataset"): f"pass {{name}}.to_pandas(), {SOURCE}",
}
# Classes of objects that float() converts.
NO_NUMBERS = str, bytes, bytearray, Decimal, np.timedelta64, np.datetime64
OF_FILES = "pass ParquetRows({path!r}, target=...) of sklearn_gd.rows, or read it first"


def check_readable(data, name):
    """Raise if the parameter of this name is lazy, a path or an iterator, or has a mask."""
    if isinstance(data, np.ndarray):
        _check_array(data, name)
        return
    is_path = isinstance(data, str | os.PathLike) and name.startswith("X")
    remedy = OF_FILES if is_path else _remedy(data)
    if remedy is not None:
        kind = f"{type(data).__module__.partition('.')[0].lstrip('_')} {type(data).__name__}"
        kind = kind.removeprefix("builtins ")
        raise TypeError(
            f"{name} must be an array, a sparse matrix, a data frame or a source of rows, got "
            f"{kind}: {remedy.format(name=name, path=data)}."
        )


def _check_array(array, name):
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise ValueError(
            f"{name} is a masked array, of which {np.ma.count_masked(array)} values are masked, "
            f"that is, missing; fill them, by {name}.filled(...) for instance, or drop their rows."
        )
    # scikit-learn would take for a number whatever float() does.
    kinds = set(map(type, array.flat)) if array.dtype == object else ()
    odd = sorted(kind.__name__ for kind in kinds if issubclass(kind, NO_NUMBERS))
    if odd:
        raise ValueError(
            f"{name} must be numeric, got objects of the class {', '.join(odd)}; convert "
            f"them, by {name}.astype(float) for instance."
        )


def _remedy(data):
    for kind in type(data).__mro__:
        found = REMEDIES.get((kind.__module__.partition(".")[0], kind.__name__))
        if found is not None:
            return found
    return f"pass numpy.array(list({{name}})), {SOURCE}" if isinstance(data, Iterator) else None
