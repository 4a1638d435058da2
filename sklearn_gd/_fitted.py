"""What a call leaves behind, however it ends: the last fit or the new one, and nothing else."""

import contextvars
import warnings
from functools import wraps
from typing import TypeVar, cast

import numpy as np

from ._descent.state import STATUSES
from ._typing import Function
from .rows._masks import all_of

Estimator = TypeVar("Estimator")

# Of NumPy 1, whose settings for errors are those of the thread.
PUT_BACK = getattr(np, "seterrobj", None)
# Fitted attributes that exist only with some settings, and one only with names of features.
NOT_ALWAYS = "coef_path_", "intercept_path_", "validation_loss_history_"
OF_NAMES = "feature_names_in_"


def fitted_attributes(fit, dtype, known, store_path=False):
    """Return the fitted attributes by name, as if the fit ended now.

    Parameters
    ----------
    fit : Fit
    dtype : numpy dtype
        Of the coefficients.
    known : dict
        Other attributes.
    store_path : bool, default=False
        Whether the descents have stored their paths, and these are wanted.
    """
    least_squares, traces = fit.least_squares, [descent.trace for descent in fit.descents]
    shape = least_squares.target_shape
    n_iter = max(len(trace.alphas) for trace in traces)
    best_thetas = [descent.state.best.theta for descent in fit.descents]
    coef, intercept = fit.parameters(best_thetas)
    losses = [_padded(trace.losses, n_iter + 1, trace.losses[-1]) for trace in traces]
    alphas = [_padded(trace.alphas, n_iter, 0.0) for trace in traces]
    best = [descent.best_iter for descent in fit.descents]
    attributes = {
        "coef_": _within(fit.bounds, _in_dtype(coef.reshape(*shape, -1), dtype)),
        "intercept_": _in_dtype(intercept.reshape(shape), dtype)[()],
        "loss_history_": np.array(losses).T.reshape(-1, *shape),
        "alpha_history_": np.array(alphas).T.reshape(-1, *shape),
        "best_iter_": np.array(best) if shape else best[0],
        "n_iter_": n_iter,
        "status_": max((trace.status for trace in traces), key=STATUSES.index),
        "scaled_": least_squares.coordinates.scaled,
        # Copies: a callback may write into them, and the descent goes on.
        "feature_mean_": _copy_of(least_squares.coordinates.feature_mean),
        "feature_scale_": _copy_of(least_squares.coordinates.feature_scale),
        "_pause": fit.pause(coef, intercept),
        "_start": tuple(descent.start for descent in fit.descents),
    }
    if not least_squares.moments.fit_intercept:
        # A number of NumPy, as with an intercept: skl2onnx asks it for its shape.
        attributes["intercept_"] = np.dtype(dtype).type(0)
    if traces[0].validation_losses:
        held_out = [trace.validation_losses for trace in traces]
        held_out = [_padded(values, n_iter + 1, values[-1]) for values in held_out]
        attributes["validation_loss_history_"] = np.array(held_out).T.reshape(-1, *shape)
    if store_path:
        paths = [_padded(trace.path, n_iter + 1, trace.path[-1]) for trace in traces]
        coefs, intercepts = zip(*map(fit.parameters, paths), strict=True)
        attributes["coef_path_"] = np.stack(coefs, axis=1).reshape(n_iter + 1, *shape, -1)
        attributes["intercept_path_"] = np.stack(intercepts, axis=1).reshape(-1, *shape)
    return {**known, **attributes}


def _copy_of(array):
    return None if array is None else array.copy()


def _padded(values, length, last):
    return [*values, *[last] * (length - len(values))]


def _in_dtype(values, dtype):
    """The values as dtype; it must be able to hold them."""
    if dtype == values.dtype:
        converted = values.copy()
    else:
        with np.errstate(over="ignore"):
            converted = values.astype(dtype)
    if not all_of(np.isfinite(converted)):
        raise ValueError(
            f"The coefficients, up to {np.abs(values).max():.1e}, overflow "
            f"{np.dtype(dtype).name}, the dtype of X; pass X as float64 or rescale it."
        )
    return converted


