"""scale=True: descent along standardised features, with results in the user's own units."""

import pickle
import re
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.linalg import lstsq
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gd import (
    GradientDescentRegressor,
    GradientDescentRegressorCV,
    gradient_descent_path,
    max_stable_alpha,
)
from sklearn_gd._search import path as path_module
from sklearn_gd.rows import _memory as rows_module

from ..problems import design, half_mse, largest_eigenvalue, with_condition

FIXED = [0.4, "callable", "lipschitz", "silver", "chebyshev"]
ADAPTIVE = ["exact", "barzilai-borwein", "auto"]


def schedule(k):
    """A learning rate of the user's own."""
    return 0.5 / (1.0 + k)


def rate_of(alpha):
    return schedule if alpha == "callable" else alpha


def raw(n_targets=None, m=90):
    """A table as people have it: units and zeros of every size; X, y and weights."""
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(m, 4)) @ (np.eye(4) + 0.3)
    X = Z * [1.0, 2e3, 1e-2, 5.0] + [3.0, -4e3, 0.0, 400.0]
    shape = (m,) if n_targets is None else (m, n_targets)
    y = Z @ rng.normal(size=(4, *shape[1:])) + rng.normal(size=shape) + 95.0
    weights = rng.random(m)
    weights[::9] = 0.0
    return X, y, weights


def units(X, weights=None, fit_intercept=True):
    """Mean and standard deviation of each column; without an intercept 0 and root mean square."""
    mean = np.average(X, axis=0, weights=weights) if fit_intercept else np.zeros(X.shape[1])
    return mean, np.sqrt(np.average((X - mean) ** 2, axis=0, weights=weights))


def standardised(X, weights=None, fit_intercept=True):
    mean, deviation = units(X, weights, fit_intercept)
    return (X - mean) / deviation


def slope(A, y, theta, weights=None):
    """Gradient of J."""
    s = np.ones(len(y)) if weights is None else weights
    return A.T @ (s * (A @ theta - y)) / s.sum()


def loop(X, y, alphas, weights=None, fit_intercept=True):
    """Descend on explicitly standardised columns from the mean of y, in plain NumPy.

    Returns coefficients, intercepts and losses of all iterates, in the units of X.
    """
    mean, deviation = units(X, weights, fit_intercept)
    A = design((X - mean) / deviation, fit_intercept)
    theta = np.zeros(A.shape[1])
    if fit_intercept:
        theta[-1] = np.average(y, weights=weights)
    thetas = [theta]
    for alpha in alphas:
        thetas.append(thetas[-1] - alpha * slope(A, y, thetas[-1], weights))
    thetas = np.array(thetas)
    coefs = thetas[:, : X.shape[1]] / deviation
    intercepts = thetas[:, -1] - coefs @ mean if fit_intercept else np.zeros(len(thetas))
    return coefs, intercepts, np.array([half_mse(A, y, theta, weights) for theta in thetas])


def solution(X, y, weights=None, fit_intercept=True):
    """Coefficients, intercept and J of the solution by lstsq on standardised columns."""
    s = np.ones(len(y)) if weights is None else weights
    mean, deviation = units(X, weights, fit_intercept)
    middle = np.average(y, weights=weights) if fit_intercept else 0.0
    root, Z = np.sqrt(s), (X - mean) / deviation
    v = lstsq(root[:, None] * Z, root * (y - middle), cond=1e-12)[0]
    return v / deviation, middle - (v / deviation) @ mean, half_mse(Z, y - middle, v, weights)


def learning_rates(alpha, X, n, weights=None, fit_intercept=True):
    """Learning rates of n steps by their formulas, in any order those of Chebyshev."""
    H = standardised(X, weights, fit_intercept)
    A = design(H, fit_intercept)
    s = np.ones(len(X)) if weights is None else weights
    values = np.linalg.eigvalsh((A * s[:, None]).T @ A / s.sum())
    k = np.arange(n)
    if alpha == "chebyshev":
        middle, half = (values[-1] + values[0]) / 2, (values[-1] - values[0]) / 2
        return np.sort(1.0 / (middle + half * np.cos((2 * k + 1) * np.pi / (2 * n))))
    if alpha == "silver":
        nu = np.array([(j & -j).bit_length() - 1 for j in range(1, n + 1)])
        return (1.0 + (1.0 + np.sqrt(2.0)) ** (nu - 1.0)) / values[-1]
    return {
        "lipschitz": np.full(n, 1.0 / values[-1]),
        "callable": 0.5 / (1.0 + k),
    }.get(alpha, np.full(n, alpha if isinstance(alpha, float) else np.nan))


