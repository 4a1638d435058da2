"""Sources of rows: where the data is, and how a sum over it is made."""

from .protocol import Block, Kernel, Source

__all__ = ["Block", "Kernel", "Source"]
