"""The chapters of the laboratory's lesson: each can be answered right and wrong."""

import re
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from sklearn_gd import gradient

from .laboratories import fitted

pytestmark = pytest.mark.slow


def answer(lab, chapter, rightly):
    """Answer the question of a chapter as a learner would."""
    asked = lab.do(
        f"() => {{ openChapter({chapter}); const c = chapters()[{chapter}];"
        " return c.guess ? 'guess' : c.turn ? 'turn' : 'options'; }"
    )
    facts = "lesson.facts"
    if asked == "options":
        right = lab.page.evaluate(f"() => {facts}.right")
        lab.page.locator(".option").nth(right if rightly else (right + 1) % 2).click()
    elif asked == "guess":
        landing = lab.page.evaluate(f"() => {facts}.landing")
        if not rightly:
            here = lab.page.evaluate(f"() => {facts}.here")
            landing = [2 * a - b for a, b in zip(here, landing, strict=True)]
            inside = lab.page.evaluate("(p) => isInFrame(shownMap.frame, p)", landing)
            landing = landing if inside else here
        lab.page.mouse.click(*lab.on_map(landing))
    else:
        slopes = lab.page.evaluate(f"() => {facts}.page.slopes")
        across = np.degrees(np.arctan2(slopes[1], slopes[0])) + (90 if rightly else 20)
        lab.page.locator("#story input[type=range]").fill(str(round(across) % 360))
        lab.page.click("#check")
    lab.settle()


@pytest.mark.parametrize("n_features", [1, 9])
@pytest.mark.parametrize("scale", [False, True])
def test_each_question_can_be_answered_right_and_wrong(opened, n_features, scale):
    X, y = load_diabetes(return_X_y=True, scaled=False)
    lab = opened(fitted(X[:, -n_features:], y, "lipschitz", scale=scale), X[:, -n_features:], y)
    for chapter in range(8):
        for rightly in (False, True):
            answer(lab, chapter, rightly)
            said = lab.text("#feedback")
            assert said.startswith("Yes. " if rightly else "Not quite. "), (chapter, said)
            assert not re.search("NaN|undefined", said)
            assert len(said) > 40
    assert lab.page.locator(".dot.done").count() == 8
    lab.page.click("#chapter-next")
    lab.settle()
    assert "Free play" in lab.text("#story")
    assert lab.page.evaluate(
        "() => laboratory.state.run.fit && laboratory.state.kept.length === 0"
    )


def test_the_lesson_gives_nothing_away_and_can_be_left(lab):
    lab.page.click("#begin")
    lab.settle()
    assert lab.page.is_hidden("#loss-next")
    assert "1 of 8" in lab.text("#chapter-title")
    assert lab.page.locator("#numbers.pointed").count() == 1
    # A question is about the step that it was asked at, and nothing else is told meanwhile.
    lab.page.keyboard.press("End")
    lab.settle()
    assert lab.text("#position").startswith("step 0 ")
    assert lab.page.evaluate("() => document.getElementById('controls').inert")
    assert lab.text("#verdict") == ""
    assert not lab.page.is_visible("#panel-words")
    assert lab.page.locator("#loss-runs path").last.get_attribute("d").count("L") == 0
    lab.page.click("#chapter-next")
    lab.page.click("#chapter-next")
    lab.settle()
    assert "(?, ?)" in lab.text("#rule")
    assert lab.page.locator("#map-runs .arrow.step").count() == 0
    # By keys: the guess moves, and Enter answers.
    lab.page.focus("#handle-guess")
    lab.page.keyboard.press("Shift+ArrowRight")
    lab.page.keyboard.press("Enter")
    lab.settle()
    assert "away" in lab.text("#feedback")
    assert "(?, ?)" not in lab.text("#rule")
    lab.page.click("#leave")
    lab.settle()
    assert "Go on with the lesson" in lab.text("#story")
    assert lab.page.locator(".pointed").count() == 0


