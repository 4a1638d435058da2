"""What the user is told: errors name the parameter and what is allowed, warnings a remedy."""

import decimal
import fractions
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sklearn_gd
from sklearn_gd import (
    GradientDescentRegressor,
    GradientDescentRegressorCV,
    cost,
    directional_derivative,
    gradient,
    gradient_descent_path,
    max_stable_alpha,
)
from sklearn_gd.learning_rates import ExactLineSearch, LearningRate, RateState

from .problems import LONGLEY, with_condition

X, Y = with_condition(10)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"alpha": 0}, ValueError, "alpha, the learning rate, must be positive and finite, got 0"),
        ({"alpha": -0.1}, ValueError, "alpha.*positive.*-0.1"),
        ({"alpha": np.nan}, ValueError, "alpha.*positive.*nan"),
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
        ({"alpha": "lipshitz"}, ValueError, "alpha='lipshitz' is not known; did you mean 'lipsc"),
        ({"alpha": "Exact"}, ValueError, "did you mean 'exact'?"),
        ({"alpha": "0.1"}, ValueError, "alpha='0.1' is text; pass the number 0.1"),
        ({"alpha": "nan"}, ValueError, "alpha='nan' is not known; the known names"),
        ({"alpha": "chebyshev", "precompute": False}, ValueError, "Gram matrix.*precompute=True"),
        ({"alpha": lambda k: "x"}, ValueError, "alpha: the learning rate of step 0.*'x'"),
        ({"alpha": lambda k: 0.0}, ValueError, "alpha: the learning rate of step 0"),
        ({"alpha": lambda k: 0.1 if k < 3 else -1}, ValueError, "step 3 must be a positive.*-1"),
        ({"alpha": lambda k: 0.1 if k < 2 else np.nan}, ValueError, "step 2.*nan"),
        ({"alpha": lambda k: None}, ValueError, "step 0.*None"),
        ({"alpha": lambda k: np.array([0.1, 0.2])}, ValueError, "step 0"),
        ({"alpha": 10**400}, ValueError, r"alpha, the .*finite, got 10{99}\.\.\. of type int"),
        ({"alpha": -(10**400)}, ValueError, "alpha, the learning rate, must be positive"),
        ({"alpha": 10**5000}, ValueError, "must be positive and finite, got a huge int"),
        ({"alpha": fractions.Fraction(10**400)}, ValueError, "finite, got Fraction"),
        ({"alpha": fractions.Fraction(1, 10**400)}, ValueError, "positive and finite, got Frac"),
        ({"alpha": decimal.Decimal("0.1")}, TypeError, "alpha must be a positive number.*Decimal"),
        ({"alpha": lambda k: 10**400}, ValueError, "step 0 must be a positive finite number, got"),
        ({"tol": 10**400}, ValueError, "tol == inf, must be < inf"),
        ({"tol": fractions.Fraction(-(10**400))}, ValueError, "tol == -inf, must be >= 0"),
        ({"validation_fraction": 10**400}, ValueError, "validation_fraction == inf, must be < 1"),
        (
            {"validation_fraction": fractions.Fraction(1, 10**400)},
            ValueError,
            "validation_fraction == 0.0, must be > 0",
        ),
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
        ({"intercept_init": 1e155}, ValueError, r"loss of inf; up to 1e\+120 is allowed"),
        ({"sample_weight": np.ones(80) * 1j}, ValueError, "sample_weight.*got dtype complex128"),
        ({"sample_weight": 1j}, ValueError, "sample_weight must be numbers: got dtype complex128"),
        ({"sample_weight": np.full(80, "1")}, ValueError, "sample_weight.*got dtype <U1"),
        ({"sample_weight": np.ones(80, "M8[D]")}, ValueError, "sample_weight.*dtype datetime64"),
        ({"sample_weight": [10**400] * 80}, ValueError, "sample_weight must be numbers: .*large"),
        ({"sample_weight": [{}] * 80}, ValueError, "sample_weight must be numbers: "),
        ({"y": Y * 1j}, ValueError, "y must be numeric, got dtype complex128"),
        ({"y": [1j] * 80}, ValueError, "y must be numeric, got dtype complex128"),
        ({"y": (Y * 1j).astype(object)}, TypeError, "y must be numeric, got objects: "),
        ({"y": [10**400] * 80}, ValueError, "y must be numeric, got objects: int too large"),
        ({"y": Y.astype("M8[D]")}, ValueError, "y must be numeric, got dtype datetime64"),
        ({"X": X.astype("M8[D]")}, ValueError, "X must be numeric, got dtype datetime64"),
        ({"X": X.astype(str)}, ValueError, "X must be numeric, got dtype <U"),
        ({"X": changed(X.astype(object), 10**400)}, ValueError, "X must be numeric, got objects"),
        (
            {"X": changed(X.astype(object), "a")},
            ValueError,
            "X must be numeric, got objects of.*str",
        ),
        ({"coef_init": np.ones(6) * 1j}, ValueError, "coef_init must be.*got dtype complex128"),
        ({"coef_init": np.ones(6, "m8[s]")}, ValueError, "coef_init must be.*dtype timedelta64"),
        ({"coef_init": [10**400] * 6}, ValueError, "coef_init must be an array of shape"),
        ({"intercept_init": "1"}, ValueError, "intercept_init must be a number: got dtype <U1"),
        ({"intercept_init": 10**400}, ValueError, "intercept_init must be a number: int too larg"),
        ({"coef_init": "zeros"}, ValueError, "coef_init must be an array"),
        ({"intercept_init": np.zeros(2)}, ValueError, "intercept_init must be a number"),
        ({"intercept_init": np.inf}, ValueError, "intercept_init must be finite"),
        ({"X_val": X, "y_val": Y}, ValueError, "X_val, y_val are for early stopping, but early_"),
    ],
)
def test_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        GradientDescentRegressor().fit(**{"X": X, "y": Y, **arguments})