def assert_close(found, expected, rtol=1e-9):
    """Equal in units of the largest number in each column."""
    size = np.abs(expected).max(axis=0) + np.finfo(np.float64).tiny
    assert_allclose(found / size, expected / size, rtol=0.0, atol=rtol)


def assert_path(reg, coefs, intercepts, losses, rtol=1e-9):
    """What the estimator has stored is this path, a row an iterate."""
    assert_close(reg.coef_path_, coefs, rtol)
    assert_close(reg.intercept_path_, intercepts, rtol)
    assert_allclose(reg.loss_history_, losses, rtol=rtol)


# --- the steps --------------------------------------------------------------


# "chebyshev" needs moments.
FORMS = [(a, p) for a in FIXED for p in (True, False, "auto") if a != "chebyshev" or p]


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize(("alpha", "precompute"), FORMS)
def test_steps_are_those_on_explicitly_standardised_columns(
    alpha, fit_intercept, weighted, precompute
):
    X, y, weights = raw()
    weights = weights if weighted else None
    how = {"fit_intercept": fit_intercept, "precompute": precompute, "store_path": True}
    reg = GradientDescentRegressor(rate_of(alpha), scale=True, max_iter=16, tol=0, **how)
    reg.fit(X, y, weights)
    alphas = learning_rates(alpha, X, 16, weights, fit_intercept)
    found = reg.alpha_history_
    assert_allclose(np.sort(found) if alpha == "chebyshev" else found, alphas, rtol=1e-9)
    # Only their order is the estimator's own.
    assert_path(reg, *loop(X, y, found, weights, fit_intercept))
    mean, deviation = units(X, weights, fit_intercept)
    assert_allclose((reg.feature_mean_ - mean) / deviation, 0.0, atol=1e-12)
    assert_allclose(reg.feature_scale_, deviation, rtol=1e-12)


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("alpha", ADAPTIVE)
def test_each_adaptive_step_is_the_rule_and_they_end_at_the_solution(
    alpha, fit_intercept, weighted, precompute
):
    X, y, weights = raw()
    weights = weights if weighted else None
    how = {"fit_intercept": fit_intercept, "precompute": precompute, "store_path": True}
    reg = GradientDescentRegressor(alpha, scale=True, **how).fit(X, y, weights)
    assert reg.status_ == "converged"
    least = solution(X, y, weights, fit_intercept)[-1]
    A, found = design(X, fit_intercept), np.append(reg.coef_, reg.intercept_)
    assert half_mse(A, y, found[: A.shape[1]], weights) - least <= 1e-7 * least
    # In the descent's own coordinates.
    mean, deviation = units(X, weights, fit_intercept)
    Z = design((X - mean) / deviation, fit_intercept)
    thetas = reg.coef_path_ * deviation
    if fit_intercept:
        thetas = np.column_stack([thetas, reg.intercept_path_ + reg.coef_path_ @ mean])
    gradients = np.array([slope(Z, y, theta, weights) for theta in thetas])
    expected = thetas[:-1] - reg.alpha_history_[:, None] * gradients[:-1]
    assert_allclose(thetas[1:], expected, rtol=1e-7, atol=1e-7 * np.abs(thetas).max())
    assert_allclose(reg.loss_history_, [half_mse(Z, y, theta, weights) for theta in thetas], 1e-7)
    residual = np.sqrt(2.0 * half_mse(Z, y, thetas[reg.best_iter_], weights))
    assert np.abs(gradients[reg.best_iter_]).max() <= 1.001e-6 * residual
    # The first step of all three is an exact line search.
    g = gradients[0]
    bend = np.average((Z @ g) ** 2, weights=weights)
    assert_allclose(reg.alpha_history_[0], g @ g / bend, rtol=1e-9)


@pytest.mark.parametrize("weighted", [True, False])
def test_the_same_as_a_pipeline_that_standardises_with_y_centred(weighted):
    X, y, weights = raw()
    s = weights if weighted else None
    how = {"max_iter": 25, "tol": 0}
    pipeline = make_pipeline(
        StandardScaler(), GradientDescentRegressor(0.3, scale=False, fit_intercept=False, **how)
    )
    asked = {"standardscaler__sample_weight": s, "gradientdescentregressor__sample_weight": s}
    middle = np.average(y, weights=s)
    expected = pipeline.fit(X, y - middle, **asked).predict(X) + middle
    found = GradientDescentRegressor(0.3, scale=True, **how).fit(X, y, s)
    assert_allclose(found.predict(X), expected, rtol=1e-9)
    assert_allclose(found.loss_history_, pipeline[-1].loss_history_, rtol=1e-9)


