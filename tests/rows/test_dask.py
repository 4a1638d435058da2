"""fit, predict and score on Dask arrays and dataframes: the same as in memory."""

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.linalg import lstsq
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.exceptions import NotFittedError, UndefinedMetricWarning
from sklearn.metrics import r2_score

from sklearn_gd import (
    DescentPathDisplay,
    GradientDescentRegressor,
    GradientDescentRegressorCV,
    cost,
    directional_derivative,
    gradient,
    gradient_descent_path,
    max_stable_alpha,
)

from ..problems import assert_agree, design, with_condition

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")

from sklearn_gd.rows import _dask_scheduler  # noqa: E402

# Windows has no SIGKILL, and there SIGTERM leaves a process no choice either.
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def chunked(array, sizes):
    """Return the array in row chunks of these sizes; what is left over is the last."""
    ends = np.minimum(np.cumsum([*sizes, len(array)]), len(array))
    chunks = tuple(int(size) for size in np.diff([0, *ends]))
    return da.from_array(array, chunks=(chunks, *array.shape[1:]))


@settings(max_examples=25, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 40), max_size=6),
    other_sizes=st.lists(st.integers(1, 40), max_size=6),
    fit_intercept=st.booleans(),
    weighted=st.booleans(),
    n_targets=st.sampled_from([None, 2]),
    precompute=st.booleans(),
    condition=st.sampled_from([10.0, 1e6]),
)
def test_any_chunks_make_the_same_steps(
    sizes, other_sizes, fit_intercept, weighted, n_targets, precompute, condition
):
    X, y = with_condition(condition, 80, 6, seed=0)
    if n_targets:
        y = np.column_stack([y + j * X[:, 0] for j in range(n_targets)])
    weights = np.random.default_rng(1).integers(0, 3, 80) * 1e3 if weighted else None
    alpha = 0.9 * max_stable_alpha(X, fit_intercept=fit_intercept, sample_weight=weights)
    reg = GradientDescentRegressor(
        alpha, max_iter=30, tol=0, fit_intercept=fit_intercept, precompute=precompute
    )
    expected = clone(reg).fit(X, y, weights)
    weights = None if weights is None else chunked(weights, other_sizes)
    assert_agree(reg.fit(chunked(X, sizes), chunked(y, other_sizes), weights), expected)


@pytest.mark.parametrize("precompute", ["auto", False])
def test_defaults_have_the_same_status_and_solution(precompute):
    X, y = load_diabetes(return_X_y=True)
    solution = lstsq(design(X), y)[0]
    least = cost(X, y, solution[:-1], solution[-1])
    lazy = chunked(X, [100, 100, 7]), chunked(y, [200])
    found = GradientDescentRegressor(precompute=precompute).fit(*lazy)
    assert found.status_ == "converged"
    assert cost(X, y, found.coef_, found.intercept_) - least < 1e-7 * least
    exactly = GradientDescentRegressor(tol=1e-10, precompute=precompute).fit(*lazy)
    assert_allclose(exactly.coef_, solution[:-1], rtol=1e-7)


def test_y_and_weights_in_memory_and_other_containers():
    X, y = with_condition(10.0, 60, 3, seed=0)
    weights = np.random.default_rng(0).random(60)
    expected = GradientDescentRegressor().fit(X, y, weights)
    for container in (np.asarray, list, pd.Series):
        found = GradientDescentRegressor().fit(chunked(X, [25]), container(y), container(weights))
        assert_agree(found, expected)
    whole = GradientDescentRegressor().fit(chunked(X, [25]), y, 2.0)
    assert_agree(whole, GradientDescentRegressor().fit(X, y))


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array, sparse.coo_matrix])
@pytest.mark.parametrize("precompute", [True, False])
def test_sparse_chunks(container, precompute):
    X, y = with_condition(10.0, 60, 5, seed=0)
    X = np.where(np.abs(X) > 0.05, X, 0.0)
    lazy = chunked(X, [25]).map_blocks(container)
    reg = GradientDescentRegressor(0.5, max_iter=20, tol=0, precompute=precompute)
    expected = clone(reg).fit(sparse.csr_array(X), y)
    assert_agree(reg.fit(lazy, y), expected)
    assert_allclose(reg.predict(lazy).compute(), expected.predict(X), rtol=1e-9)
    assert_allclose(reg.score(lazy, y), expected.score(X, y), rtol=1e-9)