@pytest.mark.parametrize(
    ("name", "value"),
    [("X_val", X.astype(str)), ("y_val", Y * 1j), ("sample_weight_val", np.ones(80) * 1j)],
)
def test_held_out_rows_of_no_numbers(name, value):
    held_out = {"X_val": X, "y_val": Y, name: value}
    reg = GradientDescentRegressor("lipschitz", early_stopping=True)
    with pytest.raises(ValueError, match=f"^{name} must be num.*got dtype"):
        reg.fit(X, Y, **held_out)


@pytest.mark.parametrize("weight", [5e-324, 1e-310, 1.7e308])
def test_equal_weights_of_any_size(weight):
    weights = np.full(80, weight)
    expected = GradientDescentRegressor().fit(X, Y)
    np.testing.assert_allclose(
        GradientDescentRegressor().fit(X, Y, weights).coef_, expected.coef_, rtol=1e-12
    )
    for how in ({}, {"sample_weight": weights}):
        assert np.isclose(cost(X, Y, np.ones(6), **how), cost(X, Y, np.ones(6)), rtol=1e-12)
        assert np.isclose(max_stable_alpha(X, **how), max_stable_alpha(X), rtol=1e-12)
    assert GradientDescentRegressor().partial_fit(X, Y, weights).status_ == "converged"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"alphas": [10**400]}, "alphas must be None, an integer .*: int too large"),
        (
            {"alphas": [1j]},
            r"alphas must be None, an integer \(how many\) .*: got dtype complex128",
        ),
        ({"alphas": [np.longdouble("1e309")]}, "alphas must be positive and finite"),
        ({"alphas": [[0.1], [0.2, 0.3]]}, "alphas must be None, an integer"),
        ({"alphas": [True]}, "alphas must be None, an integer"),
        ({"alphas": 10**400}, "alphas must be at most"),
        ({"max_iter": 10**400}, "max_iter must be at most"),
    ],
)
def test_parameters_of_the_cross_validation(parameters, message):
    with pytest.raises(ValueError, match=message):
        GradientDescentRegressorCV(**parameters).fit(X, Y)


