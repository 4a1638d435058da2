"""partial_fit: as fit on all rows, whatever the batches."""

import pickle
import subprocess
import sys
import warnings
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.linalg import lstsq
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from sklearn_gd import GradientDescentRegressor, cost, max_stable_alpha
from sklearn_gd.rows._factor import RFactor
from sklearn_gd.rows._memory import Rows

from ..problems import assert_agree, design, with_condition


def in_batches(reg, X, y, sizes, weights=None):
    """Return the estimator after batches of these sizes; what is left over comes last."""
    ends = np.minimum(np.cumsum([0, *sizes]), len(y))
    with warnings.catch_warnings():
        # Of a few rows L may be too large for the learning rate of all.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for start, stop in zip(ends, [*ends[1:], len(y)], strict=True):
            some = slice(start, stop)
            reg.partial_fit(X[some], y[some], None if weights is None else weights[some])
    return reg


@settings(max_examples=25, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 30), max_size=12),
    fit_intercept=st.booleans(),
    weighted=st.booleans(),
    n_targets=st.sampled_from([None, 1, 3]),
    container=st.sampled_from([np.asarray, sparse.csr_array]),
    condition=st.sampled_from([10.0, 1e6]),
)
def test_any_batches_make_the_same_steps(
    sizes, fit_intercept, weighted, n_targets, container, condition
):
    X, y = with_condition(condition, 80, 6, seed=0)
    if n_targets:
        y = np.column_stack([y + j * X[:, 0] for j in range(n_targets)])
    weights = np.random.default_rng(1).integers(0, 3, 80) * 1e3 if weighted else None
    alpha = 0.9 * max_stable_alpha(X, fit_intercept=fit_intercept, sample_weight=weights)
    reg = GradientDescentRegressor(alpha, max_iter=60, tol=0, fit_intercept=fit_intercept)
    expected = clone(reg).fit(X, y, weights)
    found = in_batches(reg, container(X), y, sizes, weights)
    assert_agree(found, expected)
    assert found.coef_.shape == expected.coef_.shape
    assert_array_equal(found.predict(X).shape, y.shape)


@pytest.mark.parametrize("sizes", [[442], [1] * 441, [0, 5, 3, 200]])
def test_defaults_have_the_same_status_and_solution(sizes):
    X, y = load_diabetes(return_X_y=True, scaled=False)
    A = design(X)
    solution = lstsq(A, y)[0]
    least = cost(X, y, solution[:-1], solution[-1])
    found = in_batches(GradientDescentRegressor(), X, y, sizes)
    assert found.status_ == "converged"
    assert cost(X, y, found.coef_, found.intercept_) - least < 1e-7 * least
    assert_allclose(found.loss_history_[-1], cost(X, y, found.coef_, found.intercept_), rtol=1e-9)
    exactly = in_batches(GradientDescentRegressor("exact", tol=1e-10), *_scaled(X, y), sizes)
    assert_allclose(exactly.coef_, lstsq(design(_scaled(X, y)[0]), y)[0][:-1], rtol=1e-7)


def _scaled(X, y):
    """Features orthogonal to each other, so that steps converge quickly."""
    return np.linalg.qr(X - X.mean(axis=0))[0] * np.sqrt(len(y)), y


@pytest.mark.parametrize("offset", [0.0, 1e5])
@pytest.mark.parametrize("n_batches", [3, 10_000])
def test_the_rows_kept_have_the_same_loss(offset, n_batches):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 5)) + offset
    y = X @ rng.normal(size=5) + rng.normal(size=20_000)
    factor = None
    for some in np.array_split(np.arange(len(y)), n_batches):
        batch = Rows(X[some], y[some, None])
        added = RFactor.of(batch)
        factor = added if factor is None else factor.with_factor(added)
    kept = factor.rows()
    assert kept.X.shape == (7, 5)
    # About the origin of the data, where the direct solution has its digits.
    middle = np.round(X.mean(axis=0))
    direct = lstsq(design(X - middle), y)[0]
    ours = lstsq(design(kept.X - middle), kept.y[:, 0])[0]
    assert_allclose(ours, direct, rtol=1e-8)
    for w in (direct[:-1], 1.01 * direct[:-1], np.zeros(5)):
        b = direct[-1] - middle @ w
        expected = _long_cost(X, y, w, b)
        assert_allclose(cost(kept.X, kept.y[:, 0], w, b), expected, rtol=1e-10)


