"""What several estimators have seen by partial_fit, put together."""

import warnings
from functools import reduce

import numpy as np

from .._frames import stacklevel
from ._batches import Seen


def seen_together(estimator, others, kind):
    """Return what the estimator and the others have seen; None if none of them has seen a row.

    Parameters
    ----------
    estimator : GradientDescentRegressor
        Notes the features, if it has seen none yet.
    others : sequence
    kind : type
        Class of all of them.
    """
    everything = []
    for i, one in enumerate([estimator, *others]):
        name = f"others[{i - 1}]" if i else "the estimator"
        _check_kind(one, kind, name)
        _check_features(estimator, one, name)
        seen = getattr(one, "_seen", None)
        if seen is not None:
            everything.append(seen)
            _check_targets(everything[0], seen, name)
    return reduce(Seen.merged, everything) if everything else None


def _check_kind(one, expected, name):
    if not isinstance(one, expected):
        hint = "; pass merge(*parts)" if isinstance(one, list | tuple) else ""
        raise TypeError(f"{name} must be a {expected.__name__}, got {type(one).__name__}{hint}.")
    if hasattr(one, "coef_") and getattr(one, "_seen", None) is None:
        raise ValueError(
            f"{name} was fitted by fit, which keeps none of its rows; only what partial_fit has "
            "seen can be merged. Call partial_fit instead, with all rows if you like."
        )


def _check_features(estimator, one, name):
    """Raise if the two have other features; an estimator without any takes them over."""
    if not hasattr(one, "n_features_in_"):
        return
    names = getattr(one, "feature_names_in_", None)
    if not hasattr(estimator, "n_features_in_"):
        estimator.n_features_in_ = one.n_features_in_
        if names is not None:
            estimator.feature_names_in_ = names
        return
    if one.n_features_in_ != estimator.n_features_in_:
        raise ValueError(
            f"{name} has seen {one.n_features_in_} features, but those before it "
            f"{estimator.n_features_in_}."
        )
    before = getattr(estimator, "feature_names_in_", None)
    if names is None and before is None:
        return
    if names is None or before is None:
        warnings.warn(
            f"{name} has {'no ' if names is None else ''}feature names, unlike those before it: "
            "features are matched by their positions.",
            stacklevel=stacklevel(),
        )
    elif not np.array_equal(names, before):
        j = int(np.flatnonzero(names != before)[0])
        raise ValueError(
            f"{name} must have the features of those before it, in the same order, but feature "
            f"{j} is {names[j]!r} and not {before[j]!r}."
        )


def _check_targets(first, seen, name):
    if seen.target_shape != first.target_shape:
        raise ValueError(
            f"{name} must have the targets of those before it, shape of a row "
            f"{first.target_shape}, got {seen.target_shape}."
        )
