"""Observers of a descent: they are told of every update, and may stop it."""

from typing import Protocol

from .state import Descent


class Observer(Protocol):
    """An object that is told of every update."""

    stopped: bool
    """Whether the descent is to stop; checked before each update."""

    def before(self, descent: Descent) -> None:
        """Called when an update is about to be made."""

    def after(self, descent: Descent) -> None:
        """Called when an update was made, or its loss was not finite."""

    def end(self, descent: Descent) -> None:
        """Called when the descent has ended."""


class Printer:
    """Prints loss and learning rate at steps 1, 2, 5, 10, 20, 50, ..., and at the end.

    Parameters
    ----------
    prefix : str, default=""
        Put before each line.
    """

    stopped = False

    def __init__(self, prefix=""):
        self._prefix = prefix
        self._next = 1
        self._last = 0

    def before(self, descent):
        """Print nothing."""

    def after(self, descent):
        """Print a line if the number of the update is one of 1, 2, 5, 10, ..."""
        k = len(descent.trace.alphas)
        if k < self._next:
            return
        self._tell(descent.trace)
        # 1, 2, 5, 10: the leading digit is 2 before the factor of 5/2.
        self._next = self._next * 5 // 2 if str(self._next)[0] == "2" else self._next * 2

    def end(self, descent):
        """Print how the descent ended."""
        trace = descent.trace
        if len(trace.alphas) > self._last:
            self._tell(trace)
        print(f"{self._prefix}{trace.status} after {len(trace.alphas)} steps")

    def _tell(self, trace):
        k, loss, alpha = len(trace.alphas), trace.losses[-1], trace.alphas[-1]
        self._last = k
        held_out = trace.validation_losses
        validation = f"validation {held_out[-1]:.6e}  " if held_out else ""
        print(f"{self._prefix}step {k:>6}  loss {loss:.6e}  {validation}alpha {alpha:.3e}")