def _within(bounds, coef):
    """Coefficients in single precision, rounded towards the inside of the bounds."""
    if bounds is None or coef.dtype == np.float64:
        return coef
    low, high = (bound.astype(coef.dtype) for bound in bounds)
    low = np.where(low < bounds[0], np.nextafter(low, np.inf, dtype=coef.dtype), low)
    high = np.where(high > bounds[1], np.nextafter(high, -np.inf, dtype=coef.dtype), high)
    return np.clip(coef, low, high)


def leaves_no_trace(function: Function) -> Function:
    """Let no change of NumPy's settings for errors, or of the warning filters, outlive the call.

    An interrupt may come while ``numpy.errstate`` or ``warnings.catch_warnings``
    (in scikit-learn's checks) is putting back what it found.  What Python keeps in
    a context variable, as NumPy 2 does the settings for errors, ends with the context.
    """

    @wraps(function)
    def call(*args, **kwargs):
        filters = warnings.filters
        if PUT_BACK is not None:
            # A copy, as NumPy changes its own in place.
            errors = list(np.geterrobj())  # type: ignore[attr-defined]  # noqa: NPY201
        try:
            return contextvars.copy_context().run(function, *args, **kwargs)
        except KeyboardInterrupt:
            warnings.filters = filters
            raise
        finally:
            # Written in C, so that no interrupt comes before it is done.
            if PUT_BACK is not None:
                PUT_BACK(errors)

    return cast(Function, call)


class KeptWith:
    """A fitted attribute that exists only with a setting: asked for without it, it says so.

    Where it exists, the estimator's own takes precedence.
    """

    def __init__(self, setting):
        self._setting = setting

    def __set_name__(self, owner, name):
        self._name = name

    def __get__(self, estimator, owner=None):
        if estimator is None:
            return self
        raise AttributeError(
            f"{type(estimator).__name__} has no {self._name}, which a fit keeps only with "
            f"{self._setting}."
        )


def stand_in(estimator: Estimator) -> Estimator:
    """Return a copy for scikit-learn's checks to note the features in."""
    other = object.__new__(type(estimator))
    vars(other).update(vars(estimator))
    return other


def forget_what_may_not_stay(estimator):
    """Remove those attributes of the last fit that the next one may not have.

    For callbacks, whose ``fitted_estimator`` begins as a copy of this one.
    """
    estimator.__dict__ = _without(NOT_ALWAYS, estimator)


def _without(names, estimator):
    left = vars(estimator).copy()
    for name in names:
        left.pop(name, None)
    return left


def features_of(estimator):
    """Return what scikit-learn's checks have noted of the features, by name."""
    names = ("n_features_in_", OF_NAMES)
    return {name: vars(estimator)[name] for name in names if name in vars(estimator)}


def take_over(estimator, fitted):
    """Give the estimator its new fitted attributes by name, all at once.

    Another thread sees the whole of the last fit or of the new one, never a mixture.
    """
    estimator.__dict__ = {**_without((*NOT_ALWAYS, OF_NAMES), estimator), **fitted}


def or_stays_as_it_was(method: Function) -> Function:
    """Let an estimator keep its last fit if the method raises; its parameters stay as set."""

    @wraps(method)
    def call(estimator, *args, **kwargs):
        before = vars(estimator).copy()
        try:
            return method(estimator, *args, **kwargs)
        except BaseException:
            settings = {n: value for n, value in vars(estimator).items() if not _is_of_a_fit(n)}
            last_fit = {n: value for n, value in before.items() if _is_of_a_fit(n)}
            estimator.__dict__ = {**settings, **last_fit}
            raise

    return cast(Function, call)


def _is_of_a_fit(name):
    return name.endswith("_") or name in ("_pause", "_seen", "_split", "_start")
