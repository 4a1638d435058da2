"""A descent as a fitted estimator has recorded it, with the J and the rows it was on."""

from dataclasses import dataclass

import numpy as np

from .._objective.quadratic import Quadratic


@dataclass(frozen=True)
class Sample:
    """Some rows, as far as they are needed to draw data and predictions.

    Attributes
    ----------
    A : ndarray of shape (n_rows, n_carried)
        The columns of [X 1] of the parameters that are carried.
    y : ndarray of shape (n_rows,)
    held : ndarray of shape (n_rows,)
        What the other parameters add to the predictions at their fitted values.
    """

    A: np.ndarray
    y: np.ndarray
    held: np.ndarray


@dataclass(frozen=True)
class RecordedDescent:
    """One target's descent, in terms of some parameters.

    Attributes
    ----------
    names : list of str
        Names of the parameters that are carried: all, or the two shown.
    shown : tuple of int
        Which two of them are the axes.
    start : ndarray of shape (n_carried,)
    path : ndarray of shape (n_iter + 1, n_carried), or None
        None if it was not stored and cannot be replayed.
    why : str or None
        Why there is no path.
    losses : ndarray of shape (n_iter + 1,)
    alphas : ndarray of shape (n_iter,)
    fitted : ndarray of shape (n_carried,)
        The parameters that fit returned.
    quadratic : Quadratic
        J over the parameters carried, the others held at their fitted values.
    sample : Sample
    status : str
    rate : str
        The learning rate: "constant", a name that `alpha` may be, or "own".
    alpha : float or None
        The learning rate, if it was a number.
    l2 : float
        The penalty.
    target : str
        What y is called.
    n_parameters : int
        Number of all parameters.
    largest_eigenvalue : float
        L, of the Hessian of all parameters.
    gradients : ndarray of shape (n_iter + 1, 2) or None
        Partial derivatives along the path; None if all parameters are carried,
        as they then follow from the quadratic.
    predictions : ndarray of shape (n_iter + 1, n_rows) or None
        Along the path, for the rows of the sample; None if they follow from it.
    low, high : ndarray of shape (n_carried,)
        Bounds of the parameters; infinite where there are none.
    scaled : bool
        Whether fit was on standardised features, so that its steps follow the gradient in terms
        of their parameters.
    standardised : RecordedDescent or None
        The same in terms of the parameters of standardised features, if fit was on these or
        all parameters are carried.
    mean, scale : ndarray of shape (n_features,), or None
        Of these features, ``(x_j - mean_j) / scale_j``; no mean without an intercept.
    """

    names: list[str]
    shown: tuple[int, int]
    start: np.ndarray
    path: np.ndarray | None
    why: str | None
    losses: np.ndarray
    alphas: np.ndarray
    fitted: np.ndarray
    quadratic: Quadratic
    sample: Sample
    status: str
    rate: str
    alpha: float | None
    l2: float
    target: str
    n_parameters: int
    largest_eigenvalue: float
    gradients: np.ndarray | None
    predictions: np.ndarray | None
    low: np.ndarray
    high: np.ndarray
    scaled: bool
    standardised: "RecordedDescent | None" = None
    mean: np.ndarray | None = None
    scale: np.ndarray | None = None

    @property
    def plane(self) -> Quadratic:
        """J over the two parameters shown, the others held at their fitted values."""
        return self.quadratic.plane(self.shown, self.fitted)

    @property
    def bounds(self) -> np.ndarray:
        """Bounds of the two parameters shown, of shape (2, 2): lower and upper of each."""
        return np.column_stack([self.low, self.high])[list(self.shown)]

    @property
    def is_bounded(self) -> bool:
        """Whether any parameter has a bound."""
        return bool(np.isfinite(self.low).any() or np.isfinite(self.high).any())

    @property
    def carries_all(self) -> bool:
        """Whether all parameters are carried."""
        return len(self.names) == self.n_parameters

    @property
    def steps(self) -> np.ndarray:
        """The path in that plane, of shape (n_iter + 1, 2)."""
        if self.path is None:
            raise ValueError(self.why)
        return self.path[:, list(self.shown)]
