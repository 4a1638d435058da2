"""Where a warning comes from, to its reader: the line of the user's code."""

import sys
from pathlib import Path

import sklearn

# Of frames between a warning and the user's line: ours, and those that wrap `fit`.
BETWEEN = str(Path(__file__).parent), str(Path(sklearn.__file__).parent / "callback")


def stacklevel():
    """Return the number for `warnings.warn`, called where this is, to name that line."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(BETWEEN):
        frame, level = frame.f_back, level + 1
    return level
