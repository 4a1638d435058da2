"""Data frames: read by columns, without a copy of all; what is no number is refused by name."""

import datetime
import decimal
import subprocess
import sys
import tracemalloc
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_gd import GradientDescentRegressor, GradientDescentRegressorCV, cost

from ..problems import with_condition
from ..watching import WATCH

pa = pytest.importorskip("pyarrow")
pl = pytest.importorskip("polars")
nw = pytest.importorskip("narwhals")

MEGABYTE = 1 << 20
NAMES = ["a", "b", "c", "d"]


def unconsolidated(X):
    """A frame of pandas whose columns were added one by one, so that they lie apart."""
    frame = pd.DataFrame(index=range(len(X)))
    for name, values in zip(NAMES, X.T, strict=False):
        frame[name] = values.copy()
    return frame


def mixed(X):
    """A frame of pandas with columns of several dtypes, all of which hold these numbers."""
    dtypes = ["float64", "Float64", object, "float64[pyarrow]"]
    return pd.DataFrame(X, columns=NAMES).astype(dict(zip(NAMES, dtypes, strict=True)))


def table(X):
    return pa.table(dict(zip(NAMES, X.T, strict=True)))


def in_chunks(X):
    """A table of Arrow in chunks of odd lengths."""
    whole = table(X)
    return pa.concat_tables([whole.slice(i, 37) for i in range(0, len(X), 37)])


def batch(X):
    return pa.RecordBatch.from_pydict(dict(zip(NAMES, map(pa.array, X.T), strict=True)))


FRAMES = {
    "pandas": lambda X: pd.DataFrame(X, columns=NAMES),
    "pandas, column order": lambda X: pd.DataFrame(np.asfortranarray(X), columns=NAMES),
    "pandas, columns apart": unconsolidated,
    "pandas, mixed": mixed,
    "pandas Float64": lambda X: pd.DataFrame(X, columns=NAMES).astype("Float64"),
    "pandas pyarrow": lambda X: pd.DataFrame(X, columns=NAMES).astype("double[pyarrow]"),
    "pandas, labelled rows": lambda X: pd.DataFrame(X, columns=NAMES).sample(frac=1).sort_index(),
    "polars": lambda X: pl.DataFrame(dict(zip(NAMES, X.T, strict=True))),
    "Arrow table": table,
    "Arrow table in chunks": in_chunks,
    "Arrow record batch": batch,
    "narwhals": lambda X: nw.from_native(table(X)),
}
ARRAYS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "strided": lambda X: np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)[::2, ::3],
    "backwards": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
}


@pytest.fixture(params=[*FRAMES, *ARRAYS])
def make(request):
    return {**FRAMES, **ARRAYS}[request.param]


@pytest.mark.parametrize("precompute", [True, False])
@pytest.mark.parametrize("n_rows", [300, 30_000])
def test_every_kind_gives_what_an_array_gives(make, precompute, n_rows, monkeypatch):
    from sklearn_gd.rows import _memory

    # As if the rows were too many to be kept in blocks.
    monkeypatch.setattr(_memory, "THREADED_BYTES", 1 << 10)
    X, y = with_condition(100.0, n_rows, 4, noise=0.1, seed=0)
    weights = np.random.default_rng(0).random(n_rows)
    X = X + 5.0
    settings = {"alpha": 0.1, "max_iter": 30, "tol": 0, "precompute": precompute, "scale": True}
    expected = GradientDescentRegressor(**settings).fit(X, y, weights)
    reg = GradientDescentRegressor(**settings).fit(make(X), y, weights)
    assert_allclose(reg.coef_, expected.coef_, rtol=1e-9)
    assert_allclose(reg.loss_history_, expected.loss_history_, rtol=1e-9)
    assert_allclose(reg.predict(make(X)), expected.predict(X), rtol=1e-9)
    assert reg.score(make(X), y) == pytest.approx(expected.score(X, y), rel=1e-9)
    by_default = GradientDescentRegressor(precompute=precompute).fit(make(X), y)
    assert by_default.status_ == "converged"
    least = np.linalg.lstsq(np.c_[X, np.ones(n_rows)], y, rcond=None)[1].item() / (2 * n_rows)
    assert by_default.loss_history_[-1] <= least * (1 + 1e-6)


