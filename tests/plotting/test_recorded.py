"""A recorded descent: its path, stored or replayed; J in both systems; the parameters chosen."""

import copy

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gd import (
    DescentPathDisplay,
    GradientDescentRegressor,
    GradientDescentRegressorCV,
    cost,
    gradient,
)
from sklearn_gd.plotting._chosen import target_name
from sklearn_gd.plotting._record import record
from sklearn_gd.plotting._steps import kept_steps

from ..problems import LONGLEY, NAMES, with_condition

RAW = load_diabetes(return_X_y=True, scaled=False)
HARD = with_condition(1e8)


def recorded(reg, X, y, parameters=(0, 1), target=None, sample_weight=None):
    return record(reg, X, y, sample_weight, parameters, target)


def stored_path(reg, target=None):
    coefs, intercepts = reg.coef_path_, reg.intercept_path_
    if target is not None:
        coefs, intercepts = coefs[:, target], intercepts[:, target]
    return np.column_stack([coefs, intercepts]) if reg.fit_intercept else coefs


def without_path(reg):
    """A copy that has stored none."""
    other = copy.copy(reg)
    del other.coef_path_, other.intercept_path_
    return other


def fitted(X, y, alpha="auto", weights=None, **settings):
    settings = {"max_iter": 300, "tol": 0, "store_path": True, **settings}
    return GradientDescentRegressor(alpha, **settings).fit(X, y, sample_weight=weights)


# --- the path, replayed -------------------------------------------------------


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("alpha", [*NAMES, 1e-5, lambda k: 1e-5 / (k + 1)])
@pytest.mark.parametrize("data", [RAW, HARD, (LONGLEY[:, :-1], LONGLEY[:, -1])])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_replayed_path_is_the_stored_one(data, alpha, scale):
    """To the bit: the same operations are made on the same rows."""
    reg = fitted(*data, alpha, scale=scale, tol=1e-6)
    found = recorded(without_path(reg), *data)
    assert found.why is None
    assert_array_equal(found.path, stored_path(reg))
    assert_array_equal(found.start, stored_path(reg)[0])
    assert_array_equal(found.losses, reg.loss_history_)


@pytest.mark.parametrize(
    "settings",
    [
        {"early_stopping": True, "random_state": 0},
        {"fit_intercept": False},
        {"l2_regularization": 0.3},
        {"precompute": False},
        {"precompute": False, "scale": False},
    ],
    ids=str,
)
def test_with_other_settings(settings):
    X, y = RAW
    weights = np.random.default_rng(0).random(len(y))
    reg = fitted(X, y, weights=weights, **settings)
    found = recorded(without_path(reg), X, y, sample_weight=weights)
    assert_array_equal(found.path, stored_path(reg))


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("alpha", ["auto", "barzilai-borwein", 1e-5])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_after_a_pause(alpha, scale):
    """On the same rows a warm start goes on from all that was known; on others it begins anew."""
    X, y = RAW
    reg = fitted(X, y, alpha, scale=scale, warm_start=True, max_iter=20)
    for rows in (slice(None), slice(None), slice(0, None, 2)):
        reg.fit(X[rows], y[rows])
        found = recorded(without_path(reg), X[rows], y[rows])
        assert_array_equal(found.path, stored_path(reg))


@pytest.mark.parametrize("scale", [True, False])
def test_what_partial_fit_has_seen(scale):
    """It descends on the R factor, and so does the replay."""
    X, y = RAW
    reg = GradientDescentRegressor(scale=scale, store_path=True)
    for rows in np.array_split(np.arange(len(y)), 4):
        reg.partial_fit(X[rows], y[rows])
    found = recorded(without_path(reg), X, y)
    assert_array_equal(found.path, stored_path(reg))


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("alpha", ["auto", "barzilai-borwein", "lipschitz"])
@pytest.mark.parametrize("bounds", [{"positive": True}, {"coef_bounds": (-5.0, 5.0)}], ids=str)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_within_bounds(bounds, alpha, precompute):
    """Where a step ended at a bound its rate was shortened."""
    for X, y in (RAW, HARD):
        for scale in (True, False):
            reg = fitted(X, y, alpha, scale=scale, precompute=precompute, **bounds)
            found = recorded(without_path(reg), X, y)
            assert_array_equal(found.path, stored_path(reg))


