"""Which form precompute="auto" takes, when it goes over, and that only the clock can tell."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sklearn_gd import GradientDescentRegressor, max_stable_alpha
from sklearn_gd._objective import plan
from sklearn_gd._objective.moments import gathering_reads, lanes_of
from sklearn_gd._objective.plan import ALWAYS_WORTH, NEVER, Plan, affordable, when_to_gather
from sklearn_gd.rows._memory import Rows

rng = np.random.default_rng(0)
# Wide enough that gathering costs more than it is always worth.
WIDE = rng.normal(size=(1000, 800))
WIDE_Y = WIDE @ rng.normal(size=800) + rng.normal(size=1000)


def reads_of(monkeypatch):
    """A list that grows by one with every read of rows."""
    counted, read = [], Rows.sum
    monkeypatch.setattr(Rows, "sum", lambda *a, **k: counted.append(1) or read(*a, **k))
    return counted


@dataclass
class Shape:
    """As much of Rows as a choice needs."""

    n_rows: int
    n_features: int
    density: float = 1.0
    n_targets: int = 1
    slowness: float = 1.0

    @property
    def n_stored(self):
        return int(self.density * self.n_rows * self.n_features)

    @property
    def y(self):
        return np.empty((1, self.n_targets))


@pytest.mark.parametrize(
    ("shape", "max_iter", "expected"),
    [
        (Shape(442, 10), 10_000, "at once"),
        (Shape(1_000_000, 100), 10_000, "at once"),
        (Shape(200_000, 500), 10_000, "at once"),
        (Shape(100_000, 1000), 10_000, "on the way"),
        (Shape(100_000, 1000), 3, "after max_iter"),
        (Shape(200_000, 500), 3, "after max_iter"),
        (Shape(20_000, 4000), 10_000, "on the way"),
        (Shape(20_000, 4000, n_targets=10), 10_000, "at once"),
        (Shape(4000, 20_000), 10_000, "never"),
        (Shape(50, 500), 10_000, "at once"),
        (Shape(200_000, 500, density=1e-2), 10_000, "on the way"),
        (Shape(10**9, 10**6), 10_000, "never"),
    ],
)
def test_the_choice(shape, max_iter, expected):
    gather_at = when_to_gather(shape, max_iter)
    assert {
        "at once": gather_at == 0,
        "on the way": 0 < gather_at < max_iter,
        "after max_iter": max_iter <= gather_at < math.inf,
        "never": gather_at == math.inf,
    }[expected]


@given(
    n_rows=st.integers(1000, 10**6),
    n_features=st.integers(1, 5000),
    n_steps=st.integers(1, 10_000),
)
def test_at_most_twice_the_better_choice(n_rows, n_features, n_steps):
    """Counting a step by moments as nothing, and what each form needs besides as ALWAYS_WORTH."""
    rows = Shape(max(n_rows, n_features), n_features)
    gathering, gather_at = gathering_reads(rows), when_to_gather(rows, 10_000)
    cost = min(n_steps, gather_at) + (gathering if n_steps > gather_at else 0)
    better = min(n_steps, gathering)
    assert cost + ALWAYS_WORTH <= 2 * (better + ALWAYS_WORTH) + 1


def test_it_does_not_take_more_than_its_share_of_memory(monkeypatch):
    n = WIDE.shape[1]
    needed = 8 * (3 * lanes_of(n) + 4) * n**2
    monkeypatch.setattr(plan, "physical_memory", lambda: 4 * needed)
    assert affordable(n)
    monkeypatch.setattr(plan, "physical_memory", lambda: 4 * needed - 1)
    assert not affordable(n)
    assert when_to_gather(Rows(WIDE, WIDE_Y[:, None]), 10_000) == math.inf


def test_memory_is_known():
    assert 1 << 28 < plan.physical_memory() < 1 << 50


@pytest.fixture(scope="module")
def constant():
    return {"alpha": 0.5 * max_stable_alpha(WIDE), "max_iter": 40, "tol": 0}


def test_going_over_leaves_no_trace(constant):
    """30 updates by passes and 10 by moments, beside 40 of one kind."""
    assert 25 < when_to_gather(Rows(WIDE, WIDE_Y[:, None]), 40) < 35
    both = GradientDescentRegressor(**constant).fit(WIDE, WIDE_Y)
    for precompute in (True, False):
        one = GradientDescentRegressor(precompute=precompute, **constant).fit(WIDE, WIDE_Y)
        assert_allclose(both.coef_, one.coef_, rtol=1e-9, atol=1e-12)
        assert_allclose(both.loss_history_, one.loss_history_, rtol=1e-9)


def test_reads_until_it_goes_over(constant, monkeypatch):
    """One for the moments, one a step, one for the covariances, and then no more."""
    counted = reads_of(monkeypatch)
    GradientDescentRegressor(**constant).fit(WIDE, WIDE_Y)
    steps = when_to_gather(Rows(WIDE, WIDE_Y[:, None]), 40)
    # The drift of so many steps may ask for one read more at the end.
    assert steps + 2 <= len(counted) <= steps + 3


@pytest.mark.parametrize("pause", [10, 28, 35])
def test_a_warm_start_goes_over_where_a_long_fit_does(constant, pause):
    whole = GradientDescentRegressor(**constant).fit(WIDE, WIDE_Y)
    parts = GradientDescentRegressor(**constant, warm_start=True)
    parts.set_params(max_iter=pause).fit(WIDE, WIDE_Y)
    parts.set_params(max_iter=40 - pause).fit(WIDE, WIDE_Y)
    assert_array_equal(parts.coef_, whole.coef_)
    assert_array_equal(parts.loss_history_, whole.loss_history_[pause:])


def test_converges_from_either_side():
    """A default fit certifies its solution before and after it goes over."""
    for X in (WIDE[:, :700], sparse.csr_array(WIDE * (rng.random(WIDE.shape) < 0.05))):
        reg = GradientDescentRegressor(tol=1e-9, max_iter=20_000).fit(X, WIDE_Y)
        assert reg.status_ == "converged"
        dense = X.toarray() if sparse.issparse(X) else X
        design = np.column_stack([dense, np.ones(len(dense))])
        theta = np.linalg.lstsq(design, WIDE_Y, rcond=None)[0]
        least = np.mean((design @ theta - WIDE_Y) ** 2) / 2
        assert reg.loss_history_[-1] - least <= 1e-7 * least


def test_the_bound_of_L_is_one():
    X = rng.normal(size=(200, 8)) + 5.0
    rows = Rows(X, X[:, :1])
    largest = 2 / max_stable_alpha(X)
    for gram_from in (0, NEVER):
        bound = Plan.made(rows, True, gram_from).bound(1)
        assert largest <= bound * (1 + 1e-12)
        assert bound <= 10 * largest


def test_well_conditioned_data_is_read_once():
    """One read in all: a bound of the rounding spares the one before convergence."""
    X = rng.normal(size=(5000, 5))
    rows = []
    original = Rows.__init__

    def watched(self, *args, **named):
        original(self, *args, **named)
        rows.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rows, "__init__", watched)
        reg = GradientDescentRegressor().fit(X, X @ np.arange(5.0) + rng.normal(size=5000))
    assert reg.status_ == "converged"
    assert [r.reads for r in rows] == [1]


@pytest.mark.parametrize("pause", [5, 14, 20])
def test_targets_go_over_each_by_its_own_number(pause):
    """Covariances that one target has gathered must not change another's form before its time."""
    X = sparse.random(2000, 150, 0.05, format="csr", random_state=np.random.default_rng(1))
    Y = X @ rng.normal(size=(150, 3)) + 0.1 * rng.normal(size=(2000, 3))
    assert 10 < when_to_gather(Rows(sparse.csr_array(X), Y), math.inf) < 40
    whole = GradientDescentRegressor(max_iter=60, tol=0, warm_start=True).fit(X, Y)
    parts = GradientDescentRegressor(max_iter=pause, tol=0, warm_start=True).fit(X, Y)
    parts.set_params(max_iter=60 - pause).fit(X, Y)
    assert_array_equal(parts.coef_, whole.coef_)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_other_data_with_the_same_variances_is_other_data(container):
    """By passes: a warm start must not trust the gradient it kept."""
    a, b = np.tile([1.0, 1.0, -1.0, -1.0], 50), np.tile([1.0, -1.0, 1.0, -1.0], 50)
    y = np.tile([1.0, -1.0, -1.0, 1.0], 50)
    one, other = np.column_stack([a, b]), np.column_stack([a, a])
    one, other = one + 2 * y[:, None], other + 2 * y[:, None]
    reg = GradientDescentRegressor(precompute=False, warm_start=True)
    reg.fit(container(one), y).fit(container(other), y)
    assert_allclose(reg.coef_, [0.2, 0.2], rtol=1e-6)
    assert_allclose(reg.loss_history_[-1], 0.1, rtol=1e-6)


