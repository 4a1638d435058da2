"""LossCurveDisplay: J against the number of steps."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from .._typing import AxisScale
from ._axes import check_scales, figure_of, line_keywords, new_axes, scale_from_zero
from ._colours import VERMILLION, colours, label_of
from ._fitted import has_diverged, l2_of, regressor_of
from ._optional import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# One, or a list of several: that depends on the number of curves, which no type tells.
LineOrLines: TypeAlias = Any

# Steps that are drawn where all descents diverge.
LEAVING = 12


class LossCurveDisplay:
    """Loss curve of gradient descent: J after each step.

    Make one with `from_estimator` or `from_estimators`; draw it again with
    `plot`.

    Parameters
    ----------
    losses : list of ndarray of shape (n_iter + 1,)
        J after 0, 1, ... steps, an array for each curve.
    names : list of str or None, default=None
        Names of the curves, for the legend.
    diverged : list of bool, default=None
        Which curves are of a descent that diverged; none of them if None.
    validation_losses : list of (ndarray of shape (n_iter + 1,) or None), default=None
        J on held-out rows after 0, 1, ... steps, where there was early stopping.
    penalised : bool, default=False
        Whether J contains a penalty, for the name of the axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What the curves are drawn on.
    figure_ : matplotlib Figure
        The figure that contains it.
    line_ : matplotlib Line2D or list of Line2D
        The curve; a list if there are several.
    validation_line_ : matplotlib Line2D, None, or list of them
        The curves of the validation losses; None where there is none.

    See Also
    --------
    DescentPathDisplay : J over two parameters, and the path on it.
    GradientDescentRegressor : The estimator; its `loss_history_` is drawn.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_gd import GradientDescentRegressor, LossCurveDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> fits = {
    ...     f"alpha = {alpha}": GradientDescentRegressor(alpha, max_iter=50, tol=0).fit(X, y)
    ...     for alpha in (0.1, 0.5, 1.0)
    ... }
    >>> LossCurveDisplay.from_estimators(fits)
    <...LossCurveDisplay object at ...>
    >>> plt.show()
    """

    # Set by plot.
    ax_: Axes
    figure_: Figure
    line_: LineOrLines
    validation_line_: LineOrLines

    def __init__(
        self,
        losses: Collection[ArrayLike],
        *,
        names: Collection[Any] | None = None,
        diverged: Collection[bool] | None = None,
        validation_losses: Collection[ArrayLike | None] | None = None,
        penalised: bool = False,
    ) -> None:
        self.losses = losses
        self.names = names
        self.diverged = diverged
        self.validation_losses = validation_losses
        self.penalised = penalised

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        *,
        ax: Axes | None = None,
        name: str | None = None,
        minimum: float = 0.0,
        xscale: AxisScale = "linear",
        yscale: AxisScale = "log",
        line_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the loss curve of a fitted estimator, or one for each of several targets.

        Parameters
        ----------
        estimator : GradientDescentRegressor or Pipeline
            Fitted; a pipeline must end in a GradientDescentRegressor.
        ax : matplotlib Axes, default=None
            What to draw on; a new figure if None.
        name : str, default=None
            Name of the curve; no legend if None and there is one curve.
        minimum : float, default=0.0
            Subtracted from the losses. If it is the least J, the curve shows
            how fast the rest vanishes: on the log scale it is a straight line
            where every step leaves the same share of it.
        xscale : {"linear", "log"}, default="linear"
            Scale of the steps; step 0 is drawn on the log scale too.
        yscale : {"linear", "log"}, default="log"
            Scale of the losses.
        line_kw : dict, default=None
            Passed on to `matplotlib.axes.Axes.plot`.

        Returns
        -------
        LossCurveDisplay
            With what was drawn as attributes.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If it is not a GradientDescentRegressor.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from sklearn.datasets import load_diabetes
        >>> from sklearn_gd import GradientDescentRegressor, LossCurveDisplay
        >>> X, y = load_diabetes(return_X_y=True)
        >>> LossCurveDisplay.from_estimator(GradientDescentRegressor().fit(X, y))
        <...LossCurveDisplay object at ...>
        >>> plt.show()
        """
        return cls._drawn(
            {name: estimator},
            ax=ax,
            minimum=minimum,
            xscale=xscale,
            yscale=yscale,
            line_kw=line_kw,
        )

    @classmethod
    def from_estimators(
        cls,
        estimators: dict[Any, Any],
        *,
        ax: Axes | None = None,
        minimum: float = 0.0,
        xscale: AxisScale = "linear",
        yscale: AxisScale = "log",
        line_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the loss curves of several fitted estimators on one axis.

        The axis is as high as the descents that did not diverge need; one that
        did is dashed, leaves at the top and is marked as such in the legend.

        Parameters
        ----------
        estimators : dict of str to GradientDescentRegressor or Pipeline
            Fitted estimators, by their names for the legend.
        ax : matplotlib Axes, default=None
            What to draw on; a new figure if None.
        minimum : float, default=0.0
            Subtracted from the losses; see `from_estimator`.
        xscale : {"linear", "log"}, default="linear"
            Scale of the steps; step 0 is drawn on the log scale too.
        yscale : {"linear", "log"}, default="log"
            Scale of the losses.
        line_kw : dict, default=None
            Passed on to `matplotlib.axes.Axes.plot`.

        Returns
        -------
        LossCurveDisplay
            With what was drawn as attributes.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        sklearn.exceptions.NotFittedError
            If an estimator is not fitted.
        TypeError
            If one is not a GradientDescentRegressor, or `estimators` not a dict.
        ValueError
            If `estimators` is empty.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from sklearn.datasets import load_diabetes
        >>> from sklearn_gd import GradientDescentRegressor, LossCurveDisplay
        >>> X, y = load_diabetes(return_X_y=True)
        >>> fits = {
        ...     alpha: GradientDescentRegressor(alpha, max_iter=20, tol=0).fit(X, y)
        ...     for alpha in ("lipschitz", "exact")
        ... }
        >>> display = LossCurveDisplay.from_estimators(fits)
        >>> [line.get_label() for line in display.line_]
        ['lipschitz', 'exact']
        >>> plt.show()
        """
        if not isinstance(estimators, dict):
            raise TypeError(
                "estimators must be a dict of names and fitted estimators, got "
                f"{type(estimators).__name__}; for a single one use from_estimator."
            )
        if not estimators:
            raise ValueError("estimators must not be empty.")
        return cls._drawn(
            {str(name): estimator for name, estimator in estimators.items()},
            ax=ax,
            minimum=minimum,
            xscale=xscale,
            yscale=yscale,
            line_kw=line_kw,
        )

    @classmethod
    def _drawn(cls, estimators, **how):
        require("matplotlib", f"{cls.__name__}.from_estimator")
        names, losses, diverged, validation = zip(
            *(curve for name, fitted in estimators.items() for curve in _curves(name, fitted)),
            strict=True,
        )
        display = cls(
            list(losses),
            names=None if names == (None,) else list(names),
            diverged=list(diverged),
            validation_losses=list(validation),
            penalised=any(l2_of(regressor_of(fitted)) for fitted in estimators.values()),
        )
        return display.plot(**how)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        minimum: float = 0.0,
        xscale: AxisScale = "linear",
        yscale: AxisScale = "log",
        line_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            What to draw on; a new figure if None.
        minimum : float, default=0.0
            Subtracted from the losses; see `from_estimator`.
        xscale : {"linear", "log"}, default="linear"
            Scale of the steps; step 0 is drawn on the log scale too.
        yscale : {"linear", "log"}, default="log"
            Scale of the losses.
        line_kw : dict, default=None
            Passed on to `matplotlib.axes.Axes.plot`.

        Returns
        -------
        LossCurveDisplay
            Itself.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        ValueError
            If a scale is not known.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from sklearn_gd import LossCurveDisplay
        >>> LossCurveDisplay([[4.0, 2.0, 1.0]]).plot()
        <...LossCurveDisplay object at ...>
        >>> plt.show()
        """
        caller = f"{type(self).__name__}.plot"
        plt = require("matplotlib.pyplot", caller)
        check_scales(xscale=xscale, yscale=yscale)
        ax = new_axes(ax, plt)
        line_kw = line_keywords(line_kw, caller)
        drawn, validation_lines = self._draw(ax, plt, minimum, line_kw)
        plain = "J, with the penalty" if self.penalised else "J, half the mean squared error"
        label = "J above its minimum" if minimum else plain
        ax.set(xlabel="step", ylabel=label)
        scale_from_zero(ax, xscale, 1, max(len(line.get_ydata()) for line in drawn) - 1)
        values = np.concatenate([line.get_ydata() for line in drawn])
        logarithmic = yscale == "log" and (values > 0).any()
        # Limits come first: without them the axis would include what diverged.
        self._limit(ax, minimum, logarithmic)
        if logarithmic:
            ax.set_yscale("log", nonpositive="mask")
        if self.names is not None or any(line is not None for line in validation_lines):
            ax.legend()
        single = len(drawn) == 1
        self.ax_, self.figure_ = ax, figure_of(ax)
        self.line_ = drawn[0] if single else drawn
        self.validation_line_ = validation_lines[0] if single else validation_lines
        return self

    def _draw(self, ax, plt, minimum, line_kw):
        n = len(self.losses)
        names = ["loss"] * n if self.names is None else map(label_of, self.names)
        diverged = [False] * n if self.diverged is None else list(self.diverged)
        validation = [None] * n if self.validation_losses is None else self.validation_losses
        shades = iter(colours(n - sum(diverged), plt))
        lines, validation_lines = [], []
        for loss, name, lost, held_out in zip(
            self.losses, names, diverged, validation, strict=True
        ):
            kind = {"color": VERMILLION, "linestyle": "--"} if lost else {"color": next(shades)}
            label = f"{name} (diverged)" if lost else name
            above = np.asarray(loss, dtype=float) - minimum
            # A single loss is a point, not a line.
            marker = "o" if len(above) == 1 else None
            (line,) = ax.plot(above, **{**kind, "label": label, "marker": marker, **line_kw})
            lines.append(line)
            validation_line = None
            if held_out is not None:
                (validation_line,) = ax.plot(
                    np.asarray(held_out, dtype=float) - minimum,
                    color=line.get_color(),
                    linestyle=":",
                    label=f"{name}, held out",
                )
            validation_lines.append(validation_line)
        return lines, validation_lines

    def _limit(self, ax, minimum, logarithmic):
        """Let diverged curves leave at the top where there are others."""
        if self.diverged is None or not any(self.diverged):
            return
        kept = [
            np.asarray(loss, dtype=float)[: 1 if lost else None] - minimum
            for loss, lost in zip(self.losses, self.diverged, strict=True)
        ]
        if all(self.diverged):
            # How they leave is all there is to see.
            kept = [np.asarray(loss, dtype=float)[:LEAVING] - minimum for loss in self.losses]
            ax.set_xlim(right=LEAVING)
        values = np.concatenate(kept)
        values = values[np.isfinite(values)]
        positive = values[values > 0]
        if not (logarithmic and len(positive)):
            low, high = values.min(), values.max()
            room = 0.05 * ((high - low) or 1.0)
            ax.set_ylim(low - room, high + room)
            return
        low, high = np.log10(positive.min()), np.log10(positive.max())
        room = 0.05 * max(high - low, 1.0)
        # Beyond these Matplotlib's ticks overflow; a start is below 1e120.
        ax.set_ylim(10 ** max(low - room, -150.0), 10 ** min(high + 2 * room, 150.0))


def _curves(name, estimator):
    """Name, losses, whether diverged and validation losses of each target."""
    regressor = regressor_of(estimator)
    losses = np.asarray(regressor.loss_history_)
    validation = getattr(regressor, "validation_loss_history_", None)
    if losses.ndim == 1:
        yield name, losses, regressor.status_ == "diverged", validation
        return
    for j in range(losses.shape[1]):
        label = f"target {j}" if name is None else f"{name}, target {j}"
        lost = has_diverged(regressor, losses[:, j])
        yield label, losses[:, j], lost, None if validation is None else validation[:, j]
