"""DescentLaboratory: a recorded descent as an interactive page."""

from __future__ import annotations

import os
import tempfile
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self, overload

from sklearn.base import BaseEstimator

from .._regressor import GradientDescentRegressor
from .._typing import LearningRateLike, MatrixLike, TargetsLike, WeightsLike
from ..learning_rates import LearningRate
from ._page import page_of
from ._record import record
from ._recorded import RecordedDescent

# Height of the page in a notebook, in pixels.
HEIGHT = 760


class DescentLaboratory:
    """An interactive page on a descent: every step in pictures, words and numbers.

    It opens on the path that `fit` took. The reader can then try another learning
    rate or another start, and the page runs the descent again: exactly, as J is a
    quadratic and the second moments of the data are in the page. It needs no
    network, and no package beyond those that the estimator needs.

    Make one with `from_estimator` or `from_data`. As the last line of a notebook's
    cell it shows itself; `open` shows it in the browser, `to_html` writes it.

    Beyond 50 parameters the page has the second moments only of the two shown, and
    the others are held at their fitted values.

    Up to 100 rows, drawn at random, and as many steps as fit are written into the
    page; do not pass on a page made from data that must not be passed on.

    Parameters
    ----------
    descent : RecordedDescent
        What `from_estimator` has gathered: path, losses, learning rates, some
        rows, and J as a quadratic.

    See Also
    --------
    DescentPathDisplay : The path as a picture.
    LossCurveDisplay : J after each step.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_gd import DescentLaboratory
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> DescentLaboratory.from_data(X, y, alpha=0.5, max_iter=20, tol=0)
    <DescentLaboratory: w_bmi and b, of 11 parameters; alpha=0.5, max_iter after 20 steps, ...>
    """

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
        parameters: Sequence[int | str] | None = None,
        target: int | None = None,
    ) -> Self:
        """Return the laboratory of a fitted estimator.

        Parameters
        ----------
        estimator : GradientDescentRegressor, GradientDescentRegressorCV or Pipeline
            Fitted. A pipeline must end in one of them; its other steps transform X. Without
            `store_path` its path is replayed, with the learning rates that it has
            recorded, which takes as long as `fit` did; where rounding prevents it, the
            page shows the losses alone.
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            As in `fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            As in `fit`.
        sample_weight : float or array-like of shape (n_samples,), default=None
            As in `fit`.
        parameters : tuple of two: int or str, default=None
            The two parameters shown at first: a feature's index or name, or "intercept", which
            is index n_features too; also what the page calls them, such as "w_1" and "b". None:
            the feature that takes J down most by itself from the start, and the intercept, or
            the next best feature where there is no intercept or it hardly moves.
        target : int, default=None
            The target whose descent is shown; needed if there are several.

        Returns
        -------
        DescentLaboratory
            The laboratory.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If it is none of those, or X or y are not in memory.
        ValueError
            If `parameters` or `target` has a value that is not allowed; if X, y and
            `sample_weight` are not those of `fit`, as J over them shows.

        Examples
        --------
        >>> from sklearn_gd import DescentLaboratory, GradientDescentRegressor
        >>> X, y = [[1.0], [2.0], [4.0]], [1.0, 3.0, 7.0]
        >>> reg = GradientDescentRegressor(0.1, max_iter=20, tol=0).fit(X, y)
        >>> DescentLaboratory.from_estimator(reg, X, y)
        <DescentLaboratory: w_1 and b; alpha=0.1, max_iter after 20 steps, J from 9.833 to ...>
        """
        return cls(record(estimator, X, y, sample_weight, parameters, target))

    @classmethod
    def from_data(
        cls,
        X: MatrixLike,
        y: TargetsLike,
        *,
        alpha: float | str | Callable[[int], float] | LearningRate | LearningRateLike = "auto",
        sample_weight: WeightsLike = None,
        parameters: Sequence[int | str] | None = None,
        target: int | None = None,
        **settings: Any,
    ) -> Self:
        """Fit a GradientDescentRegressor, and return its laboratory.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        alpha : float, str, callable or learning-rate object, default="auto"
            The learning rate, as in `GradientDescentRegressor`.
        sample_weight : float or array-like of shape (n_samples,), default=None
            Weights.
        parameters : tuple of two: int or str, default=None
            See `from_estimator`.
        target : int, default=None
            See `from_estimator`.
        **settings : dict
            Other parameters of `GradientDescentRegressor`.

        Returns
        -------
        DescentLaboratory
            The laboratory.

        Raises
        ------
        ValueError, TypeError
            As `GradientDescentRegressor.fit` and `from_estimator`.

        Warns
        -----
        sklearn.exceptions.ConvergenceWarning
            As `GradientDescentRegressor.fit`.

        Examples
        --------
        >>> from sklearn_gd import DescentLaboratory
        >>> X, y = [[1.0, 0.0], [2.0, 1.0], [4.0, 1.0]], [1.0, 3.0, 7.0]
        >>> laboratory = DescentLaboratory.from_data(X, y, alpha=0.1, max_iter=50, tol=0)
        >>> laboratory.descent.names
        ['w_1', 'w_2', 'b']
        """
        regressor = GradientDescentRegressor(alpha, **{"store_path": True, **settings})
        regressor.fit(X, y, sample_weight=sample_weight)
        how = {"sample_weight": sample_weight, "parameters": parameters, "target": target}
        return cls.from_estimator(regressor, X, y, **how)

    @overload
    def to_html(self, path: None = None) -> str: ...
    @overload
    def to_html(self, path: str | os.PathLike[str]) -> None: ...
    def to_html(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """Write the page, one file that needs no network.

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
        >>> from sklearn_gd import DescentLaboratory
        >>> X, y = [[1.0], [2.0], [4.0]], [1.0, 3.0, 7.0]
        >>> page = DescentLaboratory.from_data(X, y).to_html()
        >>> page[:15]
        '<!doctype html>'
        """
        page = page_of(self.descent)
        if path is None:
            return page
        Path(path).write_text(page, encoding="utf-8")
        return None

    def open(self) -> Path:
        """Show the page in the browser.

        Returns
        -------
        pathlib.Path
            The temporary file that it was written to, which is left for the browser to read.

        Raises
        ------
        RuntimeError
            If no browser was found.

        Examples
        --------
        >>> from sklearn_gd import DescentLaboratory
        >>> X, y = [[1.0], [2.0], [4.0]], [1.0, 3.0, 7.0]
        >>> path = DescentLaboratory.from_data(X, y).open()  # doctest: +SKIP
        """
        number, name = tempfile.mkstemp(prefix="descent_laboratory_", suffix=".html")
        os.close(number)
        path = Path(name)
        self.to_html(path)
        if not webbrowser.open(path.as_uri()):
            raise RuntimeError(
                f"No browser was found to open the page, which is in {path}. Use to_html(path) to "
                "write it where a browser can open it, or show the laboratory in a notebook."
            )
        return path

    def _repr_html_(self) -> str:
        """Return a frame with the page, which can reach nothing outside of it."""
        page = self.to_html().replace("&", "&amp;").replace('"', "&quot;")
        return (
            f'<iframe srcdoc="{page}" sandbox="allow-scripts" title="Descent laboratory" '
            f'width="100%" height="{HEIGHT}" style="border: 0; width: 100%; height: {HEIGHT}px">'
            "</iframe>"
        )

    def __repr__(self) -> str:
        descent = self.descent
        first, second = (descent.names[j] for j in descent.shown)
        others = "" if descent.n_parameters == 2 else f", of {descent.n_parameters} parameters"
        alpha = descent.rate if descent.alpha is None else f"{descent.alpha:.4g}"
        losses = f"J from {descent.losses[0]:.4g} to {descent.losses[-1]:.4g}"
        return (
            f"<{type(self).__name__}: {first} and {second}{others}; alpha={alpha}, "
            f"{descent.status} after {len(descent.alphas)} steps, {losses}>"
        )
