"""Early stopping: what is held out, what its losses are, which iterate is returned, and when."""

import math
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gd import GradientDescentRegressor, cost

from ..problems import NAMES, with_condition


def overfitting(n_rows=90, n_features=30, seed=0):
    """Many weak features, few rows and much noise: the best is far before the end."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_features)) * np.logspace(0, -0.5, n_features) + 0.3
    return X, X @ rng.normal(size=n_features) + 3 * rng.normal(size=n_rows)


def stopping(alpha="lipschitz", **settings):
    settings = {"validation_fraction": 0.3, "random_state": 0, "store_path": True, **settings}
    return GradientDescentRegressor(alpha, early_stopping=True, **settings)


def quiet_fit(reg, *arguments, **named):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return reg.fit(*arguments, **named)


def shares(n_rows, fraction=0.3, seed=0):
    return train_test_split(np.arange(n_rows), test_size=fraction, random_state=seed)


def costs_along(reg, X, y, weights=None):
    """J at every iterate, straight from its definition."""
    X = X.toarray() if sparse.issparse(X) else X.astype(float)
    residual = reg.coef_path_ @ X.T + reg.intercept_path_[..., None] - y.T
    return 0.5 * np.average(residual**2, axis=-1, weights=weights)


def best_of(losses, validation, counts):
    """The rule in words: lowest validation loss among new minima of the loss."""
    lowest, best, best_k, in_vain = math.inf, math.inf, None, 0
    for k in np.flatnonzero(counts):
        if losses[k] >= lowest * (1 - 1e-10):
            continue
        lowest = losses[k]
        if validation[k] < best:
            best, best_k, in_vain = validation[k], k, 0
        else:
            in_vain += 1
    return best_k, in_vain


def assert_histories_are_costs(reg, rows, held_out, rtol=1e-9):
    assert_allclose(reg.validation_loss_history_, costs_along(reg, *held_out), rtol=rtol)
    assert reg.validation_loss_history_.shape == reg.loss_history_.shape
    losses = costs_along(reg, *rows)
    assert_allclose(reg.loss_history_, losses, rtol=1e-7, atol=1e-12 * losses.max())


STORED = {
    "dense": np.asarray,
    "F order": np.asfortranarray,
    "float32": lambda X: X.astype(np.float32),
    "whole numbers": lambda X: np.rint(9 * X).astype(int),
    "sparse": sparse.csr_array,
    "read-only": lambda X: np.frombuffer(X.tobytes()).reshape(X.shape),
}


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("precompute", [True, False, "auto"])
@pytest.mark.parametrize("stored", STORED)
def test_validation_losses_are_the_cost_at_every_step(stored, precompute, weighted, given):
    X, y = overfitting()
    X = STORED[stored](X)
    s = np.random.default_rng(1).random(len(y)) if weighted else np.ones(len(y))
    train, held = shares(len(y))
    reg = stopping("auto", precompute=precompute, n_iter_no_change=10**6, fit_intercept=not given)
    if given:
        own = {"X_val": X[held], "y_val": y[held]}
        own |= {"sample_weight_val": s[held]} if weighted else {}
        reg.fit(X[train], y[train], s[train] if weighted else None, **own)
    else:
        reg.fit(X, y, s if weighted else None)
    assert reg.status_ == "converged"
    assert reg.n_iter_ > 20
    assert_histories_are_costs(reg, (X[train], y[train], s[train]), (X[held], y[held], s[held]))
    best, _ = best_of(reg.loss_history_, reg.validation_loss_history_, reg.loss_history_ >= 0)
    assert reg.best_iter_ == best < reg.n_iter_
    assert_allclose(reg.coef_, reg.coef_path_[best], rtol=1e-6 if stored == "float32" else 0)


@pytest.mark.parametrize("precompute", [True, False, "auto"])
@pytest.mark.parametrize("alpha", ["auto", "lipschitz", "exact"])
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_digits_are_kept_far_below_the_start(offset, alpha, precompute):
    """Noise of 1e-6: the loss falls by twelve orders of magnitude and more."""
    X, y = with_condition(100, noise=1e-6)
    X = X + offset * np.eye(6)[0]
    reg = quiet_fit(stopping(alpha, precompute=precompute, n_iter_no_change=10**6), X, y)
    train, held = shares(len(y))
    if offset == 0.0:
        assert reg.validation_loss_history_[-1] < 1e-11 * reg.validation_loss_history_[0]
        assert_histories_are_costs(reg, (X[train], y[train]), (X[held], y[held]))
    else:
        # A residual r is a difference of numbers a thousand times as large, and so off by d,
        # of either sign in each of the two losses; J, the mean of r^2 / 2, by up to
        # 2 (|r| d + d^2 / 2), where the mean of |r| is at most sqrt(2 J).
        losses = costs_along(reg, X[held], y[held])
        d = 1e3 * 2.2e-16 * np.abs(reg.coef_path_).max()
        off = np.abs(reg.validation_loss_history_ - losses)
        assert (off <= 1e-8 * losses + 2 * np.sqrt(2 * losses) * d + d**2).all()


@pytest.mark.parametrize("precompute", [True, False])
def test_several_targets_stop_one_by_one(precompute):
    X, y = overfitting()
    Y = np.column_stack([y, X[:, 0] + 1e-4 * y, y[::-1]])
    reg = quiet_fit(stopping(precompute=precompute, max_iter=3000), X, Y)
    assert reg.validation_loss_history_.shape == (reg.n_iter_ + 1, 3)
    assert_histories_are_costs(reg, *((X[share], Y[share]) for share in shares(len(y))))
    for j in range(3):
        alone = quiet_fit(stopping(precompute=precompute, max_iter=3000), X, Y[:, j])
        assert_allclose(alone.coef_, reg.coef_[j], rtol=1e-9)
        assert alone.best_iter_ == reg.best_iter_[j]
    own = quiet_fit(stopping(max_iter=3000), X, Y, X_val=X[:20], y_val=Y[:20])
    assert own.validation_loss_history_.shape == (own.n_iter_ + 1, 3)


@pytest.mark.parametrize("patience", [1, 2, 5])
@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("alpha", [*NAMES, 0.02])
def test_when_it_stops_and_what_it_returns(alpha, precompute, patience):
    if alpha == "chebyshev" and not precompute:
        return
    X, y = overfitting()
    settings = {"precompute": precompute, "n_iter_no_change": patience, "max_iter": 5000}
    reg = quiet_fit(stopping(alpha, **settings), X, y)
    k = np.arange(reg.n_iter_ + 1)
    counts = k >= 0
    if alpha == "silver":
        counts = (k & (k + 1)) == 0
    if alpha == "chebyshev":
        cycle = len(np.unique(reg.alpha_history_))
        counts = k % cycle == 0
    best, in_vain = best_of(reg.loss_history_, reg.validation_loss_history_, counts)
    assert reg.best_iter_ == best
    assert_array_equal(reg.coef_, reg.coef_path_[best])
    # A cycle of Chebyshev steps is so long that its end is a solution.
    expected = "converged" if alpha == "chebyshev" else "early_stopped"
    assert reg.status_ == expected
    assert alpha == "chebyshev" or in_vain == patience
    # One step earlier there was no reason to.
    earlier = slice(0, -1)
    validation = reg.validation_loss_history_[earlier]
    assert best_of(reg.loss_history_[earlier], validation, counts[earlier])[1] < patience
    train = shares(len(y))[0]
    loss = cost(X[train], y[train], reg.coef_, reg.intercept_)
    assert_allclose(loss, reg.loss_history_[best], rtol=1e-12)


def test_a_rise_on_the_way_is_no_overfitting():
    """A learning rate that raises the loss ten times in a row, and comes back."""
    X, y = with_condition(5, noise=0.1)
    reg = stopping(lambda k: 3.0 if k % 20 < 10 else 0.7, n_iter_no_change=1, max_iter=200)
    reg.fit(X, y)
    first = reg.validation_loss_history_
    assert (np.diff(first[:10]) > 0).any()
    assert reg.best_iter_ > 10


def test_new_minima_that_differ_by_nothing_do_not_count():
    X, y = with_condition(2, noise=0.0)
    reg = stopping(lambda k: 0.5 if k < 3 else 0.0, max_iter=30, tol=0, n_iter_no_change=1)
    assert reg.fit(X, y).status_ == "max_iter"


def test_it_is_better_than_the_solution():
    better = 0
    for seed in range(10):
        X, y = overfitting(n_rows=2060, seed=seed)
        few, new = slice(60), slice(60, None)
        early = stopping(random_state=seed).fit(X[few], y[few])
        solution = GradientDescentRegressor().fit(X[few], y[few])
        assert early.status_ == "early_stopped"
        better += early.score(X[new], y[new]) > solution.score(X[new], y[new])
    assert better >= 9


def test_early_stopped_at_the_last_step_allowed_is_early_stopped():
    X, y = overfitting()
    n_iter = stopping().fit(X, y).n_iter_
    assert stopping(max_iter=n_iter).fit(X, y).status_ == "early_stopped"
    with pytest.warns(ConvergenceWarning, match="did not converge .* nor did early stopping"):
        assert stopping(max_iter=n_iter - 1).fit(X, y).status_ == "max_iter"


def test_of_several_targets_the_worst_status():
    X, y = overfitting()
    Y = np.column_stack([y, X[:, 0]])
    reg = quiet_fit(stopping(max_iter=20_000), X, Y)
    assert reg.status_ == "early_stopped"
    with pytest.warns(ConvergenceWarning, match="1 of 2 targets; of target 1"):
        assert stopping(max_iter=100).fit(X, Y).status_ == "max_iter"


def test_divergence_returns_the_best_validation_step():
    X, y = overfitting()
    with pytest.warns(ConvergenceWarning, match="parameters of the lowest validation loss seen"):
        reg = stopping(10.0).fit(X, y)
    assert reg.status_ == "diverged"
    assert reg.best_iter_ == 0
    assert np.isfinite(reg.validation_loss_history_).all()
    assert len(reg.validation_loss_history_) == reg.n_iter_ + 1


def test_a_step_out_of_float64_has_no_validation_loss():
    X, y = overfitting()
    with pytest.warns(ConvergenceWarning, match="diverged"):
        reg = stopping(1e300).fit(X, y)
    assert len(reg.validation_loss_history_) == len(reg.loss_history_)


def test_a_start_that_no_step_improves_is_returned():
    X, y = overfitting()
    reg = stopping().fit(X, y, X_val=X[:9], y_val=np.zeros(9))
    assert reg.best_iter_ == 0
    assert not reg.coef_.any()
    assert reg.n_iter_ == reg.n_iter_no_change
    assert reg.validation_loss_history_[0] == 0.0


# What is held out


def test_the_split_is_that_of_train_test_split():
    X, y = overfitting()
    for state in (0, 7, np.int64(3)):
        train, held = shares(len(y), 0.25, seed=int(state))
        own = stopping().fit(X[train], y[train], X_val=X[held], y_val=y[held])
        reg = stopping(validation_fraction=0.25, random_state=state).fit(X, y)
        assert_allclose(reg.coef_path_, own.coef_path_, rtol=1e-8, atol=1e-12)
        assert_allclose(reg.validation_loss_history_, own.validation_loss_history_, rtol=1e-9)


@pytest.mark.parametrize("state", [None, np.random.RandomState(0)])
def test_other_states_give_other_splits(state):
    X, y = overfitting()
    reg = stopping(random_state=state)
    starts = {reg.fit(X, y).validation_loss_history_[0] for _ in range(5)}
    assert len(starts) == 5


def test_the_same_state_gives_the_same_bits():
    X, y = overfitting()
    assert_array_equal(stopping().fit(X, y).coef_path_, stopping().fit(X, y).coef_path_)


@pytest.mark.parametrize("precompute", [True, False])
def test_rows_of_weight_0_do_not_count(precompute):
    X, y = overfitting()
    s = np.random.default_rng(2).random(len(y))
    s[::3] = 0.0
    reg = stopping(precompute=precompute).fit(X, y, s)
    without = stopping(precompute=precompute).fit(X[s > 0], y[s > 0], s[s > 0])
    assert_allclose(reg.coef_, without.coef_, rtol=1e-9)
    assert_allclose(reg.validation_loss_history_, without.validation_loss_history_, rtol=1e-9)


def test_the_size_of_weights_does_not_matter():
    X, y = overfitting()
    reg = stopping().fit(X, y, 1e-12)
    assert_allclose(reg.coef_, stopping().fit(X, y).coef_, rtol=1e-9)


def test_user_rows_leave_all_of_X_to_descend_on():
    X, y = overfitting()
    reg = stopping(validation_fraction=0.99).fit(X, y, X_val=X[:5] + 1, y_val=y[:5])
    assert_histories_are_costs(reg, (X, y), (X[:5] + 1, y[:5]))


def test_nothing_is_left_of_an_earlier_fit():
    X, y = overfitting()
    reg = stopping().fit(X, y)
    assert not hasattr(reg.set_params(early_stopping=False).fit(X, y), "validation_loss_history_")
    assert_array_equal(reg.coef_, GradientDescentRegressor("lipschitz").fit(X, y).coef_)


def test_X_is_not_copied():
    import tracemalloc

    X = np.random.default_rng(0).normal(size=(200_000, 10))
    y = X[:, 0] + np.random.default_rng(1).normal(size=len(X))
    settings = {"max_iter": 20, "store_path": False, "validation_fraction": 0.1}
    for precompute in (True, False):
        reg = stopping(precompute=precompute, **settings)
        quiet_fit(reg, X[:1000], y[:1000])
        tracemalloc.start()
        quiet_fit(reg, X, y)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        # Blocks, weights, numbers of rows; a copy would be 16 MB more.
        blocks = 8 * (1 << 21) if precompute else 3 * (1 << 21)
        assert peak < blocks + 5 * 8 * len(X)


def test_held_out_rows_are_hardly_read_by_moments(monkeypatch):
    from sklearn_gd.rows import _memory as rows

    reads = []
    original = rows.Rows.sum

    def remember(self, *arguments, **named):
        reads.append(self.n_rows)
        return original(self, *arguments, **named)

    monkeypatch.setattr(rows.Rows, "sum", remember)
    X, y = overfitting()
    reg = stopping(n_iter_no_change=10**6, precompute=True).fit(X, y)
    assert reg.n_iter_ > 1000
    assert reads.count(27) <= 3


def test_few_held_out_rows_are_read_rather_than_gathered():
    """Their covariances would be 100 times as many numbers."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 200)), rng.normal(size=300)
    reg = stopping("auto", precompute=True, validation_fraction=0.01, max_iter=50).fit(X, y)
    train, held = shares(300, 0.01)
    assert_histories_are_costs(reg, (X[train], y[train]), (X[held], y[held]))


