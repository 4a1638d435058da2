"""Right on raw tables: dependent columns, digits, and losses that are J.

The references are closed forms, published figures and `scipy.linalg.lstsq` on
centred and standardised columns.
"""

import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.linalg import lstsq
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gd import GradientDescentRegressor, GradientDescentRegressorCV, cost
from sklearn_gd._objective.coordinates import Standardised
from sklearn_gd._objective.least_squares import LeastSquares
from sklearn_gd._objective.moments import collect
from sklearn_gd._objective.plan import Plan
from sklearn_gd._objective.spectrum import spectrum_of
from sklearn_gd.rows._memory import Rows

from ..problems import LONGLEY
from ..test_properties import relaxed


def least_loss(X, y):
    """Half the least mean squared error, with an intercept."""
    Z, r = X - X.mean(axis=0), y - y.mean()
    deviation = Z.std(axis=0)
    varies = deviation > 1e-13 * np.abs(X).max(axis=0)
    Z = Z[:, varies] / deviation[varies]
    return np.mean((Z @ lstsq(Z, r, cond=1e-11)[0] - r) ** 2) / 2


def loss_of(reg, X, y):
    return np.mean((reg.predict(X) - y) ** 2) / 2


def dummies(rng, n_rows, sizes):
    return np.column_stack([np.eye(size)[rng.integers(0, size, n_rows)] for size in sizes])


def dependent_tables():
    rng = np.random.default_rng(14)
    k, x = rng.integers(0, 20, 1000), rng.uniform(0, 1, 1000)
    X = np.column_stack([x, x**2, x**3, np.eye(20)[k]])
    yield "one category", X, np.sin(6 * x) + k / 5 + 0.1 * rng.normal(size=1000)
    sizes = rng.integers(2, 20, 12)
    X = np.column_stack([dummies(rng, 1500, sizes), rng.normal(size=(1500, 3)) * [1, 1e4, 1e-3]])
    yield "twelve categories", X, X @ rng.normal(size=X.shape[1]) + rng.normal(size=1500)
    Z = rng.normal(size=(800, 4)) * [1, 1e2, 1e4, 1e-3] + [0, 2e3, 1e6, 5]
    X = np.column_stack([Z, Z.sum(axis=1), Z @ [1.0, 2.0, 3.0, 4.0], np.full(800, 7.3)])
    yield "sums of columns", X, Z @ [1, 0.01, 1e-4, 1e3] + rng.normal(size=800)


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("rate", ["auto", "barzilai-borwein", "chebyshev"])
@pytest.mark.parametrize("table", list(dependent_tables()), ids=lambda table: table[0])
def test_dependent_columns_give_no_false_alarm(table, rate, order):
    _, X, y = table
    rows = np.random.default_rng(order).permutation(len(y))
    least = least_loss(X, y)
    for given_X in (X[rows], StandardScaler().fit_transform(X[rows])):
        reg = GradientDescentRegressor(rate, scale=True).fit(given_X, y[rows])
        assert reg.status_ == "converged"
        assert loss_of(reg, given_X, y[rows]) <= least * (1 + 1e-6)


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("table", list(dependent_tables()), ids=lambda table: table[0])
def test_dependent_columns_in_either_form(table, precompute):
    _, X, y = table
    reg = GradientDescentRegressor(precompute=precompute).fit(X, y)
    assert reg.status_ == "converged"
    assert loss_of(reg, X, y) <= least_loss(X, y) * (1 + 1e-6)


def nearly_equal(noise, seed):
    """A column that equals another plus so much noise, which y depends on."""
    rng = np.random.default_rng(seed)
    X, apart = rng.standard_normal((200, 3)), rng.standard_normal(200)
    X[:, 0] = X[:, 1] + noise * apart
    y = apart + rng.standard_normal(200)
    # What has become of the noise in floating point.
    apart = X[:, 0] - X[:, 1]
    return X, y, np.column_stack([apart / apart.std(), X[:, 1:]])


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("noise", [1e-6, 1e-7, 3e-8, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13])
def test_nearly_equal_columns_are_never_silently_wrong(noise, scale, precompute):
    for seed in range(3):
        X, y, told_apart = nearly_equal(noise, seed)
        reg = GradientDescentRegressor(precompute=precompute, scale=scale, max_iter=500)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            reg.fit(X, y)
        # Coefficients of 1/noise leave rounding in every residual, theirs and ours.
        tolerance = 1 + 2e-7 + 1e-16 / noise
        right = reg.loss_history_[reg.best_iter_] <= least_loss(told_apart, y) * tolerance
        assert right or caught
        assert right or not (scale and noise >= 1e-10)


