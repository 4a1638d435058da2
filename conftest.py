"""What every test shares, the examples in docstrings too."""

import os
import sys

import pytest

# Pictures are drawn without a screen.
os.environ["MPLBACKEND"] = "Agg"


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


# test_types.py runs it; to look for doctests would be to run it too.
collect_ignore = ["tests/user_code.py"]
