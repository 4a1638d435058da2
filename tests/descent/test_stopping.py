"""The rule that ends a descent: invariant, necessary and, by moments, sufficient."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import ConvergenceWarning

from sklearn_gd import GradientDescentRegressor
from sklearn_gd._objective.curvature import PROBES
from sklearn_gd._objective.least_squares import LeastSquares
from sklearn_gd._objective.plan import Plan
from sklearn_gd.learning_rates import LearningRate
from sklearn_gd.rows._memory import Rows

from ..objective.test_precompute import reads_of
from ..problems import (
    NAMES,
    design,
    fitted_theta,
    half_mse,
    largest_eigenvalue,
    least_squares,
    with_condition,
)


def correlations(X, y, reg, weights=None):
    """Of the residual with each feature, and its mean over its root mean square."""
    residual = y - reg.predict(X)
    s = np.ones(len(y)) if weights is None else weights
    rms = np.sqrt(np.average(residual**2, weights=s))
    centred = X - np.average(X, axis=0, weights=s)
    scale = np.sqrt(np.average(centred**2, axis=0, weights=s)) * rms
    return np.append(
        np.average(centred * residual[:, None], axis=0, weights=s) / scale,
        np.average(residual, weights=s) / rms,
    )


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("tol", [1e-2, 1e-4, 1e-8])
def test_correlations_at_a_solution_are_within_tol(tol, precompute):
    X, y = with_condition(100)
    weights = np.random.default_rng(0).random(len(y))
    reg = GradientDescentRegressor("lipschitz", tol=tol, precompute=precompute, max_iter=100_000)
    reg.fit(X, y, weights)
    assert reg.status_ == "converged"
    assert np.abs(correlations(X, y, reg, weights)).max() <= tol * (1 + 1e-6)


def test_one_step_earlier_they_are_not():
    X, y = with_condition(10)
    n = GradientDescentRegressor(0.5, tol=1e-4, precompute=False).fit(X, y).n_iter_
    earlier = GradientDescentRegressor(0.5, tol=0, max_iter=n - 1, precompute=False).fit(X, y)
    assert np.abs(correlations(X, y, earlier)).max() > 1e-4


def test_other_units_and_another_zero_of_y_change_nothing():
    """The same iterate is called a solution for y in any units."""
    X, y = with_condition(30)
    alpha = 1 / largest_eigenvalue(design(X))
    steps = {GradientDescentRegressor(alpha).fit(X, unit * y).n_iter_ for unit in (1, 1e-12, 1e9)}
    assert len(steps) == 1


def test_features_far_from_the_origin_are_no_solution_after_a_step():
    """Uncentred cosines call the first iterate a solution here, with R2 = 0."""
    rng = np.random.default_rng(1)
    X = rng.normal(1e6, 1, (100, 2))
    y = X @ [1.0, 2.0] + rng.normal(size=100)
    with pytest.warns(ConvergenceWarning, match="scale=True"):
        reg = GradientDescentRegressor("lipschitz", max_iter=20).fit(X, y)
    assert reg.status_ == "max_iter"


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_small_correlations_are_not_enough(name, precompute):
    """Nearly collinear features hide a loss from correlations, not from moments or probes."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(300, 1))
    hidden = rng.normal(size=300)
    X = np.column_stack([x, x[:, 0] + 1e-4 * hidden, rng.normal(size=300)])
    y = x[:, 0] + hidden + 0.1 * rng.normal(size=300)
    early = GradientDescentRegressor("lipschitz", tol=0, max_iter=100).fit(X, y)
    assert np.abs(correlations(X, y, early)).max() < 1e-3
    minimum = least_squares(X, y)[1]
    loss = half_mse(design(X), y, fitted_theta(early))
    assert loss > 10 * minimum, "the trap is set"
    # ... within the bound that the docstring states.
    smallest = np.linalg.eigvalsh(np.corrcoef(X.T))[0]
    assert loss - minimum <= 3 * 1e-3**2 / smallest * loss

    if precompute is False and name == "chebyshev":
        return
    n_steps = 20_000 if name in ("auto", "barzilai-borwein") else 3000
    reg = GradientDescentRegressor(name, tol=1e-3, max_iter=n_steps, precompute=precompute)
    if name in ("auto", "barzilai-borwein"):
        reg.fit(X, y)
        loss = half_mse(design(X), y, fitted_theta(reg))
        assert loss - minimum <= 1.01e-7 * loss
    else:
        # Half a Chebyshev cycle's worth leaves even the correlations high.
        reason = "did not converge" if name == "chebyshev" else "its minimum than"
        with pytest.warns(ConvergenceWarning, match=reason):
            reg.fit(X, y)


def test_a_start_that_is_a_solution(monkeypatch):
    X, y = with_condition(10)
    theta = least_squares(X, y)[0]
    counted = reads_of(monkeypatch)
    for precompute in (True, False):
        counted.clear()
        reg = GradientDescentRegressor(precompute=precompute)
        reg.fit(X, y, coef_init=theta[:-1], intercept_init=theta[-1])
        # For the moments, for the loss and its gradient at the start, and by passes for the
        # covariances that tell how much lower J could be.
        assert len(counted) == (2 if precompute else 3)
        assert reg.n_iter_ == 0
        assert reg.status_ == "converged"
        assert reg.best_iter_ == 0
        assert reg.loss_history_.shape == (1,)
        assert reg.alpha_history_.shape == (0,)


