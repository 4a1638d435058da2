"""Fitted attributes made of the descents of all targets."""

import numpy as np

from .descent import STATUSES


def fitted_attributes(problem, descents, dtype, store_path):
    """Return the fitted attributes by name.

    Parameters
    ----------
    problem : LeastSquares
    descents : list of Descent
        One a target.
    dtype : numpy dtype
        Of the coefficients.
    store_path : bool
        Whether the descents have stored their paths.
    """
    shape = problem.target_shape
    n_iter = max(len(descent.alphas) for descent in descents)
    coef, intercept = _parameters(problem, [descent.best.theta for descent in descents])
    losses = [_padded(descent.losses, n_iter + 1, descent.losses[-1]) for descent in descents]
    alphas = [_padded(descent.alphas, n_iter, 0.0) for descent in descents]
    best = np.array([descent.best_iter for descent in descents])
    attributes = {
        "coef_": _in_dtype(coef.reshape(*shape, -1), dtype),
        "intercept_": _in_dtype(intercept.reshape(shape)[()], dtype),
        "loss_history_": np.array(losses).T.reshape(-1, *shape),
        "alpha_history_": np.array(alphas).T.reshape(-1, *shape),
        "best_iter_": best if shape else int(best[0]),
        "n_iter_": n_iter,
        "status_": max((descent.status for descent in descents), key=STATUSES.index),
        "scaled_": problem.coordinates.scaled,
        "feature_mean_": problem.coordinates.feature_mean,
        "feature_scale_": problem.coordinates.feature_scale,
    }
    if not problem.moments.fit_intercept:
        attributes["intercept_"] = 0.0
    if descents[0].validation_losses:
        held_out = [descent.validation_losses for descent in descents]
        held_out = [_padded(values, n_iter + 1, values[-1]) for values in held_out]
        attributes["validation_loss_history_"] = np.array(held_out).T.reshape(-1, *shape)
    if store_path:
        paths = [_padded(descent.path, n_iter + 1, descent.path[-1]) for descent in descents]
        coefs, intercepts = zip(*(_parameters(problem, path) for path in paths), strict=True)
        attributes["coef_path_"] = np.stack(coefs, axis=1).reshape(n_iter + 1, *shape, -1)
        attributes["intercept_path_"] = np.stack(intercepts, axis=1).reshape(-1, *shape)
    return attributes


def _parameters(problem, thetas):
    """The user's coefficients (one row a theta) and intercepts for many thetas."""
    coef, intercept = zip(*map(problem.objectives[0].split, thetas), strict=True)
    return problem.coordinates.outside(np.array(coef), np.array(intercept))


def _padded(values, length, last):
    return [*values, *[last] * (length - len(values))]


def _in_dtype(values, dtype):
    """The values as dtype; it must be able to hold them."""
    with np.errstate(over="ignore"):
        converted = values.astype(dtype)
    if not np.isfinite(converted).all():
        raise ValueError(
            f"The coefficients, up to {np.abs(values).max():.1e}, leave {np.dtype(dtype).name}, "
            "the dtype of X; pass X as float64 or rescale it."
        )
    return converted
