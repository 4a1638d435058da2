"""Whether the tests of the core would notice: a fixed sample of its mutants, run against them.

``python -m tests.mutants [parts of keys]``; ``make mutants`` sets it up.

A mutant is the core with one small change in its code.  Whoever survives the tests nearest to
its module shows a line that they do not watch, unless it computes the same as before: those
are listed in mutants_equivalent.txt with the reason, by the key that a survivor is printed as.

(mutmut 3 changes nothing outside of functions, so no threshold, and no decorated one, so no
property; cosmic-ray runs one command for all in the working tree.  Neither takes a sample.)
"""

import ast
import hashlib
import os
import shutil
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
# The seconds are some times what a file's tests take: what goes on for ever is noticed.
PROCESSES, SECONDS = 2, 120

# The tests nearest to each file, the likeliest to notice first.
THREADS = "threads::test_reads_in_threads threads::test_same_bits_where_there_is_little_to_do"
BEFORE = "early_stopping::test_an_iterate_before_the_solution_has_the_loss_that_the_rows_give"
NEAREST = {
    "_descent/early_stopping.py": "early_stopping",
    "_descent/fit.py": "warm_start early_stopping",
    "_descent/loop.py": f"stopping warm_start textbook {BEFORE} raw_tables",
    "_descent/projection.py": "bounds",
    "_descent/start.py": "warm_start learning_rates messages",
    "_descent/state.py": "warm_start stopping early_stopping",
    "_descent/step.py": "textbook stopping learning_rates raw_tables",
    "_descent/stopping.py": "stopping raw_tables precompute",
    "_objective/coordinates.py": "rows_and_moments scale scale_search penalty",
    "_objective/curvature.py": "stopping functions precompute messages raw_tables learning_rates "
    "bounds",
    "_objective/dependent.py": "raw_tables",
    "_objective/face.py": "bounds",
    "_objective/hessian.py": "textbook precompute raw_tables penalty",
    "_objective/least_squares.py": "textbook functions stopping precompute raw_tables penalty",
    "_objective/moments.py": f"rows_and_moments stopping precompute {THREADS} raw_tables penalty",
    "_objective/plan.py": "precompute early_stopping",
    "_objective/point.py": "stopping raw_tables",
    "_objective/quadratic.py": "functions path cross_validation",
    "_objective/sizes.py": "messages properties scale",
    "_objective/spectrum.py": "raw_tables learning_rates",
    "_objective/theta.py": "textbook",
    "learning_rates/*[!_].py": "learning_rates warm_start messages",
    "rows/_memory.py": f"rows_and_moments accuracy {THREADS}",
    "rows/_columns.py": "frames",
    "rows/_factor.py": f"partial_fit merge {THREADS}",
    "rows/_finite.py": "frames messages",
    "rows/_merging.py": "merge",
    "rows/_peeked.py": "sources",
    "rows/_predictions.py": "sources frames",
    "rows/_sourced.py": "sources",
    "rows/_stored.py": "frames rows_and_moments",
    "rows/_products.py": f"products {THREADS}",
    "rows/_blocks.py": f"rows_and_moments scale {THREADS}",
    "_search/gram.py": "cross_validation scale_search penalty_search",
}

SWAPS = {
    **{"Lt": "LtE GtE", "LtE": "Lt Gt", "Gt": "GtE LtE", "GtE": "Gt Lt", "Eq": "NotEq"},
    **{"NotEq": "Eq", "Is": "IsNot", "IsNot": "Is", "And": "Or", "Or": "And", "Pow": "Mult"},
    **{"Add": "Sub", "Sub": "Add", "Mult": "Div", "Div": "Mult", "FloorDiv": "Mult"},
}
# Neither types nor messages are what tests are to watch.
SKIPPED = (ast.JoinedStr, ast.Raise, ast.Import, ast.ImportFrom)


def variants(node):
    """What a node may become, by one small change."""
    match node:
        case ast.BinOp(op=op) | ast.AugAssign(op=op) | ast.BoolOp(op=op):
            yield from (_with(node, op=new) for new in _swaps(op))
        case ast.Compare(ops=[op]):
            yield from (_with(node, ops=[new]) for new in _swaps(op))
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield from map(ast.Constant, [value + 1, value - 1])
        case ast.Constant(value=float(value)):
            yield from map(ast.Constant, [10 * value or 1.0, 0.0])
        case ast.Call(keywords=[_, *_] as given):
            yield from (_with(node, keywords=[k for k in given if k is not one]) for one in given)
        case ast.If() | ast.IfExp():
            yield from (_with(node, test=ast.Constant(value)) for value in (True, False))
        case ast.Return(value=ast.Compare() | ast.BoolOp() | ast.Constant(value=bool())):
            yield from (_with(node, value=ast.Constant(value)) for value in (True, False, None))
    match node:
        case ast.Expr(value=ast.Call()) | ast.AugAssign():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript() | ast.Tuple()]):
            yield ast.Pass()