def test_chunks_of_columns_are_put_together_with_a_warning():
    X, y = with_condition(10.0, 60, 4, seed=0)
    lazy = da.from_array(X, chunks=(20, 2))
    with pytest.warns(UserWarning, match="X is in chunks of 2 of its 4 columns") as caught:
        reg = GradientDescentRegressor().fit(lazy, y)
    assert caught[0].filename == __file__
    assert_agree(reg, GradientDescentRegressor().fit(X, y))


def test_chunks_of_unknown_length():
    X, y = with_condition(10.0, 60, 3, seed=0)
    some = chunked(X, [20, 20])
    kept = some[some[:, 0] > -10.0]  # all of them, but Dask cannot know
    lazy_y = chunked(y, [20, 20])
    unknown_y = lazy_y[lazy_y > -1e9]
    expected = GradientDescentRegressor().fit(X, y)
    for target in (y, lazy_y, unknown_y):
        assert_agree(GradientDescentRegressor().fit(kept, target), expected)
    assert np.isnan(kept.shape[0])  # the user's own is as it was
    with pytest.raises(ValueError, match="inconsistent"):
        GradientDescentRegressor().fit(kept, lazy_y[lazy_y > 0.0])


def test_dataframes_keep_their_names():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    frame = X.assign(target=y)
    lazy = dd.from_pandas(frame, npartitions=4)
    reg = GradientDescentRegressor(1.0, max_iter=50, tol=0)
    expected = clone(reg).fit(X, y)
    assert_agree(reg.fit(lazy[list(X)], lazy["target"]), expected)
    assert_array_equal(reg.feature_names_in_, X.columns)
    assert_allclose(reg.predict(X), expected.predict(X), rtol=1e-6)
    assert_allclose(reg.predict(lazy[list(X)]).compute(), reg.predict(X), rtol=1e-12)
    assert_allclose(reg.score(lazy[list(X)], lazy["target"]), reg.score(X, y), rtol=1e-12)
    with pytest.raises(ValueError, match="feature names"):
        reg.predict(lazy[list(X)[::-1]])


@pytest.mark.parametrize("dtype", ["bool", "Int64", "Float64", "boolean", "double[pyarrow]"])
def test_columns_of_pandas_own_dtypes(dtype):
    X, _ = with_condition(10.0, 60, 3, seed=0)
    frame = pd.DataFrame(X, columns=list("abc")).assign(d=np.arange(60) % 2).astype({"d": dtype})
    lazy = dd.from_pandas(frame, npartitions=3)
    target = pd.Series(np.arange(60), dtype="Int64")
    reg = GradientDescentRegressor(0.2, max_iter=20, tol=0)
    expected = clone(reg).fit(frame.astype(float), target.astype(float))
    assert_agree(reg.fit(lazy, dd.from_pandas(target, npartitions=3)), expected)
    assert_allclose(reg.predict(lazy).compute(), expected.predict(frame.astype(float)), rtol=1e-9)
    words = lazy.assign(e="word")
    with pytest.raises(ValueError, match="X must be numeric, but has the columns 'e'"):
        reg.fit(words, target)


def test_a_first_chunk_far_away_that_hardly_counts():
    X, y = with_condition(2.0, 400, 4, seed=0)
    weights = np.ones(400)
    X[:50], y[:50], weights[:50] = X[:50] + 1e6, y[:50] + 1e6, 1e-12
    reg = GradientDescentRegressor(0.4 * max_stable_alpha(X, sample_weight=weights), tol=0)
    reg.set_params(max_iter=100)
    expected = clone(reg).fit(X, y, weights)
    found = reg.fit(*(chunked(part, [50] * 7) for part in (X, y, weights)))
    assert_agree(found, expected)
    at_start = weights @ y.astype(np.longdouble) ** 2 / (2 * weights.sum())
    assert_allclose(found.loss_history_[0], float(at_start), rtol=1e-12)


