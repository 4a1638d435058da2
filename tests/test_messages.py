"""What the user is told: errors name the parameter and what is allowed, warnings a remedy."""

import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from sklearn_gd import GradientDescentRegressor
from sklearn_gd.learning_rates import ExactLineSearch

from .problems import LONGLEY, with_condition

X, Y = with_condition(10)


def of_two_steps():
    alphas = iter([0.1, 0.1])
    return lambda k: next(alphas)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"alpha": 0}, ValueError, "alpha, the learning rate, must be positive and finite, got 0"),
        ({"alpha": -0.1}, ValueError, "alpha.*positive.*-0.1"),
        ({"alpha": np.nan}, ValueError, "alpha.*positive.*nan"),
        ({"alpha": 10**400}, ValueError, r"alpha.*finite, got an integer of about 10\^400"),
        ({"alpha": 10**5000}, ValueError, r"alpha.*finite, got an integer of about 10\^5000"),
        ({"alpha": Fraction(10**400)}, ValueError, "alpha.*finite, got Fraction"),
        ({"tol": 10**400}, ValueError, r"tol must be a float64 number, got.*10\^400"),
        ({"alpha": of_two_steps()}, ValueError, "learning rate of step 2 raised StopIteration"),
        ({"alpha": np.inf}, ValueError, "alpha.*finite.*inf"),
        ({"alpha": [0.1]}, TypeError, r"alpha must be a positive number, a name.*\[0.1\].*list"),
        ({"alpha": None}, TypeError, "alpha must be.*None"),
        ({"alpha": True}, TypeError, "alpha must be.*True"),
        ({"alpha": 1j}, TypeError, "alpha must be.*1j"),
        ({"alpha": np.array([0.1, 0.2])}, TypeError, "alpha must be a positive number"),
        ({"alpha": ExactLineSearch}, TypeError, r"pass an object of it: ExactLineSearch\(...\)"),
        (
            {"alpha": "fast"},
            ValueError,
            "alpha='fast' is not known; the known names are 'auto', 'barzilai-borwein', "
            "'lipschitz', 'exact', 'chebyshev', 'silver'",
        ),
        ({"alpha": "chebyshev", "precompute": False}, ValueError, "moments.*precompute=True"),
        ({"alpha": lambda k: "x"}, ValueError, "alpha: the learning rate of step 0.*'x'"),
        ({"alpha": lambda k: 0.0}, ValueError, "alpha: the learning rate of step 0"),
        ({"alpha": lambda k: 0.1 if k < 3 else -1}, ValueError, "step 3 must be a positive.*-1"),
        ({"alpha": lambda k: 0.1 if k < 2 else np.nan}, ValueError, "step 2.*nan"),
        ({"alpha": lambda k: None}, ValueError, "step 0.*None"),
        ({"alpha": lambda k: np.array([0.1, 0.2])}, ValueError, "step 0"),
        ({"max_iter": 0}, ValueError, "max_iter == 0, must be >= 1"),
        ({"max_iter": 10.0}, TypeError, "max_iter must be an instance of int"),
        ({"max_iter": True}, TypeError, "max_iter must be an integer of at least 1, got True"),
        ({"tol": -1e-3}, ValueError, "tol == -0.001, must be >= 0"),
        ({"tol": np.nan}, ValueError, "tol must be a number, got nan"),
        ({"tol": np.inf}, ValueError, "tol == inf, must be < inf"),
        ({"tol": "small"}, TypeError, "tol must be an instance of"),
        ({"precompute": "yes"}, ValueError, "precompute must be 'auto', True or False, got 'yes'"),
        ({"precompute": None}, ValueError, "precompute must be"),
        ({"fit_intercept": "no"}, TypeError, "fit_intercept must be True or False, got 'no'"),
        ({"warm_start": 1}, TypeError, "warm_start must be True or False, got 1"),
        ({"store_path": None}, TypeError, "store_path must be True or False"),
        ({"early_stopping": "auto"}, TypeError, "early_stopping must be True or False"),
        ({"validation_fraction": 0.0}, ValueError, "validation_fraction == 0.0, must be > 0"),
        ({"validation_fraction": 1.0}, ValueError, "validation_fraction == 1.0, must be < 1"),
        ({"n_iter_no_change": 0}, ValueError, "n_iter_no_change == 0, must be >= 1"),
        ({"verbose": -1}, ValueError, "verbose == -1, must be >= 0"),
        ({"n_iter_no_change": 2.0}, TypeError, "n_iter_no_change must be an instance of int"),
    ],
)
def test_parameters(parameters, error, message):
    with pytest.raises(error, match=message):
        GradientDescentRegressor(**parameters).fit(X, Y)


