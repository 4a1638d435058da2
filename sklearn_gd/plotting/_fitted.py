"""The fitted regressor in what a user passes, and the features it was given."""

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._regressor_cv import REFITTED
from ..rows._arrays import on_host


def regressor_of(estimator):
    """Return the fitted regressor: the estimator itself, or a pipeline's last step, in NumPy."""
    regressor = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    if not hasattr(regressor, "fit"):
        raise TypeError(
            "estimator must be a fitted GradientDescentRegressor or a pipeline that ends in one, "
            f"got {estimator!r}."
        )
    check_is_fitted(regressor)
    if not hasattr(regressor, "loss_history_"):
        hint = "; pass its best_estimator_" if hasattr(estimator, "best_estimator_") else ""
        raise TypeError(
            f"estimator must be a GradientDescentRegressor or a pipeline that ends in one, got "
            f"{type(regressor).__name__}{hint}."
        )
    return on_host(regressor)


def descended_by(regressor):
    """Return the GradientDescentRegressor that made the descent: a search's last, or itself."""
    if not hasattr(regressor, "mse_path_"):
        return regressor
    chosen = regressor.alpha_, regressor.l2_regularization_, regressor.n_iter_
    made = regressor._regressor(*chosen)
    vars(made).update({name: vars(regressor)[name] for name in REFITTED}, _seen=None, _split=None)
    return made


def features_of(estimator, X):
    """Return X as the regressor was given it, and the names of its features or None."""
    names = feature_names(estimator)
    if isinstance(estimator, Pipeline) and len(estimator) > 1:
        X = estimator[:-1].transform(X)
    return X, names


def feature_names(estimator):
    """Return the names of the features that the regressor was given, or None."""
    regressor = regressor_of(estimator)
    if hasattr(regressor, "feature_names_in_"):
        return list(regressor.feature_names_in_)
    # It was given an array, whose columns the steps before may be able to name.
    if not hasattr(estimator, "feature_names_in_"):
        return None
    try:
        return list(estimator[:-1].get_feature_names_out())
    except AttributeError:  # of a step that knows none
        return None


def has_diverged(regressor, losses):
    """Whether the descent with these losses diverged.

    status_ is the worst of all targets'; a descent that ends lower did not diverge.
    """
    several = regressor.loss_history_.ndim == 2
    return regressor.status_ == "diverged" and not (several and losses[-1] <= losses[0])


def l2_of(regressor):
    """The penalty of a fitted regressor, chosen by itself or given."""
    given = getattr(regressor, "l2_regularization", 0.0)
    return float(getattr(regressor, "l2_regularization_", given))
