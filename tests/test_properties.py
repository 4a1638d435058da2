"""Invariants that hold for all inputs; hypothesis looks for one that breaks them."""

import warnings

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from sklearn_gd import GradientDescentRegressor, cost, max_stable_alpha

from .problems import NAMES, least_squares

relaxed = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@st.composite
def data(draw, targets=True):
    """X, y and weights: any shape, dtype, order, scale, offset, rank and storage."""
    m, n = draw(st.integers(1, 40)), draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    X = rng.normal(size=(m, n)) * 10.0 ** draw(st.integers(-3, 3))
    X += draw(st.sampled_from([0.0, 0.0, 1.0, 100.0]))
    if n > 1 and draw(st.booleans()):
        X[:, -1] = draw(st.sampled_from([0.0, 3.0])) if draw(st.booleans()) else X[:, 0]
    X = X.astype(draw(st.sampled_from([np.float64, np.float32, ">f8", np.int16])))
    X = np.array(X, order=draw(st.sampled_from(["C", "F"])))
    storage = draw(st.sampled_from([np.asarray, np.asarray, sparse.csr_array, sparse.coo_matrix]))
    n_targets = draw(st.sampled_from([None, None, 1, 3])) if targets else None
    y = rng.normal(size=m if n_targets is None else (m, n_targets))
    if draw(st.booleans()):  # a perfect fit
        w = rng.normal(size=n if n_targets is None else (n, n_targets))
        y = X.astype(np.float64) @ w + 1.0
    weights = draw(st.sampled_from([None, "real", "some zero"]))
    if weights is not None:
        zero = rng.random(m) < (0.3 if weights == "some zero" else 0.0)
        weights = np.where(zero, 0.0, rng.random(m) + 0.1)
        assume(weights.any())
    # scipy.sparse has no big-endian dtypes.
    return X if X.dtype.byteorder == ">" else storage(X), y, weights


any_alpha = st.one_of(
    st.sampled_from(NAMES), st.floats(1e-6, 1e6), st.just(lambda k: 1.0 / (k + 1.0))
)


def quiet_fit(reg, *arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return reg.fit(*arguments)


@relaxed
@given(
    data=data(),
    alpha=any_alpha,
    precompute=st.sampled_from(["auto", True, False]),
    fit_intercept=st.booleans(),
    tol=st.sampled_from([0, 1e-6]),
    max_iter=st.sampled_from([1, 10, 100]),
)
def test_what_is_fitted_is_finite_and_consistent(
    data, alpha, precompute, fit_intercept, tol, max_iter
):
    X, y, weights = data
    assume(not (alpha == "chebyshev" and precompute is False))
    reg = GradientDescentRegressor(
        alpha, precompute=precompute, fit_intercept=fit_intercept, tol=tol, max_iter=max_iter
    )
    quiet_fit(reg, X, y, weights)
    assert np.isfinite(reg.coef_).all()
    assert np.isfinite(reg.intercept_).all()
    assert np.isfinite(reg.loss_history_).all()
    shape = y.shape[1:]
    assert reg.coef_.shape == (*shape, X.shape[1])
    assert reg.loss_history_.shape == (reg.n_iter_ + 1, *shape)
    assert reg.alpha_history_.shape == (reg.n_iter_, *shape)
    assert reg.n_iter_ <= max_iter
    if tol == 0 and reg.status_ != "diverged":
        assert reg.n_iter_ == max_iter
    if reg.coef_.dtype == np.float64:
        # loss_history_[best_iter_] is the cost at coef_, to the rounding of either.
        history = reg.loss_history_.reshape(reg.n_iter_ + 1, -1)
        best = history[np.ravel(reg.best_iter_), np.arange(history.shape[1])]
        at_coef = np.ravel(cost(X, y, reg.coef_, reg.intercept_, sample_weight=weights))
        size = (np.abs(X).max() * np.abs(reg.coef_).sum() + np.abs(y).max() + 1) ** 2
        assert_allclose(best, at_coef, rtol=1e-8, atol=1e-28 * size + 1e-11 * history[0].max())
        assert np.all(best <= history[0] * (1 + 1e-9))


@relaxed
@given(data=data(), share=st.floats(0.01, 1.0), precompute=st.booleans())
def test_a_constant_alpha_up_to_one_over_L_never_raises_the_loss(data, share, precompute):
    X, y, weights = data
    alpha = share * max_stable_alpha(X, sample_weight=weights) / 2
    reg = GradientDescentRegressor(alpha, precompute=precompute, max_iter=50, tol=0)
    quiet_fit(reg, X, y, weights)
    rise = np.diff(reg.loss_history_, axis=0).max()
    assert rise <= 1e-9 * reg.loss_history_[:-1].min() + 1e-25 * (1 + reg.loss_history_.max())


@relaxed
@given(
    data=data(targets=False),
    precompute=st.booleans(),
    factor=st.sampled_from([-1.0, 3.0, 1e-6, 1e8]),
    seed=st.integers(0, 99),
)
def test_equivariance_of_constant_steps(data, precompute, factor, seed):
    """Scaling y scales coef_; permuting rows or columns permutes the answer."""
    X, y, weights = data
    X = X.toarray() if sparse.issparse(X) else X
    alpha = 0.5 * max_stable_alpha(X, sample_weight=weights)
    reg = GradientDescentRegressor(alpha, precompute=precompute, max_iter=30, tol=0)
    coef, intercept = quiet_fit(reg, X, y, weights).coef_, reg.intercept_
    close = {"rtol": 1e-4 if coef.dtype == np.float32 else 1e-7, "atol": 1e-9 * np.abs(coef).max()}

    quiet_fit(reg, X, factor * y, weights)
    assert_allclose(reg.coef_ / factor, coef, **close)

    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(X.shape[0]), rng.permutation(X.shape[1])
    order = None if weights is None else weights[rows]
    quiet_fit(reg, X[rows], y[rows], order)
    assert_allclose(reg.coef_, coef, **close)
    quiet_fit(reg, X[:, columns], y, weights)
    assert_allclose(reg.coef_, coef[columns], **close)
    assert_allclose(reg.intercept_, intercept, rtol=1e-4, atol=1e-6 * (1 + np.abs(y).max()))


@relaxed
@given(
    data=data(targets=False),
    alpha=st.sampled_from(["auto", "barzilai-borwein", "exact"]),
    fit_intercept=st.booleans(),
)
def test_what_is_called_converged_has_a_bounded_excess(data, alpha, fit_intercept):
    """By moments: J - J* at most 1e-7 J, or the rounding of R2; else there is a warning."""
    X, y, weights = data
    X = (X.toarray() if sparse.issparse(X) else X).astype(np.float64)
    reg = GradientDescentRegressor(
        alpha, precompute=True, fit_intercept=fit_intercept, max_iter=2000
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        reg.fit(X, y, weights)
    assert (reg.status_ == "converged") == (not caught)
    if reg.status_ == "converged":
        minimum = least_squares(X, y, fit_intercept, weights)[1]
        loss = cost(X, y, reg.coef_, reg.intercept_, sample_weight=weights)
        total = np.average(y**2, weights=weights)
        assert loss - minimum <= 2e-7 * minimum + 1e-14 * total