def changed(array, value):
    array = array.copy()
    array.flat[3] = value
    return array


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"X": changed(X, np.nan)}, ValueError, "Input X contains NaN"),
        ({"X": changed(X, -np.inf)}, ValueError, "Input X contains infinity"),
        ({"X": sparse.csr_array(changed(X, np.nan))}, ValueError, "Input X contains NaN"),
        ({"y": changed(Y, np.nan)}, ValueError, "Input y contains NaN"),
        ({"y": changed(Y, np.inf)}, ValueError, "Input y contains infinity"),
        ({"X": X[0]}, ValueError, "Expected 2D array, got 1D array"),
        ({"X": X[:, :, None]}, ValueError, "Found array with dim 3"),
        ({"X": X[:0], "y": Y[:0]}, ValueError, r"0 sample\(s\)"),
        ({"X": X[:, :0]}, ValueError, r"0 feature\(s\)"),
        ({"y": Y[:-1]}, ValueError, "inconsistent numbers of samples"),
        ({"y": Y[:, None, None]}, ValueError, "dim 3"),
        ({"X": X.astype("U")}, ValueError, "dtype='numeric' is not compatible|could not convert"),
        ({"y": Y.astype("U")}, ValueError, "y must be numeric, got dtype <U"),
        ({"X": X.astype(complex)}, ValueError, "Complex data not supported"),
        ({"y": sparse.csr_array(Y[:, None])}, TypeError, r"y is sparse.*y.toarray\(\)"),
        ({"X": X * 1e160}, ValueError, "X has values of size .*e.160.*1e-30 to 1e.30.*rescale X"),
        ({"X": X * 1e-170}, ValueError, "X has values of size .*rescale X"),
        ({"y": Y * 1e-170}, ValueError, "y has values of size .*rescale y"),
        ({"y": Y * 1e160}, ValueError, "y has values of size .*rescale y"),
        ({"sample_weight": np.zeros(80)}, ValueError, "sample_weight must have a positive entry"),
        ({"sample_weight": 0}, ValueError, "sample_weight must have a positive entry"),
        ({"sample_weight": -np.eye(80)[5]}, ValueError, "not be negative, got -1.0 in row 5"),
        ({"sample_weight": np.ones(79)}, ValueError, "one entry per row, 80, got 79"),
        ({"sample_weight": np.ones((80, 1))}, ValueError, "sample_weight must be 1-D"),
        ({"sample_weight": np.full(80, np.nan)}, ValueError, "sample_weight contains NaN"),
        ({"coef_init": np.zeros(5)}, ValueError, r"coef_init must be.*\(6,\), got shape \(5,\)"),
        ({"coef_init": np.zeros((1, 6))}, ValueError, r"coef_init.*got shape \(1, 6\)"),
        ({"coef_init": np.full(6, np.nan)}, ValueError, "coef_init must be finite"),
        ({"coef_init": np.full(6, 1e155)}, ValueError, r"loss of inf; up to 1e\+120 is allowed"),
        ({"coef_init": "zeros"}, ValueError, "coef_init must be an array"),
        ({"intercept_init": np.zeros(2)}, ValueError, "intercept_init must be a number"),
        ({"intercept_init": np.inf}, ValueError, "intercept_init must be finite"),
        ({"X_val": X, "y_val": Y}, ValueError, "X_val, y_val are for early stopping, but early_"),
    ],
)
def test_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        GradientDescentRegressor().fit(**{"X": X, "y": Y, **arguments})


def test_no_intercept_to_start_from():
    reg = GradientDescentRegressor(fit_intercept=False)
    with pytest.raises(ValueError, match="intercept_init must be 0 or None"):
        reg.fit(X, Y, intercept_init=1.0)


def test_coefficients_that_float32_cannot_hold():
    reg = GradientDescentRegressor()
    with pytest.raises(ValueError, match="leave float32"):
        reg.fit((X * 1e-20).astype(np.float32), Y * 1e25)


def test_a_fit_that_fails_leaves_the_last_one():
    reg = GradientDescentRegressor(warm_start=True).fit(X, Y)
    coef = reg.coef_
    with pytest.raises(ValueError, match="step 5"):
        reg.set_params(alpha=lambda k: 1e-3 if k < 5 else -1).fit(X, Y + X[:, 0])
    assert reg.coef_ is coef
    assert reg.set_params(alpha="auto").fit(X, Y).n_iter_ <= 1


def test_not_fitted():
    with pytest.raises(NotFittedError):
        GradientDescentRegressor().predict(X)


def test_warning_of_ill_scaled_data_has_numbers():
    condition = np.linalg.cond(np.column_stack([X * [1, 10, 100, 1, 1, 1], np.ones(80)])) ** 2
    with pytest.warns(ConvergenceWarning) as caught:
        GradientDescentRegressor(max_iter=3).fit(X * [1, 10, 100, 1, 1, 1], Y)
    text = str(caught[0].message)
    assert f"condition number of the problem is about {condition:.2g};" in text
    assert "after StandardScaler it would be" in text
    assert "correlation of" in text
    assert "tol=1e-06" in text
    assert caught[0].filename == __file__


