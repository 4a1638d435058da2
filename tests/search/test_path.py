"""gradient_descent_path: the estimator's own iterates, and what they have to do with ridge."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.linear_model import Ridge

from sklearn_gd import GradientDescentRegressor, gradient_descent_path, max_stable_alpha

from ..problems import design, with_condition

COUNTS = [0, 1, 7, 40, 3]


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.97])
def test_iterates_are_the_estimators(fit_intercept, weighted, share):
    X, y = with_condition(1e4, 60, 6, seed=0)
    Y = np.column_stack([y, y**2])
    weights = np.random.default_rng(0).random(60) if weighted else None
    settings = {"fit_intercept": fit_intercept, "sample_weight": weights}
    alpha = share * max_stable_alpha(X, **settings)
    coefs, intercepts = gradient_descent_path(X, Y, alpha=alpha, max_iter=COUNTS, **settings)
    reg = GradientDescentRegressor(
        alpha, max_iter=40, tol=0, store_path=True, fit_intercept=fit_intercept
    ).fit(X, Y, sample_weight=weights)
    assert coefs.shape == (2, 6, 5)
    for i, k in enumerate(COUNTS):
        assert_allclose(coefs[:, :, i], reg.coef_path_[k], rtol=1e-9, atol=1e-11)
        assert_allclose(intercepts[:, i], reg.intercept_path_[k], rtol=1e-9, atol=1e-11)
    alone = gradient_descent_path(X, y, alpha=alpha, max_iter=COUNTS, **settings)
    assert_allclose(alone[0], coefs[0], rtol=1e-12, atol=1e-14)
    assert alone[1].shape == (5,)


def test_very_many_features_step_by_step():
    X = sparse.random(40, 2500, density=0.02, format="csr", random_state=0)
    y = np.arange(40.0)
    alpha = 0.5 * max_stable_alpha(X)
    coefs, intercepts = gradient_descent_path(X, y, alpha=alpha, max_iter=[3, 0, 5])
    reg = GradientDescentRegressor(alpha, max_iter=5, tol=0, store_path=True).fit(X, y)
    assert_allclose(coefs.T, reg.coef_path_[[3, 0, 5]], rtol=1e-10, atol=1e-14)
    assert_allclose(intercepts, reg.intercept_path_[[3, 0, 5]], rtol=1e-10)


def test_millions_of_steps_end_at_the_solution():
    X, y = with_condition(1e3, 50, 4, seed=0)
    coefs, intercepts = gradient_descent_path(X, y, alpha=1.0, max_iter=[10**6])
    solution = np.linalg.lstsq(design(X), y, rcond=None)[0]
    assert_allclose([*coefs[:, 0], intercepts[0]], solution, rtol=1e-9)


@pytest.mark.parametrize("n_rows", [4, 40])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_more_steps_change_nothing_where_features_depend_on_each_other(n_rows, fit_intercept):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((n_rows, 4)), rng.standard_normal(n_rows)
    halves = np.eye(2)[np.arange(n_rows) % 2]
    X = np.column_stack([X, X[:, 0] + X[:, 1], np.full(n_rows, 0.1), halves])
    alpha = 0.5 * max_stable_alpha(X, fit_intercept=fit_intercept)
    settings = {"alpha": alpha, "fit_intercept": fit_intercept}
    coefs, intercepts = gradient_descent_path(X, y, max_iter=[10**9, 10**18], **settings)
    # From zero the descent stays in the span of the rows.
    least_norm = np.linalg.pinv(design(X, fit_intercept), rcond=1e-12) @ y
    for j in range(2):
        found = [*coefs[:, j], intercepts[j]] if fit_intercept else coefs[:, j]
        assert_allclose(found, least_norm, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("k", [1, 5, 50, 1000])
def test_iterates_are_generalised_ridge_solutions(k):
    """Ali, Kolter and Tibshirani 2019, supplement: an identity."""
    X, y = with_condition(100.0, 60, 5, seed=2)
    alpha = 0.7  # L is 1
    coefs, _ = gradient_descent_path(X, y, alpha=alpha, max_iter=[k], fit_intercept=False)
    H = X.T @ X / 60
    values, basis = np.linalg.eigh(H)
    left = (1.0 - alpha * values) ** k
    penalty = (basis * (values * left / (1.0 - left))) @ basis.T
    ridge = np.linalg.solve(H + penalty, X.T @ y / 60)
    assert_allclose(coefs[:, 0], ridge, rtol=1e-10)


def test_small_steps_are_like_ridge():
    X, y = with_condition(10.0, 60, 4, seed=2)
    k, alpha = 2000, 0.001
    coefs, _ = gradient_descent_path(X, y, alpha=alpha, max_iter=[k], fit_intercept=False)
    ridge = Ridge(60 / (k * alpha), fit_intercept=False).fit(X, y)
    shrunk = np.linalg.norm(ridge.coef_) / np.linalg.norm(np.linalg.lstsq(X, y, rcond=None)[0])
    assert shrunk < 0.8
    assert np.linalg.norm(coefs[:, 0] - ridge.coef_) < 0.4 * np.linalg.norm(ridge.coef_)


def risk(share, values, signal):
    """Squared bias plus variance, for noise of variance 1, if these shares are learned."""
    return np.sum((1 - share) ** 2 * signal**2 + share**2 / values)


@pytest.mark.parametrize(("relative", "bound"), [(0.01, 1.70), (1.0, 4.0)])
def test_the_risk_is_within_the_theorys_bound_of_ridges(relative, bound):
    """Exact: the share of each part that k steps learn is read off a path without noise."""
    rng = np.random.default_rng(0)
    counts = np.unique(np.geomspace(1, 10**6, 200).astype(int))
    worst = 0.0
    for values in (np.ones(1), np.logspace(0, -4, 6)):
        p = len(values)
        X = np.sqrt(p * values) * np.eye(p)  # H is diagonal, L = 1
        shares, _ = gradient_descent_path(
            X, X @ np.ones(p), alpha=relative, max_iter=counts, fit_intercept=False
        )
        for k, learned in zip(counts, shares.T, strict=True):
            ridge = values / (values + 1.0 / (k * relative))
            for scale in (0.0, 0.1, 1.0, 10.0):
                signal = scale * rng.normal(size=p)
                worst = max(worst, risk(learned, values, signal) / risk(ridge, values, signal))
    assert worst <= bound * (1 + 1e-12)
    assert worst > 0.98 * bound  # and it is nearly reached


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"alpha": 3.0}, ValueError, "alpha=3 is above .* grows without bound"),
        ({"alpha": -1.0}, ValueError, "must be positive"),
        ({"alpha": "auto"}, TypeError, "alpha must be a positive number"),
        ({"max_iter": [1, -1]}, ValueError, "whole number, none negative"),
        ({"max_iter": [1.5]}, ValueError, "whole number"),
        ({"max_iter": []}, ValueError, "at least one whole number"),
        ({"alpha": True}, TypeError, "alpha must be a positive number, got True"),
        ({"max_iter": 5}, ValueError, "1-D array"),
        ({"fit_intercept": 1}, TypeError, "fit_intercept must be True or False"),
    ],
)
def test_wrong_arguments(settings, error, message):
    X, y = with_condition(10.0, 20, 3, seed=0)
    with pytest.raises(error, match=message):
        gradient_descent_path(X, y, **{"alpha": 0.1, "max_iter": [1], **settings})
