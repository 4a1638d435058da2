"""MSEPathDisplay: held-out error against steps, for each learning rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from .._typing import AxisScale
from ._axes import check_scales, figure_of, line_keywords, masked, new_axes, scale_from_zero
from ._colours import VERMILLION, colours, label_of
from ._fitted import regressor_of
from ._optional import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

# Up to this many learning rates are named in the legend; more have a colour bar.
MOST_NAMES = 6
SPREADS = ("chosen", "all", None)
Spread: TypeAlias = Literal["chosen", "all"] | None


class MSEPathDisplay:
    """Held-out error of a cross-validation against steps, a line for each learning rate.

    Make one with `from_estimator`; draw it again with `plot`.

    Parameters
    ----------
    mse_path : ndarray of shape (n_alphas, max_iter + 1, n_folds)
        Mean squared error on the held-out rows; inf where a descent diverged.
    alphas : ndarray of shape (n_alphas,)
        Learning rates.
    alpha : float, default=None
        The learning rate chosen.
    n_iter : int, default=None
        The number of steps chosen.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What the lines are drawn on.
    figure_ : matplotlib Figure
        The figure that contains it.
    lines_ : list of matplotlib Line2D
        The mean over the folds, a line for each learning rate, in the order of
        `alphas`.
    spread_ : list of matplotlib FillBetweenPolyCollection
        Standard deviation over the folds above and below the mean, of the
        lines that show it.
    chosen_ : matplotlib Line2D or None
        The point chosen.

    See Also
    --------
    GradientDescentRegressorCV : The estimator whose `mse_path_` is drawn.
    LossCurveDisplay : The loss on the training rows.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_gd import GradientDescentRegressorCV, MSEPathDisplay
    >>> X, y = load_diabetes(return_X_y=True)
    >>> reg = GradientDescentRegressorCV(alphas=10, max_iter=500).fit(scale(X), y)
    >>> MSEPathDisplay.from_estimator(reg)
    <...MSEPathDisplay object at ...>
    >>> plt.show()
    """

    # Set by plot.
    ax_: Axes
    figure_: Figure
    lines_: list[Line2D]
    spread_: list[PolyCollection]
    chosen_: Line2D | None

    def __init__(
        self,
        mse_path: ArrayLike,
        alphas: ArrayLike,
        *,
        alpha: float | None = None,
        n_iter: int | None = None,
    ) -> None:
        self.mse_path = mse_path
        self.alphas = alphas
        self.alpha = alpha
        self.n_iter = n_iter

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        *,
        ax: Axes | None = None,
        spread: Spread = "chosen",
        xscale: AxisScale = "log",
        yscale: AxisScale = "linear",
        line_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the held-out errors that a cross-validated estimator has found.

        Parameters
        ----------
        estimator : GradientDescentRegressorCV or Pipeline
            Fitted; a pipeline must end in a GradientDescentRegressorCV. If it had
            several penalties, the errors are those with the one chosen.
        ax : matplotlib Axes, default=None
            What to draw on; a new figure if None.
        spread : {"chosen", "all", None}, default="chosen"
            For which learning rates the standard deviation over the folds is
            drawn.
        xscale : {"log", "linear"}, default="log"
            Scale of the steps; step 0 is drawn on the log scale too.
        yscale : {"linear", "log"}, default="linear"
            Scale of the errors.
        line_kw : dict, default=None
            Passed on to `matplotlib.axes.Axes.plot`.

        Returns
        -------
        MSEPathDisplay
            With what was drawn as attributes.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If it is not a GradientDescentRegressorCV.
        ValueError
            If a scale or the spread is not known.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from sklearn.datasets import load_diabetes
        >>> from sklearn.preprocessing import scale
        >>> from sklearn_gd import GradientDescentRegressorCV, MSEPathDisplay
        >>> X, y = load_diabetes(return_X_y=True)
        >>> reg = GradientDescentRegressorCV(alphas=[0.1, 0.4], max_iter=99).fit(scale(X), y)
        >>> display = MSEPathDisplay.from_estimator(reg, spread="all")
        >>> [line.get_label() for line in display.lines_]
        ['alpha = 0.1', 'alpha = 0.4']
        >>> plt.show()
        """
        require("matplotlib", f"{cls.__name__}.from_estimator")
        regressor = regressor_of(estimator)
        if not hasattr(regressor, "mse_path_"):
            raise TypeError(
                "estimator must be a GradientDescentRegressorCV or a pipeline that ends in one, "
                f"got {type(regressor).__name__}; its loss is drawn by LossCurveDisplay."
            )
        # A refit that diverged has not made the steps that were chosen.
        made = regressor.status_ != "diverged"
        errors = regressor.mse_path_
        if errors.ndim == 4:
            penalties = np.asarray(regressor.l2_regularization, dtype=float)
            errors = errors[int((penalties == regressor.l2_regularization_).argmax())]
        display = cls(
            errors,
            regressor.alphas_,
            alpha=regressor.alpha_,
            n_iter=regressor.n_iter_ if made else None,
        )
        return display.plot(ax, spread=spread, xscale=xscale, yscale=yscale, line_kw=line_kw)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        spread: Spread = "chosen",
        xscale: AxisScale = "log",
        yscale: AxisScale = "linear",
        line_kw: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the errors.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            What to draw on; a new figure if None.
        spread : {"chosen", "all", None}, default="chosen"
            For which learning rates the standard deviation over the folds is
            drawn.
        xscale : {"log", "linear"}, default="log"
            Scale of the steps; step 0 is drawn on the log scale too.
        yscale : {"linear", "log"}, default="linear"
            Scale of the errors.
        line_kw : dict, default=None
            Passed on to `matplotlib.axes.Axes.plot`.

        Returns
        -------
        MSEPathDisplay
            Itself.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        ValueError
            If a scale or the spread is not known.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from sklearn_gd import MSEPathDisplay
        >>> errors = np.array([[[4.0, 5.0], [2.0, 2.5], [2.2, 2.9]]])
        >>> MSEPathDisplay(errors, [0.1], alpha=0.1, n_iter=1).plot()
        <...MSEPathDisplay object at ...>
        >>> plt.show()
        """
        caller = f"{type(self).__name__}.plot"
        plt = require("matplotlib.pyplot", caller)
        line_kw = line_keywords(line_kw, caller)
        check_scales(xscale=xscale, yscale=yscale)
        if not any(spread is known or spread == known for known in SPREADS):
            raise ValueError(f"spread must be 'chosen', 'all' or None, got {spread!r}.")
        ax = new_axes(ax, plt)
        errors, alphas = self._checked()
        with np.errstate(over="ignore", invalid="ignore"):
            mean = errors.mean(axis=2)
        self._draw_lines(ax, plt, mean, alphas, line_kw)
        low = self._draw_spread(ax, mean, errors, spread, yscale)
        self._mark(ax, mean)
        self._limit(ax, mean, low, yscale)
        scale_from_zero(ax, xscale, 1, errors.shape[1] - 1)
        ax.set(xlabel="step", ylabel=f"held-out mean squared error ({errors.shape[2]} folds)")
        self._name(ax, alphas, plt, caller, coloured="color" not in line_kw)
        self.ax_, self.figure_ = ax, figure_of(ax)
        return self

    def _checked(self):
        """Errors and learning rates, if they match each other and the point chosen."""
        errors = np.asarray(self.mse_path, dtype=float)
        alphas = np.asarray(self.alphas, dtype=float)
        if errors.ndim != 3 or not errors.size or alphas.shape != errors.shape[:1]:
            raise ValueError(
                "mse_path must have shape (n_alphas, n_steps + 1, n_folds), and alphas "
                f"(n_alphas,); got {errors.shape} and {alphas.shape}."
            )
        if self.alpha is not None and self.alpha not in alphas:
            raise ValueError(f"alpha must be one of alphas, got {self.alpha!r}.")
        if self.n_iter is not None and not 0 <= self.n_iter < errors.shape[1]:
            raise ValueError(
                f"n_iter must be a number of steps up to {errors.shape[1] - 1}, got "
                f"{self.n_iter!r}."
            )
        return errors, alphas

    def _draw_lines(self, ax, plt, mean, alphas, line_kw):
        shades = colours(len(alphas), plt)
        # Shades are in the order of size, whatever the order of alphas is.
        ranks = np.argsort(np.argsort(alphas, kind="stable"), kind="stable")
        self.lines_ = []
        for values, alpha, rank in zip(mean, alphas, ranks, strict=True):
            kind = {"color": shades[rank], "label": f"alpha = {alpha:.3g}", **line_kw}
            self.lines_ += ax.plot(masked(values), **kind)

    def _draw_spread(self, ax, mean, errors, spread, yscale):
        """Return the lowest values of what was drawn."""
        self.spread_, low = [], [np.inf]
        for values, folds, alpha, line in zip(
            mean, errors, np.asarray(self.alphas), self.lines_, strict=True
        ):
            if spread == "all" or (spread == "chosen" and alpha == self.alpha):
                with np.errstate(over="ignore", invalid="ignore"):
                    deviation = masked(masked(folds).std(axis=1))
                steps, middle = np.arange(len(values)), masked(values)
                lower = middle - deviation
                if yscale == "log":
                    # A log scale has nothing below 0: half a band says more than a wall.
                    lower = np.where(lower > 0, lower, middle)
                low.append(np.min(lower, where=~np.isnan(lower), initial=np.inf))
                band = ax.fill_between(
                    steps,
                    lower,
                    middle + deviation,
                    color=line.get_color(),
                    alpha=0.15,
                    linewidth=0,
                )
                self.spread_.append(band)
        return min(low)

    def _mark(self, ax, mean):
        self.chosen_ = None
        if self.alpha is None or self.n_iter is None:
            return
        row = int(np.flatnonzero(np.asarray(self.alphas) == self.alpha)[0])
        (self.chosen_,) = ax.plot(
            self.n_iter,
            mean[row, self.n_iter],
            marker="o",
            markersize=8,
            linestyle="none",
            color=VERMILLION,
            markeredgecolor="white",
            # Drawn whole even at the edge of the picture.
            clip_on=False,
            zorder=3,
            label=label_of(f"chosen: alpha = {self.alpha:.3g}, {self.n_iter} steps"),
        )

    def _limit(self, ax, mean, low, yscale):
        """Let curves that climb above the start leave at the top."""
        finite = mean[np.isfinite(mean)]
        if not len(finite):
            ax.set_xlim(0, mean.shape[1] - 1)
            return
        high = min(finite.max(), 1.5 * np.abs(mean[:, 0]).max())
        low = min(finite.min(), low)
        if yscale == "log" and low > 0:
            ax.set_yscale("log")
            room = max(np.log10(high) - np.log10(low), 0.1)
            ax.set_ylim(10 ** (np.log10(low) - 0.1 * room), 10 ** (np.log10(high) + 0.05 * room))
        else:
            room = 0.05 * max(high - low, 0.01 * abs(high), np.finfo(float).tiny)
            ax.set_ylim(low - 2 * room, high + room)

    def _name(self, ax, alphas, plt, caller, coloured):
        if len(alphas) <= MOST_NAMES:
            ax.legend(fontsize="small")
            return
        if self.chosen_ is not None:
            ax.legend(handles=[self.chosen_], fontsize="small")
        if not coloured:
            return
        colors = require("matplotlib.colors", caller)
        ordered = np.sort(alphas)
        shades = colors.ListedColormap(colours(len(alphas), plt))
        bar = ax.figure.colorbar(plt.cm.ScalarMappable(cmap=shades), ax=ax, label="alpha")
        # Each alpha has a band of its own; some are named, at the middle of theirs.
        some = np.unique(np.linspace(0, len(alphas) - 1, MOST_NAMES).round().astype(int))
        bar.set_ticks((some + 0.5) / len(alphas), labels=[f"{ordered[i]:.2g}" for i in some])
        bar.minorticks_off()