@pytest.mark.parametrize("weight", [5e-324, 1.7e308])
def test_equal_weights_of_any_size(weight):
    X, y = with_condition(10.0, 60, 3, seed=0)
    weights = chunked(np.full(60, weight), [25])
    found = GradientDescentRegressor().fit(chunked(X, [25]), y, weights)
    assert_agree(found, GradientDescentRegressor().fit(X, y))


def test_partial_fit_wants_batches_in_memory():
    X, y = with_condition(10.0, 60, 3, seed=0)
    lazy = chunked(X, [25])
    for batch in ((lazy, y), (X, chunked(y, [25])), (dd.from_dask_array(lazy), y)):
        with pytest.raises(TypeError, match="partial_fit takes batches in memory"):
            GradientDescentRegressor().partial_fit(*batch)


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("frame", [True, False])
def test_functions_read_chunk_by_chunk(frame, weighted):
    X, y = with_condition(10.0, 60, 3, seed=0)
    weights = np.arange(60.0) if weighted else None
    lazy = dd.from_dask_array(chunked(X, [25, 20])) if frame else chunked(X, [25, 20])
    targets = chunked(y, [25, 20])
    w, b = np.array([1.0, -2.0, 0.5]), 0.3
    how = {"sample_weight": weights}
    alpha = 0.5 * max_stable_alpha(X, **how)
    for scale in (True, False):
        found = max_stable_alpha(lazy, scale=scale, **how)
        assert_allclose(found, max_stable_alpha(X, scale=scale, **how), rtol=1e-9)
    assert_allclose(cost(lazy, targets, w, b, **how), cost(X, y, w, b, **how), rtol=1e-12)
    found = directional_derivative(lazy, targets, w, b, w, **how)
    assert_allclose(found, directional_derivative(X, y, w, b, w, **how), rtol=1e-9)
    slopes = zip(gradient(lazy, targets, w, b, **how), gradient(X, y, w, b, **how), strict=True)
    for found, expected in slopes:
        assert_allclose(found, expected, rtol=1e-9)
    how |= {"alpha": alpha, "max_iter": [0, 3, 100]}
    found = gradient_descent_path(lazy, targets, **how)
    for one, other in zip(found, gradient_descent_path(X, y, **how), strict=True):
        assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_who_selects_rows_says_that_they_must_be_in_memory():
    X, y = with_condition(10.0, 60, 3, seed=0)
    lazy, targets = chunked(X, [25, 20]), chunked(y, [25, 20])
    with pytest.raises(TypeError, match=r"CV selects rows.*Dask.*some of the rows in memory"):
        GradientDescentRegressorCV().fit(lazy, targets)
    reg = GradientDescentRegressor(store_path=True).fit(X, y)
    with pytest.raises(TypeError, match=r"Displays draw rows.*Dask.*some of the rows"):
        DescentPathDisplay.from_estimator(reg, lazy, targets)


def test_predictions_are_lazy_and_chunked_as_x():
    X, y = with_condition(10.0, 60, 3, seed=0)
    lazy = chunked(X.astype(np.float32), [25, 20])
    reg = GradientDescentRegressor().fit(lazy, np.column_stack([y, -y]))
    assert reg.coef_.dtype == np.float32
    found = reg.predict(lazy)
    assert found.chunks == ((25, 20, 15), (2,))
    assert found.dtype == np.float32
    assert_allclose(found.compute(), reg.predict(X.astype(np.float32)), rtol=1e-6)
    alone = GradientDescentRegressor().fit(lazy, y).predict(lazy)
    assert alone.chunks == ((25, 20, 15),)
    broken = chunked(np.where(X[3, 1] < X, np.nan, X), [25])
    lazy_nan = reg.predict(broken)
    with pytest.raises(ValueError, match="X contains NaN"):
        lazy_nan.compute()
    with pytest.raises(ValueError, match="2 features"):
        reg.predict(lazy[:, :2])
    with pytest.raises(NotFittedError):
        GradientDescentRegressor().predict(lazy)


