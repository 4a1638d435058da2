"""The displays: what they draw is what was fitted."""

import subprocess
import sys
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.text import Text
from scipy import sparse
from scipy.optimize import lsq_linear
from sklearn.datasets import load_diabetes
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_gd import (
    CoefficientPathDisplay,
    DescentPathDisplay,
    GradientDescentRegressor,
    GradientDescentRegressorCV,
    LossCurveDisplay,
    MSEPathDisplay,
    cost,
    gradient,
    gradient_descent_path,
)
from sklearn_gd._objective.quadratic import Quadratic
from sklearn_gd.plotting._colours import VERMILLION

from ..problems import with_condition


@pytest.fixture
def data():
    return with_condition(10.0, 60, 3, seed=1)


def fitted(X, y, alpha=0.5, weights=None, **settings):
    settings = {"max_iter": 30, "tol": 0, "store_path": True, **settings}
    return GradientDescentRegressor(alpha, **settings).fit(X, y, sample_weight=weights)


# --- the loss curve ---------------------------------------------------------


def test_loss_curve_is_the_history(data):
    reg = fitted(*data)
    display = LossCurveDisplay.from_estimator(reg)
    np.testing.assert_array_equal(display.line_.get_ydata(), reg.loss_history_)
    np.testing.assert_array_equal(display.line_.get_xdata(), np.arange(31))
    assert display.ax_.get_yscale() == "log"
    assert display.figure_ is display.ax_.figure
    assert display.ax_.get_legend() is None
    named = LossCurveDisplay.from_estimator(make_pipeline(StandardScaler(), reg), name="mine")
    assert named.ax_.get_legend().get_texts()[0].get_text() == "mine"


def test_loss_curve_on_a_given_axis_and_scales(data):
    _, ax = plt.subplots()
    minimum = GradientDescentRegressor().fit(*data).loss_history_[-1]
    display = LossCurveDisplay.from_estimator(
        fitted(*data), ax=ax, minimum=minimum, xscale="log", line_kw={"linewidth": 3}
    )
    assert display.ax_ is ax
    assert display.line_.get_linewidth() == 3
    assert ax.get_xscale() == "symlog"
    assert "above" in ax.get_ylabel()
    np.testing.assert_allclose(
        display.line_.get_ydata(), fitted(*data).loss_history_ - minimum, rtol=0
    )
    assert display.plot(yscale="linear").ax_.get_yscale() == "linear"


def test_several_estimators_and_a_diverged_one(data):
    with pytest.warns(ConvergenceWarning):
        fits = {alpha: fitted(*data, alpha) for alpha in (0.1, 0.9, 2.5)}
    display = LossCurveDisplay.from_estimators(fits)
    labels = [line.get_label() for line in display.line_]
    assert labels == ["0.1", "0.9", "2.5 (diverged)"]
    diverged = display.line_[2]
    assert (diverged.get_color(), diverged.get_linestyle()) == (VERMILLION, "--")
    assert VERMILLION not in [line.get_color() for line in display.line_[:2]]
    # It is seen, from its first point on, and the others are not squeezed.
    low, high = display.ax_.get_ylim()
    assert low < fits[0.9].loss_history_.min()
    assert diverged.get_ydata()[0] < high < diverged.get_ydata()[-1]
    heights = np.log10(fits[0.9].loss_history_[[0, -1]])
    assert abs(np.diff(heights)[0]) > 0.6 * np.log10(high / low)


@pytest.mark.parametrize("yscale", ["log", "linear"])
def test_only_diverged_ones(data, yscale):
    with pytest.warns(ConvergenceWarning):
        display = LossCurveDisplay.from_estimators({"a": fitted(*data, 3.0)}, yscale=yscale)
    low, high = display.ax_.get_ylim()
    visible = (display.line_.get_ydata() > low) & (display.line_.get_ydata() < high)
    assert visible[:5].all()


def test_several_targets_have_a_line_each(data):
    X, y = data
    with pytest.warns(ConvergenceWarning):
        reg = fitted(X, np.column_stack([y, -3 * y]), alpha=2.5)
    display = LossCurveDisplay.from_estimator(reg)
    assert [line.get_label() for line in display.line_] == [
        "target 0 (diverged)",
        "target 1 (diverged)",
    ]
    for j, line in enumerate(display.line_):
        np.testing.assert_array_equal(line.get_ydata(), reg.loss_history_[:, j])


def test_validation_losses_are_dotted():
    display = LossCurveDisplay([[4.0, 2.0, 1.0]], validation_losses=[[5.0, 3.0, 3.5]]).plot()
    np.testing.assert_array_equal(display.validation_line_.get_ydata(), [5.0, 3.0, 3.5])
    assert display.validation_line_.get_color() == display.line_.get_color()
    assert display.validation_line_.get_linestyle() == ":"
    assert len(display.ax_.get_legend().get_texts()) == 2