def _long_cost(X, y, w, b):
    """J in extended precision."""
    residual = X.astype(np.longdouble) @ w.astype(np.longdouble) + b - y
    return float(residual @ residual / (2 * len(y)))


def test_other_batches_than_before_raise_and_are_not_counted():
    X, y = with_condition(10.0, 40, 3, seed=0)
    reg = GradientDescentRegressor().partial_fit(X[:30], y[:30])
    coef = reg.coef_.copy()
    broken = X[30:].copy()
    broken[2, 1] = np.inf
    for batch, message in (
        ((X[30:, :2], y[30:]), "2 features"),
        (
            (X[30:], np.column_stack([y[30:]] * 2)),
            r"targets of the batches before, shape \(n_samples\), got shape \(n_samples, 2\)",
        ),
        ((broken, y[30:]), "X contains infinity"),
        ((X[30:], np.where(y[30:] > 0, np.nan, 0)), "contains NaN"),
        ((1e200 * X[30:], y[30:]), "size"),
        ((X[30:], y[29:]), "inconsistent"),
        ((X[30:], y[30:], -np.ones(10)), "must not be negative"),
    ):
        with pytest.raises(ValueError, match=message):
            reg.partial_fit(*batch)
        assert_array_equal(reg.coef_, coef)
    reg.partial_fit(X[30:], y[30:])
    assert_allclose(reg.coef_, GradientDescentRegressor().fit(X, y).coef_, rtol=1e-5)


def test_batches_without_rows_or_weight():
    X, y = with_condition(10.0, 40, 3, seed=0)
    reg = GradientDescentRegressor()
    assert reg.partial_fit(X[:0], y[:0]) is reg
    reg.partial_fit(X, y, np.zeros(40))
    with pytest.raises(NotFittedError):
        reg.predict(X)
    with pytest.raises(ValueError, match="2 features"):
        reg.partial_fit(X, y).partial_fit(X[:, :2], y)
    before = reg.coef_.copy()
    reg.partial_fit(X[:0], y[:0]).partial_fit(1e3 * X, y, np.zeros(40))
    assert_array_equal(reg.coef_, before)


def test_it_says_what_it_would_forget():
    X, y = with_condition(10.0, 40, 3, seed=0)
    fitted = GradientDescentRegressor().fit(X, y)
    with pytest.raises(AttributeError, match="partial_fit after fit would forget"):
        fitted.partial_fit(X, y)
    clone(fitted).partial_fit(X, y)
    with pytest.raises(ValueError, match=r"partial_fit .* early_stopping=False"):
        GradientDescentRegressor(early_stopping=True).partial_fit(X, y)
    # A fit begins anew.
    again = GradientDescentRegressor().partial_fit(2 * X, y).fit(X, y)
    assert_array_equal(again.coef_, fitted.coef_)
    assert not hasattr(again, "partial_fit")


def test_pickled_it_goes_on_with_the_same_bits():
    X, y = with_condition(1e4, 60, 4, seed=0)
    here = GradientDescentRegressor(max_iter=50, tol=0).partial_fit(X[:20], y[:20])
    code = (
        "import pickle, sys\n"
        "reg, X, y = pickle.load(sys.stdin.buffer)\n"
        "sys.stdout.buffer.write(pickle.dumps(reg.partial_fit(X, y)))\n"
    )
    message = pickle.dumps((here, X[20:], y[20:]))
    done = subprocess.run(
        [sys.executable, "-c", code], input=message, capture_output=True, check=True
    )
    there = pickle.loads(done.stdout)
    here.partial_fit(X[20:], y[20:])
    assert_array_equal(there.coef_, here.coef_)
    assert_array_equal(there.loss_history_, here.loss_history_)


