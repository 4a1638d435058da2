"""scikit-learn's callbacks, from its version 1.9: a fit is a task, and so is each step.

No other module knows of the protocol, or that it may be missing.
"""

from functools import wraps
from typing import cast

import numpy as np

from ._typing import Function

try:
    from sklearn import callback
    from sklearn.callback import CallbackSupportMixin
except ImportError:
    callback = None

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing, as this scikit-learn has no callbacks."""


def with_callbacks(method: Function) -> Function:
    """Return fit with scikit-learn's decorator, which has no types, for where there are callbacks.

    Without them its context has nothing to end, and takes as long as an update.
    """
    if callback is None:
        return method
    managed = callback.with_callbacks(method)

    @wraps(method)
    def call(estimator, *args, **kwargs):
        fit = managed if _has_callbacks(estimator) else method
        return fit(estimator, *args, **kwargs)

    return cast(Function, call)


def _has_callbacks(estimator):
    return bool(getattr(estimator, "_skl_callbacks", None))


def tasks_of(estimator, X, y, sample_weight, n_targets, attributes):
    """Return the Tasks of a fit that begins; None if the estimator has no callbacks.

    Parameters
    ----------
    estimator : CallbackSupportMixin
    X, y, sample_weight
        As given to fit, so that `predict` of a callback sees the same names.
    n_targets : int
    attributes : callable
        Returns the fitted attributes as if the fit had stopped now.
    """
    if not _has_callbacks(estimator):
        return None
    # Equal weights are not passed on: scorers do not accept one number for all rows.
    equal = np.ndim(sample_weight) == 0
    metadata = None if equal else {"sample_weight": sample_weight}
    known = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
    return Tasks(known, n_targets, attributes)


class Tasks:
    """The task of a fit; its subtasks are steps, or with several targets these and their steps.

    Parameters
    ----------
    known : dict
        What the hooks of all tasks are given.
    n_targets : int
    attributes : callable
    """

    def __init__(self, known, n_targets, attributes):
        self._known = known
        self._attributes = attributes
        self._several = n_targets > 1
        self._stopped = False
        estimator = known["estimator"]
        self._max_iter = estimator.max_iter
        self._context = estimator._init_callback_context(
            max_subtasks=n_targets if self._several else self._max_iter
        )
        self._context.call_on_fit_task_begin(**known)

    def observer(self):
        """Return the Observer of the next target's descent."""
        if not self._several:
            return _Steps(self._context, self._begin, self._finish)
        target = self._begin(self._context, "target", max_subtasks=self._max_iter)
        return _Steps(target, self._begin, self._finish, stopped=self._stopped, end=self._end)

    def end(self):
        """Tell callbacks that the fit has ended, now that its attributes are set."""
        self._context.call_on_fit_task_end(**self._known, reconstruction_attributes={})

    def _begin(self, parent, name, max_subtasks=0):
        task = parent.subcontext(task_name=name, max_subtasks=max_subtasks)
        return task.call_on_fit_task_begin(
            **self._known, reconstruction_attributes=self._attributes
        )

    def _finish(self, task):
        return task.call_on_fit_task_end(**self._known, reconstruction_attributes=self._attributes)

    def _end(self, target):
        # A callback that stops when a target ends stops the targets to come.
        self._stopped = self._finish(target) or self._stopped


class _Steps:
    """An Observer that makes each update a task."""

    def __init__(self, context, begin, finish, stopped=False, end=None):
        self._context, self._begin, self._finish = context, begin, finish
        self.stopped, self._end = stopped, end

    def before(self, descent):
        self._task = self._begin(self._context, "step")

    def after(self, descent):
        self.stopped = self._finish(self._task)

    def end(self, descent):
        if self._end is not None:
            self._end(self._context)