def test_a_start_that_is_the_solution_and_a_perfect_fit_are_drawn():
    X = np.array([[1.0], [2.0], [3.0]])
    nothing = GradientDescentRegressor().fit(X, np.zeros(3))
    perfect = GradientDescentRegressor("exact").fit(X, 2 * X.ravel())
    display = LossCurveDisplay.from_estimators({"nothing": nothing, "perfect": perfect})
    display.figure_.canvas.draw()
    assert len(display.line_[0].get_ydata()) == 1


@pytest.mark.parametrize("name", ["price_$_usd_$", "a$_{$", "$$", "_hidden", "a$b$c"])
def test_names_are_not_mathematics(data, name):
    X = pd.DataFrame(data[0], columns=[name, "b", "c"])
    reg = fitted(X, data[1])
    display = LossCurveDisplay.from_estimators({name: reg})
    display.figure_.canvas.draw()
    assert len(display.ax_.get_legend().get_texts()) == 1
    for kind in ("contour", "surface"):
        path = DescentPathDisplay.from_estimator(reg, X, data[1], kind=kind)
        path.figure_.canvas.draw()
        assert path.ax_.get_xlabel() == f"w_{name}".replace("$", r"\$")


def test_line_kw_may_be_short(data):
    display = LossCurveDisplay.from_estimator(fitted(*data), line_kw={"c": "red", "ls": ":"})
    assert (display.line_.get_color(), display.line_.get_linestyle()) == ("red", ":")


def test_losses_that_no_logarithm_has(data):
    display = LossCurveDisplay([[0.0, 0.0]]).plot()
    display.figure_.canvas.draw()
    display = LossCurveDisplay([[1.0, 2.0, np.inf]], diverged=np.array([True])).plot()
    display.figure_.canvas.draw()
    with pytest.warns(ConvergenceWarning):
        reg = fitted(*data, alpha=1e150)
    LossCurveDisplay.from_estimator(reg).figure_.canvas.draw()


def test_many_curves_have_as_many_colours():
    display = LossCurveDisplay([[2.0, 1.0]] * 12, names=list("abcdefghijkl")).plot()
    assert len({tuple(np.ravel(line.get_color())) for line in display.line_}) == 12


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (GradientDescentRegressor(), NotFittedError, "not fitted"),
        (LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0]), TypeError, "got LinearRegression"),
        ("regressor", TypeError, "fitted GradientDescentRegressor"),
        (GradientDescentRegressor, TypeError, "class"),
    ],
)
def test_loss_curve_of_something_else(estimator, error, message):
    with pytest.raises(error, match=message):
        LossCurveDisplay.from_estimator(estimator)


def test_a_search_is_told_of_its_best_estimator(data):
    search = GridSearchCV(GradientDescentRegressor(), {"alpha": ["auto"]}, cv=2).fit(*data)
    with pytest.raises(TypeError, match="best_estimator_"):
        LossCurveDisplay.from_estimator(search)
    LossCurveDisplay.from_estimator(search.best_estimator_)


def test_wrong_arguments_of_loss_curves(data):
    with pytest.raises(TypeError, match="dict"):
        LossCurveDisplay.from_estimators([fitted(*data)])
    with pytest.raises(ValueError, match="empty"):
        LossCurveDisplay.from_estimators({})
    with pytest.raises(ValueError, match="yscale must be"):
        LossCurveDisplay.from_estimator(fitted(*data), yscale="logit")


# --- the path ---------------------------------------------------------------


def points_of_axes(display):
    """Some points along each axis of the picture."""
    box = display.ax_.get_xlim(), display.ax_.get_ylim()
    return [np.linspace(*side, 5) for side in box]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_the_plane_is_the_cost(data, weighted, kind):
    X, y = data
    weights = np.random.default_rng(0).random(len(y)) if weighted else None
    given = sparse.csr_array(X) if kind == "sparse" else X
    reg = fitted(given, y, weights=weights)
    display = DescentPathDisplay.from_estimator(
        reg, given, y, sample_weight=weights, parameters=(2, 0)
    )
    plane = display.descent.plane
    for a in points_of_axes(display)[0]:
        for b in points_of_axes(display)[1]:
            coef = reg.coef_.copy()
            coef[2], coef[0] = a, b
            expected = cost(X, y, coef, reg.intercept_, sample_weight=weights)
            assert plane(np.array([a, b])) == pytest.approx(expected, rel=1e-12)
            slopes = gradient(X, y, coef, reg.intercept_, sample_weight=weights)[0]
            np.testing.assert_allclose(
                plane.gradient_at(np.array([a, b])), slopes[[2, 0]], rtol=1e-10, atol=1e-13
            )


