"""Where alpha_k comes from: one small class for each learning rate.

Each is an immutable description whose ``start(problem)`` returns fresh state
(see protocol.py); its docstring gives the formula, what it needs to know, its
rate of convergence and its source.  kappa is L/mu, the condition number of H.

This module must not know the data or the loop.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from . import _rate_states as states
from .protocol import LearningRate, Problem, RateState

__all__ = [
    "NAMED",
    "ABBmin",
    "Automatic",
    "BarzilaiBorwein",
    "Chebyshev",
    "Constant",
    "ExactLineSearch",
    "LearningRate",
    "Lipschitz",
    "Problem",
    "RateState",
    "Schedule",
    "Silver",
]


@dataclass(frozen=True)
class Constant:
    """The same learning rate at every step: alpha_k = alpha.

    Needs to know nothing.  Converges iff alpha < 2/L; then the error along an
    eigenvector of H with eigenvalue l shrinks by ``|1 - alpha l|`` a step, at best
    by (kappa - 1)/(kappa + 1) overall, with alpha = 2/(L + mu).

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

    def start(self, problem):
        """Return the state: nothing but the number."""
        return states.Fixed(self.alpha, rises_for_ever=True)


@dataclass(frozen=True)
class Schedule:
    """The user's own schedule: alpha_k = function(k), k = 0, 1, ...

    Needs to know nothing; converges as the schedule does.  On a quadratic
    ``sum alpha_k = inf`` and ``limsup alpha_k < 2/L`` are enough.  A fit is
    given up as diverged when J has risen by 1/eps^2 = 2e31.

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

    def start(self, problem):
        """Return the state: the function itself."""
        return states.Scheduled(self.function)


@dataclass(frozen=True)
class Automatic:
    """Adaptive Barzilai-Borwein steps, and later reciprocals of eigenvalues (``alpha="auto"``).

    The steps of `ABBmin` at first, which is all that is needed in most cases.
    By moments, up to 1000 features, H's eigenvalues l_i and eigenvectors q_i are
    computed after 16 + 2 p steps of p parameters, which have cost about as
    much.  From then on alpha_k = 1/l_i, where i has the largest share of
    J - J*, which is (q_i . g)^2 / (2 l_i).  Such a step ends the descent along q_i,
    and makes components q_j . g along larger eigenvalues grow by l_j / l_i: if one
    would become 100 times the largest, or the first gradient, its own
    eigenvalue comes first.  Where J - J* has not halved in 4 steps for each
    eigenvalue it may be ten times as much.

    By passes the moments may be gathered for it, once the steps have cost as
    much.  Along features that are not standardised it is done only if no
    eigenvalue is below 1e-9 of the largest: their units decide what looks like
    rounding.

    Needs to know nothing.  In exact arithmetic the reciprocals of all
    eigenvalues, each once, end the descent; in floating point some tens to
    hundreds of steps do, whatever kappa is.

    References
    ----------
    As `ABBmin`; that reciprocals of eigenvalues end a descent: J. Barzilai,
    J. Borwein, "Two-point step size gradient methods", IMA J. Numer. Anal.
    8(1), 1988, section 2; R. Fletcher, "A limited memory steepest descent
    method", Math. Program. 135, 2012.
    """

    def start(self, problem):
        """Return the state: that of `ABBmin`, and a count."""
        return states.AutomaticSteps()


@dataclass(frozen=True)
class ABBmin:
    """Adaptive Barzilai-Borwein steps, after one of exact line search.

    With long_k = s's/s'y and short_k = s'y/y'y of the step before:
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

    def start(self, problem):
        """Return the state: the last three short steps and the threshold."""
        return states.AlternatingSteps()


