"""Working together with the rest of scikit-learn."""

import pickle
import warnings

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes
from sklearn.ensemble import BaggingRegressor, StackingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gd import GradientDescentRegressor

X, Y = load_diabetes(return_X_y=True)
FRAME = load_diabetes(as_frame=True, scaled=False)
WEIGHTS = np.random.default_rng(0).random(len(Y))


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("precompute", [True, False])
def test_grid_search_over_alphas_of_which_most_diverge(n_jobs, precompute):
    model = make_pipeline(
        StandardScaler(), GradientDescentRegressor(max_iter=200, precompute=precompute)
    )
    alphas = np.logspace(-4, 6, 11)
    search = GridSearchCV(
        model,
        {"gradientdescentregressor__alpha": alphas},
        n_jobs=n_jobs,
        error_score="raise",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        search.fit(FRAME.data.to_numpy(), Y)
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all()
    # The object itself: whether logspace makes 0.1 of it is NumPy's affair.
    assert search.best_params_["gradientdescentregressor__alpha"] == alphas[3]
    assert search.best_score_ > 0.4


def test_divergent_alphas_never_beat_one_that_descended():
    """Each fold's 2/L is near 0.5 here; 1e-3 descends only slowly."""
    model = make_pipeline(StandardScaler(), GradientDescentRegressor(max_iter=1000))
    alphas = [1e-2, 1.0, 1e2, 1e4, 1e6]
    search = GridSearchCV(model, {"gradientdescentregressor__alpha": alphas}, error_score="raise")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        search.fit(FRAME.data.to_numpy(), Y)
    assert search.best_params_["gradientdescentregressor__alpha"] == 1e-2


def test_pipeline_with_named_columns():
    model = make_pipeline(StandardScaler(), GradientDescentRegressor()).set_output(
        transform="pandas"
    )
    model.fit(FRAME.data, FRAME.target)
    assert_array_equal(model[-1].feature_names_in_, FRAME.data.columns)
    exact = make_pipeline(StandardScaler(), LinearRegression()).fit(FRAME.data, FRAME.target)
    assert_allclose(model.predict(FRAME.data), exact.predict(FRAME.data), rtol=1e-3)


@pytest.mark.parametrize("library", [pd, pl])
def test_data_frames(library):
    frame = library.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [1, 0, 0, 1]})
    target = library.Series([3.0, 4.0, 6.5, 9.0])
    reg = GradientDescentRegressor().fit(frame, target)
    assert_array_equal(reg.feature_names_in_, ["a", "b"])
    assert_allclose(reg.predict(frame), reg.predict(frame[["a", "b"]]))
    with pytest.raises(ValueError, match="feature names"):
        reg.predict(frame[["b", "a"]])
    plain = GradientDescentRegressor().fit(np.array(frame, dtype=float), np.array(target))
    assert_array_equal(plain.coef_, reg.coef_)


def test_cross_validate():
    result = cross_validate(GradientDescentRegressor(), X, Y, error_score="raise")
    exact = cross_validate(LinearRegression(), X, Y)
    assert_allclose(result["test_score"], exact["test_score"], atol=1e-4)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda reg: TransformedTargetRegressor(reg, func=np.log1p, inverse_func=np.expm1),
        lambda reg: StackingRegressor(
            [("linear", reg), ("near", KNeighborsRegressor())], final_estimator=reg
        ),
        lambda reg: BaggingRegressor(reg, n_estimators=5, random_state=0, n_jobs=2),
        lambda reg: make_pipeline(SelectFromModel(reg, max_features=5), reg),
    ],
    ids=["TransformedTargetRegressor", "StackingRegressor", "BaggingRegressor", "SelectFromModel"],
)
def test_meta_estimators(wrap):
    ours, theirs = wrap(GradientDescentRegressor()), wrap(LinearRegression())
    assert_allclose(ours.fit(X, Y).score(X, Y), theirs.fit(X, Y).score(X, Y), atol=1e-4)


def test_several_targets_like_one_by_one():
    both = np.column_stack([Y, np.sqrt(Y)])
    together = GradientDescentRegressor().fit(X, both).predict(X)
    apart = MultiOutputRegressor(GradientDescentRegressor()).fit(X, both).predict(X)
    assert_allclose(together, apart, rtol=1e-4)


def test_metadata_routing_of_weights():
    with config_context(enable_metadata_routing=True):
        reg = GradientDescentRegressor().set_fit_request(sample_weight=True)
        reg.set_score_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        model = make_pipeline(scaler, reg).fit(X, Y, sample_weight=WEIGHTS)
        search = GridSearchCV(reg, {"tol": [1e-6]}, error_score="raise")
        search.fit(X, Y, sample_weight=WEIGHTS)
    plain = GradientDescentRegressor().fit(StandardScaler().fit_transform(X), Y, WEIGHTS)
    assert_array_equal(model[-1].coef_, plain.coef_)
    assert_array_equal(
        search.best_estimator_.coef_, GradientDescentRegressor().fit(X, Y, WEIGHTS).coef_
    )


@pytest.mark.parametrize("alpha", ["auto", 0.1, np.reciprocal])
def test_clone_pickle_and_joblib(alpha, tmp_path):
    reg = GradientDescentRegressor(alpha, max_iter=5, tol=0, warm_start=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # np.reciprocal(0)
        if alpha is np.reciprocal:
            reg.set_params(alpha=np.exp2, max_iter=1)
        reg.fit(X, Y)
    joblib.dump(reg, tmp_path / "reg.joblib")
    for copy in (pickle.loads(pickle.dumps(reg)), joblib.load(tmp_path / "reg.joblib")):
        assert_array_equal(copy.predict(X), reg.predict(X))
        assert_array_equal(copy.loss_history_, reg.loss_history_)
    assert not hasattr(clone(reg), "coef_")
    assert clone(reg).get_params() == reg.get_params()


def test_parameters_are_left_alone():
    parameters = {"alpha": 0.1, "tol": None, "max_iter": np.int64(3), "fit_intercept": np.True_}
    reg = GradientDescentRegressor(**parameters).fit(X, Y)
    for name, value in parameters.items():
        assert getattr(reg, name) is value