@pytest.mark.parametrize("weighted", [True, False])
def test_score_is_r2(weighted):
    X, y = with_condition(10.0, 60, 3, seed=0)
    Y = np.column_stack([y + 1e6, X[:, 0] ** 2])
    weights = np.random.default_rng(0).random(60) if weighted else None
    reg = GradientDescentRegressor(max_iter=5, tol=0).fit(X, Y)
    lazy_weights = None if weights is None else chunked(weights, [10])
    found = reg.score(chunked(X, [25]), chunked(Y, [40]), lazy_weights)
    assert_allclose(found, r2_score(Y, reg.predict(X), sample_weight=weights), rtol=1e-7)
    for target in (np.zeros(60), np.full(60, 3.0)):
        reg.fit(X, target)
        assert reg.score(chunked(X, [25]), target) == reg.score(X, target)


def test_score_of_what_has_none():
    X, y = with_condition(10.0, 60, 3, seed=0)
    Y = np.column_stack([y, y])
    for fitted, scored, message in (
        (y, Y, "2 .*given 1"),
        (Y, y, "1 .*given 2"),
        (y, None, "y is"),
    ):
        with pytest.raises(ValueError, match=message):
            GradientDescentRegressor().fit(X, fitted).score(chunked(X, [25]), scored)
    with pytest.warns(UndefinedMetricWarning) as caught:
        assert np.isnan(GradientDescentRegressor().fit(X, y).score(chunked(X[:1], [1]), y[:1]))
    assert caught[0].filename == __file__


@pytest.mark.parametrize("precompute", [True, False])
def test_no_rows_are_gathered(precompute, monkeypatch):
    """What comes back of a chunk is as large for any number of rows."""
    gathered = []

    def measured(client, node, *given):
        result = compute(client, node, *given)
        gathered.append(sum(np.size(value) for value in _leaves(result)))
        return result

    compute = _dask_scheduler.compute
    monkeypatch.setattr(_dask_scheduler, "compute", measured)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50_000, 5))
    reg = GradientDescentRegressor(precompute=precompute, max_iter=20)
    reg.fit(chunked(X, [20_000]), chunked(X.sum(axis=1), [20_000]))
    reg.score(chunked(X, [20_000]), chunked(X.sum(axis=1), [20_000]))
    assert max(gathered) < 60


def _leaves(value):
    if isinstance(value, tuple | list):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["X", "y", "sample_weight"])
def test_values_that_are_not_finite(where, value):
    X, y = with_condition(10.0, 60, 3, seed=0)
    data = {"X": X, "y": y, "sample_weight": np.ones(60)}
    data[where] = data[where].copy()
    data[where].flat[-2] = value
    kind = "NaN" if np.isnan(value) else "infinity"
    with pytest.raises(ValueError, match=f"{where} contains {kind}"):
        GradientDescentRegressor().fit(
            **{name: chunked(part, [25]) for name, part in data.items()}
        )


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"y": np.ones(59)}, ValueError, r"one entry per row of X, 60, got shape \(59,\)"),
        ({"y": np.ones((60, 2, 2))}, ValueError, "got shape"),
        ({"y": None}, ValueError, "y is required, but it is None"),
        ({"y": np.full(60, "a")}, ValueError, "y must be numeric"),
        ({"sample_weight": -np.ones(60)}, ValueError, "sample_weight must not be negative"),
        ({"sample_weight": np.zeros(60)}, ValueError, "must have a positive entry"),
        ({"sample_weight": np.ones((60, 2))}, ValueError, "sample_weight must be 1-D"),
        ({"X": np.ones((60, 0))}, ValueError, "0 feature"),
        ({"X": np.ones(60)}, ValueError, "two dimensions, got 1"),
        ({"X": np.full((60, 2), "a")}, ValueError, "X must be numeric"),
        ({"X": np.full((60, 2), 1e200)}, ValueError, "size"),
    ],
)
def test_wrong_data(change, error, message):
    X, y = with_condition(10.0, 60, 3, seed=0)
    data = {
        name: None if part is None else chunked(part, [25])
        for name, part in {"X": X, "y": y, **change}.items()
    }
    with pytest.raises(error, match=message):
        GradientDescentRegressor().fit(**data)


