"""GradientDescentRegressorCV: the learning rate and the number of steps by cross-validation."""

import numbers
import sys
import warnings

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import check_cv
from sklearn.utils import Bunch
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from . import _validation as validation
from ._cross_validation import held_out_losses
from ._data_checks import validate_data
from ._documentation import LINK_TEMPLATE
from ._guest import features_of, leaves_no_trace, or_stays_as_it_was, stand_in, take_over
from ._regressor import GradientDescentRegressor
from ._splits import splits_of
from ._threads import alone, use_at_most
from .protocol import shown

# Learning rates of the grid, if the user does not say how many.
GRID = 20
# They go up to just below 2/L, and over so many decades.
TOP, DECADES = 0.99, 3.0
# Share by which the held-out error falls in half of the steps, to say more would be better.
STILL_FALLING = 1e-3


class GradientDescentRegressorCV(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Batch gradient descent with learning rate and number of steps by cross-validation.

    Stopping early is gradient descent's own regularisation: k steps of a
    constant learning rate alpha shrink the coefficients much as ridge
    regression with the penalty ``1/(2 k alpha) |w|^2`` does. For every alpha of
    a grid and every number of steps up to `max_iter` the error on held-out rows
    is computed, with about as many reads of the rows as one fit, and the pair
    with the least mean error is used on all rows.

    Parameters
    ----------
    alphas : int, array-like of shape (n_alphas,) or None, default=None
        **Learning rates**, not penalties. A number: so many, evenly on the
        logarithmic scale over three decades up to just below 2/L, with the
        largest L of any training rows and of all rows. None: 20.
    cv : int, cross-validation generator or iterable, default=None
        As everywhere in scikit-learn: None for 5 folds, a number of folds, a
        splitter, or an iterable of (train, test) row numbers.
    fit_intercept : bool, default=True
        Whether b is a parameter; else it is 0.
    max_iter : int, default=1000
        Largest number of steps.
    n_jobs : int, default=None
        Threads to work in at most; -1 for one a processor. None is not 1, but
        as many as BLAS may use, as in `GradientDescentRegressor`.

    Attributes
    ----------
    alpha_ : float
        The learning rate chosen.
    n_iter_ : int
        The number of steps chosen; of equally good pairs the one with fewer.
        If it is `max_iter`, more steps may be better still.
    alphas_ : ndarray of shape (n_alphas,)
        All learning rates tried.
    mse_path_ : ndarray of shape (n_alphas, max_iter + 1, n_folds)
        Mean squared error on the held-out rows, after k steps of each alpha.
        The mean over the targets, weighted by `sample_weight` within a fold;
        inf once the descent has diverged, its loss above 1e31 times the start's.
        Eight bytes a number: many folds, as of `LeaveOneOut`, make it large.
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
        After `n_iter_` steps of `alpha_` on all rows. float32 if X is float32,
        else float64.
    intercept_ : float or ndarray of shape (n_targets,)
        0.0 if `fit_intercept=False`.
    loss_history_ : ndarray of shape (`n_iter_` + 1,) or (`n_iter_` + 1, n_targets)
        J on all rows after k steps of `alpha_`.
    alpha_history_ : ndarray of shape (`n_iter_`,) or (`n_iter_`, n_targets)
        The learning rate of each step.
    best_iter_ : int or ndarray of shape (n_targets,)
        As in `GradientDescentRegressor`: `n_iter_`, unless rounding decides.
    status_ : {"max_iter", "diverged"}
        "max_iter": all steps chosen were made. "diverged": `alpha_` is above
        2/L of all rows, and J climbs; `coef_` is that of the lowest J then.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had names that are all strings.

    See Also
    --------
    GradientDescentRegressor : One learning rate; many kinds of them.
    MSEPathDisplay : Draws `mse_path_`.
    sklearn.linear_model.RidgeCV : The penalty of ridge regression by
        cross-validation.

    Notes
    -----
    Each row is read for the second moments of its fold, once more for the
    residuals of a reference solution, and once or twice for the final descent.
    The descents themselves run on the moments. More features than rows are
    first turned into as many as there are rows, in which every descent is the
    same. Beyond 2000 features each step reads all rows instead, for all alphas
    and folds at once; so does it with more features than rows if X is sparse.

    Other than ridge regression a descent learns the intercept from zero, and
    stopped early shrinks it like the coefficients: centre y, and standardise X.

    The mean over folds is not weighted, as in `GridSearchCV` and
    `sklearn.linear_model.LassoCV`.

    References
    ----------
    A. Ali, J. Z. Kolter, R. J. Tibshirani, "A continuous-time view of early
    stopping for least squares", AISTATS 2019, arXiv 1810.10082.

    Examples
    --------
    >>> from sklearn.datasets import make_regression
    >>> from sklearn_gd import GradientDescentRegressorCV
    >>> X, y = make_regression(60, 40, noise=300.0, random_state=0)
    >>> reg = GradientDescentRegressorCV(alphas=5, max_iter=500).fit(X, y)
    >>> reg.mse_path_.shape
    (5, 501, 5)
    >>> 0 < reg.n_iter_ < 500
    True
    """

    _doc_link_module = "sklearn_gd"
    _doc_link_template = LINK_TEMPLATE

    def __init__(self, alphas=None, *, cv=None, fit_intercept=True, max_iter=1000, n_jobs=None):
        self.alphas = alphas
        self.cv = cv
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.n_jobs = n_jobs

    @leaves_no_trace
    @or_stays_as_it_was
    def fit(self, X, y, sample_weight=None, **params):
        """Choose the learning rate and the number of steps, and descend on all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets; one choice for all of them.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Weights, not negative; they count in training and in testing.
        **params : dict
            Passed on to the splitter, `groups` for instance. Only with
            ``sklearn.set_config(enable_metadata_routing=True)``.

        Returns
        -------
        GradientDescentRegressorCV
            The fitted estimator itself.

        Raises
        ------
        ValueError, TypeError
            As `GradientDescentRegressor.fit`; if `alphas` are not positive
            numbers or `cv` makes no splits with rows that count; if `params`
            are given without metadata routing.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            If the held-out error was still falling at `max_iter`; if all
            `alphas` are above 2/L, or the one chosen is and J climbs.
        """
        self._check_settings()
        routed = self._routed(sample_weight, params)
        given = X
        noted = stand_in(self)
        X, y = validate_data(noted, X, y, **validation.ROWS_AS_THEY_ARE)
        rows = validation.check_rows(X, y, sample_weight)
        splits = splits_of(self.cv, X, y, rows.weights, **routed.splitter.split)
        use_at_most(self.n_jobs)
        alphas, errors, largest = alone(
            held_out_losses,
            rows.X,
            rows.y,
            rows.weights,
            splits,
            self._alphas,
            int(self.max_iter),
            bool(self.fit_intercept),
        )
        mean_errors = errors.mean(axis=2)
        chosen, steps = _best(mean_errors)
        refitted = self._refitted(float(alphas[chosen]), given, y, sample_weight, steps)
        fitted = {"alphas_": alphas, "alpha_": float(alphas[chosen]), "mse_path_": errors}
        limit = 2.0 / largest if largest > 0 else np.inf
        take_over(self, features_of(noted) | fitted | refitted)
        self._warn(mean_errors[chosen], steps, limit)
        return self

    # The same as that of the regressor, down to the word.
    predict = GradientDescentRegressor.predict

    def _check_settings(self):
        validation.check_flag(self.fit_intercept, "fit_intercept")
        validation.check_count(self.max_iter, "max_iter", 1, sys.maxsize)
        if self.n_jobs is not None:
            whole = isinstance(self.n_jobs, numbers.Integral) and not isinstance(self.n_jobs, bool)
            if not whole or self.n_jobs == 0:
                raise ValueError(
                    f"n_jobs must be None or an integer other than 0, got {self.n_jobs!r}."
                )
        if isinstance(self.alphas, numbers.Integral) and not isinstance(self.alphas, bool):
            validation.check_count(self.alphas, "alphas", 1, sys.maxsize)
        elif self.alphas is not None:
            allowed = "None, how many, or a 1-D array of positive numbers"
            alphas = validation.check_floats(self.alphas, "alphas", allowed)
            if alphas.ndim != 1 or not len(alphas) or np.asarray(self.alphas).dtype.kind == "b":
                raise ValueError(f"alphas must be {allowed}, got {shown(self.alphas)}.")
            if not (np.isfinite(alphas) & (alphas > 0)).all():
                raise ValueError(f"alphas must be positive and finite, got {shown(self.alphas)}.")

    def _alphas(self, largest):
        """The learning rates to try, given the largest L of all training rows."""
        if self.alphas is None or isinstance(self.alphas, numbers.Integral):
            n = GRID if self.alphas is None else int(self.alphas)
            top = TOP * 2.0 / largest if largest > 0 else 1.0
            return np.logspace(-DECADES, 0.0, n) * top if n > 1 else np.array([top / 2.0])
        return np.array(self.alphas, dtype=np.float64)

    def _routed(self, sample_weight, params):
        if get_config()["enable_metadata_routing"]:
            return process_routing(self, "fit", sample_weight=sample_weight, **params)
        if params:
            raise TypeError(
                f"fit got unexpected {sorted(params)}. If they are for the splitter, as groups "
                "are, call sklearn.set_config(enable_metadata_routing=True) first."
            )
        return Bunch(splitter=Bunch(split={}))

    def _refitted(self, alpha, X, y, sample_weight, steps):
        """Descend on all rows; return the regressor's attributes by name."""
        regressor = GradientDescentRegressor(
            alpha, fit_intercept=self.fit_intercept, max_iter=max(steps, 1), tol=0
        )
        # What it would warn of is not of this class's parameters: `_warn` does.
        fitted, _ = regressor._fitted(X, y, sample_weight)
        names = ("coef_", "intercept_", "loss_history_", "alpha_history_", "best_iter_")
        attributes = {name: fitted[name] for name in (*names, "n_iter_", "status_")}
        if steps == 0:
            # The start itself was best on held-out rows.
            for name in ("coef_", "intercept_", "best_iter_", "n_iter_"):
                attributes[name] = 0 * attributes[name]
            attributes["loss_history_"] = attributes["loss_history_"][:1]
            attributes["alpha_history_"] = attributes["alpha_history_"][:0]
            attributes["status_"] = "max_iter"
        return attributes

    def _warn(self, errors, steps, limit):
        """Tell where the choice is none, given the errors of the alpha chosen and 2/L."""
        message = ""
        if (self.alphas_ > limit).all():
            message = (
                f"All alphas, from {self.alphas_.min():.4g} on, are above {limit:.4g} (2/L), "
                f"where descents climb in the end; {steps} steps had the least held-out error. "
                "Pass smaller alphas, or leave them to alphas=None."
            )
        elif self.status_ == "diverged":
            message = (
                f"alpha_={self.alpha_:.4g} had the least held-out error after {steps} steps, but "
                f"climbs on all rows: it is above {limit:.4g} (2/L). coef_ holds the parameters "
                "of the lowest loss. Pass alphas below 2/L (see max_stable_alpha)."
            )
        elif steps == self.max_iter and errors[steps // 2] > (1.0 + STILL_FALLING) * errors[steps]:
            fallen = 1.0 - errors[steps] / errors[steps // 2]
            message = (
                f"The least held-out error is the last, at max_iter={self.max_iter}, and it fell "
                f"by {fallen:.2%} in the last half of the steps. Increase max_iter, or "
                "standardise the features (StandardScaler in a Pipeline). alpha_ is "
                f"{self.alpha_:.4g}, and alphas descend below {limit:.4g} (2/L)."
            )
        if message:
            # The user's line, before those of fit and its decorators.
            warnings.warn(message, ConvergenceWarning, stacklevel=5)

    def get_metadata_routing(self):
        """Get metadata routing of this object.

        Returns
        -------
        sklearn.utils.metadata_routing.MetadataRouter
            What goes to the splitter.
        """
        mapping = MethodMapping().add(caller="fit", callee="split")
        # Its name, as the oldest versions copy it, which a generator of splits does not allow.
        router = MetadataRouter(owner=type(self).__name__).add_self_request(self)
        # An iterable of splits takes no metadata, and could be read only once.
        cv = self.cv if hasattr(self.cv, "split") else None
        return router.add(splitter=check_cv(cv), method_mapping=mapping)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _best(errors):
    """Numbers of the alpha and the step of the least error; of equal ones the fewest steps."""
    step = int(errors.min(axis=0).argmin())
    return int(errors[:, step].argmin()), step
