"""GradientDescentRegressorCV: against a plain loop, and as a scikit-learn estimator."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneOut,
    RepeatedKFold,
    ShuffleSplit,
    TimeSeriesSplit,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gd import (
    GradientDescentRegressor,
    GradientDescentRegressorCV,
    max_stable_alpha,
)
from sklearn_gd._regressor_cv import _best
from sklearn_gd._search.gram import GramFolds
from sklearn_gd._search.matrix_free import MatrixFreeFolds
from sklearn_gd._search.splits import sets_of_rows

from ..problems import design, errors_of_split, with_condition

FORMS = [GramFolds, MatrixFreeFolds]


def plain_loop(X, Y, splits, alphas, max_iter, weights=None, fit_intercept=True):
    """Mean squared errors on held-out rows, by descending on each split's rows."""
    A = design(X, fit_intercept)
    s = np.ones(len(Y)) if weights is None else weights
    errors = np.empty((len(alphas), max_iter + 1, len(splits)))
    for f, (train, test) in enumerate(splits):
        start = np.zeros((A.shape[1], Y.shape[1]), dtype=A.dtype)
        errors[..., f] = errors_of_split(A, Y, (train, test), start, alphas, max_iter, s)
    return errors


def data(noise=1.0, n_targets=1, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(90, 5)) * [1, 2, 0.3, 1, 1] + [0, 1, 0, 3, 0]
    Y = X @ rng.normal(size=(5, n_targets)) + 0.5
    return X, Y + noise * rng.normal(size=Y.shape), rng.random(90)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize(
    "cv",
    [KFold(4), KFold(5, shuffle=True, random_state=0), ShuffleSplit(6, random_state=0),
     RepeatedKFold(n_splits=3, n_repeats=2, random_state=0)],
    ids=["folds", "shuffled", "at random", "repeated"],
)  # fmt: skip
def test_errors_are_those_of_a_plain_loop(form, fit_intercept, weighted, cv):
    X, Y, weights = data(n_targets=2)
    weights = weights if weighted else None
    splits = list(cv.split(X))
    folds = form(X, Y, weights, splits, fit_intercept)
    alphas = np.array([0.01, 0.3, 1.0, 1.9]) / folds.largest_eigenvalue
    expected = plain_loop(X, Y, splits, alphas, 150, weights, fit_intercept)
    assert_allclose(folds.losses(alphas, 150), expected, rtol=1e-8)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("noise", [1e-4, 1e-6])
def test_good_fits_keep_their_digits(form, noise):
    """Plain moments lose them: see the module's docstring."""
    X, Y, _ = data(noise)
    splits = list(KFold(4).split(X))
    folds = form(X, Y, None, splits, True)
    alphas = np.array([1.9]) / folds.largest_eigenvalue
    expected = plain_loop(X, Y, splits, alphas, 1500)
    assert expected.min() < 10 * noise**2
    assert_allclose(folds.losses(alphas, 1500), expected, rtol=1e-8)


def hard_cases():
    """Data on which sums of products, or a reference not the split's own, lose all digits."""
    rng = np.random.default_rng(0)
    t = np.arange(200.0)
    X = np.column_stack([np.sin(t / 5), np.cos(t / 5)])
    yield "growing", X, np.exp(t / 8) * (1 + X[:, 0]) + rng.normal(size=200), TimeSeriesSplit(6)
    X = rng.normal(size=(60, 2))
    y = X @ [1.0, 2.0] + 0.01 * rng.normal(size=60)
    y[55] = 1e9
    yield "outlier", X, y, TimeSeriesSplit(5)
    X, noise = rng.normal(size=(40, 6)), rng.normal(size=40)
    yield "one row", X, X.sum(axis=1) + noise, LeaveOneOut()
    for offset in (1e4, 1e7):
        yield f"offset {offset:g}", X + offset, X.sum(axis=1) + noise, KFold(4)
    z = rng.normal(size=(40, 1))
    for share in (1e-4, 1e-7):
        nearly = z + share * rng.normal(size=(40, 1))
        yield f"collinear {share:g}", np.hstack([z, nearly]), z[:, 0] + 1e-6 * noise, KFold(4)
    powers = rng.random((40, 1)) ** np.arange(1, 10)
    yield "powers", powers, np.sin(6 * powers[:, 0]) + 0.1 * noise, KFold(4)
    yield "scales", X * 10.0 ** np.arange(-6, 6, 2), X.sum(axis=1) + noise, KFold(4)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("case", list(hard_cases()), ids=lambda case: case[0])
