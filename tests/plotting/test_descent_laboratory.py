"""The descent laboratory but for what its scripts do: what the page knows, and where it goes."""

import html.parser
import json
import re
import webbrowser

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gd import (
    DescentLaboratory,
    DescentPathDisplay,
    GradientDescentRegressor,
    GradientDescentRegressorCV,
    cost,
)
from sklearn_gd.plotting._page import content_of

X, Y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
KEYS = "shown nParameters nIter status penalty rate target own systems change fit start sample"


def content(laboratory):
    """As the page reads it."""
    return json.loads(json.dumps(content_of(laboratory.descent), allow_nan=False))


def length(laboratory):
    found = content_of(laboratory.descent)
    return len(json.dumps(found, allow_nan=False, separators=(",", ":")))


def wide(n_features, n_rows=300):
    """Features of very different sizes, whose numbers have an exponent."""
    rng = np.random.default_rng(n_features)
    A = rng.normal(size=(n_rows, n_features)) * 10.0 ** rng.integers(-8, 8, n_features)
    return A, A @ rng.normal(size=n_features) * 1e-9 + 1e-9 * rng.normal(size=n_rows)


# --- what the page knows ------------------------------------------------------


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("store_path", [True, False])
def test_the_fit_is_in_the_page(scale, store_path):
    reg = GradientDescentRegressor(scale=scale, store_path=True).fit(X, Y)
    path = np.column_stack([reg.coef_path_, reg.intercept_path_])
    if not store_path:
        reg = GradientDescentRegressor(scale=scale).fit(X, Y)
    found = content(DescentLaboratory.from_estimator(reg, X, Y))
    assert list(found) == KEYS.split()
    assert found["rate"] == {"name": "auto", "alpha": None}
    assert (found["target"], found["status"], found["penalty"]) == ("target", "converged", 0.0)
    assert (found["nParameters"], found["nIter"]) == (11, reg.n_iter_)
    assert found["own"] == scale
    fit = found["fit"]
    assert fit["k"] == list(range(reg.n_iter_ + 1))
    assert fit["loss"] == reg.loss_history_.tolist()
    assert fit["alpha"] == [*reg.alpha_history_.tolist(), None]
    assert fit["nextLoss"] == [*fit["loss"][1:], None]
    assert fit["gradient"] is fit["predictions"] is fit["why"] is None
    assert found["start"] == fit["theta"][0]
    if scale:
        mean, sd = (np.array(found["change"][name]) for name in ("mean", "scale"))
        moved = path[:, :10] @ mean
        path = np.column_stack([path[:, :10] * sd, path[:, 10] + moved])
    assert_allclose(fit["theta"], path, rtol=1e-12, atol=1e-12 * np.abs(path).max())
    # Its steps follow the gradient of J in the fit's own system.
    J = found["systems"][found["own"]]["quadratic"]
    slopes = (np.array(fit["theta"]) - J["centre"]) @ J["hessian"] + J["gradient"]
    steps = np.diff(fit["theta"], axis=0)
    down = -np.array(fit["alpha"][:-1])[:, None] * slopes[:-1]
    assert_allclose(steps, down, rtol=1e-6, atol=1e-9 * np.abs(path).max())


def test_two_systems_of_one_j():
    reg = GradientDescentRegressor(0.5, scale=True, max_iter=9, tol=0, l2_regularization=0.2)
    reg.fit(X, Y)
    found = content(DescentLaboratory.from_estimator(reg, X, Y, parameters=("bp", 0)))
    original, scaled = found["systems"]
    assert (original["name"], scaled["name"]) == ("original", "scaled")
    assert original["names"] == [*(f"w_{name}" for name in X), "b"]
    assert scaled["names"] == [*(f"w_{name}·√(sd²+l2)" for name in X), "b"]
    assert found["shown"] == [3, 0]
    assert_allclose(original["fitted"], [*reg.coef_, reg.intercept_])
    assert_allclose(found["change"]["scale"], reg.feature_scale_)
    for system in (original, scaled):
        assert system["fitLargest"] == pytest.approx(system["largest"], rel=1e-9)
        assert system["low"] == system["high"] == [None] * 11
        c, H = np.array(system["quadratic"]["centre"]), np.array(system["quadratic"]["hessian"])
        u = system["fitted"] - c
        j = system["quadratic"]["loss"] + u @ system["quadratic"]["gradient"] + u @ H @ u / 2
        expected = cost(X, Y, reg.coef_, reg.intercept_, l2_regularization=0.2)
        assert j == pytest.approx(expected, rel=1e-9)
    sample = found["sample"]
    assert sample["system"] == 1
    assert len(sample["A"]) == len(sample["y"]) == len(sample["held"]) == 100
    predicted = np.array(sample["A"]) @ scaled["fitted"] + sample["held"]
    assert {*predicted.round(3)} <= {*reg.predict(X).round(3)}