def test_sparse_and_many_features_are_never_silently_wrong():
    """Where moments are not worth gathering for it, conjugate gradients look for the excess."""
    X, y, _ = nearly_equal(1e-8, 0)
    thin = sparse.random(200, 1100, density=0.002, random_state=1, format="csr")
    wide = sparse.hstack([sparse.csr_array(X), 1e-3 * thin]).tocsr()
    reg = GradientDescentRegressor(precompute=False, max_iter=30, fit_intercept=False)
    with pytest.warns(ConvergenceWarning):
        reg.fit(wide, y)
    assert reg.status_ == "max_iter"


def test_eigenvalues_that_rounding_of_the_moments_hides():
    """Of a column plus noise d times another: 2 and d^2 / 2, to d^4 and the rows' rounding."""
    for noise in (1e-5, 1e-7, 1e-9):
        rng = np.random.default_rng(0)
        a, b = np.linalg.qr(rng.normal(size=(400, 3)) - [[0, 0, 0]])[0].T[:2]
        a, b = a - a.mean(), b - b.mean()
        b -= a * (a @ b) / (a @ a)
        a, b = a / a.std(), b / b.std()
        rows = Rows(np.column_stack([a, a + noise * b]), np.zeros((400, 1)))
        moments = collect(rows, True, covariance=True)
        coordinates = Standardised.of(moments)
        spectrum = spectrum_of(coordinates.rows(rows), coordinates.moments(moments))
        assert_allclose(spectrum.values, [noise**2 / 2, 1.0, 2.0], rtol=1e-4)
        assert spectrum.is_known.all()
        assert_allclose(spectrum.condition, 4 / noise**2, rtol=1e-4)


def test_dependent_columns_do_not_count_for_the_condition():
    """The condition number is that of the columns without the one that depends on the others."""
    _, X, y = next(dependent_tables())
    Z = StandardScaler().fit_transform(X)
    singular = np.linalg.svd(Z, compute_uv=False)[:-1] ** 2
    condition = singular[0] / singular[-1]
    for given_X, scale in (X, True), (Z, False):
        with pytest.warns(ConvergenceWarning, match="at least") as caught:
            GradientDescentRegressor("lipschitz", scale=scale, max_iter=3).fit(given_X, y)
        told = float(str(caught[0].message).split("at least ")[1].split()[0].rstrip(",;"))
        assert_allclose(told, condition, rtol=0.05)


def test_chebyshev_with_all_dummies():
    rng = np.random.default_rng(5)
    k, z = rng.integers(0, 20, 1000), rng.normal(size=1000)
    X = StandardScaler().fit_transform(np.column_stack([z, np.eye(20)[k]]))
    y = 3 * z + k / 5 + rng.normal(size=1000)
    reg = GradientDescentRegressor("chebyshev").fit(X, y)
    assert reg.status_ == "converged"
    assert loss_of(reg, X, y) <= least_loss(X, y) * (1 + 1e-6)


def test_units_that_differ_most_are_told_of():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(300, 2))
    X, y = np.column_stack([1e9 + 3 * z[:, 0], z[:, 1]]), z.sum(axis=1)
    with pytest.warns(ConvergenceWarning, match=r"with scale=True it would be 1(\.\d)?\."):
        GradientDescentRegressor("lipschitz", scale=False, max_iter=10).fit(X, y)
    assert GradientDescentRegressor().fit(X, y).status_ == "converged"


