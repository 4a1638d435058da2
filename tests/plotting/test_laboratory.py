"""The laboratory's numbers, words and runs are those of the estimator, in a headless Chromium."""

import re

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from sklearn_gd import GradientDescentRegressor, gradient, max_stable_alpha

from .laboratories import fitted, problem

pytestmark = pytest.mark.slow


# --- the fit's numbers ------------------------------------------------------


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("n_features", [1, 9])
def test_the_slider_shows_the_fit(opened, n_features, scale):
    X, y = problem(n_features)
    reg = fitted(X, y, scale=scale, store_path=True)
    lab = opened(reg, X, y, parameters=(0, "intercept"))
    sd = reg.feature_scale_ if scale else np.ones(n_features)
    mean = reg.feature_mean_ if scale else np.zeros(n_features)
    for k in (0, 1, 17, 40):
        lab.go_to(k)
        assert lab.value("#loss-now") == reg.loss_history_[k]
        w, b = reg.coef_path_[k], reg.intercept_path_[k]
        theta = np.array([*(w * sd), b + w @ mean])
        np.testing.assert_allclose(lab.column(3), theta, rtol=1e-12, atol=1e-12)
        dw, db = gradient(X, y, w, b)
        slopes = np.array([*((dw - mean * db) / sd), db])
        np.testing.assert_allclose(lab.column(4), slopes, rtol=1e-9, atol=1e-12)
        point = lab.page.evaluate(
            "() => { const c = document.querySelector('#map-point circle');"
            " return shownMap.back([+c.getAttribute('cx'), +c.getAttribute('cy')]); }"
        )
        frame = lab.page.evaluate("() => shownMap.frame.half")
        np.testing.assert_allclose(point, theta[[0, -1]], atol=1e-3 * max(frame))
        if k < 40:
            np.testing.assert_allclose(lab.column(5), theta - 0.4 * slopes, rtol=1e-9, atol=1e-12)
            assert lab.value("#alpha-value") == reg.alpha_history_[k]
            assert lab.value("#loss-next-value") == reg.loss_history_[k + 1]
    assert "last point" in lab.text("#loss-change")
    assert "last point" in lab.text("#rule")


def test_a_fit_opens_in_its_own_coordinates_and_the_rule_names_them(opened):
    X, y = problem(2)
    lab = opened(fitted(X, y, "auto"), X, y)
    assert lab.page.is_checked("#scaled")
    assert "scaled features" in lab.text("#rule")
    assert "The fit chose its learning rates itself, by “auto”" in lab.text("#verdict")
    assert "overshoots" not in lab.text("#verdict")
    assert lab.page.input_value("#rate") == "auto"
    lab.page.uncheck("#scaled")
    lab.settle()
    assert "as they are" in lab.text("#map-title")
    assert "scaled features" in lab.text("#rule")  # in which the fit's own rule works
    assert "need not be perpendicular" in lab.text("#sentence-2")


def test_the_other_coordinates_show_the_same_run_or_one_of_their_own(opened):
    X, y = load_diabetes(return_X_y=True, scaled=False)
    X = X[:, [2]]
    lab = opened(fitted(X, y, "lipschitz", scale=True), X, y)
    before, _ = lab.run()
    lab.page.uncheck("#scaled")
    lab.settle()
    assert lab.run()[0].tolist() == before.tolist()
    # The slider is still that of the run.
    assert "Up to 1/L = 1 it never overshoots" in lab.text("#verdict")
    assert lab.page.evaluate("() => +document.getElementById('alpha-slider').value") < 0.95
    lab.page.click("#descend-here")
    lab.settle()
    losses, path = lab.run()
    again = fitted(X, y, "lipschitz", max_iter=50, scale=False, store_path=True, start=y.mean())
    np.testing.assert_allclose(losses, again.loss_history_, rtol=1e-9)
    np.testing.assert_allclose(path[:, 0], again.coef_path_[:, 0], rtol=1e-9, atol=1e-12)
    assert lab.page.is_hidden("#descend-here")


def test_the_rule_has_the_digits_in_which_the_parameters_move(opened):
    """Also where the step is ten thousand million times smaller than the parameter."""
    X, y = problem(1)
    lab = opened(fitted(X, y + 1e6, 1e-4, max_iter=3), X, y + 1e6)
    lab.do("() => { state.start = [0.5, 1e6 + 0.25]; rerun(); }")
    rule = lab.text("#rule-numbers")
    before, after = re.findall(r"\(([^()]*)\)", rule)[0], re.findall(r"\(([^()]*)\)", rule)[-1]
    assert all(a != b for a, b in zip(before.split(", "), after.split(", "), strict=True))


def test_the_signs_in_words(lab):
    slopes = gradient(*problem(2), [0.0, 0.0], 0.0)[0]
    for axis, name, slope in zip((0, 1), ("w_1", "w_2"), slopes, strict=True):
        side, way, moves = ("<", "lowers", "up") if slope < 0 else (">", "raises", "down")
        said = lab.text(f"#sentence-{axis}")
        assert f"{side} 0: increasing {name} {way} J, so {name} goes {moves}." in said