@pytest.mark.parametrize("precompute", [True, False])
def test_each_of_several_targets_descends_by_itself(precompute):
    X, Y, weights = raw(3)
    how = {"scale": True, "max_iter": 20, "tol": 0, "precompute": precompute, "store_path": True}
    reg = GradientDescentRegressor(0.4, **how).fit(X, Y, weights)
    assert reg.coef_path_.shape == (21, 3, 4)
    for j, y in enumerate(Y.T):
        coefs, intercepts, losses = loop(X, y, [0.4] * 20, weights)
        assert_close(reg.coef_path_[:, j], coefs)
        assert_allclose(reg.intercept_path_[:, j], intercepts, rtol=1e-9)
        assert_allclose(reg.loss_history_[:, j], losses, rtol=1e-9)
    assert_allclose(reg.predict(X), X @ reg.coef_.T + reg.intercept_)


@pytest.mark.parametrize("precompute", [True, False])
def test_more_features_than_rows_reach_the_least_norm_of_scaled_coefficients(precompute):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(10, 25)) * 10.0 ** rng.integers(-3, 4, 25) + 50.0
    y = rng.normal(size=10) + 95.0
    reg = GradientDescentRegressor(scale=True, tol=1e-10, precompute=precompute).fit(X, y)
    # Centred rows add up to 0: one singular value is nothing but rounding.
    v = lstsq(standardised(X), y - y.mean(), cond=1e-9)[0]
    assert_close(reg.coef_ * X.std(axis=0), v, 1e-6)


# --- where it starts --------------------------------------------------------


@pytest.mark.parametrize("n_targets", [None, 2])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("scale", [True, False])
def test_without_a_start_scaling_begins_at_the_best_constant_else_at_zero(
    scale, fit_intercept, n_targets
):
    X, y, weights = raw(n_targets)
    alpha = 0.5 * max_stable_alpha(X, scale=scale, fit_intercept=fit_intercept)
    how = {"fit_intercept": fit_intercept, "max_iter": 1, "tol": 0, "store_path": True}
    reg = GradientDescentRegressor(alpha, scale=scale, **how).fit(X, y, weights)
    start = np.zeros(y.shape[1:])
    if scale and fit_intercept:
        start = np.average(y, axis=0, weights=weights)
    assert not reg.coef_path_[0].any()
    assert_allclose(reg.intercept_path_[0], start, rtol=1e-14)
    expected = np.average((y - start) ** 2, axis=0, weights=weights) / 2
    assert_allclose(reg.loss_history_[0], expected, rtol=1e-12)


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("given", ["coef_init", "intercept_init", "both", "zeros"])
def test_a_start_that_is_given_is_where_it_begins_and_the_other_is_zero(given, scale):
    X, y, _ = raw()
    coef, intercept = np.array([1.0, 1e-3, -40.0, 0.3]), 7.0
    start = {"coef_init": coef, "intercept_init": intercept}
    if given == "zeros":
        start = {"coef_init": np.zeros(4), "intercept_init": 0.0}
    elif given != "both":
        start = {given: start[given]}
    alpha = 0.5 * max_stable_alpha(X, scale=scale)
    reg = GradientDescentRegressor(alpha, scale=scale, max_iter=1, tol=0, store_path=True)
    reg.fit(X, y, **start)
    w, b = start.get("coef_init", np.zeros(4)), start.get("intercept_init", 0.0)
    assert_allclose(reg.coef_path_[0], w, rtol=1e-14)
    # It is kept as the sum of what the features' means add to it.
    assert_allclose(reg.intercept_path_[0], b, atol=1e-14 * np.abs(w) @ np.abs(X.mean(axis=0)))
    assert_allclose(reg.loss_history_[0], half_mse(design(X), y, np.append(w, b)), rtol=1e-12)


# --- how rows are stored ----------------------------------------------------


def stored(kind, X, tmp_path):
    if kind == "memory-mapped":
        np.save(tmp_path / "X.npy", X)
        return np.load(tmp_path / "X.npy", mmap_mode="r")
    if kind == "Dask":
        da = pytest.importorskip("dask.array")
        return da.from_array(X, chunks=(37, X.shape[1]))
    if kind == "sparse Dask":
        da = pytest.importorskip("dask.array")
        return da.from_array(X, chunks=(37, X.shape[1])).map_blocks(sparse.csr_array)
    makers = {"Fortran": np.asfortranarray, "data frame": pd.DataFrame}
    makers |= {"csr": sparse.csr_array, "coo": sparse.coo_matrix}
    return makers.get(kind, np.asarray)(X)


