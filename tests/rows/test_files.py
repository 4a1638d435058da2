"""Rows in files: memory-mapped, and in pieces from Parquet, SQLite and CSV."""

import json
import os
import sqlite3
import subprocess
import sys
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import ConvergenceWarning

from sklearn_gd import GradientDescentRegressor

from ..problems import with_condition
from ..watching import WATCH

MEGABYTE = 1 << 20


def mapped(path, X):
    """Return the array as a read-only memory-mapped file."""
    written = np.memmap(path, dtype=X.dtype, mode="w+", shape=X.shape)
    written[:] = X
    written.flush()
    return np.memmap(path, dtype=X.dtype, mode="r", shape=X.shape)


@pytest.mark.parametrize("dtype", ["f8", "f4", ">f8", ">f4", "i2", ">i4", "u1"])
@pytest.mark.parametrize("precompute", [True, False])
def test_a_file_is_read_by_blocks(tmp_path, dtype, precompute):
    rng = np.random.default_rng(0)
    X = (100 * rng.random((200_000, 20))).astype(dtype)
    y = X.astype(float) @ np.arange(20.0) + rng.normal(size=len(X))
    on_disk = mapped(tmp_path / "X", X)
    reg = GradientDescentRegressor("lipschitz", max_iter=3, tol=0, precompute=precompute)
    tracemalloc.start()
    reg.fit(on_disk, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    predictions = reg.predict(on_disk)
    _, peak_of_predict = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # As float64 they would be 32 MB.
    assert peak < 16 * MEGABYTE
    assert peak_of_predict < 16 * MEGABYTE
    in_memory = GradientDescentRegressor("lipschitz", max_iter=3, tol=0).fit(X.astype(float), y)
    rtol = 1e-5 if dtype == "f4" else 1e-9
    assert reg.coef_.dtype == (np.float32 if dtype == "f4" else np.float64)
    assert_allclose(reg.coef_, in_memory.coef_, rtol=rtol, atol=rtol)
    assert_allclose(reg.loss_history_, in_memory.loss_history_, rtol=1e-9)
    assert_allclose(predictions, in_memory.predict(X.astype(float)), rtol=10 * rtol)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i4", "u1"])
def test_targets_in_a_file_are_read_by_blocks_too(tmp_path, dtype):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 99, (2, 4_000_000), dtype="u1")
    y[:2_000_000] += X[:2_000_000] // 3
    X, y = mapped(tmp_path / "X", X[:, None]), mapped(tmp_path / "y", y.astype(dtype))
    reg = GradientDescentRegressor()
    tracemalloc.start()
    reg.fit(X, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # As float64 they would be 32 MB more than blocks.
    assert peak < 24 * MEGABYTE
    assert_allclose(reg.coef_, np.cov(X[:, 0], y)[0, 1] / np.var(X, ddof=1), rtol=1e-9)


# Run by itself, with limits.
LIMITED = """
import json, resource, sys

limit, kind, folder = int(sys.argv[1]), sys.argv[2], sys.argv[3]
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

import numpy as np
from sklearn_gd import GradientDescentRegressor

threading.Thread(target=watch, daemon=True).start()
reg = GradientDescentRegressor()
if kind == "memmap":
    X = np.memmap(folder + "/X", dtype="f8", mode="r").reshape(-1, 100)
    y = np.memmap(folder + "/y", dtype="f8", mode="r")
    reg.fit(X, y)
else:
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(folder + "/rows.parquet")
    for group in range(file.num_row_groups):
        table = file.read_row_group(group, use_threads=False)
        values = np.column_stack([column.to_numpy() for column in table.columns])
        reg.partial_fit(values[:, :-1], values[:, -1])
        del table, values
done.set()
print(json.dumps({"peak": peak[0], "status": reg.status_, "coef": reg.coef_.tolist()}))
"""


def limited(limit, kind, folder):
    """Fit in a process of its own that may have so many bytes of data."""
    done = subprocess.run(
        [sys.executable, "-c", WATCH + LIMITED, str(limit), kind, str(folder)],
        capture_output=True,
        text=True,
        # Arrow's other pools, and each thread of BLAS, reserve more than they use.
        env={
            **os.environ,
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "OPENBLAS_NUM_THREADS": "1",
        },
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits and their counts are Linux's")
@pytest.mark.parametrize("kind", ["memmap", "parquet"])
def test_a_file_four_times_the_memory_allowed(tmp_path, kind):
    limit = 384 * MEGABYTE
    rows, groups = 25_000, 82
    w = np.arange(1.0, 101.0)

    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, 100))
    y = X @ w + 3.0 + rng.normal(size=rows)
    # The same rows again and again are as long to read as others.
    path = tmp_path / ("X" if kind == "memmap" else "rows.parquet")
    if kind == "memmap":
        with open(path, "wb") as X_file, open(tmp_path / "y", "wb") as y_file:
            for _ in range(groups):
                X.tofile(X_file)
                y.tofile(y_file)
    else:
        import pyarrow as pa
        import pyarrow.parquet as pq

        names = [f"x{j}" for j in range(100)] + ["y"]
        schema = pa.schema([(name, pa.float64()) for name in names])
        table = pa.table(dict(zip(names, [*X.T, y], strict=True)))
        how = {"compression": "none", "use_dictionary": False}
        with pq.ParquetWriter(path, schema, **how) as writer:
            for _ in range(groups):
                writer.write_table(table)
        assert pq.ParquetFile(path).metadata.row_group(0).total_byte_size <= 64 * MEGABYTE
    assert path.stat().st_size >= 4 * limit
    found = limited(limit, kind, tmp_path)
    path.unlink()
    assert found["status"] == "converged"
    assert found["peak"] < 300 * MEGABYTE
    assert_allclose(found["coef"], w, atol=0.05)


@pytest.fixture
def table():
    X, y = with_condition(100.0, 300, 4, noise=0.1, seed=0)
    return pd.DataFrame(X, columns=list("abcd")).assign(target=y)


def pieces_of_csv(table, folder):
    table.to_csv(folder / "rows.csv", index=False)
    return pd.read_csv(folder / "rows.csv", chunksize=70)


def pieces_of_sqlite(table, folder):
    with sqlite3.connect(folder / "rows.db") as connection:
        table.to_sql("measured", connection, index=False)
        yield from pd.read_sql("SELECT * FROM measured", connection, chunksize=70)
    connection.close()


def pieces_of_parquet(table, folder):
    import pyarrow.parquet as pq

    table.to_parquet(folder / "rows.parquet", row_group_size=70)
    file = pq.ParquetFile(folder / "rows.parquet")
    for group in range(file.num_row_groups):
        yield file.read_row_group(group).to_pandas()


@pytest.mark.parametrize("pieces", [pieces_of_csv, pieces_of_sqlite, pieces_of_parquet])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_in_pieces_from_real_sources(tmp_path, table, pieces):
    reg = GradientDescentRegressor("exact", tol=1e-10)
    for piece in pieces(table, tmp_path):
        reg.partial_fit(piece.drop(columns="target"), piece["target"])
    expected = GradientDescentRegressor("exact", tol=1e-10)
    expected.fit(table.drop(columns="target"), table["target"])
    assert_allclose(reg.coef_, expected.coef_, rtol=1e-7)
    assert list(reg.feature_names_in_) == list("abcd")


def test_convergence_warnings_of_batches_point_at_the_caller():
    X, y = with_condition(1e6, 40, 4, seed=0)
    with pytest.warns(ConvergenceWarning) as caught:
        GradientDescentRegressor("lipschitz", max_iter=5).partial_fit(X, y)
    assert caught[0].filename == __file__
