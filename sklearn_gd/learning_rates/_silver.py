"""The silver schedule."""

import math
from dataclasses import dataclass
from typing import ClassVar

from .protocol import Kind, Line, Problem, RateState, WithoutSettings


class Silver(WithoutSettings):
    """The silver steps alpha = (1 + rho^(nu(k) - 1)) / L, k = 1, 2, ...

    rho = 1 + sqrt(2), nu(k) = the exponent of 2 in k.  Needs L.  After
    k = 2^j - 1 steps
    ``J - J* <= L |theta_0 - theta*|^2 / (1 + sqrt(4 rho^(2j) - 3))``,
    so about k^-1.27 where constant steps have k^-1; in between it may be
    worse, and so only such k count as iterates to stop at or to return.

    References
    ----------
    J. Altschuler, P. Parrilo, "Acceleration by stepsize hedging II: silver
    stepsize schedule for smooth convex optimization", arXiv 2309.16530, 2023.
    """

    kind: ClassVar[Kind] = "scheduled"

    def start(self, problem: Problem) -> RateState:
        """Return the state: 1/L."""
        return SilverSteps(1.0 / (problem.largest_eigenvalue or 1.0), problem.k)


@dataclass(eq=False, repr=False)
class SilverSteps(RateState):
    """The silver schedule, in units of 1/L; only k = 2^j - 1 count."""

    unit: float
    first: int = 0

    def __call__(self, k: int, line: Line) -> float:
        k -= self.first
        nu = ((k + 1) & -(k + 1)).bit_length() - 1
        return (1.0 + (1.0 + math.sqrt(2.0)) ** (nu - 1)) * self.unit

    def may_stop(self, k: int) -> bool:
        """Whether the iterate after k updates counts."""
        k -= self.first
        return (k & (k + 1)) == 0
