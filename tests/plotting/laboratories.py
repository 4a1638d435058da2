"""A page of the descent laboratory in the browser, and what is read off it."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklearn_gd import GradientDescentRegressor

from ..problems import with_condition


class Laboratory:
    """A page in the browser, and what is read off it."""

    def __init__(self, browser, path, width=1400, height=900, fragment="", **context):
        self.context = browser.new_context(viewport={"width": width, "height": height}, **context)
        self.page = self.context.new_page()
        self.errors, self.requests = [], []
        self.page.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri() + fragment)
        self.settle()

    def nonsense(self):
        """What no reader should see, in the texts and attributes of the page."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll('body *:not(script)')].flatMap((node) => [
                ...[...node.attributes].map(({ name, value }) => name === 'srcdoc' ? '' : value),
                ...[...node.childNodes].map((child) => child.nodeType === 3 ? child.data : ''),
            ]).filter((text) => /NaN|undefined|Infinity|not a number|\\[object/.test(text))"""
        )

    def close(self):
        """Close it; it must have made neither errors nor requests, nor say nonsense."""
        assert self.errors == []
        assert self.nonsense() == []
        assert [url for url in self.requests if not url.startswith(("file:", "data:"))] == []
        self.context.close()

    def settle(self):
        """Wait until what was asked for is drawn."""
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def do(self, code):
        """Run a script in the page, and wait until its outcome is drawn."""
        value = self.page.evaluate(code)
        self.settle()
        return value

    def text(self, selector):
        return self.page.inner_text(selector)

    def value(self, selector):
        """The number of an element, with all its digits."""
        return float(self.page.locator(selector).first.get_attribute("data-value"))

    def column(self, n, table="parameters"):
        cells = self.page.locator(f"#{table} tr > :nth-child({n})").all()
        return np.array([float(cell.get_attribute("data-value")) for cell in cells])

    def go_to(self, k):
        self.page.locator("#step").fill(str(k))
        self.settle()

    def run(self):
        """Losses and path of the run that is shown."""
        run = self.page.evaluate("() => laboratory.state.run")
        return np.array(run["loss"]), np.array(run["theta"])

    def set(self, selector, value):
        self.page.fill(selector, repr(value))
        self.page.press(selector, "Enter")
        self.settle()

    def handle(self, name):
        """Where a handle is in the window, or None."""
        return self.page.evaluate(
            f"""() => {{ const {{ at }} = HANDLES['{name}'];
                const box = document.getElementById('map').getBoundingClientRect();
                return at && [at[0] + box.x, at[1] + box.y]; }}"""
        )

    def drag(self, place, by):
        mouse = self.page.mouse
        mouse.move(*place)
        mouse.down()
        mouse.move(place[0] + by[0] / 2, place[1] + by[1] / 2)
        mouse.move(place[0] + by[0], place[1] + by[1])
        mouse.up()
        self.settle()

    def on_map(self, point):
        """Where a point of the two parameters is in the window."""
        return self.page.evaluate(
            """(point) => { const box = document.getElementById('map').getBoundingClientRect();
                const [x, y] = shownMap.to(point); return [x + box.x, y + box.y]; }""",
            list(point),
        )


def problem(n_features):
    return with_condition(20.0, 80, n_features, seed=2)


def fitted(X, y, alpha=0.4, start=None, **settings):
    """A fit of few steps; ``start`` is where the intercept begins."""
    settings = {"max_iter": 40, "tol": 0, **settings}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # few steps, or too long ones
        return GradientDescentRegressor(alpha, **settings).fit(X, y, intercept_init=start)