@pytest.mark.parametrize("kind", FRAMES)
def test_names_and_dtypes_are_kept(kind):
    X, y = with_condition(10.0, 60, 4, seed=0)
    frame = FRAMES[kind](X)
    reg = GradientDescentRegressor().fit(frame, y)
    assert list(reg.feature_names_in_) == NAMES
    assert reg.coef_.dtype == np.float64
    with pytest.raises(ValueError, match=r"feature names should match|Feature names"):
        reg.predict(pd.DataFrame(X, columns=NAMES[::-1]))
    partial = GradientDescentRegressor().partial_fit(frame, y).partial_fit(frame, y)
    assert_allclose(partial.coef_, reg.coef_, rtol=1e-4)
    assert list(partial.feature_names_in_) == NAMES
    assert cost(frame, y, reg.coef_, reg.intercept_) == pytest.approx(reg.loss_history_[-1])


@pytest.mark.parametrize(
    "as_frame",
    [
        lambda X: pl.DataFrame(dict(zip(NAMES, X.T, strict=True))),
        lambda X: pd.DataFrame(X, columns=NAMES).astype("Float32"),
        lambda X: table(X),
    ],
)
def test_single_precision_is_kept(as_frame):
    X, y = with_condition(10.0, 60, 4, seed=0)
    reg = GradientDescentRegressor().fit(as_frame(X.astype(np.float32)), y)
    assert reg.coef_.dtype == np.float32


@pytest.mark.parametrize("kind", FRAMES)
def test_held_out_rows_and_cross_validation(kind):
    X, y = with_condition(10.0, 200, 4, noise=1.0, seed=0)
    frame = FRAMES[kind](X)
    how = {"early_stopping": True, "random_state": 0}
    stopped = GradientDescentRegressor("lipschitz", **how).fit(frame, y)
    expected = GradientDescentRegressor("lipschitz", **how).fit(X, y)
    assert_allclose(stopped.coef_, expected.coef_, rtol=1e-9)
    held_out = {"X_val": frame, "y_val": y}
    stopped = GradientDescentRegressor("lipschitz", **how).fit(frame, y, **held_out)
    assert_allclose(stopped.validation_loss_history_, stopped.loss_history_, rtol=1e-9)
    chosen = GradientDescentRegressorCV(alphas=[0.1, 0.3], max_iter=20).fit(frame, y)
    expected = GradientDescentRegressorCV(alphas=[0.1, 0.3], max_iter=20).fit(X, y)
    assert_allclose(chosen.mse_path_, expected.mse_path_, rtol=1e-9)


def test_targets_and_weights_of_other_libraries():
    X, Y = with_condition(10.0, 60, 4, seed=0)
    Y = np.column_stack([Y, Y**2])
    weights = np.random.default_rng(0).random(60)
    expected = GradientDescentRegressor(0.1, max_iter=9, tol=0).fit(X, Y[:, 0], weights)
    reg = GradientDescentRegressor(0.1, max_iter=9, tol=0)
    for one in (pl.Series, pd.Series, pa.array, lambda v: pa.chunked_array([v[:7], v[7:]])):
        reg.fit(X, one(Y[:, 0]), one(weights))
        assert_allclose(reg.coef_, expected.coef_, rtol=1e-9)
    expected = GradientDescentRegressor(0.1, max_iter=9, tol=0).fit(X, Y)
    for make in (pd.DataFrame, pl.DataFrame):
        reg.fit(X, make(Y))
        assert_allclose(reg.coef_, expected.coef_, rtol=1e-9)
    reg.fit(X, pa.table({"u": Y[:, 0], "v": Y[:, 1]}))
    assert_allclose(reg.coef_, expected.coef_, rtol=1e-9)


def test_booleans_and_integers_are_numbers():
    rng = np.random.default_rng(0)
    flags, counts = rng.random(80) < 0.4, rng.integers(0, 9, 80)
    X = np.column_stack([flags, counts]).astype(float)
    y = X @ [2.0, -1.0] + rng.normal(size=80)
    columns = {"flag": flags, "count": counts}
    expected = GradientDescentRegressor().fit(X, y)
    frames = [pd.DataFrame(columns), pl.DataFrame(columns), pa.table(columns)]
    frames += [frames[0].astype({"flag": "boolean", "count": "Int16"})]
    frames += [frames[0].convert_dtypes(dtype_backend="pyarrow")]
    for frame in frames:
        assert_allclose(GradientDescentRegressor().fit(frame, y).coef_, expected.coef_, rtol=1e-9)