KINDS = ["Fortran", "data frame", "memory-mapped", "csr", "coo", "Dask", "sparse Dask"]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_any_storage_makes_the_same_steps(kind, precompute, dtype, tmp_path):
    X, y, weights = raw()
    X = np.where(np.arange(X.size).reshape(X.shape) % 3 == 1, 0.0, X)
    X[:, 3] = raw()[0][:, 3]  # far from the origin, without a zero
    X = X.astype(dtype)
    how = {"scale": True, "max_iter": 30, "tol": 0, "precompute": precompute, "store_path": True}
    reg = GradientDescentRegressor(0.4, **how)
    reg.fit(stored(kind, X, tmp_path), y, weights)
    coefs, intercepts, losses = loop(X.astype(np.float64), y, [0.4] * 30, weights)
    assert_path(reg, coefs, intercepts, losses)
    assert reg.coef_.dtype == dtype
    assert_allclose(reg.coef_, coefs[-1], rtol=10 * np.finfo(dtype).eps + 1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_defaults_reach_the_solution_from_any_storage(kind, tmp_path):
    X, y, weights = raw()
    reg = GradientDescentRegressor().fit(stored(kind, X, tmp_path), y, weights)
    assert reg.status_ == "converged"
    least = solution(X, y, weights)[-1]
    found = half_mse(design(X), y, np.append(reg.coef_, reg.intercept_), weights)
    assert found - least <= 1e-7 * least


def test_sparse_rows_are_not_filled_in():
    """But for a feature far from the origin, all of whose entries are stored anyway."""
    m, n = 8_000, 3_000
    rng = np.random.default_rng(0)
    X = sparse.random(m, n - 1, density=2e-3, format="csr", random_state=0)
    X = sparse.csr_array(sparse.hstack([X, 1e6 + rng.normal(size=(m, 1))]))
    y = rng.normal(size=m)
    reg = GradientDescentRegressor(0.01, scale=True, precompute=False, max_iter=3, tol=0)
    tracemalloc.start()
    try:
        reg.fit(X, y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * m * n / 10
    dense = loop(X.toarray(), y, [0.01] * 3)
    assert_allclose(reg.coef_, dense[0][-1], rtol=1e-7, atol=1e-9 * np.abs(dense[0][-1]).max())


@pytest.mark.parametrize("kind", ["data frame", "csr", "Dask"])
@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("offset", [0.0, 1e3, 1e6, 1e8, 1e10])
def test_features_far_from_the_origin_keep_their_coefficients(offset, precompute, kind, tmp_path):
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(200, 3)) @ (np.eye(3) + 0.3)
    zero = offset * np.array([1.0, -1.0, 0.5])
    X = Z + zero
    # What is left of Z at this offset: the difference is exact.
    y = (X - zero) @ [1.0, -2.0, 3.0] + 5.0 + 0.1 * rng.normal(size=200)
    reg = GradientDescentRegressor(scale=True, precompute=precompute)
    reg.fit(stored(kind, X, tmp_path), y)
    assert reg.status_ == "converged"
    coef, _, least = solution(X - zero, y)
    assert_allclose(reg.coef_, coef, rtol=3e-7)
    assert_allclose(reg.loss_history_[-1], least, rtol=2e-7)
    assert_allclose(reg.feature_scale_, (X - zero).std(axis=0), rtol=1e-9)
    reg.set_params(alpha=0.4, max_iter=30, tol=0, store_path=True).fit(X, y)
    coefs, _, losses = loop(X - zero, y, [0.4] * 30)
    assert_close(reg.coef_path_, coefs)
    assert_allclose(reg.loss_history_, losses, rtol=1e-9)


# --- constant or not --------------------------------------------------------


@pytest.mark.parametrize("value", [0.0, 1 / 3, -1e8 / 3])
@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("alpha", [0.4, "auto"])
def test_a_constant_feature_keeps_a_given_coefficient(alpha, precompute, value):
    X, y, weights = raw()
    X = np.column_stack([X, np.full(len(y), value)])
    reg = GradientDescentRegressor(alpha, scale=True, precompute=precompute, max_iter=300)
    start = np.array([0.0, 0.0, 0.0, 0.0, 2.5])
    reg.fit(X, y, weights, coef_init=start)
    assert reg.status_ == "converged"
    assert_allclose(reg.coef_[-1], 2.5, rtol=1e-14)
    least = solution(X[:, :4], y, weights)[-1]
    reference = GradientDescentRegressor(alpha, scale=True, max_iter=300).fit(X, y, weights)
    assert reference.coef_[-1] == 0.0
    assert reg.feature_scale_[-1] == reference.feature_scale_[-1] == 1.0
    for found in (reg, reference):
        residual = found.predict(X) - y
        assert np.average(residual**2, weights=weights) / 2 - least <= 2e-7 * least
    assert_allclose(reg.intercept_ + 2.5 * value, reference.intercept_, rtol=1e-6)


def jittering(value, m=90):
    """A column that wavers by one unit in the last place."""
    return np.where(np.random.default_rng(1).random(m) < 0.5, value, np.nextafter(value, np.inf))


@pytest.mark.parametrize("value", [1 / 3, 1e10 / 3])
@pytest.mark.parametrize("how", ["moments", "passes", "batches"])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("alpha", [0.4, "auto"])
def test_what_jitters_by_a_unit_in_the_last_place_is_constant(alpha, weighted, how, value):
    X, y, weights = raw()
    weights = weights if weighted else None

    def fitted(X):
        reg = GradientDescentRegressor(alpha, scale=True, precompute=how == "moments")
        reg.set_params(max_iter=300)
        if how == "batches":
            return in_batches(reg, X, y, weights)
        return reg.fit(X, y, weights)

    expected, found = fitted(X), fitted(np.column_stack([X, jittering(value)]))
    assert found.status_ == "converged"
    assert found.feature_scale_[-1] == 1.0
    assert found.coef_[-1] == 0.0
    assert_allclose(found.coef_[:4], expected.coef_, rtol=1e-5)
    assert_allclose(found.loss_history_[-1], expected.loss_history_[-1], rtol=2e-7)


@pytest.mark.parametrize("how", ["moments", "passes", "batches"])
def test_what_varies_by_more_than_rounding_is_not_constant(how):
    x = np.arange(5.0)
    X, y = 1e15 + x[:, None], 3.0 * x + 1.0
    reg = GradientDescentRegressor(scale=True, precompute=how == "moments")
    if how == "batches":
        # The rows of a triangle are other rows, whose predictions are rounded.
        with pytest.warns(ConvergenceWarning, match="Predictions are sums of terms so large"):
            in_batches(reg, X, y, sizes=(2,))
    else:
        reg.fit(X, y)
    assert reg.status_ == "converged"
    assert_allclose(reg.coef_, 3.0, rtol=1e-6)
    assert_allclose(reg.feature_scale_, np.sqrt(2.0), rtol=1e-12)
    assert reg.loss_history_[-1] < 1e-12 * reg.loss_history_[0]


# --- going on, and batches --------------------------------------------------


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("alpha", [0.4, *ADAPTIVE, "silver"])
def test_a_warm_start_goes_on_bit_for_bit_even_from_a_pickle(alpha, precompute):
    X, y, weights = raw()
    how = {"scale": True, "precompute": precompute, "tol": 0}
    once = GradientDescentRegressor(alpha, **how, max_iter=14).fit(X, y, weights)
    half = GradientDescentRegressor(alpha, **how, max_iter=7, warm_start=True).fit(X, y, weights)
    first = half.loss_history_
    twice = pickle.loads(pickle.dumps(half)).fit(X, y, weights)
    assert_array_equal(twice.coef_, once.coef_)
    assert_array_equal(twice.intercept_, once.intercept_)
    assert_array_equal(np.append(first[:-1], twice.loss_history_), once.loss_history_)


def signs():
    """A table whose features are standardised to the bit, and y; all its moments are exact."""
    rng = np.random.default_rng(0)
    X = np.array([rng.permutation(np.repeat([-1.0, 1.0], 32)) for _ in range(4)]).T
    return X, X @ [1.0, -2.0, 4.0, 3.0] + rng.integers(-4, 5, 64)


@pytest.mark.parametrize("alpha", ["barzilai-borwein", "auto"])
@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("change", ["2 X", "X + 3", "columns apart", "scale=False"])
def test_other_data_with_the_same_standardised_rows_is_other_data(change, precompute, alpha):
    X, y = signs()
    # Of mean 0 where units are changed, so that nothing but them is.
    X = {"scale=False": X, "X + 3": 4.0 * X + 8.0}.get(change, 4.0 * X)
    how = {"precompute": precompute, "tol": 0, "warm_start": True, "store_path": True}
    reg = GradientDescentRegressor(alpha, scale=True, max_iter=4, **how).fit(X, y)
    before = np.append(reg.coef_, reg.intercept_)
    reg.set_params(max_iter=1, scale=change != "scale=False")
    X = {"2 X": 2 * X, "X + 3": X + 3.0, "columns apart": X * [1.0, 1.0, 1.0, 4.0]}.get(change, X)
    reg.fit(X, y)
    start = np.append(reg.coef_path_[0], reg.intercept_path_[0])
    assert_allclose(start, before, rtol=1e-12, atol=1e-12)
    assert_allclose(reg.loss_history_[0], half_mse(design(X), y, before), rtol=1e-9)
    # It begins anew: the first step is that of an exact line search.
    mean, deviation = units(X) if reg.scaled_ else (np.zeros(4), np.ones(4))
    A = design((X - mean) / deviation)
    theta = np.append(before[:4] * deviation, before[4] + before[:4] @ mean)
    g = slope(A, y, theta)
    assert_allclose(reg.alpha_history_[0], g @ g / np.mean((A @ g) ** 2), rtol=1e-6)


def in_batches(reg, X, y, weights=None, sizes=(30, 5, 30)):
    for some in np.split(np.arange(len(y)), np.cumsum(sizes)):
        reg.partial_fit(X[some], y[some], None if weights is None else weights[some])
    return reg


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("n_targets", [None, 2])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_batches_make_the_steps_of_all_rows(fit_intercept, weighted, n_targets, offset, container):
    X, y, weights = raw(n_targets)
    X = X + offset * X.std(axis=0)
    weights = weights if weighted else None
    how = {"scale": True, "fit_intercept": fit_intercept, "max_iter": 30, "tol": 0}
    alpha = 0.9 * max_stable_alpha(
        X, scale=True, fit_intercept=fit_intercept, sample_weight=weights
    )
    found = in_batches(GradientDescentRegressor(alpha, **how), container(X), y, weights)
    expected = GradientDescentRegressor(alpha, **how).fit(X, y, weights)
    assert_close(found.loss_history_, expected.loss_history_)
    assert_allclose(found.coef_, expected.coef_, rtol=1e-8)
    assert_allclose(found.feature_scale_, expected.feature_scale_, rtol=1e-9)
    assert_allclose(found.feature_mean_, expected.feature_mean_, rtol=1e-12)
    assert found.scaled_


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_batches_with_defaults_reach_the_solution_and_keep_their_digits(offset, fit_intercept):
    X, y, weights = raw()
    zero = offset * X.std(axis=0) if fit_intercept else 0.0
    X = X + zero
    reg = GradientDescentRegressor(fit_intercept=fit_intercept, tol=1e-10)
    in_batches(reg, X, y, weights)
    assert reg.status_ == "converged"
    coef, _, least = solution(X - zero, y, weights, fit_intercept)
    assert_allclose(reg.coef_, coef, rtol=1e-7)
    assert_allclose(reg.loss_history_[-1], least, rtol=1e-9)


# --- early stopping ---------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Early stopping returned:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("alpha", ["lipschitz", "auto"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_validation_losses_are_J_of_the_held_out_rows_as_they_are(
    fit_intercept, alpha, precompute
):
    X, y, weights = raw()
    # Constant where it learns, but not where it is tested.
    X = np.column_stack([X, np.where(np.arange(90) < 60, 2.0, np.arange(90.0) % 5)])
    few, new = slice(0, 60), slice(60, None)
    how = {"fit_intercept": fit_intercept, "precompute": precompute, "store_path": True}
    reg = GradientDescentRegressor(alpha, scale=True, early_stopping=True, **how)
    start = np.array([0.0, 0.0, 0.0, 0.0, 0.5])
    held_out = {"X_val": X[new], "y_val": y[new], "sample_weight_val": weights[new]}
    reg.fit(X[few], y[few], weights[few], **held_out, coef_init=start)
    assert reg.n_iter_ > 1
    thetas = np.column_stack([reg.coef_path_, reg.intercept_path_])
    A = design(X)
    for found, some in ((reg.validation_loss_history_, new), (reg.loss_history_, few)):
        expected = [half_mse(A[some], y[some], theta, weights[some]) for theta in thetas]
        assert_allclose(found, expected, rtol=1e-8)
    assert_allclose(reg.feature_mean_, units(X[few], weights[few], fit_intercept)[0], rtol=1e-9)
    assert_allclose(reg.coef_, reg.coef_path_[reg.best_iter_], rtol=1e-12)


