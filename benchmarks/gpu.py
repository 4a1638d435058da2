"""Time fits of PyTorch tensors where they are, a GPU or the processor, beside other libraries.

Whatever is on the device stays there; only coefficients come back, which waits for the device.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
from functools import partial
from pathlib import Path

# Before SciPy is imported, which looks for it then.
os.environ["SCIPY_ARRAY_API"] = "1"

import numpy as np
import torch
from sklearn import config_context
from sklearn.linear_model import Ridge

from sklearn_gd import GradientDescentRegressor

from .__main__ import machine, positive, told
from .measure import compare, quietly
from .tasks import OURS

SIZES = [(10_000_000, 100), (1_000_000, 1000)]
DTYPES = ["float32", "float64"]
# Rows of a block that is made, or converted to float64, at a time.
BLOCK = 100_000

EXPLANATION = """\
The features are independent and of variance 1, the target is linear with noise of variance 1.
**Seconds** are medians of whole fits in alternating rounds, the **ratio** is the other's time over
ours in the same round, with quartiles in brackets. The **coefficients**' error is relative to the
largest one, the **excess** is (J - J*) / J*, both against the normal equations in float64, whose
condition number here is near 1. "By passes" is with `precompute=False`; "on the host" is the fit
of the same rows as a NumPy array."""


def main(arguments=None):
    """Run what the command line asks for."""
    options = parser_of_options().parse_args(arguments)
    sizes = SIZES if options.rows is None else [(options.rows, options.features)]
    results = {"machine": machine() | on(options.device), "tasks": []}
    for n_rows, n_features in sizes:
        for dtype in options.dtypes:
            title = f"{n_rows:,} x {n_features:,}, {dtype}"
            print(title, flush=True)
            X, y = normal(n_rows, n_features, getattr(torch, dtype), options.device)
            results["tasks"].append({"title": title, "contenders": measured(X, y, options)})
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "gpu.json").write_text(json.dumps(results, indent=1))
    (options.output / "gpu.md").write_text(page(results))
    print(f"Written to {options.output / 'gpu'}.md")


def parser_of_options():
    """Parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    here = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", default=here, help="PyTorch's name of it")
    sizes = ", ".join(f"{rows} x {features}" for rows, features in SIZES)
    parser.add_argument("--rows", type=int, help=f"a single size, instead of {sizes}")
    parser.add_argument("--features", type=int, default=100, help="those of --rows")
    parser.add_argument("--dtypes", nargs="+", choices=DTYPES, default=DTYPES)
    parser.add_argument("--seconds", type=positive, default=20.0, help="time for each task")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"))
    return parser


def on(device):
    """What the device is, and the version of cuML, for the page."""
    name = torch.cuda.get_device_name(device) if torch.device(device).type == "cuda" else device
    has_cuml = importlib.util.find_spec("cuml") is not None
    return {"device": name, "cuml": importlib.metadata.version("cuml") if has_cuml else "no"}


def normal(n_rows, n_features, dtype, device):
    """Rows made on the device, a linear target and noise."""
    random = torch.Generator(device).manual_seed(0)
    draw = partial(torch.randn, generator=random, dtype=dtype, device=device)
    X = torch.empty((n_rows, n_features), dtype=dtype, device=device)
    for part in X.split(BLOCK):
        part.copy_(draw(part.shape))
    return X, X @ draw(n_features) + 3 + draw(n_rows)


def contenders(X, y):
    """Functions without arguments that return coefficients and intercept, by name."""
    fits = {
        OURS: partial(fit_there, GradientDescentRegressor(), X, y),
        "by passes": partial(fit_there, GradientDescentRegressor(precompute=False), X, y),
        "Ridge": partial(fit_there, Ridge(1e-8, solver="svd"), X, y),
        "on the host": partial(fit_there, GradientDescentRegressor(), numpy(X), numpy(y)),
    }
    if importlib.util.find_spec("cuml") is not None:
        from cuml.linear_model import LinearRegression

        fits["cuML"] = partial(fit_there, LinearRegression(), X, y)
    return fits


def fit_there(model, X, y):
    """Fit, and return NumPy's coefficients and intercept."""
    with config_context(array_api_dispatch=True):
        model.fit(X, y)
    return numpy(model.coef_), float(model.intercept_)


def numpy(array):
    """The array in NumPy, from PyTorch or CuPy."""
    if isinstance(array, torch.Tensor):
        return array.cpu().numpy()
    return array.get() if hasattr(array, "get") else np.asarray(array)


class Normal:
    """The solution by the normal equations in float64, of a few rows at a time."""

    def __init__(self, X, y):
        self._blocks = list(zip(X.split(BLOCK), y.split(BLOCK), strict=True))
        products = sum(A.T @ A for A in map(self._with_ones, self._blocks))
        # The last column is y.
        self.theta = torch.linalg.solve(products[:-1, :-1], products[:-1, -1])
        self.loss = self._loss(self.theta)

    @staticmethod
    def _with_ones(block):
        X, y = (part.double() for part in block)
        return torch.column_stack([X, torch.ones_like(y), y])

    def _loss(self, theta):
        residuals = (A[:, :-1] @ theta - A[:, -1] for A in map(self._with_ones, self._blocks))
        return sum(float(residual @ residual) for residual in residuals)

    def errors(self, coef, intercept):
        """Largest error of a coefficient, relative to the largest one, and (J - J*) / J*."""
        found = np.append(np.ravel(coef).astype(np.float64), intercept)
        theta = numpy(self.theta)
        worst = np.abs(found - theta)[:-1].max() / np.abs(theta[:-1]).max()
        there = torch.asarray(found, device=self.theta.device)
        return float(worst), self._loss(there) / self.loss - 1.0


def measured(X, y, options):
    """Times and accuracy of each contender."""
    reference = Normal(X, y)
    found, runs = {}, {}
    for name, fit in contenders(X, y).items():
        run = partial(quietly, fit)
        try:
            coefficients, excess = reference.errors(*run())
        except Exception as error:  # too little memory, for instance
            if name == OURS:
                raise
            found[name] = {"missing": f"{type(error).__name__}: {str(error).splitlines()[0]}"}
            print(f"  {name}: {found[name]['missing']}", flush=True)
            continue
        runs[name], found[name] = run, {"coefficients": coefficients, "excess": excess}
    for name, entry in told(compare(runs, seconds=options.seconds)).items():
        found[name] |= entry
    return found


def page(results):
    """The results as Markdown."""
    lines = ["# Fits of PyTorch tensors", "", "Made by `python -m benchmarks.gpu`.", ""]
    lines += [f"- {key}: {value}" for key, value in results["machine"].items()]
    lines += ["", EXPLANATION]
    for task in results["tasks"]:
        lines += ["", f"## {task['title']}", ""]
        lines += ["| method | seconds | ratio | coefficients | excess |", "|---|---|---|---|---|"]
        lines += [row(name, entry) for name, entry in task["contenders"].items()]
    return "\n".join([*lines, ""])


def row(name, entry):
    """A contender's row of the table."""
    if "missing" in entry:
        return f"| {name} | {entry['missing']} | | | |"
    low, high = entry["quartiles"]
    ratio = "1" if name == OURS else f"{entry['ratio']:.3g} [{low:.3g}, {high:.3g}]"
    accuracy = f"{entry['coefficients']:.1e} | {entry['excess']:.1e}"
    return f"| {name} | {entry['seconds']:.3g} | {ratio} | {accuracy} |"


if __name__ == "__main__":
    main()
