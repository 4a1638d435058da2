"""J over two parameters, and the path on it: what DescentPathDisplay draws."""

import numpy as np

from ._box import levels_of
from ._colours import VERMILLION

# Points along each side of the grid on which J is drawn, and along that of a surface.
GRID, SURFACE_GRID = 101, 51
# Most steps that have markers; those of more would merge into a band.
MOST_MARKERS = 200
# Length of an arrow as a share of the picture's.
ARROW = 0.12


def draw_contour(descent, ax, box, arrows=True):
    """Draw level lines and the path, and arrows along the way down if these are wanted.

    Parameters
    ----------
    descent : RecordedDescent
    ax : matplotlib Axes
    box : Frame
    arrows : bool, default=True

    Returns
    -------
    dict
        The display's artists by the names of its attributes.
    """
    grid = box.grid(GRID)
    losses = descent.plane(grid)
    levels = levels_of(losses)
    ax.contourf(*np.moveaxis(grid, -1, 0), losses, levels=levels, cmap="viridis", alpha=0.35)
    contour = ax.contour(
        *np.moveaxis(grid, -1, 0), losses, levels=levels, cmap="viridis", linewidths=0.8
    )
    _shade(descent, ax, box)
    steps = descent.steps
    # Of a path that diverges only the beginning: the rest would be a black band.
    outside = np.abs(steps - box.centre) > 1.5 * box.lengths
    steps = steps[: np.argmax(outside.any(axis=1)) + 1] if outside.any() else steps
    (line,) = ax.plot(*steps.T, linewidth=1.0, **_path_style(steps))
    ax.plot(*steps[0], "s", color="black", markersize=6, label="start")
    ax.plot(*box.minimum, "*", color=VERMILLION, markersize=12, label="lowest J here")
    quiver = None
    if arrows:
        quiver = _draw_arrows(descent, ax, box)
        # In the legend a quiver's own entry would be a box.
        along = "next step" if _goes_along_steps(descent) else "negative gradient"
        ax.plot([], [], color=VERMILLION, marker=">", markevery=[-1], label=along)
    ax.set(xlim=box.sides[0], ylim=box.sides[1])
    if box.equal:
        ax.set_aspect("equal")
    ax.legend(fontsize="small")
    return {"contour_": contour, "line_": line, "quiver_": quiver}


def _goes_along_steps(descent):
    """Whether arrows are along the next step, as steps are not along the gradient."""
    return descent.scaled or descent.is_bounded


def _shade(descent, ax, box):
    """Shade what is beyond the bounds."""
    how = {"facecolor": "0.45", "alpha": 0.45, "hatch": "//", "edgecolor": "0.25", "zorder": 2}
    label: str | None = "beyond the bounds"
    for span, (low, high), side in zip(
        (ax.axvspan, ax.axhspan), descent.bounds, box.sides, strict=True
    ):
        for start, end in ((side[0], low), (high, side[1])):
            if np.isfinite(start) and np.isfinite(end) and start < end:
                span(start, end, label=label, linewidth=0.0, **how)
                label = None


def _draw_arrows(descent, ax, box):
    """Arrows along the way down, all drawn with the same length."""
    steps = descent.steps
    if not _goes_along_steps(descent):
        down = -descent.plane.gradient_at(steps)
    else:
        # A step follows the gradient in terms of other parameters, or ends at a bound.
        down = np.diff(steps, axis=0, append=steps[-1:])
    # Not at the bottom, where there is no direction to point to.
    far = np.hypot(*((steps - box.minimum) / box.lengths).T) > ARROW
    far &= down.any(axis=1)
    # At steps that are each a tenth of the picture away from the one before.
    chosen, last = [], None
    for k in np.flatnonzero(box.contains(steps) & far):
        here = steps[k] / box.lengths
        if last is None or np.hypot(*(here - last)) > 0.1:
            chosen.append(k)
            last = here
    starts, down = steps[chosen[:6]], down[chosen[:6]]
    arrows = ARROW * down / np.hypot(*(down / box.lengths).T)[:, None]
    return ax.quiver(
        *starts.T,
        *arrows.T,
        angles="xy",
        scale_units="xy",
        scale=1,
        width=0.006,
        color=VERMILLION,
        zorder=3,
    )


def draw_surface(descent, ax, box):
    """Draw the surface and the path on it; return the display's artists by name.

    Parameters
    ----------
    descent : RecordedDescent
    ax : matplotlib Axes3D
    box : Frame
    """
    grid = box.grid(SURFACE_GRID)
    losses = descent.plane(grid)
    low, high = descent.bounds.T
    losses = np.where(((grid >= low) & (grid <= high)).all(axis=-1), losses, np.nan)
    ax.computed_zorder = False  # else the surface hides the path at random
    # Every point is used: with polygons of unequal size Matplotlib would project
    # uninitialised memory, and warn of what it finds there.
    how = {"cmap": "viridis", "alpha": 0.75, "linewidth": 0, "zorder": 1}
    surface = ax.plot_surface(*np.moveaxis(grid, -1, 0), losses, rstride=1, cstride=1, **how)
    visible = box.contains(descent.steps)
    steps, heights = descent.steps[visible], descent.losses[visible]
    (line,) = ax.plot(*steps.T, heights, linewidth=1.2, zorder=3, **_path_style(steps))
    lowest = descent.plane(box.minimum)
    ax.plot(*box.minimum[:, None], [lowest], "*", color=VERMILLION, markersize=12, zorder=4)
    ax.plot(*steps[:1].T, heights[:1], "s", color="black", markersize=6, zorder=3)
    ax.set_zlabel("J", labelpad=12)
    ax.xaxis.labelpad = ax.yaxis.labelpad = 9
    ax.locator_params(nbins=5)
    # From the low side, somewhat from the left, to see the slope that it came down.
    down = (box.minimum - descent.steps[0]) / box.lengths
    ax.view_init(elev=30, azim=np.degrees(np.arctan2(down[1], down[0])) - 40)
    return {"surface_": surface, "line_": line}


def _path_style(steps):
    markers = {"marker": "o", "markersize": 3.0} if len(steps) <= MOST_MARKERS else {}
    return {"color": "black", "label": "path", **markers}
