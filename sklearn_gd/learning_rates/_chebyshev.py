"""The Chebyshev schedule."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .protocol import Kind, Line, Problem, RateState, WithoutSettings


class Chebyshev(WithoutSettings):
    r"""Reciprocals of the Chebyshev points of [mu, L], in cycles of N = a power of two.

    1/alpha = (L + mu)/2 + (L - mu)/2 cos(pi (2 j - 1) / (2 N)), j = 1, ..., N,
    in the order of Lebedev and Finogenov; other orders and lengths blow up in
    floating point.  N is the smallest that reaches tol, but at most the largest
    within max_iter.  Only the ends of cycles count as iterates to stop at or
    to return.

    Needs L and mu, and so the Gram matrix.  The fastest schedule fixed in
    advance: a cycle multiplies J - J* by at most
    4 ((sqrt(kappa) - 1)/(sqrt(kappa) + 1))^(2N).

    References
    ----------
    D. Young, "On Richardson's method for solving linear systems with positive
    definite matrices", J. Math. Phys. 32, 1953; V. Lebedev, S. Finogenov,
    "Ordering of the iterative parameters in the cyclical Chebyshev iterative
    method", USSR Comput. Math. Math. Phys. 11(2), 1971.
    """

    kind: ClassVar[Kind] = "scheduled"
    needs_spectrum: ClassVar[bool] = True

    def start(self, problem: Problem) -> RateState:
        """Return the state: one cycle of steps."""
        L, mu = problem.largest_eigenvalue, problem.smallest_eigenvalue
        if L == 0.0:
            return Cycle((1.0,), problem.k)
        N = cycle_length(problem, L / mu)
        points = np.cos(np.pi * np.array(stable_order(N)) / (2 * N))
        return Cycle(tuple((2.0 / (L + mu + (L - mu) * points)).tolist()), problem.k)


@dataclass(eq=False, repr=False)
class Cycle(RateState):
    """The same steps over and over; only the ends of a cycle count."""

    steps: tuple[float, ...]
    first: int = 0

    def __call__(self, k: int, line: Line) -> float:
        return self.steps[(k - self.first) % len(self.steps)]

    def may_stop(self, k: int) -> bool:
        """Whether the iterate after k updates counts."""
        return (k - self.first) % len(self.steps) == 0


def cycle_length(problem, kappa):
    """Smallest power of two that reaches tol in one cycle, at most the largest within max_iter."""
    largest = 1 << (max(int(problem.max_iter), 1).bit_length() - 1)
    # No cycle does better than rounding.
    left = problem.suboptimality_allowed / problem.suboptimality if problem.suboptimality else 1.0
    shrink = math.sqrt(max(left, 1e-30))
    if kappa <= 1.0 or shrink >= 1.0:
        return 1
    # T_N(x) = cosh(N arcosh x) outside [-1, 1].
    above = 2.0 / (kappa - 1.0)
    # arcosh of 1 + above, which for the largest kappa rounds to 1.
    steps = math.acosh(1.0 / shrink) / math.log1p(above + math.sqrt(above * (above + 2.0)))
    return min(1 << math.ceil(math.log2(max(steps, 1.0))), largest)


def stable_order(N):
    """Odd numbers below 2 N, in an order in which no partial product grows much."""
    order = [1]
    while len(order) < N:
        order = [j for i in order for j in (i, 4 * len(order) - i)]
    return order
