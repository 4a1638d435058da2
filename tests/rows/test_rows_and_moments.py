"""Sums over blocks of rows, however they are stored, and the moments made of them."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sklearn_gd import GradientDescentRegressor
from sklearn_gd._objective.coordinates import Standardised
from sklearn_gd._objective.moments import collect, merged
from sklearn_gd.rows._blocks import DenseBlock, SparseBlock
from sklearn_gd.rows._memory import BLOCK_BYTES, LANES, Rows

rng = np.random.default_rng(0)
X = rng.normal(size=(50_000, 10)) * (rng.random((50_000, 10)) < 0.5) + 3.0 * (np.arange(10) % 2)
Y = rng.normal(size=(50_000, 2))
WEIGHTS = rng.random(50_000)


def stored(kind, tmp_path):
    """X in one of the ways that X may be stored."""
    if kind == "memory-mapped":
        path = tmp_path / "X.npy"
        np.save(path, X)
        return np.load(path, mmap_mode="r")
    if kind == "read-only":
        copy = X.copy()
        copy.flags.writeable = False
        return copy
    return {
        "C": np.ascontiguousarray,
        "Fortran": np.asfortranarray,
        "strided": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
        "reversed": lambda a: a[::-1].copy()[::-1],
        "big-endian": lambda a: a.astype(">f8"),
        "csr": sparse.csr_array,
    }[kind](X)


KINDS = ["C", "Fortran", "strided", "reversed", "read-only", "memory-mapped", "big-endian", "csr"]


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_are_the_rows(kind, tmp_path):
    rows = Rows(stored(kind, tmp_path), Y, WEIGHTS)
    starts = rows.starts()
    blocks = [rows.block(i, j) for i, j in pairwise(starts)]
    # Each block costs some time in Python.
    assert 1 < len(blocks) <= 2 * LANES
    dense = [x.dense() for x, _, _ in blocks]
    assert all(x.dtype == np.float64 for x in dense)
    assert max(x.X.data.nbytes for x, _, _ in blocks) <= 1.2 * BLOCK_BYTES
    assert_array_equal(np.concatenate(dense), X)
    assert_array_equal(np.concatenate([y for _, y, _ in blocks]), Y)
    assert_array_equal(np.concatenate([s for _, _, s in blocks]), WEIGHTS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("covariance", [True, False])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("use_weights", [True, False])
def test_moments(kind, covariance, fit_intercept, use_weights, tmp_path):
    s = WEIGHTS if use_weights else np.ones(len(X))
    rows = Rows(stored(kind, tmp_path), Y, WEIGHTS if use_weights else None)
    moments = collect(rows, fit_intercept, covariance=covariance)
    assert rows.reads == 1
    centre = np.average(X, axis=0, weights=s) if fit_intercept else np.zeros(10)
    assert_allclose(moments.weight, s.sum())
    # A mean near 0 is exact relative to the column's spread.
    assert_allclose(moments.centre, centre, rtol=1e-12, atol=1e-12)
    assert_allclose(moments.variance, np.average((X - centre) ** 2, axis=0, weights=s), rtol=1e-12)
    assert_allclose(moments.diagonal, np.average(X**2, axis=0, weights=s), rtol=1e-12)
    A = np.column_stack([X, np.ones(len(X))]) if fit_intercept else X
    H = (A * s[:, None]).T @ A / s.sum()
    assert_allclose(
        moments.minus_gradient(), (A * s[:, None]).T @ Y / s.sum(), rtol=1e-9, atol=1e-12
    )
    assert_allclose(moments.y_square, np.average(Y**2, axis=0, weights=s), rtol=1e-12)
    if covariance:
        assert_allclose(moments.hessian, H, rtol=1e-9, atol=1e-12)
    else:
        assert moments.hessian is None


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("offset", [0.0, 1e3, 1e6, 1e9])
def test_variances_far_from_the_origin(container, offset):
    """Sums of raw squares would lose every digit at an offset of 1e8 standard deviations."""
    z = np.round(rng.normal(size=(5000, 3)) * 1024) / 1024  # exact after the shift
    moments = collect(Rows(container(z + offset), Y[:5000]), True, covariance=True)
    assert_allclose(moments.variance, z.var(axis=0), rtol=1e-9)
    # The off-diagonal ones are near 0: relative to the variances.
    assert_allclose(moments.covariance, np.cov(z.T, bias=True), atol=1e-9)
    without = collect(Rows(container(z + offset), Y[:5000]), True, covariance=False)
    assert_allclose(without.variance, z.var(axis=0), rtol=1e-9)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("covariance", [True, False])
def test_constant_columns_do_not_vary(container, covariance):
    constant = np.column_stack([np.full(9999, 0.1), np.full(9999, 1e7 / 3), np.zeros(9999)])
    rows = Rows(container(constant), Y[:9999], WEIGHTS[:9999])
    moments = collect(rows, True, covariance=covariance)
    assert_array_equal(moments.variance, 0.0)
    assert_array_equal(moments.inverse_deviation, 0.0)


def test_digest_tells_data_apart():
    a = collect(Rows(X, Y), True, covariance=True)
    assert a.digest == collect(Rows(X.copy(), Y), True, covariance=True).digest
    others = [
        collect(Rows(X, Y), False, covariance=True),
        collect(Rows(X, Y), True, covariance=False),
        collect(Rows(X, Y[::-1]), True, covariance=True),
        collect(Rows(X, Y, WEIGHTS), True, covariance=True),
    ]
    assert len({a.digest, *(other.digest for other in others)}) == 5


SPARSE = ["csr", "csc", "coo", "bsr", "lil", "dok", "dia"]


@pytest.mark.parametrize("kind", ["array", "matrix"])
@pytest.mark.parametrize("form", SPARSE)
@pytest.mark.parametrize("precompute", [True, False])
def test_every_scipy_format(form, kind, precompute):
    few = X[:50] * (X[:50] > 1)
    dense = GradientDescentRegressor(0.02, tol=0, max_iter=50).fit(few, Y[:50, 0])
    container = getattr(sparse, f"{form}_{kind}")
    reg = GradientDescentRegressor(0.02, tol=0, max_iter=50, precompute=precompute)
    reg.fit(container(few), Y[:50, 0])
    assert_allclose(reg.coef_, dense.coef_, rtol=1e-9)
    assert_allclose(reg.predict(container(few)), dense.predict(few), rtol=1e-9)


@pytest.mark.parametrize("precompute", [True, False])
def test_entries_given_twice_add_up(precompute):
    """CSR that is not canonical; and the user's matrix stays as it is."""
    data, indices, indptr = np.array([1.0, 2.0, 3.0, 4.0]), [0, 0, 1, 0], [0, 2, 3, 4]
    twice = sparse.csr_array((data, indices, indptr), shape=(3, 2))
    y = np.array([1.0, 2.0, 4.0])
    reg = GradientDescentRegressor(0.02, tol=0, max_iter=20, precompute=precompute).fit(twice, y)
    dense = GradientDescentRegressor(0.02, tol=0, max_iter=20).fit(twice.toarray(), y)
    assert_allclose(reg.coef_, dense.coef_, rtol=1e-12)
    assert twice.nnz == 4


