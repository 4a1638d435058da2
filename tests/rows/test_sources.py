"""Sources of rows of one's own, and Parquet files: the same fit, read once, in little memory."""

import copy
import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import UndefinedMetricWarning

from sklearn_gd import (
    GradientDescentRegressor,
    GradientDescentRegressorCV,
    cost,
    gradient,
    gradient_descent_path,
    max_stable_alpha,
)
from sklearn_gd.rows import ParquetRows, RowSource

from ..problems import with_condition
from ..watching import WATCH

pa = pytest.importorskip("pyarrow")
import pyarrow.parquet as pq  # noqa: E402
from pyarrow import dataset  # noqa: E402

MEGABYTE = 1 << 20
NAMES = ["a", "b", "c", "d"]
STEPS = {"alpha": 0.1, "max_iter": 30, "tol": 0, "scale": True}


class Chunks(RowSource):
    """Chunks of given lengths, some of which may be 0; counts how often they are asked for."""

    def __init__(self, X, y, weights=None, lengths=(20, 0, 17, 1)):
        self.given, self.lengths = (X, y, weights), lengths
        self.n_reads = self.n_open = 0

    def chunks(self):
        assert self.n_open == 1
        self.n_reads += 1
        yield from self.parts()

    def parts(self):
        start, n_rows = 0, self.given[0].shape[0]
        lengths = [*self.lengths, n_rows - sum(self.lengths)]
        for length in lengths:
            rows = slice(start, start + length)
            yield tuple(None if part is None else part[rows] for part in self.given)
            start += length

    def __enter__(self):
        self.n_open += 1
        return self

    def __exit__(self, *exception):
        self.n_open -= 1


class Sent(Chunks):
    """As an engine does: pickles the function, calls it elsewhere, adds up some results."""

    def chunks(self):
        raise AssertionError("it has sums and sample")

    def sample(self):
        return tuple(None if part is None else part[:7] for part in self.given)

    def sums(self, function):
        assert self.n_open == 1
        self.n_reads += 1
        n_features = self.given[0].shape[1]
        sent = pickle.dumps(function)
        assert len(sent) < 10_000 + 100 * n_features
        results = [pickle.loads(sent)(*chunk) for chunk in self.parts()]
        assert len(pickle.dumps(results[0])) < 10_000 + 9 * n_features**2
        for i in range(0, len(results), 2):
            some = results[i : i + 2]
            before = pickle.dumps(some)
            yield some[0] + some[1] if len(some) == 2 else some[0]
            assert pickle.dumps(some) == before


def problem(n_rows=120, seed=0):
    X, y = with_condition(100.0, n_rows, 4, noise=0.1, seed=seed)
    return X + 5.0, y, np.random.default_rng(seed).random(n_rows)


def frame_source(X, y, weights):
    return Chunks(pd.DataFrame(X, columns=NAMES), pd.Series(y), weights)


def sparse_source(X, y, weights):
    return Chunks(sparse.csr_array(X), y, weights)


def table_of(X, y, weights=None):
    columns = dict(zip(NAMES, X.T, strict=True)) | {"y": y}
    return pa.table(columns if weights is None else columns | {"s": weights})


def parquet_source(X, y, weights, folder):
    table = table_of(X, y, weights)
    for i in range(0, len(X), 50):
        pq.write_table(table.slice(i, 50), folder / f"{i:03}.parquet", row_group_size=20)
    return ParquetRows(folder, target="y", sample_weight=None if weights is None else "s")


def csv_source(X, y, weights, folder):
    table_of(X, y, weights).to_pandas().to_csv(folder / "rows.csv", index=False)
    found = dataset.dataset(folder / "rows.csv", format="csv")
    return ParquetRows(found, target="y", sample_weight=None if weights is None else "s")


SOURCES = {
    "chunks": Chunks,
    "sent": Sent,
    "frames": frame_source,
    "sparse": sparse_source,
    "Parquet": parquet_source,
    "CSV": csv_source,
}