def test_hard_data_keep_their_digits(case, fit_intercept):
    _, X, y, cv = case
    splits = list(cv.split(X))
    folds = GramFolds(X, y[:, None], None, splits, fit_intercept)
    alphas = np.array([0.01, 1.0, 1.9]) / folds.largest_eigenvalue
    found = folds.losses(alphas, 100)
    exactly = [array.astype(np.longdouble) for array in (X, y[:, None], alphas)]
    expected = plain_loop(exactly[0], exactly[1], splits, exactly[2], 100, None, fit_intercept)
    assert (found >= 0).all()
    assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize("form", FORMS)
def test_above_the_limit_the_errors_are_the_loops_too(form):
    X, Y, _ = data()
    splits = list(KFold(3).split(X))
    folds = form(X, Y, None, splits, True)
    alphas = np.array([1.01, 1.3]) * 2.0 / folds.largest_eigenvalue
    expected = plain_loop(X, Y, splits, alphas, 40)
    assert_allclose(folds.losses(alphas, 40), expected, rtol=1e-8)


@pytest.mark.parametrize("form", FORMS)
def test_sparse_rows_and_float32(form):
    X, Y, weights = data()
    X = np.where(np.abs(X) > 1.0, X, 0.0).astype(np.float32)
    splits = list(KFold(3).split(X))
    expected = form(X.astype(float), Y, weights, splits, True).losses(np.array([0.1]), 50)
    for given in (X, sparse.csr_array(X)):
        found = form(given, Y, weights, splits, True).losses(np.array([0.1]), 50)
        assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("form", FORMS)
def test_what_diverges_scores_inf_from_then_on(form):
    X, Y, _ = data()
    splits = list(KFold(3).split(X))
    folds = form(X, Y, None, splits, True)
    alphas = np.array([0.9, 1.5, 1e200]) * 2.0 / folds.largest_eigenvalue
    losses = folds.losses(alphas, 400)
    assert np.isfinite(losses[0]).all()
    assert np.isinf(losses[1:, -1]).all()
    assert not np.isnan(losses).any()
    # Once inf, always inf.
    assert (np.isinf(losses[:, 1:]) >= np.isinf(losses[:, :-1])).all()


def test_what_is_at_rest_stays_there_whatever_the_rate():
    X, Y, _ = data()
    reg = GradientDescentRegressorCV([1e3, 1e200], max_iter=2000)
    with pytest.warns(ConvergenceWarning, match="All alphas, from 1000 on, are above"):
        reg.fit(X, 0 * Y[:, 0])
    assert not reg.mse_path_.any()


def test_iterates_are_the_same_some_at_a_time(monkeypatch):
    from sklearn_gd._search import gram as by_moments

    X, Y, _ = data()
    folds = GramFolds(X, Y, None, list(KFold(3).split(X)), True)
    alphas = np.array([0.1, 1.9, 2.5]) / folds.largest_eigenvalue
    expected = folds.losses(alphas, 300)
    for n_rows in (1, 2, 7, 64, 299, 300):
        monkeypatch.setattr(by_moments, "BLOCK_NUMBERS", n_rows * 6)
        assert_allclose(folds.losses(alphas, 300), expected, rtol=1e-11)


def test_rows_that_train_and_test_twice_or_never():
    """A user's own splits may draw rows twice, leave some out, and overlap."""
    X, Y, weights = data()
    splits = [(np.r_[0:50, 10:20, 3], np.r_[45:70, 60]), (np.arange(20, 80), np.arange(10))]
    expected = plain_loop(X, Y, splits, [0.05], 60, weights)
    for form in FORMS:
        found = form(X, Y, weights, splits, True).losses(np.array([0.05]), 60)
        assert_allclose(found, expected, rtol=1e-8)


def test_sets_are_disjoint_and_make_up_the_splits():
    for cv in (KFold(5), RepeatedKFold(n_splits=3, n_repeats=2, random_state=0), LeaveOneOut()):
        splits = list(cv.split(np.zeros((30, 1))))
        sets, members = sets_of_rows(30, splits)
        assert len(np.unique(np.concatenate(sets))) == sum(map(len, sets)) or len(splits) > 20
        for (train, test), (trains, tests) in zip(splits, members, strict=True):
            assert_array_equal(np.sort(np.concatenate([sets[i] for i in trains])), train)
            assert_array_equal(np.sort(np.concatenate([sets[i] for i in tests])), test)


