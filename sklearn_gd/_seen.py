"""What partial_fit keeps of the rows that it has been given."""

from dataclasses import dataclass

import numpy as np

from . import _validation as validation
from .triangle import Triangle


@dataclass(frozen=True)
class Seen:
    """All rows of the batches so far.

    Attributes
    ----------
    triangle : Triangle
    target_shape : tuple
        () or (n_targets,).
    dtype : numpy dtype
        float32 if all batches were, else float64.
    """

    triangle: Triangle
    target_shape: tuple
    dtype: type[np.floating]


def seen_with(seen, rows, target_shape):
    """Return what was seen before, or None, with these rows, which may all be of no weight."""
    if seen is not None and target_shape != seen.target_shape:
        raise ValueError(
            f"y must have the targets of the batches before, shape (n_samples, "
            f"{', '.join(map(str, seen.target_shape))}), but its rows have shape {target_shape}."
        )
    if rows.weights is not None and not rows.weights.any():
        return seen
    dtype = rows.dtype
    with rows:
        before = Triangle.about(rows) if seen is None else seen.triangle
        triangle = before.with_rows(rows)
        if not np.isfinite(triangle.matrix).all():
            validation.check_finite(rows)
    if seen is not None:
        dtype = np.promote_types(dtype, seen.dtype).type
    return Seen(triangle, target_shape, dtype)
