"""scale=True in GradientDescentRegressorCV: each fold standardised by its own training rows."""

import re
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, ShuffleSplit, TimeSeriesSplit

from sklearn_gd import GradientDescentRegressor, GradientDescentRegressorCV
from sklearn_gd._search import cross_validation as search

from ..objective.test_scale import (
    assert_says_whether_scaled,
    jittering,
    raw,
    standardised,
    units,
)
from ..problems import assert_agree, design, errors_of_split, largest_eigenvalue

CV = [
    KFold(4),
    KFold(5, shuffle=True, random_state=0),
    ShuffleSplit(3, random_state=0),
    TimeSeriesSplit(3),
]
NAMES_OF_CV = ["folds", "shuffled", "at random", "growing"]


def plain_loop(X, y, splits, alphas, max_iter, weights=None, fit_intercept=True):
    """Mean squared errors on held-out rows, by descending on each split's standardised rows.

    Means and deviations are those of the rows that the split trains on, and
    so is the mean of y at which it begins.  A column that is constant there
    takes no part.
    """
    Y = y if y.ndim > 1 else y[:, None]
    s = np.ones(len(y)) if weights is None else weights
    errors = np.empty((len(alphas), max_iter + 1, len(splits)))
    for f, (train, test) in enumerate(splits):
        mean, deviation = units(X[train], s[train], fit_intercept)
        varies = deviation > 1e-14 * np.abs(mean)
        A = design((X - mean)[:, varies] / deviation[varies], fit_intercept)
        start = np.zeros((A.shape[1], Y.shape[1]), dtype=A.dtype)
        if fit_intercept:
            start[-1] = np.average(Y[train], axis=0, weights=s[train])
        errors[..., f] = errors_of_split(A, Y, (train, test), start, alphas, max_iter, s)
    return errors


