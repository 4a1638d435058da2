"""The descent laboratory, in a headless Chromium."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from sklearn_gd import DescentPathDisplay, GradientDescentRegressor, gradient, max_stable_alpha
from sklearn_gd.plotting._laboratory import content_of, kept_steps

from ..problems import with_condition

LARGEST_PAGE = 6_000_000

pytestmark = pytest.mark.slow


class Laboratory:
    """A page in the browser, and what is read off it."""

    def __init__(self, browser, path, width=1280, height=900):
        self.page = browser.new_page(viewport={"width": width, "height": height})
        self.errors, self.requests = [], []
        self.page.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("#surface .gl-container canvas", state="attached")
        self.settle()

    def settle(self):
        """Wait until what was asked for is drawn."""
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def value(self, selector):
        """The number of an element, with all its digits."""
        return float(self.page.locator(selector).first.get_attribute("data-value"))

    def column(self, n):
        cells = self.page.locator(f"#parameters tr td:nth-of-type({n})").all()
        return np.array([float(cell.get_attribute("data-value")) for cell in cells])

    def go_to(self, k):
        self.page.locator("#step").fill(str(k))
        self.settle()

    def marker(self, picture):
        """Where the marker of the current step is, as plotly has it."""
        code = f"(() => {{ const t = document.getElementById('{picture}').data.at(-1); "
        return self.page.evaluate(code + "return [t.x[0], t.y[0]]; })()")

    def run(self):
        """Losses and path of the run that is shown."""
        run = self.page.evaluate("() => laboratory.state.run")
        return np.array(run["loss"]), np.array(run["theta"])

    def set(self, selector, value):
        self.page.fill(selector, repr(value))
        self.page.press(selector, "Enter")
        self.settle()


@pytest.fixture
def opened(browser, tmp_path):
    """Return a function that opens the page of a fit."""
    laboratories = []

    def open_page(reg, X, y, width=1280, **settings):
        path = tmp_path / "laboratory.html"
        DescentPathDisplay.from_estimator(reg, X, y, **settings).to_html(path)
        assert path.stat().st_size < LARGEST_PAGE
        laboratories.append(Laboratory(browser, path, width))
        return laboratories[-1]

    yield open_page
    for laboratory in laboratories:
        assert laboratory.errors == []
        assert [url for url in laboratory.requests if not url.startswith(("file:", "data:"))] == []
        laboratory.page.close()


@pytest.fixture(scope="module")
def shared_page(browser, tmp_path_factory):
    """A page on two features, which most tests can share: opening one takes seconds."""
    X, y = problem(2)
    path = tmp_path_factory.mktemp("laboratory") / "laboratory.html"
    DescentPathDisplay.from_estimator(fitted(X, y), X, y).to_html(path)
    laboratory = Laboratory(browser, path)
    yield laboratory
    assert laboratory.errors == []


@pytest.fixture
def lab(shared_page):
    """Return it as it opens: the fit, its first step, its learning rate and start."""
    shared_page.page.evaluate(
        "() => { const lab = laboratory; Object.assign(lab.state, "
        "{ kept: [], trial: null, start: lab.fitRun.theta[0].slice(), alpha: lab.content.alpha, "
        "nSteps: 50, slice: 'fitted' }); lab.select(lab.fitRun); lab.goTo(0); "
        "document.activeElement.blur(); }"
    )
    shared_page.settle()
    return shared_page


def problem(n_features):
    return with_condition(20.0, 80, n_features, seed=2)


def fitted(X, y, alpha=0.4, **settings):
    settings = {"max_iter": 40, "tol": 0, "store_path": True, **settings}
    return GradientDescentRegressor(alpha, **settings).fit(X, y)


@pytest.mark.parametrize("n_features", [1, 9])
def test_the_slider_shows_the_fit(opened, n_features):
    X, y = problem(n_features)
    reg = fitted(X, y)
    lab = opened(reg, X, y, parameters=(0, "intercept"))
    for k in (0, 1, 17, 40):
        lab.go_to(k)
        assert lab.value("#cost strong") == reg.loss_history_[k]
        theta = [*reg.coef_path_[k], reg.intercept_path_[k]]
        np.testing.assert_array_equal(lab.column(1), theta)
        slopes = gradient(X, y, reg.coef_path_[k], reg.intercept_path_[k])
        np.testing.assert_allclose(lab.column(2), [*slopes[0], slopes[1]], rtol=1e-9, atol=1e-12)
        assert lab.marker("map") == [theta[0], theta[-1]]
        assert lab.marker("loss") == [k, reg.loss_history_[k]]
        if k < 40:
            next_theta = [*reg.coef_path_[k + 1], reg.intercept_path_[k + 1]]
            np.testing.assert_allclose(lab.column(3), next_theta, rtol=1e-9, atol=1e-12)
            assert lab.value("#rate strong") == 0.4
            assert lab.value("#cost strong >> nth=1") == reg.loss_history_[k + 1]
    assert "last step" in lab.page.inner_text("#cost")


def test_the_signs_in_words(lab):
    sentences = lab.page.inner_text("#sentences").strip().split("\n")[::2]
    slopes = gradient(*problem(2), [0.0, 0.0], 0.0)[0]
    assert len(sentences) == 2
    for sentence, name, slope in zip(sentences, ("w_1", "w_2"), slopes, strict=True):
        side, way, moves = ("<", "lowers", "up") if slope < 0 else (">", "raises", "down")
        assert f"{side} 0: increasing {name} {way} J, so {name} goes {moves}." in sentence


@pytest.mark.parametrize("n_features", [1, 9])
def test_a_run_in_the_page_is_the_estimators(opened, n_features):
    """With two parameters and with ten."""
    X, y = problem(n_features)
    lab = opened(fitted(X, y, 0.1, max_iter=5), X, y)
    alpha, start = 0.7, 1.25
    lab.set("#steps", 200)
    lab.set("#start-0", start)
    lab.set("#alpha", alpha)
    losses, path = lab.run()
    coef = np.zeros(n_features)
    coef[0] = start
    reg = GradientDescentRegressor(alpha, max_iter=200, tol=0, store_path=True)
    reg.fit(X, y, coef_init=coef)
    np.testing.assert_allclose(losses, reg.loss_history_, rtol=1e-9)
    theirs = np.column_stack([reg.coef_path_, reg.intercept_path_])
    np.testing.assert_allclose(path, theirs, rtol=1e-9, atol=1e-9 * np.abs(theirs).max())
    lab.page.click("#fit-start")
    losses, _ = lab.run()
    again = GradientDescentRegressor(alpha, max_iter=200, tol=0).fit(X, y)
    np.testing.assert_allclose(losses, again.loss_history_, rtol=1e-9)


@pytest.mark.parametrize(("n_features", "scale"), [(1, False), (9, True)])
def test_penalty_and_bounds_in_the_page(opened, n_features, scale):
    """J, its slopes, the runs and the words are those of the fit."""
    X, y = problem(n_features)
    y = y - 0.5 * X[:, 0]
    low, high = np.full(n_features, -0.05), np.full(n_features, np.inf)
    how = {"coef_bounds": (low, high), "l2_regularization": 0.3, "scale": scale}
    reg = fitted(X, y, **how)
    lab = opened(reg, X, y, parameters=(0, "intercept"))
    assert "plus 0.3/2 times the sum of the squared coefficients" in lab.page.inner_text(
        "#summary"
    )
    lab.page.click("#fit-start")
    losses, path = lab.run()
    # Steps as in the controls: at least 50.
    more = fitted(X, y, max_iter=50, **how)
    np.testing.assert_allclose(losses, more.loss_history_, rtol=1e-9)
    d = reg.feature_scale_ if scale else 1.0
    coefs = more.coef_path_ * d
    np.testing.assert_allclose(path[:, :-1], coefs, rtol=1e-9, atol=1e-12)
    assert (reg.coef_ == low).any()
    held = int(np.flatnonzero(reg.coef_ == low)[0])
    if n_features == 1:
        lab.go_to(40)
        bound = float((low * d)[held])
        words = lab.page.inner_text("#sentences")
        assert "would lower J, but it is at its lower bound" in words
        assert lab.column(1)[0] == pytest.approx(bound, rel=1e-12)
        assert lab.column(3)[0] == pytest.approx(bound, rel=1e-12)
        assert "→" in lab.page.inner_text("#parameters")
    shapes = lab.page.evaluate("() => document.getElementById('map').layout.shapes.length")
    assert shapes == 1
    assert "beyond the bounds" in lab.page.inner_text("#notes")
    # A start beyond the bounds begins at the nearest point.
    lab.set("#start-0", -100.0)
    _, path = lab.run()
    assert path[0][0] == pytest.approx(float((low * d)[0]), rel=1e-12)


def test_alpha_at_and_around_its_limit(lab):
    limit = max_stable_alpha(problem(2)[0])
    assert lab.page.evaluate("() => 2 / laboratory.content.largest") == pytest.approx(limit)
    lab.set("#steps", 300)
    lab.set("#alpha", 1.02 * limit)
    climbing, _ = lab.run()
    assert climbing[-1] > 10 * climbing[0]
    assert (np.diff(climbing[-50:]) > 0).all()
    assert "J climbs" in lab.page.inner_text("#verdict")
    lab.set("#alpha", 0.98 * limit)
    below, _ = lab.run()
    assert below[-1] < below[0]
    assert "overshoots" in lab.page.inner_text("#verdict")
    lab.set("#alpha", 0.5 * limit)
    assert (np.diff(lab.run()[0]) <= 1e-15).all()
    assert "never overshoots" in lab.page.inner_text("#verdict")


def test_the_sliders_marks_are_where_they_say(lab):
    X, _ = problem(2)
    frame = lab.page.locator("#alpha-slider").bounding_box()
    for mark, alpha in (("#mark-one", 0.5), ("#mark-two", 1.0)):
        lab.set("#alpha", alpha * max_stable_alpha(X))
        box = lab.page.locator(mark).bounding_box()
        share = float(lab.page.input_value("#alpha-slider"))
        thumb = frame["x"] + 8 + share * (frame["width"] - 16)
        assert box["x"] + box["width"] / 2 == pytest.approx(thumb, abs=2)


def test_a_click_on_the_map_starts_there(opened):
    X, y = problem(4)
    reg = fitted(X, y)
    lab = opened(reg, X, y, parameters=(1, 3))
    drag = lab.page.locator("#map .nsewdrag").bounding_box()
    lab.page.mouse.click(drag["x"] + 0.25 * drag["width"], drag["y"] + 0.25 * drag["height"])
    lab.settle()
    start = lab.run()[1][0]
    (left, right), (bottom, top) = lab.page.evaluate("() => laboratory.content.box.sides")
    assert start[1] == pytest.approx(left + 0.25 * (right - left), abs=0.01 * (right - left))
    assert start[3] == pytest.approx(bottom + 0.75 * (top - bottom), abs=0.01 * (top - bottom))
    # The others are those for which the map is drawn.
    np.testing.assert_allclose(start[[0, 2, 4]], [*reg.coef_[[0, 2]], reg.intercept_])
    assert float(lab.page.input_value("#start-0")) == start[1]


def test_kept_runs_are_compared(lab):
    assert lab.page.is_disabled("#keep")  # the fit is there anyway
    limit = max_stable_alpha(problem(2)[0])
    for share in (0.3, 1.0, 1.05):
        lab.set("#alpha", share * limit)
        lab.page.click("#keep")
    assert lab.page.locator("#kept li").count() == 3
    colours = lab.page.evaluate("() => laboratory.state.kept.map(run => run.colour)")
    assert len(set(colours)) == 3
    assert lab.page.is_disabled("#keep")
    # Three runs and the marker; the one shown is among the kept.
    assert lab.page.evaluate("() => document.getElementById('loss').data.length") == 4
    lab.page.locator("#kept li button[aria-label^=remove]").first.click()
    lab.settle()
    assert lab.page.locator("#kept li").count() == 2
    lab.page.select_option("#run", "0")
    assert lab.page.evaluate("() => laboratory.state.run.fit")


def test_the_slice_follows_the_step(opened):
    X, y = problem(4)
    reg = fitted(X, y)
    lab = opened(reg, X, y)
    lab.page.check("input[value=current]")
    lab.go_to(3)
    plane = lab.page.evaluate("() => laboratory.current().plane")
    at = lab.page.evaluate(
        "() => lossAt(laboratory.current().plane, laboratory.current().theta.slice(0, 2))"
    )
    assert at == pytest.approx(reg.loss_history_[3], rel=1e-12)
    lab.go_to(30)
    assert lab.page.evaluate("() => laboratory.current().plane") != plane


def test_the_directional_derivative(lab):
    X, y = problem(2)
    for degrees in (0, 35, 90, 271):
        lab.page.locator("#direction").fill(str(degrees))
        slope = gradient(X, y, [0.0, 0.0], 0.0)[0]
        radians = np.radians(degrees)
        expected = slope @ [np.cos(radians), np.sin(radians)]
        assert lab.value("#derivative span") == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert "per unit of length" in lab.page.inner_text("#derivative")


def test_by_keyboard(lab):
    press = lab.page.keyboard.press
    position = lambda: lab.page.inner_text("#position")  # noqa: E731
    press("ArrowRight")
    press("ArrowRight")
    press("ArrowLeft")
    assert position() == "step 1 of 40"
    press("End")
    assert position() == "step 40 of 40"
    press("Home")
    assert position() == "step 0 of 40"
    press(" ")
    assert lab.page.inner_text("#play") == "Pause"
    lab.page.wait_for_function("() => laboratory.state.at > 1")
    press(" ")
    assert lab.page.inner_text("#play") == "Play"
    # Every control can be reached.
    lab.set("#alpha", 0.2)
    reached = set()
    for _ in range(40):
        press("Tab")
        reached.add(lab.page.evaluate("() => document.activeElement.id"))
    assert {
        "step",
        "play",
        "run",
        "alpha",
        "alpha-slider",
        "steps",
        "keep",
        "direction",
    } <= reached


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_sticks_out(opened, width):
    X, y = problem(9)
    lab = opened(fitted(X, y), X, y, width=width)
    assert lab.page.evaluate("() => document.documentElement.scrollWidth") <= width
    if width < 700:
        figures = lab.page.locator("figure").all()
        lefts = {round(figure.bounding_box()["x"]) for figure in figures}
        assert len(lefts) == 1


def test_names_are_not_markup(opened):
    import pandas as pd

    X, y = problem(2)
    X = pd.DataFrame(X, columns=["</script><b>bold</b>", "{{data}} & <i>x</i>"])
    lab = opened(fitted(X, y), X, y)
    assert lab.page.locator("b, i").count() == 0
    assert "</script><b>bold</b>" in lab.page.inner_text("#summary")


def test_wrong_input_is_told(lab):
    lab.set("#alpha", -1.0)
    assert "must be a positive number" in lab.page.inner_text("#verdict")
    lab.set("#alpha", 0.1)
    assert "must be" not in lab.page.inner_text("#verdict")
    lab.page.fill("#start-1", "")
    lab.page.press("#start-1", "Enter")
    assert "must be two numbers" in lab.page.inner_text("#verdict")
    lab.set("#start-1", 1e200)
    assert "below 1e100" in lab.page.inner_text("#verdict")
    lab.set("#steps", 10**9)
    assert lab.page.input_value("#steps") == "5000"


def test_the_largest_pages(opened):
    """Ten thousand steps; 50 parameters; more than 50, the rest held."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 49))
    y = X @ rng.normal(size=49) + rng.normal(size=500)
    reg = fitted(X, y, 1e-3, max_iter=10_000)
    lab = opened(reg, X, y)
    assert "in the page" in lab.page.inner_text("#notes")
    lab.page.keyboard.press("End")
    assert lab.value("#cost strong") == reg.loss_history_[-1]
    X = rng.normal(size=(500, 80))
    y = X @ rng.normal(size=80) + rng.normal(size=500)
    reg = fitted(X, y, 1e-3, max_iter=10_000)
    lab = opened(reg, X, y, parameters=(70, 3))
    assert "79 parameters are held" in lab.page.inner_text("#notes")
    lab.go_to(4)
    slopes = gradient(X, y, reg.coef_path_[4], reg.intercept_path_[4])[0]
    np.testing.assert_allclose(lab.column(2), slopes[[70, 3]], rtol=1e-9)
    # The fit's steps are measured by its own L, runs in the page by that of the slice.
    largest = lab.page.evaluate("() => laboratory.content.fitLargest")
    assert largest == pytest.approx(2 / max_stable_alpha(X))
    assert f"= {1e4 * 1e-3 * largest / 2:.1f}·10⁻⁴ · 2/L" in lab.page.inner_text("#rate")
    lab.set("#alpha", 0.5)
    losses, _ = lab.run()
    assert losses[-1] < losses[0]
    lab = opened(reg, X, y, parameters=("intercept", 3))
    assert "The line of this step" in lab.page.inner_text("#data-title")