def _swaps(op):
    return [getattr(ast, name)() for name in SWAPS.get(type(op).__name__, "").split()]


def _with(node, **fields):
    return type(node)(**(vars(node) | fields))


def places(node, inside=""):
    """All nodes of code, each with the name of the function it is in and how to replace it."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        many = isinstance(value, list)
        for i, child in enumerate(value if many else [value]):
            if not isinstance(child, ast.AST) or isinstance(child, SKIPPED):
                continue
            own = child.name if isinstance(child, ast.FunctionDef | ast.ClassDef) else ""
            name = f"{inside}.{own}".strip(".")
            yield child, name, value if many else vars(node), i if many else field
            yield from places(child, name)


def _path(name):
    """Return the path of a file of tests."""
    (path,) = (ROOT / "tests").rglob(f"test_{name}.py")
    return path.relative_to(ROOT)


class Mutants:
    """All mutants of a file, by their keys, and the tests to run for them."""

    def __init__(self, path, tests):
        text = path.read_text()
        lines, self._tree, self.path = text.splitlines(), ast.parse(text), path.relative_to(CORE)
        parts = [test.partition("::") for test in tests.split()]
        self.tests = [f"{_path(file)}{colons}{test}" for file, colons, test in parts]
        self.places = {}
        for node, name, holder, place in places(self._tree):
            for new in variants(node):
                before, after = (ast.unparse(one).splitlines()[0] for one in (node, new))
                key = f"{self.path} {name or '-'} | {lines[node.lineno - 1].strip()} | {after}"
                if before != after:
                    self.places[key] = holder, place, new

    def sample(self):
        """Keys and texts of the chosen ones; they depend on no other line of the file."""
        rank = {key: hashlib.sha256(f"{SEED} {key}".encode()).digest() for key in self.places}
        return [(self, key, self._text(key)) for key in sorted(rank, key=rank.get)[:EACH]]

    def _text(self, key):
        holder, place, new = self.places[key]
        before, holder[place] = holder[place], new
        text = ast.unparse(ast.fix_missing_locations(self._tree))
        holder[place] = before
        return text


def passes(folder, tests, seconds=SECONDS):
    """Whether these tests pass on the package in a folder; not if they take for ever."""
    # Unlike subprocess' own limit this one is for the processes that tests start too.
    limited = ["timeout", "--signal=KILL", str(seconds)]
    command = [*limited, sys.executable, "-m", "pytest", "-qxp", "no:randomly", *tests]
    env = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    how = {"cwd": folder, "env": env, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    return subprocess.run(command, check=False, **how).returncode == 0


def main(parts):
    """Run the sample, or those whose keys have one of the parts in them; say who survives."""
    files = [Mutants(p, tests) for name, tests in NEAREST.items() for p in sorted(CORE.glob(name))]
    lines = EQUIVALENT.read_text().splitlines()
    # Reasons are indented.
    same = {line for line in lines if line[:1] not in ("", " ", "#")}
    for key in sorted(same.difference(*(file.places for file in files))):
        print(f"{EQUIVALENT.name} has what is no mutant any more: {key}")
    sampled = [one for file in files for one in file.sample()]
    chosen = [one for one in sampled if any(part in one[1] for part in parts or [""])]
    to_run = [one for one in chosen if one[1] not in same]
    folders, survivors = SimpleQueue(), []

    def run(mutant):
        (file, key, text), folder = mutant, folders.get()
        changed = folder / "sklearn_gd" / file.path
        changed.write_text(text)
        if survives := passes(folder, file.tests):
            survivors.append(key)
        shutil.copy2(CORE / file.path, changed)
        folders.put(folder)
        print("survived" if survives else "killed  ", key, flush=True)

    with tempfile.TemporaryDirectory() as parent, ThreadPoolExecutor(PROCESSES) as pool:
        for i in range(PROCESSES):
            folder = Path(parent, str(i))
            shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*", "docs"))
            folders.put(folder)
        if not passes(folder, sorted({test for one in to_run for test in one[0].tests}), 600):
            sys.exit("The tests fail without any change.")
        list(pool.map(run, to_run))
    n_same, n_killed = len(chosen) - len(to_run), len(to_run) - len(survivors)
    print(f"\n{len(chosen)} mutants: {n_killed} killed, {n_same} compute the same,", end=" ")
    print(f"{len(survivors)} survived", *sorted(survivors), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