def test_the_path_is_the_stored_one(data):
    reg = fitted(*data)
    display = DescentPathDisplay.from_estimator(reg, *data, parameters=(1, "intercept"))
    np.testing.assert_array_equal(display.line_.get_xdata(), reg.coef_path_[:, 1])
    np.testing.assert_array_equal(display.line_.get_ydata(), reg.intercept_path_)
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("w_2", "b")
    low, high = np.array([display.ax_.get_xlim(), display.ax_.get_ylim()]).T
    path = np.column_stack([reg.coef_path_[:, 1], reg.intercept_path_])
    assert ((path > low) & (path < high)).all()


def test_arrows_are_perpendicular_to_the_level_lines(data):
    X, y = data
    reg = fitted(X[:, :2], y)
    display = DescentPathDisplay.from_estimator(reg, X[:, :2], y, aspect="equal")
    assert display.ax_.get_aspect() == 1.0
    arrows = np.column_stack([display.quiver_.U, display.quiver_.V])
    starts = display.quiver_.XY
    assert len(starts) > 1
    plane = display.descent.plane
    for start, arrow in zip(starts, arrows, strict=True):
        coef = start
        slope = gradient(X[:, :2], y, coef, reg.intercept_)[0]
        cosine = arrow @ -slope / np.linalg.norm(arrow) / np.linalg.norm(slope)
        assert cosine == pytest.approx(1.0, abs=1e-12)
        # Along the level line J does not change to first order.
        along = np.array([-arrow[1], arrow[0]])
        change = [plane(start + s * 1e-4 * along) - plane(start) for s in (-1, 1)]
        assert abs(change[1] - change[0]) < 1e-6 * abs(plane(start + 1e-4 * arrow) - plane(start))


@pytest.mark.parametrize("scale", [True, False])
def test_what_is_beyond_the_bounds_is_shaded(data, scale):
    X, y = data
    low, high = np.array([[-np.inf, 0.2, -0.1], [0.3, np.inf, 0.4]])
    reg = fitted(X, y, coef_bounds=(low, high), scale=scale)
    for parameters in ((0, 1), (2, "intercept")):
        display = DescentPathDisplay.from_estimator(reg, X, y, parameters=parameters)
        sides = np.array([display.ax_.get_xlim(), display.ax_.get_ylim()])
        expected = []
        for axis, parameter in enumerate(parameters):
            if parameter == "intercept":
                continue
            if sides[axis, 0] < low[parameter]:
                expected.append((axis, sides[axis, 0], low[parameter]))
            if high[parameter] < sides[axis, 1]:
                expected.append((axis, high[parameter], sides[axis, 1]))
        to_data = display.ax_.transData.inverted()
        found = [patch.get_extents().transformed(to_data) for patch in display.ax_.patches]
        assert len(found) == len(expected) > 0
        for corners, (axis, start, end) in zip(found, expected, strict=True):
            ends = corners.intervalx if axis == 0 else corners.intervaly
            np.testing.assert_allclose(ends, [start, end], atol=1e-9)
        labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
        assert labels.count("beyond the bounds") == 1
        assert "next step" in labels
        display.plot(kind="surface")


@given(st.integers(0, 10_000))
@settings(max_examples=50, deadline=None)
def test_the_least_j_within_bounds(seed):
    """Against an active-set method."""
    rng = np.random.default_rng(seed)
    A, b = rng.normal(size=(5, 2)), rng.normal(size=5)
    low, high = np.sort(rng.normal(size=(2, 2)), axis=0)
    high = np.where(rng.random(2) < 0.3, np.inf, high)
    plane = Quadratic(np.zeros(2), b @ b / 2, -A.T @ b, A.T @ A)
    expected = lsq_linear(A, b, (low, high), method="bvls", tol=1e-14).x
    np.testing.assert_allclose(plane.minimum_within(low, high), expected, atol=1e-9)


@pytest.mark.parametrize("scale", [True, False])
def test_the_plane_has_the_penalty(data, scale):
    X, y = data
    reg = fitted(X, y, scale=scale, l2_regularization=0.7)
    display = DescentPathDisplay.from_estimator(reg, X, y, parameters=(2, 0))
    coef = reg.coef_.copy()
    coef[2], coef[0] = 0.3, -0.2
    expected = cost(X, y, coef, reg.intercept_, l2_regularization=0.7)
    assert display.descent.plane(np.array([0.3, -0.2])) == pytest.approx(expected, rel=1e-12)
    label = LossCurveDisplay.from_estimator(reg).ax_.get_ylabel()
    assert label == "J, with the penalty"


def test_level_lines_are_those_of_j(data):
    reg = fitted(*data)
    display = DescentPathDisplay.from_estimator(reg, *data)
    for level, lines in zip(display.contour_.levels, display.contour_.allsegs, strict=True):
        for line in lines:
            # Linear between points of the grid, so not exact.
            np.testing.assert_allclose(display.descent.plane(np.asarray(line)), level, rtol=5e-3)


