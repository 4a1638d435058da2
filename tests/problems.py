"""Problems with a known answer, and textbook implementations to compare with."""

import numpy as np
from numpy.testing import assert_allclose
from scipy import linalg

NAMES = ["auto", "barzilai-borwein", "lipschitz", "exact", "chebyshev", "silver"]

# J. W. Longley, "An Appraisal of Least Squares Programs for the Electronic
# Computer from the Point of View of the User", JASA 62, 1967.
LONGLEY = np.array(
    [
        [83.0, 234289, 2356, 1590, 107608, 1947, 60323],
        [88.5, 259426, 2325, 1456, 108632, 1948, 61122],
        [88.2, 258054, 3682, 1616, 109773, 1949, 60171],
        [89.5, 284599, 3351, 1650, 110929, 1950, 61187],
        [96.2, 328975, 2099, 3099, 112075, 1951, 63221],
        [98.1, 346999, 1932, 3594, 113270, 1952, 63639],
        [99.0, 365385, 1870, 3547, 115094, 1953, 64989],
        [100.0, 363112, 3578, 3350, 116219, 1954, 63761],
        [101.2, 397469, 2904, 3048, 117388, 1955, 66019],
        [104.6, 419180, 2822, 2857, 118734, 1956, 67857],
        [108.4, 442769, 2936, 2798, 120445, 1957, 68169],
        [110.8, 444546, 4681, 2637, 121950, 1958, 66513],
        [112.6, 482704, 3813, 2552, 123366, 1959, 68655],
        [114.2, 502601, 3931, 2514, 125368, 1960, 69564],
        [115.7, 518173, 4806, 2572, 127852, 1961, 69331],
        [116.9, 554894, 4007, 2827, 130081, 1962, 70551],
    ]
)


def with_condition(kappa, n_rows=80, n_features=6, *, noise=1.0, seed=0):
    """X and y whose Hessian without an intercept has L = 1 and condition number kappa."""
    rng = np.random.default_rng(seed)
    U = np.linalg.qr(rng.normal(size=(n_rows, n_features)))[0]
    V = np.linalg.qr(rng.normal(size=(n_features, n_features)))[0]
    eigenvalues = np.logspace(0, -np.log10(kappa), n_features)
    X = np.sqrt(n_rows) * (U * np.sqrt(eigenvalues)) @ V
    return X, X @ rng.normal(size=n_features) + noise * rng.normal(size=n_rows)


def design(X, fit_intercept=True):
    """A = [X 1], or X."""
    return np.column_stack([X, np.ones(len(X))]) if fit_intercept else np.asarray(X)


def weighted(A, y, weights):
    """Rows scaled so that the weighted mean squared error is a plain mean of squares."""
    s = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    scale = np.sqrt(s / s.sum())
    return A * scale[:, None], y * scale


def half_mse(A, y, theta, weights=None):
    """J at theta, straight from its definition."""
    return 0.5 * np.average((A @ theta - y) ** 2, weights=weights)


def closed_form(A, y, alpha, k, theta_0=None, weights=None):
    """theta_k = theta* + (I - alpha H)^k (theta_0 - theta*), in the singular basis of A."""
    A, y = weighted(A, y, weights)
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    theta_0 = np.zeros(A.shape[1]) if theta_0 is None else theta_0
    z_0, shrink = Vt @ theta_0, (1 - alpha * s**2) ** k
    z = shrink * z_0 + (1 - shrink) * (U.T @ y) / s
    return Vt.T @ z + theta_0 - Vt.T @ z_0


def numpy_loop(A, y, alpha, n_steps, weights=None):
    """The textbook's loop: last iterate and every loss."""
    s = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    theta, losses = np.zeros(A.shape[1]), []
    for _ in range(n_steps):
        losses.append(half_mse(A, y, theta, s))
        theta = theta - alpha * A.T @ (s * (A @ theta - y)) / s.sum()
    return theta, np.array([*losses, half_mse(A, y, theta, s)])


def least_squares(X, y, fit_intercept=True, weights=None):
    """Minimum of J and its (minimum-norm) solution, by SVD."""
    A = design(X, fit_intercept)
    theta = linalg.lstsq(*weighted(A, y, weights))[0]
    return theta, half_mse(A, y, theta, weights)


def largest_eigenvalue(A, weights=None):
    """L of the Hessian of J."""
    return np.linalg.norm(weighted(A, np.zeros(len(A)), weights)[0], 2) ** 2


def fitted_theta(reg):
    """Coefficients and intercept of a fitted single-target regressor."""
    return np.append(reg.coef_, reg.intercept_) if reg.fit_intercept else reg.coef_


def assert_agree(found, expected, rtol=1e-9):
    """Two fits have the same coefficients, intercepts, losses and status."""
    size = np.abs(expected.coef_).max()
    assert_allclose(found.coef_, expected.coef_, rtol=rtol, atol=rtol * size)
    assert_allclose(found.intercept_, expected.intercept_, rtol=rtol, atol=rtol * size)
    assert_allclose(found.loss_history_, expected.loss_history_, rtol=rtol)
    assert found.status_ == expected.status_


def errors_of_split(A, Y, split, start, alphas, max_iter, s):
    """Mean squared errors on a split's test rows, after each step of each alpha."""
    train, test = split
    errors = np.empty((len(alphas), max_iter + 1))
    for a, alpha in enumerate(alphas):
        theta = start
        for k in range(max_iter + 1):
            residual = A @ theta - Y
            squares = np.average(residual[test] ** 2, axis=0, weights=s[test])
            errors[a, k] = squares.mean()
            slope = A[train].T @ (s[train, None] * residual[train]) / s[train].sum()
            theta = theta - alpha * slope
    return errors