def test_something_else_of_dasks():
    with pytest.raises(TypeError, match="X must be a Dask array or dataframe, or in memory, got "):
        GradientDescentRegressor().fit(dask.delayed(np.ones)((3, 2)), np.ones(3))
    with pytest.raises(ValueError, match="0 sample"):
        GradientDescentRegressor().fit(da.ones((0, 2), chunks=2), np.ones(0))


def test_held_out_rows():
    X, y = with_condition(100.0, 90, 5, noise=1.0, seed=0)
    reg = GradientDescentRegressor("lipschitz", early_stopping=True, max_iter=200)
    with pytest.raises(ValueError, match="pass held-out rows as X_val and y_val"):
        reg.fit(chunked(X, [30]), y)
    few, new = slice(0, 60), slice(60, None)
    expected = clone(reg).fit(X[few], y[few], X_val=X[new], y_val=y[new])
    lazy_X, lazy_y = chunked(X, [20, 20]), chunked(y, [45])
    reg.fit(lazy_X[few], lazy_y[few], X_val=lazy_X[new], y_val=lazy_y[new])
    assert_agree(reg, expected)
    assert_allclose(reg.validation_loss_history_, expected.validation_loss_history_, rtol=1e-9)
    mixed = clone(reg).fit(lazy_X[few], y[few], X_val=X[new], y_val=y[new])
    assert_allclose(mixed.coef_, expected.coef_, rtol=1e-9)
    with pytest.raises(ValueError, match="y_val must have the targets of y"):
        reg.fit(lazy_X[few], y[few], X_val=lazy_X[new], y_val=np.column_stack([y[new], y[new]]))


def test_a_warm_start_goes_on_bit_for_bit():
    X, y = with_condition(1e3, 60, 3, seed=0)
    lazy = chunked(X, [25]), chunked(y, [40])
    reg = GradientDescentRegressor(max_iter=10, tol=0, warm_start=True).fit(*lazy).fit(*lazy)
    once = GradientDescentRegressor(max_iter=20, tol=0, warm_start=True).fit(*lazy)
    assert_array_equal(reg.coef_, once.coef_)


def test_progress_is_printed_and_the_path_stored(capsys):
    X, y = with_condition(10.0, 60, 3, seed=0)
    reg = GradientDescentRegressor(0.5, max_iter=5, tol=0, verbose=1, store_path=True)
    reg.fit(chunked(X, [25]), y)
    assert capsys.readouterr().out.count("step") == 4
    assert reg.coef_path_.shape == (6, 3)


def test_dask_is_imported_only_for_its_data():
    code = (
        "import sys, numpy as np\n"
        "from sklearn_gd import *\n"
        "X = np.eye(4)\n"
        "GradientDescentRegressor().fit(X, X[0]).score(X, X[0])\n"
        "sys.exit(any(name.split('.')[0] in ('dask', 'distributed') for name in sys.modules))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture(autouse=True)
def _scheduler_as_it_was():
    """A client whose scheduler is gone closes itself, and stays Dask's scheduler nevertheless."""
    before = dask.config.get("scheduler", None)
    yield
    if dask.config.get("scheduler", None) != before:
        dask.config.set(scheduler=before)


# --- on a cluster -----------------------------------------------------------


@contextmanager
def two_workers(processes=True):
    """Yield a cluster."""
    with warnings.catch_warnings():
        # Of ports that are taken, and of what its own processes leave open.
        warnings.simplefilter("ignore")
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=processes, dashboard_address=None
        ) as cluster:
            yield cluster


@contextmanager
def a_cluster(processes=True):
    """Yield a cluster of two workers and its client, which may both be closed inside."""
    with two_workers(processes) as cluster:
        client = distributed.Client(cluster)
        try:
            yield cluster, client
        finally:
            client.close()


