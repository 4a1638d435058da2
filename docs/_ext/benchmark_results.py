"""Put the benchmarks' own page of results into generated/, or a word on how to get it."""

import shutil
from pathlib import Path

NONE_YET = "The benchmarks have not been run where this page was made, so it has no figures.\n"


def take_over(app):
    """Write generated/benchmark_results.md, which benchmarks.md includes."""
    generated = Path(app.srcdir) / "generated"
    generated.mkdir(exist_ok=True)
    results = Path(app.srcdir).parent / "benchmarks" / "results" / "results.md"
    page = NONE_YET
    if results.exists():
        # The page that includes it has that title already.
        page = results.read_text(encoding="utf-8").removeprefix("# Benchmarks\n")
        for picture in results.parent.glob("results.svg"):
            shutil.copy(picture, generated)
    target = generated / "benchmark_results.md"
    # A file that is written anew would be read anew.
    if not target.exists() or target.read_text(encoding="utf-8") != page:
        target.write_text(page, encoding="utf-8")


def setup(app):
    """Connect it to the beginning of a build."""
    app.connect("builder-inited", take_over)
    return {"parallel_read_safe": True}
