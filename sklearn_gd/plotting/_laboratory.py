"""The descent laboratory: a page on a recorded descent that needs no network."""

import json
from importlib.resources import files

import numpy as np

from ._box import box_of
from ._optional import require

# Most numbers in the page, beside plotly.js, which takes most of the 6 MB that a
# page may have; a number takes up to 20 characters.
MOST_NUMBERS = 36_000
# Most rows whose predictions along the path are in the page.
MOST_PREDICTED_ROWS = 100

SCRIPTS = ("mathematics.js", "words.js", "pictures.js", "page.js")


def page_of(descent, caller):
    """Return the page as a string.

    Parameters
    ----------
    descent : RecordedDescent
    caller : str
        Named by the error if plotly is missing.
    """
    plotly = require("plotly.offline", caller).get_plotlyjs()
    folder = files(__package__) / "laboratory"

    def read(name):
        return (folder / name).read_text(encoding="utf-8")

    # "</script>" or "<!--" in a feature's name would be markup even within a script.
    content = content_of(descent.standardised or descent)
    data = json.dumps(content, allow_nan=False).replace("<", "\\u003c")
    parts = {
        "style": read("page.css"),
        "plotly": plotly,
        "data": data,
        "scripts": "\n".join(map(read, SCRIPTS)),
    }
    # Only marks in the template's own text are replaced: parts may contain marks too.
    before, *rest = read("page.html").split("{{")
    page = [before]
    for piece in rest:
        name, after = piece.split("}}", 1)
        page += [parts[name], after]
    return "".join(page)


def content_of(descent):
    """Return what the page knows, as lists and numbers."""
    box, quadratic = box_of(descent), descent.quadratic
    predicted = descent.predictions is not None
    n_rows = len(descent.sample.y)
    if predicted:
        n_rows = min(n_rows, MOST_PREDICTED_ROWS)
    width = descent.path.shape[1] * (2 if predicted else 1) + 4 + (n_rows / 2 if predicted else 0)
    steps = kept_steps(len(descent.path), int(MOST_NUMBERS / width))
    last = len(descent.path) - 1
    fit = {
        "k": steps.tolist(),
        "theta": descent.path[steps].tolist(),
        "loss": descent.losses[steps].tolist(),
        "alpha": [float(descent.alphas[k]) if k < last else None for k in steps],
        "nextLoss": [float(descent.losses[k + 1]) if k < last else None for k in steps],
        "gradient": None if descent.gradients is None else descent.gradients[steps].tolist(),
        "predictions": _short(descent.predictions[steps, :n_rows]) if predicted else None,
    }
    return {
        "names": descent.names,
        "shown": list(descent.shown),
        "nParameters": descent.n_parameters,
        "nIter": last,
        "status": descent.status,
        "alpha": descent.alpha,
        "penalty": descent.l2,
        "low": _finite(descent.low),
        "high": _finite(descent.high),
        "fitted": descent.fitted.tolist(),
        "fitLargest": descent.largest_eigenvalue,
        "largest": quadratic.largest_eigenvalue,
        "quadratic": {
            "centre": quadratic.centre.tolist(),
            "loss": quadratic.loss,
            "gradient": quadratic.gradient.tolist(),
            "hessian": quadratic.hessian.tolist(),
        },
        "box": {"sides": box.sides.tolist(), "equal": box.equal},
        "fit": fit,
        "sample": {
            "A": _short(descent.sample.A[:n_rows]),
            "y": _short(descent.sample.y[:n_rows]),
            "held": _short(descent.sample.held[:n_rows]),
        },
    }


def kept_steps(n, most):
    """Numbers of the iterates to keep: all, or the first, the last, and ever fewer between."""
    if n <= most:
        return np.arange(n)
    first = np.arange(most // 2)
    rest = np.geomspace(len(first), n - 1, most - len(first))
    return np.unique(np.concatenate([first, rest.astype(int), [n - 1]]))


def _finite(bounds):
    """Bounds as numbers, None where there is none: JSON has no infinity."""
    return [bound if np.isfinite(bound) else None for bound in bounds.tolist()]


def _short(array):
    """The numbers with as many digits as a picture needs."""
    return [_short(row) for row in array] if array.ndim > 1 else [float(f"{x:.7g}") for x in array]