@pytest.fixture(scope="module")
def cluster():
    with two_workers() as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    """Of a cluster of two workers, whatever was done to it before.

    One for each test: a client is Dask's scheduler for all that runs while it is open, the tests
    that are of no cluster too.
    """
    with distributed.Client(cluster) as client:
        cluster.scale(2)
        _wait_for_workers(client, 2)
        yield client


def _wait_for_workers(client, n):
    # Not by client.wait_for_workers, which puts the scheduler's list of workers in place of the
    # cluster's own.  News of one lost before, still on its way to the cluster, is then of a worker
    # not listed: a KeyError, which ends what listens for news and is raised when it is closed.
    _until(lambda: len(client.ncores()) == n)


def rows(m=4_000, p=10):
    X, y = with_condition(100.0, m, p, seed=0)
    return X, y


@pytest.mark.slow
@pytest.mark.parametrize("n_workers", [1, 2, 4])
def test_a_cluster_finds_the_same(cluster, client, n_workers):
    cluster.scale(n_workers)
    _wait_for_workers(client, n_workers)
    X, y = rows()
    lazy = chunked(X, [500] * 7), chunked(y, [1000])
    by_passes = {"alpha": 0.5, "max_iter": 5, "tol": 0, "precompute": False}
    for how in ({"alpha": "lipschitz"}, by_passes):
        found = GradientDescentRegressor(**how).fit(*lazy)
        assert_agree(found, GradientDescentRegressor(**how).fit(X, y))
    assert_allclose(found.score(*lazy), found.score(X, y), rtol=1e-12)


def _fit_in_a_task(seed):
    X = np.random.default_rng(seed).normal(size=(200, 3))
    return GradientDescentRegressor().fit(da.from_array(X, chunks=(50, 3)), X.sum(axis=1)).coef_


@pytest.mark.slow
def test_fits_within_tasks_do_not_wait_for_each_other(client):
    for future in client.map(_fit_in_a_task, range(6)):
        assert_allclose(future.result(timeout=60), 1.0, rtol=1e-6)


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_loses_nothing(client):
    X, y = rows()
    killed = threading.Event()

    def alpha(k):
        if k == 3:
            os.kill(client.run(os.getpid).popitem()[1], KILL)
            killed.set()
        return 0.5

    reg = GradientDescentRegressor(alpha, max_iter=8, tol=0, precompute=False)
    found = reg.fit(chunked(X, [500] * 7), chunked(y, [1000]))
    assert killed.is_set()
    expected = GradientDescentRegressor(0.5, max_iter=8, tol=0, precompute=False).fit(X, y)
    assert_agree(found, expected)


@pytest.mark.slow
def test_data_that_only_the_lost_worker_had(client):
    X, y = rows()
    workers = list(client.ncores())
    parts = [client.scatter(X[i::2], workers=[workers[i]]) for i in range(2)]
    lazy = da.concatenate(
        [da.from_delayed(dask.delayed(part), (2_000, 10), dtype=float) for part in parts]
    )
    y = np.concatenate([y[::2], y[1::2]])
    assert GradientDescentRegressor().fit(lazy, y).status_ == "converged"
    os.kill(client.run(os.getpid, workers=workers[:1])[workers[0]], KILL)
    _until(lambda: workers[0] not in client.ncores())
    with pytest.raises(RuntimeError, match="Dask lost data that this needs"):
        GradientDescentRegressor().fit(lazy, y)
    assert client.submit(int, 7).result(timeout=60) == 7


@pytest.mark.slow
def test_no_workers_left(cluster, client):
    X, y = rows()
    lazy = chunked(X, [1000]), chunked(y, [1000])
    cluster.scale(0)
    _until(lambda: not client.ncores())
    with (
        dask.config.set({_dask_scheduler.NO_WORKERS: "2s"}),
        pytest.raises(RuntimeError, match=f"no workers for 2s.*{_dask_scheduler.NO_WORKERS}"),
    ):
        GradientDescentRegressor().fit(*lazy)
    cluster.scale(2)
    _wait_for_workers(client, 2)
    assert GradientDescentRegressor().fit(*lazy).status_ == "converged"


