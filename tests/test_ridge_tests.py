"""Ridge regression by others' tests: scikit-learn's of Ridge, and glmnet's reference values."""

import functools
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model.tests import test_ridge as theirs

from sklearn_gd import GradientDescentRegressor

from .test_linear_regression_tests import cases

ols_ridge_dataset = theirs.ols_ridge_dataset

NAMES = [
    "test_ridge_regression",
    "test_ridge_regression_hstacked_X",
    "test_ridge_regression_vstacked_X",
    "test_ridge_regression_unpenalized",
    "test_ridge_regression_unpenalized_hstacked_X",
    "test_ridge_regression_unpenalized_vstacked_X",
    "test_ridge_regression_sample_weights",
]
# Sparse X is left out by the tests for "svd", which our stand-in calls itself in the others.
CASES = [
    (function, arguments)
    for name in NAMES
    for function, arguments in cases(getattr(theirs, name))
    if arguments["solver"] == ("sparse_cg" if arguments.get("sparse_container") else "svd")
]


class InPlaceOfRidge(GradientDescentRegressor):
    """Ridge: alpha is its penalty, on the sum of squares and not on their mean."""

    def __init__(self, alpha, *, fit_intercept, solver, **unused):
        # Without a penalty some X are singular, and 1e-12 is below their rounding. From zero,
        # unscaled, a descent ends at the solution of least norm.
        tol = 1e-12 if alpha else 1e-10
        super().__init__(fit_intercept=fit_intercept, scale=False, tol=tol)
        self.penalty, self.solver = alpha, solver

    def fit(self, X, y, sample_weight=None):
        weight = len(y) if sample_weight is None else np.sum(sample_weight)
        self.l2_regularization, self.solver_ = self.penalty / weight, self.solver
        return super().fit(X, y, sample_weight)


@pytest.fixture(params=[0, 42])
def global_random_seed(request):
    return request.param


@pytest.mark.parametrize(
    ("function", "arguments"),
    CASES,
    ids=[f"{f.__name__[5:]}-{'-'.join(map(str, a.values()))}" for f, a in CASES],
)
def test_theirs(function, arguments, ols_ridge_dataset, global_random_seed, monkeypatch):
    X = ols_ridge_dataset[0]
    if "unpenalized" in function.__name__ and X.shape[1] > len(X) and arguments["fit_intercept"]:
        pytest.skip("asserts that Ridge misses the solution of least norm, which is found here")
    monkeypatch.setattr(theirs, "Ridge", InPlaceOfRidge)
    given = {"ols_ridge_dataset": ols_ridge_dataset, "global_random_seed": global_random_seed}
    functools.partial(function, **arguments, **given)()


def test_enough_of_them():
    assert len(CASES) >= 18


def test_glmnets_reference_values():
    """Of R's glmnet 1.9, shipped with statsmodels: 9 problems, 3 penalties each.

    glmnet's penalty is for y over its population standard deviation.
    """
    pytest.importorskip("statsmodels")
    from statsmodels.regression.tests.results import glmnet_r_results as theirs

    data = np.loadtxt(Path(theirs.__file__).with_name("lasso_data.csv"), delimiter=",")
    found = [values for name, values in vars(theirs).items() if name.startswith("rslt_")]
    # Those without a lasso penalty.
    ridge = [values for values in found if values[2] == 0]
    assert len(ridge) == 27
    for n, p, _, penalty, *coef in ridge:
        standard = data[: int(n)] - data[: int(n)].mean(axis=0)
        standard /= standard.std(axis=0, ddof=1)
        X, y = standard[:, 1 : int(p) + 1], standard[:, 0]
        reg = GradientDescentRegressor(
            l2_regularization=penalty / y.std(), fit_intercept=False, tol=1e-10
        )
        # They are printed to seven digits, and stopped at glmnet's own tolerance.
        assert_allclose(reg.fit(X, y).coef_, coef, rtol=5e-6)
