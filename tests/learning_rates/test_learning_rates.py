"""Each learning rate against its formula, its rate of convergence, and the protocol."""

import dataclasses
import math
import pickle
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import eval_chebyt
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from sklearn_gd import GradientDescentRegressor, max_stable_alpha
from sklearn_gd.learning_rates import NAMED, ABBmin, LearningRate, RateState
from sklearn_gd.learning_rates._automatic import AutomaticSteps, reciprocal_eigenvalue
from sklearn_gd.learning_rates._chebyshev import cycle_length, stable_order
from sklearn_gd.learning_rates.protocol import Line

from ..problems import NAMES, design, half_mse, largest_eigenvalue, least_squares, with_condition


def iterates(alpha, X, y, n_steps, **parameters):
    """Regressor after n_steps without an intercept, its iterates and gradients from the data."""
    how = {"fit_intercept": False, "scale": False, "max_iter": n_steps, "tol": 0}
    reg = GradientDescentRegressor(alpha, store_path=True, **how, **parameters).fit(X, y)
    gradients = [X.T @ (X @ w - y) / len(y) for w in reg.coef_path_]
    return reg, reg.coef_path_, gradients


@pytest.fixture(scope="module")
def problem():
    return with_condition(100, n_rows=50, n_features=5, seed=1)


def test_names_are_documented_ones():
    assert sorted(NAMED) == sorted(NAMES)
    for name in NAMES:
        assert f'"{name}"' in GradientDescentRegressor.__doc__


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("name", ["auto", "barzilai-borwein", "exact", "lipschitz", "silver"])
def test_updates_follow_the_rates(name, precompute, problem):
    """theta_{k+1} = theta_k - alpha_k gradient, whatever the rate."""
    X, y = problem
    reg, w, g = iterates(name, X, y, 30, precompute=precompute)
    for k, alpha in enumerate(reg.alpha_history_):
        assert_allclose(w[k + 1], w[k] - alpha * g[k], rtol=1e-9, atol=1e-12)
        assert_allclose(reg.loss_history_[k], half_mse(X, y, w[k]), rtol=1e-9)


def test_lipschitz_is_one_over_L(problem):
    X, y = problem
    reg, _, _ = iterates("lipschitz", X, y, 3)
    assert_allclose(reg.alpha_history_, 1 / largest_eigenvalue(X), rtol=1e-12)
    assert_allclose(2 * reg.alpha_history_[0], max_stable_alpha(X, fit_intercept=False))


@pytest.mark.parametrize("precompute", [True, False])
def test_exact_line_search_minimises_along_the_gradient(problem, precompute):
    X, y = problem
    _, _, g = iterates("exact", X, y, 10, precompute=precompute)
    for k in range(10):
        # At the minimum along a line the next gradient is orthogonal to it.
        assert abs(g[k] @ g[k + 1]) <= 1e-9 * (g[k] @ g[k])


def test_barzilai_borwein_by_its_definition(problem):
    X, y = problem
    reg, w, g = iterates("barzilai-borwein", X, y, 20)
    assert_allclose(abs(g[0] @ g[1]), 0, atol=1e-12 * (g[0] @ g[0]))
    for k in range(1, 20):
        s, change = w[k] - w[k - 1], g[k] - g[k - 1]
        assert_allclose(reg.alpha_history_[k], s @ s / (s @ change), rtol=1e-6)


def test_abbmin_by_its_definition(problem):
    X, y = problem
    reg, w, g = iterates(ABBmin(), X, y, 40)
    threshold, short_steps, kinds = 0.4, [], set()
    for k in range(1, 40):
        s, change = w[k] - w[k - 1], g[k] - g[k - 1]
        long, short = s @ s / (s @ change), s @ change / (change @ change)
        short_steps.append(short)
        if short < threshold * long:
            expected, threshold = min(short_steps[-3:]), threshold * 0.95
            kinds.add("short")
        else:
            expected, threshold = long, threshold * 1.05
            kinds.add("long")
        assert_allclose(reg.alpha_history_[k], expected, rtol=1e-5)
    assert kinds == {"short", "long"}


def test_chebyshev_cycle_reaches_its_bound():
    X, y = with_condition(1e4, seed=2)
    reg = GradientDescentRegressor("chebyshev", fit_intercept=False, max_iter=256, tol=0)
    reg.fit(X, y)
    assert_allclose(len(set(reg.alpha_history_)), 256)
    minimum = least_squares(X, y, fit_intercept=False)[1]
    kappa = 1e4
    bound = 1 / math.cosh(256 * math.acosh((kappa + 1) / (kappa - 1))) ** 2
    excess = reg.loss_history_[[0, -1]] - minimum
    assert excess[1] <= bound * excess[0] * (1 + 1e-6) + 1e-12 * minimum


