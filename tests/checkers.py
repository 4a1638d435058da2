"""What mypy and pyright say of code that uses the package: ``python -m tests.checkers``.

The README's code, the gallery's examples and user_code.py must be without an error, and the
public API without a type that pyright has to infer.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
USER_CODE = ROOT / "tests" / "user_code.py"
# Their types say less than they take, chunks=100 for instance.
UNTRUE = ["dask/__init__", "dask/array", "dask/dataframe", "distributed/__init__"]
# To pyright they are unknown as long as their bases are, scikit-learn's, which has no types.
DERIVED = {"sklearn_gd.GradientDescentRegressor", "sklearn_gd.GradientDescentRegressorCV"}


def readme_code():
    """Return the README's code, from its first line to its last."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL))


def called(module, *arguments, **how):
    """Call a checker that finds the package in this folder, installed or not."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, **how)


def has_errors(folder):
    """Return whether a checker has found any, and print them."""
    examples = sorted((ROOT / "docs" / "examples").glob("*.py"))
    code = folder / "readme.py"
    code.write_text(readme_code(), encoding="utf-8")
    # Of packages without types, as scikit-learn and pandas, pyright would infer some, wrongly.
    settings = {"useLibraryCodeForTypes": False, "reportMissingModuleSource": False}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    for module in UNTRUE:
        stub = folder / "typings" / f"{module}.pyi"
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text("from typing import Any\ndef __getattr__(name: str) -> Any: ...\n")
    pyright = "pyright", "--pythonpath", sys.executable
    runs = [
        called("mypy", code, USER_CODE, *examples, cwd=ROOT),
        called(*pyright, code, *examples, cwd=folder),
        # As it is for users: what scikit-learn's classes have is inferred.
        called(*pyright, USER_CODE, cwd=ROOT),
    ]
    return any(run.returncode for run in runs)


def is_incomplete():
    """Return whether a public type has to be inferred, and print which."""
    arguments = "--outputjson", "--verifytypes", "sklearn_gd", "--ignoreexternal"
    pyright = "pyright", "--pythonpath", sys.executable
    run = called(*pyright, *arguments, cwd=ROOT, capture_output=True, text=True)
    found = json.loads(run.stdout)["typeCompleteness"]
    exported = [symbol for symbol in found["symbols"] if symbol["isExported"]]
    unknown = {symbol["name"] for symbol in exported if not symbol["isTypeKnown"]} - DERIVED
    score = found["completenessScore"]
    print(f"{score:.1%} of {len(exported)} public symbols are known; {sorted(unknown)} are not")
    print(f"(nor are the bases, scikit-learn's, of {', '.join(sorted(DERIVED))})")
    return bool(unknown)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        sys.exit(has_errors(Path(made)) | is_incomplete())
