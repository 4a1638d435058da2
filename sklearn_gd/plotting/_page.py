"""The page of the descent laboratory: what it knows, and how it is put together."""

import json
import unicodedata
from importlib.resources import files

import numpy as np

from ._steps import kept_steps

# Most numbers in the page; one with all its digits takes up to 24 characters.
MOST_NUMBERS = 8_500

# Unicode's kinds of characters: letters and digits, and what is not shown but turns what follows.
RIGHT_TO_LEFT = {"R", "AL", "AN"}
CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}

SCRIPTS = (
    "mathematics.js",  # J, and descents on it
    "eigen.js",
    "rates.js",
    "levels.js",
    "words.js",  # how things are written and drawn
    "tables.js",
    "svg.js",
    "state.js",  # what is looked at
    "map.js",  # pictures
    "handles.js",
    "surface.js",
    "curves.js",
    "parameters.js",
    "controls.js",
    "starts.js",  # the lesson
    "chapters.js",
    "lesson.js",
    "address.js",
    "page.js",
)


def page_of(descent):
    """Return the page of a RecordedDescent as a string."""
    folder = files(__package__) / "laboratory"

    def read(name):
        return (folder / name).read_text(encoding="utf-8")

    parts = {"style": read("page.css"), "pictures": read("pictures.css")}
    parts["scripts"] = "\n".join(map(read, SCRIPTS))
    data = json.dumps(content_of(descent), allow_nan=False, separators=(",", ":"))
    # "</script>" or "<!--" in a feature's name would be markup even within a script.
    parts["data"] = data.replace("<", "\\u003c")
    # Only marks in the template's own text are replaced: parts may contain marks too.
    before, *rest = read("page.html").split("{{")
    page = [before]
    for piece in rest:
        name, after = piece.split("}}", 1)
        page += [parts[name], after]
    return "".join(page)


def content_of(descent):
    """Return what the page knows, as lists and numbers.

    Parameters
    ----------
    descent : RecordedDescent
    """
    own = descent.standardised if descent.scaled else descent
    systems = {"original": descent, "scaled": descent.standardised}
    if not descent.carries_all:
        # The others are held at their fitted values, while the fit moved along its own.
        systems = {"scaled" if descent.scaled else "original": own}
    scaled = systems.get("scaled", own)
    return {
        "shown": list(descent.shown),
        "nParameters": descent.n_parameters,
        "nIter": len(descent.alphas),
        "status": descent.status,
        "penalty": descent.l2,
        "rate": {"name": descent.rate, "alpha": descent.alpha},
        "target": descent.target,
        "own": int(descent.scaled and descent.carries_all),
        "systems": [_system(name, one) for name, one in systems.items()],
        "change": _change(descent) if descent.carries_all else None,
        "fit": _fit(own, len(systems)),
        "start": own.start.tolist(),
        "sample": {
            "system": len(systems) - 1,
            "A": _short(scaled.sample.A),
            "y": _short(scaled.sample.y),
            "held": _short(scaled.sample.held),
        },
    }


def _change(descent):
    """What leads from one system to the other: v = w scale, and b + w . mean."""
    mean = None if descent.mean is None else descent.mean.tolist()
    return {"mean": mean, "scale": descent.scale.tolist()}


def _system(name, descent):
    """J in terms of some parameters, and what these may be."""
    quadratic = descent.quadratic
    return {
        "name": name,
        "names": [_in_its_direction(name) for name in descent.names],
        "quadratic": {
            "centre": quadratic.centre.tolist(),
            "loss": quadratic.loss,
            "gradient": quadratic.gradient.tolist(),
            "hessian": quadratic.hessian.tolist(),
        },
        "largest": quadratic.largest_eigenvalue,
        "fitLargest": descent.largest_eigenvalue,
        "low": _finite(descent.low),
        "high": _finite(descent.high),
        "fitted": descent.fitted.tolist(),
    }


def _in_its_direction(name):
    """The name, which turns nothing around it if it is written from right to left.

    "w_" and a name in Hebrew, " = " and a number would be shown as "w_", number, " = ", name.
    """
    kinds = [unicodedata.bidirectional(character) for character in name]
    if not (RIGHT_TO_LEFT | CONTROLS) & {*kinds}:
        return name
    shown = "".join(c for c, kind in zip(name, kinds, strict=True) if kind not in CONTROLS)
    start = len("w_")
    return f"{shown[:start]}\N{FIRST STRONG ISOLATE}{shown[start:]}\N{POP DIRECTIONAL ISOLATE}"


def _fit(descent, n_systems):
    """The steps of the fit, as many as there is room for beside J."""
    n, p = len(descent.losses), len(descent.names)
    # k, loss, alpha and the next loss; of predictions a number takes half the room.
    width = 4.0
    for part, size in (descent.path, 1.0), (descent.gradients, 1.0), (descent.predictions, 0.5):
        width += 0.0 if part is None else size * part.shape[1]
    steps = kept_steps(n, int((MOST_NUMBERS - n_systems * p * (p + 6)) / width))
    later = [int(k) if k < n - 1 else None for k in steps]
    return {
        "k": steps.tolist(),
        "theta": _some(descent.path, steps),
        "loss": descent.losses[steps].tolist(),
        "alpha": [None if k is None else float(descent.alphas[k]) for k in later],
        "nextLoss": [None if k is None else float(descent.losses[k + 1]) for k in later],
        "gradient": _some(descent.gradients, steps),
        "predictions": None if descent.predictions is None else _short(descent.predictions[steps]),
        "why": descent.why,
    }


def _some(array, steps):
    return None if array is None else array[steps].tolist()


def _finite(bounds):
    """Bounds as numbers, None where there is none: JSON has no infinity."""
    return [bound if np.isfinite(bound) else None for bound in bounds.tolist()]


def _short(array):
    """The numbers with as many digits as a picture needs."""
    return [_short(row) for row in array] if array.ndim > 1 else [float(f"{x:.7g}") for x in array]
