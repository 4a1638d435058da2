"""Which two parameters of a descent are shown, and what they are called."""

import numbers

import numpy as np

# Share of the largest slope below which another parameter is not worth a map.
HARDLY = 0.01


def parameter_names(names, n_features, fit_intercept):
    """Names of all parameters theta = (w_1, ..., w_n, b)."""
    features = range(1, n_features + 1) if names is None else names
    return [f"w_{name}" for name in features] + ["b"] * fit_intercept


def check_parameters(parameters, names, n_features, fit_intercept):
    """Return the indices in theta of two parameters, or None if none are given."""
    on_axes = parameter_names(names, n_features, fit_intercept)
    names = [] if names is None else names
    n_parameters = n_features + fit_intercept
    if n_parameters < 2:
        raise ValueError("Two parameters are needed, but the model has one: no intercept.")
    if parameters is None:
        return None
    allowed = f"an index below {n_features}, the name of a feature" + (
        " or 'intercept'" if fit_intercept else ""
    )
    try:
        first, second = parameters
    except (TypeError, ValueError) as error:
        raise ValueError(f"parameters must be two, each {allowed}, got {parameters!r}.") from error

    def index(parameter):
        if isinstance(parameter, str):
            if parameter in names:
                return names.index(parameter)
            if parameter == "intercept" and fit_intercept:
                return n_features
            if parameter in on_axes:
                return on_axes.index(parameter)
        elif is_index(parameter, n_parameters):
            # theta = (w, b): the index after the last feature's is the intercept's.
            return int(parameter)
        raise ValueError(f"parameters: {parameter!r} is not {allowed}.")

    chosen = index(first), index(second)
    if chosen[0] == chosen[1]:
        raise ValueError(f"parameters must be two different ones, got {parameters!r}.")
    return chosen


def most_telling(gradient, fit_intercept):
    """Return the feature that takes J down most by itself, and the intercept or the next best.

    An intercept that would hardly move, as it begins at the best constant, gives way to a feature.

    Parameters
    ----------
    gradient : ndarray of shape (n_parameters,)
        Of J at the start, in terms of standardised features: J has the curvature 1 along each,
        so that one of them alone takes it down by half the square of its slope.
    fit_intercept : bool
    """
    n_features = len(gradient) - fit_intercept
    best, *others = np.argsort(-np.abs(gradient[:n_features]), kind="stable").tolist()
    moves = fit_intercept and abs(gradient[-1]) > HARDLY * abs(gradient[best])
    return best, n_features if moves or not others else others[0]


def is_index(value, length):
    """Whether the value is a whole number from 0 to below the length."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    return whole and 0 <= value < length


def target_name(y, target):
    """Name of a series, or of a frame's column; "y" where there is none."""
    for columns in (getattr(y, name, None) for name in ("column_names", "columns")):
        if columns is not None and not callable(columns):
            return str(list(columns)[target])
    name = getattr(y, "name", None)
    return str(name) if isinstance(name, str | numbers.Number) and str(name) else "y"
