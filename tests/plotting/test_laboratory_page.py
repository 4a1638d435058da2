"""The laboratory's page as a whole: sizes, keys, addresses, frames, colours."""

import contextlib
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from sklearn_gd import DescentLaboratory, gradient, max_stable_alpha
from sklearn_gd.plotting import _page
from sklearn_gd.plotting._page import content_of

from .laboratories import Laboratory, fitted, problem

pytestmark = pytest.mark.slow

# Bytes of a page on ten parameters and a hundred steps, and the pixels that a finger needs.
LARGEST_USUAL, TARGET = 250_000, 44


def test_by_keyboard(lab):
    press = lab.page.keyboard.press
    position = lambda: (lab.settle(), lab.text("#position"))[1]  # noqa: E731
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        press(key)
    assert position() == "step 1 of 40"
    press("End")
    assert position() == "step 40 of 40"
    press("Home")
    assert position() == "step 0 of 40"
    press(" ")
    lab.page.wait_for_function("() => laboratory.state.at > 1")
    assert lab.text("#play") == "Pause"
    press(" ")
    lab.settle()
    assert lab.text("#play") == "Play"
    lab.page.focus("#tab-words")
    press("ArrowRight")
    assert lab.page.get_attribute("#tab-slice", "aria-selected") == "true"
    assert lab.page.is_visible("#panel-slice")
    # Every control can be reached.
    lab.set("#alpha", 0.2)
    lab.do("document.activeElement.blur()")
    reached = set()
    for _ in range(60):
        press("Tab")
        reached.add(lab.page.evaluate("() => document.activeElement.id"))
    handles = {"handle-start", "handle-step", "handle-direction"}
    controls = (
        "step play alpha alpha-slider rate tab-slice slice-range scaled axis-0 start-0 zoom-in"
    )
    others = "copy-picture begin surface"
    assert handles | {*controls.split(), *others.split()} <= reached


def test_screen_readers_are_told_what_a_step_does(lab):
    lab.go_to(2)
    said = lab.page.inner_text("#told")
    assert said.startswith("Step 2: J = ")
    assert "w_1 goes" in said


@pytest.mark.parametrize(
    ("width", "height"), [(1600, 900), (1400, 900), (700, 760), (390, 844), (320, 700)]
)
def test_nothing_sticks_out(opened, width, height):
    X, y = problem(9)
    lab = opened(fitted(X, y), X, y, width, height)
    for tab in ("words", "slice", "direction", "all", "eigen", "compare", "data", "formulas"):
        lab.do(f"chooseTab('{tab}')")
        assert lab.page.evaluate("() => document.documentElement.scrollWidth") <= width
    lab.do("chooseTab('words')")
    # Map, numbers and loss are in view together, and a chapter's question with them or below.
    for part in ("#map", "#numbers", "#loss", "#rule"):
        box = lab.page.locator(part).bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= height
    targets = lab.page.evaluate(
        """() => [...document.querySelectorAll(
            'button, select, input, .handle .hit')].map((node) => {
            const { width, height } = (node.closest('label') || node).getBoundingClientRect();
            return [node.id, width, height]; }).filter(([, width]) => width > 0)"""
    )
    assert len(targets) > 20
    assert [target for target in targets if min(target[1:]) < TARGET - 0.5] == []
    lab.do("openChapter(2)")
    assert lab.page.evaluate("() => document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("width", "size"), [(1400, "16px"), (320, "16px"), (1100, "32px"), (390, "32px")]
)
def test_long_names_and_large_letters_stay_within(opened, width, size):
    import pandas as pd

    X, y = problem(2)
    names = ["a" * 120, "the mean annual temperature of the nearest station, in degrees"]
    lab = opened(
        fitted(pd.DataFrame(X, columns=names), y), pd.DataFrame(X, columns=names), y, width
    )
    lab.do(f"() => {{ document.documentElement.style.fontSize = '{size}'; }}")
    for tab in ("words", "all", "eigen", "data", "formulas"):
        lab.do(f"chooseTab('{tab}')")
        assert lab.page.evaluate("() => document.documentElement.scrollWidth") <= width
    lab.do("openChapter(4)")
    assert lab.page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_a_handle_that_is_moved_off_the_map_by_keys_can_come_back(lab):
    lab.page.focus("#handle-step")
    for key in ["Shift+ArrowRight"] * 40:
        lab.page.keyboard.press(key)
    lab.settle()
    assert lab.page.evaluate("() => document.activeElement.id") == "handle-step"
    far = lab.page.evaluate("() => laboratory.state.reach")
    lab.page.keyboard.press("ArrowLeft")
    assert lab.page.evaluate("() => laboratory.state.reach") < far


