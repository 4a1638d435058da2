"""Threads for blocks: the same bits for any number of them, and a process left as it was."""

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.model_selection import GridSearchCV
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import threadpool_info, threadpool_limits

from sklearn_gd import GradientDescentRegressor, GradientDescentRegressorCV, cost
from sklearn_gd._objective.moments import collect
from sklearn_gd.rows._blocks import DenseBlock
from sklearn_gd.rows._factor import RFactor
from sklearn_gd.rows._machine import _libraries, _limit, alone, in_threads, one_thread_each
from sklearn_gd.rows._memory import Rows

rng = np.random.default_rng(0)
X = rng.normal(size=(30_000, 30))
Y = X @ rng.normal(size=30) + rng.normal(size=30_000)
# Large enough for threads even where a read is all there is to do.
BIG = rng.normal(size=(120_000, 30))
BIG_Y = BIG @ rng.normal(size=30) + rng.normal(size=120_000)

# Windows has none, and Apple's BLAS does not survive one.
only_where_forks_are_safe = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="no fork here that is safe"
)


def blas_threads():
    return {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}


# Apple's for instance cannot: reads are then in one thread.
only_where_blas_can_be_limited = pytest.mark.skipif(
    not blas_threads(), reason="no BLAS here whose threads can be limited"
)


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("container", [np.asarray, np.asfortranarray, sparse.csr_array])
def test_same_bits_for_any_number_of_threads(container, precompute):
    fits = []
    for limit in (1, 2, 4):
        with threadpool_limits(limit):
            reg = GradientDescentRegressor(precompute=precompute).fit(container(BIG), BIG_Y)
            fits.append((reg, cost(container(BIG), BIG_Y, reg.coef_, reg.intercept_)))
    for reg, loss in fits[1:]:
        assert_array_equal(reg.coef_, fits[0][0].coef_)
        assert_array_equal(reg.loss_history_, fits[0][0].loss_history_)
        assert loss == fits[0][1]


def test_limits_are_left_as_they_were():
    before = blas_threads()
    GradientDescentRegressor(max_iter=3, tol=0).fit(X, Y)
    assert blas_threads() == before
    with pytest.raises(ValueError, match="step 1"):
        GradientDescentRegressor(lambda k: 0.1 if k < 1 else -1).fit(X, Y)
    assert blas_threads() == before


def sleepy(seconds, fail_at=None):
    """A learning rate that takes its time, as a user's own may."""

    def rate(k):
        time.sleep(seconds)
        if k == fail_at:
            raise RuntimeError("the user's own")
        return 0.1

    return GradientDescentRegressor(rate, max_iter=10, tol=0)


def in_a_pool(work, n):
    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(work, range(n)))


def in_joblib(work, n):
    return Parallel(n_jobs=n, backend="threading")(delayed(work)(i) for i in range(n))


@pytest.mark.parametrize("run", [in_a_pool, in_joblib])
@pytest.mark.parametrize("precompute", [True, False])
def test_overlapping_fits_leave_the_limit_as_it_was(run, precompute):
    """Whoever is first in and first out, in whatever thread."""
    before = blas_threads()

    def fit(i):
        try:
            sleepy((1 + i % 3) / 300, 3 if i == 2 else None).set_params(precompute=precompute).fit(
                X, Y
            )
        except RuntimeError:
            return "raised"
        return "fitted"

    assert run(fit, 8) == ["fitted", "fitted", "raised", *["fitted"] * 5]
    assert blas_threads() == before


def test_users_code_runs_with_blas_as_it_was():
    """A limit found and put back by the user's own code then changes nothing for good."""
    before, seen = blas_threads(), []

    def rate(k):
        seen.append(blas_threads())
        return 0.1

    GradientDescentRegressor(rate, max_iter=3, tol=0).fit(BIG, BIG_Y)
    assert seen == [before] * 3


@only_where_blas_can_be_limited
@pytest.mark.parametrize("limit", [2, 3])
def test_the_same_bits_while_another_thread_holds_a_limit(limit):
    """Of threadpoolctl 3.8 others' calls are ignored until that thread lifts it."""
    expected = GradientDescentRegressor().fit(X, Y).coef_
    held, done = threading.Event(), threading.Event()
    before = blas_threads()

    def hold():
        with threadpool_limits(limit):
            held.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    try:
        for precompute in (True, False):
            reg = GradientDescentRegressor("exact", precompute=precompute, max_iter=20, tol=0)
            found = reg.fit(BIG, BIG_Y).coef_
            assert blas_threads() == {limit}
        assert_array_equal(GradientDescentRegressor().fit(X, Y).coef_, expected)
    finally:
        done.set()
        thread.join()
    assert blas_threads() == before
    assert_array_equal(reg.fit(BIG, BIG_Y).coef_, found)


@only_where_blas_can_be_limited
def test_a_limit_set_meanwhile_is_not_overwritten():
    """What another thread sets while ours are at work stays."""
    library = _libraries()[0]
    before = library.num_threads
    try:
        alone(lambda: _limit(library, before + 1))
        assert library.num_threads == before + 1
    finally:
        _limit(library, before)


