"""Linear regression by explicit batch gradient descent, as a scikit-learn estimator."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._functions import (
    cost,
    directional_derivative,
    gradient,
    gradient_descent_path,
    max_stable_alpha,
)
from ._regressor import GradientDescentRegressor

if TYPE_CHECKING:
    from ._regressor_cv import GradientDescentRegressorCV
    from .plotting import (
        CoefficientPathDisplay,
        DescentLaboratory,
        DescentPathDisplay,
        LossCurveDisplay,
        MSEPathDisplay,
    )

__version__ = "1.0.0rc1"

__all__ = [
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


# Checkers of types know the names from above: of any other they shall say that it is not there.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Return the search or a picture: imported when asked for, as a fit needs none of them."""
        if name == "plotting":
            return import_module(".plotting", __name__)
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        is_search = name == "GradientDescentRegressorCV"
        return getattr(
            import_module("._regressor_cv" if is_search else ".plotting", __name__), name
        )


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