def test_fractions_are_numbers():
    tenth = fractions.Fraction(1, 10)
    found = GradientDescentRegressor(tenth, max_iter=3, tol=fractions.Fraction(0)).fit(X, Y)
    expected = GradientDescentRegressor(0.1, max_iter=3, tol=0).fit(X, Y)
    np.testing.assert_array_equal(found.coef_, expected.coef_)
    reg = GradientDescentRegressor("lipschitz", early_stopping=True, validation_fraction=tenth)
    assert reg.fit(X, Y).n_iter_ > 0
    assert GradientDescentRegressorCV([tenth]).fit(X, Y).alpha_ == 0.1
    np.testing.assert_array_equal(
        gradient_descent_path(X, Y, alpha=tenth, max_iter=[3])[0],
        gradient_descent_path(X, Y, alpha=0.1, max_iter=[3])[0],
    )


class Raising(LearningRate):
    """A learning rate that raises at its start, or at a step."""

    def __init__(self, error, step=None):
        self.error, self.step = error, step

    def start(self, problem):
        if self.step is None:
            raise self.error
        return self

    def __call__(self, k, line=None):
        if k == self.step:
            raise self.error
        return 0.1


@pytest.mark.parametrize("step", [None, 3])
def test_a_learning_rate_that_has_no_more_numbers(step):
    when = "at the start" if step is None else "of step 3"
    with pytest.raises(ValueError, match=f"alpha: the learning rate {when} raised Stop") as caught:
        GradientDescentRegressor(Raising(StopIteration(), step), tol=0).fit(X, Y)
    assert isinstance(caught.value.__cause__, StopIteration)
    few = iter([0.1, 0.1])
    with pytest.raises(ValueError, match="step 2 raised StopIteration"):
        GradientDescentRegressor(lambda k: next(few), tol=0).fit(X, Y)


class NeverSays(RateState):
    def __call__(self, k, line):
        return 0.1

    def may_stop(self, k):
        raise StopIteration


class OfNoState(LearningRate):
    def start(self, problem):
        return self.state


def of_state(state):
    rate = OfNoState()
    vars(rate)["state"] = state
    return rate


def test_no_stop_iteration_ends_an_iteration_of_the_callers():
    with pytest.raises(RuntimeError, match="raised StopIteration"):
        GradientDescentRegressor(of_state(NeverSays())).fit(X, Y)


def test_a_class_is_no_state():
    with pytest.raises(TypeError, match="must return a callable"):
        GradientDescentRegressor(of_state(NeverSays)).fit(X, Y)


def test_a_state_that_cannot_be_copied():
    numbers = (0.1 for _ in range(100))
    state = partial(lambda numbers, k, line: next(numbers), numbers)
    reg = GradientDescentRegressor(of_state(state), max_iter=3, tol=0, warm_start=True).fit(X, Y)
    with pytest.raises(TypeError, match=r"alpha: the state of .* cannot be copied"):
        reg.fit(X, Y)


def test_y_is_required():
    w = np.ones(X.shape[1])
    calls = [
        lambda X, y: GradientDescentRegressor().fit(X, y),
        lambda X, y: GradientDescentRegressor().partial_fit(X, y),
        lambda X, y: GradientDescentRegressor().partial_fit(X[:0], y),
        lambda X, y: GradientDescentRegressorCV().fit(X, y),
        lambda X, y: make_pipeline(StandardScaler(), GradientDescentRegressor()).fit(X, y),
        lambda X, y: cost(X, y, w),
        lambda X, y: gradient(X, y, w),
        lambda X, y: directional_derivative(X, y, w, 0, w),
        lambda X, y: gradient_descent_path(X, y, alpha=0.1, max_iter=[1]),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="requires y to be passed"):
            call(X, None)


