"""l2_regularization: J + l2/2 |w|^2 with w in the units of X, however the descent is made."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge

from sklearn_gd import (
    GradientDescentRegressor,
    cost,
    directional_derivative,
    gradient,
    gradient_descent_path,
    max_stable_alpha,
)

from ..problems import NAMES, design, fitted_theta, half_mse, with_condition

da = pytest.importorskip("dask.array")

rng = np.random.default_rng(0)
X, Y = load_diabetes(return_X_y=True, scaled=False)
Z = (X - X.mean(axis=0)) / X.std(axis=0)
WEIGHTS = rng.random(len(Y))
THREE = np.column_stack([Y, Y**2, Z[:, 0]])
WIDE, OF_WIDE = rng.normal(size=(50, 300)), rng.normal(size=50)
CONSTANT = np.column_stack([Z, np.full(len(Z), 3.3), np.zeros(len(Z))])
WILD = Z * 10.0 ** np.arange(-5, 5)

PROBLEMS = {
    "standardised": (Z, Y, None),
    "as it is": (X, Y, None),
    "weighted": (Z, Y, WEIGHTS),
    "three targets": (Z, THREE, None),
    "wide": (WIDE, OF_WIDE, None),
    "constant columns": (CONSTANT, Y, None),
}


def ridge(X, y, l2, weights=None, fit_intercept=True):
    """By an orthogonal factorisation of the augmented rows, centred for a free intercept."""
    s = np.ones(len(y)) if weights is None else weights
    centre, middle = np.zeros(X.shape[1]), np.zeros(y.shape[1:])
    if fit_intercept:
        centre, middle = np.average(X, axis=0, weights=s), np.average(y, axis=0, weights=s)
    root = np.sqrt(s / s.sum())
    extra = np.sqrt(l2) * np.eye(X.shape[1])
    A = np.vstack([root[:, None] * (X - centre), extra])
    b = (root * (y - middle).T).T
    b = np.concatenate([b, np.zeros((X.shape[1], *y.shape[1:]))])
    # Column by column: features in units of 1e-5 and 1e5 are no harder.
    size = np.linalg.norm(A, axis=0)
    w = np.linalg.lstsq(A / size, b, rcond=None)[0].T / size
    return w, middle - w @ centre


def penalised(A, y, theta, l2, weights=None):
    """J with the penalty, straight from its definition; the last parameter is free."""
    return half_mse(A, y, theta, weights) + l2 / 2 * theta[:-1] @ theta[:-1]


@pytest.mark.parametrize("l2", [1e-2, 1.0, 30.0])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("how", [{}, {"precompute": False}, {"scale": False}])
@pytest.mark.parametrize("name", PROBLEMS)
def test_it_is_ridge_regression(name, how, fit_intercept, l2):
    X, y, weights = PROBLEMS[name]
    reg = GradientDescentRegressor(
        l2_regularization=l2, fit_intercept=fit_intercept, tol=1e-10, **how
    ).fit(X, y, weights)
    weight = len(y) if weights is None else weights.sum()
    solver = "svd" if weights is None else "cholesky"
    theirs = Ridge(l2 * weight, fit_intercept=fit_intercept, solver=solver).fit(X, y, weights)
    size = np.abs(theirs.coef_).max(axis=-1, keepdims=True)
    assert_allclose((reg.coef_ - theirs.coef_) / size, 0.0, atol=1e-8)
    w, b = ridge(X, y, l2, weights, fit_intercept)
    assert_allclose((reg.coef_ - w) / size, 0.0, atol=1e-8)
    assert_allclose(reg.intercept_, b, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("alpha", [*NAMES, 0.3])
@pytest.mark.parametrize("scale", [True, False])
def test_alpha_and_scale_never_change_the_model(alpha, scale):
    X, y = with_condition(20.0)
    X = X * [1.0, 2.0, 1.0, 0.5, 1.0, 0.7]
    # Silver steps, which are for a good worst case, take far more of them.
    tol = 1e-4 if alpha == "silver" else 1e-10
    reg = GradientDescentRegressor(alpha, scale=scale, l2_regularization=0.3, tol=tol)
    assert_allclose(reg.fit(X, y).coef_, ridge(X, y, 0.3)[0], rtol=1e3 * tol)


def test_units_decide_nothing_about_how_hard_it_is():
    """The condition number is that of coordinates over sqrt(variance + l2)."""
    l2 = 1e-3
    reg = GradientDescentRegressor(l2_regularization=l2, tol=1e-10).fit(WILD, Y)
    w, _ = ridge(WILD, Y, l2)
    contributions = WILD.std(axis=0) * np.abs(reg.coef_ - w)
    assert contributions.max() < 1e-8 * Y.std()
    assert_allclose(reg.feature_scale_, np.sqrt(WILD.var(axis=0) + l2))


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("precompute", [True, False])
def test_losses_and_steps_are_those_of_the_definition(precompute, scale, weights):
    l2, alpha = 0.7, 0.2
    reg = GradientDescentRegressor(
        alpha,
        l2_regularization=l2,
        scale=scale,
        precompute=precompute,
        max_iter=12,
        tol=0,
        store_path=True,
    ).fit(Z, Y, weights)
    A = design(Z)
    paths = np.column_stack([reg.coef_path_, reg.intercept_path_])
    losses = [penalised(A, Y, theta, l2, weights) for theta in paths]
    assert_allclose(reg.loss_history_, losses, rtol=1e-10)
    # In coordinates over d_j about the means the update is the textbook's.
    s = np.ones(len(Y)) if weights is None else weights
    centre = np.average(Z, axis=0, weights=s) if scale else np.zeros(10)
    d = np.sqrt(np.average((Z - centre) ** 2, axis=0, weights=s) + l2) if scale else np.ones(10)
    B = design((Z - centre) / d)
    theta = np.append(np.zeros(10), np.average(Y, weights=s) if scale else 0.0)
    for step in paths:
        w = theta[:-1] / d
        assert_allclose(step[:-1], w, rtol=1e-9, atol=1e-9)
        assert_allclose(step[-1], theta[-1] - w @ centre, rtol=1e-9)
        slope = B.T @ (s * (B @ theta - Y)) / s.sum()
        slope[:-1] += l2 / d**2 * theta[:-1]
        theta = theta - alpha * slope


@given(st.integers(0, 1000), st.floats(1e-6, 1e6), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_penalty_is_more_rows(seed, l2, scale):
    """Without an intercept: sqrt(S l2) in column j and a target of 0, for each feature."""
    X, y = with_condition(100.0, 12, 4, seed=seed)
    how = {"fit_intercept": False, "scale": False, "max_iter": 5, "tol": 0}
    alpha = 1.0 / (1.0 + l2)
    found = GradientDescentRegressor(alpha, l2_regularization=l2, **how).fit(X, y)
    more = np.vstack([X, np.sqrt(12 * l2) * np.eye(4)])
    weights = np.append(np.ones(12), np.ones(4))
    rows = GradientDescentRegressor(alpha * 16 / 12, **how)
    expected = rows.fit(more, np.append(y, np.zeros(4)), weights)
    assert_allclose(found.coef_, expected.coef_, rtol=1e-9, atol=1e-12)
    assert_allclose(found.loss_history_, expected.loss_history_ * 16 / 12, rtol=1e-9)


def test_the_functions_know_it():
    l2, A = 0.4, design(Z)
    theta = rng.normal(size=11)
    w, b = theta[:-1], theta[-1]
    how = {"l2_regularization": l2, "sample_weight": WEIGHTS}
    assert_allclose(cost(Z, Y, w, b, **how), penalised(A, Y, theta, l2, WEIGHTS), rtol=1e-12)
    d_w, d_b = gradient(Z, Y, w, b, **how)
    differences = [
        (penalised(A, Y, theta + e, l2, WEIGHTS) - penalised(A, Y, theta - e, l2, WEIGHTS)) / 2e-3
        for e in 1e-3 * np.eye(11)
    ]
    # A quadratic's central differences are exact, but for the rounding of J over the step.
    assert_allclose(np.append(d_w, d_b), differences, rtol=1e-7, atol=1e-7)
    along = directional_derivative(Z, Y, w, b, w, b, **how)
    assert_allclose(along, np.append(d_w, d_b) @ theta / np.linalg.norm(theta))
    H = (A * WEIGHTS[:, None]).T @ A / WEIGHTS.sum() + l2 * np.diag([*np.ones(10), 0.0])
    assert_allclose(max_stable_alpha(Z, **how), 2.0 / np.linalg.eigvalsh(H)[-1])


@pytest.mark.parametrize("scale", [True, False])
def test_the_path_is_that_of_the_descent(scale):
    how = {"scale": scale, "l2_regularization": 0.3}
    w, b = gradient_descent_path(Z, THREE, alpha=0.2, max_iter=[0, 3, 20], **how)
    for i, k in enumerate([3, 20], start=1):
        reg = GradientDescentRegressor(0.2, max_iter=k, tol=0, **how).fit(Z, THREE)
        assert_allclose(w[..., i], reg.coef_, rtol=1e-9, atol=1e-9)
        assert_allclose(b[..., i], reg.intercept_, rtol=1e-9)


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array, da.from_array])
@pytest.mark.parametrize("precompute", [True, False])
def test_wherever_the_rows_are(container, precompute, scale):
    how = {"scale": scale, "l2_regularization": 0.3, "precompute": precompute}
    how |= {"max_iter": 10, "tol": 0}
    expected = GradientDescentRegressor(0.2, **how).fit(Z, Y, WEIGHTS)
    found = GradientDescentRegressor(0.2, **how).fit(container(Z), Y, WEIGHTS)
    assert_allclose(fitted_theta(found), fitted_theta(expected), rtol=1e-9)
    by_batches = GradientDescentRegressor(0.2, **how)
    for rows in np.array_split(np.arange(len(Y)), 3):
        by_batches.partial_fit(Z[rows], Y[rows], WEIGHTS[rows])
    assert_allclose(fitted_theta(by_batches), fitted_theta(expected), rtol=1e-8)
    assert_allclose(by_batches.loss_history_, expected.loss_history_, rtol=1e-8)


def test_single_precision():
    how = {"l2_regularization": 0.3}
    found = GradientDescentRegressor(**how).fit(Z.astype(np.float32), Y)
    assert found.coef_.dtype == np.float32
    assert_allclose(found.coef_, ridge(Z, Y, 0.3)[0], rtol=1e-4)


def test_held_out_losses_are_not_penalised():
    few, new = slice(0, 300), slice(300, None)
    reg = GradientDescentRegressor(
        "lipschitz", early_stopping=True, l2_regularization=0.5, store_path=True
    ).fit(Z[few], Y[few], X_val=Z[new], y_val=Y[new])
    paths = np.column_stack([reg.coef_path_, reg.intercept_path_])
    A = design(Z)
    held_out = [half_mse(A[new], Y[new], theta) for theta in paths]
    assert_allclose(reg.validation_loss_history_, held_out, rtol=1e-9)
    losses = [penalised(A[few], Y[few], theta, 0.5) for theta in paths]
    assert_allclose(reg.loss_history_, losses, rtol=1e-9)


def test_a_warm_start_goes_on_only_with_the_same_penalty():
    how = {"warm_start": True, "max_iter": 5, "tol": 0, "l2_regularization": 0.5}
    reg = GradientDescentRegressor("barzilai-borwein", **how).fit(Z, Y).fit(Z, Y)
    at_once = GradientDescentRegressor("barzilai-borwein", **{**how, "max_iter": 10}).fit(Z, Y)
    assert_array_equal(reg.coef_, at_once.coef_)
    # A penalty below the rounding of any variance makes another problem all the same.
    for before, l2 in ((0.5, 0.4), (1e-20, 2e-20)):
        reg.set_params(l2_regularization=before, max_iter=5).fit(Z, Y)
        coef, intercept = reg.coef_, reg.intercept_
        reg.set_params(l2_regularization=l2, max_iter=1).fit(Z, Y)
        start = penalised(design(Z), Y, np.append(coef, intercept), l2)
        assert_allclose(reg.loss_history_[0], start, rtol=1e-12)
        first = GradientDescentRegressor("barzilai-borwein", **{**how, "l2_regularization": l2})
        first.set_params(max_iter=1, warm_start=False).fit(Z, Y, None, coef, intercept)
        assert_allclose(reg.alpha_history_, first.alpha_history_)


def test_without_one_nothing_is_different():
    plain = GradientDescentRegressor(0.1, max_iter=20, tol=0).fit(Z, Y)
    zero = GradientDescentRegressor(0.1, max_iter=20, tol=0, l2_regularization=0).fit(Z, Y)
    assert_array_equal(plain.coef_, zero.coef_)
    assert_array_equal(plain.loss_history_, zero.loss_history_)


def test_constant_features_get_nothing():
    start = np.append(np.ones(10), [5.0, 7.0])
    for scale in (True, False):
        reg = GradientDescentRegressor(l2_regularization=0.1, scale=scale, tol=1e-9)
        reg.fit(CONSTANT, Y, coef_init=start)
        assert_allclose(reg.coef_[-2:], 0.0, atol=1e-7)
        assert_allclose(reg.coef_[:-2], ridge(Z, Y, 0.1)[0], rtol=1e-6)


def test_collinear_features_are_no_trouble():
    """Two equal columns: the penalty tells how to share."""
    twice = np.column_stack([Z, Z])
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        reg = GradientDescentRegressor(l2_regularization=0.1, tol=1e-9).fit(twice, Y)
    assert_allclose(reg.coef_[:10], reg.coef_[10:], rtol=1e-6)
    assert_allclose(reg.coef_, ridge(twice, Y, 0.1)[0], rtol=1e-6)


@pytest.mark.parametrize(
    ("l2", "error", "message"),
    [
        (-1.0, ValueError, "l2_regularization == -1.0, must be >= 0"),
        (np.nan, ValueError, "l2_regularization must be a number, got nan"),
        (np.inf, ValueError, "l2_regularization == inf, must be <= 1e"),
        (1e-70, ValueError, r"must be 0 or from 1e-60 to 1e\+60, got 1e-70"),
        ("0.1", TypeError, "l2_regularization must be an instance of"),
        (True, TypeError, "l2_regularization must be a number, got True"),
        (
            [0.1, 1.0],
            TypeError,
            "must be a number, got .*RegressorCV takes several",
        ),
    ],
)
def test_messages(l2, error, message):
    w = np.ones(10)
    calls = [
        lambda: GradientDescentRegressor(l2_regularization=l2).fit(Z, Y),
        lambda: GradientDescentRegressor(l2_regularization=l2).partial_fit(Z, Y),
        lambda: cost(Z, Y, w, l2_regularization=l2),
        lambda: gradient(Z, Y, w, l2_regularization=l2),
        lambda: directional_derivative(Z, Y, w, 0.0, w, l2_regularization=l2),
        lambda: max_stable_alpha(Z, l2_regularization=l2),
        lambda: gradient_descent_path(Z, Y, alpha=0.1, max_iter=[1], l2_regularization=l2),
    ]
    for call in calls:
        with pytest.raises(error, match=message):
            call()
