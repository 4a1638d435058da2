"""
Dask in one process: arrays and dataframes
==========================================

X may be a Dask array or dataframe.  Without a cluster Dask works in threads of
this process; each chunk is read, summed and discarded.
"""

import tempfile
from pathlib import Path

import dask.array as da
import dask.dataframe as dd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_gd import GradientDescentRegressor

# %%
# An array that is made as it is read
# -----------------------------------
# Chunks may come from anywhere: files, Zarr (``da.from_zarr``), HDF5
# (``da.from_array`` of an h5py data set), or, as here, a random generator.

n_rows, n_features = 400_000, 20
w = np.arange(1.0, n_features + 1.0)
X = da.random.default_rng(0).normal(size=(n_rows, n_features), chunks=(50_000, n_features))
y = X @ w + 3.0 + da.random.default_rng(1).normal(size=n_rows, chunks=50_000)
print(X)

reg = GradientDescentRegressor().fit(X, y)
print(f"{reg.status_} after {reg.n_iter_} steps")
print(f"largest error of a coefficient: {np.abs(reg.coef_ - w).max():.4f}")
assert np.abs(reg.coef_ - w).max() < 0.01

# %%
# Chunk by chunk
# --------------
# ``partial_fit`` takes one chunk after the other, so its coefficients show what the rows
# have told so far: the error falls with the square root of their number.

first, errors = GradientDescentRegressor(), []
for X_chunk, y_chunk in zip(X.blocks, y.blocks, strict=True):
    first.partial_fit(X_chunk.compute(), y_chunk.compute())
    errors.append(np.sqrt(np.mean((first.coef_ - w) ** 2)))

chunks = np.arange(1, len(errors) + 1)
_, ax = plt.subplots(layout="constrained")
expected = 1 / np.sqrt(50_000 * chunks)
ax.plot(chunks, expected, ":", color="0.4")
ax.plot(chunks, errors, "o-", color="#0072B2")
ax.text(4.1, 1.05 * expected[3], "dotted: 1 / root of the rows")
ax.set(xlabel="chunks of 50,000 rows", ylabel="error of the coefficients", ylim=0, xticks=chunks)
plt.show()

# %%
# Predictions are lazy, in the same chunks as X; the score is computed chunk by chunk.

print(reg.predict(X))
print(f"R2 = {reg.score(X, y):.6f}")

# %%
# A dataframe
# -----------
# For example from Parquet files; the names of the columns become feature names.

folder = tempfile.TemporaryDirectory()
path = Path(folder.name)
rng = np.random.default_rng(0)
for part in range(3):
    frame = pd.DataFrame(rng.normal(size=(1000, 3)), columns=["age", "mass", "height"])
    frame["cost"] = frame @ [1.0, 2.0, 3.0] + rng.normal(size=1000)
    frame.to_parquet(path / f"part{part}.parquet")

frame = dd.read_parquet(path)
reg = GradientDescentRegressor().fit(frame[["age", "mass", "height"]], frame["cost"])
for name, coef in zip(reg.feature_names_in_, reg.coef_, strict=True):
    print(f"{name:6s} {coef:.2f}")
folder.cleanup()
