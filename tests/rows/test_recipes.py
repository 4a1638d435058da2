"""The recipes of the guide, each with its engine: the same coefficients as in memory.

One test for each engine that has to be started, so that it is started once, also where the
tests are shared out to several processes.
"""

import os
import runpy
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_gd import GradientDescentRegressor

from ..problems import assert_agree, least_squares, with_condition

pa = pytest.importorskip("pyarrow")

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
N_ROWS, NAMES = 3000, ["a", "b", "c", "d"]


def recipe(name):
    """Return what a recipe defines.

    It is run as a script is, so what it sends to workers is pickled by value: they need not be
    able to import it.
    """
    return runpy.run_path(str(RECIPES / f"{name}.py"))


def problem():
    """Return X, y and weights."""
    X, y = with_condition(10.0, N_ROWS, len(NAMES), seed=0)
    return X, y + 3.0, np.random.default_rng(1).integers(0, 3, N_ROWS) / 2


def frame():
    X, y, weights = problem()
    return pd.DataFrame(X, columns=NAMES).assign(y=y, weight=weights)


def assert_as_in_memory(source, X, y, weights=None, names=None):
    """A source gives the same steps, solution, predictions and score as its rows in memory."""
    few = {"alpha": 0.5, "max_iter": 30, "tol": 0}
    found = GradientDescentRegressor(**few).fit(source)
    expected = GradientDescentRegressor(**few).fit(X, y, weights)
    assert_agree(found, expected)
    if names is not None:
        assert_array_equal(found.feature_names_in_, names)
    X = X if names is None else pd.DataFrame(X, columns=names)
    assert_allclose(found.predict(source), found.predict(X), rtol=1e-12)
    assert_allclose(found.score(source), found.score(X, y, weights), rtol=1e-9)
    found = GradientDescentRegressor().fit(source)
    assert found.status_ == "converged"
    _, least = least_squares(np.asarray(X), y, weights=weights)
    assert found.loss_history_[-1] - least < 1e-7 * least


@pytest.fixture
def files(tmp_path):
    """Files of some of the rows each, not of the same number."""
    arrays = problem()
    paths = []
    for i, rows in enumerate(np.split(np.arange(N_ROWS), [1000, 1100, 1900, 2500])):
        paths.append(tmp_path / f"{i}.npz")
        np.savez(paths[-1], **dict(zip("Xyw", (array[rows] for array in arrays), strict=True)))
    return paths


def reader():
    """Return a function that is pickled by value, as one of a script is."""

    def read(path):
        with np.load(path) as file:
            return file["X"], file["y"], file["w"]

    return read


def test_duckdb():
    duckdb = pytest.importorskip("duckdb")
    table = frame()
    X, y, weights = problem()
    with duckdb.connect() as connection:
        connection.register("frame", table)
        connection.sql("CREATE TABLE sales AS SELECT * FROM frame")
        source = recipe("duckdb_source")["QueryRows"](
            connection, "SELECT * FROM sales", "y", "weight"
        )
        assert_as_in_memory(source, X, y, weights, NAMES)
        query = "SELECT * EXCLUDE weight FROM sales"
        source = recipe("duckdb_source")["QueryRows"](connection, query, "y")
        assert_as_in_memory(source, X, y, names=NAMES)
        with source:
            before = sum(len(y) for _, y, _ in source.chunks())
            connection.sql("DELETE FROM sales WHERE a > 0")
            assert sum(len(y) for _, y, _ in source.chunks()) == before == N_ROWS
        with source:
            after = sum(len(y) for _, y, _ in source.chunks())
        assert after == np.sum(X[:, 0] <= 0)


@pytest.fixture
def loky():
    """Skip without results one by one, which came with joblib 1.3; end the workers."""
    joblib = pytest.importorskip("joblib", minversion="1.3")
    yield
    joblib.externals.loky.get_reusable_executor().shutdown(wait=True)


@pytest.mark.usefixtures("loky")
@pytest.mark.parametrize("files_per_task", [1, 10])
def test_files_with_joblib(files, files_per_task):
    source = recipe("joblib_source")["Files"](files, reader(), files_per_task=files_per_task)
    assert_as_in_memory(source, *problem())


@pytest.mark.usefixtures("loky")
def test_a_worker_of_joblib_that_dies_is_an_error(files):
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    read_as_it_is, pid = reader(), os.getpid()

    def read(path):
        if path == files[2] and os.getpid() != pid:
            os._exit(1)
        return read_as_it_is(path)

    source = recipe("joblib_source")["Files"](files, read, files_per_task=1)
    with pytest.raises(TerminatedWorkerError):
        GradientDescentRegressor().fit(source)


