"""What the guide's page "Works with" promises."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import BaggingRegressor, StackingRegressor
from sklearn.feature_selection import SelectFromModel
from sklearn.inspection import (
    PartialDependenceDisplay,
    partial_dependence,
    permutation_importance,
)
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import estimator_html_repr

from sklearn_gd import GradientDescentRegressor, GradientDescentRegressorCV

PAGE = Path(__file__).parent.parent / "docs" / "guide" / "works_with.rst"
ESTIMATORS = {
    "fit": GradientDescentRegressor(),
    "search": GradientDescentRegressorCV(3, cv=2, max_iter=200, scale=True),
}


def made(which, **settings):
    return clone(ESTIMATORS[which]).set_params(**settings)


rng = np.random.default_rng(5)
X = rng.normal(size=(80, 4)) * [1.0, 10.0, 0.1, 1.0] + [0.0, 50.0, 3.0, -2.0]
COEF = np.array([[3.0, -0.5, 20.0, 1.0], [0.0, 0.1, -5.0, 2.0], [1.0, 1.0, 1.0, 1.0]])
Y = X @ COEF.T + [5.0, -7.0, 0.0] + rng.normal(size=(80, 3))
TARGETS = {"1-D": Y[:, 0], "one column": Y[:, :1], "three": Y}
FRAME = pd.DataFrame(X, columns=["a", "b", "c", "d"])


@pytest.fixture(scope="module")
def run():
    """Return a function that converts a fitted model to ONNX and runs it on rows."""
    onnxruntime = pytest.importorskip("onnxruntime")
    skl2onnx = pytest.importorskip("skl2onnx")
    shapes = pytest.importorskip("skl2onnx.common.shape_calculator")
    linear = pytest.importorskip("skl2onnx.operator_converters.linear_regressor")
    for estimator in (GradientDescentRegressor, GradientDescentRegressorCV):
        skl2onnx.update_registered_converter(
            estimator,
            estimator.__name__,
            shapes.calculate_linear_regressor_output_shapes,
            linear.convert_sklearn_linear_regressor,
        )

    def run(model, rows):
        file = skl2onnx.to_onnx(model, rows[:1]).SerializeToString()
        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        if isinstance(rows, pd.DataFrame):
            inputs = {name: rows[[name]].to_numpy() for name in rows}
        else:
            inputs = {"X": rows}
        return session.run(None, inputs)[0]

    return run


def rounding(reg, rows, dtype):
    """How far sums of n products and b can differ if added in another order, or rounded first.

    Each way has n + 1 roundings of terms of the size of sum |w_j x_j| + |b|, and up to two
    of the coefficient and the feature where these are converted to dtype.
    """
    sizes = np.abs(rows) @ np.abs(np.atleast_2d(reg.coef_)).T + np.abs(reg.intercept_)
    return 2 * (rows.shape[1] + 3) * np.finfo(dtype).eps * sizes


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("fitted_to", ["f8", "f4"])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("targets", TARGETS)
@pytest.mark.parametrize("which", ESTIMATORS)
def test_onnx_predicts_the_same(run, which, targets, fit_intercept, fitted_to, dtype):
    y = TARGETS[targets]
    reg = made(which, fit_intercept=fit_intercept).fit(X.astype(fitted_to), y)
    predicted = run(reg, X.astype(dtype))
    assert predicted.dtype == dtype
    expected = reg.predict(X)
    assert predicted.shape == (len(X), expected.size // len(X))
    error = np.abs(predicted - expected.reshape(predicted.shape))
    assert (error <= rounding(reg, X, dtype)).all()


@pytest.mark.parametrize("which", ESTIMATORS)
@pytest.mark.parametrize("targets", TARGETS)
def test_onnx_of_a_pipeline(run, which, targets):
    model = make_pipeline(StandardScaler(), made(which)).fit(X, TARGETS[targets])
    predicted, expected = run(model, X), model.predict(X)
    # The scaler makes the same two operations on each value in both.
    error = np.abs(predicted - expected.reshape(predicted.shape))
    assert (error <= rounding(model[-1], model[:-1].transform(X), "f8")).all()


def test_onnx_of_a_data_frame_with_categories(run):
    frame = FRAME.assign(city=np.where(X[:, 0] > 0, "Ulm", "Jena").astype(object))
    by_column = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["city"]), (StandardScaler(), list(FRAME))
    )
    model = make_pipeline(by_column, GradientDescentRegressor()).fit(frame, Y[:, 0])
    error = np.abs(run(model, frame)[:, 0] - model.predict(frame))
    assert (error <= rounding(model[-1], model[:-1].transform(frame), "f8")[:, 0]).all()


@pytest.mark.parametrize(
    "wrap",
    [
        lambda reg: GridSearchCV(reg, {"fit_intercept": [True, False]}, cv=2),
        lambda reg: make_pipeline(SelectFromModel(reg, max_features=2), reg),
        lambda reg: BaggingRegressor(reg, n_estimators=2, random_state=0),
        lambda reg: StackingRegressor([("linear", reg)], final_estimator=reg, cv=2),
        MultiOutputRegressor,
    ],
    ids=["GridSearchCV", "SelectFromModel", "Bagging", "Stacking", "MultiOutput"],
)
def test_onnx_of_meta_estimators(run, wrap):
    model = wrap(GradientDescentRegressor())
    model.fit(X, Y if isinstance(model, MultiOutputRegressor) else Y[:, 0])
    predicted, expected = run(model, X), model.predict(X)
    # Some dozens of roundings, of terms no more than ten times the predictions' size.
    scale = np.abs(expected).max()
    assert_allclose(predicted, expected.reshape(predicted.shape), rtol=0, atol=1e-13 * scale)


@pytest.mark.parametrize("which", ESTIMATORS)
@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_intercept_is_a_number_of_numpy(which, dtype, fit_intercept):
    """Also where it is 0: converters ask it for shape and dtype."""
    reg = made(which, fit_intercept=fit_intercept)
    reg.fit(X.astype(dtype), Y[:, 0])
    assert isinstance(reg.intercept_, np.floating)
    assert reg.intercept_.dtype == reg.coef_.dtype == dtype


@pytest.mark.parametrize("library", [pd, pl])
@pytest.mark.parametrize("which", ESTIMATORS)
def test_names_of_columns_reach_the_regressor(library, which):
    frame = library.DataFrame({name: FRAME[name].to_numpy() for name in FRAME})
    select = SelectFromModel(made(which), max_features=2, threshold=-np.inf)
    with config_context(transform_output=library.__name__):
        model = make_pipeline(StandardScaler(), select, made(which))
        model.fit(frame, Y[:, 0])
        selected, predicted = model[:-1].transform(frame), model.predict(frame)
    assert isinstance(selected, library.DataFrame)
    # The largest standardised coefficients of the first target are about -5 and 3.
    assert list(selected.columns) == ["a", "b"]
    assert_array_equal(model[-1].feature_names_in_, ["a", "b"])
    assert isinstance(predicted, np.ndarray)


@pytest.mark.parametrize("scaled", [False, True])
def test_partial_dependence_is_a_line(scaled):
    """b + w . mean + w_j (x_j - mean_j), for each target."""
    steps = [StandardScaler()] if scaled else []
    model = make_pipeline(*steps, GradientDescentRegressor()).fit(FRAME, Y)
    found = partial_dependence(model, FRAME, ["b"], grid_resolution=7)
    coef = model[-1].coef_[:, 1] / (X[:, 1].std() if scaled else 1.0)
    at_the_mean = model.predict(FRAME.mean().to_frame().T)[0]
    line = at_the_mean[:, None] + np.outer(coef, found["grid_values"][0] - X[:, 1].mean())
    # A mean of 80 sums of five terms, of sizes below 100.
    assert_allclose(found["average"], line, rtol=0, atol=1e-11)


def test_partial_dependence_of_two_features_is_drawn():
    pytest.importorskip("matplotlib")
    reg = GradientDescentRegressor().fit(FRAME, Y[:, 0])
    display = PartialDependenceDisplay.from_estimator(
        reg, FRAME, ["a", ("a", "b")], grid_resolution=4
    )
    (plane,) = display.pd_results[1]["average"]
    # No interaction: the mixed differences of a plane are zero, to the rounding of its values.
    assert_allclose(np.diff(np.diff(plane, axis=0), axis=1), 0.0, atol=1e-11)


def test_permutation_importance_is_twice_the_explained_variance():
    """On average over permutations, at a solution, where the residual is orthogonal to X and 1."""
    reg = GradientDescentRegressor().fit(X, Y[:, 0])
    repeats = 100
    found = permutation_importance(
        reg, X, Y[:, 0], scoring="neg_mean_squared_error", n_repeats=repeats, random_state=0
    )
    # Five standard errors of a mean; the default tol leaves far less.
    error = 5 * found.importances_std / np.sqrt(repeats)
    assert (np.abs(found.importances_mean - 2 * reg.coef_**2 * X.var(axis=0)) <= error).all()


@pytest.mark.parametrize("which", ESTIMATORS)
@pytest.mark.parametrize("is_fitted", [False, True])
def test_the_diagram_names_parameters_and_links_to_the_documentation(which, is_fitted):
    reg = made(which, max_iter=4321)
    model = make_pipeline(StandardScaler(), reg)
    if is_fitted:
        model.fit(X, Y[:, 0])
    page, name = estimator_html_repr(model), type(reg).__name__
    assert {"StandardScaler", name, "max_iter", "4321"} <= set(re.findall(r"\w+", page))
    assert re.search(rf'href="https://[^"]*/sklearn_gd\.{name}\.html"', page)


@pytest.mark.parametrize("which", ESTIMATORS)
def test_the_link_of_the_diagram_may_be_set_as_for_scikit_learns_estimators(which):
    reg = made(which)
    reg._doc_link_template = "https://here.local/{estimator_name}.html"
    assert f'href="https://here.local/{type(reg).__name__}.html"' in estimator_html_repr(reg)
    assert "here.local" not in estimator_html_repr(clone(reg))


# Bits of a fit, of held-out rows, of a search of our own, and of one over pipelines.
FITS = """
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn_gd import GradientDescentRegressor, GradientDescentRegressorCV

