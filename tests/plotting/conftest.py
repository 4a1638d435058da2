"""A browser for the tests of the descent laboratory."""

import os
import shutil

import pytest

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

    arguments = ["--no-sandbox", "--use-gl=swiftshader", "--enable-unsafe-swiftshader"]
    quiet = ["--disable-background-networking", "--no-first-run", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments + quiet)
        yield browser
        browser.close()
