"""Checks of what the user passes; every error names the parameter and what is allowed."""

import difflib
import inspect
import math
import numbers
import sys
from contextlib import suppress

import numpy as np
from sklearn.utils import check_random_state, check_scalar

from .learning_rates import NAMED, Constant, LearningRate, Schedule
from .learning_rates._numbers import as_float, shown
from .learning_rates.protocol import KINDS
from .rows._checks import check_floats
from .rows._finite import LARGEST

# Squares of values of X are from 1e-60 to 1e60.
LEAST_L2, MOST_L2 = 1e-60, 1e60


def check_alpha(alpha):
    """Return the learning rate that ``alpha`` stands for."""
    if isinstance(alpha, str):
        if alpha not in NAMED:
            raise ValueError(_not_a_name(alpha))
        return NAMED[alpha]
    if inspect.isclass(alpha):
        raise TypeError(
            f"alpha is the class {alpha.__name__}; pass an object of it: {alpha.__name__}(...)."
        )
    if callable(getattr(alpha, "start", None)):
        return _check_rate(alpha)
    if callable(alpha):
        return Schedule(alpha)
    if isinstance(alpha, numbers.Real) and not isinstance(alpha, bool | np.bool_):
        number = as_float(alpha)
        if 0.0 < number <= sys.float_info.max:
            return Constant(number)
        raise ValueError(
            f"alpha, the learning rate, must be positive and finite, got {shown(alpha)}."
        )
    several = "; GradientDescentRegressorCV(alphas=...) chooses among several"
    raise TypeError(
        "alpha must be a positive number, a name, a callable k -> float or an object with a "
        f"method start(problem), got {alpha!r} of type {type(alpha).__name__}"
        f"{several if np.ndim(alpha) == 1 else ''}."
    )


def _not_a_name(alpha):
    """What to say of a string that names no learning rate."""
    with suppress(ValueError):
        if 0.0 < float(alpha) < math.inf:
            return f"alpha={alpha!r} is text; pass the number {float(alpha):g}."
    close = difflib.get_close_matches(alpha.lower(), NAMED, n=1)
    meant = f"did you mean {close[0]!r}? T" if close else "t"
    return (
        f"alpha={alpha!r} is not known; {meant}he known names are {', '.join(map(repr, NAMED))}."
    )


def _check_rate(rate):
    if not isinstance(rate, LearningRate):
        raise TypeError(
            f"alpha={shown(rate)} has a method start, but does not declare kind, needs_spectrum "
            "and projects; derive its class from sklearn_gd.learning_rates.LearningRate, which "
            "has defaults."
        )
    if rate.kind not in KINDS:
        raise ValueError(f"alpha={shown(rate)}: kind must be one of {KINDS}, got {rate.kind!r}.")
    return rate


def check_settings(estimator):
    """Check the parameters of GradientDescentRegressor that are plain numbers and flags."""
    check_count(estimator.max_iter, "max_iter", 1)
    check_count(estimator.n_iter_no_change, "n_iter_no_change", 1)
    if estimator.tol is not None:
        check_number(estimator.tol, "tol", 0.0, math.inf, "left")
    check_number(estimator.validation_fraction, "validation_fraction", 0.0, 1.0, "neither")
    check_l2(estimator.l2_regularization)
    check_flag(estimator.positive, "positive")
    if not isinstance(estimator.verbose, bool):
        check_count(estimator.verbose, "verbose", 0)
    for name in ("fit_intercept", "warm_start", "early_stopping", "store_path"):
        check_flag(getattr(estimator, name), name)
    for name in ("precompute", "scale"):
        check_auto_or_flag(getattr(estimator, name), name)
    check_random_state(estimator.random_state)


def check_l2(value):
    """Raise unless the value can be a penalty, whose size is limited as the data's squares are."""
    if type(value) is not float and np.ndim(value) > 0:
        raise TypeError(
            f"l2_regularization must be a number, got {shown(value)}; GradientDescentRegressorCV "
            "takes several."
        )
    check_number(value, "l2_regularization", 0.0, MOST_L2, "both")
    if 0.0 < value < LEAST_L2:
        raise ValueError(
            f"l2_regularization must be 0 or from {LEAST_L2:.0e} to {MOST_L2:.0e}, "
            f"got {shown(value)}."
        )


