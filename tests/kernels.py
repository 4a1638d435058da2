"""Run the tests once for each BLAS kernel that this processor can run.

``python -m tests.kernels [--fast] [options of pytest]``; ``make test-kernels`` sets it up.

OpenBLAS chooses its kernels by the processor, and they add up in different
orders and with or without fused multiply-adds: the last digits of every sum
differ between machines.  NumPy chooses its own loops in the same way.  Here a
run of pytest for each is told what to choose, so that one machine sees what
many would.  What is asked for is not always what is run, so it is read back.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent

# What each kernel needs of the processor, in NumPy's words.  OpenBLAS takes
# some names on trust, and the first product is then an illegal instruction.
KERNELS = {
    "Prescott": ["SSE3"],
    "Nehalem": ["SSE42"],
    "Sandybridge": ["AVX"],
    "Haswell": ["AVX2", "FMA3"],
    "Zen": ["AVX2", "FMA3"],
    "SkylakeX": ["AVX512_SKX"],
}

# Those that feel rounding most: printed digits, iterates compared with closed
# forms, adaptive rates (which amplify it), when a descent stops, moments against
# passes, and the same bits with any number of threads.  The others draw, start
# processes, read files or check arguments, and take four fifths of the time.
FAST = [
    "sklearn_gd",  # the examples in docstrings
    "tests/test_documentation.py",
    "tests/objective/test_accuracy.py",
    "tests/test_coming_from.py",
    "tests/search/test_cross_validation.py",
    "tests/descent/test_early_stopping.py",
    "tests/test_ecosystem.py",
    "tests/test_functions.py",
    "tests/learning_rates/test_learning_rates.py",
    "tests/test_linear_regression_tests.py",
    "tests/test_messages.py",
    "tests/rows/test_merge.py",
    "tests/rows/test_partial_fit.py",
    "tests/search/test_path.py",
    "tests/objective/test_precompute.py",
    "tests/rows/test_products.py",
    "tests/test_properties.py",
    "tests/objective/test_raw_tables.py",
    "tests/rows/test_rows_and_moments.py",
    "tests/objective/test_scale.py",
    "tests/search/test_scale_search.py",
    "tests/descent/test_stopping.py",
    "tests/descent/test_textbook.py",
    "tests/rows/test_threads.py",
    "tests/descent/test_warm_start.py",
]

# A product for each library, as SciPy has an OpenBLAS of its own beside NumPy's.
PROBE = """
import json
import numpy as np
import scipy.linalg.blas
from threadpoolctl import threadpool_info

try:
    from numpy._core import _multiarray_umath as core
except ImportError:  # NumPy 1
    from numpy.core import _multiarray_umath as core
A = np.ones((64, 64))
assert (A @ A == 64.0).all()
assert (scipy.linalg.blas.dgemm(1.0, A, A) == 64.0).all()
blas = [one for one in threadpool_info() if one["user_api"] == "blas"]
print(json.dumps({
    "blas": sorted({one["internal_api"] for one in blas}),
    "kernels": {one["filepath"]: one["architecture"] for one in blas if "architecture" in one},
    "features": [name for name, has in core.__cpu_features__.items() if has],
    "dispatched": list(core.__cpu_dispatch__),
}))
"""


class Report(NamedTuple):
    """What a process has found itself running on."""

    blas: list[str]
    kernels: dict[str, str]  # of each library
    features: list[str]
    dispatched: list[str]

    @property
    def kernel(self):
        """Of NumPy and SciPy; mostly one name."""
        return (
            " and ".join(sorted(set(self.kernels.values()))) or ", ".join(self.blas) or "unknown"
        )

    @property
    def vector_code(self):
        """The loops of NumPy's that were compiled for more than its baseline and are in use."""
        return [name for name in self.dispatched if name in self.features]


class Run(NamedTuple):
    """One line of the summary."""

    asked: str
    environment: dict[str, str]
    report: Report | None
    reason: str  # why it is not run, or empty


def probe(environment):
    """Report of a process with these variables set, or how it ended."""
    child = subprocess.run(
        [sys.executable, "-c", PROBE],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    if child.returncode < 0:
        return f"a trial was ended by {signal.Signals(-child.returncode).name}"
    if child.returncode:
        last = (child.stderr.strip().splitlines() or [""])[-1]
        return f"a trial ended with status {child.returncode} {last}".strip()
    return Report(**json.loads(child.stdout))


def planned(ask=probe):
    """What there is to run, and what not and why."""
    own = ask({})
    if isinstance(own, str):
        raise SystemExit(f"NumPy and SciPy cannot be tried: {own}.")
    runs, seen = [], {}

    def plan(asked, environment, held_back=False):
        report = ask(environment)
        if isinstance(report, str):
            runs.append(Run(asked, environment, None, report))
            return
        key = tuple(sorted(report.kernels.items())), tuple(report.vector_code)
        reason = f"the same as {seen[key]}" if key in seen else ""
        if held_back and report.vector_code:
            reason = f"NumPy kept {' '.join(report.vector_code)}"
        seen.setdefault(key, asked)
        runs.append(Run(asked, environment, report, reason))

    # The names of kernels are those of x86 processors, where NumPy's baseline has SSE2.
    if own.blas != ["openblas"] or "SSE2" not in own.features:
        print(f"This is not OpenBLAS on an x86 processor, but {own.kernel}: one run of its own.")
        plan("its own", {})
    else:
        for name, needs in KERNELS.items():
            lacks = [feature for feature in needs if feature not in own.features]
            if lacks:
                runs.append(Run(name, {}, None, f"the processor lacks {' '.join(lacks)}"))
            else:
                plan(name, {"OPENBLAS_CORETYPE": name})
    if own.vector_code:
        plan(
            "NumPy held back",
            # What the processor has not is not worth a warning of NumPy's.
            {"NPY_DISABLE_CPU_FEATURES": " ".join(own.vector_code)},
            held_back=True,
        )
    return runs


def main(arguments):
    """Run what is planned, one after another; the exit status is 1 if any has failed."""
    if "OPENBLAS_CORETYPE" in os.environ or "NPY_DISABLE_CPU_FEATURES" in os.environ:
        raise SystemExit(
            "Unset OPENBLAS_CORETYPE and NPY_DISABLE_CPU_FEATURES: they are set here."
        )
    if "--fast" in arguments:
        # Interrupts and other versions of threadpoolctl do not feel rounding.
        less = ["-k", "not storm and not each_threadpoolctl"]
        arguments = [*FAST, *less, *(one for one in arguments if one != "--fast")]
    command = [sys.executable, "-m", "pytest", "-n", "2", "-q", *arguments]
    table = [("asked for", "kernel", "NumPy's vector code", "seconds", "")]
    failed = ran = 0
    for run in planned():
        loops = "none"
        if run.report is not None and run.report.vector_code:
            loops = f"up to {run.report.vector_code[-1]}"
        if run.reason:
            kernel = run.report.kernel if run.report else ""
            table.append((run.asked, kernel, "", "", f"not run: {run.reason}"))
            continue
        print(f"\n=== {run.asked}: kernel {run.report.kernel}, vector code {loops}", flush=True)
        start = time.perf_counter()
        status = subprocess.run(command, env=os.environ | run.environment).returncode
        seconds = time.perf_counter() - start
        ran, failed = ran + 1, failed + (status != 0)
        result = f"FAILED (pytest's status {status})" if status else "passed"
        table.append((run.asked, run.report.kernel, loops, f"{seconds:.0f}", result))
    print(f"\n{ran} runs, {failed} failed")
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )
    return int(failed > 0 or ran == 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