def test_slopes_that_are_rounding_are_none(opened):
    """From the best constant the slope of b is zero but for rounding: b stays."""
    X, y = load_diabetes(return_X_y=True)
    lab = opened(fitted(X[:, [2]], y, scale=True), X[:, [2]], y)
    assert "J is level along b, so b stays" in lab.text("#sentence-1")


# --- runs -------------------------------------------------------------------


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("n_features", [1, 9])
@pytest.mark.parametrize("alpha", [0.7, "lipschitz", "exact"])
def test_a_run_in_the_page_is_the_estimators(opened, n_features, alpha, scale):
    """With two parameters and with ten."""
    X, y = problem(n_features)
    reg = fitted(X, y, 0.1, max_iter=5, scale=scale)
    lab = opened(reg, X, y)
    first = lab.page.evaluate("() => laboratory.state.pair[0]")
    lab.set("#steps", 60) if lab.do("chooseTab('compare')") is None else None
    lab.set("#start-0", 1.25)
    lab.page.select_option("#rate", "constant" if alpha == 0.7 else alpha)
    if alpha == 0.7:
        lab.set("#alpha", alpha)
    lab.settle()
    losses, path = lab.run()
    theta = lab.page.evaluate("() => laboratory.content.start")
    theta[first] = 1.25
    sd = reg.feature_scale_ if scale else np.ones(n_features)
    mean = reg.feature_mean_ if scale else np.zeros(n_features)
    coef = np.array(theta[:-1]) / sd
    again = GradientDescentRegressor(alpha, max_iter=60, tol=0, store_path=True, scale=scale)
    again.fit(X, y, coef_init=coef, intercept_init=theta[-1] - coef @ mean)
    theirs = np.column_stack(
        [again.coef_path_ * sd, again.intercept_path_ + again.coef_path_ @ mean]
    )
    # A run ends where J has no digit left to lose.
    n = len(losses)
    np.testing.assert_allclose(again.loss_history_[n:], losses[-1], rtol=1e-9)
    np.testing.assert_allclose(losses, again.loss_history_[:n], rtol=1e-9)
    theirs = theirs[:n]
    np.testing.assert_allclose(path, theirs, rtol=1e-9, atol=1e-9 * np.abs(theirs).max())


@pytest.mark.parametrize(("n_features", "scale"), [(1, False), (9, True)])
def test_penalty_and_bounds_in_the_page(opened, n_features, scale):
    """J, its slopes, the runs and the words are those of the fit."""
    X, y = problem(n_features)
    y = y - 0.5 * X[:, 0]
    low, high = np.full(n_features, -0.05), np.full(n_features, np.inf)
    how = {"coef_bounds": (low, high), "l2_regularization": 0.3, "scale": scale}
    reg = fitted(X, y, **how)
    lab = opened(reg, X, y, parameters=(0, "intercept"))
    assert "plus 0.3/2 times the sum of the squared coefficients" in lab.text("#summary")
    lab.do("startAsTheFit()")
    losses, path = lab.run()
    # Steps as in the controls: at least 50.
    more = fitted(X, y, **{**how, "max_iter": 50, "store_path": True})
    np.testing.assert_allclose(losses, more.loss_history_, rtol=1e-9)
    d = reg.feature_scale_ if scale else 1.0
    np.testing.assert_allclose(path[:, :-1], more.coef_path_ * d, rtol=1e-9, atol=1e-12)
    held = int(np.flatnonzero(reg.coef_ == low)[0])
    if n_features == 1:
        lab.go_to(50)
        lab.go_to(40)
        bound = float((low * d)[held])
        assert "would lower J, but it is at its lower bound" in lab.text("#sentence-0")
        assert lab.column(3)[0] == pytest.approx(bound, rel=1e-12)
        assert lab.column(5)[0] == pytest.approx(bound, rel=1e-12)
        assert "→" in lab.text("#parameters")
    assert lab.page.locator("#map-ground .beyond").count() == 1
    assert "beyond the bounds" in lab.text("#notes")
    rates = lab.page.evaluate("[...document.querySelectorAll('#rate option')].map(o => o.value)")
    assert rates == ["constant", "lipschitz"]
    # A start beyond the bounds begins at the nearest point.
    lab.set("#start-0", -100.0)
    assert lab.run()[1][0][0] == pytest.approx(float((low * d)[0]), rel=1e-12)


def test_alpha_at_and_around_its_limit(lab):
    limit = max_stable_alpha(problem(2)[0])
    assert lab.page.evaluate("() => 2 / laboratory.systems[0].largest") == pytest.approx(limit)
    lab.do("laboratory.state.nSteps = 300")
    lab.set("#alpha", 1.02 * limit)
    climbing, _ = lab.run()
    assert climbing[-1] > 10 * climbing[0]
    assert "J climbs" in lab.text("#verdict")
    lab.set("#alpha", 0.98 * limit)
    below, _ = lab.run()
    assert below[-1] < below[0]
    assert "overshoots" in lab.text("#verdict")
    lab.set("#alpha", 0.5 * limit)
    assert (np.diff(lab.run()[0]) <= 1e-15).all()
    assert "never overshoots" in lab.text("#verdict")