# --- when it scales, and what it says of it ---------------------------------


def assert_says_whether_scaled(reg, scaled, X, weights):
    assert reg.scaled_ is scaled
    for name, expected in zip(("feature_mean_", "feature_scale_"), units(X, weights), strict=True):
        if scaled:
            assert_allclose(getattr(reg, name), expected, rtol=1e-9, atol=1e-9)
        else:
            assert getattr(reg, name) is None


@pytest.mark.parametrize("alpha", [1e-8, "callable", *FIXED[2:], *ADAPTIVE])
@pytest.mark.parametrize("scale", ["auto", True, False])
def test_auto_scales_exactly_where_the_package_chooses_the_learning_rate(scale, alpha):
    X, y, weights = raw()
    rate = (lambda k: 1e-8) if alpha == "callable" else alpha
    reg = GradientDescentRegressor(rate, scale=scale, max_iter=3, tol=0).fit(X, y, weights)
    scaled = alpha == "auto" if scale == "auto" else scale
    assert_says_whether_scaled(reg, scaled, X, weights)
    explicit = GradientDescentRegressor(rate, scale=scaled, max_iter=3, tol=0).fit(X, y, weights)
    assert_allclose(reg.coef_, explicit.coef_, rtol=1e-12)


CALLS = {
    "fit": lambda scale, X, y: GradientDescentRegressor(scale=scale).fit(X, y),
    "partial_fit": lambda scale, X, y: GradientDescentRegressor(scale=scale).partial_fit(X, y),
    "CV": lambda scale, X, y: GradientDescentRegressorCV(scale=scale).fit(X, y),
    "max_stable_alpha": lambda scale, X, y: max_stable_alpha(X, scale=scale),
    "path": lambda scale, X, y: gradient_descent_path(X, y, alpha=0.1, max_iter=[1], scale=scale),
}