def test_x_is_left_as_it_is():
    for container in (np.array, np.asfortranarray, sparse.csr_array):
        data = container(X[:100])
        before = data.copy()
        y, weights = Y[:100].copy(), WEIGHTS[:100].copy()
        GradientDescentRegressor().fit(data, y, weights)
        assert abs(data - before).max() == 0
        assert_array_equal(y, Y[:100])
        assert_array_equal(weights, WEIGHTS[:100])


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("order", ["C", "F"])
def test_no_copy_of_x(order, precompute):
    """Extra memory of a fit is some blocks, a small part of X."""
    import tracemalloc

    big = np.array(rng.normal(size=(200_000, 20)), order=order)
    y = big @ np.ones(20) + rng.normal(size=200_000)
    tracemalloc.start()
    GradientDescentRegressor(precompute=precompute).fit(big, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.5 * big.nbytes


def test_same_bits_each_time():
    reg = GradientDescentRegressor()
    coef = reg.fit(X, Y, WEIGHTS).coef_
    for _ in range(3):
        assert_array_equal(reg.fit(X, Y, WEIGHTS).coef_, coef)


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 7.0, 1e300])
def test_scale_of_weights_does_not_count(scale):
    reg = GradientDescentRegressor(0.02, tol=0, max_iter=50)
    expected = reg.fit(X[:99], Y[:99], WEIGHTS[:99]).coef_
    assert_allclose(reg.fit(X[:99], Y[:99], scale * WEIGHTS[:99]).coef_, expected, rtol=1e-12)
    by_number = reg.fit(X[:99], Y[:99], scale).coef_
    assert_allclose(by_number, reg.fit(X[:99], Y[:99]).coef_, rtol=1e-12)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_moments_of_parts_together_are_those_of_all(fit_intercept):
    """Parts whose features and targets are far apart."""
    apart = X[:900] + 10.0 * np.arange(900)[:, None] // 300
    Y_apart = Y[:900] - 5.0 * (np.arange(900)[:, None] // 300)
    parts = [slice(0, 300), slice(300, 600), slice(600, 900)]
    together = merged(
        [
            collect(Rows(apart[i], Y_apart[i], WEIGHTS[i]), fit_intercept, covariance=True)
            for i in parts
        ]
    )
    s = WEIGHTS[:900] / WEIGHTS[:900].sum()
    centre, y_mean = (s @ apart, s @ Y_apart) if fit_intercept else (np.zeros(10), np.zeros(2))
    Z, R = apart - centre, Y_apart - y_mean
    assert together.fit_intercept == fit_intercept
    assert together.n_rows == 900
    assert_allclose(together.weight, WEIGHTS[:900].sum())
    close = {"rtol": 1e-10, "atol": 1e-10}
    assert_allclose(together.centre, centre, **close)
    assert_allclose(together.y_mean, y_mean, **close)
    assert_allclose(together.covariance, (Z * s[:, None]).T @ Z, **close)
    assert_allclose(together.variance, s @ Z**2, **close)
    assert_allclose(together.shared, (Z * s[:, None]).T @ R, **close)
    assert_allclose(together.y_variance, s @ R**2, **close)


def test_standardised_moments_are_those_of_standardised_columns():
    """A mean of 1e9 is rounded by more than the digits that are left of standardised ones."""
    z = np.round(rng.normal(size=(999, 3)) * 1024) * [1 / 1024, 1 / 64, 4]
    moments = collect(Rows(z + 1e9, Y[:999]), True, covariance=True)
    coordinates = Standardised.of(moments)
    inside = coordinates.moments(moments)
    Z = (z - (coordinates.centre - 1e9)) / coordinates.scale
    assert_allclose(inside.centre, Z.mean(axis=0), rtol=0, atol=1e-15)
    assert_allclose(inside.variance, 1.0, rtol=1e-12)
    assert_allclose(inside.covariance, np.cov(Z.T, bias=True), atol=1e-9)
    assert_allclose(inside.shared, (Z - Z.mean(axis=0)).T @ Y[:999] / 999, atol=1e-9)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("covariance", [True, False])
def test_columns_that_jitter_by_a_unit_in_the_last_place_do_not_vary(container, covariance):
    up = rng.random((999, 3)) < 0.5
    values = np.array([0.1, 1e7 / 3, -1e-9 / 7])
    jittering = np.where(up, np.nextafter(values, np.inf), values)
    moments = collect(Rows(container(jittering), Y[:999]), True, covariance=covariance)
    assert_array_equal(moments.variance, 0.0)


def test_rows_of_which_most_have_nothing_stored():
    few = sparse.csr_array(np.eye(1000, 3))
    moments = collect(Rows(few, Y[:1000]), True, covariance=False)
    assert_allclose(moments.centre, 1e-3)
    assert_allclose(moments.variance, 1e-3 - 1e-6)


@pytest.mark.parametrize("weights", [None, WEIGHTS[:50]])
@pytest.mark.parametrize("block", [DenseBlock(X[:50]), SparseBlock(sparse.csr_array(X[:50]))])
def test_magnitudes_are_those_of_each_feature(block, weights):
    chosen = np.array([1, 4, 6])
    ones = np.ones(50) if weights is None else weights
    assert_allclose(block.magnitudes(chosen, weights), ones @ np.abs(X[:50, chosen]))