@pytest.mark.usefixtures("loky")
def test_merge_with_joblib(files):
    expected = GradientDescentRegressor().fit(*problem())
    for n_jobs in (1, 2):
        found = recipe("merge_joblib")["fitted"](files, reader(), n_jobs)
        assert_allclose(found.coef_, expected.coef_, rtol=1e-9)
        assert_allclose(found.intercept_, expected.intercept_, rtol=1e-9)


@pytest.fixture
def ray():
    """Two workers of Ray on this machine, which are ended afterwards."""
    ray = pytest.importorskip("ray")
    pytest.importorskip("ray.data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            object_store_memory=100 << 20,
            log_to_driver=False,
            logging_level="ERROR",
        )
        try:
            ray.data.DataContext.get_current().enable_progress_bars = False
            yield ray
        finally:
            ray.shutdown()


def dies_once(marker):
    """Return a function that ends its worker when first called, and then returns what it gets."""

    def function(table):
        if not marker.exists():
            marker.touch()
            os._exit(1)
        return table

    return function


@pytest.mark.slow
# Ray Data warns of deprecated settings when it gives them their defaults.
@pytest.mark.filterwarnings(r"ignore:`\w+` is deprecated::ray\.data\.context")
def test_ray(ray, files, tmp_path):
    X, y, _ = problem()
    table = pa.Table.from_pandas(frame()).drop_columns(["weight"])
    dataset = ray.data.from_arrow([table[i : i + 700] for i in range(0, N_ROWS, 700)])
    rows = recipe("ray_source")["RayRows"]
    source = rows(dataset, "y")
    assert_as_in_memory(source, X, y, names=NAMES)

    # The chunk that takes longest comes first all the same.
    def slow_at_first(table):
        import time

        if table["a"][0].as_py() == X[0, 0]:
            time.sleep(1.0)
        return table

    slow = dataset.map_batches(slow_at_first, batch_size=None, batch_format="pyarrow")
    reg = GradientDescentRegressor().fit(source)
    assert_array_equal(reg.predict(rows(slow, "y")), reg.predict(source))

    # A worker that dies is replaced, and each row counts once.
    marker = tmp_path / "died"
    mortal = dataset.map_batches(dies_once(marker), batch_size=None, batch_format="pyarrow")
    few = {"alpha": 0.5, "max_iter": 30, "tol": 0}
    source = rows(mortal, "y")
    source.sample = rows(dataset, "y").sample  # so that it dies when the rows are summed up
    found = GradientDescentRegressor(**few).fit(source)
    assert marker.exists()
    assert_agree(found, GradientDescentRegressor(**few).fit(X, y))

    merged = recipe("merge_ray")["fitted"](files, reader())
    assert_allclose(merged.coef_, GradientDescentRegressor().fit(*problem()).coef_, rtol=1e-9)


@pytest.fixture
def spark():
    """Spark with two workers on this machine, which tries a task up to four times."""
    sql = pytest.importorskip("pyspark.sql")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark needs Java")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        session = (
            sql.SparkSession.builder.master("local[2,4]")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.log.level", "OFF")
            .getOrCreate()
        )
        gateway = session.sparkContext._gateway
        yield session
        session.stop()
        # Java would run until this process ends.
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait(60)
        session.sparkContext.__class__._gateway = session.sparkContext.__class__._jvm = None


@pytest.mark.slow
# It asks for the version of pandas, whose data frames it is not given here.
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
def test_spark(spark, tmp_path):
    X, y, _ = problem()
    table = pa.Table.from_pandas(frame()).drop_columns(["weight"])
    rows = recipe("spark_source")["SparkRows"]
    stored = spark.createDataFrame(table)
    assert_as_in_memory(rows(stored, "y"), X, y, names=NAMES)
    few = {"alpha": 0.5, "max_iter": 30, "tol": 0}
    expected = GradientDescentRegressor(**few).fit(X, y)
    more = rows(stored.repartition(5), "y")
    assert_agree(GradientDescentRegressor(**few).fit(more), expected)

    marker = tmp_path / "died"

    def mortal(batches):
        for batch in batches:
            yield dies_once(marker)(batch)

    source = rows(stored.mapInArrow(mortal, stored.schema), "y")
    source.sample = more.sample
    found = GradientDescentRegressor(**few).fit(source)
    assert marker.exists()
    assert_agree(found, expected)