@pytest.mark.parametrize("N", [1, 2, 4, 64, 1024])
def test_chebyshev_order_is_stable(N):
    """All roots once, in an order whose partial products stay bounded."""
    order = stable_order(N)
    assert sorted(order) == list(range(1, 2 * N, 2))
    roots = np.cos(np.pi * np.array(order) / (2 * N))
    kappa = 1e4
    x = np.linspace(-1, 1, 201)
    centre = (kappa + 1) / (kappa - 1)
    product = np.cumprod(1 - (x[:, None] + centre) / (roots + centre), axis=1)
    assert np.abs(product).max() < 2 * kappa


def test_chebyshev_converges_in_about_sqrt_kappa_steps():
    X, y = with_condition(1e4, seed=3)
    reg = GradientDescentRegressor("chebyshev", fit_intercept=False).fit(X, y)
    assert reg.status_ == "converged"
    assert reg.n_iter_ <= 2048
    assert reg.n_iter_ & (reg.n_iter_ - 1) == 0, "one cycle, a power of two"


def test_silver_schedule():
    """The first seven silver steps, from the paper, times L."""
    X, y = with_condition(10, seed=4)
    reg, _, _ = iterates("silver", X, y, 7)
    r = math.sqrt(2)
    steps = np.array([r, 2, r, 2 + r, r, 2, r])
    assert_allclose(reg.alpha_history_ * largest_eigenvalue(X), steps, rtol=1e-12)


def test_silver_keeps_its_worst_case_bound():
    """On a problem near the worst case: a single eigenvalue far below L."""
    n = 255
    for small in (1.0, 0.1, 1e-2, 1e-3, 1e-4):
        X = np.diag(np.sqrt(2 * np.array([1.0, small])))
        y = X @ np.array([0.0, 1.0])
        reg = GradientDescentRegressor("silver", fit_intercept=False, max_iter=n, tol=0).fit(X, y)
        rho = 1 + math.sqrt(2)
        bound = 1 / (1 + math.sqrt(4 * rho ** (2 * 8) - 3))
        assert reg.loss_history_[-1] <= bound * (1 + 1e-9)


def test_only_ends_of_cycles_are_returned():
    X, y = with_condition(1e6, seed=5)
    with pytest.warns(ConvergenceWarning):
        silver = GradientDescentRegressor("silver", max_iter=100).fit(X, y)
    assert silver.n_iter_ == 100
    assert silver.best_iter_ in (0, 1, 3, 7, 15, 31, 63)
    with pytest.warns(ConvergenceWarning):
        chebyshev = GradientDescentRegressor("chebyshev", max_iter=100).fit(X, y)
    assert chebyshev.best_iter_ in (0, 64)


def test_rates_of_convergence_in_order():
    """kappa = 1e4: constant steps need thousands, Chebyshev and "auto" hundreds."""
    X, y = with_condition(1e4, seed=6)
    steps = {
        name: GradientDescentRegressor(name, max_iter=200_000).fit(X, y).n_iter_ for name in NAMES
    }
    assert max(steps["auto"], steps["chebyshev"]) * 10 < steps["lipschitz"]
    assert steps["auto"] < steps["exact"]


