"""The laboratory's map tells the truth, and everything on it can be dragged."""

import numpy as np
import pytest

from sklearn_gd import gradient, max_stable_alpha

from .laboratories import fitted, problem

pytestmark = pytest.mark.slow


# --- the map ----------------------------------------------------------------


def test_the_map_is_framed_by_the_run_and_centred_on_the_minimum(lab):
    X, y = problem(2)
    lowest = np.linalg.lstsq(np.column_stack([X, np.ones(80)]), y, rcond=None)[0]
    limit = max_stable_alpha(X)
    for share in (0.1, 0.96):
        lab.set("#alpha", share * limit)
        frame = lab.page.evaluate("() => shownMap.frame")
        np.testing.assert_allclose(frame["centre"], lowest[:2], rtol=1e-9)
        _, path = lab.run()
        assert (np.abs(path[:, :2] - lowest[:2]) <= frame["half"]).all()
        assert lab.page.locator("#map-axes .off").count() == 0


def test_a_divergent_run_spirals_out_before_the_eyes(lab):
    lab.set("#alpha", 1.15 * max_stable_alpha(problem(2)[0]))
    _, path = lab.run()
    widths = []
    for k in (0, 5, 15, 30):
        lab.go_to(k)
        frame = lab.page.evaluate("() => shownMap.frame")
        inside = np.abs(path[: k + 2, :2] - frame["centre"]) <= frame["half"]
        assert inside.all()
        widths.append(frame["half"][0])
        # Those to come are counted at the edge.
        off = (np.abs(path[:, :2] - frame["centre"]) > frame["half"]).any(axis=1).sum()
        counts = lab.page.locator("#map-axes .off").all_text_contents()
        assert sum(int(text.split()[1]) for text in counts) == off
    assert (np.diff(widths) > 0).all()


def test_the_arrow_is_the_step(lab):
    """From this point to the next, at a right angle to the level line through it."""
    lab.set("#alpha", 0.9)
    _, path = lab.run()
    for k in (0, 1, 3):
        lab.go_to(k)
        arrow = lab.page.locator("#map-runs .arrow.step").get_attribute("d")
        ends = [list(map(float, p.split())) for p in arrow[1:].split("L")]
        ends = [lab.page.evaluate("(p) => shownMap.back(p)", end) for end in ends]
        enlarged = lab.page.locator("#map-runs .enlarged").count() > 0
        half = lab.page.evaluate("() => shownMap.frame.half")
        np.testing.assert_allclose(ends[0], path[k, :2], atol=2e-3 * max(half))
        if not enlarged:
            np.testing.assert_allclose(ends[1], path[k + 1, :2], atol=2e-3 * max(half))
        along = np.subtract(ends[1], ends[0])
        slopes = np.array(gradient(*problem(2), path[k, :2], path[k, 2])[0])
        cosine = -along @ slopes / np.linalg.norm(along) / np.linalg.norm(slopes)
        assert cosine > 0.999
    assert lab.page.evaluate("() => shownMap.frame.equal")
    assert lab.page.locator("#map-runs .right-angle").count() == 1


def test_short_steps_are_enlarged_and_say_so(lab):
    lab.set("#alpha", 1e-4)
    assert lab.page.locator("#map-runs .enlarged").count() > 0
    assert "the step, \N{MULTIPLICATION SIGN}" in lab.page.locator("#map-runs").text_content()


def test_level_lines_are_where_j_is_the_same(lab):
    """Each corner of the polygons, within the frame, has the J of its level."""
    worst = lab.page.evaluate(
        """() => { const page = current(); const { frame } = shownMap; let worst = 0, seen = 0;
        for (const level of levelsOf(rangeOf(page.plane, frame))) {
          for (const p of sublevel(page.plane, level, frame)) {
            if (!isInFrame(frame, p)) continue;
            seen += 1;
            worst = Math.max(worst, Math.abs(lossAt(page.plane, p) / level - 1));
          }
        }
        return seen > 300 ? worst : Infinity; }"""
    )
    assert worst < 1e-9