# Errors

X, Y = with_condition(10)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"X_val": X}, ValueError, "X_val given without y_val: held-out rows need"),
        ({"y_val": Y}, ValueError, "y_val given without X_val"),
        ({"sample_weight_val": Y}, ValueError, "sample_weight_val given without X_val and y_val"),
        ({"X_val": X[:, :5], "y_val": Y}, ValueError, "X_val: X has 5 features.*expecting 6"),
        ({"X_val": X[0], "y_val": Y}, ValueError, "X_val: Expected 2D array, got 1D array"),
        ({"X_val": X[:0], "y_val": Y[:0]}, ValueError, r"X_val: .*0 sample\(s\)"),
        ({"X_val": X[:9], "y_val": Y[:8]}, ValueError, r"y_val must .*\(9,\), got \(8,\)"),
        ({"X_val": X, "y_val": Y[:, None]}, ValueError, r"y_val must .*\(80,\), got \(80, 1\)"),
        ({"X_val": X, "y_val": Y * np.nan}, ValueError, "Input y_val contains NaN"),
        ({"X_val": X * np.nan, "y_val": Y}, ValueError, "Input X_val contains NaN"),
        ({"X_val": X - np.inf, "y_val": Y}, ValueError, "Input X_val contains infinity"),
        ({"X_val": X * 1e160, "y_val": Y}, ValueError, "X_val has values of size.*rescale X_val"),
        ({"X_val": X, "y_val": Y * 1e160}, ValueError, "y_val has values of size.*rescale y_val"),
        ({"X_val": X.astype("U"), "y_val": Y}, ValueError, "X_val must be numeric"),
        ({"X_val": X, "y_val": Y.astype("U")}, ValueError, "y_val must be numeric"),
        ({"X_val": X, "y_val": sparse.csr_array(Y[:, None])}, TypeError, "y_val: Sparse"),
        (
            {"X_val": X, "y_val": Y, "sample_weight_val": -Y},
            ValueError,
            "sample_weight_val must not be negative",
        ),
        (
            {"X_val": X, "y_val": Y, "sample_weight_val": 0 * Y},
            ValueError,
            "sample_weight_val must have a positive entry",
        ),
    ],
)
def test_what_is_held_out_is_checked_by_name(arguments, error, message):
    with pytest.raises(error, match=message):
        stopping().fit(X, Y, **arguments)


