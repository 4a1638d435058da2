"""Merged fits: what several estimators have seen, as if one had seen all of it."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_gd import GradientDescentRegressor

from ..problems import with_condition


def seen_of(X, y, weights=None, **settings):
    return GradientDescentRegressor(**settings).partial_fit(X, y, weights)


def parts_of(X, y, n, weights=None, **settings):
    """Estimators that have each seen some of the rows."""
    some = np.array_split(np.arange(len(y)), n)
    return [
        seen_of(X[rows], y[rows], None if weights is None else weights[rows], **settings)
        for rows in some
    ]


def second_moments(reg):
    """R'R of the rows (1, x, y) about nothing, in exact arithmetic as far as longdouble goes."""
    factor = reg._seen.factor
    matrix = factor.matrix.astype(np.longdouble)
    moved = np.concatenate([factor.shift, factor.y_shift]).astype(np.longdouble)
    matrix[0, 1:] += matrix[0, 0] * moved
    return matrix.T @ matrix


def r_factor(rows):
    """R of a QR factorisation, with a positive diagonal."""
    matrix = np.linalg.qr(rows, mode="r")
    return matrix * np.sign(np.diag(matrix))[:, None]


@pytest.mark.parametrize("offset", [0.0, 1e4, 1e8])
def test_the_factor_is_that_of_all_rows(offset):
    rng = np.random.default_rng(0)
    # Whole numbers, so that rows about any shift are exact.
    X = rng.integers(-1000, 1000, (200, 6)) + offset
    y = (X - offset).sum(axis=1) + rng.integers(-9, 9, 200)
    merged = GradientDescentRegressor().merge(*parts_of(X, y, 5))._seen.factor
    about = np.column_stack([np.ones(200), X - merged.shift, y - merged.y_shift])
    found = merged.matrix * np.sign(np.diag(merged.matrix))[:, None]
    expected = r_factor(about)
    sizes = np.linalg.norm(expected, axis=0)
    assert (np.abs(found - expected) / sizes).max() < 2e-15


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"alpha": "lipschitz", "scale": True},
        {"fit_intercept": False},
        {"l2_regularization": 0.3},
        {"positive": True},
        {"l2_regularization": 0.1, "coef_bounds": (-0.5, 0.5), "scale": False},
    ],
    ids=str,
)
def test_as_if_one_had_seen_all(how, weighted):
    X, y = with_condition(10.0, 120, 4, noise=0.1, seed=0)
    Y = np.column_stack([y, X[:, 0] - y])
    weights = np.random.default_rng(0).random(120) if weighted else None
    how = {"tol": 1e-9, **how}
    expected = GradientDescentRegressor(**how).fit(X, Y, weights)
    merged = GradientDescentRegressor(**how).merge(*parts_of(X, Y, 4, weights))
    assert merged.status_ == "converged"
    assert_allclose(merged.coef_, expected.coef_, rtol=1e-7, atol=1e-9)
    assert_allclose(merged.intercept_, expected.intercept_, rtol=1e-7, atol=1e-9)
    assert_allclose(merged.loss_history_[-1], expected.loss_history_[-1], rtol=1e-9)


