"""The protocol of learning rates: what one is given, and what it gives.

A learning rate is an immutable description.  Its ``start(problem)`` returns
fresh state, so that clones and refits share nothing; the state is called
before every update and returns that update's alpha::

    state = rate.start(problem)
    alpha = state(k, line)

``line`` is J along the negative gradient g, where alpha is to be chosen::

    J(theta - alpha g) = J(theta) - alpha g'g + alpha^2/2 g'Hg

The product H g is needed for the update anyway, so that the exact line search
and the Barzilai-Borwein quotients cost nothing more: with s and y the
differences of the last two iterates and gradients, s = -alpha g and
y = -alpha H g, so that s's/s'y = g'g/g'Hg and s'y/y'y = g'Hg/|Hg|^2 of the
gradient before.

A warm start, and pickling a fitted estimator, keep the state: let both the
description and the state be objects of classes that can be pickled.  A warm
start goes on with the kept state if the new description == the old one.

Examples
--------
1/L at first, and half of it whenever the gradient has grown:

>>> from dataclasses import dataclass
>>> import numpy as np
>>> from sklearn_gd import GradientDescentRegressor
>>> @dataclass(frozen=True)
... class Cautious:
...     def start(self, problem):
...         return CautiousState(1.0 / problem.largest_eigenvalue)
>>> @dataclass
... class CautiousState:
...     alpha: float
...     slope: float = np.inf
...
...     def __call__(self, k, line):
...         if line.slope > self.slope:
...             self.alpha /= 2
...         self.slope = line.slope
...         return self.alpha
>>> X, y = np.array([[1.0], [2.0], [4.0]]), np.array([1.0, 3.0, 8.0])
>>> GradientDescentRegressor(Cautious()).fit(X, y).coef_.round(3)
array([2.357])
"""

import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np


class Problem(Protocol):
    """What a learning rate may ask about the problem before the first step."""

    largest_eigenvalue: float
    """L of the Hessian; computed when first asked for."""
    smallest_eigenvalue: float
    """mu, the smallest above rounding level; ValueError where there are no moments."""
    excess: float
    """J - J* at the start; ValueError where there are no moments."""
    loss: float
    """J at the start."""
    max_iter: int
    tol: float


@dataclass(slots=True)
class Line:
    """J along the negative gradient; its arrays must not be changed."""

    gradient: np.ndarray
    """g at the current iterate."""
    hessian_gradient: np.ndarray
    """H g."""
    slope: float
    """g'g, the rate at which J falls with alpha at first."""
    curvature: float
    """g'Hg, by which that rate falls with alpha."""
    components: Callable[[], tuple[np.ndarray, np.ndarray] | None] = lambda: None
    """Returns the eigenvalues of H above rounding level, ascending, and the components of g
    along their eigenvectors; None where there are no moments."""

    @property
    def minimum(self) -> float:
        """The alpha that minimises J; 0 where the gradient is nothing but rounding."""
        return self.slope / self.curvature if self.curvature > 0.0 else 0.0


class RateState(Protocol):
    """State of one descent's learning rate.

    May also have ``may_stop(k) -> bool``: whether the iterate after k updates
    counts as one to stop at or return; all do where there is no such method.
    And an attribute ``fixed``: True if it never looks at the gradients, and
    the fit is given up as diverged when the loss has risen so far above the
    start's (1/eps^2) that no digit of it is left; False if it adapts, and
    comes back from any rise.
    """

    def __call__(self, k: int, line: Line) -> float:
        """Learning rate of update k = 0, 1, ...: a positive number, or 0 to stay."""
        ...


@runtime_checkable
class LearningRate(Protocol):
    """Description of a learning rate: anything with this method is accepted as ``alpha``."""

    def start(self, problem: Problem) -> RateState:
        """Return fresh state for a descent on this problem."""
        ...


def as_float(value: Any) -> float:
    """The number as a float, infinite if float64 has none so large; nan if it is no number."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf if value == abs(value) else -math.inf


def shown(value):
    """Return what an error says was passed; a number may have thousands of digits."""
    try:
        text = repr(value)
    except ValueError:  # Python does not print them all
        return f"a huge {type(value).__name__}"
    return text if len(text) <= 200 else f"{text[:100]}... of type {type(value).__name__}"


def checked_alpha(alpha, k):
    """The learning rate of update k as a float; ValueError if it can be none."""
    number = as_float(alpha)
    # A schedule may fade to 0, but one that begins there goes nowhere.
    if not (0.0 < number < math.inf or (number == 0.0 and k > 0)):
        raise ValueError(
            f"alpha: the learning rate of step {k} must be a positive finite number, "
            f"got {shown(alpha)}."
        )
    return number


def no_number(when):
    """Say that a learning rate raised StopIteration.

    Let through, it would end whatever iteration the fit is a part of, the
    caller's too, as if that had come to its end.
    """
    return (
        f"alpha: the learning rate {when} raised StopIteration; it must have a positive finite "
        "number for every step."
    )