@pytest.mark.parametrize("weights", [{}, {"sample_weight_val": np.ones(80)}])
def test_held_out_rows_are_for_early_stopping(weights):
    with pytest.raises(ValueError, match=r"X_val, y_val.* but early_stopping=False"):
        GradientDescentRegressor().fit(X, Y, X_val=X, y_val=Y, **weights)


def test_a_frame_with_other_names_is_refused():
    frame = pd.DataFrame(X, columns=list("abcdef"))
    stopping().fit(frame, Y, X_val=frame[:9], y_val=Y[:9])
    with pytest.raises(ValueError, match="X_val: The feature names should match"):
        stopping().fit(frame, Y, X_val=frame[list("fedcba")], y_val=Y)


def test_nan_among_the_held_out_rows_of_X():
    broken = X.copy()
    broken[shares(80)[1][0], 2] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        stopping().fit(broken, Y)


@pytest.mark.parametrize(("n_rows", "fraction"), [(1, 0.1), (2, 0.6), (10, 0.95)])
def test_too_few_rows(n_rows, fraction):
    reg = stopping(validation_fraction=fraction)
    message = f"validation_fraction={fraction} .*n_samples={n_rows} .*leaves none to descend on"
    with pytest.raises(ValueError, match=message):
        reg.fit(X[:n_rows], Y[:n_rows])
    with pytest.raises(ValueError, match=message):
        reg.fit(X, Y, np.arange(80) < n_rows)


