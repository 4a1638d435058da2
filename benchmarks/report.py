"""Tables and a plot made of the measurements; nothing in them is typed by hand."""

import numpy as np

from .tasks import OURS


def page(results):
    """The results as Markdown."""
    lines = ["# Benchmarks", "", "Made by `make bench`.", ""]
    machine = results["machine"]
    lines += [f"- {key}: {value}" for key, value in machine.items()]
    lines += [
        "",
        "A ratio is the other's time over ours, run by run: the median, and the quartiles in "
        "brackets. Contenders take turns on the same data, in another order each round. The "
        "coefficients' error is relative to the largest one; J - J* over J* is the excess of the "
        "loss; both against `scipy.linalg.lstsq` (LSQR to rounding where X is sparse).",
    ]
    for task in results["fits"]:
        lines += ["", f"## {task['title']}", "", *_fit_table(task)]
    lines += ["", "## One step by passes", "", *_ratio_table(results["steps"])]
    lines += ["", '## precompute="auto"', "", *_ratio_table(results["forms"])]
    for growth in results["growth"]:
        lines += ["", f"## {growth['title']}", "", *_growth_table(growth)]
    return "\n".join([*lines, "", "![time against rows and features](growth.svg)", ""])


def _fit_table(task):
    rows = ["| | seconds | ratio | at least | extra memory (MB) | coefficients | (J - J*) / J* |"]
    rows.append("|---|---|---|---|---|---|---|")
    for name, entry in task["contenders"].items():
        if "missing" in entry:
            rows.append(f"| {name} | {entry['missing']} | | | | | |")
            continue
        rows.append(
            f"| {name} | {entry['seconds']:.3g} | {_ratio(name, entry)} "
            f"| {_required(task, name)} | {entry['peak'] / 1e6:.1f} "
            f"| {entry['coefficients']:.1e} | {entry['excess']:.1e} |"
        )
    return rows


def _ratio_table(tasks):
    if not tasks:
        return ["Not run."]
    names = [name for name in tasks[0]["contenders"] if name != OURS]
    rows = ["| | seconds | " + " | ".join(f"{name} | at least" for name in names) + " |"]
    rows.append("|---|---" + "|---|---" * len(names) + "|")
    for task in tasks:
        found = task["contenders"]
        cells = " | ".join(f"{_ratio(n, found[n])} | {_required(task, n)}" for n in names)
        rows.append(f"| {task['title']} | {found[OURS]['seconds']:.3g} | {cells} |")
    return rows


def _growth_table(growth):
    rows = [f"| {growth['of']} | seconds | times the one before |", "|---|---|---|"]
    before = None
    for size, seconds in zip(growth["sizes"], growth["seconds"], strict=True):
        times = "" if before is None else f"{seconds / before:.2f}"
        rows.append(f"| {size:,} | {seconds:.3g} | {times} |")
        before = seconds
    rows += ["", f"Slope of the logarithms over the larger half: {growth['slope']:.2f}"]
    return rows


def _ratio(name, entry):
    if name == OURS:
        return "1"
    low, high = entry["quartiles"]
    return f"{entry['ratio']:.3g} [{low:.3g}, {high:.3g}]"


def _required(task, name):
    required = task["at_least"].get(name)
    return "" if required is None else f"{required:.3g}"


def slope(sizes, seconds):
    """Slope of log time against log size, over the larger half of the sizes."""
    half = len(sizes) // 2
    return float(np.polyfit(np.log(sizes[half:]), np.log(seconds[half:]), 1)[0])


def plot(results, path):
    """Draw time against rows and against features; needs matplotlib."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    for ax, growth in zip(figure.subplots(1, 2), results["growth"], strict=True):
        ax.loglog(growth["sizes"], growth["seconds"], "o-")
        ax.set(
            title=f"{growth['title']}\nslope {growth['slope']:.2f} (larger half)",
            xlabel=growth["of"],
            ylabel="seconds",
        )
        ax.grid(True, which="both", alpha=0.3)
    figure.savefig(path)
