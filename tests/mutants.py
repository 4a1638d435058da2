"""Whether the tests of the core would notice: a fixed sample of its mutants, run against them.

``python -m tests.mutants [parts of keys]``; ``make mutants`` sets it up.

A mutant is the core with one small change in its code.  Whoever survives the tests nearest to
its module shows a line that they do not watch, unless it computes the same as before: those
are listed in mutants_equivalent.txt with the reason, by the key that a survivor is printed as.

(mutmut 3 changes nothing outside of functions, so no threshold, and nothing that is decorated,
so no property; cosmic-ray changes the working tree itself and runs one command for all.
Neither takes a sample.)
"""

import ast
import copy
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).parent.parent
CORE = ROOT / "sklearn_gd"
EQUIVALENT = Path(__file__).with_name("mutants_equivalent.txt")
# Of each file, so that all are watched alike; chosen by a hash of the key and of this number.
EACH, SEED = 6, 1
PROCESSES = 2
# Some times what the slowest group of tests takes: a mutant that goes on for ever is noticed.
TIMEOUT_SECONDS = 120

THREADS = [
    f"test_threads.py::test_{name}"
    for name in ("same_bits_for_any_number_of_threads", "same_bits_where_there_is_little_to_do")
]
# The tests nearest to each file or folder, the likeliest to notice first.
NEAREST = {
    "_descent/early_stopping.py": ["test_early_stopping.py"],
    "_descent/loop.py": ["test_stopping.py", "test_warm_start.py", "test_raw_tables.py"],
    "_descent/start.py": ["test_warm_start.py", "test_learning_rates.py", "test_messages.py"],
    "_descent/state.py": ["test_warm_start.py", "test_stopping.py", "test_early_stopping.py"],
    "_descent/step.py": ["test_textbook.py", "test_stopping.py", "test_raw_tables.py"],
    "_descent/stopping.py": ["test_stopping.py", "test_raw_tables.py", "test_precompute.py"],
    "_objective/coordinates.py": ["test_scale.py", "test_scale_search.py"],
    "_objective/curvature.py": [
        *("test_stopping.py", "test_precompute.py", "test_functions.py", "test_messages.py"),
        *("test_raw_tables.py", "test_learning_rates.py"),
    ],
    "_objective/dependent.py": ["test_raw_tables.py"],
    "_objective/hessian.py": ["test_textbook.py", "test_precompute.py", "test_raw_tables.py"],
    "_objective/least_squares.py": [
        *("test_textbook.py", "test_functions.py", "test_stopping.py", "test_precompute.py"),
        "test_raw_tables.py",
    ],
    "_objective/moments.py": [
        *("test_rows_and_moments.py", "test_stopping.py", "test_precompute.py"),
        *("test_raw_tables.py", "test_scale_search.py"),
    ],
    "_objective/plan.py": ["test_precompute.py", "test_early_stopping.py"],
    "_objective/point.py": ["test_stopping.py", "test_raw_tables.py"],
    "_objective/quadratic.py": ["test_path.py", "test_cross_validation.py", "test_plotting.py"],
    "_objective/sizes.py": ["test_messages.py", "test_properties.py", "test_scale.py"],
    "_objective/spectrum.py": ["test_raw_tables.py", "test_learning_rates.py"],
    "_objective/theta.py": ["test_textbook.py"],
    "learning_rates": ["test_learning_rates.py", "test_warm_start.py", "test_messages.py"],
    "rows/_memory.py": ["test_rows_and_moments.py", "test_accuracy.py", *THREADS],
    "rows/_factor.py": ["test_partial_fit.py"],
    "rows/_products.py": ["test_products.py", *THREADS],
    "rows/_blocks.py": ["test_rows_and_moments.py", "test_scale.py"],
    "_search/gram.py": ["test_cross_validation.py", "test_scale_search.py"],
}

SWAPS: dict[type, list[type]] = {
    **{ast.Lt: [ast.LtE, ast.GtE], ast.LtE: [ast.Lt, ast.Gt]},
    **{ast.Gt: [ast.GtE, ast.LtE], ast.GtE: [ast.Gt, ast.Lt]},
    **{ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.Is: [ast.IsNot], ast.IsNot: [ast.Is]},
    **{ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div], ast.Div: [ast.Mult]},
    **{ast.FloorDiv: [ast.Mult], ast.Pow: [ast.Mult], ast.And: [ast.Or], ast.Or: [ast.And]},
}
# Neither types nor messages are what tests are to watch.
SKIPPED = (ast.JoinedStr, ast.Raise, ast.Import, ast.ImportFrom)


def variants(node):
    """What a node may become, by one small change."""
    match node:
        case ast.BinOp(op=op) | ast.AugAssign(op=op) | ast.BoolOp(op=op):
            yield from (_with(node, op=new()) for new in SWAPS.get(type(op), []))
        case ast.Compare(ops=[op]):
            yield from (_with(node, ops=[new()]) for new in SWAPS.get(type(op), []))
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            is_whole = isinstance(value, int)
            near = [value + 1, value - 1] if is_whole else [10 * value or 1.0, 0.0]
            yield from map(ast.Constant, near)
        case ast.Call(keywords=[_, *_]):
            for i in range(len(node.keywords)):
                yield _with(node, keywords=node.keywords[:i] + node.keywords[i + 1 :])
        case ast.If() | ast.IfExp():
            yield from (_with(node, test=ast.Constant(value)) for value in (True, False))
        case ast.Return(value=ast.Compare() | ast.BoolOp() | ast.Constant(value=bool())):
            yield from (_with(node, value=ast.Constant(value)) for value in (True, False, None))
    match node:
        case ast.Expr(value=ast.Call()) | ast.AugAssign():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript() | ast.Tuple()]):
            yield ast.Pass()