def test_two_rows_are_enough():
    quiet_fit(stopping(), X[:2], Y[:2])


# With the rest


@pytest.mark.parametrize("now", [True, False])
@pytest.mark.parametrize("before", [True, False])
def test_a_warm_start_begins_at_what_was_returned(before, now):
    X, y = overfitting()
    own = {"X_val": X[:20] + 0.1, "y_val": y[:20]}
    reg = stopping("auto", warm_start=True).set_params(early_stopping=before, max_iter=20, tol=0)
    quiet_fit(reg, X, y, **(own if before else {}))
    coef = reg.coef_
    reg = pickle.loads(pickle.dumps(reg)).set_params(early_stopping=now)
    quiet_fit(reg, X, y, **(own if now else {}))
    if before or now:
        assert_array_equal(reg.coef_path_[0], coef)
        fresh = clone(reg).set_params(warm_start=False)
        start = {"coef_init": coef, "intercept_init": reg.intercept_path_[0]}
        quiet_fit(fresh, X, y, **start, **(own if now else {}))
        assert_array_equal(fresh.loss_history_, reg.loss_history_)


def test_verbose_prints_the_validation_loss(capsys):
    X, y = overfitting()
    reg = stopping(verbose=1).fit(X, y)
    *lines, end = capsys.readouterr().out.splitlines()
    assert end == f"early_stopped after {reg.n_iter_} steps"
    assert f"validation {reg.validation_loss_history_[1]:.6e}" in lines[0]


