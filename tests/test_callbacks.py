"""scikit-learn's callbacks: a task a step, in estimators, pipelines and searches."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gd import GradientDescentRegressor, cost

from .problems import with_condition

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9 has none")


class Record:
    """What the hooks are told, in order; stops when asked to."""

    max_propagation_depth = None

    def __init__(self, stop=lambda context, fitted: False):
        self.events, self.coefs, self.losses, self.rows = [], [], [], []
        self._stop = stop

    def setup(self, estimator, context):
        self.events.append(("setup", context.task_name, context.task_id))

    def teardown(self, estimator, context):
        self.events.append(("teardown", context.task_name, context.task_id))

    def on_fit_task_begin(self, estimator, context):
        self.events.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, fitted_estimator=None):
        self.events.append(("end", context.task_name, context.task_id))
        if context.task_name == "step":
            self.coefs.append(fitted_estimator.coef_)
            self.losses.append(fitted_estimator.loss_history_[-1])
            self.rows.append((X, y))
            return self._stop(context, fitted_estimator)
        return None


@pytest.fixture
def data():
    return with_condition(10.0, 60, 3, seed=1)


def constant(**settings):
    return GradientDescentRegressor(**{"alpha": 0.5, "max_iter": 7, "tol": 0, **settings})


def test_a_step_is_a_task(data):
    record = Record()
    reg = constant(store_path=True).set_callbacks(record).fit(*data)
    steps = [(hook, "step", k) for k in range(7) for hook in ("begin", "end")]
    fit = [("setup", "fit", 0), ("begin", "fit", 0)]
    assert record.events == [*fit, *steps, ("end", "fit", 0), ("teardown", "fit", 0)]
    np.testing.assert_array_equal(record.coefs, reg.coef_path_[1:])
    np.testing.assert_array_equal(record.losses, reg.loss_history_[1:])
    assert all(X is data[0] and y is data[1] for X, y in record.rows)


def test_callbacks_change_nothing(data):
    with_them = constant(max_iter=100).set_callbacks(Record()).fit(*data)
    without = constant(max_iter=100).fit(*data)
    np.testing.assert_array_equal(with_them.loss_history_, without.loss_history_)
    np.testing.assert_array_equal(with_them.coef_, without.coef_)
    assert with_them.status_ == without.status_


def test_the_fitted_estimator_is_what_fit_would_have_returned():
    """Also where the loss has just risen, and the best iterate is an earlier one."""
    X, y = with_condition(100.0, 60, 3, seed=1)
    record = Record()
    settings = {"alpha": "barzilai-borwein", "tol": 0}
    reg = GradientDescentRegressor(**settings, max_iter=12).set_callbacks(record).fit(X, y)
    assert (np.diff(reg.loss_history_) > 0).any()
    for k, coef in enumerate(record.coefs, 1):
        stopped = GradientDescentRegressor(**settings, max_iter=k).fit(X, y)
        np.testing.assert_allclose(coef, stopped.coef_, rtol=1e-12)


@pytest.mark.parametrize("alpha", [0.5, "auto", "silver", "exact"])
def test_a_callback_stops(data, alpha):
    record = Record(stop=lambda context, fitted: context.task_id == 4)
    reg = GradientDescentRegressor(alpha, max_iter=7, tol=1e-15).set_callbacks(record)
    reg.fit(*data)  # without a ConvergenceWarning: it was asked for
    assert (reg.status_, reg.n_iter_, len(reg.loss_history_)) == ("stopped", 5, 6)
    assert cost(*data, reg.coef_, reg.intercept_) == pytest.approx(
        reg.loss_history_[reg.best_iter_]
    )
    reg.set_callbacks()
    longer = reg.set_params(warm_start=True, max_iter=2, tol=0)
    whole = GradientDescentRegressor(alpha, max_iter=7, tol=0, warm_start=True).fit(*data)
    np.testing.assert_array_equal(longer.fit(*data).loss_history_, whole.loss_history_[5:])


@pytest.mark.parametrize("store_path", [False, True])
def test_a_kept_fitted_estimator_goes_on_from_its_own_step(data, store_path):
    kept = []

    def keep(context, fitted):
        kept.append(fitted)

    reg = constant(warm_start=True, store_path=True).fit(*data)
    reg.set_params(store_path=store_path).set_callbacks(Record(stop=keep)).fit(*data)
    reg.set_callbacks()
    whole = constant(max_iter=14).fit(*data).loss_history_
    for k, fitted in enumerate(kept, 1):
        assert not hasattr(fitted, "coef_path_")
        np.testing.assert_array_equal(fitted.loss_history_, whole[7 : 8 + k])
        fitted.set_callbacks().set_params(max_iter=7 - k if k < 7 else 1).fit(*data)
        np.testing.assert_array_equal(fitted.loss_history_, whole[7 + k :][: 8 - k or 2])
        break  # the first is enough: they share what they were copied from


def test_a_diverging_step_ends_its_task(data):
    record = Record()
    with pytest.warns(ConvergenceWarning, match="diverged"):
        constant(alpha=1e300, max_iter=50).set_callbacks(record).fit(*data)
    begun = sum(event[:2] == ("begin", "step") for event in record.events)
    assert begun == sum(event[:2] == ("end", "step") for event in record.events) > 0


def test_several_targets(data):
    X, y = data
    record = Record()
    reg = constant().set_callbacks(record).fit(X, np.column_stack([y, -2 * y]))
    names = [event[:2] for event in record.events if event[1] != "step"]
    target = [("begin", "target"), ("end", "target")]
    assert names == [
        ("setup", "fit"),
        ("begin", "fit"),
        *target,
        *target,
        ("end", "fit"),
        ("teardown", "fit"),
    ]
    assert len(record.coefs) == 14
    # While the first descends the second is where it starts.
    assert not record.coefs[6][1].any()
    np.testing.assert_array_equal(record.coefs[6][0], reg.coef_[0])
    np.testing.assert_array_equal(record.coefs[13], reg.coef_)


@pytest.mark.parametrize("level", ["step", "target"])
def test_stopping_one_target_or_all(data, level):
    X, y = data

    class Stopping(Record):
        def on_fit_task_end(self, estimator, context):
            return context.task_name == level

    reg = constant().set_callbacks(Stopping()).fit(X, np.column_stack([y, -2 * y]))
    assert reg.status_ == ("stopped" if level == "step" else "max_iter")
    if level == "step":
        assert reg.n_iter_ == 1
        assert reg.coef_.all()
    else:
        assert reg.coef_[0].all()
        assert not reg.coef_[1].any()


def test_a_failing_callback_is_torn_down_and_the_fit_raises(data):
    def fail(context, fitted):
        raise RuntimeError("from the callback")

    record = Record(stop=fail)
    with pytest.raises(RuntimeError, match="from the callback"):
        constant().set_callbacks(record).fit(*data)
    assert record.events[-1] == ("teardown", "fit", 0)


@pytest.mark.parametrize("weights", [None, 2.0, np.array(2.0), "array"])
def test_scoring_monitor(data, weights):
    X, y = data
    if isinstance(weights, str):
        weights = np.random.default_rng(0).random(len(y))
    monitor = callback.ScoringMonitor(scoring="neg_mean_squared_error")
    reg = constant().set_callbacks(monitor).fit(X, y, sample_weight=weights)
    scores = [
        row["neg_mean_squared_error"]
        for row in monitor.get_logs().data
        if row["task_name"] == "step"
    ]
    np.testing.assert_allclose(scores, -2 * reg.loss_history_[1:], rtol=1e-10)


def test_with_feature_names(data):
    pd = pytest.importorskip("pandas")
    X, y = data
    monitor = callback.ScoringMonitor(scoring="r2")
    constant().set_callbacks(monitor).fit(pd.DataFrame(X, columns=["a", "b", "c"]), y)
    assert monitor.get_logs().data[-1]["r2"] < 1


def test_progress_bar(data, capsys):
    pytest.importorskip("rich")
    constant().set_callbacks(callback.ProgressBar()).fit(*data)
    out = capsys.readouterr().out
    assert "GradientDescentRegressor - fit" in out
    assert "100%" in out


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_in_a_pipeline_in_a_search(data, n_jobs):
    X, y = data
    monitor = callback.ScoringMonitor(scoring="r2")
    search = GridSearchCV(
        make_pipeline(StandardScaler(), constant().set_callbacks(monitor)),
        {"gradientdescentregressor__alpha": [0.01, 0.1]},
        cv=2,
        n_jobs=n_jobs,
    )
    search.fit(X, y)
    runs = monitor.get_logs(select="all")
    n_steps = sum(row["task_name"] == "step" for run in runs for row in run.data)
    assert n_steps == (2 * 2 + 1) * 7


def test_propagated_from_a_search(data):
    record = Record()
    search = GridSearchCV(constant(), {"alpha": [0.1, 0.5]}, cv=2).set_callbacks(record)
    search.fit(*data)
    steps = [event for event in record.events if event == ("end", "step", 6)]
    assert len(steps) == 5
    assert sum(event[0] == "setup" for event in record.events) == 1


def test_without_callbacks_no_context_is_made(data, monkeypatch):
    monkeypatch.setattr(
        callback.CallbackSupportMixin,
        "_init_callback_context",
        lambda self, **settings: pytest.fail("made for nobody"),
    )
    constant().fit(*data)


def test_a_callback_may_write_into_arrays(data):
    def spoil(context, fitted):
        for value in vars(fitted).values():
            if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.ndim:
                value *= 3.0
                value += 1.0

    X, y = data
    expected = GradientDescentRegressor().fit(X + 5.0, y)
    reg = GradientDescentRegressor().set_callbacks(Record(spoil)).fit(X + 5.0, y)
    np.testing.assert_array_equal(reg.coef_, expected.coef_)
    np.testing.assert_array_equal(reg.intercept_, expected.intercept_)
    np.testing.assert_array_equal(reg.loss_history_, expected.loss_history_)
    np.testing.assert_array_equal(reg.feature_scale_, expected.feature_scale_)
