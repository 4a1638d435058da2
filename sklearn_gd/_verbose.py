"""Lines about the descent at steps 1, 2, 5, 10, 20, 50, ..., and at its end."""


class Printer:
    """A Watch that prints losses and the learning rate at some steps.

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
        """Have nothing to say yet."""

    def after(self, descent):
        """Print a line if the number of the update is one to tell of."""
        k = len(descent.alphas)
        if k < self._next:
            return
        self._tell(descent)
        # 1, 2, 5, 10: the leading digit is 2 before the factor of 5/2.
        self._next = self._next * 5 // 2 if str(self._next)[0] == "2" else self._next * 2

    def end(self, descent):
        """Print how the descent ended."""
        if len(descent.alphas) > self._last:
            self._tell(descent)
        print(f"{self._prefix}{descent.status} after {len(descent.alphas)} steps")

    def _tell(self, descent):
        k, loss, alpha = len(descent.alphas), descent.losses[-1], descent.alphas[-1]
        self._last = k
        held_out = descent.validation_losses
        validation = f"validation {held_out[-1]:.6e}  " if held_out else ""
        print(f"{self._prefix}step {k:>6}  loss {loss:.6e}  {validation}alpha {alpha:.3e}")