@pytest.fixture(params=SOURCES)
def source_of(request, tmp_path):
    make = SOURCES[request.param]
    where = (tmp_path,) if request.param in ("Parquet", "CSV") else ()
    return lambda X, y, weights=None: make(X, y, weights, *where)


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("precompute", [True, False])
def test_every_source_gives_what_an_array_gives(source_of, weighted, precompute):
    X, y, weights = problem()
    weights = 1e-40 * weights if weighted else None
    source = source_of(X, y, weights)
    how = {"precompute": precompute}
    expected = GradientDescentRegressor(**STEPS, **how).fit(X, y, weights)
    reg = GradientDescentRegressor(**STEPS, **how).fit(source)
    assert_allclose(reg.coef_, expected.coef_, rtol=1e-9)
    assert_allclose(reg.loss_history_, expected.loss_history_, rtol=1e-9)
    assert_allclose(reg.predict(source), expected.predict(X), rtol=1e-9)
    assert reg.score(source) == pytest.approx(expected.score(X, y, weights), rel=1e-9)
    by_default = GradientDescentRegressor(**how).fit(source)
    assert by_default.status_ == "converged"
    least = GradientDescentRegressor(tol=1e-9).fit(X, y, weights).loss_history_[-1]
    assert by_default.loss_history_[-1] <= least * (1 + 1e-6)