@pytest.mark.parametrize("name", NAMES)
def test_descriptions_are_immutable_and_refits_share_nothing(name):
    X, y = with_condition(100, seed=7)
    rate = NAMED[name]
    assert hash(rate) == hash(pickle.loads(pickle.dumps(rate)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        rate.new = 1
    reg = GradientDescentRegressor(rate, max_iter=20, tol=0)
    first = reg.fit(X, y).alpha_history_
    assert np.array_equal(reg.fit(X, y).alpha_history_, first)
    assert np.array_equal(clone(reg).fit(X, y).alpha_history_, first)


def test_no_slope_no_step():
    """L = 0: every learning rate is finite and nothing moves."""
    X, y = np.zeros((5, 2)), np.ones(5)
    for name in NAMES:
        reg = GradientDescentRegressor(name, fit_intercept=False, tol=0, max_iter=8).fit(X, y)
        assert np.isfinite(reg.alpha_history_).all()
        assert not reg.coef_.any()
        if name == "lipschitz":
            assert_allclose(reg.alpha_history_, 1.0)


@pytest.mark.parametrize("name", ["auto", "barzilai-borwein", "exact"])
def test_going_on_after_the_gradient_has_vanished(name):
    X, y = with_condition(3, seed=8)
    reg = GradientDescentRegressor(name, tol=0, max_iter=3000).fit(X, y)
    assert reg.n_iter_ == 3000
    assert_allclose(reg.loss_history_[-1], least_squares(X, y)[1], rtol=1e-12)


class Halving(LearningRate):
    """A learning rate of a user's own: 1/L, 1/(2 L), 1/L, ..."""

    def start(self, problem):
        """Remember 1/L."""
        self_alpha = 1 / problem.largest_eigenvalue
        return lambda k, line: self_alpha / (1 + k % 2)


def test_an_object_of_the_users_own(problem):
    X, y = problem
    reg, _, _ = iterates(Halving(), X, y, 4)
    assert_allclose(reg.alpha_history_ * largest_eigenvalue(X), [1, 0.5, 1, 0.5])


def test_a_schedule_of_the_users_own(problem):
    X, y = problem
    reg, _, _ = iterates(lambda k: 1 / (k + 1), X, y, 4)
    assert_allclose(reg.alpha_history_, [1, 1 / 2, 1 / 3, 1 / 4])


def test_a_schedule_may_fade_to_zero(problem):
    X, y = problem
    asked = []
    reg, _, _ = iterates(lambda k: asked.append(k) or (0.0 if k > 2 else 0.5), X, y, 6)
    assert_allclose(reg.alpha_history_, [0.5, 0.5, 0.5, 0, 0, 0])
    assert asked == list(range(6))


@pytest.mark.parametrize("tol", [0.0, 1e-2, 1e-6])
def test_the_whole_problem_is_there_to_ask(problem, tol):
    X, y = problem
    seen = {}

    class Curious(LearningRate):
        def start(self, problem):
            seen.update(
                L=problem.largest_eigenvalue,
                mu=problem.smallest_eigenvalue,
                suboptimality=problem.suboptimality,
                allowed=problem.suboptimality_allowed,
                loss=problem.loss,
                max_iter=problem.max_iter,
                tol=problem.tol,
            )
            return lambda k, line: 0.1

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        GradientDescentRegressor(Curious(), max_iter=5, tol=tol).fit(X, y)
    eigenvalues = np.linalg.eigvalsh(design(X).T @ design(X) / len(y))
    assert_allclose([seen["L"], seen["mu"]], eigenvalues[[-1, 0]], rtol=1e-9)
    assert_allclose(seen["loss"], np.mean(y**2) / 2)
    assert_allclose(seen["suboptimality"], seen["loss"] - least_squares(X, y)[1], rtol=1e-9)
    assert_allclose(seen["allowed"], min(tol**2, 1e-7) * least_squares(X, y)[1], rtol=1e-6)
    assert (seen["max_iter"], seen["tol"]) == (5, tol)


class BetweenTheEnds(LearningRate):
    """A constant rate of a user's own, 2/(L + mu), which needs the smallest eigenvalue."""

    kind = "constant"
    needs_spectrum = True

    def start(self, problem):
        alpha = 2.0 / (problem.largest_eigenvalue + problem.smallest_eigenvalue)
        return lambda k, line: alpha


def test_a_rate_of_the_users_own_that_needs_the_spectrum():
    """With more features than rows precompute="auto" would not compute the Gram matrix."""
    X, y = np.random.default_rng(0).normal(size=(50, 300)), np.ones(50)
    reg = GradientDescentRegressor(BetweenTheEnds(), max_iter=3, tol=0).fit(X, y)
    eigenvalues = np.linalg.eigvalsh(design(X).T @ design(X) / 50)
    expected = 2 / (eigenvalues[-1] + eigenvalues[eigenvalues > 1e-9][0])
    assert_allclose(reg.alpha_history_, expected, rtol=1e-6)
    with pytest.raises(ValueError, match="precompute=False"):
        GradientDescentRegressor(BetweenTheEnds(), precompute=False).fit(X, y)


class Undeclared:
    def start(self, problem):
        return lambda k, line: 0.1


@pytest.mark.parametrize("kind", ["fixed", None])
def test_a_rate_declares_what_it_is(problem, kind):
    X, y = problem
    with pytest.raises(TypeError, match="does not declare kind, needs_spectrum and projects"):
        GradientDescentRegressor(Undeclared()).fit(X, y)
    rate = Halving()
    vars(rate)["kind"] = kind
    with pytest.raises(ValueError, match="kind must be one of"):
        GradientDescentRegressor(rate).fit(X, y)


class InPairs(RateState):
    def __call__(self, k, line):
        return 0.1

    def may_stop(self, k):
        return k % 2 == 0


class Pairs(LearningRate):
    def start(self, problem):
        return InPairs()


def test_a_state_may_say_which_iterates_count():
    X, y = with_condition(10)
    with pytest.warns(ConvergenceWarning):
        reg = GradientDescentRegressor(Pairs(), max_iter=7).fit(X, y)
    assert reg.best_iter_ == 6


@pytest.mark.parametrize("zero", [0.0, 0, np.float64(0), np.float32(0)])
def test_zero_stays_whatever_its_type(zero):
    class Resting(LearningRate):
        def start(self, problem):
            return lambda k, line: zero if k % 2 == 0 else 0.1

    X, y = with_condition(10)
    reg = GradientDescentRegressor(Resting(), max_iter=4, tol=0).fit(X, y)
    once = GradientDescentRegressor(0.1, max_iter=2, tol=0).fit(X, y)
    assert_allclose(reg.coef_, once.coef_)
    assert_allclose(reg.alpha_history_, [0.0, 0.1, 0.0, 0.1])


@pytest.mark.parametrize("kappa", [1.5, 9.0, 100.0, 1e6])
@pytest.mark.parametrize("shrink", [0.5, 1 / 7.5, 1e-3, 1e-6])
def test_a_chebyshev_cycle_is_the_shortest_that_reaches_tol(kappa, shrink):
    """A cycle leaves 1 / T_N((kappa + 1) / (kappa - 1)) of the error."""
    problem = SimpleNamespace(max_iter=1e9, suboptimality=3.0)
    problem.suboptimality_allowed = 3.0 * shrink**2
    left = [1 / eval_chebyt(2**i, (kappa + 1) / (kappa - 1)) for i in range(20)]
    shortest = next(i for i, share in enumerate(left) if share <= shrink)
    assert cycle_length(problem, kappa) == 2**shortest
    problem.max_iter = 2**shortest - 1
    assert cycle_length(problem, kappa) == max(2**shortest // 2, 1)


def test_a_reciprocal_that_would_blow_up_another_component_waits_for_it():
    """The step 1/l_0 makes the component along l_1 grow by l_1 / l_0 - 1."""
    values, sizes = np.array([0.25, 1.0, 5.0]), np.array([1.0, 2.0, 0.0])
    shares = sizes**2 / values
    for most, eigenvalue in (6.1, 0.25), (5.9, 1.0):
        assert reciprocal_eigenvalue(values, sizes, shares, most) == 1 / eigenvalue
    # Of two it is the one that would grow most, and the last is stopped by nothing.
    assert reciprocal_eigenvalue(values, np.array([1.0, 2.0, 1.0]), shares, 1.0) == 0.2


def test_components_may_grow_more_where_there_is_no_progress():
    """By ten times as much where J - J* has not halved in 4 steps for each of 2 eigenvalues."""
    values = np.array([1 / 500, 1.0])

    def alphas(n_steps, shrink):
        """With components that shrink so once in five steps; the first are small."""
        state, found = AutomaticSteps(), []
        for k in range(16 + 2 * 2 + n_steps):
            g = (1e-3 if k < 20 else shrink ** (k // 5)) * np.ones(2)
            line = Line(g, values * g, g @ g, g @ (values * g), k, lambda g, k: (values, g))
            found.append(state(k, line))
        return found[20:]

    # The first sets what the others are compared with, and the ninth of them is one too many.
    assert alphas(11, 1.0) == [1.0] * 9 + [500.0] * 2
    assert set(alphas(11, 0.6)) == {1.0}


@pytest.mark.parametrize("precompute", [True, False])
def test_automatic_steps_are_reciprocals_of_eigenvalues_later(problem, precompute):
    """After 16 + 2 p steps, as it says; before they are those of ABBmin."""
    X, y = problem
    reg, _, _ = iterates("auto", X, y, 40, precompute=precompute)
    other, _, _ = iterates(ABBmin(), X, y, 26, precompute=precompute)
    assert_allclose(reg.alpha_history_[:26], other.alpha_history_)
    eigenvalues = np.linalg.eigvalsh(X.T @ X / len(y))
    later = reg.alpha_history_[26:, None]
    later = later[later[:, 0] > 0]
    assert len(later)
    assert (np.abs(later * eigenvalues - 1).min(axis=1) < 1e-6).all()


def test_a_line_need_not_know_the_eigenvalues():
    g = np.ones(2)
    assert Line(g, 3 * g, 2.0, 6.0).components() is None
