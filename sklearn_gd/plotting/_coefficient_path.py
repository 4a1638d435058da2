"""CoefficientPathDisplay: coefficients against time, the sum of the learning rates."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from .._typing import AxisScale
from ._axes import (
    check_scales,
    figure_of,
    label_ends,
    line_keywords,
    masked,
    new_axes,
    scale_from_zero,
)
from ._chosen import parameter_names
from ._colours import OKABE_ITO, label_of
from ._fitted import feature_names, regressor_of
from ._optional import require
from ._replayed import record_of, require_stored_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.text import Annotation

# Each colour is used with each of these in turn.
LINE_STYLES = ("-", "--", ":", "-.")
# Most names at the ends of lines; of more features only a few are named.
MOST_NAMES = len(OKABE_ITO) * len(LINE_STYLES)
NAMED_OF_MANY = 10


class CoefficientPathDisplay:
    """Coefficients of a descent against time, the sum of its learning rates.

    The counterpart of a path over penalties for ridge regression or the lasso: on
    the left all are zero, on the right is the solution. Make one with `from_estimator`,
    or from what `gradient_descent_path` returns; draw it with `plot`.

    Parameters
    ----------
    times : array-like of shape (n_steps,)
        With a constant learning rate, the number of steps times that rate.
    coefs : array-like of shape (n_features, n_steps)
        Coefficients at these times.
    names : list of str, default=None
        Names of the features, written where the lines end. Of more than 24 only the
        10 that end farthest from zero are named.
    best : float, default=None
        The time at which the fitted coefficients were reached.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What the lines are drawn on.
    figure_ : matplotlib Figure
        The figure that contains it.
    lines_ : list of matplotlib Line2D
        One for each feature.
    texts_ : list of matplotlib Annotation
        Their names, from the lowest line to the highest.
    best_ : matplotlib Line2D or None
        The vertical line at `best`.

    See Also
    --------
    gradient_descent_path : Coefficients after given numbers of steps.
    DescentPathDisplay : The path over the cost, of two parameters.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_gd import CoefficientPathDisplay, gradient_descent_path
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> steps = np.unique(np.geomspace(1, 1e6, 100).astype(int))
    >>> coefs, _ = gradient_descent_path(scale(X), y, alpha=0.01, max_iter=steps)
    >>> CoefficientPathDisplay(0.01 * steps, coefs, names=list(X)).plot()
    <...CoefficientPathDisplay object at ...>
    >>> plt.show()
    """

    # Set by plot.
    ax_: Axes
    figure_: Figure
    lines_: list[Line2D]
    texts_: list[Annotation]
    best_: Line2D | None

    def __init__(
        self,
        times: ArrayLike,
        coefs: ArrayLike,
        *,
        names: Collection[Any] | None = None,
        best: float | None = None,
    ) -> None:
        self.times = times
        self.coefs = coefs
        self.names = names
        self.best = best

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        *,
        target: int | None = None,
        ax: Axes | None = None,
        xscale: AxisScale = "log",
        line_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the path that a fit has stored.

        Parameters
        ----------
        estimator : GradientDescentRegressor or Pipeline
            Fitted with ``store_path=True``; a pipeline must end in one.
        target : int, default=None
            Column of y; needed if there are several.
        ax : matplotlib Axes, default=None
            What to draw on; a new figure if None.
        xscale : {"log", "linear"}, default="log"
            Scale of the time; 0 is drawn on the log scale too.
        line_kw : dict, default=None
            Passed on to `matplotlib.axes.Axes.plot`.

        Returns
        -------
        CoefficientPathDisplay
            With what was drawn as attributes.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If it is not a GradientDescentRegressor.
        ValueError
            If it has no path; if the target or the scale is not known.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from sklearn.datasets import load_diabetes
        >>> from sklearn_gd import CoefficientPathDisplay, GradientDescentRegressor
        >>> X, y = load_diabetes(return_X_y=True)
        >>> reg = GradientDescentRegressor("lipschitz", max_iter=500, tol=0, store_path=True)
        >>> CoefficientPathDisplay.from_estimator(reg.fit(X, y))
        <...CoefficientPathDisplay object at ...>
        >>> plt.show()
        """
        require("matplotlib", f"{cls.__name__}.from_estimator")
        regressor = regressor_of(estimator)
        require_stored_path(regressor)
        record = record_of(regressor, target)
        n_features = regressor.n_features_in_
        times, best = np.append(0.0, np.cumsum(record.alphas)), record.best_iter
        display = cls(
            times,
            record.path[:, :n_features].T,
            names=feature_names(estimator),
            # A warm start may carry over what was best before this fit.
            best=times[best] if best >= 0 else None,
        )
        return display.plot(ax, xscale=xscale, line_kw=line_kw)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        xscale: AxisScale = "log",
        line_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the coefficients.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            What to draw on; a new figure if None.
        xscale : {"log", "linear"}, default="log"
            Scale of the time; 0 is drawn on the log scale too.
        line_kw : dict, default=None
            Passed on to `matplotlib.axes.Axes.plot`.

        Returns
        -------
        CoefficientPathDisplay
            Itself.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        ValueError
            If the shapes of times and coefficients do not match, or the scale
            is not known.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from sklearn_gd import CoefficientPathDisplay
        >>> display = CoefficientPathDisplay([0, 1, 2], [[0, 1, 1.5], [0, -1, -1]])
        >>> display.plot(xscale="linear").lines_
        [<matplotlib.lines.Line2D ...>, <matplotlib.lines.Line2D ...>]
        >>> plt.show()
        """
        caller = f"{type(self).__name__}.plot"
        plt = require("matplotlib.pyplot", caller)
        line_kw = line_keywords(line_kw, caller)
        check_scales(xscale=xscale)
        times, coefs, names = self._checked()
        ax = new_axes(ax, plt)
        order = np.argsort(times, kind="stable")
        self.lines_ = ax.plot(times[order], masked(coefs[:, order]).T)
        self.best_ = None
        if self.best is not None:
            self.best_ = ax.axvline(self.best, color="0.5", linewidth=1.0, label="fitted")
        for i, (line, name) in enumerate(zip(self.lines_, names, strict=True)):
            turn, colour = divmod(i, len(OKABE_ITO))
            style = LINE_STYLES[turn % len(LINE_STYLES)]
            line.set(color=OKABE_ITO[colour], linestyle=style, label=label_of(name))
            line.set(**line_kw)
        if times.min() > 0:
            ax.set_xscale(xscale)
        else:
            first = np.min(times, where=times > 0, initial=max(times.max(), 1.0))
            scale_from_zero(ax, xscale, first, times.max())
        ax.set(xlabel="time, the sum of the learning rates", ylabel="coefficient")
        self._name(ax, np.abs(coefs[:, order[-1]]))
        self.ax_, self.figure_ = ax, figure_of(ax)
        return self

    def _checked(self):
        """Times, coefficients and names, if their shapes match."""
        try:
            times, coefs = (np.asarray(given, dtype=float) for given in (self.times, self.coefs))
        except (TypeError, ValueError) as error:
            raise ValueError(
                "times and coefs must be arrays of numbers; gradient_descent_path returns "
                "(coefs, intercepts), of which only coefs are drawn."
            ) from error
        if coefs.ndim != 2 or not coefs.size or times.shape != coefs.shape[1:]:
            raise ValueError(
                "coefs must have shape (n_features, n_steps), of one target, and times "
                f"(n_steps,); got {coefs.shape} and {times.shape}."
            )
        if not (times >= 0).all():
            raise ValueError(f"times must not be negative or nan, got {times.min()}.")
        names = parameter_names(None, len(coefs), False) if self.names is None else self.names
        if isinstance(names, str) or len(names) != len(coefs):
            raise ValueError(
                f"names must be a list of {len(coefs)}, one for each feature, got {names!r}."
            )
        return times, coefs, names

    def _name(self, ax, sizes):
        """Write the names; of very many lines those of the ones that end farthest from 0."""
        lines = self.lines_
        if len(lines) > MOST_NAMES:
            largest = np.sort(np.argsort(-sizes, kind="stable")[:NAMED_OF_MANY])
            lines = [lines[i] for i in largest]
        self.texts_ = label_ends(ax, lines)
        if self.best_ is not None:
            ax.legend(handles=[self.best_], fontsize="small")
