"""Linear regression by explicit batch gradient descent, as a scikit-learn estimator."""

from ._functions import cost, directional_derivative, gradient, max_stable_alpha
from ._regressor import GradientDescentRegressor

__version__ = "0.1.0"

__all__ = [
    "GradientDescentRegressor",
    "cost",
    "directional_derivative",
    "gradient",
    "max_stable_alpha",
]