def test_dependent_columns_are_named():
    rng = np.random.default_rng(3)
    pd = pytest.importorskip("pandas")
    Z = rng.normal(size=(300, 2))
    k = rng.integers(0, 3, 300)
    columns = {"a": Z[:, 0], "b": Z[:, 1], "total": Z.sum(axis=1) + 5, "always": np.ones(300)}
    X = pd.DataFrame(columns | {f"k{i}": (k == i) * 1.0 for i in range(3)})
    y = Z.sum(axis=1) + k + rng.normal(size=300)

    def warned(X, **how):
        with pytest.warns(ConvergenceWarning) as caught:
            GradientDescentRegressor("lipschitz", max_iter=2, **how).fit(X, y)
        return str(caught[0].message)

    expected = "total is a combination of a, b; k2 is a combination of k0, k1."
    for scale in (True, False):
        assert expected in warned(X, scale=scale)
    assert "x2 is a combination of x0, x1; x6 is a" in warned(X.to_numpy())
    X["near"] = X["a"] + 1e-7 * rng.normal(size=300)
    text = warned(X, scale=True)
    assert expected.removesuffix(".") in text
    assert "near is nearly a combination of a" in text
    many = np.column_stack([Z @ rng.normal(size=(2, 9)), Z])
    assert "so are 4 other features" in warned(many)


def test_far_from_the_origin_differences_are_exact():
    x = np.arange(5.0)
    for offset in (1e12, 1e15):
        reg = GradientDescentRegressor().fit(offset + x[:, None], 2 * x + 1)
        assert_allclose(reg.coef_, [2.0], rtol=1e-9)
        assert reg.status_ == "converged"
    # A unit in the last place is no feature.
    jitter = np.nextafter(np.full(100, 1e7 / 3), np.where(np.arange(100) % 2, 0.0, np.inf))
    rng = np.random.default_rng(0)
    X = np.column_stack([jitter, rng.normal(size=100)])
    y = np.where(np.arange(100) % 2, 1.0, -1.0) + X[:, 1]
    for scale in (True, False):
        reg = GradientDescentRegressor(scale=scale).fit(X[:, :2] - [0 if scale else 1e7 / 3, 0], y)
        assert reg.status_ == "converged"
        assert abs(reg.coef_[0]) < 1 or not scale
        assert reg.n_iter_ < 100 or not scale


POWERS = np.arange(21.0)[:, None] ** np.arange(1, 6)
PATTERN = [759, -2048, 2048, -2048, 2523, -2048, 2048, -2048, 1838, -2048]
RESIDUAL = np.array([*PATTERN, 2048.0, *PATTERN[::-1]])
# Certified values of NIST's data sets for linear regression: Statistical Reference
# Datasets, https://www.itl.nist.gov/div898/strd/lls/lls.shtml; b first.
LONGLEY_CERTIFIED = [-3482258.63459582, 15.0618722713733, -0.358191792925910e-01]
LONGLEY_CERTIFIED += [-2.02022980381683, -1.03322686717359, -0.511041056535807e-01]
LONGLEY_CERTIFIED += [1829.15146461355]
NIST = {
    "Longley": (
        LONGLEY[:, :-1],
        LONGLEY[:, -1],
        LONGLEY_CERTIFIED,
        10.5,
    ),
    "Wampler1": (POWERS, 1 + POWERS.sum(axis=1), [1.0] * 6, 8.0),
    "Wampler2": (
        POWERS,
        [float(sum(Fraction(x, 10) ** k for k in range(6))) for x in range(21)],
        10.0 ** -np.arange(6),
        12.0,
    ),
    "Wampler3": (POWERS, 1 + POWERS.sum(axis=1) + RESIDUAL, [1.0] * 6, 7.5),
    "Wampler4": (POWERS, 1 + POWERS.sum(axis=1) + 100 * RESIDUAL, [1.0] * 6, 7.0),
    # 6 is what one would like; a unit in the last place of these residuals of
    # 2e7, in a gradient, is a digit and a half of it, on any of six kernels 5.95.
    "Wampler5": (POWERS, 1 + POWERS.sum(axis=1) + 1e4 * RESIDUAL, [1.0] * 6, 5.5),
}