def test_dark_and_light(opened):
    X, y = problem(1)
    grounds = []
    for scheme in ("dark", "light"):
        lab = opened(fitted(X, y), X, y, color_scheme=scheme)
        code = "() => getComputedStyle(document.getElementById('stage')).backgroundColor"
        colour = lab.page.evaluate(code)
        fill = lab.page.locator("#map-ground .level").last.get_attribute("fill")
        grounds.append([int(x) for x in re.findall(r"\d+", colour + fill)])
    assert max(grounds[0]) < 60
    assert min(grounds[1]) > 200


def test_names_are_not_markup(opened):
    import pandas as pd

    X, y = problem(2)
    X = pd.DataFrame(X, columns=["</script><b>bold</b>", "{{data}} & <i>x</i>"])
    lab = opened(fitted(X, y), X, y, parameters=(0, 1))
    for tab in ("words", "all", "eigen", "data"):
        lab.do(f"chooseTab('{tab}')")
        assert lab.page.locator("b:not(#legend b), i:not(.key):not(.scale-mark i)").count() == 0
    for chapter in range(8):
        lab.do(f"openChapter({chapter})")
        assert lab.page.locator("b:not(#legend b), i:not(.key):not(.scale-mark i)").count() == 0
    assert "</script><b>bold</b>" in lab.text("#rule")


def test_an_address_leads_to_a_moment(opened):
    X, y = problem(2)
    reg = fitted(X, y)
    lab = opened(reg, X, y, fragment="#step=7&alpha=0.25&rate=constant&start=1,2,0&steps=30")
    assert lab.text("#position") == "step 7 of 30"
    assert lab.run()[1][0].tolist() == [1.0, 2.0, 0.0]
    assert lab.value("#alpha-value") == 0.25
    lab.do("goTo(9)")
    lab.page.wait_for_function("() => location.hash.startsWith('#step=9&')")
    link = lab.page.evaluate("() => addressOf(current())")
    again = opened(reg, X, y, fragment=link)
    assert again.page.evaluate("() => addressOf(current())") == link
    wrong = opened(reg, X, y, fragment="#step=x&alpha=-3&pair=0,99&rate=<b>&chapter=77")
    assert wrong.text("#position") == "step 0 of 40"
    lesson = opened(reg, X, y, fragment="#chapter=3")
    assert "3 of 8" in lesson.text("#chapter-title")
    assert "at a right angle" in lesson.text("#story")  # before the map was drawn
    lesson.do("location.hash = '#step=3'")
    lesson.page.wait_for_function("() => laboratory.state.chapter === null")
    lesson.do("location.hash = '#chapter=2.5'")
    assert lesson.page.evaluate("() => laboratory.state.chapter") is None


def test_a_link_to_a_run_that_was_kept(opened):
    """It has the run's own numbers, and large ones are no sums."""
    X, y = problem(2)
    X = X * 1e-12
    reg = fitted(X, y, "lipschitz", fit_intercept=False)
    lab = opened(reg, X, y)
    lab.do("() => { state.nSteps = 40; setRate({ name: 'exact', alpha: 1e24 }); keep(); }")
    lab.do("() => { state.nSteps = 5; setRate({ name: 'constant', alpha: 3e23 }); }")
    lab.do("() => { select(state.kept[0], 12); }")
    link = lab.page.evaluate("() => addressOf(current())")
    again = opened(reg, X, y, fragment=link)
    assert again.run()[0].tolist() == lab.run()[0].tolist()
    assert again.text("#position") == lab.text("#position")
    lab.do("() => select(state.trial ?? state.kept[0])")
    assert lab.page.input_value("#steps") in ("5", "40")


def test_copying(opened):
    X, y = problem(2)
    lab = opened(fitted(X, y), X, y, permissions=["clipboard-read", "clipboard-write"])
    svg = lab.page.evaluate("() => mapAsSvg()")
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    assert "w_1" in svg
    assert "--step:" in svg
    assert 'id="handles"' not in svg
    # Where the clipboard is forbidden, as text.
    lab.do("() => { Object.defineProperty(navigator, 'clipboard', { value: undefined }); }")
    lab.page.click("#copy-link")
    lab.page.wait_for_selector("#copy-text")
    assert "#step=0" in lab.page.input_value("#copy-text")
    lab.page.click("#copy-close")
    assert lab.page.is_hidden("#copy-dialog")


