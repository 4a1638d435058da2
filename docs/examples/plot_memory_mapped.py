"""
A file as X: memory-mapped arrays
=================================

``fit`` reads X block by block, so X may be a ``numpy.memmap``: a file of any numeric
dtype that is read as needed.  The fit itself takes a few megabytes, however long the
file is.
"""

import os
import tempfile
import time
import tracemalloc
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from sklearn_gd import GradientDescentRegressor

# %%
# Write a file
# ------------
# 16-bit measurements, as from a sensor, written in batches of rows.

folder = tempfile.TemporaryDirectory()
path = Path(folder.name) / "measured.bin"
n_rows, n_features = 1_000_000, 30
rng = np.random.default_rng(0)
w = rng.normal(size=n_features)

written = np.memmap(path, dtype=np.int16, mode="w+", shape=(n_rows, n_features))
y = np.empty(n_rows)
for start in range(0, n_rows, 100_000):
    rows = slice(start, start + 100_000)
    written[rows] = rng.normal(scale=1000, size=(100_000, n_features))
    y[rows] = written[rows] @ w + 200 * rng.normal(size=100_000)
written.flush()
print(f"{path.stat().st_size / 1e6:.0f} MB on disk, {written.size * 8 / 1e6:.0f} MB as float64")

# %%
# Fit the file
# ------------

X = np.memmap(path, dtype=np.int16, mode="r", shape=(n_rows, n_features))
tracemalloc.start()
started = time.perf_counter()
reg = GradientDescentRegressor().fit(X, y)
seconds = time.perf_counter() - started
peak = tracemalloc.get_traced_memory()[1]
tracemalloc.stop()
print(f"{reg.status_} after {reg.n_iter_} steps, {seconds:.2f} s on {os.cpu_count()} cores")
print(f"largest error of a coefficient: {np.abs(reg.coef_ - w).max():.1e}")
print(f"memory taken at most, beyond y: {peak / 1e6:.0f} MB")
assert peak < 32e6

# %%
# However long the file is
# ------------------------
# The same for the first rows of the file: what the fit takes does not grow with them,
# unlike a copy of X as float64, which many libraries make.

shares = np.array([0.1, 0.2, 0.5, 1.0])
taken = []
for n in (shares * n_rows).astype(int):
    tracemalloc.start()
    GradientDescentRegressor().fit(X[:n], y[:n])
    taken.append(tracemalloc.get_traced_memory()[1] / 1e6)
    tracemalloc.stop()

sizes = shares * n_rows / 1e6
_, ax = plt.subplots(layout="constrained")
ax.loglog(sizes, 8 * n_features * sizes, "o--", color="0.5")
ax.text(sizes[1], 1.25 * 8 * n_features * sizes[1], "a copy as float64", ha="right")
ax.loglog(sizes, 2 * n_features * sizes, "o:", color="0.5")
ax.text(sizes[1], 1.25 * 2 * n_features * sizes[1], "the file", ha="right")
ax.loglog(sizes, taken, "o-", color="#0072B2")
ax.text(sizes[2], 0.7 * taken[2], "what the fit takes", ha="center", va="top")
ax.set(xlabel="million rows", ylabel="megabytes", xticks=sizes, ylim=2)
ax.xaxis.set_major_formatter("{x:g}")
ax.xaxis.set_minor_formatter("")
plt.show()

del X, written
folder.cleanup()
