"""
In pieces: partial_fit from Parquet, a database and CSV
=======================================================

``partial_fit`` is exact.  It keeps only the R factor (of the QR factorisation) of all
rows so far, a small matrix with the same loss, and descends over that: after the last
piece the solution is that of ``fit`` on all rows.
"""

import pickle
import sqlite3
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from sklearn.datasets import load_diabetes

from sklearn_gd import GradientDescentRegressor

X, y = load_diabetes(return_X_y=True, as_frame=True)
table = X.assign(progression=y)
folder = tempfile.TemporaryDirectory()
path = Path(folder.name)

# %%
# Parquet, by row groups
# ----------------------
# The row groups of the file are the batches.

table.to_parquet(path / "diabetes.parquet", row_group_size=100)


def parquet_pieces():
    """Yield the row groups as frames."""
    file = pq.ParquetFile(path / "diabetes.parquet")
    for group in range(file.num_row_groups):
        yield file.read_row_group(group).to_pandas()


def fitted(pieces):
    """Return a regressor that has been given all pieces, and its coefficients after each."""
    reg, coefs = GradientDescentRegressor(), []
    for piece in pieces:
        reg.partial_fit(piece[list(X)], piece["progression"])
        coefs.append(reg.coef_.copy())
    return reg, np.array(coefs)


from_parquet, coefs = fitted(parquet_pieces())
whole = GradientDescentRegressor().fit(X, y)
difference = np.abs(from_parquet.predict(X) - whole.predict(X)).max()
print(f"largest difference of a prediction: {difference:.1e}")
assert difference < 0.01

# %%
# The coefficients after each piece, three of them named.  Those of s1 and s2, two correlated
# blood values, change most.

figure, ax = plt.subplots(layout="constrained")
ax.plot(np.arange(1, len(coefs) + 1), coefs, "o-", color="0.75")
for name, colour in {"s1": "#0072B2", "s2": "#D55E00", "s5": "#009E73"}.items():
    j = X.columns.get_loc(name)
    ax.plot(np.arange(1, len(coefs) + 1), coefs[:, j], "o-", color=colour)
    ax.text(len(coefs) + 0.1, coefs[-1, j], name, color=colour, va="center")
ax.set(xlabel="row groups seen", ylabel="coefficient", xticks=range(1, len(coefs) + 1))

# %%
# A database, by chunks of a query
# --------------------------------

connection = sqlite3.connect(path / "diabetes.db")
table.to_sql("patients", connection, index=False)
from_sqlite, _ = fitted(pd.read_sql("SELECT * FROM patients", connection, chunksize=150))
connection.close()
assert np.allclose(from_sqlite.predict(X), whole.predict(X), atol=0.01)

# %%
# A CSV file, by chunks of lines
# ------------------------------

table.to_csv(path / "diabetes.csv", index=False)
from_csv, _ = fitted(pd.read_csv(path / "diabetes.csv", chunksize=200))
assert np.allclose(from_csv.predict(X), whole.predict(X), atol=0.01)

# %%
# A checkpoint
# ------------
# Between two pieces the estimator can be pickled; it continues elsewhere with the same
# bits.

reg = GradientDescentRegressor()
for piece in parquet_pieces():
    reg.partial_fit(piece[list(X)], piece["progression"])
    reg = pickle.loads(pickle.dumps(reg))
print(f"a checkpoint has {len(pickle.dumps(reg)):,} bytes, however many rows there were")
assert np.array_equal(reg.coef_, from_parquet.coef_)

folder.cleanup()
plt.show()
