"""The descents of all targets over the same rows."""

import numpy as np

from .early_stopping import EarlyStopping, HeldOutLoss
from .loop import LowestLoss, descend
from .projection import Box
from .start import Pause, starting_states
from .state import Descent
from .stopping import SolutionTest


class Fit:
    """A descent for each target.

    Parameters
    ----------
    least_squares : LeastSquares
    rate : LearningRate
    max_iter : int
    tol : float
    start : tuple of (coef_init, intercept_init), default=(None, None)
    pause : Pause or None, default=None
        Where a warm start goes on from.
    held_out : LeastSquares or None, default=None
        Of held-out rows, for early stopping.
    patience : int or None, default=None
        Of early stopping.
    bounds : tuple of (low, high), default=None
        Of the user's coefficients, arrays of shape (n_features,).
    """

    def __init__(
        self,
        least_squares,
        rate,
        max_iter,
        tol,
        *,
        start=(None, None),
        pause=None,
        held_out=None,
        patience=None,
        bounds=None,
    ):
        self.least_squares, self.rate = least_squares, rate
        self.max_iter, self.tol = max_iter, tol
        self.bounds, self.box = bounds, None
        if bounds is not None:
            fit_intercept = least_squares.moments.fit_intercept
            self.box = Box.of(bounds, least_squares.coordinates, fit_intercept)
        limits = {"exactly": held_out is None, "max_iter": max_iter, "tol": tol, "box": self.box}
        states = starting_states(least_squares, rate, pause, *start, **limits)
        self.descents = [Descent(state) for state in states]
        self._selections = [
            LowestLoss() if held_out is None else EarlyStopping(HeldOutLoss(one), patience)
            for one in (held_out or least_squares).objectives
        ]

    def descend(self, store_path, observers):
        """Let every target descend, with ``observers(target, several)``."""
        several = len(self.descents) > 1
        for target, descent in enumerate(self.descents):
            objective = self.least_squares.objectives[target]
            try:
                descend(
                    objective,
                    descent,
                    self.test(target),
                    max_iter=self.max_iter,
                    store_path=store_path,
                    selection=self._selections[target],
                    observers=observers(target, several),
                )
            except StopIteration as error:
                # As in a generator (PEP 479): it would end an iteration of the caller's.
                raise RuntimeError(
                    "A learning rate or a callback raised StopIteration."
                ) from error

    def test(self, target):
        """The SolutionTest of a target."""
        objective = self.least_squares.objectives[target]
        return SolutionTest(objective, self.least_squares.curvature, self.tol, self.box)

    def parameters(self, thetas):
        """The user's coefficients (a row for each theta) and intercepts, within the bounds."""
        coef, intercept = zip(*map(self.least_squares.objectives[0].parts, thetas), strict=True)
        outside = self.least_squares.coordinates.outside
        coef, intercept = outside(np.array(coef), np.array(intercept))
        # Rounding between the coordinates must not lead out of the box.
        return coef if self.bounds is None else np.clip(coef, *self.bounds), intercept

    def pause(self, coefs, intercepts):
        """Return the Pause to go on from, given the parameters to return of each target."""
        early_stopping = any(descent.trace.validation_losses for descent in self.descents)
        return Pause(
            digest=None if early_stopping else self.least_squares.moments.digest,
            rate=self.rate,
            states=tuple(descent.state for descent in self.descents),
            parameters=tuple(zip(coefs, intercepts.tolist(), strict=True)),
        )
