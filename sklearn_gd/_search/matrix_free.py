"""Matrix-free cross-validation of all alphas and steps."""

import numpy as np

from .._descent.loop import HOPELESS
from .._objective.least_squares import LeastSquares
from ..rows._memory import Rows
from .gram import How


class MatrixFreeFolds:
    """All splits, matrix-free: each step is one read of the rows, for all alphas and splits.

    Parameters
    ----------
    X, Y, weights, splits, fit_intercept
        As in `held_out_losses`.
    how : How
    """

    def __init__(self, X, Y, weights, splits, fit_intercept, how=How()):  # noqa: B008
        n_rows, n_splits = len(Y), len(splits)
        self._n_targets, self._n_splits = Y.shape[1], n_splits
        self._fit_intercept, self._how = fit_intercept, how
        counts = np.zeros((n_rows, 2 * n_splits))
        for f, (train, test) in enumerate(splits):
            counts[:, f] = np.bincount(train, minlength=n_rows)
            counts[:, n_splits + f] = np.bincount(test, minlength=n_rows)
        if weights is not None:
            counts *= weights[:, None]
        self._sums = counts.sum(axis=0)
        self._given = X, Y
        *training, whole = [
            self._least_squares(given) for given in (*counts.T[:n_splits], weights)
        ]
        # Features far from the origin are moved near it, by the same amount for all splits.
        self._common = whole.coordinates
        self._largest = max(
            least_squares.curvature.largest for least_squares in (*training, whole)
        )
        self._splits = [least_squares.coordinates for least_squares in training]
        penalties = [least_squares.moments.penalty for least_squares in training]
        self._penalty = np.array(penalties).T if how.l2 else None
        self._means = np.array([least_squares.moments.y_mean for least_squares in training])
        self._rows = self._common.rows(Rows(X, np.column_stack([Y, counts])))

    @property
    def largest_eigenvalue(self):
        """The largest L of any split's training rows or of all rows."""
        return self._largest

    def _least_squares(self, weights):
        rows = Rows(*self._given, weights)
        how = {"scale": self._how.scale, "l2": self._how.l2}
        return LeastSquares.made(rows, (), self._fit_intercept, **how)

    @np.errstate(over="ignore", invalid="ignore")
    def losses(self, alphas, max_iter):
        """Mean squared error of each alpha and step on each split's held-out rows."""
        shape = len(alphas), self._n_splits, self._n_targets
        theta = np.zeros((self._rows.n_features + self._fit_intercept, *shape))
        if self._fit_intercept and self._how.from_mean:
            theta[-1] = self._means
        losses = np.empty((len(alphas), max_iter + 1, self._n_splits))
        hopeless, lost = None, np.zeros(shape, dtype=bool)
        for k in range(max_iter + 1):
            trained, tested, gradient = self._at(theta)
            hopeless = HOPELESS * trained if hopeless is None else hopeless
            lost |= ~(trained <= hopeless) | ~np.isfinite(tested)
            losses[:, k] = np.where(lost, np.inf, tested).mean(axis=-1)
            # The update rule (_descent/step.py), of all descents at once.
            theta = theta - alphas[:, None, None] * gradient
        return losses

    def _at(self, theta):
        """Twice J on the training rows, mean squared errors on others, and the gradient of J."""
        n_splits, n_targets = self._n_splits, self._n_targets
        shape = theta.shape[1:]
        w, b = self._in_common(theta)

        def kernel(X, y, _):
            Y, counts = y[:, :n_targets], y[:, n_targets:]
            residual = (X.times(w) + b).reshape(len(y), *shape) - Y[:, None, None, :]
            train, test = counts[:, :n_splits], counts[:, n_splits:]
            squares = residual**2
            weighted = (residual * train[:, None, :, None]).reshape(len(y), -1)
            return (
                np.einsum("rf,rafj->afj", train, squares),
                np.einsum("rf,rafj->afj", test, squares),
                X.transpose_times(weighted),
                weighted.sum(axis=0),
            )

        trained, tested, w_sum, b_sum = self._rows.sum(kernel)
        train_weight, test_weight = self._sums[:n_splits, None], self._sums[n_splits:, None]
        gradient = self._of_splits(w_sum.reshape(-1, *shape), b_sum.reshape(shape)) / train_weight
        trained = trained / train_weight
        if self._penalty is not None:
            v = theta[: self._rows.n_features]
            slopes = self._penalty[:, None, :, None] * v
            gradient[: len(v)] += slopes
            trained += (slopes * v).sum(axis=0)
        return trained, tested / test_weight, gradient

    def _in_common(self, theta):
        """Coefficients, a column for each descent, and intercepts in the common coordinates."""
        theta = theta.copy()
        w, b = theta[: self._rows.n_features], theta[self._rows.n_features :].sum(axis=0)
        if self._common.scaled:
            for f, of_split in enumerate(self._splits):
                v = w[:, :, f] / of_split.scale[:, None, None]
                if self._fit_intercept:
                    b[:, f] -= np.tensordot(of_split.centre - self._common.centre, v, axes=1)
                w[:, :, f] = v * self._common.scale[:, None, None]
        return w.reshape(len(w), -1), np.ravel(b)

    def _of_splits(self, w_sum, b_sum):
        """Sums of the gradients in the coordinates that each split descends in."""
        if self._common.scaled:
            for f, of_split in enumerate(self._splits):
                sums = w_sum[:, :, f] * self._common.scale[:, None, None]
                moved = of_split.centre - self._common.centre
                sums -= np.multiply.outer(moved, b_sum[:, f])
                w_sum[:, :, f] = sums * of_split.inverse[:, None, None]
        return np.concatenate([w_sum, b_sum[None]]) if self._fit_intercept else w_sum
