"""Going on where the last fit ended: to the bit on the same data, sensibly on other data."""

import pickle
import warnings
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning

from sklearn_gd import GradientDescentRegressor
from sklearn_gd.learning_rates import LearningRate, RateState

from ..problems import with_condition

DIABETES = load_diabetes(return_X_y=True, scaled=False)
RESUMABLE = ["auto", "barzilai-borwein", "lipschitz", "exact", "silver", 1e-6]


@pytest.mark.parametrize("tol", [0, 1e-6])
@pytest.mark.parametrize("data", ["raw diabetes", "kappa 100", "two targets", "perfect"])
@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("alpha", RESUMABLE)
def test_two_fits_are_one(alpha, precompute, data, tol):
    X, y = DIABETES if data == "raw diabetes" else with_condition(100)
    if data == "two targets":
        y = np.column_stack([y, X[:, 0]])
    if data == "perfect":
        y = X @ np.arange(6.0) + 1
    parameters = {"alpha": alpha, "precompute": precompute, "tol": tol}
    for k in (1, 7, 20):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            once = GradientDescentRegressor(**parameters, max_iter=2 * k).fit(X, y)
            half = GradientDescentRegressor(**parameters, max_iter=k, warm_start=True).fit(X, y)
            first = half.loss_history_
            # The pause may be as long as another process.
            twice = pickle.loads(pickle.dumps(half)).fit(X, y)
        assert_array_equal(twice.coef_, once.coef_)
        assert_array_equal(twice.intercept_, once.intercept_)
        assert_array_equal(np.concatenate([first[:-1], twice.loss_history_]), once.loss_history_)


def test_three_fits_of_which_the_second_has_nothing_to_return():
    """Silver iterates count after 2^k - 1 steps only: none of them is in 4 to 6 or 8 to 12."""
    X, y = with_condition(1e4)
    once = GradientDescentRegressor("silver", max_iter=12, tol=0).fit(X, y)
    reg = GradientDescentRegressor("silver", max_iter=4, tol=0, warm_start=True)
    for _ in range(3):
        reg.fit(X, y)
    assert_array_equal(reg.coef_, once.coef_)
    assert once.best_iter_ == 7
    assert reg.best_iter_ == -1, "one update before this fit began"


def test_schedule_goes_on_counting():
    X, y = with_condition(10)
    asked = []
    reg = GradientDescentRegressor(
        lambda k: asked.append(k) or 0.1, max_iter=3, tol=0, warm_start=True
    )
    reg.fit(X, y).fit(X, y + 1).fit(X, y + 1)
    assert asked == list(range(9))


@pytest.mark.parametrize("precompute", [True, False])
def test_other_data_begins_at_the_last_solution(precompute):
    X, y = with_condition(100)
    reg = GradientDescentRegressor("lipschitz", warm_start=True, precompute=precompute)
    theta = reg.fit(X, y).coef_
    reg.set_params(max_iter=1, tol=0, store_path=True).fit(X[:40] * 3, y[:40])
    assert_array_equal(reg.coef_path_[0], theta)
    cold = GradientDescentRegressor("lipschitz", max_iter=1, tol=0).fit(X[:40] * 3, y[:40])
    # The learning rate is that of the new data.
    assert_allclose(reg.alpha_history_, cold.alpha_history_)