@pytest.mark.parametrize(
    "hessian",
    [
        [[1.0, 0.0], [0.0, 0.0]],  # a valley
        [[0.0, 0.0], [0.0, 2.0]],
        [[1.0, 1.0], [1.0, 1.0]],  # one along the diagonal
        [[1.0, 1e3], [1e3, 1e6 + 1e-3]],  # a needle
    ],
)
def test_level_lines_of_valleys(lab, hessian):
    found = lab.page.evaluate(
        """(hessian) => { const plane = { centre: [1, 2], loss: 3, gradient: [0, 0], hessian };
        const frame = { centre: [1.5, 2], half: [2, 1] };
        const points = sublevel(plane, 3.2, frame);
        const inside = points.filter((p) => isInFrame(frame, p));
        const off = inside.map((p) => Math.abs(lossAt(plane, p) - 3.2));
        return [points.length, Math.max(...off)]; }""",
        hessian,
    )
    assert found[0] > 10
    assert found[1] < 1e-6


def test_the_others_have_their_values_at_this_step(opened):
    X, y = problem(4)
    reg = fitted(X, y)
    lab = opened(reg, X, y)
    lab.go_to(3)
    at = "() => lossAt(laboratory.current().plane, pairOf(laboratory.current().theta))"
    assert lab.page.evaluate(at) == pytest.approx(reg.loss_history_[3], rel=1e-12)
    plane = lab.page.evaluate("() => laboratory.current().plane.loss")
    lab.go_to(30)
    assert lab.page.evaluate("() => laboratory.current().plane.loss") != plane
    lab.page.select_option("#others", "fitted")
    lab.settle()
    fixed = lab.page.evaluate("() => laboratory.current().plane.loss")
    lab.go_to(3)
    assert lab.page.evaluate("() => laboratory.current().plane.loss") == fixed


# --- dragging ---------------------------------------------------------------


def test_a_click_on_the_map_starts_there(opened):
    X, y = problem(4)
    reg = fitted(X, y)
    lab = opened(reg, X, y, parameters=(1, 3))
    lab.page.uncheck("#show-direction")
    point = lab.page.evaluate(
        "() => [sideOf(shownMap.frame, 0, 0.6), sideOf(shownMap.frame, 1, 0.7)]"
    )
    half = lab.page.evaluate("() => shownMap.frame.half")
    lab.page.mouse.click(*lab.on_map(point))
    lab.settle()
    start = lab.run()[1][0]
    np.testing.assert_allclose(start[[1, 3]], point, atol=0.01 * max(half))
    # The others are those for which the map was drawn: at step 0, zero.
    np.testing.assert_array_equal(start[[0, 2, 4]], 0.0)
    assert float(lab.page.input_value("#start-0")) == start[1]


def test_dragging_the_start(lab):
    place = lab.handle("start")
    lab.drag(place, (80, -60))
    moved = lab.page.evaluate("() => laboratory.state.start.slice(0, 2)")
    assert lab.run()[1][0][:2].tolist() == moved
    assert min(moved) > 0
    # By keys, a little.
    lab.page.focus("#handle-start")
    lab.page.keyboard.press("ArrowRight")
    lab.settle()
    assert lab.page.evaluate("() => laboratory.state.start[0]") > moved[0]
    assert "w_1 = " in lab.page.get_attribute("#handle-start", "aria-valuetext")


