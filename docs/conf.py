"""Configuration of the documentation; the build needs no network."""

import sys
from pathlib import Path

from sklearn.datasets import load_diabetes

import sklearn_gd

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

from style import STYLE  # noqa: E402

project = "sklearn-gd"
author = "the sklearn-gd developers"
project_copyright = author
version = release = sklearn_gd.__version__

extensions = [
    "benchmark_results",
    "matplotlib.sphinxext.plot_directive",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",
    "sphinx_gallery.gen_gallery",
]
# The examples' sources are pages of auto_examples; benchmark_results.md is a part of a page.
exclude_patterns = ["_build", "examples", "generated/benchmark_results.md"]
templates_path = ["_templates"]
# What docstrings have in single backticks: a link if it is a name of the API.
default_role = "py:obj"
toc_object_entries_show_parents = "hide"

# The page of a class lists its members itself; autosummary's stubs would have no page.
numpydoc_show_class_members = False
# Types are in the docstrings, in words.
autodoc_typehints = "none"

plot_formats = ["svg"]
plot_html_show_formats = False
plot_html_show_source_link = False
plot_rcparams = {
    **STYLE,
    "figure.figsize": (7.5, 3.6),
    "figure.constrained_layout.use": True,
    "svg.fonttype": "path",
}
plot_apply_rcparams = True

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "within_subsection_order": "gallery_order.AsOneLearns",
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("sklearn_gd",),
    "reset_modules": ("matplotlib", "style.apply"),
    # Not what a last line happens to return.
    "capture_repr": ("_repr_html_",),
    "download_all_examples": False,
    "write_computation_times": False,
    "show_signature": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "sklearn-gd"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
WITHOUT_SIDEBAR = ("index", "getting_started", "benchmarks", "how_it_is_tested")
html_sidebars = {name: [] for name in WITHOUT_SIDEBAR}
html_theme_options = {
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "footer_end": [],
    "show_prev_next": True,
}


def write_laboratory(app, exception):
    """Write the laboratory that the home page shows."""
    if exception is None and app.builder.format == "html":
        X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
        how = {"alpha": 0.35, "scale": True, "max_iter": 30, "tol": 0}
        made = sklearn_gd.DescentLaboratory.from_data(
            X[["bmi", "bp"]], y, parameters=("bmi", "bp"), **how
        )
        made.to_html(Path(app.outdir) / "laboratory.html")


def use_own_mathjax(app, config):
    """Let formulas be drawn as SVG: fonts may not be read by a page that is opened as a file."""
    config.mathjax_path = "mathjax/tex-svg.js"


def setup(app):
    """Connect what is to happen during a build."""
    app.connect("config-inited", use_own_mathjax)
    app.connect("build-finished", write_laboratory)
