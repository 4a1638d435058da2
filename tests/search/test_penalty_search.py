"""Cross-validation of the penalty, together with the learning rate and the number of steps."""

import matplotlib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes
from sklearn.model_selection import KFold

from sklearn_gd import GradientDescentRegressor, GradientDescentRegressorCV, MSEPathDisplay
from sklearn_gd._search import cross_validation

matplotlib.use("Agg")
rng = np.random.default_rng(0)
X, Y = load_diabetes(return_X_y=True, scaled=False)
Z = (X - X.mean(axis=0)) / X.std(axis=0)
WEIGHTS = rng.random(len(Y))
WIDE, OF_WIDE = rng.normal(size=(30, 60)), rng.normal(size=30)
PENALTIES = [0.0, 0.01, 1.0]


def by_fits(X, y, weights, splits, alphas, penalties, max_iter, **how):
    """The same errors by fits of the regressor, one at a time."""
    errors = np.empty((len(penalties), len(alphas), max_iter + 1, len(splits)))
    for p, a, f in np.ndindex(len(penalties), len(alphas), len(splits)):
        train, test = splits[f]
        s = np.ones(len(y)) if weights is None else weights
        reg = GradientDescentRegressor(
            alphas[a],
            l2_regularization=penalties[p],
            max_iter=max_iter,
            tol=0,
            store_path=True,
            **how,
        ).fit(X[train], y[train], s[train])
        predictions = reg.coef_path_ @ X[test].T + reg.intercept_path_[:, None]
        squares = (predictions - y[test]) ** 2
        errors[p, a, :, f] = np.average(squares, axis=1, weights=s[test])
    return errors


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("matrix_free", [True, False])
def test_errors_are_those_of_fits(matrix_free, weights, fit_intercept, scale, monkeypatch):
    if matrix_free:
        monkeypatch.setattr(cross_validation, "MOST_FEATURES", 0)
    splits, alphas = list(KFold(3).split(Z)), [0.1, 0.3]
    how = {"scale": scale, "fit_intercept": fit_intercept}
    cv = GradientDescentRegressorCV(
        alphas, cv=splits, l2_regularization=PENALTIES, max_iter=15, **how
    ).fit(Z, Y, WEIGHTS if weights is not None else None)
    expected = by_fits(Z, Y, weights, splits, alphas, PENALTIES, 15, **how)
    assert_allclose(cv.mse_path_, expected, rtol=1e-9)
    chosen = np.unravel_index(expected.mean(axis=-1).argmin(), expected.shape[:3])
    assert cv.l2_regularization_ == PENALTIES[chosen[0]]
    assert (cv.alpha_, cv.n_iter_) == (alphas[chosen[1]], chosen[2])
    reg = GradientDescentRegressor(
        cv.alpha_, l2_regularization=cv.l2_regularization_, max_iter=cv.n_iter_, tol=0, **how
    ).fit(Z, Y, weights)
    assert_array_equal(cv.coef_, reg.coef_)
    assert_array_equal(cv.loss_history_, reg.loss_history_)


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_more_features_than_rows(scale):
    splits, alphas = list(KFold(3).split(WIDE)), [0.01, 0.2]
    how = {"scale": scale}
    cv = GradientDescentRegressorCV(
        alphas, cv=splits, l2_regularization=PENALTIES, max_iter=15, **how
    ).fit(WIDE, OF_WIDE)
    expected = by_fits(WIDE, OF_WIDE, None, splits, alphas, PENALTIES, 15, **how)
    assert_allclose(cv.mse_path_, expected, rtol=1e-8)


def test_one_penalty_adds_no_axis():
    cv = GradientDescentRegressorCV(3, l2_regularization=0.1, max_iter=20).fit(Z, Y)
    assert cv.mse_path_.shape == (3, 21, 5)
    assert cv.l2_regularization_ == 0.1
    several = GradientDescentRegressorCV(cv.alphas_, l2_regularization=[0.1], max_iter=20)
    several.set_params(scale=True).fit(Z, Y)
    assert_array_equal(several.mse_path_, cv.mse_path_[None])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_grid_of_alphas_is_stable_for_every_penalty():
    penalties = [0.0, 10.0, 1000.0]
    cv = GradientDescentRegressorCV(3, l2_regularization=penalties, max_iter=20, scale=False)
    cv.fit(Z, Y)
    assert np.isfinite(cv.mse_path_).all()
    largest = max(np.linalg.eigvalsh(Z.T @ Z / len(Z) + l2 * np.eye(10))[-1] for l2 in penalties)
    assert 0.9 * 2 / largest < cv.alphas_.max() < 2 / largest


def test_the_display_draws_the_errors_of_the_penalty_chosen():
    cv = GradientDescentRegressorCV(3, l2_regularization=PENALTIES, max_iter=20).fit(Z, Y)
    display = MSEPathDisplay.from_estimator(cv)
    chosen = PENALTIES.index(cv.l2_regularization_)
    assert_array_equal(display.mse_path, cv.mse_path_[chosen])


@pytest.mark.parametrize(
    ("l2", "message"),
    [
        ([], "must be a number or a 1-D array"),
        ([[0.1]], "must be a number or a 1-D array"),
        (["a"], "must be a number or a 1-D array"),
        ([True, False], "must be a number or a 1-D array"),
        ([0.1, -1.0], "l2_regularization == -1.0, must be >= 0"),
        ([0.1, np.nan], "l2_regularization must be a number, got nan"),
        (-0.1, "l2_regularization == -0.1, must be >= 0"),
    ],
)
def test_messages(l2, message):
    with pytest.raises(ValueError, match=message):
        GradientDescentRegressorCV(l2_regularization=l2).fit(Z, Y)