@pytest.mark.parametrize("tol", [0, None, 0.0])
def test_without_tol_exactly_max_iter_steps(tol):
    X, y = with_condition(2)
    for name in NAMES:
        reg = GradientDescentRegressor(name, tol=tol, max_iter=333).fit(X, y)
        assert reg.n_iter_ == 333
        assert reg.status_ == "max_iter"


@pytest.mark.parametrize("precompute", [True, False])
def test_reads_of_the_rows(precompute, monkeypatch):
    """What a fit costs is a contract: reads of the whole data."""
    from sklearn_gd.rows import _memory as rows

    made = []
    original = rows.Rows.__init__

    def remember(self, *arguments, **named):
        original(self, *arguments, **named)
        made.append(self)

    monkeypatch.setattr(rows.Rows, "__init__", remember)
    for kappa in (1e2, 1e4, 1e6):
        X, y = with_condition(kappa)
        reg = GradientDescentRegressor(precompute=precompute, max_iter=50_000).fit(X, y)
        assert reg.status_ == "converged"
        assert reg.loss_history_[0] < 1e6 * reg.loss_history_[-1]
        if precompute:
            assert made[-1].reads <= 3
        else:
            # One for the moments, one a step, few to anchor the loss, and the
            # conjugate gradient steps that certify the end.
            assert made[-1].reads <= reg.n_iter_ + 4 + PROBES


@pytest.mark.parametrize("factor", [1.001, 1.5, 10.0, 1e6, 1e300])
@pytest.mark.parametrize("precompute", [True, False])
def test_a_constant_alpha_above_two_over_L_diverges(factor, precompute):
    X, y = with_condition(100)
    limit = 2 / largest_eigenvalue(design(X))
    reg = GradientDescentRegressor(factor * limit, precompute=precompute, max_iter=2000)
    with pytest.warns(ConvergenceWarning, match=rf"above {limit:.4g}\d* \(2/L"):
        reg.fit(X, y)
    assert reg.status_ == "diverged"
    assert np.isfinite(reg.loss_history_).all()
    assert np.isfinite(reg.coef_).all()
    assert len(reg.loss_history_) == reg.n_iter_ + 1
    assert_allclose(reg.loss_history_[reg.best_iter_], reg.loss_history_.min(), rtol=1e-9)
    assert_allclose(reg.loss_history_[reg.best_iter_], half_mse(design(X), y, fitted_theta(reg)))


@pytest.mark.parametrize("factor", [0.5, 0.99, 0.9999])
def test_a_constant_alpha_below_it_does_not(factor):
    X, y = with_condition(100)
    reg = GradientDescentRegressor(factor * 2 / largest_eigenvalue(design(X)), max_iter=500, tol=0)
    reg.fit(X, y)
    assert reg.status_ == "max_iter"
    assert np.all(np.diff(reg.loss_history_) <= 1e-12 * reg.loss_history_[0])


def test_two_over_L_itself_is_no_divergence():
    for seed in range(20):
        X, y = with_condition(30, seed=seed)
        reg = GradientDescentRegressor(2 / largest_eigenvalue(design(X)), max_iter=50, tol=0)
        assert reg.fit(X, y).status_ == "max_iter"


class Reckless(LearningRate):
    """An object of a user's own that says that it looks at nothing."""

    kind = "scheduled"

    def start(self, problem):
        return lambda k, line: 10.0


def test_an_object_of_the_users_own_that_ends_far_up_has_diverged():
    X, y = with_condition(10)
    with pytest.warns(ConvergenceWarning, match=r"diverged.*2/L.*alpha='auto'"):
        reg = GradientDescentRegressor(Reckless(), max_iter=100).fit(X, y)
    assert reg.status_ == "diverged"


def test_divergence_on_ill_scaled_data_names_the_scaler():
    X, y = with_condition(10)
    with pytest.warns(ConvergenceWarning, match="diverged.*with scale=True it would be"):
        GradientDescentRegressor(0.1).fit(X * [1, 1e3, 1, 1, 1, 1], y)


def test_with_tol_zero_divergence_is_told_too():
    X, y = with_condition(10)
    with pytest.warns(ConvergenceWarning, match="diverged"):
        GradientDescentRegressor(10.0, tol=0).fit(X, y)


def test_a_schedule_diverges_or_comes_back():
    X, y = with_condition(10)
    with pytest.warns(ConvergenceWarning, match="alpha_k went above"):
        reg = GradientDescentRegressor(lambda k: 10.0, max_iter=100).fit(X, y)
    assert reg.status_ == "diverged"
    comes_back = GradientDescentRegressor(lambda k: 100.0 if k < 3 else 0.9).fit(X, y)
    assert comes_back.status_ == "converged"
    assert comes_back.loss_history_.max() > 1e6 * comes_back.loss_history_[0]
    assert_allclose(fitted_theta(comes_back), least_squares(X, y)[0], rtol=1e-4)


