"""What is asked of Dask's scheduler, and what it answers when workers or data are gone."""

import time
from concurrent.futures import CancelledError

import dask
from dask.base import get_scheduler
from dask.utils import parse_timedelta

from .hessian import physical_memory

# Dask's own setting, which is for ever by default; then this long.
NO_WORKERS = "distributed.scheduler.no-workers-timeout"
PATIENCE = "5 minutes"
# Seconds between two looks at whether there are workers.
LOOK = 1.0


def _client():
    """Return the client of a cluster, if that is where Dask computes now, else None."""
    client = getattr(get_scheduler(), "__self__", None)
    is_client = hasattr(client, "scheduler") and hasattr(client, "compute")
    # In a task of a worker Dask's own way of waiting leaves the thread to other tasks.
    return client if is_client and not _is_task() else None


def _is_task():
    from distributed import get_worker

    try:
        get_worker()
    except ValueError:
        return False
    return True


def on_a_cluster():
    """Whether Dask computes on a cluster now."""
    return _client() is not None


def memory():
    """Bytes of memory that Dask may use, as far as it tells."""
    client = _client()
    if client is None:
        return physical_memory()
    return client.run_on_scheduler(_memory_of_workers)


def _memory_of_workers(dask_scheduler):
    return sum(worker.memory_limit or 0 for worker in dask_scheduler.workers.values())


def compute(node):
    """Return what a delayed computation makes, by whatever scheduler is active."""
    client = _client()
    if client is None:
        return dask.compute(node)[0]
    future = client.compute(node)
    try:
        _wait(client, future)
        return future.result()
    except CancelledError as error:
        raise RuntimeError(
            "Dask lost data of this fit: a worker that alone held it is gone, and it cannot be "
            "made again, as data that was scattered or set in memory cannot. Fit on chunks that "
            "can be read again, from files for instance."
        ) from error
    finally:
        # Whatever is left of it, when the user or a worker ended it.
        future.cancel()


def _wait(client, future):
    """Return when the future is done; RuntimeError if there are no workers for too long."""
    from distributed import wait

    setting = dask.config.get(NO_WORKERS, None) or PATIENCE
    lost = (
        f"The Dask cluster has had no workers for {setting}. Add some, or wait longer for them: "
        f"that long is Dask's setting {NO_WORKERS}."
    )
    patience, alone_since = parse_timedelta(setting), None
    while True:
        try:
            wait(future, timeout=LOOK)
            # The scheduler may have lost patience first.
            if type(future.exception()).__name__ == "NoWorkerError":
                raise RuntimeError(lost) from future.exception()
            return
        except TimeoutError:
            if client.ncores():
                alone_since = None
                continue
        now = time.monotonic()
        alone_since = now if alone_since is None else alone_since
        if now - alone_since >= patience:
            raise RuntimeError(lost)
