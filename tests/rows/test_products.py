"""Products that BLAS leaves whole: right, and the same bits for any number of threads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_allclose
from threadpoolctl import threadpool_limits

from sklearn_gd.rows._masks import all_of, any_of
from sklearn_gd.rows._products import (
    inner,
    is_made_in_parts,
    symmetric_product,
    times,
    transpose_times,
)

SIZES = [1, 2, 95, 96, 97, 199, 200, 201, 300, 1000, 1025, 9300]


def bits(function):
    """What the function returns with one, two and three threads of BLAS."""
    found = set()
    for limit in (1, 2, 3):
        with threadpool_limits(limit):
            found.add(np.asarray(function()).tobytes())
    return found


@pytest.mark.parametrize("p", SIZES[:-1])
def test_symmetric_product(p):
    rng = np.random.default_rng(p)
    matrix, v = rng.normal(size=(p, p)), rng.normal(size=p)
    matrix = np.asfortranarray(matrix + matrix.T)
    found = symmetric_product(matrix, v)
    # A sum of p terms is off by at most p units in the last place of their sizes' sum.
    bound = p * np.finfo(float).eps * (np.abs(matrix) @ np.abs(v))
    assert (np.abs(found - (matrix.astype(np.longdouble) @ v)) <= bound).all()
    assert len(bits(lambda: symmetric_product(matrix, v))) == 1


@pytest.mark.parametrize("n", [*SIZES, 9_999, 10_000, 10_001, 50_000])
def test_inner(n):
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=n), rng.normal(size=n)
    exact = (a.astype(np.longdouble) * b).sum()
    assert_allclose(inner(a, b), float(exact), rtol=0, atol=n * 2.3e-16 * (np.abs(a) @ np.abs(b)))
    assert len(bits(lambda: inner(a, b))) == 1


@pytest.mark.parametrize("order", ["C", "F", "strided"])
@pytest.mark.parametrize(
    "shape",
    [(1, 9_000, 1), (20, 2, 1), (215, 102, 1), (70_000, 3, 2), (9_000, 15, 15), (60, 90, 90)],
)
def test_products_made_in_parts(shape, order):
    n, p, k = shape
    assert is_made_in_parts(n, p, k)
    rng = np.random.default_rng(n)
    X = np.asarray(rng.normal(size=(n, p)), order="F" if order == "F" else "C")
    if order == "strided":
        X = np.repeat(X, 2, axis=1)[:, ::2]
    v, V = rng.normal(size=p), rng.normal(size=(p, k))
    u, U = rng.normal(size=n), rng.normal(size=(n, k))
    eps = np.finfo(float).eps
    for function, left, right in (
        (times, X, v),
        (times, X, V),
        (transpose_times, X.T, u),
        (transpose_times, X.T, U),
        (transpose_times, X.T, X[:, :k]),
    ):
        found = function(X, right)
        exact = left.astype(np.longdouble) @ right
        bound = left.shape[1] * eps * (np.abs(left) @ np.abs(right))
        assert found.shape == exact.shape
        assert (np.abs(found - exact) <= bound).all()
        assert len(bits(lambda f=function, r=right: f(X, r))) == 1


@pytest.mark.parametrize(
    "shape", [(3_000_000, 1, 1), (10, 9_300, 1), (3, 100, 100), (3_000, 90, 90)]
)
def test_products_too_large_for_parts(shape):
    assert not is_made_in_parts(*shape)


@pytest.mark.parametrize("shape", [(3, 0, 2), (10, 9_300, 1), (3, 600, 600), (1_000, 100, 100)])
def test_other_products_are_right_too(shape):
    n, p, k = shape
    rng = np.random.default_rng(0)
    X, V, U = rng.normal(size=(n, p)), rng.normal(size=(p, k)), rng.normal(size=(n, k))
    assert_allclose(times(X, V), X @ V, rtol=1e-9, atol=1e-9)
    assert_allclose(transpose_times(X, U), X.T @ U, rtol=1e-9, atol=1e-9)


@given(mask=arrays(bool, array_shapes(min_dims=0, max_dims=2, min_side=0)))
def test_any_and_all_are_those_of_numpy(mask):
    assert any_of(mask) == mask.any()
    assert all_of(mask) == mask.all()
