"""Step for step the textbook: a constant alpha against three independent sources of iterates."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from sklearn_gd import GradientDescentRegressor

from ..problems import (
    closed_form,
    design,
    fitted_theta,
    half_mse,
    largest_eigenvalue,
    numpy_loop,
    with_condition,
)


def fit(X, y, alpha, n_steps, precompute, fit_intercept=True, **arguments):
    reg = GradientDescentRegressor(
        alpha,
        max_iter=n_steps,
        tol=0,
        precompute=precompute,
        fit_intercept=fit_intercept,
        store_path=True,
    )
    return reg.fit(X, y, **arguments)


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("use_weights", [False, True])
@pytest.mark.parametrize("kappa", [1e1, 1e3, 1e6])
@pytest.mark.parametrize("alpha_L", [0.3, 1.0, 1.9])
def test_closed_form(kappa, alpha_L, use_weights, fit_intercept, precompute):
    X, y = with_condition(kappa)
    weights = np.random.default_rng(1).uniform(0.5, 2, len(y)) if use_weights else None
    A = design(X, fit_intercept)
    alpha = alpha_L / largest_eigenvalue(A, weights)
    reg = fit(X, y, alpha, 1000, precompute, fit_intercept, sample_weight=weights)
    assert reg.n_iter_ == 1000
    assert reg.best_iter_ == 1000
    for k in (0, 1, 2, 10, 100, 1000):
        theta = closed_form(A, y, alpha, k, weights=weights)
        assert_allclose(reg.loss_history_[k], half_mse(A, y, theta, weights), rtol=1e-9)
        path = reg.coef_path_[k]
        if fit_intercept:
            path = np.append(path, reg.intercept_path_[k])
        assert_allclose(path, theta, rtol=1e-9, atol=1e-9 * np.abs(theta).max())
    assert_allclose(fitted_theta(reg), theta, rtol=1e-9, atol=1e-9 * np.abs(theta).max())


@pytest.mark.parametrize("precompute", [True, False])
def test_closed_form_from_the_users_start(precompute):
    X, y = with_condition(100)
    A, start = design(X), np.arange(1.0, 8.0)
    alpha = 1 / largest_eigenvalue(A)
    reg = fit(X, y, alpha, 50, precompute, coef_init=start[:-1], intercept_init=start[-1])
    assert_allclose(fitted_theta(reg), closed_form(A, y, alpha, 50, start), rtol=1e-9)
    assert_allclose(reg.loss_history_[0], half_mse(A, y, start), rtol=1e-12)


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array, sparse.csc_matrix])
@pytest.mark.parametrize("kappa", [1e2, 1e6])
def test_plain_numpy_loop(kappa, container, precompute):
    X, y = with_condition(kappa, seed=2)
    X[np.abs(X) < 0.2 * np.abs(X).max()] = 0.0
    A = design(X)
    alpha = 1.5 / largest_eigenvalue(A)
    theta, losses = numpy_loop(A, y, alpha, 300)
    reg = fit(container(X), y, alpha, 300, precompute)
    assert_allclose(fitted_theta(reg), theta, rtol=1e-9, atol=1e-9 * np.abs(theta).max())
    assert_allclose(reg.loss_history_, losses, rtol=1e-9)
    assert_allclose(reg.alpha_history_, alpha)


@pytest.mark.parametrize("precompute", [True, False])
def test_mlp_regressor_without_hidden_layers(precompute):
    """Another package's implementation of the same J and the same update."""
    X, y = with_condition(1e3, seed=3)
    n_steps, alpha = 200, 0.5
    mlp = MLPRegressor(
        hidden_layer_sizes=(),
        solver="sgd",
        batch_size=len(y),
        learning_rate_init=alpha,
        momentum=0,
        alpha=0,
        shuffle=False,
        max_iter=1,
        tol=0,
        n_iter_no_change=n_steps + 1,
        warm_start=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mlp.fit(X, y)
        # Its start is random; the textbook's is zero.
        mlp.coefs_[0][:] = 0.0
        mlp.intercepts_[0][:] = 0.0
        mlp.loss_curve_.clear()
        mlp.set_params(max_iter=n_steps).fit(X, y)
    reg = fit(X, y, alpha, n_steps, precompute)
    assert_allclose(reg.coef_, mlp.coefs_[0].ravel(), rtol=1e-9)
    assert_allclose(reg.intercept_, mlp.intercepts_[0][0], rtol=1e-9)
    assert_allclose(reg.loss_history_[:-1], mlp.loss_curve_[-n_steps:], rtol=1e-9)


def test_forms_agree_over_several_blocks_and_all_storages():
    """By passes and by moments, dense and sparse, weighted: one sequence of iterates."""
    rng = np.random.default_rng(4)
    X = rng.normal(size=(30_000, 20)) * (rng.random((30_000, 20)) < 0.3) + 0.1
    y, weights = X @ rng.normal(size=20) + rng.normal(size=30_000), rng.random(30_000)
    alpha = 1 / largest_eigenvalue(design(X), weights)
    fits = [
        fit(container(X), y, alpha, 100, precompute, sample_weight=weights)
        for container in (np.asarray, np.asfortranarray, sparse.csr_array)
        for precompute in (True, False)
    ]
    theta = closed_form(design(X), y, alpha, 100, weights=weights)
    for reg in fits:
        assert_allclose(fitted_theta(reg), theta, rtol=1e-9)
        assert_allclose(reg.loss_history_, fits[0].loss_history_, rtol=1e-9)
