"""Requests to Dask's scheduler, and errors for when the cluster, client or data are gone."""

import asyncio
import time
from contextlib import contextmanager, suppress

import dask
from dask.base import get_scheduler
from dask.utils import parse_timedelta

from ._machine import physical_memory

# Dask's own setting of how long to wait; where it is for ever, the default, then this long.
NO_WORKERS = "distributed.scheduler.no-workers-timeout"
PATIENCE = "5 minutes"
# Seconds after which to check again whether there are workers.
PERIOD = 1.0

CLUSTER_CLOSED = (
    "The Dask cluster was closed before the computation was complete. Start one that stays open "
    "until then, and call again."
)
CLIENT_CLOSED = (
    "The Dask client was closed before the computation was complete. Make one that stays open "
    "until then, and call again."
)
NOT_CONNECTED = (
    "The Dask client has lost its scheduler, which was closed or cannot be reached. Call again "
    "with a client that is connected."
)
RESTARTED = (
    "The Dask cluster was restarted and has lost all that it was computing or had in memory. "
    "First put there again what you had persisted or scattered, then call again."
)
DATA_LOST = (
    "Dask lost data that this needs: it was cancelled, or the only worker that held it is gone, "
    "and, like all data that was scattered or set in memory, it cannot be computed again. Call "
    "again with chunks that can be read again, from files for instance."
)


def active_client():
    """Return the client of a cluster, if that is where Dask computes now, else None."""
    client = getattr(get_scheduler(), "__self__", None)
    is_client = hasattr(client, "scheduler") and hasattr(client, "compute")
    # In a task of a worker, Dask's own way of waiting leaves the thread to other tasks.
    return client if is_client and not _is_task() else None


def _is_task():
    from distributed import get_worker

    try:
        get_worker()
    except ValueError:
        return False
    return True


def memory(client):
    """Bytes of memory that Dask may use, as far as it tells; of this machine without a client."""
    if client is None:
        return physical_memory()
    with _trouble_named(client):
        return client.run_on_scheduler(_memory_of_workers)


def _memory_of_workers(dask_scheduler):
    return sum(worker.memory_limit or 0 for worker in dask_scheduler.workers.values())


def persist(client, arrays):
    """Return the arrays with their chunks computed, which stay in memory where they are made."""
    with _trouble_named(client, arrays):
        return list(dask.persist(*arrays) if client is None else client.persist(arrays))


def release(arrays):
    """Let go of what `persist` has returned, even if it failed.

    Not left to the last reference: while a traceback is kept somewhere, the
    scheduler would remember tasks that failed, and the next fit would meet them.
    """
    from distributed import futures_of

    futures = futures_of(arrays)
    if futures:
        _cancel(futures[0].client, futures)


def _cancel(client, futures):
    # Unlike a release, this is on its way to the scheduler before the next graph is.  If the
    # client is gone there is nothing to let go of, and it may raise errors of any class.
    with suppress(Exception):
        client.cancel(futures)


def compute(client, node, given=()):
    """Return what a collection computes, on the client's cluster or by Dask's active scheduler.

    It may be made of ``given``, the user's collections, whose data must then still be there.
    """
    # Optimising may have taken the user's futures out of the graph.
    with _trouble_named(client, [node, *given]):
        if client is None:
            return dask.compute(node)[0]
        future = client.compute(node)
        try:
            _wait(client, future)
            return future.result()
        finally:
            # This also stops what still runs after the user or a worker has interrupted it.
            _cancel(client, [future])


def _wait(client, future):
    """Return when the future is done; RuntimeError if there are no workers for too long."""
    from distributed import wait

    setting = dask.config.get(NO_WORKERS, None) or PATIENCE
    lost = (
        f"The Dask cluster has had no workers for {setting}. Add some, or set Dask's "
        f"{NO_WORKERS} to wait longer for them."
    )
    patience, alone_since = parse_timedelta(setting), None
    while True:
        try:
            wait(future, timeout=PERIOD)
            # The scheduler may have lost patience first.
            if type(future.exception()).__name__ == "NoWorkerError":
                raise RuntimeError(lost) from future.exception()
            return
        except TimeoutError:
            # A cluster that is being closed may wait for tasks that never end.
            if _gone(client):
                raise
            if client.ncores():
                alone_since = None
                continue
        now = time.monotonic()
        alone_since = now if alone_since is None else alone_since
        if now - alone_since >= patience:
            raise RuntimeError(lost)


@contextmanager
def _trouble_named(client, needed=()):
    """Raise an error that says what happened to the cluster, the client or the data, if it did.

    Dask's own errors are about what it was doing at the time: messages that it
    cannot send, attributes of None and keys that are cancelled.
    """
    try:
        yield
    except (Exception, asyncio.CancelledError) as error:
        trouble = _trouble(client, needed, error)
        if trouble is None:
            raise
        raise RuntimeError(trouble) from error


def _trouble(client, needed, error):
    """Return the sentence that explains the error; None if it explains itself."""
    try:
        from distributed import CancelledError, futures_of
    except ImportError:
        return None
    # Data may lie on another cluster than the client's, or on one where there is no client.
    clients = {client, *(future.client for future in futures_of(needed))} - {None}
    gone = next(filter(None, map(_gone, clients)), None)
    if gone is not None or not isinstance(error, CancelledError | asyncio.CancelledError):
        return gone
    reasons = _reasons(error)
    try:
        futures_of(needed, client)
    except CancelledError as cancelled:
        # The reasons of the data itself say more than that something depended on it.
        reasons |= _reasons(cancelled)
    return RESTARTED if "scheduler-restart" in reasons else DATA_LOST


def _gone(client):
    """Return the sentence that says that the cluster or the client is gone, or None."""
    cluster_status = getattr(getattr(client.cluster, "status", None), "name", None)
    if cluster_status in {"closing", "closed"}:
        return CLUSTER_CLOSED
    has_lost_it = client.status == "connecting"
    while client.status == "connecting":
        # Until it has reconnected or given up.  In some versions lost data ends the connection.
        time.sleep(PERIOD / 10)
    if client.status == "running":
        return None
    return NOT_CONNECTED if has_lost_it else CLIENT_CLOSED


def _reasons(error):
    """Dask's words for why futures were cancelled."""
    groups = getattr(error, "error_groups", [error])
    return {getattr(group, "reason", None) for group in groups}
