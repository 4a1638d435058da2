"""Whether what should be a number is one, a learning rate above all."""

import math
import numbers
from typing import Any


def as_float(value: Any) -> float:
    """The number as a float: infinite if too large for float64, nan if it is not a number."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf if value == abs(value) else -math.inf


def shown(value):
    """Return the value as an error shows it; a number may have thousands of digits."""
    try:
        text = repr(value)
    except ValueError:  # Python does not print them all
        return f"a huge {type(value).__name__}"
    return text if len(text) <= 200 else f"{text[:100]}... of type {type(value).__name__}"


def chosen_alpha(rate_state, k, line):
    """The learning rate of update k."""
    try:
        alpha = rate_state(k, line)
    except StopIteration as error:
        raise ValueError(no_number(f"of step {k}")) from error
    if isinstance(alpha, float) and 0.0 <= alpha < math.inf:
        return alpha
    # Other types of numbers will do too; a float may also be 0, where there is no slope.
    return checked_alpha(alpha, k, may_be_zero=True)


def checked_alpha(alpha, k, may_be_zero):
    """The learning rate of update k as a float; ValueError if it cannot be one."""
    number = as_float(alpha)
    if not (0.0 < number < math.inf or (number == 0.0 and may_be_zero)):
        raise ValueError(
            f"alpha: the learning rate of step {k} must be a positive finite number, "
            f"got {shown(alpha)}."
        )
    return number


def no_number(when):
    """Return the message for a learning rate that raised StopIteration.

    If it were let through, any iteration that the fit is part of, the caller's
    included, would end as if it were complete.
    """
    return (
        f"alpha: the learning rate {when} raised StopIteration; it must give a positive finite "
        "number for every step."
    )
