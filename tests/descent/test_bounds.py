"""positive and coef_bounds: projected gradient descent, against active-set solvers."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import lsq_linear, nnls
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.preprocessing import SplineTransformer

from sklearn_gd import GradientDescentRegressor
from sklearn_gd._descent.projection import Box
from sklearn_gd._descent.stopping import SolutionTest
from sklearn_gd._objective import curvature
from sklearn_gd._objective.least_squares import LeastSquares
from sklearn_gd._objective.plan import Plan
from sklearn_gd.learning_rates import LearningRate
from sklearn_gd.rows._memory import Rows

from ..problems import LONGLEY, design, fitted_theta, half_mse, with_condition

da = pytest.importorskip("dask.array")

rng = np.random.default_rng(0)
X, Y = load_diabetes(return_X_y=True, scaled=False)
Z = (X - X.mean(axis=0)) / X.std(axis=0)
WEIGHTS = rng.random(len(Y))
GAUSS = rng.normal(size=(2000, 200))
OF_GAUSS = GAUSS @ rng.normal(size=200) + rng.normal(size=2000)
ILL = with_condition(1e4, n_features=30)
WORSE = with_condition(1e6, n_features=30)
SHORT, OF_SHORT = rng.normal(size=(20, 40)), rng.normal(size=20)
LOW, HIGH = np.where(np.arange(10) % 3, -1.0, -np.inf), np.where(np.arange(10) % 2, 0.5, np.inf)

PROBLEMS = {
    "diabetes": (X, Y, None),
    "standardised": (Z, Y, None),
    "weighted": (Z, Y, WEIGHTS),
    "Longley": (LONGLEY[:, :-1], LONGLEY[:, -1], None),
    "Gaussian": (GAUSS, OF_GAUSS, None),
    "condition 1e4": (*ILL, None),
    "condition 1e6": (*WORSE, None),
    "more features than rows": (SHORT, OF_SHORT, None),
    "equal features": (np.column_stack([Z, Z, Z]), Y, None),
}


def solved(X, y, bounds, l2=0.0, weights=None, fit_intercept=True):
    """By an active-set method on columns of length 1, and the least J."""
    s = np.ones(len(y)) if weights is None else weights
    centre, middle = np.zeros(X.shape[1]), 0.0
    if fit_intercept:
        centre, middle = np.average(X, axis=0, weights=s), np.average(y, weights=s)
    root = np.sqrt(s / s.sum())
    A, b = root[:, None] * (X - centre), root * (y - middle)
    A = np.vstack([A, np.sqrt(l2) * np.eye(X.shape[1])])
    b = np.append(b, np.zeros(X.shape[1]))
    size = np.linalg.norm(A, axis=0)
    size[size == 0] = 1.0
    low, high = (np.broadcast_to(bound, X.shape[1]) * size for bound in bounds)
    found = lsq_linear(A / size, b, (low, high), method="bvls", tol=1e-15, max_iter=10_000)
    return found.x / size, found.cost


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("bounds", [(0.0, np.inf), (-0.5, 1.0)])
def test_least_squares_in_a_box(bounds, name, precompute, fit_intercept):
    X, y, weights = PROBLEMS[name]
    if name == "Longley":
        # Without an intercept its features are 1e9 times as long as what tells them apart.
        fit_intercept = True
    reg = GradientDescentRegressor(
        # J - J* is at most 1e-13 J then.
        coef_bounds=bounds,
        precompute=precompute,
        fit_intercept=fit_intercept,
        tol=1e-8,
    ).fit(X, y, weights)
    w, least = solved(X, y, bounds, weights=weights, fit_intercept=fit_intercept)
    A, s = design(X), np.ones(len(y)) if weights is None else weights
    # Where the fit is perfect J is rounding.
    rounding = 1e-25 * np.average(y**2, weights=s)
    assert_allclose(reg.loss_history_[-1], least, rtol=1e-9, atol=rounding)
    found = half_mse(A, y, np.append(reg.coef_, reg.intercept_), s)
    assert_allclose(found, least, rtol=1e-9, atol=rounding)
    assert reg.coef_.min() >= bounds[0]
    assert reg.coef_.max() <= bounds[1]
    if least > rounding and name != "equal features":
        size = np.abs(w).max()
        for bound in bounds:
            assert_array_equal(reg.coef_ == bound, np.abs(w - bound) < 1e-10 * size)
        assert_allclose(reg.coef_, w, atol=1e-3 * size)


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("alpha", ["auto", "barzilai-borwein", "lipschitz", 0.2])
def test_alpha_and_scale_never_change_the_model(alpha, scale):
    reg = GradientDescentRegressor(alpha, scale=scale, positive=True, tol=1e-9).fit(Z, Y)
    w, least = solved(Z, Y, (0.0, np.inf))
    assert_allclose(reg.loss_history_[-1], least, rtol=1e-9)
    assert_array_equal(reg.coef_ == 0.0, w == 0.0)


def test_as_scikit_learn_does():
    targets = np.column_stack([Y, -Y, Z[:, 0] + Z[:, 1]])
    reg = GradientDescentRegressor(positive=True, tol=1e-10).fit(Z, targets)
    theirs = LinearRegression(positive=True).fit(Z, targets)
    assert_allclose(reg.coef_, theirs.coef_, atol=1e-6 * np.abs(theirs.coef_).max())
    assert_allclose(reg.intercept_, theirs.intercept_, rtol=1e-7, atol=1e-7)
    plain = GradientDescentRegressor(positive=True, fit_intercept=False, tol=1e-10).fit(Z, Y)
    assert_allclose(plain.coef_, nnls(Z, Y)[0], atol=1e-6)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_with_a_penalty(weights, fit_intercept):
    l2, how = 0.3, {"positive": True, "fit_intercept": fit_intercept}
    reg = GradientDescentRegressor(l2_regularization=l2, tol=1e-10, **how).fit(Z, Y, weights)
    w, least = solved(Z, Y, (0.0, np.inf), l2, weights, fit_intercept)
    assert_allclose(reg.loss_history_[-1], least, rtol=1e-9)
    assert_array_equal(reg.coef_ == 0.0, w == 0.0)
    weight = len(Y) if weights is None else weights.sum()
    theirs = Ridge(l2 * weight, tol=1e-12, max_iter=100_000, **how).fit(Z, Y, weights)
    assert_allclose(reg.coef_, theirs.coef_, atol=1e-5)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("scale", [True, False])
def test_a_number_is_the_plain_projected_step(scale, precompute, fit_intercept):
    reg = GradientDescentRegressor(
        0.3,
        scale=scale,
        coef_bounds=(LOW, HIGH),
        precompute=precompute,
        fit_intercept=fit_intercept,
        max_iter=20,
        tol=0,
        store_path=True,
    ).fit(Z, Y)
    A = design(Z, fit_intercept)
    theta = np.zeros(A.shape[1])
    if scale and fit_intercept:
        theta[-1] = Y.mean()
    for k, coef in enumerate(reg.coef_path_):
        assert_allclose(coef, theta[:10], rtol=1e-9, atol=1e-12)
        assert_allclose(reg.loss_history_[k], half_mse(A, Y, theta), rtol=1e-9)
        theta = theta - 0.3 * A.T @ (A @ theta - Y) / len(Y)
        theta[:10] = np.clip(theta[:10], LOW, HIGH)


@pytest.mark.parametrize("container", [sparse.csr_array, da.from_array])
def test_wherever_the_rows_are(container):
    how = {"coef_bounds": (LOW, HIGH), "tol": 1e-9}
    _, least = solved(Z, Y, (LOW, HIGH), weights=WEIGHTS)
    for precompute in (True, False):
        reg = GradientDescentRegressor(precompute=precompute, **how)
        assert_allclose(reg.fit(container(Z), Y, WEIGHTS).loss_history_[-1], least, rtol=1e-9)
    by_batches = GradientDescentRegressor(**how)
    for rows in np.array_split(np.arange(len(Y)), 3):
        by_batches.partial_fit(Z[rows], Y[rows], WEIGHTS[rows])
    assert_allclose(by_batches.loss_history_[-1], least, rtol=1e-9)


def test_in_single_precision_too():
    reg = GradientDescentRegressor(coef_bounds=(LOW, HIGH)).fit(Z.astype(np.float32), Y)
    assert reg.coef_.dtype == np.float32
    assert (reg.coef_ >= LOW).all()
    assert (reg.coef_ <= HIGH).all()


@given(
    st.integers(0, 1000),
    st.floats(1e-3, 1e3),
    st.floats(-1e3, 1e3),
    st.sampled_from(["auto", "lipschitz"]),
)
@settings(max_examples=40, deadline=None)
def test_bounds_are_kept_to_the_last_bit(seed, size, middle, alpha):
    """In the units of X, though the descent is in others."""
    data = np.random.default_rng(seed)
    A = data.normal(size=(15, 4)) * 10.0 ** data.integers(-3, 4, size=4)
    bounds = middle - size * data.random(4), middle + size * data.random(4)
    reg = GradientDescentRegressor(
        alpha, coef_bounds=bounds, max_iter=15, tol=0, store_path=True
    ).fit(A, data.normal(size=15))
    for coef in (reg.coef_path_, reg.coef_):
        assert (coef >= bounds[0]).all()
        assert (coef <= bounds[1]).all()


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_the_gap_is_an_upper_bound(seed):
    """At any point of the box, whether or not features repeat others."""
    data = np.random.default_rng(seed)
    n, p = data.integers(3, 12), data.integers(1, 8)
    A = data.normal(size=(n, p))
    A = A[:, data.integers(0, p, size=p + 3)] if seed % 2 else A
    y, p = data.normal(size=n), A.shape[1]
    low, high = np.sort(data.normal(size=(2, p)), axis=0)
    high[data.random(p) < 0.3] = np.inf
    w = np.clip(data.normal(size=p) * data.choice([0.5, 5.0]), low, high)
    _, least = solved(A, y, (low, high), fit_intercept=False)
    least_squares = LeastSquares(Plan.made(Rows(A, y[:, None]), False, 0), ())
    point = least_squares.objectives[0].at(w)
    room = Box(low, high).room(w)
    found = least_squares.curvature.suboptimality(point.gradient, room, noise=1e-12)
    assert found >= (point.loss - least) * (1 - 1e-6) - 1e-12


@pytest.mark.parametrize("copies", [2, 5])
def test_equal_features_are_bounded_as_tightly_as_one(copies):
    """The gap of one feature, and not copies^2 times that, though one copy is at its bound."""
    A = np.tile(Z[:, 2:3], copies)
    w = np.append(np.full(copies - 1, 3.0), 0.0)
    least_squares = LeastSquares(Plan.made(Rows(A, Y[:, None]), True, 0), ())
    best = half_mse(design(A), Y, np.linalg.lstsq(design(A), Y, rcond=None)[0])
    point = least_squares.objectives[0].at(np.append(w, Y.mean()))
    room = Box(np.zeros(copies), np.full(copies, np.inf)).room(w)
    # The true J* is that without bounds, as the copies can share what there is.
    found = least_squares.curvature.suboptimality(point.gradient, room, noise=1e-12)
    assert_allclose(found, point.loss - best, rtol=1e-6)


@pytest.mark.parametrize("precompute", [True, False])
def test_all_dummies_of_categories(precompute):
    """Each category has all its columns, so that its coefficients can be shifted into b."""
    data = np.random.default_rng(1)
    categories = [np.eye(k)[data.integers(0, k, 300)] for k in (2, 3, 7)]
    A = np.column_stack([*categories, data.normal(size=(300, 2))])
    y = A @ data.normal(size=14) + data.normal(size=300)
    reg = GradientDescentRegressor(positive=True, precompute=precompute, tol=1e-8).fit(A, y)
    # Columns of mean 0 leave the intercept out.
    centred = A - A.mean(axis=0)
    least = nnls(centred, y - y.mean())[1] ** 2 / 600
    assert reg.status_ == "converged"
    assert_allclose(reg.loss_history_[-1], least, rtol=1e-9)


def test_held_features_do_not_count():
    """At the solution slopes remain, which bounds hold."""
    reg = GradientDescentRegressor(positive=True, tol=1e-8).fit(Z, Y)
    A = design(Z)
    slope = A.T @ (A @ fitted_theta(reg) - Y) / len(Y)
    held = reg.coef_ == 0.0
    assert held.any()
    assert (slope[:-1][held] > 1.0).any()
    assert (slope[:-1][held] > 0.0).all()
    assert reg.status_ == "converged"
    assert np.abs(slope[:-1][~held]).max() < 1e-8 * np.sqrt(2 * reg.loss_history_[-1])


def test_starts_are_projected():
    reg = GradientDescentRegressor(0.1, coef_bounds=(1.0, 2.0), max_iter=1, tol=0)
    reg.set_params(store_path=True).fit(Z, Y, coef_init=np.linspace(-5, 5, 10))
    assert_array_equal(reg.coef_path_[0], np.clip(np.linspace(-5, 5, 10), 1.0, 2.0))
    reg.fit(Z, Y)
    assert_array_equal(reg.coef_path_[0], np.ones(10))


@pytest.mark.parametrize("scale", [True, False])
def test_constant_features_get_what_is_nearest_to_0(scale):
    A = np.column_stack([Z, np.full(len(Z), 7.0), np.zeros(len(Z)), np.full(len(Z), 7.0)])
    low, high = np.full(13, -1.0), np.full(13, 1.0)
    low[10:], high[10:] = [0.5, -2.0, -1.0], [3.0, -1.5, 1.0]
    reg = GradientDescentRegressor(coef_bounds=(low, high), scale=scale, tol=1e-8).fit(A, Y)
    # Unscaled, b and the constant features share what is left, within their bounds.
    if scale:
        assert_allclose(reg.coef_[10:], [0.5, -1.5, 0.0], rtol=1e-15)
    assert_allclose(reg.loss_history_[-1], solved(Z, Y, (-1.0, 1.0))[1], rtol=1e-9)


def test_equal_bounds_fix_a_coefficient():
    low, high = np.full(10, -np.inf), np.full(10, np.inf)
    low[3] = high[3] = 2.5
    reg = GradientDescentRegressor(coef_bounds=(low, high), tol=1e-10).fit(Z, Y)
    assert reg.coef_[3] == 2.5
    others = np.arange(10) != 3
    free = GradientDescentRegressor(tol=1e-10).fit(Z[:, others], Y - 2.5 * Z[:, 3])
    assert_allclose(reg.coef_[others], free.coef_, rtol=1e-6)


def test_wide_bounds_are_none():
    wide = GradientDescentRegressor("barzilai-borwein", coef_bounds=(-1e9, 1e9), tol=1e-10)
    free = GradientDescentRegressor("barzilai-borwein", tol=1e-10).fit(Z, Y)
    assert_allclose(wide.fit(Z, Y).coef_, free.coef_, rtol=1e-6)


@pytest.mark.parametrize("alpha", ["auto", "barzilai-borwein", 0.2])
@pytest.mark.parametrize("steps", [6, 60])
def test_a_warm_start_goes_on_bit_for_bit(steps, alpha):
    """Also once steps are reciprocals of eigenvalues."""
    how = {"positive": True, "tol": 0, "scale": True}
    once = GradientDescentRegressor(alpha, max_iter=2 * steps, **how).fit(Z, Y)
    twice = GradientDescentRegressor(alpha, max_iter=steps, warm_start=True, **how).fit(Z, Y)
    twice = pickle.loads(pickle.dumps(twice)).fit(Z, Y)
    assert_array_equal(twice.coef_, once.coef_)
    # Other bounds are another problem, which begins at the nearest point of theirs.
    coef = twice.coef_
    twice.set_params(coef_bounds=(3.0, np.inf), store_path=True).fit(Z, Y)
    assert_allclose(twice.coef_path_[0], np.maximum(coef, 3.0), rtol=1e-14)


def test_early_stopping_within_bounds():
    reg = GradientDescentRegressor(
        "lipschitz", positive=True, early_stopping=True, random_state=0, n_iter_no_change=5
    ).fit(X[:60], Y[:60])
    assert reg.coef_.min() >= 0.0
    assert reg.validation_loss_history_[reg.best_iter_] == reg.validation_loss_history_.min()


def test_no_doubts_where_nothing_is_known(monkeypatch):
    """An early stop is not called too early because the minimum was not found."""
    monkeypatch.setattr(curvature, "suboptimality_within", lambda *_: np.inf)
    test_early_stopping_within_bounds()


def test_tests_that_fail_do_not_read_the_rows_all_the_time(monkeypatch):
    """Here every one fails: reads, in units of the time of updates, are no more than these."""
    monkeypatch.setattr(curvature, "suboptimality_within", lambda *_: 0.0)
    monkeypatch.setattr(SolutionTest, "_is_certain", lambda *_: False)
    tall = np.random.default_rng(0).normal(size=(20_000, 5))
    y = tall @ np.arange(5.0) + np.random.default_rng(1).normal(size=20_000)
    read = []
    original = Rows.sum
    monkeypatch.setattr(Rows, "sum", lambda *a, **how: read.append(1) or original(*a, **how))
    with pytest.warns(ConvergenceWarning):
        GradientDescentRegressor(positive=True, max_iter=5000).fit(tall, y)
    assert len(read) <= 5 + 5000 * 36 / 100_000


def test_a_step_too_long_is_cut_where_j_is_least():
    """Barzilai-Borwein steps may raise J; the safeguard lets it rise only to recent losses."""
    A, y = WORSE
    reg = GradientDescentRegressor(positive=True, tol=0, max_iter=300).fit(A, y)
    losses = reg.loss_history_
    highest = [losses[max(0, k - 9) : k + 1].max() for k in range(300)]
    assert (losses[1:] <= np.array(highest) * (1 + 1e-12)).all()


def test_a_constant_rate_above_its_limit():
    """It may end at a corner, which is a solution; else J stays above its start, or climbs."""
    alpha = 4.0 / np.linalg.eigvalsh(Z.T @ Z / len(Z))[-1]
    corner = GradientDescentRegressor(alpha, coef_bounds=(-5.0, 5.0), max_iter=200).fit(Z, Y)
    assert corner.status_ == "converged"
    assert_allclose(corner.loss_history_[-1], solved(Z, Y, (-5.0, 5.0))[1], rtol=1e-6)
    for low in (-60.0, -np.inf):
        reg = GradientDescentRegressor(alpha, coef_bounds=(low, 60.0), max_iter=200)
        with pytest.warns(ConvergenceWarning, match=r"diverged.*2/L"):
            reg.fit(Z, Y)
        assert reg.coef_.min() >= low
        assert reg.coef_.max() <= 60.0
        assert reg.loss_history_[reg.best_iter_] == reg.loss_history_.min()


@pytest.mark.parametrize("precompute", [True, False])
def test_ill_conditioned_problems_take_hundreds_of_steps(precompute):
    """Eigenvalues of the free parameters end it; Barzilai-Borwein steps alone take thousands."""
    splines = SplineTransformer(5).fit_transform(X[:, [2, 8]])
    for A, y in (WORSE, (splines, Y)):
        reg = GradientDescentRegressor(positive=True, precompute=precompute, max_iter=1500)
        assert reg.fit(A, y).status_ == "converged"
        reg.set_params(alpha="barzilai-borwein", scale=True)
        with pytest.warns(ConvergenceWarning):
            assert reg.fit(A, y).status_ == "max_iter"


def test_nearly_equal_features():
    """The same heights in centimetres and inches, weights in kilograms and pounds, rounded."""
    data = np.random.default_rng(0)
    height = data.normal(170, 10, 500)
    weight = 0.9 * (height - 100) + data.normal(0, 8, 500)
    y = 0.3 * height + 0.5 * weight + data.normal(0, 5, 500)
    A = np.column_stack([height, height / 2.54, weight, weight * 2.2046])
    for digits in (2, 3, 6, 12):
        rounded = A.round(digits)
        reg = GradientDescentRegressor(positive=True).fit(rounded, y)
        least = solved(rounded, y, (0.0, np.inf))[1]
        assert reg.loss_history_[-1] <= least * (1 + 1e-7)
    # In a box a slope of 1e-8 along what rounding left apart may still be worth 1e-7 of J.
    boxed = GradientDescentRegressor(coef_bounds=(-10.0, 10.0)).fit(A.round(3), y)
    least = solved(A.round(3), y, (-10.0, 10.0))[1]
    assert boxed.loss_history_[-1] <= least * (1 + 1e-7)


class Eigenvalues(LearningRate):
    """Notes what it is told of the free parameters."""

    projects = True
    needs_spectrum = True

    def __init__(self):
        self.seen = []

    def start(self, problem):
        return self.call

    def call(self, k, line):
        self.seen.append(line.components())
        return 0.1


def test_components_are_those_of_the_free_parameters():
    rate = Eigenvalues()
    reg = GradientDescentRegressor(rate, positive=True, scale=False, max_iter=100, tol=0)
    reg.set_params(store_path=True).fit(Z, Y)
    A = design(Z)
    known = [k for k, found in enumerate(rate.seen) if found is not None]
    assert known
    assert min(known) >= 11
    for k in known:
        theta = np.append(reg.coef_path_[k], reg.intercept_path_[k])
        slope = A.T @ (A @ theta - Y) / len(Y)
        free = np.append((reg.coef_path_[k] > 0) | (slope[:-1] <= 0), True)
        values, V = np.linalg.eigh(A[:, free].T @ A[:, free] / len(Y))
        found, components = rate.seen[k]
        assert_allclose(found, values, rtol=1e-9)
        assert_allclose(np.abs(components), np.abs(V.T @ slope[free]), rtol=1e-5, atol=1e-9)


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_a_step_up_to_the_first_bound(seed):
    data = np.random.default_rng(seed)
    low, high = np.sort(data.normal(size=(2, 5)), axis=0)
    high[data.random(5) < 0.3] = np.inf
    box = Box(low, high)
    theta = np.clip(data.normal(size=5), low, high)
    gradient = data.normal(size=5) * (data.random(5) < 0.8)
    gradient *= box.is_free(theta, gradient)
    alpha, target = box.to_first_bound(theta, 2.0, gradient)
    assert 0.0 <= alpha <= 2.0
    assert_array_equal(target, box.project(target))
    assert_allclose(target, theta - alpha * gradient, atol=1e-12)
    if alpha < 2.0:
        assert ((target == low) | (target == high))[gradient != 0].any()


class Ours(LearningRate):
    projects = True

    def start(self, problem):
        assert problem.is_bounded
        return self.call

    def call(self, k, line):
        # Along the last move, of which bounds may have cut off a part.
        assert_allclose(line.slope, line.gradient @ line.gradient)
        assert_allclose(line.curvature, line.gradient @ line.hessian_gradient)
        return line.minimum


def test_a_learning_rate_of_the_users_own():
    reg = GradientDescentRegressor(Ours(), positive=True, tol=1e-9, scale=True).fit(Z, Y)
    assert_allclose(reg.loss_history_[-1], solved(Z, Y, (0.0, np.inf))[1], rtol=1e-9)
    named = GradientDescentRegressor("barzilai-borwein", positive=True, tol=1e-9, scale=True)
    assert_array_equal(reg.alpha_history_, named.fit(Z, Y).alpha_history_)


@pytest.mark.parametrize("alpha", ["chebyshev", "silver", "exact"])
def test_rates_that_need_the_whole_gradient_say_so(alpha):
    with pytest.raises(ValueError, match=f"alpha='{alpha}' is not for positive=True or coef_b"):
        GradientDescentRegressor(alpha, positive=True).fit(Z, Y)


@pytest.mark.parametrize(
    ("bounds", "positive", "message"),
    [
        (
            (1.0, 0.0),
            False,
            "allow no value for the coefficient of feature 0: the lower bound 1 is above .* 0",
        ),
        ((-2.0, -1.0), True, r"the lower bound 0 \(positive=True\) is above the upper bound -1"),
        (
            (np.nan, 1.0),
            False,
            "the lower bound must be -inf .for none. or up to 1e.30",
        ),
        ((np.inf, np.inf), False, "the lower bound must be -inf .for none. or up to"),
        (
            (-np.inf, -np.inf),
            False,
            "the upper bound must be inf .for none. or up to",
        ),
        ((-1e31, 0.0), False, "the lower bound must be -inf .for none. or up to"),
        ((np.zeros(3), 1.0), False, r"must be a number or an array of shape \(10,\)"),
        ((np.zeros((10, 1)), 1.0), False, r"must be a number or an array of shape \(10,\)"),
        (("a", 1.0), False, "coef_bounds: the lower bound must be a number or"),
        ((False, True), False, "coef_bounds: the lower bound must be a number or"),
        ((None, 1.0), False, "coef_bounds: the lower bound must be"),
        (1.0, False, r"must be None or a pair \(low, high\), of all lower .* got 1.0"),
        ([0.0, 1.0, 2.0], False, r"coef_bounds must be None or a pair \(low, high\)"),
        ("no", False, "coef_bounds"),
        ([(0.0, 1.0)] * 10, False, "a pair .low, high., of all lower and"),
        ((pd.Series(np.zeros(10), list("abcdefghij")), 1.0), False, "the lower bound has labels"),
    ],
)
def test_messages(bounds, positive, message):
    reg = GradientDescentRegressor(coef_bounds=bounds, positive=positive)
    for fit in (reg.fit, reg.partial_fit):
        with pytest.raises(ValueError, match=message):
            fit(Z, Y)
    with pytest.raises(TypeError, match="positive must be True or False, got 1"):
        GradientDescentRegressor(positive=1).fit(Z, Y)


def test_no_false_certificate():
    """Where a descent stops by itself, J is at the least of the box."""
    for seed in range(20):
        A, y = with_condition(1e5, n_rows=40, n_features=12, seed=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            reg = GradientDescentRegressor(positive=True, precompute=bool(seed % 2)).fit(A, y)
        if reg.status_ == "converged":
            assert reg.loss_history_[-1] <= solved(A, y, (0.0, np.inf))[1] * (1 + 1e-6)