# --- when something is closed, restarted, killed or interrupted in the middle


@pytest.fixture
def new_client():
    """Of a cluster of its own, whose scheduler has nothing left of other tests."""
    with a_cluster() as (_, client):
        yield client


def by_passes(alpha=0.5):
    return GradientDescentRegressor(alpha, max_iter=6, tol=0, precompute=False)


def at_step_3(act):
    """Return a learning rate that does something in the middle of a fit."""

    def alpha(k):
        if k == 3:
            act()
        return 0.5

    return alpha


def _waiting(chunk, folder):
    (folder / "started").touch()
    _until(lambda: not (folder / "wait").exists())
    return chunk


def _killing(chunk, folder, block_id):
    # One at a time, or the next fit's tasks might be on a worker that is dying of the last one's.
    if block_id[0] == 0 and (folder / "kill").exists():
        os.kill(os.getpid(), KILL)
    return chunk


@contextmanager
def while_a_chunk_is_read(folder, act):
    """Yield an X of which a chunk is not made before the end; act when it has begun."""
    (folder / "wait").touch()

    def when_begun():
        _until((folder / "started").exists)
        act()

    thread = threading.Thread(target=when_begun)
    thread.start()
    lazy = chunked(rows()[0], [2000])
    try:
        yield lazy.map_blocks(_waiting, folder, dtype=float, meta=lazy._meta)
    finally:
        (folder / "wait").unlink()
        thread.join()


def _is_forgotten(client):
    """Whether the scheduler forgets all that it was asked for."""
    _until(lambda: not client.run_on_scheduler(_known_tasks))
    return True


def _known_tasks(dask_scheduler):
    return list(dask_scheduler.tasks)


@pytest.mark.slow
@pytest.mark.parametrize("processes", [True, False])
@pytest.mark.parametrize("what", ["cluster", "client"])
def test_closed_while_a_chunk_is_read(what, processes, tmp_path):
    y = rows()[1]
    with a_cluster(processes) as both:
        close = both[what == "client"].close
        with (
            while_a_chunk_is_read(tmp_path, close) as lazy,
            pytest.raises(RuntimeError, match=f"Dask {what} was closed") as caught,
        ):
            by_passes().fit(lazy, y)
        assert caught.value.__cause__ is not None
    assert by_passes().fit(lazy, y).status_ == "max_iter"


@pytest.mark.parametrize("what", ["cluster", "client"])
def test_closed_between_two_reads(what):
    X, y = rows()
    lazy = chunked(X, [1000])
    with a_cluster(processes=False) as both:
        kept = both[1].persist(lazy)
        reg = by_passes(at_step_3(both[what == "client"].close))
        with pytest.raises(RuntimeError, match=f"Dask {what} was closed"):
            reg.fit(lazy, y)
        with pytest.raises(RuntimeError, match=f"Dask {what} was closed"):
            by_passes().fit(kept, y)
        # What is on no cluster is computed here.
        assert by_passes().fit(lazy, y).status_ == "max_iter"


@pytest.mark.slow
def test_a_scheduler_that_is_gone():
    X, y = rows()
    lazy = chunked(X, [1000])
    with (
        a_cluster() as (cluster, _),
        distributed.Client(cluster.scheduler_address, timeout=2) as client,
    ):
        reg = by_passes(at_step_3(cluster.close))
        with pytest.raises(RuntimeError, match=r"Dask client (has lost its scheduler|was closed)"):
            reg.fit(lazy, y)
        client.close()


@pytest.mark.slow
def test_restarted_between_two_reads(new_client):
    X, y = rows()
    lazy = chunked(X, [1000])
    with pytest.raises(RuntimeError, match="Dask cluster was restarted") as caught:
        by_passes(at_step_3(new_client.restart)).fit(lazy, y)
    assert caught.value.__cause__ is not None
    assert_agree(by_passes().fit(lazy, y), by_passes().fit(X, y))
    assert _is_forgotten(new_client)