def check_bounds(coef_bounds, positive, n_features):
    """Return the bounds of the coefficients, (low, high) with a number for each; None if none."""
    if coef_bounds is None and not positive:
        return None
    low, high = np.full(n_features, 0.0 if positive else -math.inf), np.full(n_features, math.inf)
    if coef_bounds is not None:
        try:
            lower, upper = coef_bounds
        except (TypeError, ValueError) as error:
            raise ValueError(
                "coef_bounds must be None or a pair (low, high), of all lower and all upper "
                f"bounds, got {shown(coef_bounds)}."
            ) from error
        low = np.maximum(low, _bound_of_each(lower, "lower", n_features))
        high = np.minimum(high, _bound_of_each(upper, "upper", n_features))
    empty = np.flatnonzero(low > high)
    if len(empty):
        j = empty[0]
        why = " (positive=True)" if positive and low[j] == 0.0 else ""
        raise ValueError(
            f"coef_bounds allow no value for the coefficient of feature {j}: the lower bound "
            f"{low[j]:g}{why} is above the upper bound {high[j]:g}."
        )
    return low, high


def _bound_of_each(bound, which, n_features):
    allowed = f"a number or an array of shape ({n_features},)"
    labels = getattr(bound, "index", None)
    if labels is not None and not callable(labels) and list(labels) != list(range(len(labels))):
        raise ValueError(
            f"coef_bounds: the {which} bound has labels, which are not matched with features; "
            "pass an array in the order of the columns, as bound.reindex(X.columns).to_numpy()."
        )
    values = check_floats(bound, f"coef_bounds: the {which} bound", allowed)
    if values.shape not in ((), (n_features,)) or np.asarray(bound).dtype.kind == "b":
        raise ValueError(f"coef_bounds: the {which} bound must be {allowed}, got {shown(bound)}.")
    # An upper bound may be inf, a lower one -inf.
    unlimited = -math.inf if which == "lower" else math.inf
    if not ((np.abs(values) <= LARGEST) | (values == unlimited)).all():
        raise ValueError(
            f"coef_bounds: the {which} bound must be {unlimited} (for none) or up to "
            f"{LARGEST:.0e} in size, got {shown(bound)}."
        )
    return values


def check_projects(rate, alpha):
    """Raise unless the learning rate may be used with bounds."""
    if not rate.projects:
        raise ValueError(
            f"alpha={shown(alpha)} is not for positive=True or coef_bounds: it is made for steps "
            "along the whole gradient, of which bounds cut off parts. Use 'auto', "
            "'barzilai-borwein', 'lipschitz', a number or a schedule."
        )


def check_list(values, name, allowed):
    """Return the values as floats; raise unless they are a 1-D array of at least one number."""
    array = check_floats(values, name, allowed)
    if array.ndim != 1 or not len(array) or np.asarray(values).dtype.kind == "b":
        raise ValueError(f"{name} must be {allowed}, got {shown(values)}.")
    return array


def several_l2(value):
    """Return the penalties of a search, and whether the user gave several."""
    if np.ndim(value) == 0:
        check_l2(value)
        return [float(value)], False
    allowed = "a number or a 1-D array of numbers, none negative"
    values = check_list(value, "l2_regularization", allowed)
    for one in values.tolist():
        check_l2(one)
    return values.tolist(), True


def check_flag(value, name):
    """Raise unless the value is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {value!r}.")


def check_auto_or_flag(value, name):
    """Raise unless the value is "auto", True or False."""
    is_auto = isinstance(value, str) and value == "auto"
    if not (is_auto or isinstance(value, bool | np.bool_)):
        raise ValueError(f"{name} must be 'auto', True or False, got {value!r}.")


def check_count(value, name, smallest, largest=None):
    """Raise unless the value is a whole number from ``smallest`` to ``largest``."""
    if type(value) is int and smallest <= value and largest is None:
        return
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be an integer of at least {smallest}, got {value!r}.")
    check_scalar(value, name, numbers.Integral, min_val=smallest)
    if largest is not None and value > largest:
        raise ValueError(f"{name} must be at most {largest}, got {shown(value)}.")


def check_number(value, name, low, high, boundaries):
    """Raise unless the value is a number in the interval."""
    # scikit-learn's check takes as long as an update.
    if type(value) is float and (low < value < high or (boundaries == "both" and value == low)):
        return
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be a number, got {value!r}.")
    limits = {"min_val": low, "max_val": high, "include_boundaries": boundaries}
    number = as_float(value)
    # Beyond float64's range a number is replaced by what it is as a float64, 0 or infinite; and
    # limits may be beyond the range of its own type.
    is_other = isinstance(value, np.floating) or number in {0.0, math.inf, -math.inf}
    value = number if is_other else value
    check_scalar(value, name, numbers.Real, **limits)
    if math.isnan(value):
        raise ValueError(f"{name} must be a number, got nan.")