@pytest.mark.parametrize("apart", [1e-4, 3e-5])
def test_one_hidden_pair_among_many_features(apart):
    """Probes by passes find a direction of eigenvalue 1e-9 that the bulk of the spectrum hides."""
    random = np.random.default_rng(0)
    X = random.normal(size=(5000, 640))
    difference = X[:, 0].copy()
    X[:, 0] = X[:, 1] + apart * difference
    y = X[:, 10:] @ (random.normal(size=630) / 25) + random.normal(size=5000) + 0.02 * difference
    reg = GradientDescentRegressor().fit(X, y)
    design = np.column_stack([X, np.ones(5000)])
    residual = design @ np.linalg.lstsq(design, y, rcond=None)[0] - y
    least = residual @ residual / 10_000
    assert reg.status_ == "converged"
    assert reg.loss_history_[-1] - least <= 1e-6 * least


def test_more_features_than_eigenvalues_are_worth(monkeypatch):
    """By passes they are not computed, however many steps there are."""
    few = rng.normal(size=(30, 1100))
    counted = reads_of(monkeypatch)
    reg = GradientDescentRegressor(precompute=False, max_iter=2300, tol=0)
    reg.fit(few, few @ rng.normal(size=1100))
    assert reg.n_iter_ == 2300
    assert len(counted) < 2 * 2300