def test_the_mistaken_update_is_drawn(opened):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2)) @ [[1.0, 0.6], [0.0, 0.8]]
    y = X @ [1.0, -2.0] + rng.normal(size=60)
    lab = opened(fitted(X, y), X, y, parameters=(0, 1))
    lab.do("openChapter(4)")
    alpha, theta = lab.page.evaluate("() => [state.rate.alpha, state.start]")
    slopes = lambda w: gradient(X, y, w, theta[2])[0]  # noqa: E731
    after = np.array(theta[:2])
    after[0] -= alpha * slopes(after)[0]
    after[1] -= alpha * slopes(after)[1]
    assert lab.page.evaluate("() => lesson.facts.late") == pytest.approx(after, rel=1e-9)
    lab.page.locator(".option").nth(1).click()
    lab.settle()
    assert lab.text("#feedback").startswith("Yes. At different points")
    assert lab.page.locator("#map-runs .arrow.wrong").count() == 2


def test_what_is_scaled_already_is_not_called_long_and_narrow(opened):
    X, y = load_diabetes(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    lab = opened(fitted(X, y, "lipschitz"), X, y)
    lab.do("openChapter(7)")
    assert "are scaled already" in lab.text("#story")
    lab.page.locator(".option").nth(2).click()
    lab.settle()
    assert lab.text("#feedback").startswith("Yes. ")


@pytest.mark.parametrize(
    "kind", ["pinned", "some pinned", "box", "level", "at the solution", "one row"]
)
def test_lessons_of_odd_fits(opened, kind):
    """Bounds are left aside, and where two parameters cannot be told apart others are shown."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    y = X @ [1.0, 2.0, 3.0] + 2.0 + rng.normal(size=40)
    settings = {"alpha": 0.2}
    if kind == "pinned":  # every step stays at the start
        X, y = np.abs(X), -np.abs(y)
        settings = {"alpha": "auto", "positive": True, "fit_intercept": False}
    elif kind == "some pinned":
        X, y = load_wine(return_X_y=True)
        settings = {"alpha": "auto", "positive": True}
    elif kind == "box":
        settings |= {"coef_bounds": (-1.0, 0.5)}
    elif kind == "level":
        X = np.column_stack([X[:, 0], np.zeros((40, 2))])
    elif kind == "one row":
        X, y = X[:1], y[:1]
    reg = fitted(X, y, **settings)
    if kind == "at the solution":
        reg = fitted(X, y, "auto", max_iter=1000, tol=1e-12)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            reg.set_params(alpha=0.2).fit(X, y, None, reg.coef_, reg.intercept_)
    lab = opened(reg, X, y, parameters=(1, 2) if kind == "level" else None)
    assert lab.nonsense() == []
    for chapter in range(8):
        for rightly in (False, True):
            answer(lab, chapter, rightly)
            assert lab.text("#feedback").startswith("Yes. " if rightly else "Not quite. ")
            assert lab.nonsense() == []
    lab.do("closeLesson()")


def test_steps_that_scaling_saves(opened):
    """Counted by the formula, however many; here by numpy."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=60)
    X = np.column_stack([x, x + 2e-3 * rng.normal(size=60)])
    y = (X[:, 0] - X[:, 1]) * 1000 + rng.normal(size=60)
    lab = opened(fitted(X, y, "lipschitz", scale=False), X, y)
    lab.do("openChapter(7)")
    start, counts = lab.page.evaluate("() => [lesson.facts.start, lesson.facts.counts]")
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    there = [*(start[:2] * X.std(axis=0)), start[2] + start[:2] @ X.mean(axis=0)]
    for A, theta, count in ((X, start, counts[0]), (Z, there, counts[1])):
        A = np.column_stack([A, np.ones(60)])
        values, vectors = np.linalg.eigh(A.T @ A / 60)
        error = vectors.T @ (theta - np.linalg.lstsq(A, y, rcond=None)[0])
        excess = lambda k: (values * error**2 * (1 - values / values[-1]) ** (2 * k)).sum()  # noqa: E731, B023
        assert excess(1.001 * count) < 0.01 * excess(0) < excess(0.999 * count - 1)
    right = lab.page.evaluate("() => lesson.facts.right")
    assert right == (2 if abs(counts[0] - counts[1]) <= 0.02 * counts[0] else np.argmin(counts))


def test_what_is_asked_is_not_told_to_screen_readers_either(lab):
    lab.go_to(3)
    lab.do("openChapter(1)")
    assert "goes" not in lab.text("#told") or lab.text("#told").startswith("Step 3")
    right = lab.page.evaluate("() => lesson.facts.right")
    lab.page.locator(".option").nth(right).click()
    lab.settle()
    assert lab.text("#told").startswith(("Yes. ", "Step 0"))
