"""Every public name has types, and classes declare the attributes that a fit sets."""

import inspect
import runpy
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from sklearn_gd import GradientDescentRegressor, GradientDescentRegressorCV
from sklearn_gd.learning_rates import protocol

from .test_documentation import PUBLIC

METHODS = {
    f"{name}.{member}": getattr(one, member)
    for name, one in {**PUBLIC, "Line": protocol.Line}.items()
    if inspect.isclass(one)
    for member in vars(one)
    if not member.startswith("_") or member in ("__init__", "__call__")
    if callable(getattr(one, member))
}
FUNCTIONS = {name: one for name, one in PUBLIC.items() if not inspect.isclass(one)}
# Not what scikit-learn, dataclasses and typing.Protocol add.
CALLABLES = {
    name: function
    for name, function in {**METHODS, **FUNCTIONS}.items()
    if getattr(function, "__module__", "").startswith("sklearn_gd")
}


def test_there_are_methods_among_them():
    assert {"sklearn_gd.cost", "sklearn_gd.GradientDescentRegressor.partial_fit"} <= {*CALLABLES}
    assert "sklearn_gd.LossCurveDisplay.from_estimators" in CALLABLES


@pytest.mark.parametrize("name", CALLABLES)
def test_parameters_and_returns_have_types(name):
    signature = inspect.signature(CALLABLES[name])
    assert signature.return_annotation is not signature.empty
    for parameter in signature.parameters.values():
        assert parameter.annotation is not parameter.empty or parameter.name in ("self", "cls")


def declared(estimator):
    return {name for name in type(estimator).__annotations__ if name.endswith("_")}


def fitted(estimator):
    return {name for name in vars(estimator) if name.endswith("_")}


def a_table():
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(np.arange(40.0).reshape(20, 2) % 7, columns=["a", "b"])
    return X, X["a"] - X["b"]


def test_the_regressor_declares_what_a_fit_sets():
    X, y = a_table()
    with_paths = GradientDescentRegressor(store_path=True).fit(X, y)
    stopping = GradientDescentRegressor(early_stopping=True, random_state=0).fit(X, y)
    assert fitted(with_paths) | fitted(stopping) == declared(with_paths)
    only = {"coef_path_", "intercept_path_"}
    assert fitted(with_paths) - fitted(stopping) == only
    assert fitted(stopping) - fitted(with_paths) == {"validation_loss_history_"}


def test_the_search_declares_what_a_fit_sets():
    X, y = a_table()
    reg = GradientDescentRegressorCV(3, max_iter=300).fit(X, y)
    assert fitted(reg) == declared(reg)


@pytest.mark.parametrize("estimator", [GradientDescentRegressor, GradientDescentRegressorCV])
def test_what_is_declared_is_not_set(estimator):
    assert not [name for name in declared(estimator()) if hasattr(estimator(), name)]


def test_displays_declare_what_plot_sets():
    display = PUBLIC["sklearn_gd.LossCurveDisplay"]([[2.0, 1.0]])
    assert fitted(display.plot()) == declared(display)


def test_what_users_write_runs(capsys):
    code = Path(__file__).parent / "user_code.py"
    with warnings.catch_warnings(), mpl.rc_context({"backend": "agg"}):
        warnings.simplefilter("ignore", ConvergenceWarning)
        # Of Matplotlib's oldest version, about an axis that is linear after all.
        warnings.filterwarnings("ignore", "All values for SymLogScale")
        runpy.run_path(str(code))
