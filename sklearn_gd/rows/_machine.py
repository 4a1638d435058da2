"""The machine: threads that read blocks of rows, with BLAS held to one thread; memory.

Left alone, BLAS would split every product of a block among its own threads, with
too little work for each; and its sums would depend on how many there are.  Its
number of threads, though, belongs to the whole process in most builds of
OpenBLAS.  So it is changed only in threads of ours, where no interrupt arrives,
and only while they work, when no code of the user's runs: learning rates and
callbacks are called with BLAS as it was.
"""

import os
from collections import deque
from contextlib import suppress
from contextvars import ContextVar
from functools import cache
from queue import SimpleQueue
from threading import Lock, Thread, local
from time import sleep
from typing import Any

from joblib import effective_n_jobs
from threadpoolctl import ThreadpoolController

# Share of the memory that gathered data may take.
MEMORY_SHARE = 1 / 4


@cache
def _libraries():
    return ThreadpoolController().select(user_api="blas").lib_controllers


def _limit(library, n_threads):
    # threadpoolctl 3.8 obeys one thread of the process at a time and ignores
    # all others: whether a limit holds would depend on which thread sets it.
    set_number = getattr(library, "_real_set_num_threads", library.set_num_threads)
    set_number(n_threads)


class _OneThreadEach:
    """A context manager: BLAS has one thread while any thread of ours is inside."""

    def __init__(self):
        self._begin()

    def _begin(self):
        self._lock, self._inside, self._before = Lock(), 0, []

    def allowed(self):
        """Return how many threads BLAS may use while no thread is inside."""
        with self._lock:
            numbers = self._before if self._inside else self._numbers()
        return min(numbers, default=1)

    def _numbers(self):
        return [library.num_threads for library in _libraries()]

    def __enter__(self):
        with self._lock:
            if self._inside == 0:
                self._before = self._numbers()
            self._inside += 1
            # In each thread: some libraries keep a number for each.
            for library in _libraries():
                _limit(library, 1)

    def __exit__(self, *exception):
        with self._lock:
            # Before the count becomes 0, as the process may be forked in between.
            if self._inside == 1:
                self._restore()
            self._inside -= 1

    def _restore(self):
        for library, before in zip(_libraries(), self._before, strict=True):
            # Any other number has been set by somebody else in the meantime.
            if library.num_threads == 1:
                _limit(library, before)

    def forget(self):
        """Begin anew in a forked child, which has none of the threads inside or at the lock."""
        if self._inside:
            self._restore()
        self._begin()


class _Here(local):
    """What a thread is doing."""

    job: "_Job | None" = None


_here = _Here()
_most: ContextVar[int | None] = ContextVar("_most", default=None)


class _Job:
    """Items to be done in order, each by the next thread that is free."""

    def __init__(self, function, items):
        self._function = function
        self._waiting = deque(enumerate(items))
        self._lock = Lock()
        self._left: SimpleQueue[Any] = SimpleQueue()
        # The job that this one is part of, if a thread at work creates it.
        self._whole = _here.job
        # Most threads that it, including the jobs that are part of it, may use.
        self.most: int | None = _most.get() if self._whole is None else self._whole.most
        self._is_given_up = False
        self.results = [None] * len(self._waiting)
        self.n_working = 0
        self.error = None

    @property
    def is_given_up(self):
        """Whether its results are no longer wanted."""
        return self._is_given_up or (self._whole is not None and self._whole.is_given_up)

    def work(self):
        """Do what is waiting, in a thread that no interrupt reaches."""
        with self._lock:
            # Before looking at what is waiting: see `give_up`.
            self.n_working += 1
        try:
            if self._waiting:
                with one_thread_each:
                    self._do()
        except BaseException as error:
            self.error = error
            self._waiting.clear()
        with self._lock:
            self.n_working -= 1
            is_last = self.n_working == 0 and not self._waiting
        if is_last:
            self._left.put(None)

    def _do(self):
        before, _here.job = _here.job, self
        try:
            while self._waiting:
                if self.is_given_up:
                    raise InterruptedError("the work that this is part of was given up")
                try:
                    i, item = self._waiting.popleft()
                except IndexError:  # another thread was quicker
                    return
                self.results[i] = self._function(item)
        finally:
            _here.job = before

    def wait(self):
        """Return when all is done."""
        self._left.get()

    def give_up(self):
        """Return when no thread works on it any more, however that ends; none will begin."""
        self._is_given_up = True
        self._waiting.clear()
        is_over = False
        while not is_over:
            with suppress(KeyboardInterrupt):  # one of which may be the reason to give up
                while self.n_working:
                    sleep(1e-4)
                is_over = True


one_thread_each = _OneThreadEach()
_jobs: SimpleQueue[Any] = SimpleQueue()
_threads: list[Thread] = []
_starting = Lock()


def _forget():
    """Begin anew in a forked child, which has no thread but the one that forked."""
    global _jobs, _starting
    _threads.clear()
    _jobs, _starting = SimpleQueue(), Lock()
    one_thread_each.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _serve():
    while True:
        # Without a variable, which would keep the last job while there is none.
        _jobs.get().work()


def _start(n_threads):
    """Start threads until there are ``n_threads``, and return whether there are any.

    They are kept, as starting one takes as long as a small fit.
    """
    with _starting, suppress(RuntimeError):  # while the interpreter shuts down
        while len(_threads) < n_threads:
            thread = Thread(target=_serve, daemon=True, name="sklearn_gd")
            thread.start()
            _threads.append(thread)
    return bool(_threads)


def use_at_most(n_jobs):
    """Use no more threads in this context, counted as joblib does; None: as many as BLAS may."""
    _most.set(None if n_jobs is None else effective_n_jobs(n_jobs))


def in_threads(function, items, most=None):
    """Return ``list(map(function, items))``, done in threads in each of which BLAS has one.

    Parameters
    ----------
    function : callable
    items : iterable
    most : int, default=None
        The most threads; None for as many as BLAS may use here.
    """
    allowed = one_thread_each.allowed()
    if allowed == 1:
        return list(map(function, items))
    job = _Job(function, items)
    n_threads = min(most or allowed, job.most or allowed, allowed)
    try:
        # A thread at work takes part: if all only waited for others, they might wait for ever.
        works_itself = _here.job is not None or not _start(n_threads)
        for _ in range(min(n_threads, len(job.results)) - works_itself):
            _jobs.put(job)
        if works_itself:
            job.work()
        job.wait()
    finally:
        job.give_up()
    if job.error is None:
        return job.results
    error, job.error = job.error, None
    try:
        raise error
    finally:
        # Or error and frame would keep each other alive, and with them the rows.
        del error


def alone(function, *arguments):
    """Return ``function(*arguments)``, called where BLAS has one thread."""
    return in_threads(lambda _: function(*arguments), [None], most=1)[0]


@cache
def physical_memory():
    """Bytes of memory that this process may use, as far as the system tells."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not a POSIX system
        return 4 << 30
    try:  # a container's limit
        with open("/sys/fs/cgroup/memory.max") as file:
            return min(memory, int(file.read()))
    except (OSError, ValueError):
        return memory