def test_surface(data):
    reg = fitted(*data)
    display = DescentPathDisplay.from_estimator(reg, *data, kind="surface")
    np.testing.assert_array_equal(display.line_.get_data_3d()[2], reg.loss_history_)
    assert display.ax_.name == "3d"
    assert display.ax_.get_zlabel() == "J"
    assert display.contour_ is None
    assert display.surface_ is not None
    display.figure_.canvas.draw()
    assert display.plot().ax_.name != "3d"


@pytest.mark.parametrize("kind", ["contour", "surface"])
def test_ax_must_suit_the_kind(data, kind):
    figure = plt.figure()
    right = figure.add_subplot(projection="3d" if kind == "surface" else None)
    wrong = figure.add_subplot(projection=None if kind == "surface" else "3d")
    display = DescentPathDisplay.from_estimator(fitted(*data), *data, kind=kind, ax=right)
    assert display.ax_ is right
    with pytest.raises(ValueError, match="3-D"):
        display.plot(kind=kind, ax=wrong)


def test_pipelines_and_names():
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    model = make_pipeline(StandardScaler(), GradientDescentRegressor("lipschitz", store_path=True))
    model.set_params(gradientdescentregressor__max_iter=20, gradientdescentregressor__tol=0)
    model.fit(X, y)
    display = DescentPathDisplay.from_estimator(model, X, y, parameters=("bmi", "intercept"))
    assert display.ax_.get_xlabel() == "w_bmi"
    np.testing.assert_array_equal(display.line_.get_xdata(), model[-1].coef_path_[:, 2])
    transformed = make_pipeline(StandardScaler(), PCA(3), model[-1]).fit(X, y)
    display = DescentPathDisplay.from_estimator(transformed, X, y, parameters=("pca0", 2))
    assert display.descent.names == ["w_pca0", "w_pca1", "w_pca2", "b"]
    alone = make_pipeline(GradientDescentRegressor(max_iter=5, tol=0, store_path=True)).fit(X, y)
    DescentPathDisplay.from_estimator(alone, X, y, parameters=("bmi", "bp"))
    as_written = DescentPathDisplay.from_estimator(alone, X, y, parameters=("b", "w_bp"))
    assert (as_written.ax_.get_xlabel(), as_written.ax_.get_ylabel()) == ("b", "w_bp")


@pytest.mark.parametrize("weighted", [False, True])
def test_early_stopping_has_a_path_too(data, weighted):
    """J is over the rows that were not held out."""
    X, y = data
    weights = np.random.default_rng(0).random(len(y)) if weighted else None
    reg = fitted(X, y, weights=weights, early_stopping=True, random_state=3)
    display = DescentPathDisplay.from_estimator(reg, X, y, sample_weight=weights)
    np.testing.assert_array_equal(display.descent.losses, reg.loss_history_)
    curve = LossCurveDisplay.from_estimator(reg)
    np.testing.assert_array_equal(curve.validation_line_.get_ydata(), reg.validation_loss_history_)


def test_one_feature_needs_no_parameters(data):
    """theta = (w_1, b): its indices are 0 and 1."""
    X, y = data
    display = DescentPathDisplay.from_estimator(fitted(X[:, :1], y), X[:, :1], y)
    assert display.descent.names == ["w_1", "b"]


def test_targets(data):
    X, y = data
    Y = np.column_stack([y, y**2])
    reg = fitted(X, Y, "auto", tol=1e-6, max_iter=1000)
    for target in range(2):
        display = DescentPathDisplay.from_estimator(reg, X, Y, target=target)
        alone = fitted(X, Y[:, target], "auto", tol=1e-6, max_iter=1000)
        np.testing.assert_allclose(display.descent.path[:, :3], alone.coef_path_)
        np.testing.assert_allclose(display.descent.losses, alone.loss_history_)
    with pytest.raises(ValueError, match="target=0"):
        DescentPathDisplay.from_estimator(reg, X, Y)
    with pytest.raises(ValueError, match="below 2"):
        DescentPathDisplay.from_estimator(reg, X, Y, target=2)
    with pytest.raises(ValueError, match="y has shape"):
        DescentPathDisplay.from_estimator(reg, X, y)


def test_a_diverged_path_leaves_the_picture(data):
    with pytest.warns(ConvergenceWarning):
        reg = fitted(*data, alpha=2.5)
    display = DescentPathDisplay.from_estimator(reg, *data)
    limits = np.array([display.ax_.get_xlim(), display.ax_.get_ylim()])
    end = [display.line_.get_xdata()[-1], display.line_.get_ydata()[-1]]
    assert (np.abs(end - limits.mean(axis=1)) > np.ptp(limits, axis=1) / 2).any()
    # Of J's rise by many orders of magnitude only the beginning is in the picture.
    assert np.ptp(limits) < 10 * np.abs(reg.coef_path_[:3]).max()
    display.plot(kind="surface").figure_.canvas.draw()


