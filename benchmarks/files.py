"""Fits from a Parquet file, each in a process of its own: time, memory and digits.

``python -m benchmarks.files CONTENDER FILE`` makes one fit and prints what it found.
"""

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from .tasks import OURS

# Features; y is one more column.
N_FEATURES = 20
# Rows that are made, written or read at a time where that is for us to say.
ROWS = 500_000
ROUNDS = 3


@dataclass(frozen=True)
class FileTask:
    """Fits of a file of so many rows."""

    name: str
    title: str
    n_rows: int


def file_tasks(size):
    """The comparison; ``size`` scales the number of rows."""
    n_rows = int(10_000_000 * size)
    return [FileTask("from-a-file", f"from a Parquet file, {n_rows:,} x {N_FEATURES}", n_rows)]


def write(path, n_rows):
    """Write the rows, and return R of the QR factorisation of (1, x, y)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng, writer = np.random.default_rng(0), None
    upper = np.zeros((0, N_FEATURES + 2))
    for start in range(0, n_rows, ROWS):
        X = rng.standard_normal((min(ROWS, n_rows - start), N_FEATURES))
        y = X @ np.arange(1.0, N_FEATURES + 1.0) + 3.0 + rng.standard_normal(len(X))
        rows = np.column_stack([np.ones(len(X)), X, y])
        upper = np.linalg.qr(np.vstack([upper, rows]), mode="r")
        columns = {f"x{j}": column for j, column in enumerate(X.T)} | {"y": y}
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()
    return upper


def by_file(path):
    """ParquetRows: batches, never the whole."""
    from sklearn_gd import GradientDescentRegressor
    from sklearn_gd.rows import ParquetRows

    return lambda: GradientDescentRegressor().fit(ParquetRows(path, target="y"))


def by_pandas(path):
    """The file as a frame of pandas."""
    import pandas

    from sklearn_gd import GradientDescentRegressor

    return lambda: _fit_frame(GradientDescentRegressor(), pandas.read_parquet(path))


def by_polars(path):
    """The file as a frame of polars."""
    import polars

    from sklearn_gd import GradientDescentRegressor

    def fit():
        frame = polars.read_parquet(path)
        return GradientDescentRegressor().fit(frame.drop("y"), frame["y"])

    return fit


def by_dask(path):
    """The file as a Dask dataframe, in threads."""
    import dask.dataframe

    from sklearn_gd import GradientDescentRegressor

    return lambda: _fit_frame(GradientDescentRegressor(), dask.dataframe.read_parquet(path))


def pandas_linear_regression(path):
    """LinearRegression of the file as a frame of pandas."""
    import pandas
    from sklearn.linear_model import LinearRegression

    return lambda: _fit_frame(LinearRegression(), pandas.read_parquet(path))


def polars_linear_regression(path):
    """LinearRegression of the file as a frame of polars."""
    import polars
    from sklearn.linear_model import LinearRegression

    def fit():
        frame = polars.read_parquet(path)
        return LinearRegression().fit(frame.drop("y"), frame["y"])

    return fit


def intelex_incremental(path):
    """IncrementalLinearRegression of scikit-learn-intelex, batch by batch."""
    import pyarrow.parquet as pq
    from sklearnex.linear_model import IncrementalLinearRegression

    def fit():
        reg = IncrementalLinearRegression()
        for batch in pq.ParquetFile(path, pre_buffer=False).iter_batches(65_536):
            values = np.column_stack([column.to_numpy() for column in batch.columns])
            reg.partial_fit(values[:, :-1], values[:, -1])
        return reg

    return fit


def _fit_frame(model, frame):
    return model.fit(frame.drop(columns="y"), frame["y"])


CONTENDERS = {
    OURS: by_file,
    f"{OURS}, frame of pandas": by_pandas,
    f"{OURS}, frame of polars": by_polars,
    f"{OURS}, Dask dataframe": by_dask,
    "pandas, LinearRegression": pandas_linear_regression,
    "polars, LinearRegression": polars_linear_regression,
    "scikit-learn-intelex, incremental": intelex_incremental,
}
NEEDS = {"pandas": "pandas", "polars": "polars", "Dask": "dask", "intelex": "sklearnex"}


def missing(name):
    """Return which package the contender lacks, or None."""
    needed = [module for word, module in NEEDS.items() if word in name]
    lacking = [m for m in ["pyarrow", *needed] if importlib.util.find_spec(m) is None]
    return f"{lacking[0]} is not installed" if lacking else None


def run(task, options):
    """Wall and CPU seconds, memory and errors of each contender; medians of some rounds."""
    print(task.title, flush=True)
    result = {"name": task.name, "title": task.title, "contenders": {}}
    found = result["contenders"]
    for name in CONTENDERS:
        lacking = missing(name)
        found[name] = {"missing": lacking} if lacking else {"runs": []}
    if importlib.util.find_spec("pyarrow") is None:
        return result
    with TemporaryDirectory(dir=options.output) as folder:
        path = Path(folder) / "rows.parquet"
        upper = write(path, task.n_rows)
        theta = np.linalg.solve(upper[:-1, :-1], upper[:-1, -1])
        for _ in range(ROUNDS):
            for name, entry in found.items():
                if "missing" not in entry:
                    _add_run(entry, name, path)
    for name, entry in found.items():
        if "missing" not in entry:
            _summarise(entry, theta)
            print(f"  {name:36s} {entry['seconds']:8.2f} s", flush=True)
    return result


def _add_run(entry, name, path):
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.files", name, str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        if name.startswith(OURS):
            raise RuntimeError(done.stderr)
        entry["missing"] = done.stderr.strip().splitlines()[-1]
    else:
        entry["runs"].append(json.loads(done.stdout.splitlines()[-1]))


def _summarise(entry, theta):
    runs = entry.pop("runs")
    for key in ("seconds", "cpu", "peak"):
        entry[key] = statistics.median(run[key] for run in runs)
    coef = np.array(runs[-1]["coef"])
    entry["coefficients"] = float(np.abs(coef - theta[1:]).max() / np.abs(theta[1:]).max())


def resident():
    """Bytes of memory of this process that no file backs."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("RssAnon"))


def measured(fit):
    """Return seconds, CPU seconds, the most memory beyond that before, and coefficients."""
    before, peak, done = resident(), [0], threading.Event()

    def watch():
        while not done.wait(0.01):
            peak[0] = max(peak[0], resident())

    threading.Thread(target=watch, daemon=True).start()
    wall, cpu = time.perf_counter(), time.process_time()
    reg = fit()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    done.set()
    coef = np.ravel(reg.coef_).tolist()
    return {"seconds": wall, "cpu": cpu, "peak": peak[0] - before, "coef": coef}


if __name__ == "__main__":
    print(json.dumps(measured(CONTENDERS[sys.argv[1]](os.fspath(sys.argv[2])))))
