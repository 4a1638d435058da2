"""DescentPathDisplay: J over two parameters, and the path of a descent on it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Self, TypeAlias, overload

import numpy as np
from sklearn.base import BaseEstimator

from .._parameters import check_count, check_number
from .._typing import MatrixLike, TargetsLike, WeightsLike
from ._animation import animated
from ._axes import figure_of
from ._box import box_of
from ._colours import label_of
from ._drawn import draw_contour, draw_surface
from ._laboratory import DescentLaboratory
from ._optional import require
from ._record import record
from ._recorded import RecordedDescent

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.axes import Axes
    from matplotlib.contour import ContourSet
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.quiver import Quiver
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

Kind: TypeAlias = Literal["contour", "surface"]
Aspect: TypeAlias = Literal["auto", "equal"]


class DescentPathDisplay:
    """J over two parameters, and the path of a descent on it.

    The graph of J has n_features + 2 dimensions: w_1, ..., w_n, b, and J itself.
    Two parameters are the axes here; **the others are held at their fitted
    values**. With more than two parameters the path drawn is a projection, and a
    step need not be perpendicular to the level lines, as the others move too.

    Make one with `from_estimator`; draw it again with `plot`, or step by step with
    `animate`, or write the descent laboratory with `to_html`.

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
    animation_ : matplotlib FuncAnimation
        What `animate` has made.

    See Also
    --------
    LossCurveDisplay : J after each step.
    DescentLaboratory : The same path as an interactive page.

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
    # Set by animate.
    animation_: FuncAnimation

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

        If it was not stored, it is replayed with the learning rates that were
        recorded, which takes as long as `fit` did; its losses must be those recorded.

        Parameters
        ----------
        estimator : GradientDescentRegressor, GradientDescentRegressorCV or Pipeline
            Fitted. A pipeline must end in one of them; its other steps transform X.
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            As in `fit`; it is read several times, once to gather its moments.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            As in `fit`.
        sample_weight : float or array-like of shape (n_samples,), default=None
            As in `fit`.
        parameters : tuple of two: int or str, default=(0, 1)
            The two axes: a feature's index or name, or "intercept", which is
            index n_features too; also what is written on the axes, such as "w_1"
            and "b". The others are held at their fitted values.
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
            If it is none of those.
        ValueError
            If its path was not stored and cannot be replayed; if `parameters`, `target`,
            `kind` or `aspect` has a value that is not allowed; if X, y and `sample_weight`
            are not those of `fit`, as J over them shows.

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
        _check_choice("kind", kind, ("contour", "surface"))
        return self._draw(ax, kind, aspect, f"{type(self).__name__}.plot")

    def animate(
        self,
        *,
        interval: float = 150,
        most_frames: int = 100,
        ax: Axes | None = None,
        aspect: Aspect = "auto",
    ) -> FuncAnimation:
        """Draw level lines on which the path grows step by step.

        Parameters
        ----------
        interval : float, default=150
            Milliseconds between two frames.
        most_frames : int, default=100
            If there are more steps, the first ones have a frame each, and later ones
            are passed over, ever more of them.
        ax : matplotlib Axes, default=None
            What to draw on; a new figure if None.
        aspect : {"auto", "equal"}, default="auto"
            See `from_estimator`.

        Returns
        -------
        matplotlib.animation.FuncAnimation
            Also in `animation_`. Its methods save it, as ``save("path.gif")`` does
            with the package pillow, or show it in a notebook: ``to_jshtml()``.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        TypeError, ValueError
            If `interval` is not a positive number, `most_frames` not an integer of
            at least 2, `aspect` not allowed, or `ax` is 3-D.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from sklearn_gd import DescentPathDisplay, GradientDescentRegressor
        >>> X, y = [[1.0], [2.0], [4.0]], [1.0, 3.0, 7.0]
        >>> reg = GradientDescentRegressor(0.1, max_iter=20, tol=0).fit(X, y)
        >>> animation = DescentPathDisplay.from_estimator(reg, X, y).animate()
        >>> animation.save("path.gif")  # doctest: +SKIP
        >>> plt.show()
        """
        check_number(interval, "interval", 0.0, np.inf, "neither")
        check_count(most_frames, "most_frames", 2)
        self._draw(ax, "contour", aspect, f"{type(self).__name__}.animate", arrows=False)
        self.animation_ = animated(self.descent, self.ax_, self.line_, interval, most_frames)
        return self.animation_

    def _draw(self, ax, kind, aspect, caller, **how):
        """Draw one kind of picture, and set what was drawn as attributes."""
        plt = require("matplotlib.pyplot", caller)
        _check_choice("aspect", aspect, ("auto", "equal"))
        solid = kind == "surface"
        # Before there is a figure, as there may be no path.
        box = box_of(self.descent, aspect)
        if ax is None:
            figure = plt.figure(layout="constrained")
            ax = figure.add_subplot(projection="3d" if solid else None)
        if solid != (getattr(ax, "name", "") == "3d"):
            raise ValueError(f"ax must {'' if solid else 'not '}be 3-D for kind={kind!r}.")
        self.contour_ = self.quiver_ = self.surface_ = None
        drawn = (draw_surface if solid else draw_contour)(self.descent, ax, box, **how)
        vars(self).update(drawn)
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

        The same as `DescentLaboratory.to_html`, with the two parameters that are drawn.

        Parameters
        ----------
        path : str or path-like, default=None
            Where to write the page; if None, it is returned.

        Returns
        -------
        str or None
            The page, if `path` is None.

        Examples
        --------
        >>> from sklearn_gd import DescentPathDisplay, GradientDescentRegressor
        >>> X, y = [[1.0], [2.0], [4.0]], [1.0, 3.0, 7.0]
        >>> reg = GradientDescentRegressor(0.1, max_iter=20, tol=0, store_path=True).fit(X, y)
        >>> page = DescentPathDisplay.from_estimator(reg, X, y).to_html()
        >>> page[:15]
        '<!doctype html>'
        """
        return DescentLaboratory(self.descent).to_html(path)


def _check_choice(name, value, allowed):
    if value not in allowed:
        raise ValueError(f"{name} must be {' or '.join(map(repr, allowed))}, got {value!r}.")
