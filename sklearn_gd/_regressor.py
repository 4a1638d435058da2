"""GradientDescentRegressor: validate -> objective -> descend -> fitted attributes."""

import copy
import math
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from . import _parameters as parameters
from ._advice import warn_of
from ._callbacks import CallbackSupportMixin, tasks_of, with_callbacks
from ._descent.fit import Fit
from ._descent.observers import Printer
from ._documentation import Documented
from ._fitted import (
    KeptWith,
    features_of,
    fitted_attributes,
    forget_what_may_not_stay,
    leaves_no_trace,
    or_stays_as_it_was,
    stand_in,
    take_over,
)
from ._objective.least_squares import LeastSquares
from ._objective.plan import gram_from
from ._typing import (
    Auto,
    DaskCollection,
    FloatOrArray,
    Floats,
    IntOrArray,
    LearningRateLike,
    LinearModel,
    MatrixLike,
    Status,
    TargetsLike,
    WeightsLike,
)
from ._words import answers_to_other_words
from .learning_rates import LearningRate
from .rows._arrays import IS_SUPPORTED, moved
from .rows._batches import add_batch, is_empty, unless_rows_are_forgotten
from .rows._held_out import check_asked, hold_out
from .rows._merging import seen_together
from .rows._open import open_rows, predict, score_away