@pytest.mark.parametrize("kind", ["units", "far", "twice"])
def test_the_quadratic_is_about_the_minimum(kind):
    """In both systems, whatever the features' units, and however far the fit stopped from it."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    y = X.sum(axis=1) + rng.normal(size=60)
    if kind == "units":
        X = X * [1e-6, 1e-3, 1e3, 1e6]
    elif kind == "far":
        X = X + 1e6
    else:
        X[:, 3] = X[:, 0]
    Z = StandardScaler().fit_transform(X)
    residual = y - y.mean() - Z @ np.linalg.lstsq(Z, y - y.mean(), rcond=1e-12)[0]
    found = content(DescentLaboratory.from_data(X, y, alpha="lipschitz", max_iter=3, tol=0))
    for system in found["systems"]:
        assert system["quadratic"]["loss"] == pytest.approx(residual @ residual / 120, rel=1e-8)


def test_without_an_intercept_there_is_no_mean():
    reg = GradientDescentRegressor(fit_intercept=False).fit(X, Y)
    found = content(DescentLaboratory.from_estimator(reg, X, Y))
    assert found["change"]["mean"] is None
    assert_allclose(found["change"]["scale"], np.sqrt((X**2).mean()))


def test_bounds_and_a_search():
    reg = GradientDescentRegressor(0.1, scale=True, max_iter=9, tol=0, coef_bounds=(-1.0, np.inf))
    original, scaled = content(DescentLaboratory.from_estimator(reg.fit(X, Y), X, Y))["systems"]
    assert original["low"] == [-1.0] * 10 + [None]
    assert_allclose(scaled["low"][:10], -reg.feature_scale_)
    assert original["high"] == scaled["high"] == [None] * 11
    search = make_pipeline(StandardScaler(), GradientDescentRegressorCV(3, max_iter=20)).fit(X, Y)
    found = content(DescentLaboratory.from_estimator(search, X, Y))
    assert found["rate"] == {"name": "constant", "alpha": search[-1].alpha_}
    assert found["nIter"] == search[-1].n_iter_


@pytest.mark.parametrize("scale", [True, False])
def test_many_parameters_have_one_system(scale):
    A, b = wide(60)
    reg = GradientDescentRegressor(1e-3, scale=True, max_iter=30, tol=0, store_path=True)
    reg.set_params(scale=scale, alpha=1e-3 if scale else 1e-17).fit(A, b)
    found = content(DescentLaboratory.from_estimator(reg, A, b, parameters=(7, "intercept")))
    (system,) = found["systems"]
    assert system["name"] == ("scaled" if scale else "original")
    assert (found["own"], found["change"], found["sample"]["system"]) == (0, None, 0)
    assert found["shown"] == [0, 1]
    assert np.shape(found["fit"]["gradient"]) == np.shape(found["fit"]["theta"]) == (31, 2)
    assert np.shape(found["fit"]["predictions"]) == (31, 100)
    if not scale:
        assert_array_equal(np.array(found["fit"]["theta"])[:, 0], reg.coef_path_[:, 7])


def test_losses_alone_where_there_is_no_path():
    reg = GradientDescentRegressor(scale=False).fit(X, Y)
    order = np.random.default_rng(0).permutation(len(Y))
    laboratory = DescentLaboratory.from_estimator(reg, X.iloc[order], Y.iloc[order])
    fit = content(laboratory)["fit"]
    assert fit["theta"] is fit["gradient"] is fit["predictions"] is None
    assert "cannot be replayed" in fit["why"]
    assert fit["loss"] == reg.loss_history_.tolist()
    assert content(laboratory)["start"] == [0.0] * 11
    assert laboratory.to_html().startswith("<!doctype html>")


@pytest.mark.parametrize(("n", "most"), [(1, 250), (9, 60), (30, 250), (49, 250), (60, 250)])
def test_the_page_stays_small(n, most):
    n_steps = 100 if most == 60 else 10_000
    A, b = wide(n)
    how = {"alpha": 1e-3, "scale": True, "max_iter": n_steps, "tol": 0}
    laboratory = DescentLaboratory.from_data(A, b, **how)
    assert length(laboratory) < 1000 * most
    steps = content(laboratory)["fit"]["k"]
    assert (steps[0], steps[-1]) == (0, n_steps)
    assert steps[:20] == list(range(20))
    assert len(steps) > 40


def test_hostile_names():
    names = ["</script><script>alert(1)</script>", "<!--", "{{data}}", 'a"b&quot;\u2028']
    A = pd.DataFrame(X.to_numpy()[:, :4], columns=names)
    laboratory = DescentLaboratory.from_data(A, Y.rename("<b>&amp;"))
    page = laboratory.to_html()
    assert "alert(1)</script>" not in page.replace("alert(1)\\u003c", "")
    (data,) = re.findall(r'<script id="content"[^>]*>(.*?)</script>', page, re.DOTALL)
    found = json.loads(data)
    assert found["systems"][0]["names"] == [*(f"w_{name}" for name in names), "b"]
    assert found["target"] == "<b>&amp;"
    assert framed(laboratory)["srcdoc"] == page


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\u05d2\u05d9\u05dc", "w_\u2068\u05d2\u05d9\u05dc\u2069"),  # Hebrew
        ("\u0639\u0645\u0631 2", "w_\u2068\u0639\u0645\u0631 2\u2069"),  # Arabic
        ("a\u202eb\u2069c", "w_\u2068abc\u2069"),
        ("\u00e9\u4e2d", "w_\u00e9\u4e2d"),
    ],
)
def test_a_name_written_from_right_to_left_turns_no_number_beside_it(name, shown):
    """dJ/dw_name = -2 < 0 would be shown as dJ/dw_0 > 2- = name."""
    A = pd.DataFrame(X.to_numpy()[:, :1], columns=[name])
    laboratory = DescentLaboratory.from_data(A, Y)
    for system in content_of(laboratory.descent)["systems"]:
        assert system["names"][0].replace("\u00b7sd", "") == shown


# --- where it goes ------------------------------------------------------------


class Frame(html.parser.HTMLParser):
    """The attributes of the elements that it meets."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def framed(laboratory):
    parser = Frame()
    parser.feed(laboratory._repr_html_())
    ((tag, attributes),) = parser.found
    assert tag == "iframe"
    return attributes