def test_of_orthogonal_features_a_solution_is_certain_at_once(monkeypatch):
    """A conjugate gradient step or two by passes leave nothing that could hide."""
    X = np.linalg.qr(WIDE[:, :700] - WIDE[:, :700].mean(axis=0))[0] * np.sqrt(1000)
    counted = reads_of(monkeypatch)
    reg = GradientDescentRegressor("lipschitz", precompute=False).fit(X, WIDE_Y)
    assert reg.status_ == "converged"
    assert len(counted) <= reg.n_iter_ + 8


@pytest.mark.parametrize("n_features", [1, 100, 1000, 1200, 1999, 2000, 10_000])
def test_lanes_of_covariances_are_as_many_as_fit(n_features):
    """Those of 1000 features in 8 lanes set the size."""
    lanes, most = lanes_of(n_features), 8 * 1000**2
    assert 2 <= lanes <= 8
    assert lanes == 2 or lanes * n_features**2 <= most
    assert lanes == 8 or (lanes + 1) * n_features**2 > most


@pytest.mark.parametrize("precompute", [True, False])
def test_an_error_about_values_names_the_estimator(precompute):
    X = rng.normal(size=(30, 3))
    X[4, 1] = np.nan
    with pytest.raises(ValueError, match=r"X contains NaN.\n*GradientDescentRegressor"):
        GradientDescentRegressor(precompute=precompute).fit(X, np.ones(30))
