"""What partial_fit keeps of the rows that it has been given."""

from dataclasses import dataclass
from functools import update_wrapper
from typing import cast

import numpy as np
from sklearn.utils import check_consistent_length

from .._typing import Function
from . import _checks as checks
from ._factor import RFactor
from ._finite import check_finite
from ._open import require_memory


def unless_rows_are_forgotten(method: Function) -> Function:
    """Make a method available unless the estimator was fitted to rows that it has not kept.

    Like scikit-learn's ``available_if``, with an error that says why.
    """
    return cast(Function, _UnlessRowsAreForgotten(method))


class _UnlessRowsAreForgotten:
    """The descriptor itself, through which type checkers do not see the method's types."""

    def __init__(self, method):
        self._method = method
        update_wrapper(self, method)  # type: ignore[arg-type]

    def __get__(self, estimator, owner=None):
        if hasattr(estimator, "coef_") and getattr(estimator, "_seen", None) is None:
            raise AttributeError(
                "partial_fit after fit would forget the rows of fit, which keeps none of them; "
                "call partial_fit on a clone, from the first batch on."
            )
        return self._method.__get__(estimator, owner)


@dataclass(frozen=True, eq=False, repr=False)
class Seen:
    """All rows of the batches so far.

    Attributes
    ----------
    factor : RFactor
    target_shape : tuple
        () or (n_targets,).
    dtype : numpy dtype
        float32 if all batches were, else float64.
    """

    factor: RFactor
    target_shape: tuple[int, ...]
    dtype: type[np.floating]

    def merged(self, other):
        """Return what was seen by both; their targets must be alike."""
        dtype = np.promote_types(self.dtype, other.dtype).type
        return Seen(self.factor.with_factor(other.factor), self.target_shape, dtype)

    def rows(self, centred):
        """Return rows with the same J, and their origin: the user's features minus theirs.

        If they may be centred they are relative to the shift, which keeps more digits.
        """
        factor = self.factor
        return (factor.rows_about_shift(), factor.shift) if centred else (factor.rows(), 0.0)


def add_batch(estimator, X, y, sample_weight, seen):
    """Return what was seen before, or None, with a user's batch; the estimator is told of it."""
    remedy = "call fit, which reads it chunk by chunk, or pass some of its rows in memory"
    require_memory("partial_fit takes batches in memory", remedy, X, y, sample_weight)
    how = {"reset": seen is None}
    if is_empty(X):
        no_y = None if y is None else "no_validation"
        checks.validate_data(estimator, X, no_y, ensure_min_samples=0, **how, **checks.AS_IT_IS)
        check_consistent_length(X, y)
        return seen
    X, y = checks.validate_data(estimator, X, y, **how, **checks.ROWS_AS_THEY_ARE)
    return seen_with(seen, checks.check_batch(X, y, sample_weight), y.shape[1:])


def is_empty(X):
    """Whether a batch has no rows; what has no shape is left to the checks."""
    return np.shape(X)[:1] == (0,)


def seen_with(seen, rows, target_shape):
    """Return ``seen`` (None at first) with these rows added; all their weights may be 0."""
    if seen is not None and target_shape != seen.target_shape:
        raise ValueError(
            "y must have the targets of the batches before, "
            f"{_shape(seen.target_shape)}, got {_shape(target_shape)}."
        )
    if rows.weights is not None and not rows.weights.any():
        return seen
    factor = RFactor.of(rows)
    if not np.isfinite(factor.matrix).all():
        check_finite(rows)
    batch = Seen(factor, target_shape, rows.dtype)
    return batch if seen is None else seen.merged(batch)


def _shape(target_shape):
    return f"shape (n_samples{''.join(f', {n}' for n in target_shape)})"
