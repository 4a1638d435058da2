"""DescentPathDisplay: J over two parameters, and the path of a descent on it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Self, TypeAlias, overload

import numpy as np
from sklearn.base import BaseEstimator

from .._typing import MatrixLike, TargetsLike, WeightsLike
from ._axes import figure_of
from ._box import box_of, levels_of
from ._colours import VERMILLION, label_of
from ._optional import require
from ._recorded import RecordedDescent, record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.contour import ContourSet
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.quiver import Quiver
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

Kind: TypeAlias = Literal["contour", "surface"]
Aspect: TypeAlias = Literal["auto", "equal"]

# Points along each side of the grid on which J is drawn, and along that of a surface.
GRID, SURFACE_GRID = 101, 51
# Most steps that have markers; those of more would merge into a band.
MOST_MARKERS = 200
# Length of an arrow as a share of the picture's.
ARROW = 0.12


class DescentPathDisplay:
    """J over two parameters, and the path of a descent on it.

    J has n_features + 2 dimensions: w_1, ..., w_n, b, and J itself. Two
    parameters are the axes here; **the others are held at their fitted
    values**. With more than two the path is its projection, and a step need
    not be perpendicular to the level lines, as the others move too.

    Make one with `from_estimator`; draw it again with `plot`, or write the
    descent laboratory with `to_html`.

    Parameters
    ----------
    descent : RecordedDescent
        What `from_estimator` has gathered: path, losses, learning rates, some
        rows, and J as a quadratic.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.
    figure_ : matplotlib Figure
        The figure that contains it.
    line_ : matplotlib Line2D or Line3D
        The path.
    contour_ : matplotlib ContourSet or None
        The level lines, with ``kind="contour"``.
    quiver_ : matplotlib Quiver or None
        Arrows along the negative gradient of the J drawn, with
        ``kind="contour"``; where features were standardised, along the
        next step.
    surface_ : matplotlib Poly3DCollection or None
        The surface, with ``kind="surface"``.

    See Also
    --------
    LossCurveDisplay : J after each step.
    GradientDescentRegressor : The estimator; fit it with `store_path=True`.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_gd import DescentPathDisplay, GradientDescentRegressor
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> reg = GradientDescentRegressor("lipschitz", max_iter=200, tol=0, store_path=True)
    >>> DescentPathDisplay.from_estimator(reg.fit(X, y), X, y, parameters=("bmi", "s5"))
    <...DescentPathDisplay object at ...>
    >>> plt.show()
    """

    # Set by plot.
    ax_: Axes
    figure_: Figure
    line_: Line2D
    contour_: ContourSet | None
    quiver_: Quiver | None
    surface_: Poly3DCollection | None

    def __init__(self, descent: RecordedDescent) -> None:
        self.descent = descent

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: MatrixLike,
        y: TargetsLike,
        *,
        sample_weight: WeightsLike = None,
        parameters: Sequence[int | str] = (0, 1),
        target: int | None = None,
        kind: Kind = "contour",
        ax: Axes | None = None,
        aspect: Aspect = "auto",
    ) -> Self:
        """Draw the path that `fit` took.

        Parameters
        ----------
        estimator : GradientDescentRegressor or Pipeline
            Fitted with `store_path=True`. A pipeline must end in one; its other
            steps transform X.
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            As in `fit`; it is read several times, once to gather its moments.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            As in `fit`.
        sample_weight : float or array-like of shape (n_samples,), default=None
            As in `fit`.
        parameters : tuple of two: int or str, default=(0, 1)
            The two axes: a feature's index or name, or "intercept", which is
            index n_features too. The others are held at their fitted values.
        target : int, default=None
            The target whose descent is drawn; needed if there are several.
        kind : {"contour", "surface"}, default="contour"
            Level lines, or the surface in 3-D.
        ax : matplotlib Axes, default=None
            What to draw on, for ``kind="surface"`` one with
            ``projection="3d"``; a new figure if None.
        aspect : {"auto", "equal"}, default="auto"
            "equal": a unit is as long on both axes, so that the gradient is
            perpendicular to the level lines. "auto": equal unless that would
            leave a sliver.

        Returns
        -------
        DescentPathDisplay
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
            If it has no path; if `parameters`, `target`, `kind` or `aspect` has
            a value that is not allowed; if X, y and `sample_weight` are not those
            of `fit`, as J over them shows.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from sklearn_gd import DescentPathDisplay, GradientDescentRegressor
        >>> X, y = [[1.0], [2.0], [4.0]], [1.0, 3.0, 7.0]
        >>> reg = GradientDescentRegressor(0.1, max_iter=20, tol=0, store_path=True).fit(X, y)
        >>> display = DescentPathDisplay.from_estimator(reg, X, y, parameters=(0, "intercept"))
        >>> len(display.line_.get_xdata())
        21
        >>> plt.show()
        """
        require("matplotlib", f"{cls.__name__}.from_estimator")
        _check_choice("kind", kind, ("contour", "surface"))
        descent = record(estimator, X, y, sample_weight, parameters, target)
        return cls(descent).plot(ax=ax, kind=kind, aspect=aspect)

    def plot(
        self, ax: Axes | None = None, *, kind: Kind = "contour", aspect: Aspect = "auto"
    ) -> Self:
        """Draw the path.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            What to draw on, for ``kind="surface"`` one with
            ``projection="3d"``; a new figure if None.
        kind : {"contour", "surface"}, default="contour"
            Level lines, or the surface in 3-D.
        aspect : {"auto", "equal"}, default="auto"
            See `from_estimator`.

        Returns
        -------
        DescentPathDisplay
            Itself.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        ValueError
            If `kind` or `aspect` has a value that is not allowed, or `ax` is not
            3-D for a surface.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from sklearn_gd import DescentPathDisplay, GradientDescentRegressor
        >>> X, y = [[1.0], [2.0], [4.0]], [1.0, 3.0, 7.0]
        >>> reg = GradientDescentRegressor(0.1, max_iter=20, tol=0, store_path=True).fit(X, y)
        >>> display = DescentPathDisplay.from_estimator(reg, X, y)
        >>> display.plot(kind="surface")
        <...DescentPathDisplay object at ...>
        >>> plt.show()
        """
        plt = require("matplotlib.pyplot", f"{type(self).__name__}.plot")
        _check_choice("kind", kind, ("contour", "surface"))
        _check_choice("aspect", aspect, ("auto", "equal"))
        solid = kind == "surface"
        if ax is None:
            figure = plt.figure(layout="constrained")
            ax = figure.add_subplot(projection="3d" if solid else None)
        if solid != (getattr(ax, "name", "") == "3d"):
            raise ValueError(f"ax must {'' if solid else 'not '}be 3-D for kind={kind!r}.")
        self.contour_ = self.quiver_ = self.surface_ = None
        box = box_of(self.descent, aspect)
        grid = box.grid(SURFACE_GRID if solid else GRID)
        draw = self._draw_surface if solid else self._draw_contour
        draw(ax, box, grid, self.descent.plane(grid))
        names = [label_of(self.descent.names[j]) for j in self.descent.shown]
        ax.set(xlabel=names[0], ylabel=names[1])
        self.ax_, self.figure_ = ax, figure_of(ax)
        return self

    @overload
    def to_html(self, path: None = None) -> str: ...
    @overload
    def to_html(self, path: str | os.PathLike[str]) -> None: ...
    def to_html(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """Write the descent laboratory: one page that needs no network.

        It opens on the path that `fit` took: the surface, which can be turned,
        the contour map, the loss curve and the data; each step is explained in
        words and numbers. The reader can then try another learning rate or
        another starting point, and the page runs the descent again: exactly, as
        J is a quadratic, whose second moments are in the page. A descent on
        standardised features is shown in terms of their parameters, in which each
        step follows the gradient: w_j times the feature's standard deviation,
        and the prediction where all features are at their means. Beyond 50
        parameters the page has the second moments only of the two shown, and
        the others are held at their fitted values.

        Up to 300 rows, drawn at random, and as many steps as fit are written
        into the page; do not pass on a page made from data that must not be
        passed on.

        Parameters
        ----------
        path : str or path-like, default=None
            Where to write the page; if None, it is returned.

        Returns
        -------
        str or None
            The page, if `path` is None.

        Raises
        ------
        ImportError
            If plotly, whose plotly.js is put into the page, is not installed.

        Examples
        --------
        >>> from sklearn_gd import DescentPathDisplay, GradientDescentRegressor
        >>> X, y = [[1.0], [2.0], [4.0]], [1.0, 3.0, 7.0]
        >>> reg = GradientDescentRegressor(0.1, max_iter=20, tol=0, store_path=True).fit(X, y)
        >>> page = DescentPathDisplay.from_estimator(reg, X, y).to_html()
        >>> page[:15]
        '<!doctype html>'
        """
        from ._laboratory import page_of

        page = page_of(self.descent, f"{type(self).__name__}.to_html")
        if path is None:
            return page
        with open(path, "w", encoding="utf-8") as file:
            file.write(page)
        return None

    def _draw_contour(self, ax, box, grid, losses):
        levels = levels_of(losses)
        ax.contourf(*np.moveaxis(grid, -1, 0), losses, levels=levels, cmap="viridis", alpha=0.35)
        self.contour_ = ax.contour(
            *np.moveaxis(grid, -1, 0), losses, levels=levels, cmap="viridis", linewidths=0.8
        )
        self._shade(ax, box)
        steps = self.descent.steps
        # Of a path that diverges only the beginning: the rest would be a black band.
        outside = np.abs(steps - box.centre) > 1.5 * box.lengths
        steps = steps[: np.argmax(outside.any(axis=1)) + 1] if outside.any() else steps
        (self.line_,) = ax.plot(*steps.T, linewidth=1.0, **_path_style(steps))
        ax.plot(*steps[0], "s", color="black", markersize=6, label="start")
        ax.plot(*box.minimum, "*", color=VERMILLION, markersize=12, label="lowest J here")
        self.quiver_ = self._draw_arrows(ax, box)
        # In the legend a quiver's own entry would be a box.
        along = "next step" if self._along_steps else "negative gradient"
        ax.plot([], [], color=VERMILLION, marker=">", markevery=[-1], label=along)
        ax.set(xlim=box.sides[0], ylim=box.sides[1])
        if box.equal:
            ax.set_aspect("equal")
        ax.legend(fontsize="small")

    @property
    def _along_steps(self):
        """Whether arrows are along the next step, as steps are not along the gradient."""
        return self.descent.standardised is not None or self.descent.is_bounded

    def _shade(self, ax, box):
        """Shade what is beyond the bounds."""
        how = {"facecolor": "0.45", "alpha": 0.45, "hatch": "//", "edgecolor": "0.25", "zorder": 2}
        label: str | None = "beyond the bounds"
        for span, (low, high), side in zip(
            (ax.axvspan, ax.axhspan), self.descent.bounds, box.sides, strict=True
        ):
            for start, end in ((side[0], low), (high, side[1])):
                if np.isfinite(start) and np.isfinite(end) and start < end:
                    span(start, end, label=label, linewidth=0.0, **how)
                    label = None

    def _draw_arrows(self, ax, box):
        """Arrows along the way down, all drawn with the same length."""
        steps = self.descent.steps
        if not self._along_steps:
            down = -self.descent.plane.gradient_at(steps)
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

    def _draw_surface(self, ax, box, grid, losses):
        low, high = self.descent.bounds.T
        losses = np.where(((grid >= low) & (grid <= high)).all(axis=-1), losses, np.nan)
        ax.computed_zorder = False  # else the surface hides the path at random
        # Every point is used: with polygons of unequal size Matplotlib would project
        # uninitialised memory, and warn of what it finds there.
        how = {"cmap": "viridis", "alpha": 0.75, "linewidth": 0, "zorder": 1}
        self.surface_ = ax.plot_surface(
            *np.moveaxis(grid, -1, 0), losses, rstride=1, cstride=1, **how
        )
        visible = box.contains(self.descent.steps)
        steps, heights = self.descent.steps[visible], self.descent.losses[visible]
        (self.line_,) = ax.plot(*steps.T, heights, linewidth=1.2, zorder=3, **_path_style(steps))
        lowest = self.descent.plane(box.minimum)
        ax.plot(*box.minimum[:, None], [lowest], "*", color=VERMILLION, markersize=12, zorder=4)
        ax.plot(*steps[:1].T, heights[:1], "s", color="black", markersize=6, zorder=3)
        ax.set_zlabel("J", labelpad=12)
        ax.xaxis.labelpad = ax.yaxis.labelpad = 9
        ax.locator_params(nbins=5)
        # From the low side, somewhat from the left, to see the slope that it came down.
        down = (box.minimum - self.descent.steps[0]) / box.lengths
        ax.view_init(elev=30, azim=np.degrees(np.arctan2(down[1], down[0])) - 40)


def _path_style(steps):
    markers = {"marker": "o", "markersize": 3.0} if len(steps) <= MOST_MARKERS else {}
    return {"color": "black", "label": "path", **markers}


def _check_choice(name, value, allowed):
    if value not in allowed:
        raise ValueError(f"{name} must be {' or '.join(map(repr, allowed))}, got {value!r}.")