def test_the_functions_take_a_source(source_of):
    X, y, _ = problem()
    source, coef = source_of(X, y), np.array([1.0, -2.0, 0.5, 3.0])
    assert cost(source, None, coef, 1.0) == pytest.approx(cost(X, y, coef, 1.0), rel=1e-12)
    for found, expected in zip(
        gradient(source, None, coef, 1.0), gradient(X, y, coef, 1.0), strict=True
    ):
        assert_allclose(found, expected, rtol=1e-10)
    assert max_stable_alpha(source) == pytest.approx(max_stable_alpha(X), rel=1e-12)
    how = {"alpha": 0.01, "max_iter": [0, 5, 9]}
    found = gradient_descent_path(source, None, **how)
    for part, expected in zip(found, gradient_descent_path(X, y, **how), strict=True):
        assert_allclose(part, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("Kind", [Chunks, Sent])
def test_several_targets_penalty_and_bounds(Kind):
    X, y, weights = problem()
    Y = np.column_stack([y, y**2 - X[:, 0]])
    how = {"l2_regularization": 0.1, "coef_bounds": (-0.2, 1.0), "tol": 1e-9}
    expected = GradientDescentRegressor(**how).fit(X, Y, weights)
    reg = GradientDescentRegressor(**how).fit(Kind(X, Y, weights))
    assert reg.coef_.shape == (2, 4)
    assert_allclose(reg.coef_, expected.coef_, rtol=1e-6, atol=1e-8)
    one = GradientDescentRegressor(**STEPS).fit(Kind(X, Y[:, :1], weights))
    assert one.coef_.shape == (1, 4)
    assert one.predict(Kind(X, None)).shape == (120, 1)


def test_held_out_rows_in_a_source():
    X, y, weights = problem(180)
    held_out = X[120:], y[120:]
    X, y, weights = X[:120], y[:120], weights[:120]
    settings = {"alpha": "lipschitz", "early_stopping": True, "scale": True}
    expected = GradientDescentRegressor(**settings)
    expected.fit(X, y, weights, X_val=held_out[0], y_val=held_out[1])
    reg = GradientDescentRegressor(**settings)
    reg.fit(Chunks(X, y, weights), X_val=Chunks(*held_out))
    assert_allclose(reg.validation_loss_history_, expected.validation_loss_history_, rtol=1e-9)
    assert reg.status_ in ("early_stopped", "converged")
    reg.fit(X, y, weights, X_val=Chunks(*held_out))
    assert_allclose(reg.validation_loss_history_, expected.validation_loss_history_, rtol=1e-9)
    with pytest.raises(ValueError, match="hold out a share only of rows in memory"):
        reg.fit(Chunks(X, y))
    same = Chunks(X, y)
    with pytest.raises(ValueError, match="X_val is the source that X is"):
        reg.fit(same, X_val=same)
    assert same.n_open == 0
    with pytest.raises(TypeError, match="y_val must be None where X_val is a Chunks"):
        reg.fit(X, y, X_val=Chunks(*held_out), y_val=held_out[1])


def test_names_and_dtypes_come_from_the_chunks():
    X, y, _ = problem()
    reg = GradientDescentRegressor().fit(frame_source(X, y, None))
    assert list(reg.feature_names_in_) == NAMES
    frame = pd.DataFrame(X, columns=NAMES)
    few, many = Chunks(frame, None, lengths=()), Chunks(frame, None, lengths=(1, 2, 3))
    assert_allclose(reg.predict(few), reg.predict(many), rtol=1e-12)
    with pytest.raises(ValueError, match="feature names should match"):
        reg.predict(Chunks(pd.DataFrame(X, columns=NAMES[::-1]), None))
    single = GradientDescentRegressor().fit(Chunks(X.astype(np.float32), y))
    assert single.coef_.dtype == np.float32


# --- how often the rows are read ---------------------------------------------


@pytest.mark.parametrize("alpha", ["auto", "lipschitz", "exact", "chebyshev", 0.5])
@pytest.mark.parametrize("Kind", [Chunks, Sent])
def test_one_read_where_a_second_could_not_change_the_verdict(Kind, alpha):
    X, y, weights = problem(1000)
    source = Kind(X, y, weights)
    reg = GradientDescentRegressor(alpha, scale=True, max_iter=10_000).fit(source)
    assert reg.status_ == "converged"

    assert source.n_reads == 1
    assert source.n_open == 0


def test_a_second_read_where_it_could():
    """Where the fit is perfect, the loss is nothing but the rounding of the moments."""
    X, *_ = problem(1000)
    source = Sent(X, X @ [1.0, 2.0, 3.0, 4.0])
    reg = GradientDescentRegressor().fit(source)
    assert reg.status_ == "converged"
    assert source.n_reads > 1


def test_slow_reads_are_spared():
    """With many features the Gram matrix is made at once where a read is slow."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1500, 700))
    y = X[:, 0] + rng.normal(size=1500)
    source = Sent(X, y, lengths=(500, 500))
    GradientDescentRegressor(max_iter=5, tol=0).fit(source)
    assert source.n_reads == 1
    source.n_reads, source.slowness = 0, 1.0
    GradientDescentRegressor(max_iter=5, tol=0).fit(source)
    assert source.n_reads > 3


def test_bits_do_not_depend_on_when_it_is_read():
    X, y, weights = problem(1000)
    first, second = (GradientDescentRegressor().fit(Sent(X, y, weights)) for _ in range(2))
    assert_array_equal(first.coef_, second.coef_)


# --- a first chunk that is not like the others -------------------------------


@pytest.mark.parametrize("weight", [0.0, 1e-30])
@pytest.mark.parametrize("far", [-999_999.0, 1e9])
@pytest.mark.parametrize("of_y", [True, False])
def test_a_first_chunk_far_away_that_hardly_counts(weight, far, of_y):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 3))
    y = X @ [1.0, 2.0, 3.0] + 0.1 * rng.normal(size=2000)
    expected = GradientDescentRegressor().fit(X[500:], y[500:])
    weights = np.ones(2000)
    weights[:500] = weight
    Z, t = X.copy(), y.copy()
    if of_y:
        t[:500] = far
    else:
        Z[:500] = far
    source = Chunks(Z, t, weights, lengths=(500,))
    reg = GradientDescentRegressor().fit(source)
    assert reg.status_ == "converged"
    assert_allclose(reg.coef_, expected.coef_, rtol=1e-6)
    assert source.n_reads == 2
    found = expected.score(source)
    assert found == pytest.approx(expected.score(X[500:], y[500:]), rel=1e-9)


def test_weights_of_extreme_sizes():
    X, y, _ = problem()
    weights = np.ones(120)
    weights[:20] = 1e-160
    source = Chunks(X, y, weights)
    reg = GradientDescentRegressor(tol=1e-9).fit(source)
    expected = GradientDescentRegressor(tol=1e-9).fit(X, y, weights)
    assert_allclose(reg.coef_, expected.coef_, rtol=1e-6)
    assert reg.score(source) == pytest.approx(expected.score(X, y, weights), rel=1e-9)
    weights[:20], weights[20:] = 1e-300, 1e300
    with pytest.raises(ValueError, match="float64 cannot hold both"):
        GradientDescentRegressor().fit(Chunks(X, y, weights))


# --- what goes wrong ---------------------------------------------------------


class Once(Chunks):
    """Wrongly yields the rows only once."""

    def __init__(self, *given):
        super().__init__(*given)
        self.iterator = None

    def sample(self):
        return tuple(None if part is None else part[:5] for part in self.given)

    def parts(self):
        if self.iterator is None:
            self.iterator = super().parts()
        return self.iterator


def test_rows_that_do_not_come_again():
    X, y, _ = problem()
    with pytest.raises(ValueError, match="Once yielded 120 rows at first, and 0 when it was read"):
        GradientDescentRegressor("lipschitz", precompute=False).fit(Once(X, y))


def test_an_iterator_that_has_been_used_is_not_taken_for_all_rows():
    """A cursor opened in __init__, for instance: the first read has all rows, a second none."""
    X, y, _ = problem(1000)

    class Cursor(RowSource):
        def __init__(self):
            self.iterator = ((X[i : i + 100], y[i : i + 100], None) for i in range(0, 1000, 100))

        def chunks(self):
            return self.iterator

    reg = GradientDescentRegressor().fit(Cursor())
    assert_allclose(reg.coef_, GradientDescentRegressor().fit(X, y).coef_, rtol=1e-9)
    with pytest.raises(ValueError, match="Cursor yielded 1000 rows at first, and 0 when"):
        GradientDescentRegressor("lipschitz", precompute=False).fit(Cursor())


class Parts(RowSource):
    """What is given, as chunks."""

    def __init__(self, *parts):
        self.parts = parts

    def chunks(self):
        return self.parts


class Sampled(Parts):
    """Sends the function to the rows itself, and shows some of them beforehand."""

    def sums(self, function):
        yield function(*self.parts)

    def sample(self):
        return self.parts


@pytest.mark.parametrize("parts", [2, 4])
def test_samples_of_other_parts(parts):
    X, y, weights = problem()
    source = Sampled(*(X, y, weights, X)[:parts])
    with pytest.raises(TypeError, match=rf"Sampled.sample must return a tuple .*of {parts}\."):
        GradientDescentRegressor().fit(source)


@pytest.mark.parametrize("kind", [tuple, list])
def test_chunks_of_other_parts(kind):
    X, y, weights = problem()
    for wrong in (kind((X, y)), X, {"X": X}):
        with pytest.raises(TypeError, match=r"Parts.chunks must yield tuples \(X, y, weights\)"):
            GradientDescentRegressor().fit(Parts(wrong))
    for parts in ((X, y, weights), (X, y, None)), ((X, y, None), (X, y, weights)):
        with pytest.raises(ValueError, match="weights, unlike the first one") as caught:
            GradientDescentRegressor().fit(Parts(*parts))
        assert "in chunk 1" in caught.value.__notes__[0]
    twice = GradientDescentRegressor().fit(Parts((X, y, 2.0), (X.tolist(), y.tolist(), 1.0)))
    assert_allclose(twice.coef_, GradientDescentRegressor().fit(X, y).coef_, rtol=1e-9)


class Broken(Chunks):
    def parts(self):
        yield from list(super().parts())[:2]
        raise OSError("the disk is gone")


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (lambda X, y: RowSource(), NotImplementedError, "RowSource must implement chunks"),
        (lambda X, y: Chunks(X[:0], y[:0], lengths=(0,)), ValueError, "Chunks yields no rows"),
        (lambda X, y: Chunks(X, None), ValueError, "y is required, but Chunks yields none"),
        (lambda X, y: Chunks(X, y, 0 * y), ValueError, "must have a positive entry, but all"),
        (lambda X, y: Chunks(X, y, y - 9), ValueError, "sample_weight must not be negative"),
        (lambda X, y: Chunks(X, y[:90]), ValueError, "of X has 82 rows and that of y 52, which"),
        (
            lambda X, y: Chunks(X, y, y[:90] ** 2),
            ValueError,
            "that of sample_weight 52",
        ),
        (lambda X, y: Broken(X, y), OSError, "the disk is gone"),
        (
            lambda X, y: Chunks(np.where(np.arange(4) == 2, np.nan, X), y),
            ValueError,
            "X contains",
        ),
        (lambda X, y: Chunks(X, np.where(y == y.max(), np.inf, y)), ValueError, "y contains inf"),
        (lambda X, y: Chunks(X.astype(str), y), ValueError, "X must be numeric"),
    ],
)
def test_errors(source, error, message):
    X, y, _ = problem()
    found = source(X, y)
    with pytest.raises(error, match=message):
        GradientDescentRegressor().fit(found)
    if isinstance(found, Chunks):
        assert found.n_open == 0


class Uneven(Chunks):
    """Chunks of other columns each."""

    def parts(self):
        X, y, _ = self.given
        yield X, y, None
        yield self.other(X), y, None


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda X: X[["a", "b"]], r"chunk of X has the columns \['a', 'b'\], but the first one"),
        (lambda X: X[["b", "a", "c", "d"]], r"has the columns \['b', 'a', 'c', 'd'\], but"),
        (lambda X: X.to_numpy()[:, :3], "chunk of X has 3 columns, but the first one has"),
    ],
)
def test_chunks_that_do_not_match(other, message):
    X, y, _ = problem()
    source = Uneven(pd.DataFrame(X, columns=NAMES), y)
    source.other = other
    with pytest.raises(ValueError, match=message):
        GradientDescentRegressor().fit(source)


def test_what_may_not_be_given_with_a_source():
    X, y, weights = problem()
    source = Chunks(X, y)
    with pytest.raises(TypeError, match="y must be None where X is a Chunks, which has targets"):
        GradientDescentRegressor().fit(source, y)
    with pytest.raises(TypeError, match="sample_weight must be None where X is a Chunks"):
        GradientDescentRegressor().fit(source, None, weights)
    with pytest.raises(TypeError, match="batches in memory, got a Chunks"):
        GradientDescentRegressor().partial_fit(source, None)
    with pytest.raises(TypeError, match="in memory, got a Chunks"):
        GradientDescentRegressorCV().fit(source)
    with pytest.raises(ValueError, match="y"):
        GradientDescentRegressorCV().fit(X)
    with pytest.raises(ValueError, match="y"):
        GradientDescentRegressor().fit(X)
    reg = GradientDescentRegressor().fit(source)
    with pytest.raises(ValueError, match="y has 2 target"):
        reg.score(Chunks(X, np.column_stack([y, y])))
    with pytest.warns(UndefinedMetricWarning, match="fewer than two rows"):
        assert np.isnan(reg.score(Chunks(X[:1], y[:1], lengths=())))


class Odd(Sent):
    def sums(self, function):
        yield 1.0


def test_results_that_are_not_the_functions():
    with pytest.raises(TypeError, match=r"Odd.sums must yield what the function returns"):
        GradientDescentRegressor().fit(Odd(*problem()))


# --- Parquet -----------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """Two files in folders that name a column."""
    X, y, weights = problem()
    for year, rows in (2024, slice(0, 70)), (2025, slice(70, None)):
        (tmp_path / f"year={year}").mkdir()
        path = tmp_path / f"year={year}" / "part.parquet"
        pq.write_table(table_of(X[rows], y[rows], weights[rows]), path, row_group_size=30)
    return tmp_path


def test_features_in_the_order_asked_for_and_from_the_path(folder):
    X, y, weights = problem()
    years = np.repeat([2024.0, 2025.0], [70, 50])
    rows = ParquetRows(folder, target="y", features=["c", "year", "a"], sample_weight="s")
    assert rows.n_rows == 120
    expected = GradientDescentRegressor(**STEPS)
    expected.fit(np.column_stack([X[:, 2], years, X[:, 0]]), y, weights)
    reg = GradientDescentRegressor(**STEPS).fit(rows)
    assert_allclose(reg.coef_, expected.coef_, rtol=1e-9)
    assert list(reg.feature_names_in_) == ["c", "year", "a"]
    everything = ParquetRows(str(folder), target="y", sample_weight="s")
    assert everything.feature_names == [*NAMES, "year"]
    new = ParquetRows(folder, features=["c", "year", "a"])
    assert_allclose(reg.predict(new), reg.predict(rows), rtol=1e-12)
    several = ParquetRows(folder, target=["y", "a"], features=["b", "c"])
    assert GradientDescentRegressor().fit(several).coef_.shape == (2, 2)


def test_paths_patterns_and_datasets(folder):
    X, y, _ = problem()
    expected = GradientDescentRegressor(**STEPS).fit(X, y)
    files = sorted(folder.glob("*/*.parquet"))
    for given in (files, str(folder / "*" / "*.parquet"), dataset.dataset(files)):
        reg = GradientDescentRegressor(**STEPS).fit(ParquetRows(given, "y", NAMES))
        assert_allclose(reg.coef_, expected.coef_, rtol=1e-9)
    reg = GradientDescentRegressor(**STEPS).fit(ParquetRows(files[0], "y", NAMES))
    expected = GradientDescentRegressor(**STEPS).fit(X[:70], y[:70])
    assert_allclose(reg.coef_, expected.coef_, rtol=1e-9)
    filtered = dataset.dataset(files).filter(dataset.field("a") > 5.0)
    reg = GradientDescentRegressor(**STEPS).fit(ParquetRows(filtered, "y", NAMES))
    chosen = X[:, 0] > 5.0
    expected = GradientDescentRegressor(**STEPS).fit(X[chosen], y[chosen])
    assert_allclose(reg.coef_, expected.coef_, rtol=1e-9)


def test_what_parquet_rows_refuse(folder):
    with pytest.raises(FileNotFoundError, match=r"no file '.*\*\.parq'"):
        ParquetRows(str(folder / "*.parq"), "y")
    with pytest.raises(FileNotFoundError):
        ParquetRows(folder / "nothing.parquet", "y")
    with pytest.raises(ValueError, match="target: there is no column 'price'; there are 'a', 'b'"):
        ParquetRows(folder, "price")
    with pytest.raises(ValueError, match="features: there is no column 'u', 'v'"):
        ParquetRows(folder, "y", ["a", "u", "v"])
    with pytest.raises(ValueError, match="sample_weight: there is no column 'w'"):
        ParquetRows(folder, "y", sample_weight="w")
    with pytest.raises(TypeError, match="features must be a list of names of columns, got 'a'"):
        ParquetRows(folder, "y", "a")
    with pytest.raises(ValueError, match="used once, but 'a' is given more often"):
        ParquetRows(folder, "a", ["a", "b"])
    with pytest.raises(ValueError, match="at least one is required"):
        ParquetRows(folder, "y", [])
    with pytest.raises(ValueError, match="y is required, but ParquetRows yields none"):
        GradientDescentRegressor().fit(ParquetRows(folder))


def test_columns_at_fault_are_named(tmp_path):
    table = pa.table({"a": [1.0, 2.0, None], "b": ["u", "v", "w"], "y": [1.0, 2.0, 4.0]})
    pq.write_table(table, tmp_path / "odd.parquet")
    with pytest.raises(ValueError, match=r"X must be numeric, .* 'b' \(string\)\. Leave them out"):
        GradientDescentRegressor().fit(ParquetRows(tmp_path, "y"))
    with pytest.raises(ValueError, match=r"Missing values in X: 'a' \(1\)\. Drop these rows"):
        GradientDescentRegressor().fit(ParquetRows(tmp_path, "y", ["a"]))
    pq.write_table(table.drop_columns(["a"]), tmp_path / "other.parquet")
    with pytest.raises(ValueError, match=r"other\.parquet has no column 'a'"):
        GradientDescentRegressor().fit(ParquetRows(tmp_path, "y", ["a"]))


def test_row_groups_and_types_of_a_dataset(tmp_path):
    X, y, _ = problem()
    path = tmp_path / "rows.parquet"
    pq.write_table(table_of(X, y), path, row_group_size=20)
    whole = dataset.dataset(path)
    fragment = next(whole.get_fragments())
    system = whole.format, whole.filesystem
    kinds = {
        "some": [fragment.subset(row_group_ids=[0, 2])],
        "each": fragment.split_by_row_group()[:3],
    }
    for kind, fragments in kinds.items():
        some = dataset.FileSystemDataset(fragments, whole.schema, *system)
        rows = ParquetRows(some, "y")
        chosen = np.r_[0:20, 40:60] if kind == "some" else np.r_[0:60]
        assert rows.n_rows == sum(len(chunk[0]) for chunk in rows.chunks()) == len(chosen)
        expected = GradientDescentRegressor(**STEPS).fit(X[chosen], y[chosen])
        assert_allclose(GradientDescentRegressor(**STEPS).fit(rows).coef_, expected.coef_)
    single = pa.schema([(name, pa.float32()) for name in [*NAMES, "y"]])
    rows = ParquetRows(dataset.dataset(path, schema=single), "y")
    assert GradientDescentRegressor().fit(rows).coef_.dtype == np.float32
    decimals = table_of(np.round(X, 3), y)
    for i, name in enumerate(NAMES):
        column = decimals[name].cast(pa.decimal128(20, 3))
        decimals = decimals.set_column(i, name, column)
    pq.write_table(decimals, path)
    with pytest.raises(ValueError, match="cast decimals to float64"):
        GradientDescentRegressor().fit(ParquetRows(path, "y"))
    rows = ParquetRows(dataset.dataset(path, schema=whole.schema), "y")
    expected = GradientDescentRegressor(**STEPS).fit(np.round(X, 3), y)
    assert_allclose(GradientDescentRegressor(**STEPS).fit(rows).coef_, expected.coef_)


def test_what_pandas_writes_beside_the_columns(tmp_path):
    X, y, _ = problem()
    frame = pd.DataFrame(X, columns=NAMES).assign(y=y)
    frame[frame.a > 5.0].to_parquet(tmp_path / "some.parquet")
    (tmp_path / "_SUCCESS").touch()
    reg = GradientDescentRegressor().fit(ParquetRows(tmp_path, "y"))
    assert list(reg.feature_names_in_) == NAMES


def test_what_are_no_parquet_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="There are no Parquet files in"):
        ParquetRows(tmp_path, "y")
    (tmp_path / "rows.csv").write_text("a,y\n1,2\n")
    with pytest.raises(ValueError, match=r"cannot be read as Parquet.*format='csv'"):
        ParquetRows(tmp_path / "rows.csv", "y")
    for given in (pd.DataFrame({"a": [1.0]}), pa.table({"a": [1.0]}), 5):
        with pytest.raises(TypeError, match=r"source must be a path.*is passed as X itself"):
            ParquetRows(given, "y")


def test_a_source_of_files_can_be_copied_and_sent(folder):
    rows = ParquetRows(folder, "y", NAMES)
    expected = GradientDescentRegressor(**STEPS).fit(rows).coef_
    for again in (copy.deepcopy(rows), pickle.loads(pickle.dumps(rows))):
        assert_array_equal(GradientDescentRegressor(**STEPS).fit(again).coef_, expected)
    assert "4 features" in repr(rows)


# Run by itself, with limits.
LIMITED = """
import json, resource, sys

limit, path = int(sys.argv[1]), sys.argv[2]
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

from sklearn_gd import GradientDescentRegressor
from sklearn_gd.rows import ParquetRows

threading.Thread(target=watch, daemon=True).start()
rows = ParquetRows(path, target="y")
reg = GradientDescentRegressor().fit(rows)
found = {"status": reg.status_, "coef": reg.coef_.tolist(), "score": reg.score(rows)}
found["n_predicted"] = len(reg.predict(rows))
done.set()
print(json.dumps({"peak": peak[0]} | found))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits and their counts are Linux's")
def test_one_row_group_of_a_million_rows(tmp_path):
    n_rows, times, w = 26_214, 40, np.arange(1.0, 101.0)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 100))
    y = X @ w + 3.0 + rng.normal(size=n_rows)
    table = pa.table({f"x{j}": column for j, column in enumerate(X.T)} | {"y": y})
    path = tmp_path / "rows.parquet"
    # The same rows again and again are as long to read as others.
    # Compressed, a page of each column needs memory.
    how = {"compression": "snappy", "use_dictionary": False}
    pq.write_table(pa.concat_tables([table] * times), path, row_group_size=1 << 20, **how)
    assert pq.ParquetFile(path).num_row_groups == 1
    assert path.stat().st_size > 800 * MEGABYTE
    # Arrow's other pools, and each thread of BLAS, reserve more than they use; a limit counts
    # the stacks of threads, 8 MB each, too.
    env = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", WATCH + LIMITED, str(576 * MEGABYTE), str(path)],
        capture_output=True,
        text=True,
        env={**os.environ, **env},
        timeout=120,
    )
    path.unlink()
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["peak"] < 400 * MEGABYTE
    assert found["status"] == "converged"
    assert found["n_predicted"] == n_rows * times
    assert found["score"] > 0.99
    assert_allclose(found["coef"], w, atol=0.05)