def test_fits_in_threads_of_the_callers():
    alone = GradientDescentRegressor().fit(X, Y).coef_
    fits = Parallel(n_jobs=4, backend="threading")(
        delayed(GradientDescentRegressor().fit)(X, Y) for _ in range(8)
    )
    for reg in fits:
        assert_array_equal(reg.coef_, alone)


def test_one_allowed_thread_means_no_threads_of_ours():
    with threadpool_limits(1):
        found = in_threads(lambda _: threading.current_thread(), range(3))
    assert found == [threading.current_thread()] * 3


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_a_search_leaves_the_limit_as_it_was(backend):
    from joblib import parallel_backend

    before = blas_threads()
    with parallel_backend(backend):
        GridSearchCV(
            GradientDescentRegressor(max_iter=20, tol=0),
            {"alpha": [0.01, 0.1, "auto"]},
            n_jobs=2,
            cv=2,
        ).fit(X[:3000], Y[:3000])
    assert blas_threads() == before


@only_where_forks_are_safe
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_starts_threads_of_its_own():
    """Those of its parent, which has fitted, are not there: it would wait for them for ever."""
    expected = GradientDescentRegressor().fit(BIG, BIG_Y).coef_
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        found = pool.submit(fitted_coef).result(timeout=60)
    assert_array_equal(found, expected)


def fitted_coef():
    return GradientDescentRegressor().fit(BIG, BIG_Y).coef_


def test_an_error_in_a_thread_is_raised_and_ends_the_others():
    seen = []

    def fail(i):
        seen.append(i)
        time.sleep(0.01)
        if i == 3:
            raise RuntimeError("elsewhere")

    with threadpool_limits(2), pytest.raises(RuntimeError, match="elsewhere"):
        in_threads(fail, range(1000))
    assert len(seen) < 1000


def test_threads_at_work_may_ask_for_threads():
    """All of them at once: none may wait for one that waits for it."""

    def outer(i):
        return sum(in_threads(lambda j: 10 * i + j, range(3)))

    with threadpool_limits(2):
        assert in_threads(outer, range(4)) == [sum(10 * i + j for j in range(3)) for i in range(4)]


@only_where_forks_are_safe
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_while_threads_are_at_work():
    """The child must not wait for a lock that nobody will release, nor keep the limit."""
    before = blas_threads()
    inside, forked = threading.Event(), threading.Event()

    def work():
        inside.set()
        forked.wait()

    thread = threading.Thread(target=alone, args=(work,))
    thread.start()
    inside.wait()
    one_thread_each._lock.acquire()
    try:
        pid = os.fork()
        if pid == 0:
            signal.alarm(30)
            ok = blas_threads() == before
            GradientDescentRegressor(max_iter=3, tol=0).fit(BIG, BIG_Y)
            os._exit(0 if ok and blas_threads() == before else 1)
    finally:
        one_thread_each._lock.release()
        forked.set()
        thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert blas_threads() == before


