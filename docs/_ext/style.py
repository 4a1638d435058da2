"""How the pictures of the documentation look."""

# The colours of Okabe and Ito, which the colour-blind can tell apart too.
OKABE_ITO = ["0072B2", "D55E00", "009E73", "CC79A7", "E69F00", "56B4E9"]
STYLE = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.prop_cycle": f"cycler('color', {OKABE_ITO})",
    "image.cmap": "viridis",
}


def apply(gallery_conf, filename):
    """Give the next example these settings."""
    import matplotlib

    matplotlib.rcParams.update(STYLE)
