"""Learning rates that are fixed in advance: a constant, 1/L, and the user's own schedule."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from ._numbers import checked_alpha
from .protocol import Kind, LearningRate, Line, Problem, RateState, WithoutSettings


@dataclass(frozen=True)
class Constant(LearningRate):
    """The same learning rate at every step: alpha_k = alpha.

    Needs to know nothing.  Converges if and only if alpha < 2/L; then each step
    multiplies the error along an eigenvector of H with eigenvalue l by
    ``1 - alpha l``.  With the best alpha, 2/(L + mu), the error shrinks to at
    most (kappa - 1)/(kappa + 1) of its size in each step.

    Parameters
    ----------
    alpha : float
        Positive and finite.

    References
    ----------
    A. Cauchy, "Methode generale pour la resolution des systemes d'equations
    simultanees", Comptes rendus 25, 1847; Y. Nesterov, "Lectures on Convex
    Optimization", 2nd ed., Springer 2018, section 2.1.5.
    """

    alpha: float

    kind: ClassVar[Kind] = "constant"
    projects: ClassVar[bool] = True

    def start(self, problem: Problem) -> RateState:
        """Return the state: nothing but the number."""
        return Always(self.alpha)


class Lipschitz(WithoutSettings):
    """The largest constant step that never overshoots: alpha = 1/L.

    Needs L.  ``J_k - J* <= (1 - mu/L)^(2k) (J_0 - J*)``, and
    ``J_k - J* <= L |theta_0 - theta*|^2 / (4 k + 2)`` whatever mu is.  The loss
    falls at every step.

    References
    ----------
    Y. Drori, M. Teboulle, "Performance of first-order methods for smooth
    convex minimization: a novel approach", Math. Program. 145, 2014.
    """

    kind: ClassVar[Kind] = "constant"
    projects: ClassVar[bool] = True

    def start(self, problem: Problem) -> RateState:
        """Return the state: 1/L (1 where L = 0, as every step is 0 there)."""
        return Always(1.0 / (problem.largest_eigenvalue or 1.0))


@dataclass(eq=False, repr=False)
class Always(RateState):
    """One number for every update."""

    alpha: float

    def __call__(self, k: int, line: Line) -> float:
        return self.alpha


@dataclass(frozen=True)
class Schedule(LearningRate):
    """The user's own schedule: alpha_k = function(k), k = 0, 1, ...

    Needs to know nothing; it depends on the schedule whether it converges.  On
    a quadratic ``sum alpha_k = inf`` and ``limsup alpha_k < 2/L`` are enough.  A
    fit counts as diverged when J has grown by the factor 1/eps^2 = 2e31.

    Parameters
    ----------
    function : callable
        ``function(k)`` returns a positive finite number.

    References
    ----------
    D. Bertsekas, "Nonlinear Programming", 3rd ed., Athena Scientific 2016,
    section 1.2.
    """

    function: Callable[[int], float]

    kind: ClassVar[Kind] = "scheduled"
    projects: ClassVar[bool] = True

    def start(self, problem: Problem) -> RateState:
        """Return the state: the function itself."""
        return Scheduled(self.function)


@dataclass(eq=False, repr=False)
class Scheduled(RateState):
    """A function of the update's number."""

    function: Callable[[int], float]

    def __call__(self, k: int, line: Line) -> float:
        # A schedule may fade to 0, but one that begins there goes nowhere.
        return checked_alpha(self.function(k), k, may_be_zero=k > 0)