DAY = datetime.date(2024, 2, 29)
NO_NUMBERS = {
    "text": ["1", "2", "3"],
    "dates": [DAY] * 3,
    "times": [datetime.datetime(2024, 2, 29)] * 3,
    "durations": [datetime.timedelta(1)] * 3,
    "decimals": [decimal.Decimal("1.5")] * 3,
    "nested": [[1.0], [2.0], [3.0]],
}


def frames_with(values):
    """Frames of several libraries with a column 'odd' of these values."""
    columns = {"fine": [1.0, 2.0, 3.0], "odd": values}
    yield pd.DataFrame(columns)
    yield pl.DataFrame(columns)
    yield pa.table(columns)
    yield nw.from_native(pl.DataFrame(columns))
    arrow = pa.table(columns)
    yield arrow.to_pandas(types_mapper=pd.ArrowDtype)


@pytest.mark.parametrize("kind", NO_NUMBERS)
def test_what_is_no_number_is_refused_by_name(kind):
    for frame in frames_with(NO_NUMBERS[kind]):
        reg = GradientDescentRegressor()
        with pytest.raises(ValueError, match=r"X must be numeric, .* not: 'odd' \(.*Leave"):
            reg.fit(frame, [1.0, 2.0, 3.0])
        with pytest.raises(ValueError, match=r"X must be numeric, .* not: 'odd' \("):
            reg.partial_fit(frame, [1.0, 2.0, 3.0])
        with pytest.raises(ValueError, match=r"y must be numeric, .* not: 'odd' \(.*Convert"):
            reg.fit([[1.0], [2.0], [3.0]], frame)


@pytest.mark.parametrize(
    "odd",
    [
        pd.Series([1, 2, 3], dtype="category"),
        pd.Series(["1", "2", "3"], dtype="category"),
        pd.Series([True, False, True], dtype="category"),
        pd.period_range("2024", periods=3, freq="D").to_series().reset_index(drop=True),
        pd.Series(pd.to_datetime(["2024-01-01"] * 3)).dt.tz_localize("UTC"),
        pd.Series([1 + 2j] * 3),
        pd.Series(["1", 2, 3.0], dtype=object),
        pl.Series(["u", "v", "u"], dtype=pl.Categorical),
        pl.Series([1, 2, 3], dtype=pl.Decimal(10, 2)),
        pl.Series([None] * 3, dtype=pl.Null),
        pa.array(["u", "v", "u"]).dictionary_encode(),
        pa.array([1, 2, 1]).dictionary_encode(),
        pa.nulls(3),
    ],
    ids=str,
)
def test_categories_and_other_types_are_refused(odd):
    if isinstance(odd, pd.Series):
        frame = pd.DataFrame({"fine": [1.0, 2.0, 3.0], "odd": odd})
    elif isinstance(odd, pl.Series):
        frame = pl.DataFrame({"fine": [1.0, 2.0, 3.0], "odd": odd})
    else:
        frame = pa.table({"fine": [1.0, 2.0, 3.0], "odd": odd})
    for X, y in ((frame, [1.0, 2.0, 3.0]), ([[1.0], [2.0], [3.0]], frame["odd"])):
        name = "X" if X is frame else "y"
        with pytest.raises(ValueError, match=rf"{name} must be numeric, "):
            GradientDescentRegressor().fit(X, y)


def test_many_odd_columns_are_counted():
    frame = pd.DataFrame({f"t{i}": ["u", "v"] for i in range(24)} | {"x": [1.0, 2.0]})
    with pytest.raises(
        ValueError, match=r"'t0' .*'t19' \([\w ]+\) and 4 more\. Leave them out, or en"
    ):
        GradientDescentRegressor().fit(frame, [1.0, 2.0])


