"""States of the learning rates: what they remember from one update to the next.

Each is called with an update's number and the line to choose a point on (see
protocol.py), and can be pickled.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .products import inner
from .protocol import checked_alpha
from .stopping import MAX_EXCESS

# Steps after which eigenvalues are worth their time: some, and as many for each parameter.
WORTH_FIRST, WORTH_EACH = 16, 2
# See `reciprocal_eigenvalue`.
MOST_GROWTH = 100.0
# Steps for each eigenvalue without progress, after which it may be more.
PATIENCE = 4


@dataclass
class Fixed:
    """One number for every update."""

    alpha: float
    # Under one constant alpha a loss that rises once will rise for ever.
    rises_for_ever: bool = False
    fixed: bool = True

    def __call__(self, k, line):
        return self.alpha


@dataclass
class Scheduled:
    """A function of the update's number."""

    function: Callable[[int], float]
    fixed: bool = True

    def __call__(self, k, line):
        return checked_alpha(self.function(k), k)


def exact_line_search(k, line):
    """Return the alpha that minimises J along the line."""
    return line.minimum


@dataclass
class LongSteps:
    """The exact line search's step of the gradient before."""

    previous: float | None = None
    fixed: bool = False

    def __call__(self, k, line):
        minimum = line.minimum
        alpha = minimum if self.previous is None else self.previous
        self.previous = minimum
        return alpha


@dataclass
class AlternatingSteps:
    """Long steps, and the least of the last three short ones, in turn."""

    long: float = 0.0
    short: tuple[float, ...] = ()
    threshold: float = 0.4
    fixed: bool = False

    def __call__(self, k, line):
        minimum = line.minimum
        alpha = self._alternate() if self.short else minimum
        self.long = minimum
        square = inner(line.hessian_gradient, line.hessian_gradient)
        short = max(line.curvature, 0.0) / square if square > 0.0 else 0.0
        self.short = (*self.short[-2:], short)
        return alpha

    def _alternate(self):
        if self.short[-1] < self.threshold * self.long:
            self.threshold *= 0.95
            return min(self.short)
        self.threshold *= 1.05
        return self.long


@dataclass
class AutomaticSteps:
    """Alternating steps; reciprocals of eigenvalues once they are worth computing."""

    alternating: AlternatingSteps = field(default_factory=AlternatingSteps)
    made: int = 0
    first: float = 0.0
    growth: float = MOST_GROWTH
    lowest: float = math.inf
    in_vain: int = 0
    fixed: bool = False

    def __call__(self, k, line):
        if self.made == 0:
            self.first = math.sqrt(line.slope)
        self.made += 1
        if self.made > WORTH_FIRST + WORTH_EACH * len(line.gradient):
            known = line.components()
            if known is not None and len(known[0]) and known[1].any():
                values, components = known
                shares = components * components / values
                self._watch(float(shares.sum()), len(values))
                sizes = np.abs(components)
                most = self.growth * max(float(sizes.max()), self.first)
                return reciprocal_eigenvalue(values, sizes, shares, most)
        return self.alternating(k, line)

    def _watch(self, excess, n_values):
        """Let components grow more if J - J* has not halved for long."""
        if excess < 0.5 * self.lowest:
            self.lowest, self.in_vain = excess, 0
            return
        self.in_vain += 1
        if self.in_vain > PATIENCE * n_values:
            self.growth, self.in_vain = 10.0 * self.growth, 0


def reciprocal_eigenvalue(values, sizes, shares, most):
    """Reciprocal of the eigenvalue along which most of J - J* is, or of one that must come first.

    The step with 1/value ends the descent along its eigenvector, and makes a
    component along a larger eigenvalue grow by their ratio less 1.  It is made
    only if none grows beyond the most; else the one that would grow most is
    ended before.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        Eigenvalues, ascending.
    sizes : ndarray of shape (n_values,)
        Of the gradient's components along their eigenvectors.
    shares : ndarray of shape (n_values,)
        Of J - J*.
    most : float
        Size that no component may grow beyond.
    """
    chosen = int(shares.argmax())
    while chosen + 1 < len(values):
        above = slice(chosen + 1, None)
        after = sizes[above] * (values[above] / values[chosen] - 1.0)
        worst = int(after.argmax())
        if after[worst] <= most:
            break
        chosen += 1 + worst
    return float(1.0 / values[chosen])


@dataclass
class Cycle:
    """The same steps over and over; only the ends of a cycle count."""

    steps: tuple[float, ...]

    def __call__(self, k, line):
        return self.steps[k % len(self.steps)]

    def may_stop(self, k):
        """Whether the iterate after k updates counts."""
        return k % len(self.steps) == 0


@dataclass
class SilverSteps:
    """The silver schedule, in units of 1/L; only k = 2^j - 1 count."""

    unit: float

    def __call__(self, k, line):
        nu = ((k + 1) & -(k + 1)).bit_length() - 1
        return (1.0 + (1.0 + math.sqrt(2.0)) ** (nu - 1)) * self.unit

    def may_stop(self, k):
        """Whether the iterate after k updates counts."""
        return (k & (k + 1)) == 0


def cycle_length(problem, kappa):
    """Smallest power of two that reaches tol in one cycle, at most the largest within max_iter."""
    largest = 1 << (max(int(problem.max_iter), 1).bit_length() - 1)
    minimum = problem.loss - problem.excess
    # Residual correlations are at most sqrt((J - J*) / J); and no cycle does
    # better than rounding.
    wanted = min(problem.tol**2, MAX_EXCESS) * max(minimum, 0.0)
    shrink = math.sqrt(max(wanted / problem.excess, 1e-30)) if problem.excess > 0 else 1.0
    if kappa <= 1.0 or shrink >= 1.0:
        return 1
    # T_N(x) = cosh(N arcosh x) outside [-1, 1].
    above = 2.0 / (kappa - 1.0)
    # arcosh of 1 + above, which for the largest kappa is 1 to a float.
    steps = math.acosh(1.0 / shrink) / math.log1p(above + math.sqrt(above * (above + 2.0)))
    return min(1 << math.ceil(math.log2(max(steps, 1.0))), largest)


def stable_order(N):
    """Odd numbers below 2 N, so ordered that no partial product grows much."""
    order = [1]
    while len(order) < N:
        order = [j for i in order for j in (i, 4 * len(order) - i)]
    return order
