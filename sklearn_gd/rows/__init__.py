"""Sources of rows: where the data is, and how a sum over it is made."""

from ._parquet import ParquetRows
from .protocol import RowSource

__all__ = ["ParquetRows", "RowSource"]