@pytest.mark.parametrize("scale", ["yes", None, 1, 0.5, [True]])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_wrong_scale_is_named(call, scale):
    X, y, _ = raw()
    with pytest.raises((TypeError, ValueError), match=r"^scale must be .*True or False, got "):
        call(scale, X, y)


@pytest.mark.parametrize("call", list(CALLS.values())[-2:], ids=list(CALLS)[-2:])
def test_functions_of_the_users_own_alpha_know_no_auto(call):
    with pytest.raises(TypeError, match="scale must be True or False, got 'auto'"):
        call("auto", *raw()[:2])


# --- the functions ----------------------------------------------------------


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_largest_stable_alpha_is_that_of_standardised_columns(
    fit_intercept, weighted, container
):
    X, y, weights = raw()
    weights = weights if weighted else None
    how = {"scale": True, "fit_intercept": fit_intercept}
    limit = max_stable_alpha(container(X), sample_weight=weights, **how)
    A = design(standardised(X, weights, fit_intercept), fit_intercept)
    assert_allclose(limit, 2.0 / largest_eigenvalue(A, weights), rtol=1e-9)
    below = GradientDescentRegressor(0.99 * limit, max_iter=50_000, **how).fit(X, y, weights)
    assert below.status_ == "converged"
    above = GradientDescentRegressor(1.01 * limit, max_iter=50_000, **how)
    with pytest.warns(ConvergenceWarning, match=r"is above .* \(2/L\)") as caught:
        above.fit(X, y, weights)
    told = re.search(r"is above (\S+) \(2/L\)", str(caught[0].message))[1]
    assert_allclose(float(told), limit, rtol=1e-5)
    assert above.status_ == "diverged"


