"""What several files say of the package is the same in all of them."""

import re
import tomllib
from itertools import chain
from pathlib import Path

from packaging.version import Version

import sklearn_gd

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CLASSIFIERS = PYPROJECT["project"]["classifiers"]
PYTHONS = [one.rsplit(" ", 1)[1] for one in CLASSIFIERS if re.search(r":: 3\.\d+$", one)]


def lines_of(name, key):
    """Return what lines of a YAML file say of a key, without quotes."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [value.strip('"') for value in re.findall(rf"^ *{key}: (.+)$", text, re.MULTILINE)]


def test_the_version_is_said_once_and_cited():
    """A tag is "v" and the version, so that it must be in its normal form."""
    assert str(Version(sklearn_gd.__version__)) == sklearn_gd.__version__
    assert "version" in PYPROJECT["project"]["dynamic"]
    attribute = PYPROJECT["tool"]["setuptools"]["dynamic"]["version"]["attr"]
    assert attribute == "sklearn_gd.__version__"
    assert lines_of("CITATION.cff", "version") == [sklearn_gd.__version__]


def test_only_a_final_version_is_called_stable():
    status = "4 - Beta"
    if not Version(sklearn_gd.__version__).is_prerelease:
        status = "5 - Production/Stable"
    assert f"Development Status :: {status}" in CLASSIFIERS


def test_each_python_that_is_promised_is_tested():
    tested = lines_of(".github/workflows/tests.yml", "python")[0]
    assert re.findall(r"[\d.]+", tested) == PYTHONS
    assert PYPROJECT["project"]["requires-python"] == f">={PYTHONS[0]}"


def test_the_oldest_versions_are_those_that_are_promised():
    """Of each requirement of the package and its extras that oldest.txt has."""
    text = (ROOT / "tests" / "oldest.txt").read_text(encoding="utf-8")
    oldest = dict(re.findall(r"^([\w-]+)==([\d.]+)$", text, re.MULTILINE))
    extras = PYPROJECT["project"]["optional-dependencies"].values()
    for requirement in chain(PYPROJECT["project"]["dependencies"], *extras):
        name, promised = re.fullmatch(r"([\w-]+)(?:\[.*\])?>=([\d.]+)", requirement).groups()
        assert f"{oldest[name]}.".startswith(f"{promised}."), requirement
