"""A browser for the tests of the descent laboratory, and its pages in it."""

import os
import shutil

import pytest

from sklearn_gd import DescentLaboratory

from .laboratories import Laboratory, fitted, problem

# Of any page, in bytes.
LARGEST_PAGE = 400_000

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        # Where all checks are run a missing browser must not pass for a success.
        if os.environ.get("SKLEARN_GD_REQUIRE_BROWSER"):
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    # Here, so that tests which need no browser need no playwright.
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox"]
    quiet = ["--disable-background-networking", "--no-first-run", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments + quiet)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Return a function that opens the page of a fit."""
    laboratories = []

    def open_page(reg, X, y, width=1400, height=900, parameters=None, fragment="", **context):
        path = tmp_path / "laboratory.html"
        DescentLaboratory.from_estimator(reg, X, y, parameters=parameters).to_html(path)
        assert path.stat().st_size < LARGEST_PAGE
        laboratories.append(Laboratory(browser, path, width, height, fragment, **context))
        return laboratories[-1]

    yield open_page
    for laboratory in laboratories:
        laboratory.close()


@pytest.fixture(scope="module")
def shared_page(browser, tmp_path_factory):
    """A page on two features without a penalty, which most tests can share."""
    X, y = problem(2)
    path = tmp_path_factory.mktemp("laboratory") / "laboratory.html"
    DescentLaboratory.from_estimator(fitted(X, y), X, y, parameters=(0, 1)).to_html(path)
    laboratory = Laboratory(browser, path)
    yield laboratory
    laboratory.close()


@pytest.fixture
def lab(shared_page):
    """Return it as it opens: the fit, its first step, its learning rate and start."""
    shared_page.do(
        "() => { for (const run of laboratory.state.kept.slice()) drop(run); closeLesson();"
        " chooseTab('words'); document.activeElement.blur(); }"
    )
    return shared_page
