"""Pictures of a descent, from fitted attributes and arrays."""

from ._coefficient_path import CoefficientPathDisplay
from ._descent_path import DescentPathDisplay
from ._laboratory import DescentLaboratory
from ._loss_curve import LossCurveDisplay
from ._mse_path import MSEPathDisplay

__all__ = [
    "CoefficientPathDisplay",
    "DescentLaboratory",
    "DescentPathDisplay",
    "LossCurveDisplay",
    "MSEPathDisplay",
]
