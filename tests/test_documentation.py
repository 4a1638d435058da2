"""The documentation names all that is public, says it in numpydoc's form, and its code runs."""

import doctest
import inspect
import re
from configparser import ConfigParser
from pathlib import Path

import pytest
from numpydoc.validate import validate

import sklearn_gd
from sklearn_gd import learning_rates

DOCS = Path(__file__).parent.parent / "docs"
GENERATED = {"_build", "auto_examples", "generated"}
PAGES = sorted(
    page for page in DOCS.rglob("*.rst") if not GENERATED & set(page.relative_to(DOCS).parts)
)

# Packages without which the code of a page is not run.
NEEDS = {"works_with.rst": ["skops", "skl2onnx", "onnxruntime"]}

PUBLIC = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in (sklearn_gd, learning_rates)
    for name in module.__all__
    if callable(getattr(module, name))
}
PROTOCOLS = {name for name, one in PUBLIC.items() if getattr(one, "_is_protocol", False)}
# Those that the class itself defines: scikit-learn adds some that are no plain functions.
METHODS = {
    f"{name}.{method}"
    for name, one in PUBLIC.items()
    if inspect.isclass(one)
    for method, function in vars(one).items()
    if inspect.isfunction(function) or isinstance(function, classmethod | staticmethod)
    if not method.startswith("_")
}

CHECKS = ConfigParser()
CHECKS.read(DOCS.parent / "setup.cfg")
EXCLUDED = set(CHECKS["tool:numpydoc_validation"]["exclude_checks"].split())
# What a method of the protocol takes and returns is said once, in protocol.py.
EXCLUDED_IN_START = EXCLUDED | {"PR01", "RT01"}
# typing.Protocol gives its subclasses an __init__(*args, **kwargs) that nobody calls.
EXCLUDED_IN_PROTOCOLS = EXCLUDED | {"PR01"}


def test_the_api_page_has_every_public_name():
    page = (DOCS / "api.rst").read_text(encoding="utf-8")
    listed = set(re.findall(r"^   (\w+)$", page, flags=re.MULTILINE))
    # The protocol of learning rates has a page of its own.
    assert {name.rsplit(".", 1)[1] for name in PUBLIC if name not in PROTOCOLS} <= listed


@pytest.mark.parametrize("name", sorted({*PUBLIC, *METHODS}))
def test_docstrings_are_numpydoc(name):
    excluded = EXCLUDED
    if name.endswith(".start"):
        excluded = EXCLUDED_IN_START
    elif name in PROTOCOLS:
        excluded = EXCLUDED_IN_PROTOCOLS
    errors = validate(name)["errors"]
    assert [error for error in errors if error[0] not in excluded] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_the_code_of_a_page_runs(page):
    for package in NEEDS.get(page.name, ()):
        pytest.importorskip(package)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    result = doctest.testfile(
        str(page), module_relative=False, optionflags=flags, encoding="utf-8"
    )
    assert result.failed == 0


def test_the_readmes_code_runs(tmp_path, monkeypatch):
    """From its first line to its last, as a reader would paste it."""
    monkeypatch.chdir(tmp_path)
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    for code in re.findall(r"^```python\n(.*?)^```", readme, flags=re.MULTILINE | re.DOTALL):
        exec(code, names)
    assert (tmp_path / "laboratory.html").exists()


def test_the_readmes_links_are_absolute():
    """It is shown on PyPI too, where nothing is beside it."""
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```|^ {4}.*?$|`[^`\n]*`", "", readme, flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\(\s*<?([^\s)>]+)", prose)
    targets += re.findall(r"^\[[^\]]+\]:\s*(\S+)", prose, flags=re.MULTILINE)
    targets += re.findall(r"""\b(?:href|src|srcset)=["']([^"']+)""", prose)
    relative = [target for target in targets if not re.match(r"https://|mailto:|#", target)]
    assert relative == []


def test_the_table_of_the_house_is_complete():
    """Each module and folder of the package is in CONTRIBUTING, by its name."""
    package = Path(sklearn_gd.__file__).parent
    text = (DOCS.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)(?:\.py|/)?`", text))
    for path in package.rglob("*.py"):
        if path.name != "__init__.py":
            assert path.stem in named, path
    folders = [path for path in package.rglob("*") if path.is_dir() and path.name != "__pycache__"]
    assert {folder.name for folder in folders} <= named