def test_data_with_the_same_sums_is_other_data():
    """Whole numbers in another order have the same means and variances to the bit."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 9, (50, 2)).astype(float), rng.integers(0, 9, 50).astype(float)
    reg = GradientDescentRegressor(warm_start=True).fit(X, y)
    reg.fit(X, y[::-1])
    assert_allclose(reg.coef_, GradientDescentRegressor().fit(X, y[::-1]).coef_, rtol=1e-4)


def test_another_alpha_begins_at_the_best_of_a_fit_that_diverged():
    X, y = with_condition(100)
    reg = GradientDescentRegressor(50.0, warm_start=True)
    with pytest.warns(ConvergenceWarning, match="diverged"):
        reg.fit(X, y)
    assert reg.set_params(alpha="auto").fit(X, y).status_ == "converged"
    assert reg.loss_history_.max() < 10 * reg.loss_history_[0]


def test_a_solution_stays_one():
    X, y = with_condition(100)
    reg = GradientDescentRegressor(warm_start=True).fit(X, y)
    coef = reg.coef_
    assert reg.fit(X, y).n_iter_ == 0
    assert_array_equal(reg.coef_, coef)
    n = reg.set_params(tol=1e-12).fit(X, y).n_iter_
    assert 0 < n < 100


def test_float32_goes_on_in_float64():
    X, y = with_condition(100)
    X = X.astype(np.float32)
    parameters = {"alpha": 0.5, "tol": 0, "warm_start": True}
    once = GradientDescentRegressor(**parameters, max_iter=40).fit(X, y)
    twice = GradientDescentRegressor(**parameters, max_iter=20).fit(X, y).fit(X, y)
    assert_array_equal(once.loss_history_[20:], twice.loss_history_)


def test_without_warm_start_a_fit_begins_anew():
    X, y = with_condition(100)
    reg = GradientDescentRegressor(0.5, max_iter=5, tol=0)
    first = reg.fit(X, y).loss_history_
    assert_array_equal(reg.fit(X, y).loss_history_, first)


def test_the_users_start_takes_precedence():
    X, y = with_condition(100)
    reg = GradientDescentRegressor(warm_start=True, scale=False).fit(X, y)
    reg.fit(X, y, coef_init=np.zeros(6), intercept_init=0)
    cold = GradientDescentRegressor(scale=False).fit(X, y)
    assert_array_equal(reg.loss_history_, cold.loss_history_)


def test_starts_of_several_targets():
    X, y = with_condition(100)
    Y, start = np.column_stack([y, -y]), np.arange(12.0).reshape(2, 6)
    reg = GradientDescentRegressor(0.5, max_iter=1, tol=0, store_path=True)
    reg.fit(X, Y, coef_init=start, intercept_init=[1.0, 2.0])
    assert_array_equal(reg.coef_path_[0], start)
    assert_array_equal(reg.intercept_path_[0], [1.0, 2.0])


@pytest.mark.parametrize("change", ["features", "targets"])
def test_other_shapes_are_an_error(change):
    X, y = with_condition(100)
    reg = GradientDescentRegressor(warm_start=True).fit(X, y)
    X2, y2 = (X[:, :3], y) if change == "features" else (X, np.column_stack([y, y]))
    with pytest.raises(ValueError, match="warm_start=True, but the last fit had 6 features"):
        reg.fit(X2, y2)


def test_another_intercept_is_no_obstacle():
    X, y = with_condition(100)
    reg = GradientDescentRegressor(warm_start=True).fit(X, y)
    reg.set_params(fit_intercept=False).fit(X, y)
    exact = np.linalg.lstsq(X, y, rcond=None)[0]
    assert_allclose(reg.coef_, exact, atol=1e-4)
    assert reg.intercept_ == 0.0
    assert reg.set_params(fit_intercept=True).fit(X, y).status_ == "converged"


def test_a_fit_that_fails_is_as_if_it_had_not_been():
    """The next one goes on where the last that ended did."""
    X, y = with_condition(100)
    fails = []

    def rate(k):
        if fails and k == 7:
            raise RuntimeError("the user's own")
        return 0.5 / (k + 1)

    reg = GradientDescentRegressor(rate, max_iter=5, tol=0, warm_start=True).fit(X, y)
    fails.append(True)
    with pytest.raises(RuntimeError, match="the user's own"):
        reg.fit(X, y)
    fails.clear()
    once = GradientDescentRegressor(rate, max_iter=10, tol=0).fit(X, y)
    assert_array_equal(reg.fit(X, y).coef_, once.coef_)
    assert_array_equal(reg.loss_history_, once.loss_history_[5:])


@pytest.mark.parametrize("rate", ["silver", "chebyshev"])
def test_on_other_data_a_cycle_begins_anew(rate):
    """In the middle of the last one, whose steps were those of other eigenvalues."""
    X, y = with_condition(100)
    other, y_other = with_condition(30, seed=1)
    reg = GradientDescentRegressor(rate, max_iter=5, tol=0, warm_start=True).fit(X, y)
    reg.set_params(max_iter=8).fit(other, y_other)
    cold = GradientDescentRegressor(rate, max_iter=8, tol=0).fit(other, y_other)
    assert len(set(cold.alpha_history_)) > 3
    assert_allclose(reg.alpha_history_, cold.alpha_history_)
    # The last iterate at which it may end.
    assert reg.best_iter_ == cold.best_iter_ == {"silver": 7, "chebyshev": 8}[rate]


@dataclass(frozen=True, eq=False)
class Listed(LearningRate):
    """Of a user's own: one number after another, which == compares one by one."""

    alphas: np.ndarray

    def __eq__(self, other):
        return self.alphas == other.alphas

    def start(self, problem):
        return ListedState(self.alphas.tolist())


@dataclass
class ListedState(RateState):
    left: list

    def __call__(self, k, line):
        return self.left.pop()


class Incomparable(Listed):
    def __eq__(self, other):
        raise TypeError

    __hash__ = None


@pytest.mark.parametrize("kind", [Listed, Incomparable])
def test_a_rate_with_arrays_is_the_same_if_it_is_the_same_object(kind):
    X, y = with_condition(100)
    rate = kind(np.linspace(0.1, 0.5, 10))
    once = GradientDescentRegressor(rate, max_iter=10, tol=0).fit(X, y)
    twice = GradientDescentRegressor(rate, max_iter=5, tol=0, warm_start=True).fit(X, y).fit(X, y)
    assert_array_equal(twice.coef_, once.coef_)
    other = kind(np.linspace(0.1, 0.5, 10))
    twice.set_params(alpha=other).fit(X, y)
    assert_array_equal(twice.alpha_history_, other.alphas[:4:-1])
