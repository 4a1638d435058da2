"""Float arrays pass without scikit-learn's checks: what these would refuse or note stays so."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.utils.validation import check_X_y

from sklearn_gd import GradientDescentRegressor, GradientDescentRegressorCV

rng = np.random.default_rng(5)
X = rng.normal(size=(12, 3))
Y = X @ [1.0, -2.0, 0.5] + rng.normal(size=12)
REFUSED = {
    "no rows": (X[:0], Y[:0]),
    "no features": (X[:, :0], Y),
    "one dimension": (X[:, 0], Y),
    "three dimensions": (X[None], Y),
    "a y too short": (X, Y[:-1]),
    "a y of three dimensions": (X, Y[:, None, None]),
    "a y of no targets": (X, np.empty((12, 0))),
    "a y with nan": (X, np.where(Y > 0, Y, np.nan)),
    "a y with infinity": (X.astype(np.float32), np.where(Y > 0, Y, np.inf)),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_scikit_learn_refuses_is_refused_in_its_words(kind):
    data = REFUSED[kind]
    with pytest.raises(ValueError, match=r".") as theirs:
        check_X_y(*data, multi_output=True, estimator="GradientDescentRegressor")
    with pytest.raises(ValueError, match=r".") as ours:
        GradientDescentRegressor().fit(*data)
    assert str(ours.value) == str(theirs.value)


def test_a_target_that_is_text_is_refused():
    with pytest.raises(TypeError, match="y must be an array of numbers, got the string 'price'"):
        GradientDescentRegressor().fit(X, "price")


@pytest.mark.parametrize("make", [GradientDescentRegressor, GradientDescentRegressorCV])
def test_features_are_noted_and_checked(make):
    named = pd.DataFrame(X, columns=["a", "b", "c"])
    est = make().fit(named, Y)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        est.predict(X)
    est.fit(X[:, :2], Y)
    assert est.n_features_in_ == 2
    assert not hasattr(est, "feature_names_in_")
    with pytest.raises(ValueError, match=r"X has 3 features, but .* is expecting 2"):
        est.predict(X)
    with pytest.warns(UserWarning, match="X has feature names, but"):
        est.predict(named[["a", "b"]])


@pytest.mark.parametrize(
    "X_as",
    [
        X,
        np.asfortranarray(X),
        X[::-1],
        X.astype(np.float32),
        X.astype(">f8"),
        X.view(type("Mine", (np.ndarray,), {})),
    ],
    ids=["rows", "columns", "backwards", "single", "other bytes", "subclass"],
)
def test_the_result_is_that_of_a_list(X_as):
    y_as = Y[: len(X_as)]
    ours = GradientDescentRegressor(tol=1e-10).fit(X_as, y_as)
    listed = GradientDescentRegressor(tol=1e-10).fit(X_as.tolist(), y_as.tolist())
    # Of float32 numbers coefficients are float32.
    rtol = 1e-6 if X_as.dtype == np.float32 else 1e-9
    np.testing.assert_allclose(ours.coef_, listed.coef_, rtol=rtol)
    np.testing.assert_allclose(ours.predict(X_as), listed.predict(X_as.tolist()), rtol=10 * rtol)


def test_a_nan_in_y_is_found_where_scikit_learn_is_told_not_to_look():
    with config_context(assume_finite=True), pytest.raises(ValueError, match=r"y has .* size nan"):
        GradientDescentRegressor().fit(X, REFUSED["a y with nan"][1])


def test_arrays_are_neither_copied_nor_changed():
    before = X.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        est = GradientDescentRegressor().fit(X, Y)
        est.predict(X)
    assert_array_equal(X, before)