@dataclass(frozen=True)
class BarzilaiBorwein:
    """The Barzilai-Borwein step alpha_k = s's/s'y, after one of exact line search.

    On a quadratic it is the exact line search's step of the gradient before.
    Needs to know nothing.  R-linear convergence; for two parameters
    R-superlinear.  The loss is not monotone: on data far from the origin it
    may rise by ten orders of magnitude and come back.

    References
    ----------
    J. Barzilai, J. Borwein, "Two-point step size gradient methods", IMA J.
    Numer. Anal. 8(1), 1988; Y.-H. Dai, L.-Z. Liao, "R-linear convergence of
    the Barzilai and Borwein gradient method", IMA J. Numer. Anal. 22, 2002.
    """

    def start(self, problem):
        """Return the state: the long step of the gradient before."""
        return states.LongSteps()


@dataclass(frozen=True)
class Lipschitz:
    """The largest constant step that never overshoots: alpha = 1/L.

    Needs L.  ``J_k - J* <= (1 - mu/L)^(2k) (J_0 - J*)``, and
    ``J_k - J* <= L |theta_0 - theta*|^2 / (4 k + 2)`` whatever mu is.  The loss
    falls at every step.

    References
    ----------
    Y. Drori, M. Teboulle, "Performance of first-order methods for smooth
    convex minimization: a novel approach", Math. Program. 145, 2014.
    """

    def start(self, problem):
        """Return the state: 1/L (1 where L = 0, as every step is 0 there)."""
        return states.Fixed(1.0 / (problem.largest_eigenvalue or 1.0))


@dataclass(frozen=True)
class ExactLineSearch:
    """Steepest descent proper: alpha_k = g'g / g'Hg minimises J along the gradient.

    Needs to know nothing.  ``J_k - J* <= ((kappa - 1)/(kappa + 1))^(2k) (J_0 - J*)``,
    and zigzags at nearly that rate.

    References
    ----------
    H. Akaike, "On a successive transformation of probability distribution and
    its application to the analysis of the optimum gradient method", Ann.
    Inst. Stat. Math. 11, 1959; J. Nocedal, S. Wright, "Numerical
    Optimization", 2nd ed., Springer 2006, section 3.3.
    """

    def start(self, problem):
        """Return the state, which remembers nothing."""
        return states.exact_line_search


@dataclass(frozen=True)
class Chebyshev:
    r"""Reciprocals of the Chebyshev points of [mu, L], in cycles of N = a power of two.

    1/alpha = (L + mu)/2 + (L - mu)/2 cos(pi (2 j - 1) / (2 N)), j = 1, ..., N,
    in the order of Lebedev and Finogenov; other orders and lengths blow up in
    floating point.  N is the smallest that reaches tol, at most the largest
    within max_iter.  Only the ends of cycles count as iterates to stop at or
    to return.

    Needs L and mu, and so the moments.  The fastest schedule fixed in
    advance: a cycle leaves of J - J* at most
    4 ((sqrt(kappa) - 1)/(sqrt(kappa) + 1))^(2N).

    References
    ----------
    D. Young, "On Richardson's method for solving linear systems with positive
    definite matrices", J. Math. Phys. 32, 1953; V. Lebedev, S. Finogenov,
    "Ordering of the iterative parameters in the cyclical Chebyshev iterative
    method", USSR Comput. Math. Math. Phys. 11(2), 1971.
    """

    needs_moments: ClassVar[bool] = True

    def start(self, problem):
        """Return the state: one cycle of steps."""
        L, mu = problem.largest_eigenvalue, problem.smallest_eigenvalue
        if L == 0.0:
            return states.Cycle((1.0,))
        N = states.cycle_length(problem, L / mu)
        points = np.cos(np.pi * np.array(states.stable_order(N)) / (2 * N))
        return states.Cycle(tuple((2.0 / (L + mu + (L - mu) * points)).tolist()))


@dataclass(frozen=True)
class Silver:
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

    def start(self, problem):
        """Return the state: 1/L."""
        return states.SilverSteps(1.0 / (problem.largest_eigenvalue or 1.0))


NAMED = {
    "auto": Automatic(),
    "barzilai-borwein": BarzilaiBorwein(),
    "lipschitz": Lipschitz(),
    "exact": ExactLineSearch(),
    "chebyshev": Chebyshev(),
    "silver": Silver(),
}