def test_more_parameters_than_are_kept():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 70))
    y = X @ rng.normal(size=70) + rng.normal(size=200)
    reg = fitted(X, y, 0.1)
    display = DescentPathDisplay.from_estimator(reg, X, y, parameters=(69, 3))
    assert display.descent.names == ["w_70", "w_4"]
    assert display.descent.n_parameters == 71
    for k in (0, 7, 30):
        slopes = gradient(X, y, reg.coef_path_[k], reg.intercept_path_[k])[0]
        np.testing.assert_allclose(display.descent.gradients[k], slopes[[69, 3]], rtol=1e-9)
    coef = reg.coef_.copy()
    coef[69], coef[3] = 0.3, -0.2
    assert display.descent.plane(np.array([0.3, -0.2])) == pytest.approx(
        cost(X, y, coef, reg.intercept_), rel=1e-12
    )


def test_float32_and_degenerate_data():
    X = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], dtype=np.float32)
    reg = fitted(X, X[:, 0], alpha=0.05)
    display = DescentPathDisplay.from_estimator(reg, X, X[:, 0])
    display.figure_.canvas.draw()
    constant = fitted(X, np.ones(3), alpha=0.05, fit_intercept=False)
    DescentPathDisplay.from_estimator(constant, X, np.ones(3)).figure_.canvas.draw()


def test_a_start_that_is_the_solution():
    X = np.array([[1.0, 0.0], [2.0, 1.0], [3.0, 5.0]])
    reg = GradientDescentRegressor(store_path=True).fit(X, np.zeros(3))
    assert reg.n_iter_ == 0
    display = DescentPathDisplay.from_estimator(reg, X, np.zeros(3))
    display.figure_.canvas.draw()
    display.plot(kind="surface").figure_.canvas.draw()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"parameters": (0, 0)}, "two different"),
        ({"parameters": (0, 7)}, "7 is not an index below 3"),
        ({"parameters": (0, "bmi")}, "'bmi' is not"),
        ({"parameters": (0, -1)}, "-1 is not"),
        ({"parameters": (0, True)}, "True is not"),
        ({"parameters": 0}, "must be two"),
        ({"parameters": (0, 1, 2)}, "must be two"),
        ({"kind": "heatmap"}, "kind must be"),
        ({"aspect": 2}, "aspect must be"),
        ({"sample_weight": np.arange(60.0)}, "must be those that estimator was fitted to"),
    ],
)
def test_wrong_arguments_of_paths(data, arguments, message):
    with pytest.raises(ValueError, match=message):
        DescentPathDisplay.from_estimator(fitted(*data), *data, **arguments)


