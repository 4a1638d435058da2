"""J as the quadratic that it is, around some point."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import pinvh


@dataclass(frozen=True, eq=False, repr=False)
class Quadratic:
    """``J(c + u) = J(c) + g'u + 1/2 u'Hu`` of some or all parameters, the others held.

    Attributes
    ----------
    centre : ndarray of shape (n_parameters,)
        c; best the minimum, about which no digits cancel.
    loss : float
        J(c).
    gradient : ndarray of shape (n_parameters,)
        g.
    hessian : ndarray of shape (n_parameters, n_parameters)
        H.
    """

    centre: np.ndarray
    loss: float
    gradient: np.ndarray
    hessian: np.ndarray

    def __call__(self, theta: np.ndarray) -> Any:
        """J at theta of shape (..., n_parameters)."""
        u = theta - self.centre
        return self.loss + u @ self.gradient + 0.5 * np.einsum("...i,...i", u @ self.hessian, u)

    def gradient_at(self, theta: np.ndarray) -> np.ndarray:
        """Gradient of J at theta of shape (..., n_parameters)."""
        return self.gradient + (theta - self.centre) @ self.hessian

    @property
    def largest_eigenvalue(self) -> float:
        """L."""
        return float(np.linalg.eigvalsh(self.hessian)[-1])

    @property
    def minimum(self) -> np.ndarray:
        """The point of least J nearest to the centre."""
        return self.centre - inverse_of(self.hessian) @ self.gradient

    def minimum_within(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """The point of least J of two parameters within bounds: inside, or on an edge."""
        inside = self.minimum
        if ((inside >= low) & (inside <= high)).all():
            return inside
        found = []
        for held, bound in ((j, bound[j]) for j in (0, 1) for bound in (low, high)):
            if np.isfinite(bound):
                point, free = self.centre.copy(), 1 - held
                point[held] = bound
                curvature = self.hessian[free, free]
                point[free] -= self.gradient_at(point)[free] / curvature if curvature > 0 else 0.0
                found.append(np.clip(point, low, high))
        return min(found, key=self)

    def plane(self, indices: Sequence[int], theta: np.ndarray) -> "Quadratic":
        """J over the parameters of these indices, the others held at theta's values."""
        chosen = list(indices)
        through = theta.copy()
        through[chosen] = self.centre[chosen]
        return Quadratic(
            through[chosen],
            float(self(through)),
            self.gradient_at(through)[chosen],
            self.hessian[np.ix_(chosen, chosen)],
        )


def around_minimum(objective, theta, carried, rows):
    """Return J over the carried parameters around its minimum, the others held at theta.

    Parameters
    ----------
    objective : Objective
    theta : ndarray of shape (n_all_parameters,)
    carried : list of int
    rows : ndarray of shape (n_carried, n_all_parameters)
        The rows of H that belong to the carried parameters.
    """
    hessian = (rows[:, carried] + rows[:, carried].T) / 2
    theta, inverse = theta.copy(), inverse_of(hessian)
    point = objective.at(theta)
    # Twice: where H is ill-conditioned, the second time gains digits.
    for _ in range(2):
        theta[carried] -= inverse @ point.gradient[carried]
        point = objective.at(theta)
    return Quadratic(theta[carried], point.loss, point.gradient[carried], hessian)


def inverse_of(hessian):
    """The pseudoinverse, with parameters in units in which the second derivatives are 1.

    In others an eigenvalue that is small because of a unit would pass for rounding.
    """
    diagonal = np.diag(hessian)
    unit = np.divide(1.0, np.sqrt(diagonal), out=np.zeros(len(diagonal)), where=diagonal > 0)
    return unit[:, None] * pinvh(unit[:, None] * hessian * unit) * unit


def hessian_rows(objective, indices):
    """Some rows of H, without a square array of its size."""
    units = np.zeros((len(indices), objective.n_parameters))
    units[np.arange(len(indices)), indices] = 1.0
    return np.array([objective.plan.form(0).product(unit) for unit in units])


def steps_from_zero(alpha, values, k):
    """How far k steps from zero lead along eigenvectors, in units of minus the gradient at zero.

    ``(1 - (1 - alpha value)^k) / value``, and ``alpha k`` where the value is 0.
    """
    values, k = np.broadcast_arrays(values, k)
    z = alpha * values
    # Where the power is near 1 its difference from 1 would lose digits.
    with np.errstate(divide="ignore"):
        near = -np.expm1(k * np.log1p(-np.minimum(z, 0.5)))
    share = np.where(z < 0.5, near, 1.0 - (1.0 - z) ** k)
    return np.divide(share, values, out=alpha * k, where=values != 0)
