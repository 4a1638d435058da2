"""Threads for blocks: the same bits for any number of them, and limits left as they were."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import threadpool_info, threadpool_limits

from sklearn_gd import GradientDescentRegressor, cost
from sklearn_gd._threads import _one_thread_each, workers

rng = np.random.default_rng(0)
X = rng.normal(size=(30_000, 30))
Y = X @ rng.normal(size=30) + rng.normal(size=30_000)
# Large enough for threads even where a read is all there is to do.
BIG = rng.normal(size=(120_000, 30))
BIG_Y = BIG @ rng.normal(size=30) + rng.normal(size=120_000)


def blas_threads():
    return {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}


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


def test_overlapping_holders_restore_the_first_ones_limit():
    """The first in is the first out: a limiter each would leave one thread for good."""
    before = blas_threads()
    first_in, second_in = threading.Event(), threading.Event()

    def first():
        with workers():
            first_in.set()
            second_in.wait()

    thread = threading.Thread(target=first)
    thread.start()
    first_in.wait()
    with workers():
        assert blas_threads() == {1}
        second_in.set()
        thread.join()
        assert blas_threads() == {1}
    assert blas_threads() == before


def test_fits_in_threads_of_the_callers():
    alone = GradientDescentRegressor().fit(X, Y).coef_
    fits = Parallel(n_jobs=4, backend="threading")(
        delayed(GradientDescentRegressor().fit)(X, Y) for _ in range(8)
    )
    for reg in fits:
        assert_array_equal(reg.coef_, alone)


def test_one_allowed_thread_means_no_pool():
    with threadpool_limits(1), workers() as mapped:
        assert mapped is map


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_starts_threads_of_its_own():
    """Those of its parent, which has fitted, are not there: it would wait for them for ever."""
    expected = GradientDescentRegressor().fit(BIG, BIG_Y).coef_
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        found = pool.submit(fitted_coef).result(timeout=60)
    assert_array_equal(found, expected)


def fitted_coef():
    return GradientDescentRegressor().fit(BIG, BIG_Y).coef_


def test_an_error_in_another_thread_is_raised():
    seen = set()

    def fail_elsewhere(i):
        seen.add(i)
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("elsewhere")
        time.sleep(0.01)

    with threadpool_limits(2), workers() as mapped:
        if mapped is map:
            pytest.skip("one thread only")
        with pytest.raises(RuntimeError, match="elsewhere"):
            mapped(fail_elsewhere, range(1000))
    assert len(seen) < 1000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_while_another_thread_holds_the_limit():
    """The child must not wait for a lock that nobody will release, nor keep the limit."""
    before = blas_threads()
    with workers():
        _one_thread_each._lock.acquire()
        try:
            pid = os.fork()
            if pid == 0:
                signal.alarm(30)
                ok = blas_threads() == before
                GradientDescentRegressor(max_iter=3, tol=0).fit(X, Y)
                os._exit(0 if ok and blas_threads() == before else 1)
        finally:
            _one_thread_each._lock.release()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


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


@pytest.mark.parametrize("shape", [(60_000, 1), (1, 360), (3, 200), (442, 10)])
def test_same_bits_where_there_is_little_to_do(shape):
    few = rng.normal(size=shape) + 2.0
    y = few.sum(axis=1) + rng.normal(size=shape[0])
    coefs = []
    for limit in (1, 2):
        with threadpool_limits(limit):
            coefs.append(GradientDescentRegressor("exact", max_iter=60, tol=0).fit(few, y).coef_)
    assert_array_equal(*coefs)