class GradientDescentRegressor(
    CallbackSupportMixin, Documented, MultiOutputMixin, RegressorMixin, BaseEstimator
):
    """Linear regression by explicit batch gradient descent.

    Minimises half the (weighted) mean squared error, plus a penalty if asked for ::

        J(w, b) = 1/(2 S) * sum_i s_i (w . x_i + b - y_i)^2 + l2/2 |w|^2,    S = sum_i s_i

    by one rule, for all parameters theta = (w, b) at once ::

        theta <- theta - alpha_k * gradient of J at theta

    Parameters
    ----------
    alpha : float, str, callable or learning-rate object, default="auto"
        The **learning rate**, not a penalty as in `Ridge`.

        - a positive float: that number at every step. Without bounds it converges
          from every start if and only if it is below 2/L (see `max_stable_alpha`).
        - ``"auto"``: adaptive Barzilai-Borwein steps, then reciprocals of
          eigenvalues if these do not soon converge; nothing to tune.
        - ``"barzilai-borwein"``, ``"exact"`` (exact line search),
          ``"lipschitz"`` (1/L), ``"chebyshev"``, ``"silver"``.
        - a callable ``k -> float``, the learning rate of step k = 0, 1, ...
        - an object with the method ``start(problem)``.

        All are in `sklearn_gd.learning_rates`, with their formulas and
        sources.
    fit_intercept : bool, default=True
        Whether b is a parameter; else it is 0.
    scale : "auto", True or False, default="auto"
        Whether to descend on standardised features, which in effect gives each
        parameter a learning rate of its own: the same J and the same rule, for
        the parameters of ``(x_j - mean_j) / sd_j`` (without an intercept
        ``x_j`` over its root mean square; with a penalty over ``sqrt(sd_j^2 + l2)``).
        X is not copied, and `coef_`, paths and losses are those of X as it is. If no
        start is given, the descent begins at the best constant, b = the mean of y,
        and not at zero.
        "auto": True with ``alpha="auto"``, else False. An alpha belongs to the
        setting it was chosen for: set `scale` explicitly in a grid with both.
    l2_regularization : float, default=0.0
        The **penalty** l2 of ridge regression, 0 for none. It is for coefficients in
        the units of X whatever `alpha` and `scale` are, and leaves b free: the
        model is that of ``Ridge(alpha=l2_regularization * S)``. `Ridge` adds its
        alpha to the sum of the squared errors, which grows with the number of
        rows, and this class adds l2 to their mean, which does not (scikit-learn's
        models differ in this among themselves: its issue 21891).
    positive : bool, default=False
        Whether coefficients must not be negative: the bounds (0, inf).
    coef_bounds : tuple of (low, high), default=None
        Bounds of the coefficients, in the units of X: low and high are each a number
        or an array of shape (n_features,), in the order of the columns of X; low may be
        -inf and high inf. The intercept has none. A start beyond them is moved to the
        nearest point within. With ``positive=True`` both hold. Each step then ends at the
        nearest point within the bounds, ``theta <- P(theta - alpha_k * gradient)``;
        with "auto", "barzilai-borwein" or your own adaptive rate a step is shortened
        if J would be above each of its last ten values. "exact", "chebyshev" and
        "silver" raise ValueError.
    max_iter : int, default=10_000
        Largest number of steps.
    tol : float or None, default=1e-6
        Stop when no correlation of the residual with a feature exceeds this (with a
        penalty, of the residual of the rows that the penalty amounts to as well).
        With 0 or None exactly `max_iter` steps are made. See Notes.
    precompute : "auto", True or False, default="auto"
        True: the Gram matrix, the n_features^2 second moments of the data, is
        computed in one read of the rows; a step then costs n_features^2
        operations, however many rows there are. False, *matrix-free*: each
        step reads all rows. Both make the same steps, to rounding.
        "auto": the Gram matrix at once where it costs little, up to about 500
        features of dense data. Else matrix-free at first, and with the Gram
        matrix once the steps have cost as much as computing it; so a fit takes
        at most about twice as long as with the better choice. Where the Gram
        matrix costs more, a fit stays matrix-free if there are more features
        than rows, or if the matrix would take more than a quarter of the memory.
        With False, ``"lipschitz"`` and ``"silver"`` cost one more read (beyond
        1000 features some dozens), and ``"chebyshev"`` raises ValueError. Up to
        1000 features even then the Gram matrix may be computed once the steps
        have cost as much: to recognise a solution, and for ``alpha="auto"``.
    warm_start : bool, default=False
        Whether `fit` continues from where the last one ended. On the same data
        and with the same `alpha` it continues exactly, as if there had been no
        pause; else, or with `early_stopping` in this fit or the last one, it
        starts at the parameters of the last fit. Rows to hold out are then
        drawn anew, by `random_state`.
    early_stopping : bool, default=False
        Whether to return the parameters of the lowest loss on held-out rows,
        and to stop when it no longer falls. Rows are held out at random, or
        given to `fit` as `X_val`. ``alpha="lipschitz"`` is the learning rate
        for it: its path leads smoothly from simple to flexible models.
    validation_fraction : float, default=0.15
        Share of the rows to hold out, between 0 and 1. Rows of weight 0 do
        not count. Not used where `X_val` is given.
    n_iter_no_change : int, default=40
        Early stopping ends the descent when the loss has reached a new minimum
        this many times in a row without a new minimum of the validation loss.
        Steps at which the loss is above its minimum so far are not compared: a
        rise that is due to the learning rate is not overfitting.
    store_path : bool, default=False
        Whether to keep every iterate in `coef_path_` and `intercept_path_`.
    verbose : int, default=0
        If positive, print a line at steps 1, 2, 5, 10, 20, 50, ..., and at the
        end.
    random_state : int, RandomState instance or None, default=None
        Which rows early stopping holds out, as in `train_test_split`.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
        w; float32 if X is float32, else float64.
    intercept_ : float or ndarray of shape (n_targets,)
        b; 0.0 if `fit_intercept=False`.
    loss_history_ : ndarray of shape (`n_iter_` + 1,) or (`n_iter_` + 1, n_targets)
        Entry k is J after k steps, entry 0 is J at the start, over the rows that
        are not held out, with the penalty. If a target finishes before the others,
        its last loss is repeated.
    validation_loss_history_ : ndarray of the shape of `loss_history_`
        J on the held-out rows after k steps, without the penalty. Only with
        `early_stopping=True`.
    alpha_history_ : ndarray of shape (`n_iter_`,) or (`n_iter_`, n_targets)
        The learning rate of each step; 0 for a target that has finished.
    n_iter_ : int
        Steps of this fit, the largest of all targets; 0 if the start was a
        solution.
    best_iter_ : int or ndarray of shape (n_targets,)
        ``loss_history_[best_iter_]`` is J at `coef_` (up to X's dtype): the
        last entry of a fit that converged, else the lowest. With early
        stopping, however the descent ended, it is the one with the lowest
        validation loss among new minima of the loss. With "chebyshev" and
        "silver" only steps that end a cycle count (see `learning_rates`). Negative
        if the best iterate is one of an earlier fit that this one continues: -3 is
        the iterate three steps before this fit began.
    status_ : {"converged", "early_stopped", "stopped", "max_iter", "diverged"}
        How the descent ended ("stopped": by a callback); of several targets
        the worst.
    coef_path_ : ndarray of shape (`n_iter_` + 1, [n_targets,] n_features)
        Coefficients after k steps, float64. Only with `store_path=True`.
    intercept_path_ : ndarray of shape (`n_iter_` + 1,) or (`n_iter_` + 1, n_targets)
        Intercept after k steps. Only with `store_path=True`.
    scaled_ : bool
        Whether the descent was on standardised features.
    feature_mean_ : ndarray of shape (n_features,) or None
        Means of the features (zeros without an intercept); None if not scaled.
    feature_scale_ : ndarray of shape (n_features,) or None
        Their standard deviations (without an intercept root mean squares), 1
        for a constant feature; None if not scaled. With a penalty
        ``sqrt(standard deviation^2 + l2)``.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had names that are all strings.

    Warns
    -----
    sklearn.exceptions.ConvergenceWarning
        If the descent diverged, or neither reached a solution in `max_iter`
        steps nor was stopped early; the warning says what was reached and what
        to do about it, with the condition number and the features that are
        combinations of others. If early stopping chose parameters that clearly
        fit the rows descended on too badly. If predictions are sums of terms so
        large that rounding shows in R^2. A fit that diverged returns the
        parameters of the lowest loss, which are finite.

    See Also
    --------
    max_stable_alpha : The largest constant learning rate that descends, 2/L.
    sklearn.linear_model.LinearRegression : A direct solution.
    sklearn.linear_model.Ridge : A direct solution with a penalty.
    sklearn.linear_model.SGDRegressor : Stochastic gradient descent, a row at
        a time, for other losses and penalties too.

    Notes
    -----
    At a solution the residual is orthogonal to the intercept's column of ones
    and to every feature, so the rule that ends the descent is that no
    correlation of the residual with a (centred) feature exceeds `tol`. It
    does not depend on units. It leaves a suboptimality J - J* of at most
    ``n_features * tol**2 / l`` times J, where l is the smallest eigenvalue of
    the correlation matrix of the features (without an intercept: of their
    cosines). So there is a second condition: the suboptimality may be at most
    ``1e-7 * min(1, tol / 1e-6)**3`` times J. With the Gram matrix it is known:
    eigenvalues that are lost in its rounding are computed from the rows.
    Matrix-free it is known where the Gram matrix is worth computing for it; else
    it is only bounded from below, by up to thirty conjugate gradient steps, and
    nearly collinear features may hide more. Features that depend on each
    other to more than about twelve digits count as dependent; if J still has a
    slope along them, the fit does not converge.

    Where several solutions have the same J, with more features than rows for
    instance, a descent from zero reaches the one with the least norm of (w, b).
    On standardised features, from the best constant, it reaches the one with the
    least norm of their w; `LinearRegression` returns that with the least norm of w.

    Between two reads of the rows each loss is computed from the one before. The
    rows are read again where rounding may have changed a loss by more than about
    1e-10 of its value.

    Sums are float64 whatever the dtype of X. Before convergence is declared,
    loss and gradient are computed afresh from the rows, unless a bound on
    their rounding shows that this could not matter. Arrays and CSR matrices
    are not copied. Values must be 0 or of a size between 1e-30
    and 1e30.

    Within bounds, features whose coefficients are at a bound that a step downhill
    would cross do not count for `tol`, and J* is the minimum within the bounds. Of
    the suboptimality an upper limit is known: J minus its minimum over the
    coefficients that are free, if the gradient there still holds the others.

    With ``alpha="auto"`` rounding can change the sequence of steps: where the
    problem is ill-conditioned, coefficients may differ between machines in the
    sixth digit when it stops; the loss does not.

    References
    ----------
    J. Nocedal, S. Wright, "Numerical Optimization", 2nd ed., Springer 2006,
    chapters 2 and 3.

    Y. Yao, L. Rosasco, A. Caponnetto, "On Early Stopping in Gradient Descent
    Learning", Constructive Approximation 26, 2007.

    E. Birgin, J. Martinez, M. Raydan, "Nonmonotone spectral projected gradient
    methods on convex sets", SIAM J. Optim. 10(4), 2000.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_gd import GradientDescentRegressor
    >>> X = np.array([[1.0], [2.0], [3.0], [4.0]])
    >>> y = np.array([3.1, 4.9, 7.2, 8.8])
    >>> reg = GradientDescentRegressor().fit(X, y)
    >>> reg.coef_.round(3), round(float(reg.intercept_), 3)
    (array([1.94]), 1.15)

    The textbook's way, a constant learning rate and a fixed number of steps:

    >>> reg = GradientDescentRegressor(alpha=0.1, max_iter=3, tol=0).fit(X, y)
    >>> reg.loss_history_.round(3)
    array([20.362,  0.579,  0.04 ,  0.025])

    On standardised features it is the same cost, descended from the mean of y:

    >>> reg = GradientDescentRegressor(alpha=0.1, scale=True, max_iter=3, tol=0).fit(X, y)
    >>> reg.loss_history_.round(3)
    array([2.363, 1.916, 1.554, 1.26 ])
    """

    # Set by a fit.
    coef_: Floats
    intercept_: FloatOrArray
    loss_history_: NDArray[np.float64]
    alpha_history_: NDArray[np.float64]
    n_iter_: int
    best_iter_: IntOrArray
    status_: Status
    scaled_: bool
    feature_mean_: NDArray[np.float64] | None
    feature_scale_: NDArray[np.float64] | None
    n_features_in_: int
    # Only if features have names that are strings.
    feature_names_in_: NDArray[np.object_]
    validation_loss_history_: NDArray[np.float64]
    coef_path_: NDArray[np.float64]
    intercept_path_: NDArray[np.float64]
    if not TYPE_CHECKING:
        validation_loss_history_ = KeptWith("early_stopping=True")
        coef_path_ = KeptWith("store_path=True")
        intercept_path_ = KeptWith("store_path=True")

    @answers_to_other_words
    def __init__(
        self,
        # Any str, as type checkers know no more of names that come from a list, for instance.
        alpha: float | str | Callable[[int], float] | LearningRate | LearningRateLike = "auto",
        *,
        fit_intercept: bool = True,
        scale: bool | Auto = "auto",
        l2_regularization: float = 0.0,
        positive: bool = False,
        coef_bounds: tuple[ArrayLike, ArrayLike] | None = None,
        max_iter: int = 10_000,
        tol: float | None = 1e-6,
        precompute: bool | Auto = "auto",
        warm_start: bool = False,
        early_stopping: bool = False,
        validation_fraction: float = 0.15,
        n_iter_no_change: int = 40,
        store_path: bool = False,
        verbose: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.scale = scale
        self.l2_regularization = l2_regularization
        self.positive = positive
        self.coef_bounds = coef_bounds
        self.max_iter = max_iter
        self.tol = tol
        self.precompute = precompute
        self.warm_start = warm_start
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.store_path = store_path
        self.verbose = verbose
        self.random_state = random_state

    @leaves_no_trace
    @or_stays_as_it_was
    @with_callbacks
    def fit(
        self,
        X: MatrixLike,
        y: TargetsLike = None,
        sample_weight: WeightsLike = None,
        coef_init: ArrayLike | None = None,
        intercept_init: ArrayLike | None = None,
        X_val: MatrixLike = None,
        y_val: TargetsLike = None,
        sample_weight_val: WeightsLike = None,
    ) -> Self:
        """Descend on the given rows.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe, RowSource} of shape (n_samples, n_features)
            Any numeric dtype and memory order; float32 and float64 are kept. A
            `numpy.memmap` is read by blocks, a data frame by columns of a block of rows,
            a Dask array or dataframe by chunks, whose rows are matched with those of y by
            position. A source of rows, such as `ParquetRows`, has y and weights of its own.
            With ``sklearn.set_config(array_api_dispatch=True)`` an array of another
            library is read on its device, and fitted arrays are put there.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Each target is a descent of its own. None, the default, only where X is a source.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Weights s_i, not negative; a row of weight 0 does not count.
        coef_init : array-like of the shape of `coef_`, default=None
            Where to start; takes precedence over a warm start. If None: zeros,
            or where a warm start continues.
        intercept_init : float or array-like of the shape of `intercept_`, default=None
            Where to start. If None: 0, or the mean of y if `coef_init` is None
            too and features are standardised.
        X_val : {array-like, sparse matrix, dataframe, RowSource} of shape (n_val, n_features)
            Held-out rows for early stopping, instead of a share of X. A source has targets
            and weights of its own.
            In a `Pipeline` they must be transformed as X is: enable metadata
            routing, request them by ``set_fit_request(X_val=True, y_val=True)``
            and use ``Pipeline(..., transform_input=["X_val"])``. Without
            routing a Pipeline passes them **untransformed**, as
            ``regressor__X_val``, and no error says so.
        y_val : array-like of shape (n_val,) or (n_val, n_targets)
            Their targets, which `TransformedTargetRegressor` does **not**
            transform: transform them as y is.
        sample_weight_val : float or array-like of shape (n_val,), default=None
            Their weights.

        Returns
        -------
        GradientDescentRegressor
            The fitted estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter has a value that is not allowed; if X, y or weights
            have the wrong shape, or are empty, lazy, masked, nan, infinite, not numeric,
            or of a size outside 1e-30 to 1e30 (0 is allowed); if weights are negative or
            all zero; if any of this is true of held-out rows; if these are given without
            `early_stopping=True`, or X_val without y_val or y_val without X_val;
            if too few rows are left to descend on.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            If the descent diverged, or neither reached a solution nor was
            stopped early.
        """
        held_out = X_val, y_val, sample_weight_val
        fitted, last = self._fitted(X, y, sample_weight, coef_init, intercept_init, held_out)
        take_over(self, moved(fitted, X))
        last()
        return self

    @unless_rows_are_forgotten
    @leaves_no_trace
    @or_stays_as_it_was
    def partial_fit(
        self, X: MatrixLike, y: TargetsLike, sample_weight: WeightsLike = None
    ) -> Self:
        """Descend on the rows of this batch and of all batches before.

        Exact: the same as `fit` on all of them, in whatever sizes and order they
        come. Of the rows only their R factor is kept, about
        ``(n_features + 2)^2`` numbers, and each call descends on it from the
        start. Pickled between two calls, the estimator continues elsewhere with
        the same bits.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            A batch of rows, which may be empty.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Their targets.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Their weights, not negative; they may all be 0. 1 for all if None.

        Returns
        -------
        GradientDescentRegressor
            The estimator itself, fitted once rows with a weight have come.

        Raises
        ------
        ValueError, TypeError
            As `fit`; if `early_stopping` is True; if features or targets are
            not those of the batches before; for Dask collections. The batch is
            then not counted.
        AttributeError
            After `fit`, which keeps nothing of its rows.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            As `fit`.

        Notes
        -----
        Factoring a batch takes three to nine times as long as computing its
        second moments; these would lose twice as many digits, and the rows are
        not there to be read again. Callbacks are not called.

        References
        ----------
        G. Golub, C. Van Loan, "Matrix Computations", 4th ed., Johns Hopkins
        University Press 2013, section 6.5.3.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.datasets import load_diabetes
        >>> from sklearn_gd import GradientDescentRegressor
        >>> X, y = load_diabetes(return_X_y=True)
        >>> reg = GradientDescentRegressor()
        >>> for rows in np.array_split(np.arange(442), 5):
        ...     reg = reg.partial_fit(X[rows], y[rows])
        >>> np.allclose(reg.coef_, GradientDescentRegressor().fit(X, y).coef_, rtol=1e-3)
        True
        """
        rate = self._rate_for("partial_fit")
        noted, before = stand_in(self), getattr(self, "_seen", None)
        seen = add_batch(noted, X, y, sample_weight, before)
        fitted = features_of(noted)
        if seen is None or is_empty(X):
            take_over(self, vars(self) | fitted)
            return self
        return self._descend_on(seen, rate, fitted, X)

    @unless_rows_are_forgotten
    @leaves_no_trace
    @or_stays_as_it_was
    def merge(self, *others: "GradientDescentRegressor") -> Self:
        """Descend on all rows that this estimator and the others have seen by `partial_fit`.

        As if this one had been given the batches of all; the others may have seen theirs
        in other processes, on other machines or in other months. The R factors are made
        relative to one reference row and factored together, which loses no digits. In
        whatever groups and order estimators are merged, the result is the same to rounding.

        Parameters
        ----------
        *others : GradientDescentRegressor
            Estimators with the same features and targets, which stay as they are. Only what
            they have seen counts; alpha, penalty, bounds and all else are those of
            this one. Any of them, and this one too, may have seen nothing yet.

        Returns
        -------
        GradientDescentRegressor
            The estimator itself, fitted if any of them has seen rows with a weight.

        Raises
        ------
        TypeError
            If one of them is no GradientDescentRegressor.
        ValueError
            If one was fitted by `fit`, which keeps nothing of its rows; if features (by
            name, where both have names) or targets differ; if `early_stopping` is True.
        AttributeError
            After `fit`.

        Warns
        -----
        UserWarning
            If some have feature names and others have none.
        sklearn.exceptions.ConvergenceWarning
            As `fit`.

        References
        ----------
        J. Demmel, L. Grigori, M. Hoemmen, J. Langou, "Communication-optimal parallel and
        sequential QR and LU factorizations", SIAM J. Sci. Comput. 34(1), 2012.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.datasets import load_diabetes
        >>> from sklearn_gd import GradientDescentRegressor
        >>> X, y = load_diabetes(return_X_y=True)
        >>> parts = [GradientDescentRegressor().partial_fit(X[i::3], y[i::3]) for i in range(3)]
        >>> reg = GradientDescentRegressor().merge(*parts)
        >>> np.allclose(reg.coef_, GradientDescentRegressor().fit(X, y).coef_, rtol=1e-3)
        True
        """
        rate = self._rate_for("merge")
        noted = stand_in(self)
        seen = seen_together(noted, others, GradientDescentRegressor)
        fitted = features_of(noted)
        if seen is None:
            take_over(self, vars(self) | fitted)
            return self
        where = next((one.coef_ for one in (self, *others) if hasattr(one, "coef_")), None)
        return self._descend_on(seen, rate, fitted, where)

    def _rate_for(self, method):
        """Return the learning rate for a method that descends on what was seen in parts."""
        parameters.check_settings(self)
        if self.early_stopping:
            raise ValueError(
                f"{method} cannot hold out rows; set early_stopping=False, "
                "or call fit with all rows."
            )
        return parameters.check_alpha(self.alpha)

    def _descend_on(self, seen, rate, fitted, where):
        """Descend on the rows seen, and take over other fitted attributes; return self.

        Arrays go to where the array ``where`` is.
        """
        rows, origin = seen.rows(centred=self._scaled and self.fit_intercept)
        fit = self._fit(rate, rows, seen.target_shape, origin)
        fit.descend(self.store_path, self._observers)
        known = {**fitted, "_seen": seen, "_split": None}
        found = fitted_attributes(fit, seen.dtype, known, self.store_path)
        take_over(self, moved(found, where))
        warn_of(fit, found)
        return self

    def _fitted(
        self, X, y, sample_weight, coef_init=None, intercept_init=None, given_held_out=(None,) * 3
    ):
        """Return the fitted attributes by name, and what `fit` does once they are set."""
        parameters.check_settings(self)
        check_asked(self.early_stopping, *given_held_out)
        rate = parameters.check_alpha(self.alpha)
        noted = stand_in(self)
        rows, shape = open_rows(X, y, sample_weight, estimator=noted)
        with rows:
            rows, held_out = hold_out(noted, rows, shape, *given_held_out)
            with nullcontext() if held_out is None else held_out.rows:
                split = None if held_out is None else held_out.split
                known = {**features_of(noted), "_seen": None, "_split": split}
                start = coef_init, intercept_init
                fit = self._fit(rate, rows, shape, held_out=held_out, start=start)

                def so_far():
                    """Attributes as if it stopped now, but for the path, too much for a step."""
                    # A copy: callbacks may keep them while the descent changes its state.
                    found = moved(fitted_attributes(fit, rows.dtype, known), X)
                    return {**found, "_pause": copy.deepcopy(found["_pause"])}

                tasks = tasks_of(self, X, y, sample_weight, len(fit.descents), so_far)
                if tasks is not None:
                    forget_what_may_not_stay(self)
                fit.descend(self.store_path, partial(self._observers, tasks=tasks))
                fitted = fitted_attributes(fit, rows.dtype, known, self.store_path)

        def last():
            if tasks is not None:
                tasks.end()
            warn_of(fit, fitted)

        return fitted, last

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "coef_")

    @property
    def _scaled(self):
        """Whether to descend on standardised features."""
        if isinstance(self.scale, str):
            return isinstance(self.alpha, str) and self.alpha == "auto"
        return bool(self.scale)

    def _fit(self, rate, rows, target_shape, origin=0.0, held_out=None, start=(None, None)):
        """The descents on these rows, before a step; the user's features are theirs + origin."""
        if rate.needs_spectrum and not self.precompute:
            raise ValueError(
                f"alpha={self.alpha!r} needs the Gram matrix of the data, which precompute=False "
                "forbids; use precompute=True or 'auto', or another alpha."
            )
        bounds = parameters.check_bounds(self.coef_bounds, self.positive, rows.n_features)
        if bounds is not None:
            parameters.check_projects(rate, self.alpha)
        # Warm starts may make any number of further steps.
        max_steps = math.inf if self.warm_start else self.max_iter
        names = {"estimator_name": type(self).__name__}
        least_squares = LeastSquares.made(
            rows,
            target_shape,
            self.fit_intercept,
            gram_from(rows, self.precompute, max_steps, rate.needs_spectrum),
            scale=self._scaled,
            origin=origin,
            l2=float(self.l2_regularization),
            **names,
        )
        tested = None
        if held_out is not None:
            tested = least_squares.of_held_out(held_out.rows, suffix=held_out.suffix, **names)
        return Fit(
            least_squares,
            rate,
            self.max_iter,
            float(self.tol or 0.0),
            start=start,
            pause=getattr(self, "_pause", None) if self.warm_start else None,
            held_out=tested,
            patience=self.n_iter_no_change,
            bounds=bounds,
        )

    def _observers(self, target, several=False, tasks=None):
        """Return who is told of a target's updates."""
        observers = []
        if self.verbose:
            observers.append(Printer(f"target {target}  " if several else ""))
        if tasks is not None:
            observers.append(tasks.observer())
        return observers

    @overload
    def predict(self: LinearModel, X: DaskCollection) -> Any: ...
    @overload
    def predict(self: LinearModel, X: MatrixLike) -> Floats: ...
    def predict(self: LinearModel, X: MatrixLike) -> Any:
        """Predict w . x + b.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe, RowSource} of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
            The predictions: for a Dask collection a lazy Dask array; for a source of rows those
            of all its rows, in its order; for an array of another library, with array API
            dispatch, an array of that library.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        ValueError
            If X has nan, infinity or other features than in `fit`, or is not numeric;
            with array API dispatch, if X is not on the device that X was on in `fit`.
        """
        # Everything from one fit, even if another thread fits the estimator meanwhile.
        fitted = stand_in(self)
        check_is_fitted(fitted)
        return predict(fitted, X)

    def score(
        self, X: MatrixLike, y: TargetsLike = None, sample_weight: WeightsLike = None
    ) -> float:
        """Return R^2, the coefficient of determination of the predictions.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe, RowSource} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets; None where X is a source of rows, which has its own, and weights.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        float
            R^2, the mean over the targets; for Dask data and sources computed chunk by chunk.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        ValueError
            As `predict`.
        """
        check_is_fitted(self)
        away = score_away(stand_in(self), X, y, sample_weight)
        if away is not None:
            return away
        # Not by super(), as the class that searches takes over this method.
        return RegressorMixin.score(self, X, y, sample_weight)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.array_api_support = IS_SUPPORTED
        return tags
