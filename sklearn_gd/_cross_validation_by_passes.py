"""Cross-validation of all alphas and steps by reads of the rows."""

import numpy as np

from . import _validation as validation
from .curvature import Curvature
from .descent import HOPELESS
from .moments import collect
from .objective import Objective
from .rows import Rows


class ByPasses:
    """All splits by reads of the rows: at each step one, for all alphas and splits at once."""

    def __init__(self, X, Y, weights, splits, fit_intercept):
        n_rows, n_splits = len(Y), len(splits)
        self._n_targets, self._n_splits = Y.shape[1], n_splits
        self._fit_intercept = fit_intercept
        counts = np.zeros((n_rows, 2 * n_splits))
        for f, (train, test) in enumerate(splits):
            counts[:, f] = np.bincount(train, minlength=n_rows)
            counts[:, n_splits + f] = np.bincount(test, minlength=n_rows)
        if weights is not None:
            counts *= weights[:, None]
        self._weights = weights
        self._sums = counts.sum(axis=0)
        self._rows = Rows(X, np.column_stack([Y, counts]))

    @property
    def largest_eigenvalue(self):
        """The largest L, of all training rows and of all rows together."""
        counts = self._rows.y[:, self._n_targets :]
        training = [counts[:, f] for f in range(self._n_splits)]
        return max(map(self._largest_eigenvalue, (*training, self._weights)))

    def _largest_eigenvalue(self, weights):
        y = self._rows.y[:, : self._n_targets]
        rows = Rows(self._rows.X, y, weights)
        moments = collect(rows, self._fit_intercept, covariance=False)
        validation.check_moments(moments, rows)
        return Curvature(Objective(rows, moments)).largest

    @np.errstate(over="ignore", invalid="ignore")
    def losses(self, alphas, max_iter):
        """Mean squared error of each alpha and step on each split's held-out rows."""
        shape = len(alphas), self._n_splits, self._n_targets
        theta = np.zeros((self._rows.n_features + self._fit_intercept, *shape))
        losses = np.empty((len(alphas), max_iter + 1, self._n_splits))
        hopeless, lost = None, np.zeros(shape, dtype=bool)
        for k in range(max_iter + 1):
            trained, tested, gradient = self._at(theta)
            hopeless = HOPELESS * trained if hopeless is None else hopeless
            lost |= ~(trained <= hopeless) | ~np.isfinite(tested)
            losses[:, k] = np.where(lost, np.inf, tested).mean(axis=-1)
            theta = theta - alphas[:, None, None] * gradient
        return losses

    def _at(self, theta):
        """Mean squared errors on training and held-out rows, and the gradient on the first."""
        n_splits, n_targets = self._n_splits, self._n_targets
        shape = theta.shape[1:]
        flat = theta.reshape(len(theta), -1)
        w, b = (flat[:-1], flat[-1]) if self._fit_intercept else (flat, 0.0)

        def kernel(X, y, _):
            Y, counts = y[:, :n_targets], y[:, n_targets:]
            residual = (X.dot(w) + b).reshape(len(y), *shape) - Y[:, None, None, :]
            train, test = counts[:, :n_splits], counts[:, n_splits:]
            squares = residual**2
            weighted = (residual * train[:, None, :, None]).reshape(len(y), -1)
            return (
                np.einsum("rf,rafj->afj", train, squares),
                np.einsum("rf,rafj->afj", test, squares),
                X.T.dot(weighted),
                weighted.sum(axis=0),
            )

        trained, tested, w_sum, b_sum = self._rows.sum(kernel)
        sums = np.vstack([w_sum, b_sum]) if self._fit_intercept else w_sum
        train_weight, test_weight = self._sums[:n_splits, None], self._sums[n_splits:, None]
        gradient = sums.reshape(theta.shape) / train_weight
        return trained / train_weight, tested / test_weight, gradient
