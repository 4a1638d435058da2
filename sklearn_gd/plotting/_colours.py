"""Colours that a colour-blind reader can tell apart, also in grey."""

import numpy as np

# M. Okabe and K. Ito, "Color Universal Design", 2008; without their yellow,
# which is too pale for a line on white.
OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#000000")
# For what diverged, and nothing else.
VERMILLION = "#D55E00"


def colours(n, plt):
    """Return n colours: distinct ones if there are enough, else shades in order."""
    if n <= len(OKABE_ITO):
        return list(OKABE_ITO[:n])
    return list(plt.get_cmap("viridis")(np.linspace(0.0, 0.9, n)))


def label_of(name):
    """The name as a label for Matplotlib, which must not take it for mathematics or hide it."""
    label = str(name).replace("$", r"\$")
    return f"\N{ZERO WIDTH SPACE}{label}" if label.startswith("_") else label