X, y = load_diabetes(return_X_y=True, scaled=False)
plain = GradientDescentRegressor().fit(X, y)
stopped = GradientDescentRegressor(early_stopping=True, random_state=0).fit(X, y)
chosen = GradientDescentRegressorCV(3, max_iter=500).fit(X, y)
few = make_pipeline(StandardScaler(), GradientDescentRegressor(max_iter=9, tol=0))
search = GridSearchCV(few, {"gradientdescentregressor__alpha": [0.03, 0.3]}, cv=2).fit(X, y)
arrays = plain.coef_, plain.predict(X), stopped.loss_history_, chosen.mse_path_
bits = [array.tobytes().hex() for array in (*arrays, search.cv_results_["mean_test_score"])]
"""


def test_scikit_learn_intelex_changes_no_bit():
    """Patched as the guide says, in a process of its own, because it stays patched."""
    if importlib.util.find_spec("sklearnex") is None:
        pytest.skip("scikit-learn-intelex is not installed")
    text = PAGE.read_text(encoding="utf-8")
    (block,) = re.findall(r"^.. code-block:: python\n\n((?: {3}.*\n|\n)+)", text, re.MULTILINE)
    patched = re.sub("^ {3}", "", block, flags=re.MULTILINE)
    report = "import json; print(json.dumps([LinearRegression.__module__, bits]))"
    done = subprocess.run(
        [sys.executable, "-c", f"{patched}\n{FITS}\n{report}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    module, bits = json.loads(done.stdout)
    assert module.startswith(("sklearnex.", "daal4py."))
    expected: dict[str, list[str]] = {}
    exec(FITS, expected)
    assert bits == expected["bits"]
