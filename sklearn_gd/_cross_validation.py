"""Held-out losses of every step of every constant alpha, with about the reads of one fit."""

import numpy as np
from scipy import sparse
from sklearn.utils import assert_all_finite

from ._cross_validation_by_moments import ByMoments, most_kept
from ._cross_validation_by_passes import ByPasses
from .hessian import affordable
from .moments import MAX_DENSE

# Up to so many features eigenvalues of the training moments are worth their time.
MOST_FEATURES = 2 * MAX_DENSE


def held_out_losses(X, Y, weights, splits, alphas, max_iter, fit_intercept):
    """Mean squared errors on the held-out rows, and the alphas they are of.

    Parameters
    ----------
    X : ndarray or csr_array of shape (n_rows, n_features)
    Y : ndarray of shape (n_rows, n_targets)
    weights : ndarray of shape (n_rows,) or None
    splits : list of (train, test)
        Numbers of rows.
    alphas : callable
        Returns the learning rates, given the largest L.
    max_iter : int
    fit_intercept : bool

    Returns
    -------
    alphas : ndarray of shape (n_alphas,)
    losses : ndarray of shape (n_alphas, max_iter + 1, n_splits)
        Mean over the targets; inf once a descent has diverged.
    largest : float
        The largest L, of all training rows and of all rows together.
    """
    n_rows, n_features = X.shape
    if n_rows < n_features and n_rows <= MOST_FEATURES and not sparse.issparse(X):
        X = _in_their_span(X)
        n_features = X.shape[1]
    form: type[ByMoments] | type[ByPasses] = ByPasses
    if n_features <= MOST_FEATURES and affordable(n_features, most_kept(splits)):
        form = ByMoments
    folds = form(X, Y, weights, splits, fit_intercept)
    rates = alphas(folds.largest_eigenvalue)
    return rates, folds.losses(rates, max_iter), folds.largest_eigenvalue


def _in_their_span(X):
    """Rows in coordinates of the space they span: no more features than rows.

    A descent from zero never leaves that space, and in it inner products, all
    that losses and gradients are made of, are the same.
    """
    assert_all_finite(X, input_name="X")
    n_rows, n_features = X.shape
    triangle = np.empty((0, n_rows))
    # Some features at a time, so that X is never copied as a whole.
    for start in range(0, n_features, n_rows):
        columns = np.asarray(X[:, start : start + n_rows], dtype=np.float64)
        triangle = np.asarray(np.linalg.qr(np.vstack([triangle, columns.T]), mode="r"))
    return triangle.T