def test_a_constant_alpha_a_little_above_two_over_L_has_diverged_after_few_steps():
    """J has hardly begun to rise by then, and of other directions it still falls."""
    X, y = with_condition(100)
    limit = 2 / largest_eigenvalue(design(X))
    for factor, status in (1.01, "diverged"), (0.99, "max_iter"):
        reg = GradientDescentRegressor(factor * limit, max_iter=20, tol=0)
        if status == "diverged":
            with pytest.warns(ConvergenceWarning, match="diverged"):
                reg.fit(X, y)
        else:
            reg.fit(X, y)
        assert reg.status_ == status
        assert reg.loss_history_[-1] < reg.loss_history_[0]


def test_a_schedule_has_diverged_if_it_ends_above_its_start():
    """Whatever J was in between."""
    X, y = with_condition(10)
    comes_back_halfway = GradientDescentRegressor(lambda k: [30.0, 0.9, 0.9][k], max_iter=3, tol=0)
    with pytest.warns(ConvergenceWarning, match="diverged"):
        comes_back_halfway.fit(X, y)
    start, first, *_, last = comes_back_halfway.loss_history_
    assert start < last < first
    # The first step ends the descent along one feature, the second overshoots along the other.
    falls_and_rises = GradientDescentRegressor(lambda k: [1.0, 20.5][k], max_iter=2, tol=0)
    X = np.diag(np.sqrt([2.0, 0.2]))
    falls_and_rises.set_params(fit_intercept=False).fit(X, X.sum(axis=1))
    assert falls_and_rises.status_ == "max_iter"
    start, first, last = falls_and_rises.loss_history_
    assert first < last < start


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("unit", [1e-20, 1e-12, 1.0, 1e9])
def test_what_is_nearly_a_solution_is_none_in_any_units(unit, precompute):
    X, y = with_condition(10)
    theta = least_squares(X, unit * y)[0]
    theta[0] += 4e-6 * unit
    reg = GradientDescentRegressor("lipschitz", scale=False, precompute=precompute)
    reg.fit(X, unit * y, coef_init=theta[:-1], intercept_init=theta[-1])
    assert reg.n_iter_ > 0
    assert np.abs(correlations(X, unit * y, reg)).max() <= 1e-6 * (1 + 1e-6)


def objective_of(X, y):
    """J and its Hessian by moments."""
    plan = Plan.made(Rows(X, y[:, None]), True, 0)
    return LeastSquares(plan, ()).objectives[0]


def residual_of(X, y, theta):
    """In extended precision."""
    return design(X).astype(np.longdouble) @ theta - y


def size(values):
    return float(np.sqrt(np.mean(values**2)))


def test_the_total_is_the_loss_of_the_best_constant():
    X, y = with_condition(10)
    objective = objective_of(X, y + 3.0)
    assert_allclose(objective.total_loss, y.var() / 2)
    assert_allclose(objective.at(objective.best_constant()).loss, y.var() / 2)


@pytest.mark.skipif(
    np.finfo(np.longdouble).eps == np.finfo(float).eps,
    reason="without a longdouble that is more precise there is nothing to compare with",
)
@pytest.mark.parametrize("far", [0.0, 1e4, 1e8])
def test_rounding_of_a_residual_is_within_what_is_said_of_it(far):
    """Where its terms cancel it is as large as they say, and not much less."""
    X, y = with_condition(10)
    X = X + far
    theta = np.append(np.arange(1.0, 7.0), -21.0 * far)
    rounded = X @ theta[:-1] + theta[-1] - y
    off = size(rounded - residual_of(X, y, theta))
    objective = objective_of(X, y)
    assert off <= objective.rounding(theta) <= 300 * off
    assert_allclose(objective.at(theta).residual, size(rounded), rtol=1e-6)


def test_what_rounding_of_the_updates_has_moved_is_within_the_drift():
    """Updates of less than half a unit in the last place are lost, every one of them."""
    X, y = with_condition(10)
    objective, n = objective_of(X, y), 1000
    theta = np.append(np.ones(6), 1e9)
    lost = 0.4 * np.spacing(theta)
    assert (theta + lost == theta).all()
    exactly = theta.astype(np.longdouble) + n * lost.astype(np.longdouble)
    moved = size(residual_of(X, y, exactly) - residual_of(X, y, theta))
    drift = objective.drift(objective.at(theta), n, 0.1)
    assert moved <= drift <= 100 * moved


def test_what_rounding_of_a_gradient_has_moved_is_within_the_drift():
    """That of a gradient at large parameters, times a large learning rate."""
    X, y = with_condition(10)
    objective, alpha = objective_of(X, y), 1e6
    theta = np.append(np.ones(6), 1e9)
    H = design(X).T @ design(X) / len(y)
    moved = size(design(X) @ (alpha * H @ (np.finfo(float).eps * theta)))
    drift = objective.drift(objective.at(theta), 1, alpha)
    assert moved <= drift <= 100 * moved
