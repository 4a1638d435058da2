"""Put the results of the last ``make bench`` into generated/, as a part of benchmarks.md."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "results.json"


def take_over(app):
    """Write generated/benchmark_results.md, which benchmarks.md includes, and its picture."""
    target = Path(app.srcdir) / "generated" / "benchmark_results.md"
    # A file that is written anew would be read anew.
    if target.exists() and target.stat().st_mtime > RESULTS.stat().st_mtime:
        return
    sys.path.insert(0, str(ROOT))
    from benchmarks import report

    target.parent.mkdir(exist_ok=True)
    report.write(json.loads(RESULTS.read_text(encoding="utf-8")), target)
    # The page that includes it has that title already.
    page = target.read_text(encoding="utf-8").removeprefix("# Benchmarks\n")
    target.write_text(page, encoding="utf-8")


def setup(app):
    """Connect it to the beginning of a build."""
    app.connect("builder-inited", take_over)
    return {"parallel_read_safe": True}
