"""What a call leaves behind, however it ends: the last fit or the new one, and nothing else."""

import contextvars
import warnings
from functools import wraps

import numpy as np


def leaves_no_trace(function):
    """Call it so that nothing of NumPy's settings for errors outlives it, nor of the warnings'.

    An interrupt may come while ``numpy.errstate`` or ``warnings.catch_warnings``
    (of scikit-learn's checks) puts back what it found.  What a context of
    Python's own holds, as the first of them since NumPy 2, ends with it.
    """

    @wraps(function)
    def call(*args, **kwargs):
        filters, put_back = warnings.filters, getattr(np, "seterrobj", None)
        if put_back is not None:
            # A copy, as NumPy changes its own in place.
            errors = list(np.geterrobj())  # type: ignore[attr-defined]  # noqa: NPY201
        try:
            return contextvars.copy_context().run(function, *args, **kwargs)
        except KeyboardInterrupt:
            warnings.filters = filters
            raise
        finally:
            # Written in C, so that no interrupt comes before it is done.
            if put_back is not None:
                put_back(errors)

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
    """Let an estimator keep its fit if the method raises; parameters may have been set."""

    @wraps(method)
    def call(estimator, *args, **kwargs):
        before = {name: value for name, value in vars(estimator).items() if _is_of_a_fit(name)}
        try:
            return method(estimator, *args, **kwargs)
        except BaseException:
            others = {n: value for n, value in vars(estimator).items() if not _is_of_a_fit(n)}
            estimator.__dict__ = {**others, **before}
            raise

    return call


def _is_of_a_fit(name):
    return name.endswith("_") or name in ("_pause", "_seen", "_split")
