"""What displays of curves over steps or time share."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from ._optional import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def new_axes(ax, plt):
    """Return the axes, or those of a new figure for None."""
    if ax is None:
        return plt.subplots(layout="constrained")[1]
    if not hasattr(ax, "plot"):
        raise TypeError(f"ax must be one matplotlib Axes, got {type(ax).__name__}.")
    return ax


def figure_of(ax: Axes) -> Figure:
    """Return the figure; for axes in a SubFigure that one, which is rare and not in the type."""
    return cast("Figure", ax.figure)


def line_keywords(line_kw, caller):
    """Return the keywords for lines by their long names."""
    if line_kw is not None and not isinstance(line_kw, dict):
        raise TypeError(f"line_kw must be a dict or None, got {line_kw!r}.")
    normalize_kwargs = require("matplotlib.cbook", caller).normalize_kwargs
    return normalize_kwargs(line_kw, require("matplotlib.lines", caller).Line2D)


def check_scales(**scales):
    """Raise unless each is linear or log."""
    for name, scale in scales.items():
        if scale not in ("linear", "log"):
            raise ValueError(f"{name} must be 'linear' or 'log', got {scale!r}.")


def scale_from_zero(ax, xscale, first, last):
    """Set the scale of an axis that begins at 0, which the log scale shows too.

    ``first`` is the least positive number on it, ``last`` the largest.
    """
    linear = 10 ** np.floor(np.log10(first))
    # If it reached no further than the linear part, it would be linear after all.
    if xscale == "log" and last > linear:
        # The linear part, from 0, is as long as half a decade, and ends at a tick.
        ax.set_xscale("symlog", linthresh=linear, linscale=0.5)
        ax.set_xlim(left=0.0)
        if first >= 1:
            ax.xaxis.set_major_formatter("{x:,.0f}")


def masked(values):
    """Return the values, with nan for those that cannot be drawn."""
    values = np.asarray(values, dtype=float)
    return np.where(np.isfinite(values), values, np.nan)