def test_the_largest_stable_alpha_of_many_features():
    """Beyond a thousand L is found without the matrix."""
    X = np.random.default_rng(0).normal(size=(40, 1100)) * np.logspace(-3, 3, 1100) + 10.0
    expected = 2.0 / largest_eigenvalue(design(standardised(X)))
    assert_allclose(max_stable_alpha(X, scale=True), expected, rtol=1e-9)


@pytest.mark.parametrize("step_by_step", [True, False])
@pytest.mark.parametrize("n_targets", [None, 2])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_path_is_that_of_the_estimator_and_of_the_loop(
    fit_intercept, weighted, n_targets, step_by_step, monkeypatch
):
    if step_by_step:
        monkeypatch.setattr(path_module, "MOST_FEATURES", 0)
    X, y, weights = raw(n_targets)
    weights = weights if weighted else None
    how = {"alpha": 0.4, "fit_intercept": fit_intercept, "scale": True}
    max_iter = [0, 40, 1, 7]
    coefs, intercepts = gradient_descent_path(
        X, y, max_iter=max_iter, sample_weight=weights, **how
    )
    reg = GradientDescentRegressor(**how, max_iter=40, tol=0, store_path=True)
    reg.fit(X, y, weights)
    targets = [y] if n_targets is None else y.T
    found = coefs.reshape(len(targets), 4, 4), intercepts.reshape(len(targets), 4)
    for target, coef, intercept in zip(targets, *found, strict=True):
        expected = loop(X, target, [0.4] * 40, weights, fit_intercept)
        assert_close(coef.T, expected[0][max_iter])
        assert_close(intercept, expected[1][max_iter])
    assert_close(np.moveaxis(coefs, -1, 0), reg.coef_path_[max_iter])
    assert_close(np.moveaxis(intercepts, -1, 0), reg.intercept_path_[max_iter])


