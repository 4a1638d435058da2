"""What a call leaves behind, however it ends: the last fit or the new one, and nothing else."""

import contextvars
from functools import wraps

import numpy as np


def leaves_no_trace(function):
    """Call it so that no setting of NumPy's for errors outlives it.

    An interrupt may come while ``numpy.errstate`` puts back what it found.  What a
    context of Python's own holds, as that setting since NumPy 2, ends with it.
    """

    @wraps(function)
    def call(*args, **kwargs):
        if not hasattr(np, "seterrobj"):
            return contextvars.copy_context().run(function, *args, **kwargs)
        # A copy, as NumPy changes its own in place.
        before = list(np.geterrobj())  # type: ignore[attr-defined]  # noqa: NPY201
        put_back = np.seterrobj  # noqa: NPY201
        try:
            return function(*args, **kwargs)
        finally:
            # Written in C, so that no interrupt comes before it is done.
            put_back(before)

    return call


# Fitted attributes that some settings give and others do not.
NOT_ALWAYS = {"coef_path_", "intercept_path_", "validation_loss_history_"}


def stand_in(estimator):
    """Return a copy for scikit-learn's checks to note the features in."""
    other = object.__new__(type(estimator))
    vars(other).update(vars(estimator))
    return other


def forget_what_may_not_stay(estimator):
    """Take away those attributes of the last fit that the next one may not have.

    For callbacks, whose ``fitted_estimator`` begins as a copy of this one.
    """
    estimator.__dict__ = _without(NOT_ALWAYS, estimator)


def _without(names, estimator):
    return {name: value for name, value in vars(estimator).items() if name not in names}


def features_of(estimator):
    """Return what scikit-learn's checks have noted of the features, by name."""
    names = ("n_features_in_", "feature_names_in_")
    return {name: vars(estimator)[name] for name in names if name in vars(estimator)}


def take_over(estimator, fitted):
    """Give the estimator its new fitted attributes by name, all at once.

    Whoever looks at it in another thread sees the last fit or the new one, whole.
    """
    estimator.__dict__ = {**_without(NOT_ALWAYS | {"feature_names_in_"}, estimator), **fitted}


def or_stays_as_it_was(method):
    """Let an estimator keep the attributes that it has if the method raises."""

    @wraps(method)
    def call(estimator, *args, **kwargs):
        before = vars(estimator)
        try:
            return method(estimator, *args, **kwargs)
        except BaseException:
            estimator.__dict__ = before
            raise

    return call
