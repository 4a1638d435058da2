"""What displays of curves over steps or time share."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from sklearn.isotonic import isotonic_regression

from ._optional import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Size of a label in points, and the distance between two in heights of the font.
LABEL_SIZE, APART = 8.5, 1.25


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
    # If it reached little further than the linear part, it would be linear after all: Matplotlib
    # 3.7 warns of that.
    if xscale == "log" and last >= 3 * linear:
        # The linear part, from 0, is as long as half a decade, and ends at a tick.
        ax.set_xscale("symlog", linthresh=linear, linscale=0.5)
        ax.set_xlim(left=0.0)
        if first >= 1:
            ax.xaxis.set_major_formatter("{x:,.0f}")


def label_ends(ax, lines):
    """Write the label of each line at the right, joined with its end, in order of height.

    The words are not in the line's colour, as some are too pale to read. Where labels would
    overlap they are moved up and down as little as possible, which is an isotonic regression
    of their heights.
    """
    ax.get_ylim()  # the limits of what is drawn so far
    drawn = [line.get_xydata()[np.isfinite(line.get_ydata())] for line in lines]
    lines = [line for line, points in zip(lines, drawn, strict=True) if len(points)]
    if not lines:
        return []
    ends = np.array([points[-1] for points in drawn if len(points)])
    heights = ax.transAxes.inverted().transform(ax.transData.transform(ends))[:, 1]
    order = np.argsort(heights, kind="stable")
    gap = APART * LABEL_SIZE * ax.figure.dpi / 72 / ax.bbox.height
    gaps = gap * np.arange(len(lines))
    places = isotonic_regression(heights[order] - gaps) + gaps
    return [
        ax.annotate(
            lines[i].get_label(),
            ends[i],
            (1.03, place),
            textcoords="axes fraction",
            va="center",
            fontsize=LABEL_SIZE,
            arrowprops={
                "arrowstyle": "-",
                "color": lines[i].get_color(),
                "linestyle": lines[i].get_linestyle(),
                "relpos": (0.0, 0.5),
            },
        )
        for i, place in zip(order, places, strict=True)
    ]


def masked(values):
    """Return the values, with nan for those that cannot be drawn."""
    values = np.asarray(values, dtype=float)
    return np.where(np.isfinite(values), values, np.nan)