def test_the_sliders_marks_are_where_they_say(lab):
    X, _ = problem(2)
    frame = lab.page.locator("#alpha-slider").bounding_box()
    for mark, alpha in (("#mark-one", 0.5), ("#mark-two", 1.0)):
        lab.set("#alpha", alpha * max_stable_alpha(X))
        box = lab.page.locator(mark).bounding_box()
        share = float(lab.page.input_value("#alpha-slider"))
        thumb = frame["x"] + 8 + share * (frame["width"] - 16)
        assert box["x"] + box["width"] / 2 == pytest.approx(thumb, abs=4)


def test_runs_are_kept_and_raced(lab):
    lab.do("chooseTab('compare')")
    assert lab.page.is_disabled("#keep")  # the fit is there anyway
    for rate in ("lipschitz", "auto", "chebyshev"):
        lab.page.select_option("#rate", rate)
        lab.page.click("#keep")
    lab.set("#alpha", 1.05 * max_stable_alpha(problem(2)[0]))
    assert lab.page.locator("#runs li").count() == 5  # the fit, three kept, and the one tried
    colours = lab.page.evaluate("() => laboratory.state.kept.map(run => run.colour)")
    assert len(set(colours)) == 3
    lab.do("goTo(4)")
    # Each has a line and, but for the one that is looked at, a marker at the same step.
    assert lab.page.locator("#loss-runs path").count() == 5
    assert lab.page.locator("#loss-runs circle").count() == 4
    assert lab.page.locator("#map-runs .rival").count() == 4
    lab.page.click("#runs [aria-label='remove 1/L']")
    lab.settle()
    assert lab.page.locator("#runs li").count() == 4
    lab.page.click("#runs [aria-label='look at the fit']")
    assert lab.page.evaluate("() => laboratory.state.run.fit")


def test_wrong_input_is_told(lab):
    lab.set("#alpha", -1.0)
    assert "must be a positive number" in lab.text("#verdict")
    lab.set("#alpha", 0.1)
    assert "must be" not in lab.text("#verdict")
    lab.page.fill("#start-1", "")
    lab.page.press("#start-1", "Enter")
    lab.settle()
    assert "must be two numbers" in lab.text("#verdict")
    lab.set("#start-1", 1e200)
    assert "below 1e100" in lab.text("#verdict")
    lab.set("#start-1", 0.5)
    lab.do("chooseTab('compare')")
    lab.set("#steps", 10**9)
    assert lab.page.input_value("#steps") == "5000"


# --- all parameters ---------------------------------------------------------


def test_along_eigenvectors_a_step_multiplies_errors(lab):
    lab.do("chooseTab('eigen')")
    X, _ = problem(2)
    A = np.column_stack([X, np.ones(80)])
    values = np.linalg.eigvalsh(A.T @ A / 80)[::-1]
    for alpha in (0.5, 1.2 * max_stable_alpha(X)):
        lab.set("#alpha", alpha)
        np.testing.assert_allclose(lab.column(1, "eigenvalues"), values, rtol=1e-9)
        factors = lab.column(2, "eigenvalues")
        np.testing.assert_allclose(factors, 1 - alpha * values, rtol=1e-9)
        assert lab.page.locator("#eigenvalues .rising").count() == (abs(factors) > 1).sum()
        errors = [lab.column(3, "eigenvalues")]
        lab.go_to(1)
        errors.append(lab.column(3, "eigenvalues"))
        np.testing.assert_allclose(errors[1], errors[0] * factors, rtol=1e-6, atol=1e-12)


def test_small_maps_show_the_other_axes(opened):
    X, y = problem(3)
    lab = opened(fitted(X, y), X, y, parameters=(0, 1))
    lab.do("chooseTab('all')")
    labels = [lab.page.get_attribute(f"#small-{n}", "aria-label") for n in range(3)]
    for label, names in zip(labels, ("w_1 and w_2", "w_1 and b", "w_2 and b"), strict=True):
        assert names in label
    assert lab.page.locator("#small-1-map .level").count() > 5
    lab.page.click("#small-2")
    lab.settle()
    assert "w_2 and b" in lab.text("#map-title")
    lab.page.select_option("#axis-0", "0")
    lab.settle()
    assert lab.page.evaluate("() => laboratory.state.pair") == [0, 3]
    # One that is on the other axis changes places with it.
    lab.page.select_option("#axis-0", "3")
    assert lab.page.evaluate("() => laboratory.state.pair") == [3, 0]


def test_the_data_and_its_line(opened):
    X, y = problem(1)
    reg = fitted(X, y, store_path=True)
    lab = opened(reg, X, y)
    lab.do("chooseTab('data')")
    lab.go_to(5)
    assert "The data and the line" in lab.text("#data-title")
    lab.go_to(40)
    drawn = lab.page.locator("#data-picture .data-line").get_attribute("d")
    lab.go_to(1)
    assert lab.page.locator("#data-picture .data-line").get_attribute("d") != drawn
