"""Draw the picture of the laboratory that README and gallery show: ``make picture``."""

import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright
from sklearn.datasets import load_diabetes

from sklearn_gd import DescentLaboratory

from .conftest import CHROMIUM

PICTURE = Path(__file__).parents[2] / "docs" / "_static" / "laboratory.png"


def draw():
    """Open the page of the diabetes data at a step that shows all parts, and take a picture."""
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    made = DescentLaboratory.from_data(
        X[["bmi", "bp"]], y, parameters=("bmi", "bp"), alpha=0.35, scale=True, max_iter=30, tol=0
    )
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "laboratory.html"
        made.to_html(path)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(path.as_uri())
        page.wait_for_selector("#map-point circle")
        page.wait_for_timeout(300)
        page.screenshot(path=PICTURE)
        browser.close()
    # Half the bytes; the colours of small parts are kept.
    image = Image.open(PICTURE).convert("RGB")
    image.quantize(256, kmeans=8, dither=Image.Dither.NONE).save(PICTURE, optimize=True)


if __name__ == "__main__":
    draw()