def test_warning_of_a_constant_alpha_names_the_largest():
    with pytest.warns(
        ConvergenceWarning, match=r"last alpha was 0\.001.*descend below 1\.\d+ \(2/L\)"
    ):
        GradientDescentRegressor(0.001, max_iter=3).fit(X, Y)


def test_warning_by_passes_has_the_numbers_too():
    with pytest.warns(ConvergenceWarning, match=r"about 2.1e\+11; after StandardScaler .*1.2e"):
        GradientDescentRegressor(precompute=False, max_iter=3).fit(LONGLEY[:, :-1], LONGLEY[:, -1])


def test_warning_with_more_features_than_eigenvalues_are_worth():
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(20, 1200)) * np.r_[1e3, np.ones(1199)]
    with pytest.warns(ConvergenceWarning, match="standardising the features.*may help"):
        GradientDescentRegressor(max_iter=2).fit(wide, rng.normal(size=20))


def test_one_warning_for_all_targets():
    with pytest.warns(ConvergenceWarning, match="2 of 3 targets; of target [02]:") as caught:
        GradientDescentRegressor(max_iter=2).fit(X, np.column_stack([Y, 0 * Y, Y**2]))
    assert len(caught) == 1


def test_verbose(capsys):
    GradientDescentRegressor(0.1, tol=0, max_iter=60, verbose=1).fit(X, Y)
    *lines, end = capsys.readouterr().out.splitlines()
    assert end == "max_iter after 60 steps"
    assert [int(line.split()[1]) for line in lines] == [1, 2, 5, 10, 20, 50, 60]
    assert all("loss" in line and "alpha 1.000e-01" in line for line in lines)
    GradientDescentRegressor(0.1, tol=0, max_iter=2, verbose=True).fit(X, np.c_[Y, Y])
    assert capsys.readouterr().out.count("target 1  step") == 2
    GradientDescentRegressor().fit(X, Y)
    assert capsys.readouterr().out == ""


SMALLEST = np.nextafter(0.0, 1.0)


@pytest.mark.parametrize("weight", [SMALLEST, 3 * SMALLEST, 1e-310, 1e-300, 1e300])
def test_only_ratios_of_weights_matter(weight):
    """Down to the smallest numbers there are."""
    how = {"alpha": 0.1, "max_iter": 20, "tol": 0}
    found = GradientDescentRegressor(**how).fit(X, Y, np.full(len(Y), weight))
    np.testing.assert_allclose(found.coef_, GradientDescentRegressor(**how).fit(X, Y).coef_)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(len(Y)) + 0j, "sample_weight must be numbers, got dtype complex128"),
        (np.full(len(Y), "1"), "sample_weight must be numbers, got dtype <U1"),
        (np.zeros(len(Y), dtype="M8[s]"), r"sample_weight must be numbers, got dtype datetime64"),
        ([10**400] * len(Y), "sample_weight must be numbers: int too large"),
        ([object()] * len(Y), "sample_weight must be numbers: "),
    ],
)
def test_weights_that_are_no_numbers(weights, message):
    with pytest.raises(ValueError, match=message):
        GradientDescentRegressor().fit(X, Y, weights)


@pytest.mark.parametrize("bad", [1j, 10**400, "a"])
def test_starts_that_are_no_numbers(bad):
    with pytest.raises(ValueError, match="coef_init must be an array of shape"):
        GradientDescentRegressor().fit(X, Y, coef_init=[bad] * X.shape[1])


def test_arrays_of_other_libraries():
    """With scikit-learn's dispatch they come as they are."""
    code = """
import numpy as np, sklearn
xp = __import__("array_api_strict")
import sklearn_gd
X, y = np.arange(12.0).reshape(6, 2), np.arange(6.0)
sklearn.set_config(array_api_dispatch=True)
reg = sklearn_gd.GradientDescentRegressor().fit(X, y)
A, b = xp.asarray(X), xp.asarray(y)
for call in (
    lambda: sklearn_gd.GradientDescentRegressor().fit(A, b),
    lambda: sklearn_gd.GradientDescentRegressor().partial_fit(A, b),
    lambda: sklearn_gd.GradientDescentRegressorCV(cv=2).fit(A, b),
    lambda: sklearn_gd.cost(A, b, [1.0, 1.0]),
    lambda: sklearn_gd.max_stable_alpha(A),
    lambda: reg.predict(A),
    lambda: reg.score(A, b),
):
    try:
        call()
    except TypeError as error:
        assert "array_api_strict" in str(error) and "numpy.asarray" in str(error), error
    else:
        raise AssertionError("no error")
"""
    pytest.importorskip("array_api_strict")
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