def test_each_row_is_gathered_once(monkeypatch):
    """The moments of five folds cost one read of the rows."""
    from sklearn_gd._search import gram as by_moments

    gathered = []

    def counted(rows, *args, **kwargs):
        gathered.append(rows.n_rows)
        return collect(rows, *args, **kwargs)

    collect = by_moments.collect
    monkeypatch.setattr(by_moments, "collect", counted)
    X, Y, _ = data()
    GramFolds(X, Y, None, list(KFold(5).split(X)), True)
    assert sum(gathered) == len(X)


def test_the_choice_and_the_refit():
    X, y = with_condition(1e3, 40, 20, noise=2.0, seed=3)
    reg = GradientDescentRegressorCV(alphas=[0.01, 0.1, 1.0, 50.0], max_iter=200).fit(X, y)
    means = reg.mse_path_.mean(axis=2)
    chosen = list(reg.alphas_).index(reg.alpha_)
    assert means[chosen, reg.n_iter_] == means.min()
    assert 0 < reg.n_iter_ < 200
    assert np.isinf(means[3, -1])
    alone = GradientDescentRegressor(reg.alpha_, max_iter=reg.n_iter_, tol=0).fit(X, y)
    assert_array_equal(reg.coef_, alone.coef_)
    assert_array_equal(reg.loss_history_, alone.loss_history_)
    assert_array_equal(reg.predict(X), alone.predict(X))
    assert reg.status_ == "max_iter"
    assert_allclose(reg.mse_path_[:, 0], np.broadcast_to(
        [np.mean(y[test] ** 2) for _, test in KFold(5).split(X)], (4, 5)
    ))  # fmt: skip


def test_equal_errors_go_to_fewer_steps():
    # Errors of a descent that has arrived are equal only where nothing is rounded.
    errors = np.array([[4.0, 2.0, 1.0, 1.0], [4.0, 1.0, 1.0, 2.0], [4.0, 1.0, 3.0, np.inf]])
    assert _best(errors[None]) == (0, 1, 1)
    assert _best(np.stack([errors, errors + 1.0, errors - 0.5])) == (2, 1, 1)
    assert _best(np.stack([errors, errors])) == (0, 1, 1)
    # No feature varies: every step has the very same error.
    still = GradientDescentRegressorCV(alphas=[0.5], max_iter=50, fit_intercept=False)
    assert still.fit(np.zeros((20, 1)), np.full(20, 3.0)).n_iter_ == 0
    # One step of alpha = 1/L = 1/2 reaches the mean, to rounding, and the rest stays there.
    reg = GradientDescentRegressorCV(alphas=[0.5], max_iter=50)
    reg.fit(np.ones((20, 1)), np.full(20, 3.0))
    assert reg.n_iter_ >= 1
    assert_allclose(reg.mse_path_[0, 1:], 0.0, atol=9.0 * (4 * 2.2e-16) ** 2)


def test_the_start_itself_may_be_best():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(20, 15)), rng.choice([-1.0, 1.0], size=20)
    reg = GradientDescentRegressorCV(alphas=[0.5], max_iter=20, fit_intercept=False)
    reg.fit(X, y)
    assert reg.n_iter_ == 0
    assert not reg.coef_.any()
    zero = GradientDescentRegressorCV(alphas=[0.1], max_iter=5).fit(X, 0 * y)
    assert (zero.n_iter_, len(zero.loss_history_), len(zero.alpha_history_)) == (0, 1, 0)
    assert_array_equal(zero.predict(X), 0 * y)


def test_the_grid_ends_below_the_limit_of_every_fold():
    X, y = with_condition(10.0, 60, 4, seed=0)
    reg = GradientDescentRegressorCV(7, max_iter=50, scale=False).fit(X, y)
    A = design(X)
    limits = [
        2.0 / np.linalg.eigvalsh(A[train].T @ A[train] / len(train))[-1]
        for train, _ in KFold(5).split(X)
    ]
    assert len(reg.alphas_) == 7
    assert 0.98 * min(limits) < reg.alphas_.max() < min(limits)
    assert np.isfinite(reg.mse_path_).all()
    assert len(GradientDescentRegressorCV(max_iter=300).fit(X, y).alphas_) == 20
    # The whole data's L is no larger than the largest of the folds'.
    assert reg.alphas_.max() < 2.0 / np.linalg.eigvalsh(A.T @ A / len(A))[-1]