def test_targets_float32_and_a_start():
    X, y = RAW
    X32, Y = X.astype(np.float32), np.column_stack([y, y**2 / 100, 0 * y])
    reg = GradientDescentRegressor(store_path=True).fit(X32, Y)
    for target in range(3):
        found = recorded(without_path(reg), X32, Y, target=target)
        n_iter = len(found.alphas)
        assert_array_equal(found.path, stored_path(reg, target)[: n_iter + 1])
    assert n_iter == 0
    reg = GradientDescentRegressor(store_path=True)
    reg.fit(X, y, coef_init=np.arange(10.0) / 3, intercept_init=0.1)
    found = recorded(without_path(reg), X, y)
    assert_array_equal(found.path, stored_path(reg))
    assert_allclose(found.start, [*np.arange(10.0) / 3, 0.1])


def test_a_diverged_path_and_one_of_no_steps():
    X, y = with_condition(10.0, 60, 3, seed=1)
    with pytest.warns(ConvergenceWarning):
        reg = fitted(X, y, 2.5)
    found = recorded(without_path(reg), X, y)
    assert found.status == "diverged"
    assert_array_equal(found.path, stored_path(reg))
    nothing = GradientDescentRegressor().fit(X, 0 * y)
    assert recorded(nothing, X, 0 * y).path.shape == (1, 4)


def test_a_search_has_a_path():
    X, y = RAW
    search = GradientDescentRegressorCV(5, max_iter=50).fit(X, y)
    again = fitted(X, y, search.alpha_, scale=search.scaled_, max_iter=search.n_iter_)
    found = recorded(search, X, y)
    assert_array_equal(found.path, stored_path(again))
    assert (found.rate, found.alpha) == ("constant", search.alpha_)
    assert recorded(make_pipeline(StandardScaler(), search).fit(X, y), X, y).path is not None


def test_a_search_that_chose_the_start():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(20, 15)), rng.choice([-1.0, 1.0], size=20)
    search = GradientDescentRegressorCV([0.5], max_iter=20, fit_intercept=False).fit(X, y)
    assert search.n_iter_ == 0
    assert_array_equal(recorded(search, X, y).path, np.zeros((1, 15)))


def test_a_callback_that_stopped_it():
    pytest.importorskip("sklearn.callback")

    class Stop:
        requires_fit = False

        def setup(self, *args, **how):
            self.n = 0

        def teardown(self, *args, **how):
            pass

        def on_fit_task_begin(self, *args, **how):
            pass

        def on_fit_task_end(self, *args, **how):
            self.n += 1
            return self.n == 7

    X, y = RAW
    reg = GradientDescentRegressor(store_path=True).set_callbacks(Stop()).fit(X, y)
    assert reg.status_ == "stopped"
    path = stored_path(reg)
    del reg.coef_path_, reg.intercept_path_
    assert_array_equal(recorded(reg, X, y).path, path)


def test_a_path_that_cannot_be_replayed():
    """In another order of rows sums round otherwise, which adaptive steps amplify."""
    X, y = RAW
    reg = GradientDescentRegressor(scale=False).fit(X, y)
    order = np.random.default_rng(0).permutation(len(y))
    found = recorded(reg, X[order], y[order])
    assert found.path is None
    assert found.why.startswith("The path cannot be replayed: from step ")
    assert "adaptive learning rates amplify rounding" in found.why
    assert_array_equal(found.losses, reg.loss_history_)
    assert_allclose(found.start, 0.0)
    with pytest.raises(ValueError, match=r"cannot be replayed.* Fit with store_path=True to see"):
        DescentPathDisplay.from_estimator(reg, X[order], y[order])
    # A constant rate does not, and standardised features hardly let it show.
    for alpha in ("lipschitz", "auto"):
        reg = fitted(X, y, alpha, scale=True, max_iter=40)
        found = recorded(without_path(reg), X[order], y[order])
        assert_allclose(found.path, stored_path(reg), rtol=1e-9, atol=1e-9 * 300)