@pytest.mark.slow
def test_restarted_while_a_chunk_is_read(new_client, tmp_path):
    y = rows()[1]
    with (
        while_a_chunk_is_read(tmp_path, new_client.restart) as lazy,
        pytest.raises(RuntimeError, match="Dask cluster was restarted"),
    ):
        by_passes().fit(lazy, y)
    assert by_passes().fit(lazy, y).status_ == "max_iter"


@pytest.mark.slow
def test_scattered_data_does_not_outlive_a_restart(new_client):
    X, y = rows()
    part = dask.delayed(new_client.scatter(X))
    lazy = da.from_delayed(part, X.shape, dtype=float)
    assert by_passes().fit(lazy, y).status_ == "max_iter"
    new_client.restart()
    with pytest.raises(RuntimeError, match=r"was restarted.*persisted or scattered"):
        by_passes().fit(lazy, y)


@pytest.mark.slow
@pytest.mark.parametrize("chunks", ["as read", "put together", "of unknown length"])
def test_a_refit_after_workers_were_killed(chunks, tmp_path):
    X, y = rows()
    lazy = chunked(X, [1000] * 3)
    lazy = lazy.map_blocks(_killing, tmp_path, dtype=float, meta=lazy._meta)
    if chunks == "put together":
        lazy = lazy.rechunk((2000, -1))
    if chunks == "of unknown length":
        lazy = lazy[lazy[:, 0] > -np.inf]
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        a_cluster() as (_, client),
    ):
        (tmp_path / "kill").touch()
        with pytest.raises(distributed.KilledWorker) as caught:
            by_passes().fit(lazy, y)
        (tmp_path / "kill").unlink()
        assert_agree(by_passes().fit(lazy, y), by_passes().fit(X, y))
        assert _is_forgotten(client)
        # Whose traceback has had the last fit's arrays in it all the while.
        assert caught.traceback


@pytest.mark.slow
def test_others_may_hold_on_to_what_failed(new_client, tmp_path):
    X, y = rows()
    lazy = chunked(X, [1000])
    lazy = lazy.map_blocks(_failing, tmp_path, dtype=float, meta=lazy._meta)
    (tmp_path / "fail").touch()
    failed = new_client.persist(lazy)
    with pytest.raises(ZeroDivisionError):
        by_passes().fit(lazy, y)
    (tmp_path / "fail").unlink()
    assert_agree(by_passes().fit(lazy, y), by_passes().fit(X, y))
    with pytest.raises(ZeroDivisionError):
        failed.compute()


def _failing(chunk, folder):
    if (folder / "fail").exists():
        raise ZeroDivisionError
    return chunk


def _interrupt():
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


@pytest.fixture
def interruptible():
    """SIGINT as in a terminal; a shell may have it ignored in the background."""
    if not hasattr(signal, "pthread_kill"):
        pytest.skip("a thread cannot interrupt another here")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
def test_interrupted_while_a_chunk_is_read(new_client, tmp_path):
    y = rows()[1]
    with (
        while_a_chunk_is_read(tmp_path, _interrupt) as lazy,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        by_passes().fit(lazy, y)
    assert _is_forgotten(new_client)
    assert caught.traceback
    assert by_passes().fit(lazy, y).status_ == "max_iter"


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
def test_interrupted_between_two_reads(new_client):
    X, y = rows()
    with pytest.raises(KeyboardInterrupt) as caught:
        by_passes(at_step_3(_interrupt)).fit(chunked(X, [1000]), y)
    assert _is_forgotten(new_client)
    assert caught.traceback
    assert new_client.submit(int, 7).result(timeout=60) == 7


def _until(holds, seconds=60):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_targets_in_memory_are_not_copied():
    """By `dask.array.from_array` they would be."""
    import tracemalloc

    X = da.ones((2_000_000, 1), chunks=(50_000, 1)) + da.arange(2_000_000, chunks=50_000)[:, None]
    y = np.arange(2_000_000.0)
    GradientDescentRegressor().fit(X[:100], y[:100])
    tracemalloc.start()
    reg = GradientDescentRegressor().fit(X, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert_allclose(reg.coef_, [1.0])
    assert peak < y.nbytes / 2
