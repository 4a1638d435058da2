"""Learning rates from the gradients seen: exact line search and Barzilai-Borwein's."""

from dataclasses import dataclass
from typing import ClassVar

from ..rows._products import inner
from .protocol import Line, Problem, RateState, WithoutSettings


class ExactLineSearch(WithoutSettings):
    """Steepest descent proper: alpha_k = g'g / g'Hg minimises J along the gradient.

    Needs to know nothing.  ``J_k - J* <= ((kappa - 1)/(kappa + 1))^(2k) (J_0 - J*)``;
    it zigzags, and so is nearly that slow in practice.

    References
    ----------
    H. Akaike, "On a successive transformation of probability distribution and
    its application to the analysis of the optimum gradient method", Ann.
    Inst. Stat. Math. 11, 1959; J. Nocedal, S. Wright, "Numerical
    Optimization", 2nd ed., Springer 2006, section 3.3.
    """

    def start(self, problem: Problem) -> RateState:
        """Return the state, which remembers nothing."""
        return Minimum()


@dataclass(eq=False, repr=False)
class Minimum(RateState):
    """The alpha that minimises J along the line."""

    def __call__(self, k: int, line: Line) -> float:
        return line.minimum


class BarzilaiBorwein(WithoutSettings):
    """The Barzilai-Borwein step alpha_k = s's/s'y, after one of exact line search.

    On a quadratic it is the exact line search's step for the previous gradient.
    Needs to know nothing.  R-linear convergence; for two parameters
    R-superlinear.  The loss is not monotone: on data far from the origin it
    may rise by ten orders of magnitude and fall again.

    References
    ----------
    J. Barzilai, J. Borwein, "Two-point step size gradient methods", IMA J.
    Numer. Anal. 8(1), 1988; Y.-H. Dai, L.-Z. Liao, "R-linear convergence of
    the Barzilai and Borwein gradient method", IMA J. Numer. Anal. 22, 2002.
    """

    projects: ClassVar[bool] = True

    def start(self, problem: Problem) -> RateState:
        """Return the state: the long step for the previous gradient."""
        return OfLastMove(LongSteps()) if problem.is_bounded else LongSteps()


@dataclass(eq=False, repr=False)
class LongSteps(RateState):
    """The exact line search's step for the previous gradient."""

    previous: float | None = None

    def __call__(self, k: int, line: Line) -> float:
        alpha = line.minimum if self.previous is None else self.previous
        self.see(line)
        return alpha

    def see(self, line: Line) -> None:
        """Take note of a gradient, or of another move."""
        self.previous = line.minimum

    def next(self) -> float:
        """The step for the gradient seen last."""
        assert self.previous is not None
        return self.previous


class ABBmin(WithoutSettings):
    """Adaptive Barzilai-Borwein steps, after one of exact line search.

    With long_k = s's/s'y and short_k = s'y/y'y of the previous step:
    alpha_k = the least of the last three short steps if
    short_k < tau_k long_k (and tau shrinks by a twentieth), else long_k
    (and tau grows by a twentieth); tau_0 = 2/5.

    Needs to know nothing and costs no extra read of the data.  R-linear
    convergence, in practice between sqrt(kappa) and kappa steps; the loss is
    not monotone.

    References
    ----------
    G. Frassoldati, L. Zanni, G. Zanghirati, "New adaptive stepsize selections
    in gradient methods", J. Ind. Manag. Optim. 4(2), 2008 (ABBmin1); the
    moving threshold: S. Bonettini, R. Zanella, L. Zanni, "A scaled gradient
    projection method for constrained image deblurring", Inverse Problems
    25, 015002, 2009; convergence: Y.-H. Dai, "Alternate step gradient
    method", Optimization 52, 2003.
    """

    projects: ClassVar[bool] = True

    def start(self, problem: Problem) -> RateState:
        """Return the state: the last three short steps and the threshold."""
        return OfLastMove(AlternatingSteps()) if problem.is_bounded else AlternatingSteps()


@dataclass(eq=False, repr=False)
class AlternatingSteps(RateState):
    """Long steps, and the least of the last three short ones, in turn."""

    long: float = 0.0
    short: tuple[float, ...] = ()
    threshold: float = 0.4

    def __call__(self, k: int, line: Line) -> float:
        alpha = self.next() if self.short else line.minimum
        self.see(line)
        return alpha

    def see(self, line: Line) -> None:
        """Take note of a gradient, or of another move."""
        self.long = line.minimum
        square = inner(line.hessian_gradient, line.hessian_gradient)
        short = max(line.curvature, 0.0) / square if square > 0.0 else 0.0
        self.short = (*self.short[-2:], short)

    def next(self) -> float:
        """The step for the gradients seen last."""
        if self.short[-1] < self.threshold * self.long:
            self.threshold *= 0.95
            return min(self.short)
        self.threshold *= 1.05
        return self.long


@dataclass(eq=False, repr=False)
class OfLastMove(RateState):
    """The same steps with bounds, where the line is that of the last move.

    The first is that of the gradient, without the coefficients that are held.

    References
    ----------
    E. Birgin, J. Martinez, M. Raydan, "Nonmonotone spectral projected gradient
    methods on convex sets", SIAM J. Optim. 10(4), 2000.
    """

    steps: LongSteps | AlternatingSteps
    has_begun: bool = False

    def __call__(self, k: int, line: Line) -> float:
        if not self.has_begun:
            self.has_begun = True
            return line.minimum
        self.steps.see(line)
        return self.steps.next()