@pytest.fixture(scope="module")
def laboratory():
    return DescentLaboratory.from_data(X, Y)


def test_the_frame_has_the_page_and_nothing_leaves_it(laboratory):
    attributes = framed(laboratory)
    assert attributes["srcdoc"] == laboratory.to_html()
    assert attributes["sandbox"] == "allow-scripts"
    assert attributes["title"]
    assert (attributes["width"], attributes["height"]) == ("100%", "760")
    assert "border: 0" in attributes["style"]


def test_the_page_is_written_and_returned(laboratory, tmp_path):
    path = tmp_path / "page.html"
    assert laboratory.to_html(path) is None
    assert path.read_text(encoding="utf-8") == laboratory.to_html()
    display = DescentPathDisplay(laboratory.descent)
    assert display.to_html() == laboratory.to_html()
    display.to_html(str(path))
    assert path.read_text(encoding="utf-8") == laboratory.to_html()


def test_the_browser_is_opened(laboratory, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    urls = []
    monkeypatch.setattr(webbrowser, "open", lambda url: urls.append(url) or True)
    path = laboratory.open()
    assert urls == [path.as_uri()]
    assert path.parent == tmp_path
    assert path.read_text(encoding="utf-8") == laboratory.to_html()
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    with pytest.raises(RuntimeError, match=r"No browser .*descent_laboratory_.*to_html\(path\)"):
        laboratory.open()


def test_what_it_says_of_itself(laboratory):
    assert re.fullmatch(
        r"<DescentLaboratory: w_bmi and w_s5, of 11 parameters; alpha=auto, converged after \d+ "
        r"steps, J from 2965 to 1430>",
        repr(laboratory),
    )


def test_from_data_passes_on_what_the_fit_takes_and_warns():
    weights = np.random.default_rng(0).random(len(Y))
    how = {"alpha": 0.2, "scale": True, "max_iter": 7, "tol": 0}
    reg = GradientDescentRegressor(**how).fit(X, Y, sample_weight=weights)
    made = DescentLaboratory.from_data(X, Y, sample_weight=weights, **how)
    assert_array_equal(made.descent.losses, reg.loss_history_)
    with pytest.warns(ConvergenceWarning, match="did not converge") as caught:
        DescentLaboratory.from_data(X, Y, max_iter=2)
    assert caught[0].filename == __file__
    two = DescentLaboratory.from_data(X, np.column_stack([Y, -Y]), target=1, parameters=("s1", 2))
    assert two.descent.shown == (4, 2)
    assert two.descent.losses[0] == pytest.approx(Y.var(ddof=0) / 2)


def test_what_is_no_fit():
    with pytest.raises(NotFittedError):
        DescentLaboratory.from_estimator(GradientDescentRegressor(), X, Y)
    with pytest.raises(ValueError, match="must be those that estimator was fitted to"):
        DescentLaboratory.from_estimator(GradientDescentRegressor().fit(X, Y), X, -Y)
    with pytest.raises(TypeError, match="has no parameter"):
        DescentLaboratory.from_data(X, Y, learning_rate=0.1)


def test_of_dask_collections():
    dask = pytest.importorskip("dask.array")
    lazy = dask.from_array(X.to_numpy()), dask.from_array(Y.to_numpy())
    with pytest.raises(TypeError, match="Dask collection"):
        DescentLaboratory.from_data(*lazy)


def test_parameters_that_were_changed_after_fit():
    X, y = np.random.default_rng(0).normal(size=(2, 20))
    reg = GradientDescentRegressor(0.1, max_iter=5, tol=0).fit(X[:, None], y)
    found = content(DescentLaboratory.from_estimator(reg.set_params(alpha=5.0), X[:, None], y))
    assert found["rate"] == {"name": "own", "alpha": None}
    with pytest.raises(ValueError, match=r"fit_intercept=True, and has .*=False now"):
        DescentLaboratory.from_estimator(reg.set_params(fit_intercept=False), X[:, None], y)