@pytest.mark.parametrize("shape", [(30, 40), (25, 60), (40, 2500)])
def test_more_features_than_rows(shape):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=shape), rng.normal(size=shape[0])
    how = {"cv": 3, "max_iter": 40, "scale": False}
    reg = GradientDescentRegressorCV(3, **how).fit(X, y)
    expected = plain_loop(X, y[:, None], list(KFold(3).split(X)), reg.alphas_, 40)
    assert_allclose(reg.mse_path_, expected, rtol=1e-8)
    thin = GradientDescentRegressorCV(3, **how).fit(sparse.csr_array(X), y)
    assert_allclose(thin.mse_path_, expected, rtol=1e-8)
    with pytest.raises(ValueError, match="X contains infinity"):
        reg.fit(np.where(X > 2.0, np.inf, X), y)


def test_jobs_change_nothing():
    X, y = with_condition(10.0, 60, 4, seed=0)
    one, two = (GradientDescentRegressorCV(5, max_iter=50, n_jobs=n).fit(X, y) for n in (1, 2))
    assert_array_equal(one.mse_path_, two.mse_path_)


def test_a_search_over_max_iter():
    X, Y, _ = data()
    search = GridSearchCV(GradientDescentRegressorCV(3), {"max_iter": np.array([60, 80])}, cv=3)
    assert np.isfinite(search.fit(X, Y[:, 0]).cv_results_["mean_test_score"]).all()


