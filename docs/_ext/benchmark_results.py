"""Put the results of the last ``make bench`` into generated/, as a part of benchmarks.md."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "results.json"


def take_over(app):
    """Write generated/benchmark_results.md, which benchmarks.md includes, and its picture."""
    sys.path.insert(0, str(ROOT))
    from benchmarks import report

    target = Path(app.srcdir) / "generated" / "benchmark_results.md"
    picture = target.with_suffix(".svg")
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    # The page that includes it has that title already.
    page = report.page(results, picture.name).removeprefix("# Benchmarks\n")
    # A file that is written anew would be read anew.
    if not target.exists() or target.read_text(encoding="utf-8") != page:
        target.parent.mkdir(exist_ok=True)
        report.plot(results, picture)
        target.write_text(page, encoding="utf-8")


def setup(app):
    """Connect it to the beginning of a build."""
    app.connect("builder-inited", take_over)
    return {"parallel_read_safe": True}