@pytest.mark.parametrize("name", NIST)
@pytest.mark.parametrize("in_a_pipeline", [True, False])
def test_digits_for_who_asks(name, in_a_pipeline):
    X, y, certified, digits = NIST[name]
    reg = GradientDescentRegressor(scale=True, tol=1e-13)
    scaler = StandardScaler()
    if in_a_pipeline:
        model = make_pipeline(scaler, GradientDescentRegressor(tol=1e-13)).fit(X, y)
        coef = model[-1].coef_ / scaler.scale_
        found = np.append(model[-1].intercept_ - coef @ scaler.mean_, coef)
    else:
        reg.fit(X, y)
        found = np.append(reg.intercept_, reg.coef_)
    error = np.abs(found / np.asarray(certified) - 1).max()
    assert error <= 10.0**-digits


def assert_losses_are_J(reg, X, y):
    """At every stored iterate, evaluated in extended precision."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        reg.fit(X, y)
    w, b = (path.astype(np.longdouble) for path in (reg.coef_path_, reg.intercept_path_))
    residual = w @ X.T.astype(np.longdouble) + b[:, None] - y
    exact = np.mean(residual**2, axis=1) / 2
    terms = np.abs(reg.coef_path_) @ np.abs(X).T + np.abs(b[:, None]) + np.abs(y)
    rounding = np.finfo(float).eps * np.sqrt(np.mean(terms**2, axis=1))
    allowed = 1e-9 * exact + 4 * rounding * np.sqrt(2 * exact) + 16 * rounding**2
    assert (np.abs(reg.loss_history_ - exact) <= allowed).all()


@relaxed
@given(
    rate=st.sampled_from(
        ["auto", "barzilai-borwein", "exact", "lipschitz", "silver", "chebyshev", 0.9]
    ),
    noise=st.sampled_from([1e-1, 1e-3, 1e-6, 1e-9]),
    offset=st.sampled_from([0.0, 1e2, 1e4, 1e6]),
    scale=st.booleans(),
    precompute=st.booleans(),
    n_features=st.integers(1, 6),
    seed=st.integers(0, 999),
)
def test_recorded_losses_are_J(rate, noise, offset, scale, precompute, n_features, seed):
    rng = np.random.default_rng(seed)
    Z = rng.standard_normal((40, n_features)) @ (np.eye(n_features) + 0.5)
    X = Z + offset
    y = Z @ np.arange(1.0, n_features + 1) + noise * rng.standard_normal(40)
    how = {"scale": scale, "precompute": precompute or rate == "chebyshev"}
    if rate == 0.9:
        A = np.column_stack([StandardScaler().fit_transform(X) if scale else X, np.ones(40)])
        rate = 0.9 * 2.0 / np.linalg.eigvalsh(A.T @ A / 40)[-1]
    reg = GradientDescentRegressor(rate, max_iter=150, store_path=True, **how)
    assert_losses_are_J(reg, X, y)


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("rate", ["auto", "barzilai-borwein", "exact", "chebyshev", "silver"])
def test_recorded_losses_are_J_where_most_digits_are_lost(rate, precompute):
    """Each feature far from the origin on its own, so that steps differ by twelve orders."""
    # In two of them a gradient that has fallen by ten orders misleads the next step.
    for seed in (*range(8), 151, 237):
        rng = np.random.default_rng(seed)
        Z = rng.standard_normal((50, 4)) @ np.linalg.qr(rng.standard_normal((4, 4)))[0]
        X = Z + 1e6 * rng.standard_normal(4)
        y = Z @ rng.standard_normal(4) + 1e-4 * rng.standard_normal(50) + 1e3 * (seed % 2)
        how = {"scale": False, "precompute": precompute or rate == "chebyshev"}
        reg = GradientDescentRegressor(rate, max_iter=150, tol=0, store_path=True, **how)
        assert_losses_are_J(reg, X, y)


def told(reg, X, y):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        reg.fit(X, y)
    return [str(one.message) for one in caught if one.category is ConvergenceWarning]


def test_an_early_stop_that_the_rows_speak_against_is_told_of():
    """Along raw features far apart in scale the validation loss stands still long before."""
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(300, 3))
    X, y = Z * [1e4, 1.0, 1e-2] + [0, 5, 0], Z.sum(axis=1) + 0.3 * rng.normal(size=300)
    how = {"early_stopping": True, "random_state": 0, "n_iter_no_change": 5}
    (text,) = told(GradientDescentRegressor("lipschitz", scale=False, max_iter=60, **how), X, y)
    assert "set scale=True" in text or "with scale=True" in text
    assert not told(GradientDescentRegressor(**how), X, y)


def test_a_held_out_set_that_misleads_is_told_of():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(80, 2))
    y = X @ [3.0, 1.0] + 0.1 * rng.normal(size=80)
    reg = GradientDescentRegressor(early_stopping=True)
    with pytest.warns(ConvergenceWarning, match="Early stopping returned .* after 0 steps"):
        reg.fit(X, y, X_val=X[:4], y_val=-y[:4])
    assert not reg.coef_.any()


def test_a_constant_that_is_the_right_answer_is_no_reason_to_warn():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        X, y = rng.normal(size=(200, 4)) * [1, 1e3, 1e-3, 1], rng.normal(size=200) + 100
        assert not told(GradientDescentRegressor(early_stopping=True, random_state=seed), X, y)
        assert not told(GradientDescentRegressorCV(max_iter=300), X, y)


def test_a_search_tells_of_scale_and_of_more_steps():
    rng = np.random.default_rng(2)
    Z = rng.normal(size=(200, 3))
    X, y = Z * [1e3, 1.0, 1.0] + [0, 0, 20], Z.sum(axis=1) + 0.1 * rng.normal(size=200)
    (text,) = told(GradientDescentRegressorCV(scale=False, max_iter=50), X, y)
    assert "with standardised features it would be 0.01" in text
    assert "set scale=True" in text
    (text,) = told(GradientDescentRegressorCV([1e-4], scale=True, max_iter=50), X, y)
    assert "try ten times as many, and again: max_iter=500, 5000, ..." in text
    assert not told(GradientDescentRegressorCV(), X, y)


def test_predictions_that_lose_their_digits_are_told_of():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 1))
    y = 3.3 * x[:, 0] + 0.1 * rng.normal(size=100)
    assert not told(GradientDescentRegressor(), x + 1e9, y)
    (text,) = told(GradientDescentRegressor(), np.round(x * 8) / 8 + 4e14, y)
    assert "most of it from x0, whose terms are of size 1e+15" in text


@pytest.mark.parametrize("offset", [0, 10, 100])
@pytest.mark.parametrize("precompute", [True, False])
def test_nearly_equal_columns_off_the_origin(offset, precompute):
    """Sums about the origin would hide in their own rounding what tells the columns apart."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=200) + offset
        X = np.column_stack([x, x + 1e-9 * rng.normal(size=200), rng.normal(size=200)])
        apart = X[:, 1] - X[:, 0]
        y = 0.3 * apart / apart.std() + X[:, 2] + rng.normal(size=200)
        reg = GradientDescentRegressor(precompute=precompute).fit(X, y)
        told_apart = np.column_stack([apart / apart.std(), X[:, 1:] - [offset, 0]])
        assert reg.loss_history_[-1] <= least_loss(told_apart, y) * (1 + 1e-6)


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("offset", [1e6, 1e10, 3e10])
def test_without_an_intercept_far_from_the_origin(offset, precompute):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 4)) + offset
    y = (X - offset) @ [1.0, -2.0, 3.0, -2.0] + 0.1 * rng.normal(size=100)
    reg = GradientDescentRegressor(fit_intercept=False, precompute=precompute).fit(X, y)
    scale = np.sqrt(np.mean(X**2, axis=0))
    coef = lstsq(X / scale, y, cond=1e-13)[0] / scale
    assert loss_of(reg, X, y) <= np.mean((X @ coef - y) ** 2) / 2 + 1e-7 * np.var(y)


