"""The descent laboratory in a notebook."""

from pathlib import Path

import nbclient
import nbformat
import pytest

import sklearn_gd

CODE = """
from sklearn.datasets import load_diabetes
from sklearn_gd import DescentLaboratory

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
DescentLaboratory.from_data(X, y)
"""
LARGEST = 400_000

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory):
    """A notebook as it was written, and as it was run."""
    written = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CODE)])
    run = nbformat.from_dict(written)
    # The kernel finds the package that is tested, and leaves nothing in the user's folders.
    folder = tmp_path_factory.mktemp("notebook")
    where = {"metadata": {"path": str(Path(sklearn_gd.__file__).parent.parent)}}
    with pytest.MonkeyPatch.context() as patch:
        for name in (
            "IPYTHONDIR",
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
        ):
            patch.setenv(name, str(folder / name.lower()))
        nbclient.NotebookClient(run, timeout=120, resources=where).execute()
    return written, run


def test_it_shows_itself(notebooks):
    (output,) = notebooks[1].cells[0].outputs
    # One output: nothing was printed, and there was no warning.
    assert output.output_type == "execute_result"
    assert output.data["text/html"].startswith("<iframe srcdoc=")
    assert output.data["text/plain"].startswith("<DescentLaboratory: w_bmi and w_")


def test_the_notebook_stays_small(notebooks):
    written, run = (len(nbformat.writes(one).encode()) for one in notebooks)
    assert run - written < LARGEST
