"""The default: adaptive Barzilai-Borwein steps, and later reciprocals of eigenvalues."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from ..rows._products import inner
from ._adaptive import AlternatingSteps, OfLastMove
from .protocol import Line, Problem, RateState, WithoutSettings

# Eigenvalues are worth computing after this many steps, and this many for each parameter.
WORTH_FIRST, WORTH_EACH = 16, 2
# See `reciprocal_eigenvalue`.
MOST_GROWTH = 100.0
# Steps without progress, for each eigenvalue, after which more growth is allowed.
PATIENCE = 4


class Automatic(WithoutSettings):
    """Adaptive Barzilai-Borwein steps, and later reciprocals of eigenvalues (``alpha="auto"``).

    At first the steps of `ABBmin`, which are all that is needed in most cases.
    With the Gram matrix, up to 1000 features, the eigenvalues l_i and eigenvectors
    q_i of H are computed after 16 + 2 p steps for p parameters, which have cost
    about as much.  From then on alpha_k = 1/l_i, where i has the largest share of
    J - J*, which is (q_i . g)^2 / (2 l_i).  Such a step ends the descent along q_i,
    and makes components q_j . g along larger eigenvalues grow by l_j / l_i: if one
    would become 100 times the largest, or the first gradient, its own
    eigenvalue comes first.  Whenever J - J* has not halved in 4 steps for each
    eigenvalue, that limit becomes ten times as large.

    Matrix-free, the Gram matrix may be gathered for this once the steps have cost
    as much.  With features that are not standardised, reciprocals are used only if
    no eigenvalue is below 1e-9 of the largest: there the features' units decide
    what looks like rounding.

    Within bounds (`positive`, `coef_bounds`) the alternating steps are those of the last
    move, and eigenvalues are those of H over the parameters that are free,
    whenever these change, as far as the time of the steps before allows.  There no
    component may grow beyond the largest, as J would rise.

    Needs to know nothing.  In exact arithmetic the reciprocals of all
    eigenvalues, each once, end the descent; in floating point it takes some
    tens to hundreds of steps, whatever kappa is.

    References
    ----------
    As `ABBmin`; that reciprocals of eigenvalues end a descent: J. Barzilai,
    J. Borwein, "Two-point step size gradient methods", IMA J. Numer. Anal.
    8(1), 1988, section 2; R. Fletcher, "A limited memory steepest descent
    method", Math. Program. 135, 2012.
    """

    projects: ClassVar[bool] = True

    def start(self, problem: Problem) -> RateState:
        """Return the state: that of `ABBmin`, and a count."""
        if problem.is_bounded:
            return AutomaticSteps(OfLastMove(AlternatingSteps()), may_grow=False)
        return AutomaticSteps()


@dataclass(eq=False, repr=False)
class AutomaticSteps(RateState):
    """Alternating steps; reciprocals of eigenvalues once they are worth computing."""

    alternating: AlternatingSteps | OfLastMove = field(default_factory=AlternatingSteps)
    may_grow: bool = True
    made: int = 0
    first: float = 0.0
    values: np.ndarray | None = None
    growth: float = MOST_GROWTH
    lowest: float = math.inf
    in_vain: int = 0

    def __call__(self, k: int, line: Line) -> float:
        if self.made == 0 and self.may_grow:
            self.first = math.sqrt(line.slope)
        self.made += 1
        if self.made > WORTH_FIRST + WORTH_EACH * len(line.gradient):
            known = line.components()
            if known is not None and len(known[0]) and inner(known[1], known[1]):
                values, components = known
                self._begin_anew_with(values)
                sizes = np.abs(components)
                moves = sizes / values
                self._raise_growth(inner(sizes, moves), len(values))
                most = self.growth * max(sizes.item(sizes.argmax()), self.first)
                return reciprocal_eigenvalue(values, sizes, sizes * moves, most)
        return self.alternating(k, line)

    def _begin_anew_with(self, values):
        """Forget the progress made with other eigenvalues, those of other free parameters."""
        same = self.values is values
        if not same and (self.values is None or not np.array_equal(values, self.values)):
            self.values, self.lowest, self.in_vain = values, math.inf, 0
            self.growth = MOST_GROWTH if self.may_grow else 1.0

    def _raise_growth(self, suboptimality, n_values):
        """Let components grow further if J - J* has not halved for a long time."""
        if suboptimality < 0.5 * self.lowest:
            self.lowest, self.in_vain = suboptimality, 0
            return
        self.in_vain += 1
        if self.in_vain > PATIENCE * n_values:
            self.growth, self.in_vain = 10.0 * self.growth, 0


def reciprocal_eigenvalue(values, sizes, shares, most):
    """Reciprocal of the eigenvalue along which most of J - J* is, or of one that must come first.

    The step 1/value ends the descent along its eigenvector, and multiplies a
    component along a larger eigenvalue by their ratio less 1.  It is made only
    if no component grows beyond ``most``; else the one that would grow most
    comes first.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        Eigenvalues, ascending.
    sizes : ndarray of shape (n_values,)
        Sizes of the gradient's components along their eigenvectors.
    shares : ndarray of shape (n_values,)
        Their shares of J - J*.
    most : float
        Size beyond which no component may grow.
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
