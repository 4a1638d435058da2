"""Arrays of other libraries: read where they are, with the results of NumPy's."""

import os
import pickle
import subprocess
import sys
from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import linalg, sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import r2_score
from sklearn.utils import _array_api as theirs

import sklearn_gd.rows._arrays as arrays
from sklearn_gd import (
    GradientDescentRegressor,
    GradientDescentRegressorCV,
    cost,
    directional_derivative,
    gradient,
    gradient_descent_path,
    max_stable_alpha,
)
from sklearn_gd.plotting import CoefficientPathDisplay, DescentPathDisplay, LossCurveDisplay
from sklearn_gd.rows import RowSource
from sklearn_gd.rows._blocks import DenseBlock

from ..problems import design, half_mse, numpy_loop, weighted

pytestmark = [
    pytest.mark.skipif(not arrays.IS_SUPPORTED, reason="needs scikit-learn 1.9"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

RNG = np.random.default_rng(0)
X = RNG.normal([0, 0, 0, 3, 3, -50], size=(500, 6))
Y = np.column_stack([X @ np.arange(6.0), X @ np.ones(6)]) + RNG.normal(size=(500, 2))
y = Y[:, 0]
WEIGHTS = RNG.uniform(0.0, 2.0, 500)
# Steps that do not diverge with X as it is.
ALPHA = 3e-4


def strict(device, values, **how):
    xp = pytest.importorskip("array_api_strict")
    return xp.asarray(np.array(values), device=xp.Device(device), **how)


def torch(device, values):
    module = pytest.importorskip("torch")
    if device == "cuda" and not module.cuda.is_available():
        pytest.skip("no CUDA device")
    return module.asarray(np.array(values), device=device)


PLACES = {
    # What is on the second one has no way to NumPy but through the first.
    "strict": partial(strict, "CPU_DEVICE"),
    "strict, other device": partial(strict, "device1"),
    "torch": partial(torch, "cpu"),
    "torch, CUDA": partial(torch, "cuda"),
}


@pytest.fixture(params=PLACES.values(), ids=PLACES)
def there(request):
    """Return what moves an array to one of the places."""
    request.param([0.0])
    return request.param


@pytest.fixture(autouse=True)
def dispatched(monkeypatch):
    """Ask for the array API; scikit-learn looks for the variable in every call."""
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    with config_context(array_api_dispatch=True):
        yield


def back(array):
    """The array in NumPy."""
    return theirs.move_to(array, xp=np, device="cpu")


def assert_like(array, X, dtype=None):
    """Of the same library, on the same device and of the same dtype."""
    assert theirs.get_namespace_and_device(array) == theirs.get_namespace_and_device(X)
    assert array.dtype == (X.dtype if dtype is None else dtype)


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_the_textbooks_descent(there, weights, precompute):
    reg = GradientDescentRegressor(ALPHA, max_iter=60, tol=0, precompute=precompute)
    A = there(X)
    reg.fit(A, there(y), None if weights is None else there(weights))
    theta, losses = numpy_loop(design(X), y, ALPHA, 60, weights)
    assert_allclose(back(reg.coef_), theta[:-1], rtol=1e-9, atol=1e-12)
    assert_allclose(float(reg.intercept_), theta[-1], rtol=1e-9)
    assert_allclose(back(reg.loss_history_), losses, rtol=1e-9)
    for found in reg.coef_, reg.intercept_, reg.loss_history_, reg.alpha_history_:
        assert_like(found, A)
    assert reg.coef_.shape == (6,)
    assert reg.intercept_.shape == ()


@pytest.mark.parametrize("precompute", [True, False])
def test_the_textbooks_descent_on_standardised_features(there, precompute):
    reg = GradientDescentRegressor(0.1, scale=True, max_iter=60, tol=0, precompute=precompute)
    reg.fit(there(X), there(y), there(WEIGHTS))
    mean, level = (np.average(part, axis=0, weights=WEIGHTS) for part in (X, y))
    deviation = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=WEIGHTS))
    assert_allclose(back(reg.feature_scale_), deviation, rtol=1e-9)
    theta, losses = numpy_loop((X - mean) / deviation, y - level, 0.1, 60, WEIGHTS)
    assert_allclose(back(reg.coef_), theta / deviation, rtol=1e-9, atol=1e-12)
    assert_allclose(back(reg.loss_history_), losses, rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("alpha", ["auto", "exact", "lipschitz", "chebyshev"])
def test_converges_to_least_squares(there, alpha, dtype):
    Z = X.astype(dtype)
    reg = GradientDescentRegressor(alpha, scale=True, max_iter=100_000)
    reg.fit(there(Z), there(y), there(WEIGHTS))
    assert reg.status_ == "converged"
    A = design(Z.astype(float))
    best = linalg.lstsq(*weighted(A, y, WEIGHTS))[0]
    theta = np.append(back(reg.coef_), float(reg.intercept_)).astype(float)
    least = half_mse(A, y, best, WEIGHTS)
    # float32 rounds coefficients; X is 50 from the origin.
    assert half_mse(A, y, theta, WEIGHTS) <= least * (1 + (1e-9 if dtype == np.float64 else 1e-6))
    assert_like(reg.coef_, there(Z))
    assert_like(reg.predict(there(Z)), there(Z))
    # Means and scales are those of float64 arithmetic, whatever X is.
    mean = np.average(Z.astype(float), axis=0, weights=WEIGHTS)
    assert_allclose(back(reg.feature_mean_), mean, rtol=1e-10)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.bool_])