@only_where_forks_are_safe
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_in_a_fit():
    before = blas_threads()

    def rate(k):
        if k == 1:
            pid = os.fork()
            if pid == 0:
                signal.alarm(30)
                GradientDescentRegressor(max_iter=3, tol=0).fit(BIG, BIG_Y)
                os._exit(0 if blas_threads() == before else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        return 0.1

    GradientDescentRegressor(rate, max_iter=3, tol=0).fit(BIG, BIG_Y)
    assert blas_threads() == before


STORM = {
    "fit": lambda: GradientDescentRegressor(max_iter=50, tol=0).fit(STORM_X, STORM_Y),
    "by passes": lambda: GradientDescentRegressor(precompute=False, max_iter=3, tol=0).fit(
        STORM_X, STORM_Y
    ),
    "cross-validation": lambda: GradientDescentRegressorCV(
        [0.5], max_iter=400, cv=2, n_jobs=2
    ).fit(STORM_X, STORM_Y),
    "partial_fit": lambda: GradientDescentRegressor(max_iter=5, tol=0).partial_fit(
        STORM_X[:20_000], STORM_Y[:20_000]
    ),
}
STORM_X = rng.normal(size=(60_000, 60))
STORM_Y = STORM_X @ rng.normal(size=60) + rng.normal(size=60_000)
STORM_SECONDS = 5.0


@pytest.fixture
def silent_collector():
    """Without callbacks of the collector: an interrupt in one, as Hypothesis has, is lost."""
    callbacks = gc.callbacks[:]
    gc.callbacks.clear()
    yield
    gc.callbacks.extend(callbacks)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers here")
@pytest.mark.usefixtures("silent_collector")
@pytest.mark.parametrize("work", STORM)
def test_a_storm_of_interrupts(work):
    """At any moment, for some seconds: the process is as it was, and a fit works."""

    def interrupt(signum, frame):
        raise KeyboardInterrupt

    def state():
        return blas_threads(), np.geterr(), list(warnings.filters)

    run, moments, n_interrupts = STORM[work], np.random.default_rng(1), 0
    begin = time.perf_counter()
    run()
    usual = time.perf_counter() - begin
    before, handler = state(), signal.signal(signal.SIGALRM, interrupt)
    try:
        end = time.monotonic() + STORM_SECONDS
        while time.monotonic() < end:
            try:
                try:
                    signal.setitimer(signal.ITIMER_REAL, moments.uniform(1e-5, usual))
                    run()
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                n_interrupts += 1
            assert state() == before, f"after {n_interrupts} interrupts"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
    assert n_interrupts > 0
    run()


OVERLAPPING = """
import threading, time
import numpy as np
import threadpoolctl
from sklearn_gd import GradientDescentRegressor
X = np.random.default_rng(0).standard_normal((400, 40))
y = X[:, 0]
def fit(seconds):
    def rate(k):
        time.sleep(seconds / 10)
        return 0.1
    GradientDescentRegressor(rate, max_iter=10, tol=0).fit(X, y)
    GradientDescentRegressor(precompute=False, max_iter=10, tol=0).fit(X, y)
def blas():
    return [i["num_threads"] for i in threadpoolctl.threadpool_info() if i["user_api"] == "blas"]
before = blas()
other = threading.Thread(target=lambda: (time.sleep(0.05), fit(0.4)))
other.start()
fit(0.2)
other.join()
assert blas() == before, (before, blas())
print(threadpoolctl.__version__)
"""


@pytest.mark.parametrize("version", ["3.1.0", "3.5.0", "3.6.0", "3.7.0", "3.8.0"])
def test_overlapping_fits_with_each_threadpoolctl(version, tmp_path):
    """Installed beside the others' version, for a process of its own."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    done = subprocess.run([*pip, tmp_path, f"threadpoolctl=={version}"], check=False)
    if done.returncode:
        pytest.skip(f"threadpoolctl {version} cannot be installed here")
    path = os.pathsep.join([str(tmp_path), os.getcwd()])
    done = subprocess.run(
        [sys.executable, "-c", OVERLAPPING],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == (version, "")


def test_a_fit_while_the_interpreter_shuts_down():
    """Then no thread is to be started; the fit goes on in its own."""
    code = """
import atexit
import numpy as np
from sklearn_gd import GradientDescentRegressor
X = np.random.default_rng(0).normal(size=(120_000, 30))
reg = GradientDescentRegressor(precompute=False, max_iter=3, tol=0)
atexit.register(lambda: print(reg.fit(X, X[:, 0]).n_iter_))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "3\n"


@pytest.mark.parametrize("shape", [(60_000, 1), (1, 360), (3, 200), (20, 110), (442, 10)])
def test_same_bits_where_there_is_little_to_do(shape):
    few = rng.normal(size=shape) + 2.0
    y = few.sum(axis=1) + rng.normal(size=shape[0])
    coefs = []
    for limit in (1, 2):
        with threadpool_limits(limit):
            coefs.append(GradientDescentRegressor("exact", max_iter=60, tol=0).fit(few, y).coef_)
    assert_array_equal(*coefs)


def test_a_fit_on_dask_threads_with_an_eigenvalue_by_passes():
    """Dask's threads ask for ours, which must not be waiting for Dask's."""
    da = pytest.importorskip("dask.array")
    wide, y = rng.normal(size=(300, 1100)), rng.normal(size=300)
    lazy = da.from_array(wide, chunks=(100, -1)), da.from_array(y, chunks=100)
    reg = GradientDescentRegressor("lipschitz", precompute=False, max_iter=3, tol=0)
    found = reg.fit(*lazy).coef_
    np.testing.assert_allclose(found, reg.fit(wide, y).coef_, rtol=1e-9, atol=1e-12)


@only_where_blas_can_be_limited
@pytest.mark.parametrize("what", ["dense", "sparse", "covariances", "factor"])
def test_reads_in_threads(what, monkeypatch):
    """Two at a time of many rows, or where there is much to do; few rows in the caller's.

    Each waits for the other, which would never come if there were one.
    """
    both, seen = threading.Barrier(2, timeout=30), set()

    def meet(*_):
        if threading.current_thread() not in seen:
            seen.add(threading.current_thread())
            both.wait()
        return (1,)

    def meeting(method):
        return lambda *arguments: meet() and method(*arguments)

    for name in ("gram", "dense"):
        monkeypatch.setattr(DenseBlock, name, meeting(getattr(DenseBlock, name)))
    # Of these a plain read is not worth threads.
    some = Rows(BIG[:40_000], BIG_Y[:40_000, None])
    with threadpool_limits(2):
        if what == "covariances":
            collect(some, True, covariance=True)
        elif what == "factor":
            RFactor.of(some)
        else:
            Rows(sparse.csr_array(BIG) if what == "sparse" else BIG, BIG_Y[:, None]).sum(meet)
    assert len(seen) == 2

    def here(X, y, weights):
        return (int(threading.current_thread() is threading.main_thread()),)

    few = Rows(BIG[:99, :3], BIG_Y[:99, None])
    assert few.sum(here) == [len(few.starts()) - 1]