def test_in_the_frame_of_a_notebook(browser, tmp_path):
    """Sandboxed, without an address: it works, and copies as text."""
    X, y = problem(9)
    made = DescentLaboratory.from_data(X, y, alpha=0.2, max_iter=100, tol=0)
    page = tmp_path / "notebook.html"
    head = "<!doctype html><style>p { color: red; }</style><p id='outside'>outside</p>"
    page.write_text(head + made._repr_html_(), encoding="utf-8")
    lab = Laboratory(browser, page, 700, 900)
    with contextlib.closing(lab):
        frame = lab.page.frames[1]
        frame.wait_for_selector("#map-point circle")
        frame.click("#forward")
        frame.wait_for_function(
            "() => document.getElementById('position').textContent === 'step 1 of 100'"
        )
        assert frame.is_hidden("#copy-link")
        frame.click("#copy-picture")
        frame.wait_for_selector("#copy-text")
        assert frame.input_value("#copy-text").startswith("<svg")
        assert (
            frame.evaluate("() => getComputedStyle(document.querySelector('#numbers p')).color")
            != "rgb(255, 0, 0)"
        )
        assert frame.evaluate("() => document.documentElement.scrollWidth") <= 700


def test_sizes(opened, tmp_path):
    X, y = problem(9)
    text = DescentLaboratory.from_data(X, y, alpha=0.2, max_iter=100, tol=0).to_html()
    assert len(text.encode()) < LARGEST_USUAL
    for outside in ("http://", "https://", "//cdn", "@import", "url("):
        assert outside not in text.replace("http://www.w3.org/2000/svg", "").replace("url(#", "")


def test_the_largest_pages(opened):
    """Ten thousand steps; 50 parameters; more than 50, the rest held."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 49))
    y = X @ rng.normal(size=49) + rng.normal(size=500)
    reg = fitted(X, y, 1e-3, max_iter=10_000)
    lab = opened(reg, X, y)
    assert "in the page" in lab.text("#notes")
    lab.page.keyboard.press("End")
    lab.settle()
    assert lab.value("#loss-now") == reg.loss_history_[-1]
    for tab in ("all", "eigen", "data"):
        lab.do(f"chooseTab('{tab}')")
    X = rng.normal(size=(500, 80))
    y = X @ rng.normal(size=80) + rng.normal(size=500)
    reg = fitted(X, y, 1e-3, max_iter=10_000, store_path=True)
    lab = opened(reg, X, y, parameters=(70, 3))
    assert "79 parameters are held" in lab.text("#notes")
    lab.go_to(4)
    slopes = gradient(X, y, reg.coef_path_[4], reg.intercept_path_[4])[0]
    np.testing.assert_allclose(lab.column(4), slopes[[70, 3]], rtol=1e-9)
    # The fit's steps are measured by its own L, runs in the page by that of the slice.
    assert lab.page.evaluate("() => current().largest") == pytest.approx(2 / max_stable_alpha(X))
    lab.set("#alpha", 0.5)
    losses, _ = lab.run()
    assert losses[-1] < losses[0]
    assert lab.page.is_hidden("#view-row")
    lab.do("chooseTab('all')")
    assert "two of the model's 81 parameters" in lab.text("#all-words").replace(
        "\N{RIGHT SINGLE QUOTATION MARK}", "'"
    )
    for chapter in range(7):
        lab.do(f"openChapter({chapter})")
    assert lab.page.locator(".dot").count() == 7


def test_a_diverged_fit_and_a_perfect_one(opened):
    X, y = problem(2)
    for alpha in (3.0, 1e60):
        lab = opened(fitted(X, y, alpha), X, y)
        lab.page.keyboard.press("End")
        lab.settle()
    lab = opened(fitted(0 * X, y, fit_intercept=False), 0 * X, y)
    assert "J is level" in lab.text("#verdict")
    assert "nothing for the lesson to show" in lab.text("#story")
    perfect = X @ [1.0, 2.0]
    lab = opened(fitted(X, perfect, "exact", max_iter=300), X, perfect)
    lab.page.keyboard.press("End")
    lab.settle()


def test_a_path_that_cannot_be_replayed(opened, monkeypatch):
    """The losses are shown alone, and the page says why; runs and the lesson work."""
    X, y = problem(2)
    content = content_of(DescentLaboratory.from_estimator(fitted(X, y), X, y).descent)
    content["fit"].update(theta=None, gradient=None, predictions=None, why="Because of rounding.")
    monkeypatch.setattr(_page, "content_of", lambda descent: content)
    lab = opened(fitted(X, y), X, y)
    assert "Because of rounding." in lab.text("#notes")
    assert lab.page.locator("#loss-runs path").count() == 2
    assert not lab.page.evaluate("() => Boolean(laboratory.state.run.fit)")
    for chapter in range(8):
        lab.do(f"openChapter({chapter})")
    lab.do("closeLesson()")
    lab.page.keyboard.press("ArrowRight")