def test_a_path_that_would_fill_the_memory(monkeypatch):
    monkeypatch.setattr("sklearn_gd.plotting._replayed.physical_memory", lambda: 1000)
    found = recorded(without_path(fitted(*RAW)), *RAW)
    assert found.path is None
    assert "300 steps of 11 parameters would take" in found.why


def test_other_data_is_recognised_without_a_path():
    X, y = RAW
    for alpha in ("auto", "lipschitz"):
        reg = without_path(fitted(X, y, alpha))
        with pytest.raises(ValueError, match="must be those that estimator was fitted to"):
            recorded(reg, X[::-1], y)
        with pytest.raises(ValueError, match="must be those that estimator was fitted to"):
            recorded(reg, X, y, sample_weight=np.arange(1.0, 443.0))
    # Those of an early one in single precision too, whose coefficients are rounded.
    X32 = (X[:, :3] * 1e3).astype(np.float32)
    reg = GradientDescentRegressor(scale=False, max_iter=20, tol=0).fit(X32, y)
    order = np.random.default_rng(0).permutation(len(y))
    recorded(reg, X32[order], y[order])
    with pytest.raises(ValueError, match="after 0 steps"):
        recorded(reg, X32, y + 1.0)


def test_of_a_grid_search_the_best_estimator_is_asked_for():
    search = GridSearchCV(GradientDescentRegressor(), {"alpha": ["auto"]}, cv=2).fit(*RAW)
    with pytest.raises(TypeError, match="best_estimator_"):
        recorded(search, *RAW)
    assert recorded(search.best_estimator_, *RAW).path is not None


# --- J in both systems --------------------------------------------------------


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("l2", [0.0, 0.4])
@pytest.mark.parametrize("scale", [True, False])
def test_j_is_the_cost_in_both_systems(scale, l2, fit_intercept):
    X, y = RAW
    reg = fitted(X, y, scale=scale, l2_regularization=l2, fit_intercept=fit_intercept)
    original = recorded(reg, X, y)
    standardised = original.standardised
    assert original.scaled == standardised.scaled == scale
    assert (original.mean is None) == (not fit_intercept)
    mean = np.zeros(10) if original.mean is None else original.mean
    if scale:
        assert_allclose(original.scale, reg.feature_scale_)
        assert_allclose(mean, reg.feature_mean_)
    rng = np.random.default_rng(0)
    for _ in range(5):
        theta = original.fitted * (1.0 + rng.normal(size=len(original.fitted)))
        w, b = (theta[:10], theta[10]) if fit_intercept else (theta, 0.0)
        v = np.append(w * original.scale, b + w @ mean)[: len(theta)]
        expected = cost(X, y, w, b, l2_regularization=l2)
        g_w, g_b = gradient(X, y, w, b, l2_regularization=l2)
        slopes = np.append(g_w, g_b)[: len(theta)]
        assert original.quadratic(theta) == pytest.approx(expected, rel=1e-9)
        assert standardised.quadratic(v) == pytest.approx(expected, rel=1e-9)
        size = np.abs(slopes).max()
        assert_allclose(original.quadratic.gradient_at(theta), slopes, atol=1e-9 * size)
        inner = np.append((g_w - mean * g_b) / original.scale, g_b)[: len(theta)]
        size = np.abs(inner).max()
        assert_allclose(standardised.quadratic.gradient_at(v), inner, atol=1e-9 * size)
    # The rows of the sample, in standardised terms, predict the same.
    A, y_drawn = standardised.sample.A, standardised.sample.y
    assert_allclose(A @ v, original.sample.A @ theta, rtol=1e-9, atol=1e-9 * np.abs(y).max())
    assert set(y_drawn) <= set(y)
    assert len(y_drawn) == 100


