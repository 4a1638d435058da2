"""Where alpha_k comes from: one small class for each learning rate.

Each is an immutable description whose ``start(problem)`` returns fresh state
(see protocol.py); its docstring gives the formula, what it needs to know, its
rate of convergence and its source.  kappa is L/mu, the condition number of H.

Nothing here knows the rows or the loop.
"""

from ._adaptive import ABBmin, BarzilaiBorwein, ExactLineSearch
from ._automatic import Automatic
from ._chebyshev import Chebyshev
from ._fixed import Constant, Lipschitz, Schedule
from ._silver import Silver
from .protocol import LearningRate, Line, Problem, RateState

__all__ = [
    "NAMED",
    "ABBmin",
    "Automatic",
    "BarzilaiBorwein",
    "Chebyshev",
    "Constant",
    "ExactLineSearch",
    "LearningRate",
    "Line",
    "Lipschitz",
    "Problem",
    "RateState",
    "Schedule",
    "Silver",
]

NAMED: dict[str, LearningRate] = {
    "auto": Automatic(),
    "barzilai-borwein": BarzilaiBorwein(),
    "lipschitz": Lipschitz(),
    "exact": ExactLineSearch(),
    "chebyshev": Chebyshev(),
    "silver": Silver(),
}
