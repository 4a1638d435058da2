"""Pictures of a descent, from fitted attributes and arrays."""

from ._descent_path import DescentPathDisplay
from ._loss_curve import LossCurveDisplay

__all__ = ["DescentPathDisplay", "LossCurveDisplay"]
