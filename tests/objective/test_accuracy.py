"""The right answer on real, ill-scaled, degenerate and perfectly fitted data, or a warning."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes, load_linnerud
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gd import GradientDescentRegressor, cost

from ..problems import LONGLEY, design, fitted_theta, half_mse, least_squares

rng = np.random.default_rng(0)


def one_feature(centre, spread):
    x = rng.normal(centre, spread, (100, 1))
    return x, 3 * x[:, 0] + rng.normal(0, spread, 100)


def repeated_column():
    """A column repeated with a little noise, and a target that depends on that noise."""
    X = rng.normal(size=(200, 4))
    noise = rng.normal(size=200)
    X = np.column_stack([X, X[:, 0] + 1e-5 * noise])
    return X, X @ np.arange(5.0) + 0.1 * noise + rng.normal(size=200)


X_DIABETES, Y_DIABETES = load_diabetes(return_X_y=True)
X_RAW = load_diabetes(scaled=False).data
X_LINNERUD, Y_LINNERUD = load_linnerud(return_X_y=True)
WITHIN_REACH = {
    "diabetes": (X_DIABETES, Y_DIABETES),
    "diabetes raw": (X_RAW, Y_DIABETES),
    "linnerud": (X_LINNERUD, Y_LINNERUD[:, 0]),
    "linnerud, 3 targets": (X_LINNERUD, Y_LINNERUD),
    "years": one_feature(2000, 10),
    "kelvins": one_feature(300, 5),
}
X_OFFSET = rng.normal(1e6, 1, (100, 2))
OUT_OF_REACH = {
    "Longley": (LONGLEY[:, :-1], LONGLEY[:, -1]),
    "far from the origin": (X_OFFSET, X_OFFSET @ [1.0, 2.0] + rng.normal(size=100)),
    "repeated column": repeated_column(),
}


def r2_of_least_squares(X, y):
    # On standardised features LinearRegression(tol=0) is right to every digit that matters.
    direct = make_pipeline(StandardScaler(), LinearRegression(**no_cut_off())).fit(X, y)
    return r2_score(y, direct.predict(X))


def no_cut_off():
    """tol=0 where LinearRegression has it (since 1.7) and by default drops directions."""
    return {"tol": 0} if "tol" in LinearRegression().get_params() else {}


@pytest.mark.parametrize("name", WITHIN_REACH)
def test_defaults_on_unscaled_data(name):
    X, y = WITHIN_REACH[name]
    reg = GradientDescentRegressor().fit(X, y)  # a warning would be an error
    assert reg.status_ == "converged"
    assert_allclose(reg.score(X, y), r2_of_least_squares(X, y), atol=1e-6)


@pytest.mark.parametrize("name", OUT_OF_REACH)
def test_right_or_a_warning(name):
    X, y = OUT_OF_REACH[name]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        reg = GradientDescentRegressor().fit(X, y)
    assert (reg.status_ == "converged") == (not caught)
    if not caught:
        assert_allclose(reg.score(X, y), r2_of_least_squares(X, y), atol=1e-6)


@pytest.mark.parametrize("name", [*WITHIN_REACH, *OUT_OF_REACH])
def test_standardised_everything_is_within_reach(name):
    X, y = {**WITHIN_REACH, **OUT_OF_REACH}[name]
    model = make_pipeline(StandardScaler(), GradientDescentRegressor()).fit(X, y)
    assert_allclose(model.score(X, y), r2_of_least_squares(X, y), atol=1e-6)


@pytest.mark.slow
def test_raw_diabetes_in_any_order():
    """Adaptive rates amplify rounding; the reserve of steps must be large enough for any."""
    for seed in range(8):
        order = np.random.default_rng(seed)
        rows, columns = order.permutation(442), order.permutation(10)
        X, y = X_RAW[rows][:, columns], Y_DIABETES[rows]
        reg = GradientDescentRegressor().fit(X, y)
        assert reg.n_iter_ < 8000
        assert_allclose(reg.score(X, y), r2_of_least_squares(X, y), atol=1e-6)


DEGENERATE = {
    "perfect fit": lambda r: (x := r.normal(size=(50, 3)), x @ [1.0, 2.0, 3.0] + 7),
    "square and perfect": lambda r: (r.normal(size=(6, 5)), r.normal(size=6)),
    "more features than rows": lambda r: (r.normal(size=(10, 20)), r.normal(size=10)),
    "duplicated": lambda r: (x := np.tile(r.normal(size=(30, 2)), 2), x[:, 0] + r.normal(size=30)),
    "constant": lambda r: (x := np.c_[r.normal(size=(30, 2)), np.full(30, 5.0)], x[:, 0] ** 2),
    "zero": lambda r: (x := np.c_[r.normal(size=(30, 2)), np.zeros(30)], x[:, 0] ** 2),
    "all zero": lambda r: (np.zeros((5, 2)), r.normal(size=5)),
    "one row": lambda r: (r.normal(size=(1, 3)), r.normal(size=1)),
    "one row, one feature": lambda r: (r.normal(size=(1, 1)), r.normal(size=1)),
    "one feature": lambda r: (r.normal(size=(20, 1)), r.normal(size=20)),
    "constant y": lambda r: (r.normal(size=(20, 2)), np.full(20, 4.0)),
    "zero y": lambda r: (r.normal(size=(20, 2)), np.zeros(20)),
    "noise at rounding level": lambda r: (
        x := r.normal(size=(99, 3)),
        x @ [1.0, 2.0, 3.0] + 7 + 1e-12 * r.normal(size=99),
    ),
}


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_data(name, fit_intercept, precompute):
    """From zero, descent along the features as they are reaches the minimum-norm solution."""
    X, y = DEGENERATE[name](np.random.default_rng(5))
    theta, minimum = least_squares(X, y, fit_intercept)
    how = {"fit_intercept": fit_intercept, "precompute": precompute, "scale": False}
    reg = GradientDescentRegressor(tol=1e-9, max_iter=50_000, **how).fit(X, y)
    assert_allclose(fitted_theta(reg), theta, atol=1e-7 * (1 + np.abs(theta).max()))
    loss = half_mse(design(X, fit_intercept), y, fitted_theta(reg))
    assert loss <= minimum * (1 + 1e-7) + 1e-16 * np.mean(y**2)


@pytest.mark.parametrize("precompute", [True, False])
def test_rows_of_weight_zero_do_not_count(precompute):
    r = np.random.default_rng(6)
    X, y, weights = r.normal(size=(60, 4)), r.normal(size=60), r.random(60)
    weights[::3] = 0.0
    X[::3] *= 1e6
    counts = weights > 0
    reg = GradientDescentRegressor(precompute=precompute, tol=1e-10)
    whole = reg.fit(X, y, weights)
    theta = least_squares(X[counts], y[counts], weights=weights[counts])[0]
    assert_allclose(fitted_theta(whole), theta, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("precompute", [True, False])
def test_whole_weights_are_repetitions(precompute):
    r = np.random.default_rng(7)
    X, y, times = r.normal(size=(40, 3)), r.normal(size=40), r.integers(0, 4, 40)
    reg = GradientDescentRegressor(precompute=precompute, alpha=0.1, max_iter=30, tol=0)
    repeated = reg.fit(np.repeat(X, times, axis=0), np.repeat(y, times)).coef_
    assert_allclose(reg.fit(X, y, times).coef_, repeated, rtol=1e-12)


def test_each_target_is_a_descent_of_its_own():
    X, Y = X_LINNERUD, Y_LINNERUD
    together = GradientDescentRegressor(store_path=True).fit(X, Y)
    n = together.n_iter_
    assert together.coef_.shape == (3, 3)
    assert together.coef_path_.shape == (n + 1, 3, 3)
    assert together.intercept_path_.shape == together.loss_history_.shape == (n + 1, 3)
    for j in range(3):
        alone = GradientDescentRegressor().fit(X, Y[:, j])
        k = alone.n_iter_
        assert_allclose(together.coef_[j], alone.coef_, rtol=1e-5)
        # A target that has finished keeps its loss and its parameters.
        finished = np.flatnonzero(together.alpha_history_[:, j] == 0)
        assert np.all(np.diff(together.loss_history_[finished.min(initial=n) :, j]) == 0)
        assert_array_equal(together.coef_path_[-1, j], together.coef_[j])
        assert abs(np.count_nonzero(together.alpha_history_[:, j]) - k) <= k


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes(dtype):
    X, y = X_DIABETES.astype(dtype), Y_DIABETES.astype(dtype)
    reg = GradientDescentRegressor().fit(X, y)
    assert reg.coef_.dtype == reg.intercept_.dtype == reg.predict(X).dtype == dtype
    assert reg.loss_history_.dtype == np.float64
    exact = LinearRegression(**no_cut_off()).fit(X.astype(float), y.astype(float))
    # J within 1e-7 of its minimum, as by default, may leave a coefficient of these correlated
    # features 4 % off; correlations of at most 1e-10 leave it 1e-7 off, as much as float32 does.
    closely = GradientDescentRegressor(tol=1e-10).fit(X, y)
    assert closely.coef_.dtype == dtype
    assert_allclose(closely.coef_, exact.coef_, rtol=1e-6)
    # Sums are float64 whatever X is.
    assert_allclose(
        cost(X.astype(float), y, reg.coef_, reg.intercept_),
        cost(X.astype(float), y, exact.coef_, exact.intercept_),
        rtol=2e-7,
    )


@pytest.mark.parametrize("dtype", ["i1", "u2", "i8", ">f8", ">f4", "f2", bool])
def test_converted_dtypes(dtype):
    X = np.random.default_rng(8).integers(0, 2, (50, 3)).astype(dtype)
    y = X.astype(float) @ [1.0, 2.0, 3.0] + np.linspace(0, 1, 50)
    reg = GradientDescentRegressor().fit(X, y)
    theta = least_squares(X.astype(float), y)[0]
    assert_allclose(fitted_theta(reg), theta, rtol=1e-5)
    assert reg.coef_.dtype == (np.float32 if np.dtype(dtype) == np.float32 else np.float64)