def test_no_digit_is_lost_far_from_the_origin():
    """Features of 1e8 with a deviation of 1, in parts whose typical rows differ."""
    rng = np.random.default_rng(0)
    X = np.round(rng.normal(size=(4000, 3)) * 2**20) / 2**20
    y = X @ [1.0, -2.0, 3.0]
    merged = GradientDescentRegressor().merge(*parts_of(X + 1e8, y, 8))
    assert_allclose(merged.coef_, [1.0, -2.0, 3.0], rtol=1e-9)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_grouping_gives_the_same(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    n = data.draw(st.integers(1, 4))
    sizes = data.draw(st.lists(st.integers(1, 9), min_size=2, max_size=6))
    offset = data.draw(st.sampled_from([0.0, 1e3, 1e8]))
    parts = []
    for size in sizes:
        X = rng.normal(size=(size, n)) + offset
        parts.append(seen_of(X, rng.normal(size=size)))
    expected = second_moments(GradientDescentRegressor().merge(*parts))
    left = list(parts)
    while len(left) > 1:
        i = data.draw(st.integers(0, len(left) - 2))
        pair = left[i : i + 2]
        if data.draw(st.booleans()):
            pair = pair[::-1]
        left[i : i + 2] = [pickle.loads(pickle.dumps(pair[0])).merge(pair[1])]
    found = second_moments(left[0])
    scale = np.sqrt(np.outer(expected.diagonal(), expected.diagonal()))
    assert (np.abs(found - expected) <= 1e-13 * scale).all()


def test_the_others_stay_as_they_are_and_self_is_returned():
    X, y = with_condition(10.0, 60, 4, noise=0.1, seed=0)
    first, *others = parts_of(X, y, 3)
    before = [pickle.dumps(one) for one in others]
    assert first.merge(*others) is first
    assert [pickle.dumps(one) for one in others] == before
    coef = first.coef_.copy()
    assert_array_equal(first.merge().coef_, coef)
    # What it has merged is what it has seen.
    again = first.partial_fit(X, y)
    assert_allclose(again.coef_, GradientDescentRegressor().fit(X, y).coef_, rtol=1e-4)


def test_some_have_seen_nothing():
    X, y = with_condition(10.0, 60, 4, noise=0.1, seed=0)
    frame = pd.DataFrame(X, columns=list("abcd"))
    fresh, empty = GradientDescentRegressor(), GradientDescentRegressor().partial_fit(X[:0], y[:0])
    assert not hasattr(GradientDescentRegressor().merge(fresh, empty), "coef_")
    merged = fresh.merge(GradientDescentRegressor(), seen_of(frame, y))
    assert list(merged.feature_names_in_) == list("abcd")
    assert_allclose(merged.coef_, GradientDescentRegressor().fit(X, y).coef_, rtol=1e-5)
    single = seen_of(X.astype(np.float32), y)
    assert GradientDescentRegressor().merge(single).coef_.dtype == np.float32
    assert GradientDescentRegressor().merge(single, seen_of(X, y)).coef_.dtype == np.float64


def test_what_cannot_be_merged():
    X, y = with_condition(10.0, 60, 4, noise=0.1, seed=0)
    seen, names = seen_of(X, y), list("abcd")
    frame = pd.DataFrame(X, columns=names)
    fitted = GradientDescentRegressor().fit(X, y)
    with pytest.raises(ValueError, match=r"others\[1\] was fitted by fit, which keeps none"):
        GradientDescentRegressor().merge(seen, fitted)
    with pytest.raises(AttributeError, match="keeps none of them"):
        fitted.merge(seen)
    with pytest.raises(TypeError, match=r"others\[0\] must be a GradientDescentReg.*got list"):
        GradientDescentRegressor().merge([seen])
    with pytest.raises(ValueError, match=r"others\[1\] has seen 3 features, .* before it 4"):
        GradientDescentRegressor().merge(seen, seen_of(X[:, :3], y))
    with pytest.raises(ValueError, match=r"others\[0\] must have the targets.*\(\), got \(2,\)"):
        seen_of(X, y).merge(seen_of(X, np.column_stack([y, y])))
    with pytest.raises(ValueError, match=r"others\[1\] .* feature 0 is 'd' and not 'a'"):
        GradientDescentRegressor().merge(seen_of(frame, y), seen_of(frame[names[::-1]], y))
    with pytest.warns(UserWarning, match=r"others\[1\] has no feature names, unlike"):
        GradientDescentRegressor().merge(seen_of(frame, y), seen)
    with pytest.warns(UserWarning, match=r"others\[1\] has feature names, unlike"):
        GradientDescentRegressor().merge(seen, seen_of(frame, y))
    with pytest.raises(ValueError, match="merge cannot hold out rows"):
        GradientDescentRegressor(early_stopping=True).merge(seen)
    with pytest.raises(ValueError, match="max_iter"):
        GradientDescentRegressor(max_iter=-1).merge(seen)
    failed = seen_of(X, y)
    before = pickle.dumps(failed)
    with pytest.raises(ValueError, match="targets"):
        failed.merge(seen_of(X, np.column_stack([y, y])))
    assert pickle.dumps(failed) == before


def test_pickles_are_small():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 100))
    reg = seen_of(X, X.sum(axis=1) + rng.normal(size=1000))
    assert len(pickle.dumps(reg)) < 110_000
