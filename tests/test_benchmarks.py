"""The benchmarks run, small, with the peers that are installed, and report what they found."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from benchmarks.__main__ import main
from benchmarks.measure import Reference, compare, peak_memory, summary
from benchmarks.peers import STEPS, jax_loop, numpy_loop, this_package, torch_loop
from benchmarks.report import slope
from benchmarks.tasks import normal


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


def test_growth_is_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    main(["--only", "growth", "--size", "0.001", "--seconds", "0.01", "--output", str(tmp_path)])
    results = json.loads((tmp_path / "growth.json").read_text())
    assert [growth["of"] for growth in results["growth"]] == ["rows", "features"]
    assert (tmp_path / "growth.svg").read_text().startswith("<?xml")
    assert "growth.svg" in (tmp_path / "growth.md").read_text()


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
