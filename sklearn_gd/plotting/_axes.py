"""What the pictures that are curves over steps or time share."""

import numpy as np

from ._colours import colours, label_of


def new_axes(ax, plt):
    """Return the axes, or those of a new figure for None."""
    return plt.subplots(layout="constrained")[1] if ax is None else ax


def check_scales(**scales):
    """Raise unless each is linear or log."""
    for name, scale in scales.items():
        if scale not in ("linear", "log"):
            raise ValueError(f"{name} must be 'linear' or 'log', got {scale!r}.")


def scale_from_zero(ax, xscale, first=1.0):
    """Set the scale of an axis that begins at 0, which the log scale shows too.

    ``first`` is the least positive number on it.
    """
    if xscale == "log":
        # One decade in as many inches as the next, with a tick where they begin.
        ax.set_xscale("symlog", linthresh=10 ** np.floor(np.log10(first)), linscale=0.5)
        ax.set_xlim(left=0.0)
        if first >= 1:
            ax.xaxis.set_major_formatter("{x:,.0f}")


def name_lines(ax, lines, names, plt):
    """Colour the lines, and name them in a legend unless there are more than it can hold."""
    for line, colour, name in zip(lines, colours(len(lines), plt), names, strict=True):
        line.set(color=colour, label=label_of(name))
    if len(lines) <= MOST_NAMES:
        ax.legend(ncols=1 + (len(lines) - 1) // 6, fontsize="small")


# In a legend.
MOST_NAMES = 24


def masked(values):
    """Return the values, those that no picture has as nan."""
    values = np.asarray(values, dtype=float)
    return np.where(np.isfinite(values), values, np.nan)