def test_the_default_grid_does_not_diverge_on_all_rows():
    """Of splits whose training rows are all smaller than the last of the rows."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(240, 5)) * np.linspace(0.2, 2.0, 240)[:, None]
    y = X @ np.arange(1.0, 6.0) + 0.1 * rng.normal(size=240)
    A = design(X)
    limit = 2.0 / np.linalg.eigvalsh(A.T @ A / 240)[-1]
    for form in FORMS:
        folds = form(X, y[:, None], None, list(TimeSeriesSplit(5).split(X)), True)
        assert_allclose(2.0 / folds.largest_eigenvalue, limit, rtol=1e-10)
    reg = GradientDescentRegressorCV(cv=TimeSeriesSplit(5), max_iter=300, scale=False).fit(X, y)
    assert reg.status_ == "max_iter"
    assert reg.alphas_.max() < limit
    assert reg.score(X, y) > 0.999


def test_what_the_choice_cannot_be_is_told():
    X, Y, _ = data()
    y = Y[:, 0]
    with pytest.warns(ConvergenceWarning, match="would fall to about .* with more") as caught:
        GradientDescentRegressorCV([0.01], scale=True, max_iter=4).fit(X, y)
    assert caught[0].filename == __file__
    with pytest.warns(ConvergenceWarning, match="with standardised features it would be"):
        GradientDescentRegressorCV([1e-8], max_iter=4).fit(1e3 * X, y)
    with pytest.warns(ConvergenceWarning, match=r"All alphas, from 5 on, are above .* \(2/L\)"):
        reg = GradientDescentRegressorCV([5.0, 10.0]).fit(X, y)
    assert (reg.n_iter_, reg.status_) == (0, "max_iter")
    # Above 2/L of all rows, whose last are the largest, but not of those the splits train on.
    X = X * np.linspace(0.2, 3.0, 90)[:, None]
    y = X @ np.arange(1.0, 6.0) + 0.1 * y
    limit = max_stable_alpha(X)
    cv = [(np.arange(60), np.arange(60, 75))]
    reg = GradientDescentRegressorCV([1.5 * limit, 0.001 * limit], cv=cv, max_iter=60)
    with pytest.warns(ConvergenceWarning, match=r"climbs on all rows: it is above"):
        reg.fit(X, y)
    assert reg.status_ == "diverged"


def test_targets_share_one_choice():
    X, Y, weights = data(n_targets=3)
    reg = GradientDescentRegressorCV(4, max_iter=60, scale=False).fit(X, Y, sample_weight=weights)
    assert reg.coef_.shape == (3, 5)
    assert np.ndim(reg.alpha_) == 0
    expected = plain_loop(X, Y, list(KFold(5).split(X)), reg.alphas_, 60, weights)
    assert_allclose(reg.mse_path_, expected, rtol=1e-8)


def test_groups_by_metadata_routing():
    X, Y, _ = data()
    groups = np.repeat(np.arange(9), 10)
    with sklearn.config_context(enable_metadata_routing=True):
        reg = GradientDescentRegressorCV(3, cv=GroupKFold(3), max_iter=300, scale=False)
        reg.fit(X, Y[:, 0], groups=groups)
        # A generator of splits is not used up by asking for what it routes.
        alone = GradientDescentRegressorCV(3, cv=KFold(3).split(X), max_iter=300)
        assert alone.fit(X, Y[:, 0]).mse_path_.shape == (3, 301, 3)
    splits = list(GroupKFold(3).split(X, groups=groups))
    assert_allclose(reg.mse_path_, plain_loop(X, Y, splits, reg.alphas_, 300), rtol=1e-8)
    with pytest.raises(TypeError, match=r"unexpected \['groups'\].*enable_metadata_routing"):
        reg.fit(X, Y[:, 0], groups=groups)


def test_in_a_pipeline_with_masks_for_splits():
    X, Y, _ = data()
    masks = [(np.arange(90) >= 30, np.arange(90) < 30)]
    model = make_pipeline(StandardScaler(), GradientDescentRegressorCV(3, cv=masks, max_iter=80))
    assert model.fit(X, Y[:, 0])[-1].mse_path_.shape == (3, 81, 1)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"alphas": 0}, ValueError, "alphas == 0, must be >= 1"),
        ({"alphas": []}, ValueError, "1-D array of positive numbers"),
        ({"alphas": [0.1, -1.0]}, ValueError, "positive and finite"),
        ({"alphas": "auto"}, ValueError, "alphas must be None"),
        ({"alphas": True}, ValueError, "alphas must be None"),
        ({"max_iter": 0}, ValueError, "max_iter == 0"),
        ({"fit_intercept": "yes"}, TypeError, "fit_intercept must be True or False"),
        ({"cv": []}, ValueError, "cv makes no splits"),
        ({"cv": [([0, 1], [])]}, ValueError, "split 0 must have test rows"),
        ({"cv": 1}, ValueError, "n_splits=1"),
        ({"cv": KFold}, TypeError, "cv is the class KFold"),
        ({"cv": [(0, 1)]}, ValueError, r"training rows of split 0 must be a 1-D array"),
        ({"cv": [([0], [1]), ([0],)]}, ValueError, r"split 1 must be \(train, test\)"),
        ({"cv": [1, 2]}, ValueError, r"split 0 must be \(train, test\)"),
        ({"cv": [([0], [99])]}, ValueError, "test rows of split 0: index 99 is out of bounds"),
        ({"cv": [([0.5], [1])]}, ValueError, "training rows of split 0 must be"),
        ({"cv": [([0], np.ones(3, dtype=bool))]}, ValueError, "test rows of split 0: boolean"),
        ({"alphas": [0.1, [0.2]]}, ValueError, "alphas must be None, an integer"),
        ({"n_jobs": "a"}, ValueError, "n_jobs must be None or an integer other than 0, got 'a'"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be"),
        ({"n_jobs": True}, ValueError, "n_jobs must be"),
    ],
)
def test_wrong_settings(settings, error, message):
    X, Y, _ = data()
    with pytest.raises(error, match=message):
        GradientDescentRegressorCV(**settings).fit(X, Y[:, 0])


def test_weights_that_leave_a_fold_empty():
    X, Y, _ = data()
    weights = np.r_[np.zeros(30), np.ones(60)]
    with pytest.raises(ValueError, match="split 0 must have test rows of positive weight"):
        GradientDescentRegressorCV(3, cv=3).fit(X, Y[:, 0], sample_weight=weights)


@pytest.mark.parametrize("scale", [True, False])
def test_a_wide_frame_of_several_dtypes(scale):
    pd = pytest.importorskip("pandas")
    X = np.random.default_rng(0).normal(size=(20, 30))
    X[:, 3] = X[:, 3].astype(np.float32)
    y = X[:, 0] + X[:, 3]
    reg = GradientDescentRegressorCV(3, scale=scale, max_iter=20)
    expected = reg.fit(X, y).mse_path_
    assert_array_equal(reg.fit(pd.DataFrame(X).astype({3: np.float32}), y).mse_path_, expected)
