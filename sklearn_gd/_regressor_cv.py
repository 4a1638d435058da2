"""GradientDescentRegressorCV: the learning rate and the number of steps by cross-validation."""

import numbers
import sys
import warnings
from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import get_config
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import check_cv
from sklearn.utils import Bunch
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from . import _parameters as parameters
from ._documentation import Documented
from ._fitted import features_of, leaves_no_trace, or_stays_as_it_was, stand_in, take_over
from ._frames import stacklevel
from ._regressor import GradientDescentRegressor
from ._search.cross_validation import held_out_losses
from ._search.splits import splits_of
from ._typing import (
    Auto,
    FloatOrArray,
    Floats,
    IntOrArray,
    MatrixLike,
    Splitter,
    Status,
    TargetsLike,
    WeightsLike,
)
from ._words import answers_to_other_words
from .learning_rates._numbers import shown
from .rows import _checks as checks
from .rows._arrays import IS_SUPPORTED, moved
from .rows._checks import validate_data
from .rows._machine import alone, use_at_most
from .rows._open import require_memory

# Learning rates of the grid, if the user does not say how many.
GRID = 20
# The largest of them as a share of 2/L, and how many decades they span.
TOP, DECADES = 0.99, 3.0
# Attributes of the regressor that the refit gives.
REFITTED = ["coef_", "intercept_", "loss_history_", "alpha_history_", "best_iter_", "n_iter_"]
REFITTED += ["status_", "scaled_", "feature_mean_", "feature_scale_", "_start"]
# An error is far worse if it exceeds MUCH times another, plus LITTLE times that of the mean.
MUCH, LITTLE = 1.25, 0.02