@pytest.mark.parametrize("batch", [5, "a", None])
def test_a_batch_without_a_shape(batch):
    with pytest.raises((TypeError, ValueError), match=r"X|Expected 2D array"):
        GradientDescentRegressor().partial_fit(batch, Y)


def test_warnings_name_a_users_file_whose_name_begins_with_ours():
    beside = f"{Path(sklearn_gd.__file__).parent}_demo.py"
    code = compile("GradientDescentRegressor('lipschitz', max_iter=1).fit(X, Y)", beside, "exec")
    with pytest.warns(ConvergenceWarning) as caught:
        exec(code, globals())
    assert caught[0].filename == beside


@pytest.mark.parametrize("step", [None, 3])
@pytest.mark.parametrize("error", [KeyError("mine"), GeneratorExit("mine"), TypeError("mine")])
def test_other_errors_of_a_learning_rate_come_as_they_are(error, step):
    with pytest.raises(type(error)) as caught:
        GradientDescentRegressor(Raising(error, step), tol=0).fit(X, Y)
    assert caught.value is error


def test_no_intercept_to_start_from():
    reg = GradientDescentRegressor(fit_intercept=False)
    with pytest.raises(ValueError, match="intercept_init must be 0 or None"):
        reg.fit(X, Y, intercept_init=1.0)


def test_coefficients_that_float32_cannot_hold():
    reg = GradientDescentRegressor()
    with pytest.raises(ValueError, match="overflow float32"):
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
        GradientDescentRegressor(max_iter=3, scale=False).fit(X * [1, 10, 100, 1, 1, 1], Y)
    text = str(caught[0].message)
    assert f"condition number of the problem is about {condition:.2g};" in text
    assert "with scale=True it would be" in text
    assert "correlation of" in text
    assert "tol=1e-06" in text
    assert caught[0].filename == __file__


def test_warning_of_a_constant_alpha_names_the_largest():
    limits = r"descend below 1\.\d+ \(2/L; 1\.\d+ with scale=True\)"
    with pytest.warns(ConvergenceWarning, match=rf"last alpha was 0\.001.*{limits}"):
        GradientDescentRegressor(0.001, max_iter=3).fit(X, Y)


def test_warning_by_passes_has_the_numbers_too():
    reg = GradientDescentRegressor(precompute=False, max_iter=3, scale=False)
    # The square of the condition number of [X 1] that is known of it, 4.86e9.
    with pytest.warns(ConvergenceWarning, match=r"about 2.4e\+19; with scale=True .*1.2e"):
        reg.fit(LONGLEY[:, :-1], LONGLEY[:, -1])


def test_warning_with_more_features_than_eigenvalues_are_worth():
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(20, 1200)) * np.r_[1e3, np.ones(1199)]
    with pytest.warns(ConvergenceWarning, match="scale=True may help"):
        GradientDescentRegressor(max_iter=2, scale=False).fit(wide, rng.normal(size=20))


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


def test_more_steps_are_an_alternative_only_where_there_is_another():
    """Standardised by default, nothing else is to be done; raw, scale=True is."""
    rng = np.random.default_rng(0)
    common = rng.normal(size=(200, 1))
    Z = (common + 0.03 * rng.normal(size=(200, 6))) * 10.0 ** np.arange(6)
    y = Z @ (rng.normal(size=6) / Z.std(axis=0)) + rng.normal(size=200)
    with pytest.warns(ConvergenceWarning, match=r"standardised features\. Increase max_iter\.$"):
        GradientDescentRegressor(max_iter=2).fit(Z, y)
    with pytest.warns(ConvergenceWarning, match=r"scale=True it would .*\. Or increase max_iter"):
        GradientDescentRegressor("exact", max_iter=2).fit(Z, y)