def test_callbacks_see_the_best_so_far():
    pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9 has none")
    X, y = overfitting()
    seen = []

    class See:
        max_propagation_depth = None

        def setup(self, estimator, context): ...
        def teardown(self, estimator, context): ...
        def on_fit_task_begin(self, estimator, context): ...

        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            if context.task_name == "step":
                seen.append(fitted_estimator)

    reg = stopping(n_iter_no_change=3).set_callbacks(See()).fit(X, y)
    assert reg.status_ == "early_stopped"
    assert len(seen) == reg.n_iter_
    for k, fitted in enumerate(seen, 1):
        assert_array_equal(fitted.validation_loss_history_, reg.validation_loss_history_[: k + 1])
        assert fitted.best_iter_ == min(k, reg.best_iter_)
    assert_array_equal(seen[-1].coef_, reg.coef_)


def routed(**settings):
    reg = stopping(**settings).set_fit_request(X_val=True, y_val=True, sample_weight_val=True)
    steps = [("scale", StandardScaler()), ("reg", reg)]
    return Pipeline(steps, transform_input=["X_val"])


def test_in_a_pipeline_with_routing_X_val_is_transformed():
    X, y = overfitting()
    X = 1e3 + 1e2 * X
    s = np.random.default_rng(0).random(20)
    with config_context(enable_metadata_routing=True):
        model = routed().fit(X, y, X_val=X[:20], y_val=y[:20], sample_weight_val=s)
    Z = StandardScaler().fit_transform(X)
    plain = stopping().fit(Z, y, X_val=Z[:20], y_val=y[:20], sample_weight_val=s)
    assert_array_equal(model[-1].validation_loss_history_, plain.validation_loss_history_)
    assert_array_equal(model[-1].coef_, plain.coef_)