def test_single_precision_that_loses_predictions_is_told_of():
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(200, 2)) + 1e5).astype(np.float32)
    y = (X - 1e5) @ [1.0, 2.0]
    (text,) = told(GradientDescentRegressor(), X, y)
    assert text.endswith("Or pass X as float64.")
    assert not told(GradientDescentRegressor(), X.astype(float), y)
    assert not told(GradientDescentRegressor(), X - np.float32(1e5), y)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("scale", [True, False])
def test_a_constant_y_has_no_digits_to_lose(scale, dtype):
    X = np.random.default_rng(0).normal(size=(50, 3)).astype(dtype)
    for y in np.ones(50), np.full(50, 0.1), np.full(50, 1e6 + 0.1):
        few = GradientDescentRegressor("lipschitz", scale=scale, max_iter=3, tol=0).fit(X, y)
        assert few.n_iter_ == 3
        assert GradientDescentRegressor(scale=scale).fit(X, y).status_ == "converged"


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("rate", ["auto", "barzilai-borwein", "exact"])
def test_a_solution_has_the_loss_that_the_rows_give(rate, precompute):
    """Where y is a million times what is left of it, recurrences are off in the fifth digit."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        Z = rng.standard_normal((40, 3)) @ (np.eye(3) + 0.5)
        X, y = Z + 1, Z @ [1.0, 2.0, 3.0] + 1e-5 * rng.standard_normal(40) + 1e7
        reg = GradientDescentRegressor(rate, scale=False, precompute=precompute).fit(X, y)
        assert reg.status_ == "converged"
        read_off = cost(X, y, reg.coef_, reg.intercept_)
        assert_allclose(reg.loss_history_[reg.best_iter_], read_off, rtol=1e-8)


def test_slope_that_moments_cannot_tell_is_that_along_dependent_columns():
    """Of two equal columns all of it; along an eigenvalue above rounding level nothing."""
    a, b, c = np.linalg.qr(np.random.default_rng(0).normal(size=(100, 3)))[0].T
    X = np.column_stack([a, a, b, b + 1e-5 * c]) * 10.0
    curvature = LeastSquares(Plan.made(Rows(X, X[:, :1]), False, 0), ()).curvature
    slopes = np.array([[1.0, -1, 0, 0], [0, 0, 1, -1], [1, 1, 0, 0], [0, 0, 1, 1]])
    dependent, *others = slopes
    # Rounding of the zero eigenvalue is a part of the level that is added to it.
    assert curvature.hides_slope(dependent, 0.5)
    assert not curvature.hides_slope(dependent, 2.0)
    # Of an eigenvalue of 1e-10 / 2 the cube of its ratio to the rounding level, some 1e-15.
    assert not any(curvature.hides_slope(slope, 1e-12) for slope in others)


def spectrum_along(scales):
    """Spectrum of orthogonal columns of these root mean squares."""
    Q = np.linalg.qr(np.random.default_rng(0).normal(size=(100, len(scales))))[0]
    rows = Rows(10.0 * Q * scales, Q[:, :1])
    return spectrum_of(rows, collect(rows, False, covariance=True))


def test_eigenvalues_below_the_rounding_of_rows_are_unknown():
    """The root of one must be above the last place of the root of the largest."""
    for smallest, is_known in (1e-12, True), (1e-14, True), (1e-17, False), (1e-20, False):
        spectrum = spectrum_along([smallest, 1.0])
        assert spectrum.is_known.tolist() == [is_known, True]
        if is_known:
            assert_allclose(spectrum.condition, smallest**-2, rtol=1e-9)


def test_suboptimality_is_what_gradients_tell_beyond_their_noise():
    """J - J* = g' H^-1 g / 2; what may be nothing but noise tells of nothing."""
    spectrum = spectrum_along([0.1, 1.0, 3.0])
    H = spectrum.basis * spectrum.values @ spectrum.basis.T
    g = np.array([3.0, -1.0, 2.0])
    assert_allclose(spectrum.suboptimality(g, 0.0, 0.0), g @ np.linalg.solve(H, g) / 2)
    assert spectrum.suboptimality(g, 4.0, 0.0) == 0.0
    # A residual's rounding leaves as much in a component as the features vary along it.
    along = spectrum.basis @ np.sqrt(spectrum.values)
    assert spectrum.suboptimality(0.9 * along, 0.0, 1.0) == 0.0
    assert_allclose(spectrum.suboptimality(3.0 * along, 0.0, 1.0), 3 * 2.0**2 / 2)