# --- what it costs ----------------------------------------------------------


@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.parametrize("kind", ["C", "csr", "Dask"])
@pytest.mark.parametrize("precompute", [True, False, "auto"])
@pytest.mark.parametrize("alpha", [0.1, "lipschitz", "silver", "auto"])
def test_scaling_adds_no_read_of_the_rows(
    alpha, precompute, kind, early_stopping, tmp_path, monkeypatch
):
    X, y = with_condition(10.0)
    sources = [rows_module.Rows]
    if kind == "Dask":
        pytest.importorskip("dask.array")
        from sklearn_gd.rows._sourced import SourcedRows

        sources = [SourcedRows]
    made = []
    for source in sources:
        original = source.__init__

        def remember(self, *arguments, original=original, **named):
            original(self, *arguments, **named)
            made.append(self)

        monkeypatch.setattr(source, "__init__", remember)
    reads = {}
    held_out = {"X_val": X[60:], "y_val": y[60:]} if early_stopping else {}
    patience = {"early_stopping": early_stopping, "n_iter_no_change": 1000}
    for scale in (True, False):
        made.clear()
        reg = GradientDescentRegressor(alpha, scale=scale, precompute=precompute, max_iter=20)
        reg.set_params(tol=0, **patience).fit(stored(kind, X[:60], tmp_path), y[:60], **held_out)
        assert reg.n_iter_ == 20
        reads[scale] = sum(source.reads for source in made)
    assert 0 < reads[True] <= reads[False]


# --- for all inputs ---------------------------------------------------------


@st.composite
def tables(draw):
    """X, y, weights, and other units and another zero for each feature."""
    m, n = draw(st.integers(2, 40)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    X = rng.normal(size=(m, n))
    if n > 1 and draw(st.booleans()):
        X[:, -1] = X[:, 0] if draw(st.booleans()) else 3.0
    weights = rng.random(m) * (rng.random(m) < 0.7) if draw(st.booleans()) else None
    if weights is not None:
        weights[:2] += 0.1
    factors = draw(st.lists(st.floats(1e-6, 1e6), min_size=n, max_size=n))
    signs = rng.choice([-1.0, 1.0], n)
    offsets = draw(st.lists(st.floats(-1e3, 1e3), min_size=n, max_size=n))
    return X, rng.normal(size=m) + 10.0, weights, signs * factors, np.array(offsets)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    table=tables(),
    precompute=st.booleans(),
    fit_intercept=st.booleans(),
    container=st.sampled_from([np.asarray, sparse.csr_array]),
    max_iter=st.sampled_from([1, 20]),
)
def test_other_units_and_another_zero_do_not_change_predictions(
    table, precompute, fit_intercept, container, max_iter
):
    X, y, weights, factors, offsets = table
    # L is at most the trace; without an intercept the zero is part of the model.
    how = {"scale": True, "precompute": precompute, "fit_intercept": fit_intercept, "tol": 0}
    reg = GradientDescentRegressor(1.0 / X.shape[1], max_iter=max_iter, **how)
    expected = reg.fit(X, y, weights).predict(X)
    losses = reg.loss_history_
    other = factors * (X + (offsets if fit_intercept else 0.0))
    found = reg.fit(container(other), y, weights).predict(other)
    assert_allclose(found, expected, rtol=1e-7)
    assert_allclose(reg.loss_history_, losses, rtol=1e-7, atol=1e-18)