def test_predictions_and_score(there, dtype):
    Z = (X * 3).astype(dtype)
    reg = GradientDescentRegressor(max_iter=20).fit(there(Z), there(Y))
    found = reg.predict(there(Z))
    expected = Z.astype(float) @ back(reg.coef_).T.astype(float) + back(reg.intercept_)
    single = dtype == np.float32
    assert_allclose(back(found), expected, rtol=1e-4 if single else 1e-10)
    assert_like(found, reg.coef_)
    assert found.shape == (500, 2)
    score = reg.score(there(Z), there(Y), there(WEIGHTS))
    assert isinstance(score, float)
    assert score == pytest.approx(r2_score(Y, expected, sample_weight=WEIGHTS), rel=1e-6)


def small_blocks(monkeypatch):
    for name in "DEVICE_BLOCK_BYTES", "HOST_BLOCK_BYTES":
        monkeypatch.setattr(arrays, name, 8 * 6 * 70)
    monkeypatch.setattr("sklearn_gd.rows._memory.BLOCK_BYTES", 8 * 6 * 70)


def test_predictions_by_blocks(there, monkeypatch):
    reg = GradientDescentRegressor(max_iter=20).fit(there(X.astype(np.float32)), there(y))
    whole = reg.predict(there(X))
    assert_like(whole, there(X))
    small_blocks(monkeypatch)
    assert_allclose(back(reg.predict(there(X))), back(whole), rtol=1e-14)


@pytest.mark.parametrize("scale", [True, False])
def test_blocks_add_up(there, monkeypatch, scale):
    """And the same rows give the same bits."""
    reg = GradientDescentRegressor("lipschitz", scale=scale, precompute=False, max_iter=30, tol=0)
    given = there(X), there(y), there(WEIGHTS)
    whole = clone(reg).fit(*given)
    small_blocks(monkeypatch)
    parts = clone(reg).fit(*given)
    assert_allclose(back(parts.coef_), back(whole.coef_), rtol=1e-11)
    assert_array_equal(back(clone(reg).fit(*given).coef_), back(parts.coef_))