def test_in_a_pipeline_without_routing_it_is_not():
    X, y = overfitting()
    X = 1e3 + 1e2 * X
    model = Pipeline([("scale", StandardScaler()), ("reg", stopping())])
    quiet_fit(model, X, y, reg__X_val=X[:20], reg__y_val=y[:20])
    Z = StandardScaler().fit_transform(X)
    plain = quiet_fit(stopping(), Z, y, X_val=X[:20], y_val=y[:20])
    assert_array_equal(model[-1].validation_loss_history_, plain.validation_loss_history_)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_in_a_grid_search(n_jobs):
    X, y = overfitting()
    grid = {"reg__alpha": ["lipschitz", 1e-3], "reg__n_iter_no_change": [2, 5]}
    plain = Pipeline([("scale", StandardScaler()), ("reg", stopping())])
    search = GridSearchCV(plain, grid, cv=3, n_jobs=n_jobs, error_score="raise")
    quiet_fit(search, X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    own = {"X_val": X[:20], "y_val": y[:20], "sample_weight_val": np.ones(20)}
    with config_context(enable_metadata_routing=True):
        search = GridSearchCV(routed(), grid, cv=3, n_jobs=n_jobs, error_score="raise")
        quiet_fit(search, X, y, **own)
    best = search.best_estimator_
    Z = best[0].transform(X)
    losses = costs_along(best[-1], Z[:20], y[:20])
    assert_allclose(best[-1].validation_loss_history_, losses, rtol=1e-9)


def test_without_early_stopping_there_is_nothing_to_watch(monkeypatch):
    """The descent's loop must not pay for it."""
    from sklearn_gd._descent import fit

    seen = []
    original = fit.descend

    def remember(*arguments, **named):
        seen.append((type(named["selection"]).__name__, named["observers"]))
        return original(*arguments, **named)

    monkeypatch.setattr(fit, "descend", remember)
    GradientDescentRegressor().fit(X, Y)
    assert seen == [("LowestLoss", [])]


@pytest.mark.parametrize("alpha", ["auto", "barzilai-borwein", "exact"])
def test_an_iterate_before_the_solution_has_the_loss_that_the_rows_give(alpha):
    """The solution is read off them as a matter of course, but it may not be the best."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        Z, Z_val = rng.standard_normal((2, 40, 3)) @ (np.eye(3) + 0.5)
        w = np.array([1.0, 2.0, 3.0])
        y = Z @ w + 1e-5 * rng.standard_normal(40) + 1e7
        y_val = Z_val @ (w + 1e-5 * rng.standard_normal(3)) + 1e7
        reg = GradientDescentRegressor(alpha, scale=False, early_stopping=True)
        reg.set_params(n_iter_no_change=1000).fit(Z + 1, y, X_val=Z_val + 1, y_val=y_val)
        assert reg.status_ == "converged"
        read_off = cost(Z + 1, y, reg.coef_, reg.intercept_)
        assert_allclose(reg.loss_history_[reg.best_iter_], read_off, rtol=1e-8)