def searched(reg, *given):
    """The estimator fitted, whether or not more steps would have been better still."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least held-out", ConvergenceWarning)
        return reg.fit(*given)


def descents(kind, monkeypatch):
    """How to store X, so that descents are made in this way."""
    if "passes" in kind:
        monkeypatch.setattr(search, "MOST_FEATURES", 0)
    return sparse.csr_array if "sparse" in kind else np.asarray


KINDS = ["moments", "moments, sparse", "passes", "passes, sparse"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cv", CV, ids=NAMES_OF_CV)
@pytest.mark.parametrize("n_targets", [None, 2])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_errors_are_those_of_a_loop_that_standardises_each_fold(
    fit_intercept, weighted, n_targets, cv, kind, monkeypatch
):
    X, y, weights = raw(n_targets)
    X[:, 0] *= np.arange(90) % 4 > 0  # zeros to leave out
    weights = weights if weighted else None
    alphas = [0.01, 0.3, 0.7]
    reg = GradientDescentRegressorCV(
        alphas, scale=True, cv=cv, max_iter=40, fit_intercept=fit_intercept
    )
    container = descents(kind, monkeypatch)
    searched(reg, container(X), y, weights)
    expected = plain_loop(X, y, list(cv.split(X)), alphas, 40, weights, fit_intercept)
    assert_allclose(reg.mse_path_, expected, rtol=1e-8)


@pytest.mark.parametrize("kind", ["dense", "passes", "passes, sparse", "sparse, many features"])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_more_features_than_rows(fit_intercept, weighted, kind, monkeypatch):
    rng = np.random.default_rng(0)
    n = 2100 if "many" in kind else 70
    X = rng.normal(size=(40, n)) * 10.0 ** rng.integers(-3, 4, n)
    X += 10.0 * np.abs(X).max(axis=0) * (rng.random(n) < 0.3)
    X[:, 1] = 7.0
    X[:, 2] = np.arange(40) < 3  # constant but in one fold
    y, weights = rng.normal(size=40) + 95.0, rng.random(40) + 0.1
    weights = weights if weighted else None
    container = descents(kind, monkeypatch)
    alphas = np.array([0.1, 1.0]) / n
    reg = GradientDescentRegressorCV(
        alphas, scale=True, cv=KFold(4), max_iter=15, fit_intercept=fit_intercept
    )
    searched(reg, container(X), y, weights)
    splits = list(KFold(4).split(X))
    expected = plain_loop(X, y, splits, alphas, 15, weights, fit_intercept)
    assert_allclose(reg.mse_path_, expected, rtol=1e-8)


def hard_columns():
    """Columns of which standardising must make the right thing."""
    rng = np.random.default_rng(0)
    z, one = rng.normal(size=90), np.ones(90)
    for value in (0.0, 1 / 3, -1e8 / 3):
        yield f"constant {value:g}", value * one
    yield "jittering", jittering(1 / 3)
    yield "constant but in one fold", np.where(np.arange(90) < 20, z, 0.25)
    yield "far away but in one fold", np.where(np.arange(90) < 20, z, z + 1e6)
    for offset in (1e3, 1e6, 1e8):
        yield f"offset {offset:g}", z + offset
    yield "small", 1e-9 * z
    yield "a duplicate", raw()[0][:, 0]


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("repeated", [np.tile, np.repeat])
@pytest.mark.parametrize("rank", [2, 5, 20])
def test_repeated_features_more_than_rows(rank, repeated, scale):
    """In coordinates of the span of their rows some are nothing but rounding, of any size."""
    rng = np.random.default_rng(rank)
    X = rng.integers(0, 3, size=(48, rank)).astype(float)
    times = 60 // rank + 1
    X = np.tile(X, (1, times)) if repeated is np.tile else np.repeat(X, times, axis=1)
    y = X[:, 0] + rng.normal(size=48)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = GradientDescentRegressorCV(alphas=5, max_iter=50, scale=scale).fit(X, y)
        other = GradientDescentRegressorCV(found.alphas_, max_iter=50, scale=scale)
        # Sparse rows are not put into the coordinates of their span.
        expected = other.fit(sparse.csr_array(X), y).mse_path_
    assert_allclose(found.mse_path_, expected, rtol=1e-8)


@pytest.mark.parametrize("kind", ["moments", "passes", "passes, sparse"])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("case", list(hard_columns()), ids=lambda case: case[0])
def test_hard_columns_keep_their_digits(case, weighted, kind, monkeypatch):
    X, y, weights = raw()
    X, weights = np.column_stack([X, case[1]]), weights if weighted else None
    alphas = [0.03, 0.3]
    container = descents(kind, monkeypatch)
    reg = GradientDescentRegressorCV(alphas, scale=True, cv=KFold(4), max_iter=30)
    searched(reg, container(X), y, weights)
    exactly = X.astype(np.longdouble), y.astype(np.longdouble)
    expected = plain_loop(*exactly, list(KFold(4).split(X)), alphas, 30, weights)
    # Where a fold's own features are far away its errors rise to 1e8, and none is told better.
    assert_allclose(reg.mse_path_, expected, rtol=1e-8, atol=1e-12 * float(expected.max()))


@pytest.mark.parametrize("kind", ["moments", "passes"])
@pytest.mark.parametrize("noise", [1e-4, 1e-6])
def test_good_fits_keep_their_digits(noise, kind, monkeypatch):
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(90, 4))
    y = Z @ [1.0, -2.0, 0.5, 3.0] + noise * rng.normal(size=90) + 95.0
    X = descents(kind, monkeypatch)(Z * [1.0, 1e3, 1e-2, 5.0] + [3.0, -4e3, 0.0, 400.0])
    reg = GradientDescentRegressorCV([0.8], scale=True, cv=KFold(4), max_iter=100).fit(X, y)
    expected = plain_loop(X, y, list(KFold(4).split(X)), [0.8], 100)
    assert expected.min() < 10 * noise**2
    assert_allclose(reg.mse_path_, expected, rtol=1e-7)


def with_constants(X):
    return np.column_stack([X, np.full((len(X), 4), [0.1, 7.0, 1 / 3, -1e8 / 3])])


@pytest.mark.parametrize("change", [np.asarray, with_constants], ids=["as it is", "constants"])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("largest", ["in a fold", "in all rows"])
@pytest.mark.parametrize("kind", ["moments", "passes", "more features than rows"])
@pytest.mark.parametrize("alphas", [None, 5])
def test_the_grid_ends_just_below_the_limit_of_standardised_rows(
    alphas, kind, largest, weighted, change, monkeypatch
):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 50 if "more" in kind else 4))
    X[15:] += 4.0 * rng.normal(size=(15, 1)) + 5.0  # which these rows' features have in common
    y, weights = rng.normal(size=30) + 95.0, rng.random(30) + 0.1 if weighted else None
    parts = np.split(np.arange(30), [15])
    cv = [parts] if largest == "in all rows" else KFold(3)
    s = np.ones(30) if weights is None else weights
    trained = [train for train, _ in (cv if isinstance(cv, list) else cv.split(X))]
    Ls = [
        largest_eigenvalue(design(standardised(X[p], s[p])), s[p])
        for p in (*trained, np.arange(30))
    ]
    assert (np.argmax(Ls) == len(trained)) == (largest == "in all rows")
    reg = GradientDescentRegressorCV(alphas, cv=cv, max_iter=200)
    searched(reg, descents(kind, monkeypatch)(change(X)), y, weights)
    assert len(reg.alphas_) == (alphas or 20)
    assert_allclose(reg.alphas_[-1], 0.99 * 2.0 / max(Ls), rtol=1e-9)
    assert np.isfinite(reg.mse_path_).all()


@pytest.mark.parametrize("alphas", [None, 3, [1e-9, 1e-8]], ids=str)
@pytest.mark.parametrize("scale", ["auto", True, False])
def test_auto_scales_exactly_where_the_grid_is_made_here(scale, alphas):
    X, y, weights = raw()
    reg = GradientDescentRegressorCV(alphas, scale=scale, max_iter=2, cv=3)
    searched(reg, X, y, weights)
    scaled = not isinstance(alphas, list) if scale == "auto" else scale
    assert_says_whether_scaled(reg, scaled, X, weights)


@pytest.mark.parametrize("kind", ["moments", "passes, sparse"])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("scale", [True, False])
def test_the_final_fit_is_the_regressors_with_what_was_chosen(
    scale, fit_intercept, kind, monkeypatch
):
    X, y, weights = raw()
    X = standardised(X) * [1.0, 2.0, 0.5, 1.0] + [0.1, 0.0, 0.3, 0.0]
    y = y - y.mean()
    container = descents(kind, monkeypatch)
    how = {"fit_intercept": fit_intercept}
    chosen = GradientDescentRegressorCV([0.01, 0.1], scale=scale, cv=4, max_iter=40, **how)
    searched(chosen, container(X), y, weights)
    assert chosen.n_iter_ > 0
    again = GradientDescentRegressor(
        chosen.alpha_, scale=chosen.scaled_, max_iter=chosen.n_iter_, tol=0, **how
    )
    again.fit(container(X), y, weights)
    assert chosen.scaled_ is scale
    assert_agree(chosen, again)
    assert_allclose(chosen.alpha_history_, again.alpha_history_)


def test_where_no_step_helps_the_mean_is_chosen():
    rng = np.random.default_rng(4)
    X, y = 1e3 * rng.normal(size=(27, 43)) + 5e3, rng.normal(size=27) + 95.0
    reg = GradientDescentRegressorCV(cv=3).fit(X, y)
    assert reg.n_iter_ == 0
    assert not reg.coef_.any()
    assert_allclose(reg.intercept_, y.mean(), rtol=1e-12)
    assert_allclose(reg.loss_history_, [y.var() / 2], rtol=1e-9)


def test_an_alpha_belongs_to_its_coordinates():
    X, y = load_diabetes(return_X_y=True, scaled=False)
    chosen = GradientDescentRegressorCV().fit(X, y)
    how = {"alpha": chosen.alpha_, "max_iter": chosen.n_iter_, "tol": 0}
    assert chosen.scaled_
    assert chosen.score(X, y) > 0.5
    again = GradientDescentRegressor(scale=chosen.scaled_, **how).fit(X, y)
    assert_allclose(again.predict(X), chosen.predict(X), rtol=1e-9)
    for scale in (False, "auto"):
        with pytest.warns(ConvergenceWarning, match="diverged") as caught:
            astray = GradientDescentRegressor(scale=scale, **how).fit(X, y)
        assert astray.status_ == "diverged"
        told = re.search(r"(\S+) with scale=True", str(caught[0].message))[1]
        limit = 2.0 / largest_eigenvalue(design(standardised(X)))
        assert_allclose(float(told), limit, rtol=1e-5)
