"""A fitted estimator: saved and loaded it goes on bit for bit; it is never seen half fitted."""

import copy
import pickle
import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from sklearn_gd import GradientDescentRegressor, GradientDescentRegressorCV

from .problems import NAMES

rng = np.random.default_rng(3)
X = rng.normal(size=(60, 4))
Y = X @ [1.0, 2.0, 3.0, 4.0] + rng.normal(size=60)
# What the guide tells to trust.
TRUSTED = {
    "sklearn_gd._regressor.GradientDescentRegressor",
    "sklearn_gd._regressor_cv.GradientDescentRegressorCV",
    "sklearn_gd._descent.start.Pause",
    "sklearn_gd.rows._batches.Seen",
    "sklearn_gd._descent.state.State",
    "sklearn_gd._objective.point.Point",
    "sklearn_gd.rows._factor.RFactor",
    "sklearn_gd._descent.projection.Projection",
    "sklearn_gd._descent.projection.Box",
}
OF_RATES = ("sklearn_gd.learning_rates.",)


def by_skops(estimator):
    skops = pytest.importorskip("skops.io")
    saved = skops.dumps(estimator)
    trusted = skops.get_untrusted_types(data=saved)
    assert all(name in TRUSTED or name.startswith(OF_RATES) for name in trusted)
    return skops.loads(saved, trusted=trusted)


def by_mlflow(estimator, folder):
    mlflow = pytest.importorskip("mlflow.sklearn")
    rates = ("_automatic.Automatic", "_automatic.AutomaticSteps", "_adaptive.AlternatingSteps")
    how = {"pip_requirements": ["scikit-learn"]}  # or it would look for them, and take long
    if "skops_trusted_types" in mlflow.save_model.__code__.co_varnames:
        rates = [f"sklearn_gd.learning_rates.{name}" for name in rates]
        how["skops_trusted_types"] = [*TRUSTED, *rates]
    mlflow.save_model(estimator, folder / "model", **how)
    return mlflow.load_model(folder / "model")


WAYS = {
    **{f"pickle {n}": lambda est, n=n: pickle.loads(pickle.dumps(est, n)) for n in range(6)},
    "deepcopy": copy.deepcopy,
    "skops": by_skops,
}


@pytest.mark.parametrize("alpha", [0.1, *NAMES])
@pytest.mark.parametrize("way", WAYS)
def test_saved_and_loaded_it_goes_on_bit_for_bit(way, alpha):
    est = GradientDescentRegressor(alpha, max_iter=4, tol=0, warm_start=True, store_path=True)
    est.fit(X, np.column_stack([Y, -Y[::-1]]))
    loaded = WAYS[way](est)
    assert_array_equal(loaded.predict(X), est.predict(X))
    for one in (est, loaded):
        one.fit(X, np.column_stack([Y, -Y[::-1]]))
    assert_array_equal(loaded.loss_history_, est.loss_history_)
    assert_array_equal(loaded.coef_path_, est.coef_path_)


@pytest.mark.parametrize("alpha", [0.1, "auto", "barzilai-borwein"])
@pytest.mark.parametrize("way", WAYS)
def test_within_bounds_and_with_a_penalty_too(way, alpha):
    how = {"coef_bounds": (0.0, 2.5), "l2_regularization": 0.1, "warm_start": True}
    est = GradientDescentRegressor(alpha, max_iter=30, tol=0, **how).fit(X, Y)
    loaded = WAYS[way](est)
    for one in (est, loaded):
        one.fit(X, Y)
    assert_array_equal(loaded.loss_history_, est.loss_history_)
    assert_array_equal(loaded.coef_, est.coef_)


@pytest.mark.parametrize("way", WAYS)
def test_between_two_batches(way):
    est = GradientDescentRegressor("exact", max_iter=9, tol=0).partial_fit(X[:30], Y[:30])
    loaded = WAYS[way](est)
    for one in (est, loaded):
        one.partial_fit(X[30:], Y[30:])
    assert_array_equal(loaded.coef_, est.coef_)


@pytest.mark.parametrize("way", WAYS)
def test_the_search(way):
    est = GradientDescentRegressorCV([0.1, 0.3], max_iter=2000).fit(X, Y)
    assert_array_equal(WAYS[way](est).predict(X), est.predict(X))


@pytest.mark.filterwarnings("ignore")  # other packages' own
def test_mlflow(tmp_path):
    est = GradientDescentRegressor(max_iter=4, tol=0, warm_start=True).fit(X, Y)
    loaded = by_mlflow(est, tmp_path)
    assert_array_equal(loaded.fit(X, Y).loss_history_, est.fit(X, Y).loss_history_)