def test_a_diverged_fit_and_a_perfect_one(opened):
    X, y = problem(2)
    with pytest.warns(ConvergenceWarning):
        reg = fitted(X, y, 3.0)
    opened(reg, X, y).page.keyboard.press("End")
    with pytest.warns(ConvergenceWarning):
        reg = fitted(X, y, 1e60)
    opened(reg, X, y).page.keyboard.press("End")
    level = fitted(0 * X, y, fit_intercept=False)
    assert "J is level" in opened(level, 0 * X, y).page.inner_text("#verdict")
    perfect = X @ [1.0, 2.0]
    opened(fitted(X, perfect, "exact", max_iter=300), X, perfect).page.keyboard.press("End")


def test_steps_that_are_kept():
    np.testing.assert_array_equal(kept_steps(5, 10), np.arange(5))
    steps = kept_steps(10_001, 600)
    assert steps[0] == 0
    assert steps[-1] == 10_000
    assert (np.diff(steps) > 0).all()
    np.testing.assert_array_equal(steps[:300], np.arange(300))
    assert len(steps) <= 601


def test_numbers_in_the_page_are_exact():
    X, y = problem(2)
    reg = fitted(X, y)
    content = content_of(DescentPathDisplay.from_estimator(reg, X, y).descent)
    np.testing.assert_array_equal(content["fit"]["loss"], reg.loss_history_)
    np.testing.assert_array_equal(np.array(content["fit"]["theta"])[:, :2], reg.coef_path_)