def test_many_parameters_are_carried_in_one_system():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 70))
    y = X @ rng.normal(size=70) + rng.normal(size=200)
    for scale in (True, False):
        reg = fitted(X, y, 0.1, scale=scale, max_iter=20)
        found = recorded(without_path(reg), X, y, (69, 3))
        assert_array_equal(found.path, stored_path(reg)[:, [69, 3]])
        assert (found.standardised is not None) == scale
        assert not found.carries_all
        assert found.scale is None or scale


# --- which parameters ---------------------------------------------------------


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("n_features", [3, 60])
def test_the_feature_that_takes_j_down_most(n_features, scale, fit_intercept):
    """Against J minimised along each feature, with the best intercept for it.

    A scaled fit begins with the best intercept, which hardly moves: the next feature is shown.
    """
    rng = np.random.default_rng(n_features)
    X = rng.normal(size=(90, n_features)) * rng.uniform(0.1, 10, n_features) + 3.0
    y = X @ rng.normal(size=n_features) + 5.0
    how = {"scale": scale, "fit_intercept": fit_intercept}
    found = recorded(fitted(X, y, max_iter=5, **how), X, y, None)
    least = []
    for x in X.T:
        A = np.column_stack([x, np.ones(90)]) if fit_intercept else x[:, None]
        residual = y - A @ np.linalg.lstsq(A, y, rcond=None)[0]
        least.append(residual @ residual)
    best, second = np.argsort(least)[:2]
    names = [found.names[j] for j in found.shown]
    moves = fit_intercept and not scale
    assert names == [f"w_{best + 1}", "b" if moves else f"w_{second + 1}"]


def test_one_parameter_is_not_enough():
    X = np.arange(1.0, 6.0)[:, None]
    reg = fitted(X, X[:, 0], 0.01, fit_intercept=False)
    with pytest.raises(ValueError, match="Two parameters are needed"):
        recorded(reg, X, X[:, 0], None)
    assert recorded(fitted(X, X[:, 0], 0.01), X, X[:, 0], None).shown == (0, 1)


# --- what it is called --------------------------------------------------------


@pytest.mark.parametrize(
    ("y", "target", "name"),
    [
        (np.ones(3), 0, "y"),
        ([1.0, 2.0], 0, "y"),
        (pd.Series([1.0], name="price"), 0, "price"),
        (pd.Series([1.0]), 0, "y"),
        (pd.Series([1.0], name=2024), 0, "2024"),
        (pd.DataFrame({"a": [1.0], "name": [2.0]}), 1, "name"),
        (pl.Series("price", [1.0]), 0, "price"),
        (pl.Series([1.0]), 0, "y"),
        (pl.DataFrame({"a": [1.0], "b": [2.0]}), 1, "b"),
    ],
)
def test_the_targets_name(y, target, name):
    assert target_name(y, target) == name


@pytest.mark.parametrize(
    ("alpha", "rate", "number"),
    [
        ("lipschitz", "lipschitz", None),
        (0.25, "constant", 0.25),
        (np.float32(0.25), "constant", 0.25),
        (lambda k: 0.1, "own", None),
    ],
)
def test_the_rates_name(alpha, rate, number):
    X, y = with_condition(10.0, 60, 3, seed=1)
    found = recorded(fitted(X, y, alpha, max_iter=3), X, y)
    assert (found.rate, found.alpha) == (rate, number)


@pytest.mark.parametrize(("n", "most"), [(1, 2), (2, 2), (7, 2), (7, 3), (10_001, 100), (5, 10)])
def test_kept_steps(n, most):
    steps = kept_steps(n, most)
    assert (steps[0], steps[-1]) == (0, n - 1)
    assert (np.diff(steps) > 0).all()
    assert len(steps) <= most
    assert_array_equal(steps[: most // 2], np.arange(min(most // 2, n)))
