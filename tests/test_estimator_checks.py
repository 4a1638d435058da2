"""scikit-learn's own checks, for every learning rate and both forms of the objective."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_gd import GradientDescentRegressor

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

# Chebyshev needs the moments: by passes alone it is an error, tested elsewhere.
COMBINATIONS = [
    GradientDescentRegressor(alpha, precompute=precompute)
    for alpha in (*NAMES, 0.1)
    for precompute in ("auto", True, False)
    if not (alpha == "chebyshev" and precompute is False)
]


@parametrize_with_checks(COMBINATIONS)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