def fails_at(k):
    def rate(i):
        if i == k:
            raise RuntimeError("the user's own")
        return 0.01

    return rate


WAYS_TO_FAIL = {
    "rate": ({"alpha": fails_at(2)}, X, RuntimeError),
    "rate at the start": ({"alpha": fails_at(0)}, X, RuntimeError),
    "parameter": ({"alpha": -1.0}, X, ValueError),
    "other features": ({"alpha": fails_at(1), "warm_start": False}, X[:, :3], RuntimeError),
    "nan": ({}, np.where(X > 1, np.nan, X), ValueError),
    "warning": ({"alpha": 100.0}, X, ConvergenceWarning),
}


@pytest.mark.parametrize("name", WAYS_TO_FAIL)
def test_a_fit_that_raises_leaves_the_last_one(name):
    settings, other, error = WAYS_TO_FAIL[name]
    est = GradientDescentRegressor(
        store_path=True, early_stopping=True, warm_start=True, random_state=0
    ).fit(X, Y)
    before = copy.deepcopy(vars(est))
    est.set_params(**settings)
    with pytest.raises(error):
        est.fit(other, Y)
    after = vars(est)
    assert after.keys() == before.keys()
    for key, value in before.items():
        if key.endswith("_"):
            assert_array_equal(after[key], value)
    est.set_params(alpha="auto").fit(X, Y)


@pytest.mark.parametrize("name", WAYS_TO_FAIL)
def test_a_first_fit_that_raises_leaves_none(name):
    settings, other, error = WAYS_TO_FAIL[name]
    est = GradientDescentRegressor(**settings)
    with pytest.raises(error):
        est.fit(other, Y)
    with pytest.raises(NotFittedError):
        est.predict(X)
    assert not hasattr(est, "n_features_in_")


def test_a_batch_that_raises_is_not_counted():
    est = GradientDescentRegressor("exact", max_iter=9, tol=0).partial_fit(X[:30], Y[:30])
    expected = copy.deepcopy(est).partial_fit(X[30:], Y[30:])
    with pytest.raises(ValueError, match="NaN"):
        est.partial_fit(np.full((2, 4), np.nan), [1.0, 2.0])
    assert_array_equal(est.partial_fit(X[30:], Y[30:]).coef_, expected.coef_)


def test_a_search_that_raises_leaves_the_last_one():
    est = GradientDescentRegressorCV([0.1, 0.3], max_iter=2000).fit(X, Y)
    before = copy.deepcopy(est)
    with pytest.raises(ConvergenceWarning):
        est.set_params(alphas=[100.0]).fit(X[:, :3], Y)
    assert_array_equal(est.predict(X), before.predict(X))
    assert_array_equal(est.mse_path_, before.mse_path_)


def test_another_thread_sees_the_old_fit_or_the_new_one():
    """Refitted to two targets in turn, whose parts together would predict something else."""
    est = GradientDescentRegressor("exact", max_iter=3, tol=0, store_path=True)
    fits = [est.fit(X, y + 100 * sign).predict(X) for y, sign in ((Y, 1), (-Y, -1))]
    done, wrong = threading.Event(), []

    def look():
        while not done.is_set():
            for seen in (
                est.predict(X),
                copy.deepcopy(est).predict(X),
                copy.copy(est).predict(X),
                pickle.loads(pickle.dumps(est)).predict(X),
            ):
                if not any(np.array_equal(seen, fit) for fit in fits):
                    wrong.append(seen)

    def watched():
        try:
            look()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=watched) for _ in range(2)]
    for thread in threads:
        thread.start()
    for i in range(300):
        est.set_params(store_path=i % 3 == 0)
        est.fit(X, (Y + 100) if i % 2 else (-Y - 100))
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_predictions_while_another_thread_fits_other_features():
    """Those of the fit that the names were checked against, or a refusal."""
    pd = pytest.importorskip("pandas")
    A = pd.DataFrame(X[:, :2], columns=["a", "b"])
    B = A[["b", "a"]]
    est = GradientDescentRegressor("exact", max_iter=3, tol=0)
    est.fit(B, Y)
    expected, done, wrong = est.fit(A, Y).predict(A), threading.Event(), []

    def look():
        while not done.is_set():
            try:
                found = est.predict(A)
            except ValueError:
                continue
            if not np.array_equal(found, expected):
                wrong.append(found)

    thread = threading.Thread(target=look)
    thread.start()
    for i in range(300):
        est.fit(B if i % 2 else A, Y)
    done.set()
    thread.join()
    assert wrong == []
