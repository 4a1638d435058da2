"""scikit-learn's checks of data, with errors that say whose fault it is, and of what kind."""

from contextlib import contextmanager

import numpy as np
from scipy import sparse
from sklearn import utils
from sklearn.utils import validation


def validate_data(estimator, X, y="no_validation", *, input_name="X", **how):
    """As scikit-learn's `validate_data`, of an X that may have another name."""
    with _naming_the_culprit(**{input_name: X, "y": y}):
        return _in_numpy(validation.validate_data(estimator, X, y, **how), input_name, "y")


def check_X_y(X, y, **how):  # noqa: N802
    """As scikit-learn's `check_X_y`."""
    with _naming_the_culprit(X=X, y=y):
        return _in_numpy(utils.check_X_y(X, y, **how), "X", "y")


def check_array(array, *, input_name, **how):
    """As scikit-learn's `check_array`."""
    with _naming_the_culprit(**{input_name: array}):
        return _in_numpy(utils.check_array(array, input_name=input_name, **how), input_name)


@contextmanager
def _naming_the_culprit(**data):
    """Name the data that is no numbers, where the error does not."""
    try:
        yield
    except (TypeError, ValueError, OverflowError) as error:
        for name, values in data.items():
            kind = _unfit(values, error)
            if kind is not None:
                of_class = TypeError if isinstance(error, TypeError) else ValueError
                raise of_class(f"{name} must be numeric, got {kind}: {error}") from error
        raise


def _unfit(values, error):
    """Return of what kind the values are if the error is theirs, else None."""
    if isinstance(values, str) or sparse.issparse(values):
        return None
    try:
        array = np.asarray(values)
        if array.dtype.kind in "biuf":
            return None
        if array.dtype.kind == "O":
            array.astype(np.float64)
            return None
    except (TypeError, ValueError, OverflowError) as again:
        return "objects" if str(again) == str(error) else None
    return f"dtype {array.dtype}"


def _in_numpy(data, *names):
    """Return the array or arrays of these names, if they are NumPy's or SciPy's."""
    parts = data if isinstance(data, tuple) else (data,)
    for name, part in zip(names, parts, strict=False):
        if not (isinstance(part, np.ndarray) or sparse.issparse(part)):
            module = type(part).__module__.partition(".")[0]
            raise TypeError(
                f"{name} is an array of {module}, and array_api_dispatch=True asks for a fit in "
                f"{module}, which is not supported; pass numpy.asarray({name}), or call "
                "sklearn.set_config(array_api_dispatch=False)."
            )
    return data