def _with(node, **fields):
    node = copy.copy(node)
    for name, value in fields.items():
        setattr(node, name, value)
    return node


def places(node, inside=""):
    """All nodes of code with the name of the function that each is in, and how to replace it."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        for i, child in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(child, ast.AST) or isinstance(child, SKIPPED):
                continue
            is_named = isinstance(child, ast.FunctionDef | ast.ClassDef)
            name = f"{inside}.{child.name}".strip(".") if is_named else inside
            holder, place = (value, i) if isinstance(value, list) else (vars(node), field)
            yield child, name, holder, place
            yield from places(child, name)


class Mutants:
    """All mutants of a file, by their keys."""

    def __init__(self, path):
        text = (CORE / path).read_text()
        lines, self._tree, self.path, self.places = text.splitlines(), ast.parse(text), path, {}
        for node, name, holder, place in places(self._tree):
            for new in variants(node):
                before, after = (ast.unparse(one).splitlines()[0] for one in (node, new))
                key = f"{path} {name or '-'} | {lines[node.lineno - 1].strip()} | {after}"
                if before != after:
                    self.places[key] = holder, place, new

    def sample(self):
        """The keys of the chosen ones; they depend on no other line of the file."""
        rank = {key: hashlib.sha256(f"{SEED} {key}".encode()).digest() for key in self.places}
        return sorted(self.places, key=rank.get)[:EACH]

    def text(self, key):
        """The file with this change."""
        holder, place, new = self.places[key]
        before, holder[place] = holder[place], new
        try:
            return ast.unparse(ast.fix_missing_locations(self._tree))
        finally:
            holder[place] = before


def nearest(path):
    """The tests to run for a file of the core."""
    return NEAREST.get(path) or NEAREST[str(Path(path).parent)]


def equivalent():
    """Keys of those that compute the same, each with an indented reason below it."""
    lines = EQUIVALENT.read_text().splitlines() if EQUIVALENT.exists() else []
    return {line for line in lines if line and not line.startswith((" ", "#"))}


def passes(folder, tests):
    """Whether these tests pass on the package in a folder; not if they take for ever."""
    options = ["-qx", "-p", "no:randomly", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, *(f"tests/{test}" for test in tests)]
    env = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    how = {"cwd": folder, "env": env, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, start_new_session=True, **how) as process:
        try:
            return process.wait(TIMEOUT_SECONDS) == 0
        except subprocess.TimeoutExpired:
            # The tests' own processes too.
            os.killpg(process.pid, signal.SIGKILL)
            return False


def main(parts):
    """Run the sample, or those whose keys have one of the parts in them; say who survives."""
    paths = [path for one in NEAREST for path in ([one] if one[-3:] == ".py" else _within(one))]
    files, same = [Mutants(path) for path in paths], equivalent()
    for key in sorted(same - {key for file in files for key in file.places}):
        print(f"{EQUIVALENT.name} has what is no mutant any more: {key}")
    chosen = [(file, key) for file in files for key in file.sample()]
    chosen = [(file, key) for file, key in chosen if not parts or any(p in key for p in parts)]
    to_run = [(file, key) for file, key in chosen if key not in same]
    with tempfile.TemporaryDirectory() as parent:
        folders = SimpleQueue()
        for i in range(PROCESSES):
            folder = Path(parent, str(i))
            for name in ("sklearn_gd", "tests"):
                shutil.copytree(ROOT / name, folder / name)
            for name in ("conftest.py", "setup.cfg"):
                shutil.copy2(ROOT / name, folder)
            folders.put(folder)
        tests = sorted({test for file, _ in to_run for test in nearest(file.path)})
        if not passes(folder, tests):
            sys.exit("The tests fail without any change.")

        def survives(job):
            (file, key), folder = job, folders.get()
            (folder / "sklearn_gd" / file.path).write_text(file.text(key))
            survived = passes(folder, nearest(file.path))
            shutil.copy2(CORE / file.path, folder / "sklearn_gd" / file.path)
            folders.put(folder)
            print("survived" if survived else "killed  ", key, flush=True)
            return survived

        with ThreadPoolExecutor(PROCESSES) as pool:
            survived = list(pool.map(survives, to_run))
    n_survived = sum(survived)
    print(
        f"\n{len(chosen)} mutants: {len(to_run) - n_survived} killed, "
        f"{len(chosen) - len(to_run)} equivalent, {n_survived} survived"
    )
    for (_, key), alive in zip(to_run, survived, strict=True):
        if alive:
            print(key)


def _within(folder):
    return [f"{folder}/{one.name}" for one in sorted((CORE / folder).glob("*.py"))][1:]


if __name__ == "__main__":
    main(sys.argv[1:])