def test_float32_stays_float32_until_a_batch_is_not():
    X, y = with_condition(10.0, 40, 3, seed=0)
    X = X.astype(np.float32)
    reg = GradientDescentRegressor().partial_fit(X[:20], y[:20])
    assert reg.partial_fit(X[20:30], y[20:30]).coef_.dtype == np.float32
    assert reg.partial_fit(X[30:].astype(float), y[30:]).coef_.dtype == np.float64
    assert reg.partial_fit(X[30:], y[30:]).coef_.dtype == np.float64


def test_a_path_is_stored_and_a_warm_start_begins_where_the_last_batch_ended():
    X, y = with_condition(10.0, 40, 3, seed=0)
    reg = GradientDescentRegressor(0.5, max_iter=20, tol=0, store_path=True, warm_start=True)
    reg.partial_fit(X[:20], y[:20])
    before = reg.coef_.copy()
    reg.partial_fit(X[20:], y[20:])
    assert_array_equal(reg.coef_path_[0], before)
    cold = clone(reg).set_params(warm_start=False).partial_fit(X[:20], y[:20])
    assert not cold.partial_fit(X[20:], y[20:]).coef_path_[0].any()


@pytest.mark.parametrize("precompute", [True, False])
def test_both_forms_and_all_rates(precompute):
    X, y = with_condition(100.0, 40, 3, seed=0)
    for alpha in ("auto", "exact", "lipschitz", "silver"):
        reg = GradientDescentRegressor(alpha, precompute=precompute, max_iter=15, tol=0)
        found = in_batches(clone(reg), X, y, [10, 10])
        assert_agree(found, reg.fit(X, y))


def test_constant_columns_and_more_features_than_rows():
    X, y = with_condition(10.0, 40, 3, seed=0)
    X = np.column_stack([X, np.full(40, 1e5 / 3), np.zeros(40)])
    found = in_batches(GradientDescentRegressor(), X - [0, 0, 0, 1e5 / 3, 0], y, [7, 9])
    assert found.status_ == "converged"
    wide = np.random.default_rng(0).normal(size=(10, 40))
    reg = in_batches(GradientDescentRegressor(tol=1e-10, scale=False), wide, y[:10], [3, 4])
    assert_allclose(reg.predict(wide), y[:10], atol=1e-6)
    # The interpolation of least length, as a descent from zero does not leave the rows' span.
    shortest = lstsq(design(wide), y[:10])[0]
    assert_allclose(reg.coef_, shortest[:-1], atol=1e-6)


@pytest.mark.parametrize("offset", [1e6, 1e7, 1e8])
def test_no_digits_are_lost_far_from_the_origin(offset):
    """About its shift a factor tells as much of the rows as if they were near the origin."""
    rng = np.random.default_rng(0)
    z = np.round(rng.normal(size=(500, 4)) * 1024) / 1024  # exact after the offset
    y = z @ [1.0, -2.0, 3.0, 0.5] + rng.normal(size=500)
    batches = [Rows(z[i : i + 50] + offset, y[i : i + 50, None]) for i in range(0, 500, 50)]
    factor = reduce(RFactor.with_factor, map(RFactor.of, batches))
    kept = factor.rows_about_shift()
    found = lstsq(design(kept.X), kept.y[:, 0])[0]
    assert_allclose(found[:-1], lstsq(design(z), y)[0][:-1], rtol=1e-12)


@pytest.mark.parametrize("far", [1e6, 1e12, 1e15])
@pytest.mark.parametrize("of_y", [True, False])
def test_a_light_first_batch_far_away_costs_no_digits(far, of_y):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3))
    y = X @ [1.0, 2.0, 3.0] + 0.1 * rng.normal(size=500)
    first = (X[:1], [far]) if of_y else (far * X[:1], y[:1])
    expected = GradientDescentRegressor(tol=1e-12).fit(X, y).coef_
    light = GradientDescentRegressor(tol=1e-12).partial_fit(*first, [far**-3.5])
    heavy = GradientDescentRegressor(tol=1e-12).partial_fit(X, y)
    for pair in (light, heavy), (heavy, light):
        merged = GradientDescentRegressor(tol=1e-12).merge(*pair)
        assert_allclose(merged.coef_, expected, rtol=1e-8)
    assert_allclose(light.partial_fit(X, y).coef_, expected, rtol=1e-8)