@pytest.mark.parametrize("shift", [np.zeros(6), np.arange(6.0)])
@pytest.mark.parametrize("root", [None, np.sqrt(WEIGHTS)])
def test_a_block_has_the_sums_of_numpys(there, root, shift):
    theirs, ours = arrays.DeviceArray(there(X)).block(slice(0, 500), False), DenseBlock(X)
    ones = np.ones(500) if root is None else root
    V = Y * ones[:, None]
    for name in "gram", "squares":
        found, expected = (getattr(block, name)(root, shift, V, ones) for block in (theirs, ours))
        for one, other in zip(found, expected, strict=True):
            assert_allclose(one, other, rtol=1e-10, atol=1e-9)
            assert one.flags.writeable
    chosen = X > 1
    assert_array_equal(theirs.count(chosen), ours.count(chosen))
    some = np.array([1, 4])
    assert_allclose(theirs.magnitudes(some, root), ours.magnitudes(some, root))
    assert_allclose(theirs.about(shift).times(Y[:6]), (X - shift) @ Y[:6])


def test_rows_stay_where_they_are(there, monkeypatch):
    """Only some of them come to the host, to see about which origin to add up."""
    taken, read = [], arrays.DeviceArray.__getitem__

    def counted(array, rows):
        found = read(array, rows)
        taken.append(len(found))
        return found

    monkeypatch.setattr(arrays.DeviceArray, "__getitem__", counted)
    many = np.concatenate([X] * 10)
    reg = GradientDescentRegressor(max_iter=5, early_stopping=True, random_state=0)
    reg.fit(there(many), there(np.concatenate([y] * 10))).predict(there(many))
    assert 0 < sum(taken) <= 300


@pytest.mark.parametrize("scale", [True, False])
def test_early_stopping_on_a_share(there, scale):
    reg = GradientDescentRegressor(
        ALPHA if not scale else 0.1, scale=scale, early_stopping=True, random_state=0, max_iter=90
    )
    host, device = clone(reg).fit(X, y, WEIGHTS), reg.fit(there(X), there(y), there(WEIGHTS))
    assert device.status_ == host.status_
    assert device.best_iter_ == host.best_iter_
    assert_allclose(back(device.coef_), host.coef_, rtol=1e-9)
    assert_allclose(back(device.validation_loss_history_), host.validation_loss_history_)


def test_early_stopping_on_rows_given(there):
    """Their losses are those by the definition of J."""
    reg = GradientDescentRegressor(ALPHA, early_stopping=True, max_iter=20, store_path=True, tol=0)
    held_out = [there(part[:90]) for part in (X, y, WEIGHTS)]
    reg.fit(there(X[90:]), there(y[90:]), None, None, None, *held_out)
    path = np.column_stack([back(reg.coef_path_), back(reg.intercept_path_)])
    losses = [half_mse(design(X[:90]), y[:90], theta, WEIGHTS[:90]) for theta in path]
    assert_allclose(back(reg.validation_loss_history_), losses, rtol=1e-9)


def test_batches(there):
    reg = GradientDescentRegressor(ALPHA, scale=False, max_iter=60, tol=0)
    for start, stop in (0, 7), (7, 7), (7, 500):
        reg.partial_fit(*(there(part[start:stop]) for part in (X, y, WEIGHTS)))
    theta, _ = numpy_loop(design(X), y, ALPHA, 60, WEIGHTS)
    assert_allclose(back(reg.coef_), theta[:-1], rtol=1e-8, atol=1e-10)
    assert_like(reg.coef_, there(X))