@pytest.mark.parametrize("missing", [None, np.nan, np.inf])
def test_columns_with_missing_values_are_named(missing):
    values = [1.0, missing, 3.0, missing]
    others = {"fine": [1.0, 2.0, 3.0, 5.0]}
    pandas = pd.DataFrame(others | {"odd": pd.Series(values, dtype=float)})
    kinds = [pandas, pl.from_pandas(pandas), pa.Table.from_pandas(pandas)]
    if missing is None:
        kinds += [pandas.convert_dtypes(), pandas.convert_dtypes(dtype_backend="pyarrow")]
        kinds += [pd.DataFrame(others | {"odd": pd.Series([1, None, 3, None], dtype=object)})]
        kinds += [pd.DataFrame(others | {"odd": pd.Series([True, None] * 2, dtype="boolean")})]
        kinds += [pl.DataFrame(others | {"odd": [True, None, False, None]})]
        kinds += [pa.table(others | {"odd": [True, None, False, None]})]
    message = (
        r"Input X contains (NaN|infinity).*\n.*(Missing|Infinite) .* in X: 'odd' \(2\)\. Drop"
    )
    y = [1.0, 2.0, 3.0, 4.0]
    for frame in kinds:
        reg = GradientDescentRegressor()
        with pytest.raises(ValueError, match=message):
            reg.fit(frame, y)
        with pytest.raises(ValueError, match=message):
            reg.partial_fit(frame, y)
        fitted = GradientDescentRegressor().fit(np.c_[y, np.square(y)], y)
        fitted.feature_names_in_ = np.array(["fine", "odd"], dtype=object)
        with pytest.raises(ValueError, match=message):
            fitted.predict(frame)
    for X in (pandas.to_numpy(), np.asfortranarray(pandas.to_numpy())):
        with pytest.raises(ValueError, match=r"in X: column 1 \(2\)"):
            GradientDescentRegressor().fit(X, y)


def lazy_kinds():
    frame = pl.DataFrame({"a": [1.0, 2.0]})
    yield frame.lazy(), r"pass X\.collect\(\)"
    yield nw.from_native(frame.lazy()), r"pass X\.collect\(\)"
    yield frame.to_arrow().to_reader(), r"pass X\.read_all\(\), or"
    from pyarrow import dataset

    yield dataset.dataset(frame.to_arrow()), "ParquetRows"
    yield dataset.dataset(frame.to_arrow()).scanner(), r"pass X\.to_table\(\)"
    yield "sales.parquet", "ParquetRows"
    yield iter([[1.0], [2.0]]), "source of rows"
    with suppress(ImportError):
        import duckdb

        yield duckdb.sql("select 1.0 as a"), r"pass X\.df\(\)"


@pytest.mark.parametrize("case", list(lazy_kinds()), ids=lambda case: type(case[0]).__name__)
def test_lazy_data_says_what_to_call(case):
    X, message = case
    with pytest.raises(TypeError, match=message):
        GradientDescentRegressor().fit(X, [1.0, 2.0])
    fitted = GradientDescentRegressor().fit([[1.0], [2.0]], [1.0, 2.0])
    with pytest.raises(TypeError, match=message):
        fitted.predict(X)


def test_a_mask_is_not_ignored():
    X, y = with_condition(10.0, 20, 2, seed=0)
    mask = np.zeros_like(X, dtype=bool)
    expected = GradientDescentRegressor().fit(X, y).coef_
    reg = GradientDescentRegressor().fit(np.ma.array(X, mask=mask), np.ma.array(y))
    assert_array_equal(reg.coef_, expected)
    mask[3, 1] = mask[4, 1] = True
    with pytest.raises(ValueError, match="X is a masked array, of which 2 values are masked"):
        reg.fit(np.ma.array(X, mask=mask), y)
    with pytest.raises(ValueError, match="X is a masked array"):
        reg.predict(np.ma.array(X, mask=mask))
    with pytest.raises(ValueError, match="y is a masked array"):
        reg.fit(X, np.ma.array(y, mask=mask[:, 1]))
    with pytest.raises(ValueError, match="sample_weight is a masked array"):
        reg.fit(X, y, np.ma.array(y**2, mask=mask[:, 1]))


@pytest.mark.skipif(not hasattr(pl, "Int128"), reason="this polars has none")
def test_integers_of_128_bits():
    frame = pl.DataFrame({"a": pl.Series([1, 2, 4], dtype=pl.Int128)})
    reg = GradientDescentRegressor().fit(frame, frame["a"])
    assert_allclose(reg.coef_, [1.0])


