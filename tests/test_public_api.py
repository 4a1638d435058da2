"""The names, signatures and defaults that others rely on."""

import importlib.metadata
import inspect
import subprocess
import sys

import pytest

import sklearn_gd


def test_public_names():
    assert sorted(sklearn_gd.__all__) == [
        "CoefficientPathDisplay",
        "DescentLaboratory",
        "DescentPathDisplay",
        "GradientDescentRegressor",
        "GradientDescentRegressorCV",
        "LossCurveDisplay",
        "MSEPathDisplay",
        "cost",
        "directional_derivative",
        "gradient",
        "gradient_descent_path",
        "max_stable_alpha",
    ]


def test_version_is_the_installed_one():
    assert importlib.metadata.version("sklearn-gd") == sklearn_gd.__version__


def test_the_estimators_diagram_links_to_its_page():
    urls = importlib.metadata.metadata("sklearn-gd").get_all("Project-URL")
    (address,) = [url.split(", ")[1] for url in urls if url.startswith("Documentation, ")]
    page = f"{address}generated/sklearn_gd.GradientDescentRegressor.html"
    assert f'href="{page}"' in sklearn_gd.GradientDescentRegressor()._repr_html_()


@pytest.mark.parametrize(
    ("function", "signature"),
    [
        (
            sklearn_gd.GradientDescentRegressor,
            "(alpha='auto', *, fit_intercept=True, scale='auto', l2_regularization=0.0, "
            "positive=False, coef_bounds=None, max_iter=10000, tol=1e-06, precompute='auto', "
            "warm_start=False, early_stopping=False, validation_fraction=0.15, "
            "n_iter_no_change=40, store_path=False, verbose=0, random_state=None)",
        ),
        (
            sklearn_gd.GradientDescentRegressorCV,
            "(alphas=None, *, cv=None, fit_intercept=True, scale='auto', l2_regularization=0.0, "
            "max_iter=1000, n_jobs=None)",
        ),
        (
            sklearn_gd.GradientDescentRegressor.fit,
            "(self, X, y=None, sample_weight=None, coef_init=None, intercept_init=None, "
            "X_val=None, y_val=None, sample_weight_val=None)",
        ),
        (
            sklearn_gd.cost,
            "(X, y, coef, intercept=0.0, *, l2_regularization=0.0, sample_weight=None)",
        ),
        (
            sklearn_gd.gradient,
            "(X, y, coef, intercept=0.0, *, l2_regularization=0.0, sample_weight=None)",
        ),
        (
            sklearn_gd.directional_derivative,
            "(X, y, coef, intercept, direction_coef, direction_intercept=0.0, *, "
            "l2_regularization=0.0, sample_weight=None)",
        ),
        (
            sklearn_gd.gradient_descent_path,
            "(X, y, *, alpha, max_iter, fit_intercept=True, scale=False, l2_regularization=0.0, "
            "sample_weight=None)",
        ),
        (
            sklearn_gd.max_stable_alpha,
            "(X, *, fit_intercept=True, scale=False, l2_regularization=0.0, sample_weight=None)",
        ),
    ],
)
def test_signatures(function, signature):
    # As it is but for its types, which are in test_types.py.
    found = inspect.signature(function)
    bare = [one.replace(annotation=one.empty) for one in found.parameters.values()]
    assert str(inspect.Signature(bare)) == signature


@pytest.mark.parametrize(
    "module",
    [
        "_descent.loop",
        "_descent.stopping",
        "_descent.early_stopping",
        "learning_rates",
        "_objective.quadratic",
        "rows._blocks",
    ],
)
def test_the_mathematics_knows_no_scikit_learn(module):
    code = (
        "import sys, types; package = types.ModuleType('sklearn_gd'); "
        f"package.__path__ = [{sklearn_gd.__path__[0]!r}]; sys.modules['sklearn_gd'] = package; "
        f"import sklearn_gd.{module}; assert 'sklearn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "module", ["matplotlib", "dask", "sklearn_gd.plotting", "sklearn_gd._regressor_cv"]
)
def test_optional_packages_are_not_imported(module):
    code = f"import sys, sklearn_gd; assert {module!r} not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_pictures_are_imported_when_asked_for():
    code = (
        "import sklearn_gd, sys\n"
        "assert 'DescentLaboratory' in dir(sklearn_gd)\n"
        "assert not hasattr(sklearn_gd, 'something')\n"
        "assert 'sklearn_gd.plotting' not in sys.modules\n"
        "assert sklearn_gd.DescentLaboratory is sklearn_gd.plotting.DescentLaboratory\n"
        "from sklearn_gd import *\n"
        "assert LossCurveDisplay\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
