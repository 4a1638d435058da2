"""Lets warnings point at the line of the user's code."""

import os
import sys
from pathlib import Path

import sklearn

# Where frames between a warning and the user's line are from: ours, and those that wrap `fit`.
BETWEEN = tuple(
    str(folder) + os.sep
    for folder in (Path(__file__).parent, Path(sklearn.__file__).parent / "callback")
)


def stacklevel():
    """Return the stacklevel for `warnings.warn`, called from the same place, to name that line."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(BETWEEN):
        frame, level = frame.f_back, level + 1
    return level