@pytest.mark.parametrize(
    "odd",
    ["1.5", b"2", decimal.Decimal("1.5"), np.timedelta64(3, "s"), np.datetime64(3, "s")],
    ids=repr,
)
def test_objects_that_float_would_convert(odd):
    X = np.ones((3, 2), dtype=object)
    X[1, 1] = odd
    for given in (X, X.tolist()):
        with pytest.raises(ValueError, match=r"X.*(numeric|bytes/strings)"):
            GradientDescentRegressor().fit(given, [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"y.*(numeric|strings)"):
        GradientDescentRegressor().fit([[1.0], [2.0], [3.0]], X[:, 1])
    with pytest.raises(ValueError, match="'odd'"):
        GradientDescentRegressor().fit(pd.DataFrame({"odd": X[:, 1]}), [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="sample_weight must be"):
        GradientDescentRegressor().fit([[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0], X[:, 1])


# Run by itself.
PEAK = """
import sys
import numpy as np, pandas as pd, polars as pl, pyarrow as pa
from sklearn_gd import GradientDescentRegressor

n, p = 400_000, 20
columns = {f"x{j}": np.random.default_rng(j).normal(size=n) for j in range(p)}
y = sum(columns.values()) + 1.0
A = np.column_stack(list(columns.values())) if sys.argv[1] == "views" else None
kind = sys.argv[1]
frame = {
    "polars": lambda: pl.DataFrame(columns),
    "mixed": lambda: pd.DataFrame(columns).astype({"x3": "float32", "x5": "Float64"}),
    "apart": lambda: pd.concat([pd.Series(v, name=k) for k, v in columns.items()], axis=1),
    "pyarrow": lambda: pd.DataFrame(columns).astype("double[pyarrow]"),
    "views": lambda: pd.DataFrame(
        {k: A[:, i] for i, k in enumerate(columns)}, copy=False
    ),
    "Float64": lambda: pd.DataFrame(columns).astype("Float64"),
    "Arrow": lambda: pa.table(columns),
    "Arrow in chunks": lambda: pa.concat_tables(
        [pa.table(columns).slice(i, 9_999) for i in range(0, n, 9_999)]
    ),
    "F": lambda: np.asfortranarray(np.column_stack(list(columns.values()))),
    "int8": lambda: np.ones((n, p), np.int8) + (np.arange(n) % 7).astype(np.int8)[:, None],
}[kind]()
del columns
if kind == "int8":
    y = (np.arange(n) % 5).astype(np.int8)
warm = GradientDescentRegressor().fit(np.eye(30), np.arange(30.0))
before = anonymous()
threading.Thread(target=watch, daemon=True).start()
reg = GradientDescentRegressor().fit(frame, y)
predicted = reg.predict(frame)
done.set()
print(peak[0] - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="its counts of memory are Linux's")
@pytest.mark.parametrize(
    "kind",
    [
        "polars",
        "mixed",
        "apart",
        "views",
        "pyarrow",
        "Float64",
        "Arrow",
        "Arrow in chunks",
        "F",
        "int8",
    ],
)
def test_no_copy_of_a_frame_is_made(kind):
    done = subprocess.run(
        [sys.executable, "-c", WATCH + PEAK, kind], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    # The numbers are 64 MB.  Predictions are 3.2 MB; blocks, and what threads reserve, the rest.
    assert int(done.stdout) < 30 * MEGABYTE


def test_a_small_frame_costs_no_more_than_its_numbers():
    X, y = with_condition(10.0, 1000, 4, seed=0)
    frame = pl.DataFrame(dict(zip(NAMES, X.T, strict=True)))
    GradientDescentRegressor().fit(frame, y)
    tracemalloc.start()
    GradientDescentRegressor(precompute=False).fit(frame, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * X.nbytes


@pytest.mark.parametrize("kind", ["polars", "pandas, mixed", "Arrow table in chunks"])
def test_the_size_of_a_value_that_cannot_be_squared_is_said(kind):
    X, y = with_condition(10.0, 60, 4, seed=0)
    X[7, 2] = -2e200
    with pytest.raises(ValueError, match=r"X has values of size 2\.0e\+200"):
        GradientDescentRegressor().fit(FRAMES[kind](X), y)
