"""Run the comparisons and write results.json, results.md and growth.svg."""

import argparse
import importlib.metadata
import json
import os
import platform
from functools import partial
from pathlib import Path

from . import peers, report
from .measure import Reference, compare, peak_memory, quietly, summary
from .tasks import OURS, STEPS, fit_tasks, form_tasks, normal, step_contenders, step_tasks

PACKAGES = ["scikit-learn", "numpy", "scipy"]
PACKAGES += ["scikit-learn-intelex", "jax", "torch", "dask-glm", "mlxtend"]


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help="run the tasks whose names contain this")
    parser.add_argument("--size", type=float, default=1.0, help="share of the rows (default 1)")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each task (default 20)")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    results = {
        "machine": machine(),
        "fits": [fit(t, options) for t in fit_tasks(options.size) if options.only in t.name],
        "forms": [fit(t, options) for t in form_tasks(options.size) if options.only in t.name],
        "steps": [step(t, options) for t in step_tasks(options.size) if options.only in t.name],
        "growth": list(growths(options)),
    }
    (options.output / "results.json").write_text(json.dumps(results, indent=1))
    (options.output / "results.md").write_text(report.page(results))
    if len(results["growth"]) == 2:
        report.plot(results, options.output / "growth.svg")
    print(f"Written to {options.output}/results.md")


def machine():
    """Number of cores and versions: what times depend on, without naming the machine."""
    versions = {"Python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return {"cores": os.cpu_count(), **versions}


def fit(task, options):
    """Times, memory and accuracy of whole fits."""
    print(task.title, flush=True)
    X, y = task.data()
    reference = Reference(X, y)
    found = {}
    runs = {}
    for name, fit_one in task.fits.items():
        if fit_one is None:
            found[name] = {"missing": "not installed"}
            continue
        run = partial(quietly, partial(fit_one, X, y))
        try:
            coefficients, excess = reference.errors(*run())
        except Exception as error:  # a peer may not work with the other peers' versions
            if name.startswith(OURS):
                raise
            found[name] = {"missing": f"fails: {type(error).__name__}"}
            continue
        runs[name] = run
        found[name] = {"coefficients": coefficients, "excess": excess, "peak": peak_memory(run)}
    for name, entry in summary(compare(runs, seconds=options.seconds), OURS).items():
        found[name] |= entry
        print(f"  {name:24s} {entry['seconds']:9.4f} s   ratio {entry['ratio']:7.2f}", flush=True)
    return {"name": task.name, "title": task.title, "at_least": task.at_least, "contenders": found}


def step(task, options):
    """Times of a step."""
    print("steps,", task.title, flush=True)
    X, y = task.data()
    runs = compare(step_contenders(X, y), seconds=options.seconds)
    times = {name: [took / STEPS for took in values] for name, values in runs.items()}
    found = summary(times, OURS)
    for name, entry in found.items():
        print(f"  {name:24s} {entry['seconds']:9.4f} s   ratio {entry['ratio']:7.2f}", flush=True)
    return {"name": task.name, "title": task.title, "at_least": task.at_least, "contenders": found}


def growths(options):
    """Times of a default fit against the number of rows, and of features."""
    million = int(1_000_000 * options.size)
    by_rows = {million >> i: (million >> i, 100) for i in range(6, -1, -1)}
    by_features = {n: (million // 10, n) for n in (10, 20, 40, 80, 160, 320, 640)}
    cases = [
        ("rows", "rows x 100, defaults", by_rows),
        ("features", f"{million // 10:,} x features, defaults", by_features),
    ]
    for of, title, shapes in cases:
        if options.only not in f"growth-{of}":
            continue
        print(title, flush=True)
        data = {size: normal(*shape)() for size, shape in shapes.items()}
        runs = {size: partial(peers.this_package(), *rows) for size, rows in data.items()}
        times = compare(runs, seconds=options.seconds)
        seconds = [entry["seconds"] for entry in summary(times, max(times)).values()]
        sizes = list(shapes)
        yield {
            "of": of,
            "title": title,
            "sizes": sizes,
            "seconds": seconds,
            "slope": report.slope(sizes, seconds),
        }


if __name__ == "__main__":
    main()
