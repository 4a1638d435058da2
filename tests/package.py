"""Try what is in dist/: ``make package`` has built it.

The tests of the source distribution are collected in a folder of its own, and some run. In an
empty environment the wheel alone runs the README's first example, and with Matplotlib all of
them.
"""

import re
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).parents[1]


def run(*command, cwd):
    """Run a command there; raise if it fails."""
    subprocess.run([str(part) for part in command], cwd=cwd, check=True)


def try_source(archive, folder):
    """Collect the tests of the source distribution, with nothing else on the path."""
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    (unpacked,) = Path(folder).iterdir()
    pytest = [sys.executable, "-m", "pytest", "-q"]
    run(*pytest, "--collect-only", "-qq", cwd=unpacked)
    some = ["descent/test_textbook.py", "test_documentation.py", "test_metadata.py"]
    run(*pytest, *(f"tests/{name}" for name in some), cwd=unpacked)


def try_wheel(wheel, folder):
    """Install the wheel where nothing else is, and run the README's code."""
    venv.create(Path(folder) / "empty", with_pip=True)
    python = Path(folder) / "empty" / "bin" / "python"
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```python\n(.*?)^```", readme, flags=re.MULTILINE | re.DOTALL)
    for install, code in (wheel, examples[0]), (f"{wheel}[plot]", "\n".join(examples)):
        run(python, "-m", "pip", "install", "--quiet", install, cwd=folder)
        run(python, "-W", "error", "-c", code, cwd=folder)


if __name__ == "__main__":
    (archive,), (wheel,) = (list((HERE / "dist").glob(kind)) for kind in ("*.tar.gz", "*.whl"))
    with tempfile.TemporaryDirectory() as folder:
        try_source(archive, folder)
    with tempfile.TemporaryDirectory() as folder:
        try_wheel(wheel, folder)