def test_dragging_the_step(lab):
    """Along the negative gradient: the parabola beside the map has the same t."""
    lab.do("chooseTab('slice')")
    here, tip = lab.on_map([0.0, 0.0]), lab.handle("step")
    lab.drag(tip, ((tip[0] - here[0]) * 0.5, (tip[1] - here[1]) * 0.5))
    assert lab.page.evaluate("() => laboratory.state.reach") == pytest.approx(0.6, rel=0.03)
    t = lab.page.evaluate("() => laboratory.state.reach")
    X, y = problem(2)
    dw, db = gradient(X, y, [0.0, 0.0], 0.0)
    there = lab.page.evaluate(
        "() => { const { line, loss, t } = current(); return alongLine(line, loss, t); }"
    )
    residual = y - X @ (-t * dw) + t * db
    assert there == pytest.approx(residual @ residual / 160, rel=1e-9)
    assert "A step: \N{GREEK SMALL LETTER ALPHA} = 0.6" in lab.text("#slice-words")
    assert lab.page.locator("#slice-picture .limit").count() == 4  # 1/L, 2/L and their names
    lab.page.focus("#handle-step")
    lab.page.keyboard.press("ArrowRight")
    assert lab.page.evaluate("() => laboratory.state.reach") == pytest.approx(1.05 * t, rel=1e-4)
    lab.page.locator("#slice-range").fill("0.5")
    lab.settle()
    t = lab.page.evaluate("() => laboratory.current().t")
    lab.page.click("#slice-run")
    lab.settle()
    assert lab.page.evaluate("() => laboratory.state.run.rate") == {"name": "constant", "alpha": t}
    box = lab.page.locator("#slice").bounding_box()
    lab.page.mouse.click(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"])
    assert lab.page.evaluate("() => laboratory.state.reach") > 0


def test_the_direction(lab):
    X, y = problem(2)
    slope = gradient(X, y, [0.0, 0.0], 0.0)[0]
    lab.do("chooseTab('direction')")
    for degrees in (0, 35, 90, 271):
        lab.page.locator("#direction").fill(str(degrees))
        lab.settle()
        radians = np.radians(degrees)
        expected = slope @ [np.cos(radians), np.sin(radians)]
        assert lab.value("#derivative") == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert "|gradient| cos(angle)" in lab.text("#derivative")
    here = lab.on_map([0.0, 0.0])
    tip = lab.handle("direction")
    lab.drag(tip, (here[0] + 60 - tip[0], here[1] - 60 - tip[1]))
    assert lab.page.evaluate("() => laboratory.state.degrees") == pytest.approx(45, abs=2)
    lab.page.focus("#handle-direction")
    lab.page.keyboard.press("ArrowLeft")
    assert lab.page.evaluate("() => laboratory.state.degrees") == pytest.approx(44, abs=2)
    assert "from ∇J, rate" in lab.page.locator("#map-runs").text_content()


def test_turning_the_surface(lab):
    lab.page.locator("#surface").scroll_into_view_if_needed()
    lab.settle()
    before = lab.page.evaluate("() => document.getElementById('surface').toDataURL()")
    box = lab.page.locator("#surface").bounding_box()
    lab.drag((box["x"] + 100, box["y"] + 100), (60, 20))
    turned = lab.page.evaluate("() => document.getElementById('surface').toDataURL()")
    assert turned != before
    lab.page.focus("#surface")
    lab.page.keyboard.press("ArrowUp")
    lab.settle()
    assert lab.page.evaluate("() => document.getElementById('surface').toDataURL()") != turned
    lab.do("window.scrollTo(0, 0)")


def test_by_touch(opened):
    X, y = problem(2)
    lab = opened(fitted(X, y), X, y, 390, 844, has_touch=True, is_mobile=True)
    client = lab.context.new_cdp_session(lab.page)

    def touch(kind, *points):
        at = [{"x": x, "y": y} for x, y in points]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    for name, field in (("start", "start[0]"), ("direction", "degrees"), ("step", "reach")):
        before = lab.page.evaluate(f"() => laboratory.state.{field}")
        x, y = lab.handle(name)
        touch("touchStart", (x, y))
        touch("touchMove", (x + 20, y + 8))
        touch("touchMove", (x + 40, y + 16))
        touch("touchEnd")
        lab.settle()
        assert lab.page.evaluate(f"() => laboratory.state.{field}") != before
        assert lab.page.evaluate("() => window.scrollY") == 0
    assert lab.page.is_visible("#slice-small")  # in the place of the losses, while a step is tried
    lab.page.tap("#first")
    for picture, field in (("loss", "at"), ("surface", "turned.yaw")):
        lab.page.locator(f"#{picture}").scroll_into_view_if_needed()
        lab.settle()
        before = lab.page.evaluate(f"() => laboratory.state.{field}")
        box = lab.page.locator(f"#{picture}").bounding_box()
        # Below what sticks to the top of the window.
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - 15
        touch("touchStart", (x, y))
        touch("touchMove", (x + 20, y))
        touch("touchMove", (x + 40, y))
        touch("touchEnd")
        lab.settle()
        assert lab.page.evaluate(f"() => laboratory.state.{field}") != before
    lab.page.tap("#first")
    lab.settle()
    lab.page.tap("#tab-slice")
    assert lab.page.is_visible("#panel-slice")
    lab.page.uncheck("#show-direction")
    lab.page.tap("#forward")
    lab.settle()
    assert lab.text("#position").startswith("step 1 ")


def test_the_loss_curve_leads_to_a_step(lab):
    box = lab.page.locator("#loss").bounding_box()
    x = lab.page.evaluate("() => lossSide.scale(12)")
    lab.page.mouse.click(box["x"] + x, box["y"] + 40)
    lab.settle()
    assert lab.text("#position") == "step 12 of 40"
