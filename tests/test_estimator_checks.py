"""scikit-learn's own checks, for every learning rate and both forms of the objective."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_gd import GradientDescentRegressor, GradientDescentRegressorCV

from .problems import NAMES

# The checks set max_iter to a handful.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # One check is skipped by scikit-learn itself where SCIPY_ARRAY_API is not set.
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning"),
    # scikit-learn 1.6 in its check of pandas input.
    pytest.mark.filterwarnings("ignore::FutureWarning:sklearn"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:sklearn"),
]

# Which rows are held out depends on how many there are: of rows with integer
# weights others than of rows repeated.
EXPECTED_FAILURES = {
    "check_estimators_partial_fit_n_features": "partial_fit holds out no rows, and says so",
    "check_sample_weight_equivalence_on_dense_data": "other rows are held out",
    "check_sample_weight_equivalence_on_sparse_data": "other rows are held out",
}

# Chebyshev needs the moments: by passes alone it is an error, tested elsewhere.
COMBINATIONS = [
    GradientDescentRegressor(alpha, precompute=precompute)
    for alpha in (*NAMES, 0.1)
    for precompute in ("auto", True, False)
    if not (alpha == "chebyshev" and precompute is False)
]

SCALED = [
    GradientDescentRegressor(alpha, scale=scale, precompute=precompute)
    for alpha, scale in (("auto", True), ("auto", False), (0.1, True))
    for precompute in (True, False)
]

EARLY_STOPPING = [
    GradientDescentRegressor(alpha, precompute=precompute, early_stopping=True, random_state=0)
    for alpha in ("auto", "lipschitz")
    for precompute in (True, False)
]

PENALISED = [
    GradientDescentRegressor(alpha, l2_regularization=l2, positive=positive, precompute=precompute)
    for alpha, l2, positive, precompute in (
        ("auto", 0.1, False, True),
        (0.1, 0.1, False, False),
        ("auto", 0.0, True, "auto"),
        (0.1, 0.1, True, False),
    )
]

SEARCHES = [
    GradientDescentRegressorCV(3, cv=3, scale=scale, l2_regularization=l2, max_iter=30)
    for scale, l2 in (("auto", 0.0), (True, 0.0), (False, 0.0), ("auto", [0.0, 0.1]))
]


def expected_failures(estimator):
    return EXPECTED_FAILURES if getattr(estimator, "early_stopping", False) else {}


@parametrize_with_checks(
    [*COMBINATIONS, *SCALED, *EARLY_STOPPING, *PENALISED, *SEARCHES],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