def test_nearly_collinear_data_is_recognised():
    """Recorded losses are recurrences: here they drift where nothing is returned."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        a = rng.normal(size=50)
        X = np.column_stack([a, a + 1e-6 * rng.normal(size=50)])
        y = a + rng.normal(size=50)
        reg = GradientDescentRegressor(max_iter=1000, store_path=True).fit(X, y)
        DescentPathDisplay.from_estimator(reg, X, y).figure_.clear()


def test_very_many_features_need_no_square_array():
    X = sparse.random(50, 100_000, density=1e-3, format="csr", random_state=0)
    y = np.arange(50.0)
    reg = fitted(X, y, 0.01, max_iter=3)
    display = DescentPathDisplay.from_estimator(reg, X, y, parameters=(99_999, "intercept"))
    assert display.descent.names == ["w_100000", "b"]


def test_a_target_that_did_not_diverge(data):
    X, y = data
    with pytest.warns(ConvergenceWarning):
        reg = fitted(X, np.column_stack([y, 0 * y]), alpha=2.5)
    Y = np.column_stack([y, 0 * y])
    assert DescentPathDisplay.from_estimator(reg, X, Y, target=0).descent.status == "diverged"
    assert DescentPathDisplay.from_estimator(reg, X, Y, target=1).descent.status == "ended"
    labels = [line.get_label() for line in LossCurveDisplay.from_estimator(reg).line_]
    assert labels == ["target 0 (diverged)", "target 1"]


def test_names_of_transformers_that_have_none(data):
    frame = pd.DataFrame(data[0], columns=["a", "b", "c"])
    nameless = make_pipeline(FunctionTransformer(np.exp), GradientDescentRegressor(0.01))
    nameless.set_params(gradientdescentregressor__store_path=True)
    nameless.set_params(gradientdescentregressor__max_iter=3, gradientdescentregressor__tol=0)
    display = DescentPathDisplay.from_estimator(nameless.fit(frame, data[1]), frame, data[1])
    assert len(display.descent.names) == 4
    passed = make_pipeline("passthrough", nameless[-1]).fit(frame, data[1])
    DescentPathDisplay.from_estimator(passed, frame, data[1], parameters=("a", "c"))


def test_other_data_or_no_path(data):
    X, y = data
    with pytest.raises(ValueError, match="fitted to"):
        DescentPathDisplay.from_estimator(fitted(X, y), X[::-1], y)
    with pytest.raises(ValueError, match="2 features"):
        DescentPathDisplay.from_estimator(fitted(X, y), X[:, :2], y)
    replayed = DescentPathDisplay.from_estimator(fitted(X, y, store_path=False), X, y)
    np.testing.assert_array_equal(replayed.line_.get_xdata(), fitted(X, y).coef_path_[:, 0])
    with pytest.raises(ValueError, match="store_path=True"):
        CoefficientPathDisplay.from_estimator(fitted(X, y, store_path=False))
    with pytest.raises(ValueError, match="'intercept' is not"):
        DescentPathDisplay.from_estimator(
            fitted(X, y, fit_intercept=False), X, y, parameters=(0, "intercept")
        )


def test_names_of_a_frame_without_a_pipeline(data):
    X = pd.DataFrame(data[0], columns=["a", "b", "c"])
    display = DescentPathDisplay.from_estimator(
        fitted(X, data[1]), X, data[1], parameters=("c", 0)
    )
    assert display.ax_.get_xlabel() == "w_c"


def test_without_matplotlib():
    """In one process, as starting one takes a second."""
    calls = [
        "LossCurveDisplay([[1.0]]).plot()",
        "DescentPathDisplay(None).plot()",
        "MSEPathDisplay([[[1.0]]], [1.0]).plot()",
        "CoefficientPathDisplay([0], [[0.0]]).plot()",
    ]
    code = "import sys; sys.modules['matplotlib'] = None\nfrom sklearn_gd import *\n" + "".join(
        "try:\n"
        f"    {call}\n"
        "except ImportError as error:\n"
        "    assert 'requires matplotlib' in str(error), error\n"
        "    assert 'pip install matplotlib' in str(error), error\n"
        "else:\n"
        f"    sys.exit('no error: {call}')\n"
        for call in calls
    )
    code += "DescentLaboratory.from_data([[1.0], [2.0], [4.0]], [1.0, 3.0, 7.0]).to_html()\n"
    subprocess.run([sys.executable, "-c", code], check=True)


# --- held-out errors against steps ------------------------------------------


@pytest.fixture
def searched():
    X, y = with_condition(1e3, 40, 20, noise=2.0, seed=3)
    return GradientDescentRegressorCV(alphas=[0.1, 0.01, 1.0, 50.0], max_iter=200).fit(X, y)


def test_mse_path_is_the_mean_over_folds(searched):
    display = MSEPathDisplay.from_estimator(searched)
    mean = searched.mse_path_.mean(axis=2)
    for line, values in zip(display.lines_, mean, strict=True):
        drawn, finite = line.get_ydata(), np.isfinite(values)
        np.testing.assert_array_equal(drawn[finite], values[finite])
        assert np.isnan(drawn[~finite]).all()
    assert np.isinf(mean[3, -1])
    (x,), (y,) = display.chosen_.get_data()
    assert (x, y) == (searched.n_iter_, mean.min())
    assert [line.get_label() for line in display.lines_] == [
        "alpha = 0.1", "alpha = 0.01", "alpha = 1", "alpha = 50"
    ]  # fmt: skip
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts[-1] == f"chosen: alpha = {searched.alpha_:.3g}, {searched.n_iter_} steps"
    assert display.ax_.get_xscale() == "symlog"
    # What climbs leaves at the top without squeezing the others.
    assert display.ax_.get_ylim()[1] < 2 * mean[0, 0]


def test_mse_path_spread_is_the_standard_deviation(searched):
    chosen = MSEPathDisplay.from_estimator(searched)
    assert len(chosen.spread_) == 1
    row = list(searched.alphas_).index(searched.alpha_)
    (corners,) = [path.vertices for path in chosen.spread_[0].get_paths()]
    for k in (0, 7, 200):
        at = corners[corners[:, 0] == k, 1]
        folds = searched.mse_path_[row, k]
        np.testing.assert_allclose(at.min(), folds.mean() - folds.std())
        np.testing.assert_allclose(at.max(), folds.mean() + folds.std())
    assert len(MSEPathDisplay.from_estimator(searched, spread="all").spread_) == 4
    assert MSEPathDisplay.from_estimator(searched, spread=None).spread_ == []


def test_mse_path_on_a_given_axis_of_a_pipeline_with_many_alphas():
    X, y = with_condition(10.0, 60, 3, seed=1)
    model = make_pipeline(StandardScaler(), GradientDescentRegressorCV(max_iter=20)).fit(X, y)
    _, ax = plt.subplots()
    display = MSEPathDisplay.from_estimator(
        model, ax=ax, xscale="linear", yscale="log", line_kw={"lw": 3}
    )
    assert display.ax_ is ax
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "log")
    assert {line.get_linewidth() for line in display.lines_} == {3}
    shades = {tuple(line.get_color()) for line in display.lines_}
    assert len(shades) == 20
    # The colour bar names the ends of the grid.
    labels = [text.get_text() for text in ax.figure.axes[1].get_yticklabels()]
    alphas = model[-1].alphas_
    assert (labels[0], labels[-1]) == (f"{alphas.min():.2g}", f"{alphas.max():.2g}")


def test_mse_path_of_arrays_alone():
    display = MSEPathDisplay(np.full((1, 3, 2), np.inf), [1.0]).plot()
    assert display.chosen_ is None
    assert np.isnan(display.lines_[0].get_ydata()).all()
    flat = MSEPathDisplay(np.zeros((1, 3, 2)), [1.0]).plot(yscale="log")
    assert flat.ax_.get_yscale() == "linear"
    for size in (1e-300, 1.0, 1e20, 1e300):
        for yscale in ("linear", "log"):
            MSEPathDisplay(np.full((1, 3, 2), size), [1.0], alpha=1.0, n_iter=0).plot(
                yscale=yscale
            ).figure_.canvas.draw()


def test_mse_path_shows_the_whole_spread_of_the_point_chosen(searched):
    display = MSEPathDisplay.from_estimator(searched)
    row = list(searched.alphas_).index(searched.alpha_)
    folds = searched.mse_path_[row, searched.n_iter_]
    assert display.ax_.get_ylim()[0] < folds.mean() - folds.std()
    log = MSEPathDisplay(np.array([[[1.0, 9.0], [1e-3, 5.0]]]), [1.0], alpha=1.0, n_iter=1)
    assert log.plot(yscale="log").ax_.get_ylim()[0] > 0


def test_a_refit_that_diverged_has_no_point_chosen(searched):
    searched.status_ = "diverged"
    assert MSEPathDisplay.from_estimator(searched).chosen_ is None


def test_wrong_arguments_of_mse_paths(data, searched):
    with pytest.raises(TypeError, match="GradientDescentRegressorCV"):
        MSEPathDisplay.from_estimator(fitted(*data))
    with pytest.raises(NotFittedError):
        MSEPathDisplay.from_estimator(GradientDescentRegressorCV())
    with pytest.raises(ValueError, match="spread must be 'chosen', 'all' or None, got 'some'"):
        MSEPathDisplay.from_estimator(searched, spread="some")
    with pytest.raises(ValueError, match="yscale must be"):
        MSEPathDisplay.from_estimator(searched, yscale="root")
    with pytest.raises(ValueError, match="alpha_ and store_path=True"):
        CoefficientPathDisplay.from_estimator(searched)


# --- coefficients against time ----------------------------------------------


def test_coefficients_of_a_path_against_time(data):
    steps = [100, 0, 1, 10]
    coefs, _ = gradient_descent_path(*data, alpha=0.2, max_iter=steps)
    display = CoefficientPathDisplay(0.2 * np.array(steps), coefs, names=list("ab$")).plot()
    for line, values in zip(display.lines_, coefs, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), [0.0, 0.2, 2.0, 20.0])
        np.testing.assert_array_equal(line.get_ydata(), values[[1, 2, 3, 0]])
    highest_first = np.argsort(-coefs[:, 0])
    assert [text.get_text() for text in display.texts_[::-1]] == [
        ["a", "b", r"\$"][j] for j in highest_first
    ]
    assert display.best_ is None
    assert display.ax_.get_legend() is None
    with pytest.raises(ValueError, match=r"got \(3, 4\) and \(3,\)"):
        CoefficientPathDisplay([0, 1, 2], coefs).plot()


def test_coefficients_of_a_fit_against_time():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    regressor = GradientDescentRegressor(
        "lipschitz", max_iter=300, tol=0, early_stopping=True, random_state=0, store_path=True
    )
    model = make_pipeline(StandardScaler(), regressor).fit(X, y)
    display = CoefficientPathDisplay.from_estimator(model, line_kw={"ls": "--"})
    reg = model[-1]
    times = np.r_[0.0, np.cumsum(reg.alpha_history_)]
    for j, line in enumerate(display.lines_):
        np.testing.assert_array_equal(line.get_xdata(), times)
        np.testing.assert_array_equal(line.get_ydata(), reg.coef_path_[:, j])
        assert line.get_linestyle() == "--"
        assert line.get_label() == X.columns[j]
    at_best = int(np.flatnonzero(times == display.best_.get_xdata()[0])[0])
    np.testing.assert_array_equal(reg.coef_path_[at_best], reg.coef_)


def test_coefficients_of_one_of_several_targets(data):
    X, y = data
    Y = np.column_stack([y, X[:, 0] - y])
    reg = fitted(X, Y)
    with pytest.raises(ValueError, match="target=0"):
        CoefficientPathDisplay.from_estimator(reg)
    display = CoefficientPathDisplay.from_estimator(reg, target=1, xscale="linear")
    np.testing.assert_array_equal(display.lines_[2].get_ydata(), reg.coef_path_[:, 1, 2])
    assert display.lines_[0].get_label() == "w_1"


def test_many_coefficients():
    ends = np.arange(30.0) * (-1.0) ** np.arange(30)
    display = CoefficientPathDisplay([1, 0], np.column_stack([ends, np.zeros(30)])).plot()
    kinds = {(line.get_color(), line.get_linestyle()) for line in display.lines_[:24]}
    assert len(kinds) == 24
    named = {text.get_text() for text in display.texts_}
    assert named == {f"w_{j}" for j in range(21, 31)}
    black = CoefficientPathDisplay([0, 1], np.ones((2, 2))).plot(line_kw={"color": "k"})
    assert [line.get_color() for line in black.lines_] == ["k", "k"]


@pytest.mark.parametrize("n_steps", range(1, 6))
def test_very_few_steps_on_a_logarithmic_axis(data, n_steps):
    reg = GradientDescentRegressor(0.125, max_iter=n_steps, tol=0, store_path=True).fit(*data)
    for display in (
        LossCurveDisplay.from_estimator(reg, xscale="log"),
        CoefficientPathDisplay.from_estimator(reg),
    ):
        assert display.ax_.get_xscale() == ("symlog" if n_steps >= 3 else "linear")
        assert display.ax_.get_xlim()[0] <= 0


@pytest.mark.parametrize("seed", range(3))
def test_names_at_the_ends_of_lines_do_not_overlap(seed):
    """In the order of the ends, and near them where there is room."""
    ends = np.random.default_rng(seed).normal(size=20).round(1)
    display = CoefficientPathDisplay([0, 1], np.column_stack([np.zeros(20), ends])).plot()
    display.figure_.canvas.draw()
    boxes = [Text.get_window_extent(text) for text in display.texts_]
    assert all(low.y1 < high.y0 + 0.5 for low, high in pairwise(boxes))
    order = [ends[int(text.get_text()[2:]) - 1] for text in display.texts_]
    assert order == sorted(ends)
    two = CoefficientPathDisplay([0, 1], [[0, 1], [0, -1]]).plot()
    places = [two.ax_.transAxes.transform(text.get_position())[1] for text in two.texts_]
    np.testing.assert_allclose(places, two.ax_.transData.transform([(1, -1), (1, 1)])[:, 1])


def test_lines_that_end_nowhere_are_named_where_they_were_seen_last():
    coefs = [[0, 1, np.inf], [np.nan] * 3, [0, 2, 3]]
    display = CoefficientPathDisplay([0, 1, 2], coefs).plot()
    assert [(text.get_text(), *text.xy) for text in display.texts_] == [
        ("w_1", 1, 1),
        ("w_3", 2, 3),
    ]
    assert CoefficientPathDisplay([0, 1], [[np.nan] * 2]).plot().texts_ == []


@pytest.mark.parametrize(
    ("display", "error", "message"),
    [
        (MSEPathDisplay(np.ones((3, 4)), [1, 2, 3]), ValueError, r"got \(3, 4\) and \(3,\)"),
        (MSEPathDisplay(np.ones((3, 4, 2)), [1, 2]), ValueError, r"got \(3, 4, 2\) and \(2,\)"),
        (MSEPathDisplay(np.ones((1, 4, 2)), [1], alpha=2), ValueError, "alpha must be one of"),
        (MSEPathDisplay(np.ones((1, 4, 2)), [1], alpha=1, n_iter=4), ValueError, "up to 3, got 4"),
        (CoefficientPathDisplay([0], [[1]], names=["a", "b"]), ValueError, "names must be a list"),
        (CoefficientPathDisplay([0], [[1]], names="a"), ValueError, "names must be a list"),
        (CoefficientPathDisplay([0], (np.ones((2, 1)), 0)), ValueError, "gradient_descent_path"),
        (CoefficientPathDisplay([], np.ones((3, 0))), ValueError, r"got \(3, 0\) and \(0,\)"),
        (CoefficientPathDisplay([-1], [[1]]), ValueError, "times must not be negative"),
        (CoefficientPathDisplay([np.nan], [[1]]), ValueError, "times must not be negative or nan"),
    ],
)
def test_arrays_that_do_not_fit_together(display, error, message):
    with pytest.raises(error, match=message):
        display.plot()


def test_wrong_axes_and_keywords():
    display = CoefficientPathDisplay([0, 1], np.ones((2, 2)))
    with pytest.raises(TypeError, match="ax must be one matplotlib Axes, got ndarray"):
        display.plot(ax=plt.subplots(1, 2)[1])
    with pytest.raises(TypeError, match="line_kw must be a dict or None, got 5"):
        display.plot(line_kw=5)