def test_goes_on_after_a_pause(there):
    reg = GradientDescentRegressor(ALPHA, max_iter=20, tol=0, warm_start=True)
    for _ in range(3):
        reg.fit(there(X), there(y))
    theta, _ = numpy_loop(design(X), y, ALPHA, 60)
    assert_allclose(back(reg.coef_), theta[:-1], rtol=1e-9, atol=1e-12)
    again = GradientDescentRegressor(ALPHA, max_iter=60, tol=0)
    start = numpy_loop(design(X), y, ALPHA, 7)[0]
    again.fit(there(X), there(y), coef_init=there(start[:-1]), intercept_init=there(start[-1:]))
    theta, _ = numpy_loop(design(X), y, ALPHA, 67)
    assert_allclose(back(again.coef_), theta[:-1], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("shape", [(500, 6), (20, 30)])
@pytest.mark.parametrize("scale", [True, False])
def test_cross_validation(there, shape, scale):
    Z = np.random.default_rng(1).normal(size=shape)
    t = Z @ np.ones(shape[1]) + np.random.default_rng(2).normal(size=shape[0])
    reg = GradientDescentRegressorCV(3, scale=scale, max_iter=40)
    host, device = clone(reg).fit(Z, t), reg.fit(there(Z), there(t))
    assert device.alpha_ == pytest.approx(host.alpha_)
    assert device.n_iter_ == host.n_iter_
    assert_allclose(back(device.mse_path_), host.mse_path_, rtol=1e-8)
    assert_allclose(back(device.coef_), host.coef_, rtol=1e-8)
    for found in device.coef_, device.mse_path_, device.predict(there(Z)):
        assert_like(found, there(Z))


def test_warnings_of_cross_validation(there):
    reg = GradientDescentRegressorCV([1.0, 2.0], scale=False, max_iter=3)
    with pytest.warns(ConvergenceWarning, match="All alphas, from 1 on, are above"):
        reg.fit(there(X), there(y))


def test_functions(there):
    """They return NumPy's."""
    w, v = np.arange(6.0), np.ones(6)
    given = there(X), there(y), there(w)
    A = design(X)
    assert cost(*given, sample_weight=there(WEIGHTS)) == pytest.approx(
        half_mse(A, y, np.append(w, 0.0), WEIGHTS)
    )
    slopes = np.append(*gradient(*given, 0.0))
    assert_allclose(slopes, A.T @ (X @ w - y) / 500, rtol=1e-9)
    along = directional_derivative(*given, 0.0, there(v))
    assert along == pytest.approx(slopes[:-1].sum() / np.sqrt(6))
    largest = linalg.eigvalsh(A.T @ A / 500)[-1]
    assert max_stable_alpha(there(X)) == pytest.approx(2 / largest)
    coefs, _ = gradient_descent_path(*given[:2], alpha=ALPHA, max_iter=[20])
    assert_allclose(coefs[:, 0], numpy_loop(A, y, ALPHA, 20)[0][:-1], rtol=1e-8)


def test_targets_and_weights_follow_the_features(there):
    """Wherever they are, as with scikit-learn's own estimators."""
    host = GradientDescentRegressor(ALPHA, max_iter=9).fit(X, y, WEIGHTS).coef_
    reg = GradientDescentRegressor(ALPHA, max_iter=9)
    assert_allclose(back(reg.fit(there(X), y, WEIGHTS).coef_), host, rtol=1e-10)
    assert_like(reg.coef_, there(X))
    assert isinstance(reg.fit(X, there(y), there(WEIGHTS)).coef_, np.ndarray)
    assert_array_equal(reg.coef_, host)


@pytest.mark.parametrize("cls", [GradientDescentRegressor, GradientDescentRegressorCV])
def test_rows_elsewhere_than_those_of_the_fit(there, cls):
    of_numpy = cls(max_iter=9).fit(X, y)
    with pytest.raises(ValueError, match=rf"{cls.__name__}.predict\(\) must use the same names"):
        of_numpy.predict(there(X))
    reg = cls(max_iter=9).fit(there(X), there(y))
    for other in X, X.tolist(), pd.DataFrame(X), X[:, :2]:
        with pytest.raises(ValueError, match=r"predict\(\) must use the same namespace"):
            reg.predict(other)
    with pytest.raises(ValueError, match="must use the same namespace"):
        reg.score(X, y)
    moved = theirs.move_estimator_to(reg, np, "cpu")
    assert_allclose(moved.predict(X), back(reg.predict(there(X))), rtol=1e-12)
    assert isinstance(moved.loss_history_, np.ndarray)


def test_what_is_no_array_goes_with_numpy():
    reg = GradientDescentRegressor(max_iter=9).fit(X, y)
    for other in X.tolist(), pd.DataFrame(X), sparse.csr_array(X), np.asfortranarray(X):
        assert_allclose(reg.predict(other), X @ reg.coef_ + reg.intercept_)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_missing_and_infinite_values_are_named(there, value):
    odd, odd_y = X.copy(), y.copy()
    odd[3, 2], odd_y[5] = value, value
    what = "NaN" if np.isnan(value) else "infinity"
    fitted = GradientDescentRegressor(max_iter=9).fit(there(X), there(y))
    for call in (
        lambda: GradientDescentRegressor().fit(there(odd), there(y)),
        lambda: GradientDescentRegressor().partial_fit(there(odd), there(y)),
        lambda: fitted.predict(there(odd)),
    ):
        with pytest.raises(ValueError, match=rf"X contains {what}(.|\n)*column 2 \(1\)\. Drop"):
            call()
    with pytest.raises(ValueError, match=f"y contains {what}"):
        GradientDescentRegressor().fit(there(X), there(odd_y))


def test_other_errors(there):
    fit = GradientDescentRegressor(max_iter=9).fit
    with pytest.raises(ValueError, match="Expected 2D array"):
        fit(there(y), there(y))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fit(there(X), there(y[:9]))
    with pytest.raises(ValueError, match="X must be numeric, got dtype complex"):
        fit(there(X + 1j), there(y))
    with pytest.raises(ValueError, match=r"has 2 features, but .* is expecting 6"):
        fit(there(X), there(y)).predict(there(X[:, :2]))
    with pytest.raises(ValueError, match=r"X has values of size .*e-19.\. Their squares"):
        fit(there(X * [1, 1e-197, 1, 1, 1, 1]), there(y))
    with pytest.raises(ValueError, match="sample_weight must not be negative"):
        fit(there(X), there(y), there(-WEIGHTS))


def test_a_constant_feature_has_no_coefficient(there):
    reg = GradientDescentRegressor(max_iter=9).fit(there(X * [1, 0, 1, 1, 1, 1]), there(y))
    assert float(reg.coef_[1]) == 0.0


def test_without_an_intercept(there):
    reg = GradientDescentRegressor(fit_intercept=False, max_iter=9).fit(there(X), there(y))
    assert reg.intercept_ == 0.0
    assert_like(reg.predict(there(X)), there(X))


def test_pickled(there):
    reg = GradientDescentRegressor(ALPHA, max_iter=9, warm_start=True).fit(there(X), there(y))
    if not hasattr(there(y), "numpy"):
        pytest.skip("array-api-strict's devices cannot be compared after pickling")
    again = pickle.loads(pickle.dumps(reg))
    assert_array_equal(back(again.coef_), back(reg.coef_))
    both = again.fit(there(X), there(y)), reg.fit(there(X), there(y))
    assert_array_equal(*(back(each.coef_) for each in both))


def test_a_device_without_float64():
    """MPS is one: what is read comes to the host block by block, for sums in float64."""
    try:
        there = partial(strict, "no_float64")
        Z, t = there(X.astype(np.float32)), there(y.astype(np.float32))
    except ValueError:
        pytest.skip("an older array-api-strict has no such device")
    reg = GradientDescentRegressor(ALPHA, max_iter=60, tol=0, precompute=False).fit(Z, t)
    rounded = X.astype(np.float32).astype(float), y.astype(np.float32).astype(float)
    theta, _ = numpy_loop(design(rounded[0]), rounded[1], ALPHA, 60)
    assert_allclose(back(reg.coef_), theta[:-1].astype(np.float32), rtol=1e-6)
    assert_like(reg.predict(Z), Z)
    assert_like(reg.loss_history_, Z)
    expected = rounded[0] @ theta[:-1] + theta[-1]
    assert reg.score(Z, t) == pytest.approx(r2_score(rounded[1], expected), rel=1e-4)


def test_not_dispatched(there):
    """Then scikit-learn makes NumPy arrays of all that NumPy can read."""
    reg = GradientDescentRegressor(0.1, scale=True, max_iter=9, tol=0, store_path=True)
    reg.fit(there(X), there(y))
    readable = there is not PLACES["strict, other device"] and there is not PLACES["torch, CUDA"]
    with config_context(array_api_dispatch=False):
        expected = X @ back(reg.coef_) + float(reg.intercept_)
        assert_allclose(reg.predict(X), expected, rtol=1e-12)
        assert reg.score(X, y) == pytest.approx(r2_score(y, expected))
        LossCurveDisplay.from_estimator(reg)
        CoefficientPathDisplay.from_estimator(reg)
        if readable:
            fitted = clone(reg).fit(there(X), there(y))
            assert isinstance(fitted.coef_, np.ndarray)
            assert isinstance(fitted.predict(there(X)), np.ndarray)
    DescentPathDisplay.from_estimator(reg, there(X), there(y))


def test_scikit_learn_before_1_9(monkeypatch):
    monkeypatch.setattr(arrays, "IS_SUPPORTED", False)
    there = PLACES["strict"]
    fitted = GradientDescentRegressor(max_iter=9).fit(X, y)
    for call in (
        lambda: GradientDescentRegressor().fit(there(X), there(y)),
        lambda: GradientDescentRegressor().partial_fit(there(X[:0]), there(y[:0])),
        lambda: GradientDescentRegressorCV().fit(there(X), there(y)),
        lambda: cost(there(X), there(y), np.zeros(6)),
        lambda: max_stable_alpha(there(X)),
        lambda: fitted.predict(there(X)),
    ):
        with pytest.raises(TypeError, match=r"X is an array of array_api_strict.* needs scikit"):
            call()


# SciPy looks for the variable when it is imported.
CHECKS = """
import sys, warnings
from unittest import SkipTest
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn_gd import *

warnings.simplefilter("error")
warnings.simplefilter("ignore", ConvergenceWarning)
estimators = [
    # They compare histories: rounding decides after how many steps an adaptive rate ends.
    GradientDescentRegressor("lipschitz", max_iter=30, tol=0),
    GradientDescentRegressor(0.1, scale=True, precompute=False, store_path=True),
    GradientDescentRegressor("lipschitz", early_stopping=True, random_state=0),
    GradientDescentRegressorCV(3, cv=3, max_iter=30),
]
has_cuda = "torch" in sys.argv and __import__("torch").cuda.is_available()
for estimator in estimators:
    passed = []
    for estimator, check in estimator_checks_generator(estimator):
        name, how = check.func.__name__, str(check.keywords)
        # PyTorch may be built for CUDA where there is none.
        if "array_api" not in name or ("cuda" in how and not has_cuda):
            continue
        try:
            check(estimator)
        except SkipTest:
            continue
        passed.append(name + how)
    for expected in ["'numpy'", "CPU_DEVICE", "device1", "same_namespace", *sys.argv[1:]]:
        assert any(expected in name for name in passed), (expected, passed)
"""


def test_scikit_learns_checks():
    """None of them is skipped but those of libraries and devices that are not there."""
    pytest.importorskip("array_api_strict")
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    try:
        import torch as _  # noqa: F401

        expected = ["torch", "mixed_inputs"]
    except ImportError:
        expected = []
    command = [sys.executable, "-c", CHECKS, *expected]
    subprocess.run(command, check=True, env=environment)


def test_predictions_of_a_source_after_a_fit_to_tensors():
    torch = pytest.importorskip("torch")

    class Parts(RowSource):
        def __init__(self, kind):
            self.kind = kind

        def chunks(self):
            for some in slice(0, 40), slice(40, None):
                yield self.kind(X[some]), self.kind(y[some]), None

    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 3))
    y = X @ [1.0, 2.0, 3.0] + rng.normal(size=100)
    expected = GradientDescentRegressor().fit(X, y)
    with config_context(array_api_dispatch=True):
        reg = GradientDescentRegressor().fit(torch.from_numpy(X), torch.from_numpy(y))
        from_chunks = GradientDescentRegressor().fit(Parts(torch.from_numpy))
        assert_allclose(reg.predict(Parts(np.asarray)), expected.predict(X), rtol=1e-6)
    assert_allclose(from_chunks.coef_, expected.coef_, rtol=1e-6)
    assert reg.score(Parts(np.asarray)) == pytest.approx(expected.score(X, y), rel=1e-6)
