"""cost, gradient, directional_derivative and max_stable_alpha."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import optimize, sparse

from sklearn_gd import (
    GradientDescentRegressor,
    cost,
    directional_derivative,
    gradient,
    max_stable_alpha,
)
from sklearn_gd._objective.least_squares import LeastSquares
from sklearn_gd._objective.plan import Plan
from sklearn_gd._objective.quadratic import around_minimum, hessian_rows
from sklearn_gd.rows._memory import Rows

from .problems import design, half_mse, largest_eigenvalue, with_condition

X, Y = with_condition(50)
W, B = np.linspace(-1, 2, 6), 0.7
WEIGHTS = np.random.default_rng(0).random(len(Y))


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize(
    "container", [np.asarray, sparse.csr_matrix, sparse.coo_array, pd.DataFrame]
)
def test_cost_is_half_the_mean_squared_error(container, weights):
    expected = half_mse(design(X), Y, np.append(W, B), weights)
    actual = cost(container(X), Y, W, B, sample_weight=weights)
    assert isinstance(actual, float)
    assert_allclose(actual, expected, rtol=1e-14)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_gradient_by_finite_differences(weights):
    d_coef, d_intercept = gradient(X, Y, W, B, sample_weight=weights)
    numeric = optimize.approx_fprime(
        np.append(W, B), lambda t: cost(X, Y, t[:-1], t[-1], sample_weight=weights), 1e-6
    )
    assert d_coef.shape == W.shape
    assert isinstance(d_intercept, float)
    assert_allclose(np.append(d_coef, d_intercept), numeric, atol=1e-5)


def test_gradient_at_zero_and_elsewhere_are_one_formula():
    for w, b in ((0 * W, 0.0), (W, B)):
        residual = X @ w + b - Y
        d_coef, d_intercept = gradient(X, Y, w, b)
        assert_allclose(d_coef, X.T @ residual / len(Y), rtol=1e-12)
        assert_allclose(d_intercept, residual.mean(), rtol=1e-12)


def test_directional_derivative_is_a_rate_per_unit_length():
    d, d_b = np.array([1.0, -2.0, 0.5, 0.0, 3.0, 1.0]), 2.0
    rate = directional_derivative(X, Y, W, B, d, d_b)
    length, h = np.sqrt(d @ d + d_b**2), 1e-6
    ahead = cost(X, Y, W + h * d / length, B + h * d_b / length)
    assert_allclose(rate, (ahead - cost(X, Y, W, B)) / h, rtol=1e-4)
    assert_allclose(directional_derivative(X, Y, W, B, 10 * d, 10 * d_b), rate)


def test_directional_derivative_is_gradient_times_cosine():
    g, g_b = gradient(X, Y, W, B)
    size = np.hypot(np.linalg.norm(g), g_b)
    assert_allclose(directional_derivative(X, Y, W, B, g, g_b), size)
    assert_allclose(directional_derivative(X, Y, W, B, -g, -g_b), -size)
    along_a_level_line = np.zeros(6)
    along_a_level_line[:2] = g[1], -g[0]
    assert_allclose(directional_derivative(X, Y, W, B, along_a_level_line), 0, atol=1e-12 * size)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("container", [np.asarray, sparse.csc_array])
def test_max_stable_alpha_is_two_over_L(container, weights, fit_intercept):
    alpha = max_stable_alpha(container(X), fit_intercept=fit_intercept, sample_weight=weights)
    assert isinstance(alpha, float)
    assert_allclose(alpha, 2 / largest_eigenvalue(design(X, fit_intercept), weights), rtol=1e-12)


@pytest.mark.parametrize("shape", [(30, 1500), (1500, 1100)])
def test_max_stable_alpha_of_many_features(shape):
    """Beyond a thousand features by Lanczos iterations, not from all eigenvalues."""
    wide = np.random.default_rng(1).normal(size=shape)
    alpha = max_stable_alpha(wide)
    assert_allclose(alpha, 2 / largest_eigenvalue(design(wide)), rtol=1e-9)
    assert alpha == max_stable_alpha(wide), "the same bits each time"


def test_max_stable_alpha_of_nothing_is_infinite():
    assert max_stable_alpha(np.zeros((3, 2)), fit_intercept=False) == np.inf
    assert max_stable_alpha(np.zeros((3, 2))) == 2.0


def test_several_targets():
    Y2, W2, B2 = np.column_stack([Y, -Y]), np.stack([W, 2 * W]), np.array([0.5, -0.5])
    d_coef, d_intercept = gradient(X, Y2, W2, B2)
    for j in range(2):
        assert_allclose(cost(X, Y2, W2, B2)[j], cost(X, Y2[:, j], W2[j], B2[j]))
        expected = gradient(X, Y2[:, j], W2[j], B2[j])
        assert_allclose(d_coef[j], expected[0])
        assert_allclose(d_intercept[j], expected[1])


@pytest.mark.parametrize("precompute", [True, False])
def test_they_agree_with_a_fit(precompute):
    reg = GradientDescentRegressor("lipschitz", max_iter=20, tol=0, precompute=precompute)
    reg.fit(X, Y, WEIGHTS)
    loss = cost(X, Y, reg.coef_, reg.intercept_, sample_weight=WEIGHTS)
    assert_allclose(reg.loss_history_[reg.best_iter_], loss, rtol=1e-12)
    assert_allclose(2 * reg.alpha_history_[0], max_stable_alpha(X, sample_weight=WEIGHTS))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cost(X, Y, W[:3]), r"coef must be an array of shape \(6,\), got shape \(3,\)"),
        (lambda: cost(X, Y, W, [1.0, 2.0]), "intercept must be a number"),
        (lambda: cost(X, Y[:5], W), "inconsistent numbers of samples"),
        (lambda: gradient(X, Y, W, np.nan), "intercept must be finite"),
        (lambda: gradient(np.where(X > 1, np.nan, X), Y, W), "Input X contains NaN"),
        (lambda: directional_derivative(X, Y, W, B, 0 * W), "must not both be zero"),
        (lambda: directional_derivative(X, Y, W, B, W[:2]), "direction_coef must be"),
        (lambda: directional_derivative(X, np.c_[Y, Y], W, B, W), "y must be 1-D"),
        (lambda: max_stable_alpha(X[0]), "Expected 2D array"),
        (lambda: max_stable_alpha(np.where(X > 1, np.inf, X)), "Input X contains infinity"),
        (
            lambda: max_stable_alpha(X, sample_weight=-WEIGHTS),
            "sample_weight must not be negative",
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_quadratic_around_the_minimum_is_J():
    """From any start, and with some parameters held where they are."""
    objective = LeastSquares(Plan.made(Rows(X, Y[:, None]), True, 0), ()).objectives[0]
    A, start = design(X), np.append(W, B)
    for carried in (list(range(7)), [1, 4]):
        rows = hessian_rows(objective, carried)
        assert_allclose(rows, (A.T @ A / len(Y))[carried], atol=1e-12)
        quadratic = around_minimum(objective, start, carried, rows)
        others = [j for j in range(7) if j not in carried]
        rest = Y - A[:, others] @ start[others]
        solution = np.linalg.lstsq(A[:, carried], rest, rcond=None)[0]
        assert_allclose(quadratic.centre, solution, rtol=1e-9)
        assert_allclose(quadratic.minimum, solution, rtol=1e-9)
        part = A[:, carried]
        assert_allclose(quadratic.largest_eigenvalue, largest_eigenvalue(part))
        for theta in (solution, start[carried]):
            residual = part @ theta - rest
            assert_allclose(quadratic(theta), residual @ residual / (2 * len(Y)), rtol=1e-12)
            slopes = part.T @ residual / len(Y)
            assert_allclose(quadratic.gradient_at(theta), slopes, rtol=1e-9, atol=1e-12)
        plane = quadratic.plane([0, 1], start[carried])
        assert_allclose(plane(start[carried][:2]), quadratic(start[carried]), rtol=1e-12)
