"""Threads for blocks of rows, with BLAS held to one thread each.

BLAS would split every product of a block among its own threads, and fit less
work into each than a block is worth; and its sums would depend on how many
there are.
"""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache, partial
from threading import Lock
from typing import Any

from joblib import effective_n_jobs
from threadpoolctl import ThreadpoolController


@cache
def _blas():
    return ThreadpoolController().select(user_api="blas")


class _OneThreadEach:
    """Hold BLAS to one thread while anybody is inside.

    The limit belongs to the process.  If two holders each restored what they
    found, the second would restore the first one's limit for good: so the
    first one in sets it and the last one out restores it.
    """

    def __init__(self):
        self._limit: Any = None
        self.forget()

    def forget(self):
        """Be as new: in a forked child those inside, and whoever held the lock, are gone."""
        if self._limit is not None:
            self._limit.__exit__(None, None, None)
        self._lock, self._inside, self._limit = Lock(), 0, None

    def __enter__(self):
        with self._lock:
            if self._inside == 0:
                self._allowed = min((lib["num_threads"] for lib in _blas().info()), default=1)
                self._limit = _blas().limit(limits=1)
            self._inside += 1
            # Those inside share the threads that BLAS was allowed.
            return max(1, self._allowed // self._inside)

    def __exit__(self, *exception):
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._limit.__exit__(*exception)
                self._limit = None


_one_thread_each = _OneThreadEach()
_inside: ContextVar[Callable | None] = ContextVar("_inside", default=None)


@cache
def _pool():
    # Kept, as starting a thread takes as long as a small fit.
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="sklearn_gd")


if hasattr(os, "register_at_fork"):
    # A child process has no threads but the one that forked.
    os.register_at_fork(after_in_child=_pool.cache_clear)
    os.register_at_fork(after_in_child=_one_thread_each.forget)


@contextmanager
def workers(n_jobs=None):
    """Yield a function like ``map``, in order, that works in as many threads as BLAS may use.

    Inside another of the same caller it is the same again.

    Parameters
    ----------
    n_jobs : int, default=None
        The most threads, counted as joblib does.
    """
    outer = _inside.get()
    if outer is not None:
        yield outer
        return
    with _one_thread_each as n_threads:
        if n_jobs is not None:
            n_threads = min(n_threads, effective_n_jobs(n_jobs))
        mapped = map if n_threads == 1 else partial(_map, n_threads)
        token = _inside.set(mapped)
        try:
            yield mapped
        finally:
            _inside.reset(token)


def _map(n_threads, function, items):
    """``list(map(function, items))``, each thread taking the next item when it has done one."""
    items = list(items)
    results = [None] * len(items)
    waiting = deque(range(len(items)))

    def work():
        try:
            while waiting:
                try:
                    i = waiting.popleft()
                except IndexError:  # another thread was quicker
                    return
                results[i] = function(items[i])
        except BaseException:
            waiting.clear()
            raise

    # The caller's thread is one of them, so that no fit waits for another's.
    others = []
    # While the interpreter shuts down no thread is to be had: then it works alone.
    with suppress(RuntimeError):
        for _ in range(min(n_threads, len(items)) - 1):
            others.append(_pool().submit(work))
    try:
        work()
    finally:
        for other in others:
            if not other.cancel():
                other.result()
    return results
