"""
Dask on a cluster, and what it costs
====================================

If a ``dask.distributed`` client is active, the same code runs on its workers.
Each sums over its own chunks and sends p x p numbers (with p features), never rows.
Here the cluster is two processes on this machine, and the time is measured for
several numbers of rows.
"""

import os
import time

import dask
import dask.array as da
import distributed
import matplotlib.pyplot as plt
import numpy as np

from sklearn_gd import GradientDescentRegressor

# %%
# The same coefficients
# ---------------------

N_FEATURES = 50
w = np.arange(1.0, N_FEATURES + 1.0)


def rows(n_rows, chunk=25_000):
    """Return X and y in chunks that each worker can generate for itself."""
    rng = da.random.default_rng(0)
    X = rng.normal(size=(n_rows, N_FEATURES), chunks=(chunk, N_FEATURES))
    return X, X @ w + rng.normal(size=n_rows, chunks=chunk)


def main():
    """Fit on a cluster of two processes, and draw the times."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
    ):
        X, y = rows(200_000)
        reg = GradientDescentRegressor().fit(X, y)
        here = GradientDescentRegressor().fit(X.compute(), y.compute())
        difference = np.abs(reg.coef_ / here.coef_ - 1).max()
        print(f"largest relative difference from a fit in memory: {difference:.1e}")
        assert difference < 1e-9

        sizes = [200_000, 400_000, 800_000, 1_600_000]
        seconds = [timed(n_rows) for n_rows in sizes]
    draw(sizes, seconds)


def timed(n_rows):
    """Median time of five fits, after the rows have been made and fitted once."""
    X, y = dask.persist(*rows(n_rows))
    distributed.wait([X, y])
    GradientDescentRegressor().fit(X, y)
    times = []
    for _ in range(5):
        started = time.perf_counter()
        GradientDescentRegressor().fit(X, y)
        times.append(time.perf_counter() - started)
    return sorted(times)[2]


# %%
# Time against rows
# -----------------
# The time has a fixed part, for scheduling and for the descent itself, and a part
# proportional to the rows.  More workers share only the second.


def draw(sizes, seconds):
    """Draw the times, and the line through them."""
    each, fixed = np.polyfit(sizes, seconds, 1)
    for n_rows, took in zip(sizes, seconds, strict=True):
        print(f"{n_rows:9,} rows {took:6.3f} s, the line says {fixed + each * n_rows:6.3f} s")
    print(f"{os.cpu_count()} cores: {fixed:.2f} s and {1e9 * each:.0f} ns for each row")
    print("If the line held that far, 10^10 rows would take")
    print(
        f"these two workers {each * 1e10 / 3600:.1f} hours, and 200 {each * 1e8 / 60:.1f} minutes."
    )
    _, ax = plt.subplots(layout="constrained")
    millions = np.array([0, *sizes]) / 1e6
    ax.plot(millions[1:], seconds, "o", label="measured")
    ax.plot(millions, fixed + 1e6 * each * millions, label="fixed part + rows")
    ax.set(xlabel="million rows", ylabel="seconds", xlim=0, ylim=0)
    ax.legend()


# The worker processes import this file; they must not start a cluster themselves.
if __name__ == "__main__":
    main()
    plt.show()
