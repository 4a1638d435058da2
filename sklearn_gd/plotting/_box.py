"""The part of the plane of two parameters that is drawn."""

from dataclasses import dataclass

import numpy as np

# Beyond this ratio of its sides a picture with equal axes would be a sliver.
SLIVER = 4.0
# A descent that diverges is drawn while J is below this many times that at the start.
HIGHEST = 4.0


@dataclass(frozen=True)
class Frame:
    """A rectangle in the plane.

    Attributes
    ----------
    sides : ndarray of shape (2, 2)
        Lower and upper limit of each parameter.
    minimum : ndarray of shape (2,)
        Where J is least in the plane, within the bounds.
    equal : bool
        Whether the axes are to be drawn with equal units.
    """

    sides: np.ndarray
    minimum: np.ndarray
    equal: bool

    @property
    def lengths(self):
        """Lengths of the sides."""
        return self.sides[:, 1] - self.sides[:, 0]

    @property
    def centre(self):
        """The middle."""
        return self.sides.mean(axis=1)

    def grid(self, n):
        """Points of shape (n, n, 2), the first parameter varying along the second axis."""
        axes = [np.linspace(low, high, n) for low, high in self.sides]
        return np.stack(np.meshgrid(*axes), axis=-1)

    def contains(self, points):
        """Which of the points are inside."""
        inside = (points >= self.sides[:, 0]) & (points <= self.sides[:, 1])
        return inside.all(axis=1)


def box_of(descent, aspect="auto"):
    """Return the Frame with the path and the minimum, and some room around them.

    Parameters
    ----------
    descent : RecordedDescent
    aspect : {"auto", "equal"}
    """
    plane, steps = descent.plane, descent.steps
    minimum = plane.minimum_within(*descent.bounds.T)
    # Of a path that diverges, only the beginning.
    near = descent.losses <= HIGHEST * max(descent.losses[0], plane.loss)
    near = near & (plane(steps) <= HIGHEST * max(descent.losses[0], plane(steps[0])))
    points = np.vstack([steps[near], minimum])
    low, high = points.min(axis=0), points.max(axis=0)
    lengths = high - low
    # A side along which nothing moves is made as long as the other.
    curvature = np.diag(plane.hessian)
    scale = np.where(lengths > 0, lengths, np.max(lengths, initial=0.0))
    flat = lengths <= 1e-6 * np.max(lengths)
    if flat.all():
        # Far enough for J to double, or to rise from 0 to 1/2, and for points to be told apart.
        lowest = plane(minimum)
        rise = np.sqrt(lowest) if lowest > 0 else 1.0
        root = np.sqrt(np.where(curvature > 0, curvature, 1.0))
        scale = np.maximum(rise / root, 1e-3 * np.abs(minimum))
    lengths = np.where(flat, scale, lengths)
    equal = aspect == "equal" or lengths.max() <= SLIVER * lengths.min()
    if equal:
        # The longer side is at most a third longer than the other.
        lengths = np.maximum(lengths, 0.75 * lengths.max())
    centre = (low + high) / 2
    half = 0.65 * lengths
    return Frame(np.column_stack([centre - half, centre + half]), minimum, bool(equal))


def levels_of(losses, n=14):
    """Levels whose lines are evenly spaced on a slope through the lowest point of a bowl."""
    low, high = losses.min(), losses.max()
    if not high > low:
        high = low + max(abs(low), 1.0)
    return low + (high - low) * np.linspace(0.0, 1.0, n) ** 2
