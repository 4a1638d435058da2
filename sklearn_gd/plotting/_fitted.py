"""The fitted regressor in what a user passes, and the features it was given."""

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted


def regressor_of(estimator):
    """Return the fitted regressor: the estimator itself, or a pipeline's last step."""
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
    return regressor


def features_of(estimator, X):
    """Return X as the regressor was given it, and the names of its features or None."""
    if not isinstance(estimator, Pipeline):
        names = getattr(estimator, "feature_names_in_", None)
        return X, None if names is None else list(names)
    if len(estimator) == 1:
        return features_of(estimator[-1], X)
    before, names = estimator[:-1], None
    if hasattr(estimator, "feature_names_in_") and hasattr(before, "get_feature_names_out"):
        names = list(before.get_feature_names_out())
    return before.transform(X), names
