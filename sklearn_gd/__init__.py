"""Linear regression by explicit batch gradient descent, as a scikit-learn estimator."""

from ._functions import (
    cost,
    directional_derivative,
    gradient,
    gradient_descent_path,
    max_stable_alpha,
)
from ._regressor import GradientDescentRegressor
from ._regressor_cv import GradientDescentRegressorCV
from .plotting import (
    CoefficientPathDisplay,
    DescentLaboratory,
    DescentPathDisplay,
    LossCurveDisplay,
    MSEPathDisplay,
)

__version__ = "0.1.0"

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
