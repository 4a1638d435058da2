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
y = -alpha H g, so that s's/s'y = g'g/g'Hg and s'y/y'y = g'Hg/|Hg|^2 for the
previous gradient.

Derive both classes from `LearningRate` and `RateState`, which have defaults
for all but ``start`` and ``__call__``; or declare every member yourself, with
``kind: ClassVar[Kind] = "adaptive"`` for type checkers.

``start`` is called once for each target.  Everything that `Problem` and `Line`
say is about the parameters descended on: with ``scale=True`` those of the
standardised features.

A warm start, and pickling a fitted estimator, keep the state: let both the
description and the state be objects of classes that can be pickled and copied.
A warm start goes on with the kept state if the new description == the old one;
on other data, with a new state whose ``problem.k`` is the number of steps so far.

Examples
--------
1/L at first, and half of it whenever the gradient has grown:

>>> from dataclasses import dataclass
>>> import numpy as np
>>> from sklearn_gd import GradientDescentRegressor
>>> from sklearn_gd.learning_rates import LearningRate, RateState
>>> @dataclass(frozen=True)
... class Cautious(LearningRate):
...     def start(self, problem):
...         # Without a feature and an intercept that vary, L is 0.
...         return CautiousState(1.0 / (problem.largest_eigenvalue or 1.0))
>>> @dataclass
... class CautiousState(RateState):
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

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass
from typing import ClassVar, Literal, Protocol, get_args, runtime_checkable

import numpy as np

Kind = Literal["constant", "scheduled", "adaptive"]
KINDS: tuple[str, ...] = get_args(Kind)


class Problem(Protocol):
    """What a learning rate may ask about the problem before the first step."""

    k: int
    """Number of the first update; 0 except in some warm starts."""
    loss: float
    """J at the start."""
    max_iter: int
    tol: float
    is_bounded: bool
    """Whether coefficients have bounds; see ``projects``."""

    @property
    def largest_eigenvalue(self) -> float:
        """L of the Hessian; computed when first asked for."""
        ...

    @property
    def smallest_eigenvalue(self) -> float:
        """mu, the smallest eigenvalue above rounding level; see ``needs_spectrum``."""
        ...

    @property
    def suboptimality(self) -> float:
        """J - J* at the start (with bounds an upper limit); see ``needs_spectrum``."""
        ...

    @property
    def suboptimality_allowed(self) -> float:
        """J - J* at which the descent may end; see ``needs_spectrum``."""
        ...


@dataclass(slots=True)
class Line:
    """J along the negative gradient; its arrays must not be changed.

    Parameters
    ----------
    gradient : ndarray of shape (n_parameters,)
        g at the current iterate.
    hessian_gradient : ndarray of shape (n_parameters,)
        The product H g.
    slope : float
        g'g, the rate at which J falls with alpha at first.
    curvature : float
        g'Hg, by which that rate falls with alpha.
    k : int, default=0
        Number of the update.
    decompose : callable, default=None
        What `components` calls.
    """

    gradient: np.ndarray
    hessian_gradient: np.ndarray
    slope: float
    curvature: float
    k: int = 0
    decompose: Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray] | None] | None = None

    def components(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return eigenvalues of H, and the components of g along their eigenvectors.

        Returns
        -------
        tuple of two ndarray, or None
            Eigenvalues above rounding level, ascending, and a component for each;
            None where they are unknown, or not yet worth computing.
        """
        return None if self.decompose is None else self.decompose(self.gradient, self.k)

    @property
    def minimum(self) -> float:
        """The alpha that minimises J; 0 where the gradient is nothing but rounding."""
        return self.slope / self.curvature if self.curvature > 0.0 else 0.0


class RateState(Protocol):
    """State of one descent's learning rate."""

    def __call__(self, k: int, line: Line) -> float:
        """Learning rate of update k = 0, 1, ...: a positive number, or 0 to stay."""
        ...

    def may_stop(self, k: int) -> bool:
        """Whether the iterate after k updates counts as one to stop at or to return.

        Parameters
        ----------
        k : int
            Number of updates, over all calls of a warm start.

        Returns
        -------
        bool
            True unless a class says otherwise.
        """
        return True


@runtime_checkable
class LearningRate(Protocol):
    """Description of a learning rate, which is what ``alpha`` is.

    Attributes
    ----------
    kind : {"constant", "scheduled", "adaptive"}
        "constant": the same number at every step, so that a loss which rises
        once rises for ever. "scheduled": fixed in advance, whatever the
        gradients are; the fit counts as diverged when the loss is 1/eps^2 times
        that at the start, so that no digit of the start is left.
        "adaptive": the loss falls again after any rise.
    needs_spectrum : bool
        Whether it needs the smallest eigenvalue or the suboptimality, which
        are known only with the Gram matrix: ``precompute="auto"`` computes
        it then, and ``precompute=False`` is an error.
    projects : bool
        Whether it may be used where coefficients have bounds. There ``line`` is J
        along the last move, of which bounds may have cut off a part, and before
        the first one along the gradient: that move's g'g / g'Hg is the
        Barzilai-Borwein step. ``problem.is_bounded`` tells.
    """

    kind: ClassVar[Kind] = "adaptive"
    needs_spectrum: ClassVar[bool] = False
    projects: ClassVar[bool] = False

    def start(self, problem: Problem) -> RateState | Callable[[int, Line], float]:
        """Return fresh state for a descent on this problem.

        A plain function (k, line) -> float will do if it keeps nothing between two
        calls, as functions cannot be copied: then every iterate counts.
        """
        ...


class WithoutSettings(LearningRate):
    """One of this package's that has nothing to set: objects of the same class are equal.

    As a frozen dataclass, which takes its time over each class, would make it.
    """

    def __init__(self) -> None:
        """Take nothing; a protocol's own would seem to take anything."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"{self!r} has nothing to set, got {name}={value!r}.")