class GradientDescentRegressorCV(Documented, MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Batch gradient descent, its learning rate and number of steps chosen by cross-validation.

    Stopping early is gradient descent's own regularisation: k steps of a
    constant learning rate alpha shrink the coefficients much as ridge
    regression with ``l2_regularization = 1/(k alpha)`` does. For every alpha of
    a grid and every number of steps up to `max_iter` the error on held-out rows
    is computed, with about three reads of the rows, and the pair
    (with several penalties the triple) with the least mean error is used on all rows.

    Parameters
    ----------
    alphas : int, array-like of shape (n_alphas,) or None, default=None
        **Learning rates**, not penalties. An int: that many, spaced evenly on a
        logarithmic scale over three decades up to just below 2/L, where L is the
        largest of any split's training rows and of all rows, with any of the
        penalties. None: 20.
    cv : int, cross-validation generator or iterable, default=None
        As everywhere in scikit-learn: None for 5 folds, a number of folds, a
        splitter, or an iterable of (train, test) row numbers.
    fit_intercept : bool, default=True
        Whether b is a parameter; else it is 0.
    scale : "auto", True or False, default="auto"
        Whether to descend on features standardised by a split's training
        rows, from the mean of their y; see `GradientDescentRegressor`.
        "auto": True where the grid is made here (`alphas` None or a number),
        False where you give it.
    l2_regularization : float or array-like of shape (n_penalties,), default=0.0
        The **penalty**, or several to choose from together with alpha and the
        number of steps; see `GradientDescentRegressor`.
    max_iter : int, default=1000
        Largest number of steps.
    n_jobs : int, default=None
        Most threads to use; -1 for one per processor. None does not mean 1, but
        as many as BLAS may use, as in `GradientDescentRegressor`.

    Attributes
    ----------
    alpha_ : float
        The learning rate chosen, for features as `scaled_` says: to use it in
        `GradientDescentRegressor`, pass this estimator's `scaled_` as `scale` too.
    n_iter_ : int
        The number of steps chosen; of equally good pairs the one with fewer.
        If it is `max_iter`, more steps may be better still.
    l2_regularization_ : float
        The penalty chosen, for descents of `n_iter_` steps of `alpha_`: with more
        steps another one may be better. To make the same descent with
        `GradientDescentRegressor`, pass all four, and ``tol=0``.
    alphas_ : ndarray of shape (n_alphas,)
        All learning rates tried.
    mse_path_ : ndarray of shape ([n_penalties,] n_alphas, max_iter + 1, n_folds)
        Mean squared error on the held-out rows, without the penalty, after k steps
        of each alpha; with a leading axis if penalties were given as a list or an
        array. It is the mean over the targets, weighted by `sample_weight` within a
        fold; inf once the descent has diverged, with a loss over 1e31 times that at
        the start. Eight bytes a number: many folds, as with `LeaveOneOut`, make it
        large.
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
        After `n_iter_` steps of `alpha_` on all rows. float32 if X is float32,
        else float64.
    intercept_ : float or ndarray of shape (n_targets,)
        0.0 if `fit_intercept=False`.
    loss_history_ : ndarray of shape (`n_iter_` + 1,) or (`n_iter_` + 1, n_targets)
        J on all rows after k steps of `alpha_`, with the penalty.
    alpha_history_ : ndarray of shape (`n_iter_`,) or (`n_iter_`, n_targets)
        The learning rate of each step.
    best_iter_ : int or ndarray of shape (n_targets,)
        As in `GradientDescentRegressor`: `n_iter_`, unless rounding decides.
    status_ : {"max_iter", "diverged"}
        "max_iter": all steps chosen were made. "diverged": `alpha_` is above
        2/L of all rows, and J climbs; then `coef_` is that of the lowest J.
    scaled_ : bool
        Whether the descent was on standardised features.
    feature_mean_, feature_scale_ : ndarray of shape (n_features,) or None
        Their means and standard deviations on all rows, with a penalty
        ``sqrt(standard deviation^2 + l2)``, as in `GradientDescentRegressor`; None
        if not scaled.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had names that are all strings.

    See Also
    --------
    GradientDescentRegressor : A single learning rate, of many kinds.
    MSEPathDisplay : Draws `mse_path_`.
    sklearn.linear_model.RidgeCV : The penalty of ridge regression by
        cross-validation.

    Notes
    -----
    Each row is read for the second moments of its fold, once more for the
    residuals of a reference solution, and once or twice for the final descent.
    The descents themselves run on the moments. More features than rows, if X is
    dense, are first turned into as many as there are rows, with which every
    descent is the same (for each split anew if features are standardised). With
    more than 2000 features after that, each step instead reads all rows, for
    all alphas and folds at once.

    With ``scale=False`` the intercept starts at zero: unlike in ridge
    regression, early stopping shrinks it as it does the coefficients.

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

    # Set by a fit.
    alpha_: float
    l2_regularization_: float
    n_iter_: int
    alphas_: NDArray[np.float64]
    mse_path_: NDArray[np.float64]
    coef_: Floats
    intercept_: FloatOrArray
    loss_history_: NDArray[np.float64]
    alpha_history_: NDArray[np.float64]
    best_iter_: IntOrArray
    status_: Status
    scaled_: bool
    feature_mean_: NDArray[np.float64] | None
    feature_scale_: NDArray[np.float64] | None
    n_features_in_: int
    # Only if features have names that are strings.
    feature_names_in_: NDArray[np.object_]

    @answers_to_other_words
    def __init__(
        self,
        alphas: int | ArrayLike | None = None,
        *,
        cv: int | Splitter | Iterable[Any] | None = None,
        fit_intercept: bool = True,
        scale: bool | Auto = "auto",
        l2_regularization: float | ArrayLike = 0.0,
        max_iter: int = 1000,
        n_jobs: int | None = None,
    ) -> None:
        self.alphas = alphas
        self.cv = cv
        self.fit_intercept = fit_intercept
        self.scale = scale
        self.l2_regularization = l2_regularization
        self.max_iter = max_iter
        self.n_jobs = n_jobs

    @leaves_no_trace
    @or_stays_as_it_was
    def fit(
        self,
        X: MatrixLike,
        y: TargetsLike = None,
        sample_weight: WeightsLike = None,
        **params: Any,
    ) -> Self:
        """Choose the learning rate and the number of steps, and descend on all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets; one choice is made for all of them.
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
            If the held-out error would be far lower with more steps, or with
            standardised features (up to a million times as many steps are
            looked at; beyond 2000 features it is an estimate); if all `alphas`
            are above 2/L, or if the one chosen is and J climbs.
        """
        self._check_settings()
        penalties, are_several = parameters.several_l2(self.l2_regularization)
        remedy = (
            "pass some of the rows in memory, or let GradientDescentRegressor read all of them, "
            "with held-out rows as X_val"
        )
        who = "GradientDescentRegressorCV selects rows of splits in memory"
        require_memory(who, remedy, X, y, sample_weight)
        routed = self._routed(sample_weight, params)
        given = X
        noted = stand_in(self)
        X, y = validate_data(noted, X, y, **checks.ROWS_AS_THEY_ARE)
        rows = checks.check_rows(X, y, sample_weight)
        splits = splits_of(self.cv, X, y, rows.weights, **routed.splitter.split)
        use_at_most(self.n_jobs)
        found = alone(
            held_out_losses,
            rows.X,
            np.asarray(rows.y, np.float64),
            rows.weights,
            splits,
            self._alphas,
            int(self.max_iter),
            bool(self.fit_intercept),
            self._scaled,
            penalties,
        )
        errors = found.losses.mean(axis=-1)
        penalty, rate, steps = _best(errors)
        alpha, l2 = float(found.alphas[rate]), penalties[penalty]
        refitted = self._refitted(alpha, l2, given, y, sample_weight, steps)
        fitted = {
            "alphas_": found.alphas,
            "alpha_": alpha,
            "l2_regularization_": l2,
            "mse_path_": found.losses if are_several else found.losses[0],
        }
        take_over(self, moved(features_of(noted) | fitted | refitted, given))
        self._warn(found, errors[penalty, rate, steps], steps)
        return self

    # The regressor's own, including their docstrings.
    predict = GradientDescentRegressor.predict
    score = GradientDescentRegressor.score

    def _check_settings(self):
        parameters.check_flag(self.fit_intercept, "fit_intercept")
        parameters.check_auto_or_flag(self.scale, "scale")
        parameters.check_count(self.max_iter, "max_iter", 1, sys.maxsize)
        if self.n_jobs is not None:
            whole = isinstance(self.n_jobs, numbers.Integral) and not isinstance(self.n_jobs, bool)
            if not whole or self.n_jobs == 0:
                raise ValueError(
                    f"n_jobs must be None or an integer other than 0, got {self.n_jobs!r}."
                )
        if isinstance(self.alphas, numbers.Integral) and not isinstance(self.alphas, bool):
            parameters.check_count(self.alphas, "alphas", 1, sys.maxsize)
        elif self.alphas is not None:
            allowed = "None, an integer (how many) or a 1-D array of positive numbers"
            alphas = parameters.check_list(self.alphas, "alphas", allowed)
            if not (np.isfinite(alphas) & (alphas > 0)).all():
                raise ValueError(f"alphas must be positive and finite, got {shown(self.alphas)}.")

    @property
    def _makes_the_grid(self):
        return self.alphas is None or isinstance(self.alphas, numbers.Integral)

    @property
    def _scaled(self):
        """Whether to descend on standardised features."""
        return self._makes_the_grid if isinstance(self.scale, str) else bool(self.scale)

    def _alphas(self, largest):
        """The learning rates to try, given the largest L of all training rows."""
        if self._makes_the_grid:
            n = GRID if self.alphas is None else int(self.alphas)  # type: ignore[arg-type]
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

    def _regressor(self, alpha, l2, steps):
        """Return what descends on all rows."""
        return GradientDescentRegressor(
            alpha,
            fit_intercept=self.fit_intercept,
            scale=self._scaled,
            l2_regularization=l2,
            max_iter=max(steps, 1),
            tol=0,
            store_path=steps == 0,
        )

    def _refitted(self, alpha, l2, X, y, sample_weight, steps):
        """Descend on all rows; return the regressor's attributes by name."""
        regressor = self._regressor(alpha, l2, steps)
        # Its warnings would be about parameters that this class lacks: `_warn` has others.
        fitted, _ = regressor._fitted(X, y, sample_weight)
        attributes = {name: fitted[name] for name in REFITTED}
        if steps == 0:
            # The start itself was best on held-out rows.
            for name in ("coef_", "intercept_"):
                start = fitted[name.replace("_", "_path_", 1)][0]
                attributes[name] = start.astype(np.asarray(fitted[name]).dtype)[()]
            attributes["best_iter_"] = 0 * fitted["best_iter_"]
            attributes["n_iter_"] = 0
            attributes["loss_history_"] = attributes["loss_history_"][:1]
            attributes["alpha_history_"] = attributes["alpha_history_"][:0]
            attributes["status_"] = "max_iter"
        return attributes

    def _warn(self, found, error, steps):
        """Warn if the choice is no good, given what was found and the error of the choice."""
        limit = 2.0 / found.largest if found.largest > 0 else np.inf
        message = ""
        if (found.alphas > limit).all():
            message = (
                f"All alphas, from {found.alphas.min():.4g} on, are above {limit:.4g} (2/L), "
                f"where every descent climbs in the end; {steps} steps had the least held-out "
                "error. Pass smaller alphas, or leave them to alphas=None."
            )
        elif self.status_ == "diverged":
            message = (
                f"alpha_={self.alpha_:.4g} had the least held-out error after {steps} steps, but "
                f"J climbs on all rows: it is above {limit:.4g} (2/L). coef_ holds the parameters "
                "of the lowest loss. Pass alphas below 2/L (see max_stable_alpha)."
            )
        else:
            message = _far_better(found, error, steps, self.max_iter)
        if message:
            warnings.warn(message, ConvergenceWarning, stacklevel=stacklevel())

    def get_metadata_routing(self) -> Any:
        """Get metadata routing of this object.

        Returns
        -------
        sklearn.utils.metadata_routing.MetadataRouter
            What goes to the splitter.
        """
        mapping = MethodMapping().add(caller="fit", callee="split")
        # The name, as the oldest versions copy the owner, and generators of splits refuse that.
        router = MetadataRouter(owner=type(self).__name__).add_self_request(self)
        # An iterable of splits takes no metadata, and could be read only once.
        cv = self.cv if hasattr(self.cv, "split") else None
        return router.add(splitter=check_cv(cv), method_mapping=mapping)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.array_api_support = IS_SUPPORTED
        return tags


def _far_better(found, error, steps, max_iter):
    """Say what would have a far lower held-out error, if anything would."""

    def is_far_below(other):
        return error > MUCH * other + LITTLE * found.of_means

    unit = "step" if steps == 1 else "steps"
    of = f"The least held-out mean squared error is {error:.4g}, after {steps} {unit}"
    if is_far_below(found.standardised):
        return (
            f"{of}; with standardised features it would be {found.standardised:.4g}: set "
            "scale=True, and let alphas=None choose learning rates for it."
        )
    if is_far_below(found.with_more_steps):
        return (
            f"{of}, and would fall to about {max(found.with_more_steps, 0.0):.4g} with more: "
            f"try ten times as many, and again: max_iter={10 * max_iter}, {100 * max_iter}, ..."
        )
    return ""


def _best(errors):
    """Numbers of penalty, alpha and step of the least error; of equal ones the fewest steps."""
    step = int(errors.min(axis=(0, 1)).argmin())
    penalty, alpha = np.unravel_index(errors[..., step].argmin(), errors.shape[:2])
    return int(penalty), int(alpha), step
