"""Eigenvalues, learning rates and descents as the laboratory's page has them, in Chromium."""

from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files
from types import SimpleNamespace
from warnings import catch_warnings, simplefilter

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from sklearn_gd import GradientDescentRegressor, max_stable_alpha
from sklearn_gd.learning_rates import NAMED, Line
from sklearn_gd.plotting._record import record

from ..problems import LONGLEY, design, with_condition

pytestmark = pytest.mark.slow

SCRIPTS = ("mathematics.js", "eigen.js", "rates.js")
NAMES = ["constant", "lipschitz", "exact", "barzilai-borwein", "auto", "chebyshev"]


@pytest.fixture(scope="module")
def page(browser):
    """A blank page with the scripts."""
    folder = files("sklearn_gd.plotting") / "laboratory"
    scripts = [(folder / name).read_text(encoding="utf-8") for name in SCRIPTS]
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_script_tag(content="\n".join(['"use strict";', *scripts]))
    yield page
    assert errors == []
    page.close()


@dataclass
class Problem:
    """A quadratic, as the page is given it, and where descents on it start."""

    quadratic: dict
    start: list
    bounds: dict

    @classmethod
    def of(cls, quadratic, start, low=None, high=None):
        parts = ("centre", "loss", "gradient", "hessian")
        none = np.full(len(start), np.inf)
        low, high = -none if low is None else low, none if high is None else high
        return cls(
            {name: np.asarray(getattr(quadratic, name)).tolist() for name in parts},
            np.asarray(start).tolist(),
            {"low": _finite(low), "high": _finite(high)},
        )

    def descend(self, page, name, alpha=None, n_steps=100):
        """The run of the page."""
        rate = {"name": name, "alpha": alpha}
        arguments = [self.quadratic, self.start, rate, n_steps, self.bounds]
        run = page.evaluate("(given) => descend(...given)", arguments)
        n = len(run["loss"])
        assert run["k"] == list(range(n))
        assert run["nextLoss"] == [*run["loss"][1:], None]
        assert [len(run[name]) for name in ("theta", "alpha")] == [n, n]
        assert run["alpha"].pop() is None
        status = run.pop("status")
        # Whole numbers arrive as int, and may be too large for int64.
        arrays = {key: np.array(values, dtype=float) for key, values in run.items()}
        return SimpleNamespace(status=status, **arrays)


def _finite(values):
    return [value if np.isfinite(value) else None for value in np.asarray(values).tolist()]


def fitted(X, y, alpha, *, start=None, **settings):
    """The problem and the estimator's own descent on it, in the parameters it was on."""
    settings = {"max_iter": 100, "tol": 0, "store_path": True, "scale": False, **settings}
    start = {} if start is None else {"coef_init": start[0], "intercept_init": start[1]}
    with catch_warnings():
        # Some diverge, which is the point.
        simplefilter("ignore", ConvergenceWarning)
        reg = GradientDescentRegressor(alpha, **settings).fit(X, y, **start)
    descent = record(reg, X, y, None, (0, 1), None)
    descent = descent.standardised if reg.scaled_ else descent
    problem = Problem.of(descent.quadratic, descent.path[0], descent.low, descent.high)
    return problem, descent


def standardised(kappa, n_features, **how):
    X, y = with_condition(kappa, n_features=n_features, **how)
    return StandardScaler().fit_transform(X), y


def diabetes(n_features):
    X, y = load_diabetes(return_X_y=True)
    return StandardScaler().fit_transform(X[:, [2, 8] if n_features == 2 else slice(None)]), y


def random_hessian(n, seed=0):
    A = np.random.default_rng(seed).normal(size=(3 * n, n))
    return A.T @ A / len(A)


DATA = {
    "two": lambda: standardised(20.0, 2),
    "ten": lambda: standardised(20.0, 10),
    "diabetes of 2": lambda: diabetes(2),
    "diabetes of 10": lambda: diabetes(10),
}
everywhere = pytest.mark.parametrize("data", list(DATA))
scaled_or_not = pytest.mark.parametrize("scale", [False, True])


def compare(run, descent, tolerance, n_steps=None):
    """Both are the same for so many steps; where the page's has converged, nothing follows."""
    n = len(run.loss)
    if run.status == "converged":
        assert_allclose(descent.losses[n:], run.loss[-1], rtol=1e-9)
    else:
        assert n == len(descent.losses)
    upto = slice(None, n if n_steps is None else min(n, n_steps + 1))
    assert_allclose(run.loss[upto], descent.losses[:n][upto], rtol=tolerance)
    size = np.abs(descent.path).max()
    assert_allclose(run.theta[upto], descent.path[:n][upto], rtol=0, atol=tolerance * size)


# ---- eigen.js


def eigen(page, H):
    found = page.evaluate("(H) => eigen(H)", H.tolist())
    return np.array(found["values"]), np.array(found["vectors"])


@pytest.mark.parametrize("n", [1, 2, 11, 50])
def test_eigenvalues_and_vectors(page, n):
    H = random_hessian(n)
    values, vectors = eigen(page, H)
    theirs, basis = np.linalg.eigh(H)
    assert_allclose(values, theirs, rtol=1e-12)
    assert_allclose(vectors @ vectors.T, np.eye(n), atol=1e-13)
    assert_allclose(np.abs(np.sum(vectors * basis.T, axis=1)), 1.0, rtol=1e-12)


def test_eigenvalues_of_any_symmetric_matrix(page):
    """Indefinite, singular, of one value, zero, and of tiny and huge elements."""
    H = random_hessian(8)
    dependent = np.ones((8, 3)) @ np.ones((3, 8)) + np.diag([1.0, 2.0] + [0.0] * 6)
    for matrix in (H - np.eye(8), dependent, np.eye(8), 0 * H, 1e-150 * H, 1e150 * H):
        values, vectors = eigen(page, matrix)
        size = np.abs(matrix).max() or 1.0
        assert_allclose(values, np.linalg.eigvalsh(matrix), rtol=0, atol=1e-14 * size)
        assert_allclose(vectors @ vectors.T, np.eye(8), atol=1e-14)
        product = vectors.T @ np.diag(values) @ vectors
        assert_allclose(product, matrix, rtol=0, atol=1e-14 * size)


def n_below(H, x):
    """How many eigenvalues are below x, by Sylvester's law of inertia, in exact arithmetic."""
    A = [[Fraction(value) - (Fraction(x) if i == j else 0) for j, value in enumerate(row)]
         for i, row in enumerate(H.tolist())]  # fmt: skip
    n = len(A)
    for i in range(n):
        for r in range(i + 1, n):
            share = A[r][i] / A[i][i]
            A[r] = [a - share * b for a, b in zip(A[r], A[i], strict=True)]
    return sum(A[i][i] < 0 for i in range(n))


@pytest.mark.parametrize("reverse", [False, True])
def test_small_eigenvalues_of_features_in_different_units(page, reverse):
    """20 orders of magnitude apart, each is right to its own last digits."""
    n = 6
    units = 10.0 ** (-2.0 * np.arange(n)[:: -1 if reverse else 1])
    H = random_hessian(n) * np.outer(units, units)
    values, _ = eigen(page, H)
    assert values[-1] > 1e18 * values[0]
    for i, value in enumerate(values):
        assert n_below(H, value * (1 - 1e-14)) == i
        assert n_below(H, value * (1 + 1e-14)) == i + 1


# ---- rates.js, against the estimator


@everywhere
@scaled_or_not
@pytest.mark.parametrize("share", [0.3, 0.97, 1.0, 1.03, 1.7])
def test_constant_rates(page, data, scale, share):
    """Below, at and above 2/L."""
    X, y = DATA[data]()
    alpha = share * max_stable_alpha(X)
    problem, descent = fitted(X, y, alpha, scale=scale)
    run = problem.descend(page, "constant", alpha)
    compare(run, descent, 1e-9)
    assert (run.alpha == alpha).all()
    assert run.status in (descent.status, "converged")
    assert (run.status == "diverged") == (share > 1.0)


@everywhere
@scaled_or_not
@pytest.mark.parametrize("name", ["lipschitz", "exact"])
def test_rates_along_the_gradient(page, data, scale, name):
    problem, descent = fitted(*DATA[data](), name, scale=scale)
    run = problem.descend(page, name)
    compare(run, descent, 1e-9)
    # The last steps before convergence may be on rounding, whose exact step is any.
    assert_allclose(run.alpha[:6], descent.alphas[:6], rtol=1e-9)
    assert run.status in ("max_iter", "converged")


@everywhere
@scaled_or_not
@pytest.mark.parametrize("name", ["barzilai-borwein", "auto"])
def test_adaptive_rates(page, data, scale, name):
    problem, descent = fitted(*DATA[data](), name, scale=scale)
    run = problem.descend(page, name)
    compare(run, descent, 1e-6, n_steps=20)
    n = min(20, len(run.alpha) - 3)
    assert_allclose(run.alpha[:n], descent.alphas[:n], rtol=1e-6)
    assert run.status in ("max_iter", "converged")


@everywhere
@scaled_or_not
@pytest.mark.parametrize("n_steps", [1, 5, 100])
def test_chebyshev(page, data, scale, n_steps):
    """The length of its cycle depends on the number of steps."""
    problem, descent = fitted(*DATA[data](), "chebyshev", scale=scale, max_iter=n_steps)
    run = problem.descend(page, "chebyshev", n_steps=n_steps)
    compare(run, descent, 1e-9)
    assert_allclose(run.alpha, descent.alphas[: len(run.alpha)], rtol=1e-9)


def test_reciprocals_of_eigenvalues(page):
    """The default's whole run, in which they begin after 16 + 2 p steps."""
    problem, descent = fitted(*diabetes(10), "auto", scale=True)
    run = problem.descend(page, "auto")
    assert run.status == "converged"
    compare(run, descent, 1e-6)
    inverse = 1 / np.linalg.eigvalsh(problem.quadratic["hessian"])
    are_reciprocals = np.isclose(run.alpha[:, None], inverse, rtol=1e-9, atol=0).any(axis=1)
    assert not are_reciprocals[: 16 + 22].any()
    assert are_reciprocals[16 + 22 :].all()
    assert len(run.alpha) > 45


RULE = """([q, gradients, name, nSteps]) => {
    const rule = RATES[name].start({ q, alpha: null, gradient: gradients[0], nSteps });
    return gradients.map((gradient, k) => rule(k, lineAlong(q, gradient)));
}"""


def alphas_along(page, problem, gradients, name):
    """What a rule gives where the gradients are given, so that no rounding is amplified."""
    arguments = [problem.quadratic, gradients.tolist(), name, len(gradients)]
    return np.array(page.evaluate(RULE, arguments), dtype=float)


@pytest.mark.parametrize("name", ["exact", "barzilai-borwein", "auto", "chebyshev"])
@pytest.mark.parametrize("kappa", [1e2, 1e5])
def test_rules_along_the_estimators_path(page, name, kappa):
    problem, descent = fitted(*standardised(kappa, 8), name, scale=True)
    gradients = descent.quadratic.gradient_at(descent.path[:-1])
    alphas = alphas_along(page, problem, gradients, name)
    # Gradients of less are rounding.
    is_clear = np.cumprod(descent.losses[:-1] - descent.quadratic.loss > 1e-9).astype(bool)
    assert is_clear.sum() > 16 + 2 * 9
    assert_allclose(alphas[is_clear], descent.alphas[is_clear], rtol=1e-6)


def automatic(H, gradients, known=None):
    """What the package's default gives for these gradients; known: eigenvalues and vectors."""
    state = NAMED["auto"].start(SimpleNamespace(is_bounded=False))
    decompose = None if known is None else lambda g, k: (known[0], known[1].T @ g)
    lines = [Line(g, H @ g, g @ g, g @ H @ g, k, decompose) for k, g in enumerate(gradients)]
    return np.array([state(k, line) for k, line in enumerate(lines)])


def about_zero(H):
    zero = np.zeros(len(H))
    return Problem.of(SimpleNamespace(centre=zero, loss=1.0, gradient=zero, hessian=H), zero)


@pytest.mark.parametrize("n", [2, 5])
def test_the_default_where_it_gets_nowhere(page, n):
    """Components may grow further, again and again, until J - J* halves; see `Automatic`."""
    rng = np.random.default_rng(n)
    basis, values = np.linalg.qr(rng.normal(size=(n, n)))[0], 10.0 ** np.linspace(-6, 0, n)
    H = (basis * values) @ basis.T
    # As far away as ever, coming near, and as far away as ever.
    sizes = np.ones(450)
    sizes[150:300], sizes[300:] = np.geomspace(1.0, 1e-4, 150), 1e-4
    gradients = sizes[:, None] * rng.normal(size=(450, n)) @ basis.T
    alphas = automatic(H, gradients, known=(values, basis))
    # Along the flattest eigenvector only in the end.
    assert max(alphas[16 + 2 * n :][: 8 * n]) < 1e5
    assert max(alphas[16 + 2 * n :]) > 9e5
    assert_allclose(alphas_along(page, about_zero(H), gradients, "auto"), alphas, rtol=1e-6)


@pytest.mark.parametrize("n", [2, 5])
def test_eigenvalues_that_may_be_rounding(page, n):
    """Below 1e-9 of the largest they are used only where features are standardised."""
    rng = np.random.default_rng(n)
    gradients = rng.normal(size=(100, n))
    for smallest, uses in ((2e-9, True), (0.5e-9, False)):
        H = np.diag(np.geomspace(1.0, smallest, n))
        known = np.linalg.eigh(H) if uses else None
        alphas = automatic(H, gradients, known)
        assert (alphas == automatic(H, gradients)).all() != uses
        assert_allclose(alphas_along(page, about_zero(H), gradients, "auto"), alphas, rtol=1e-12)
    # Two features that are nearly the same; a constant one of 0 has no eigenvalue.
    H = np.eye(n)
    H[0, 1] = H[1, 0] = 1 - 1e-10
    known = np.linalg.eigh(H)
    bordered = np.zeros((n + 1, n + 1))
    bordered[:n, :n] = H
    more = np.column_stack([gradients, np.zeros(100)])
    for given, problem, k in ((gradients, about_zero(H), 16), (more, about_zero(bordered), 18)):
        alphas = alphas_along(page, problem, given, "auto")[k + 2 * n :]
        assert np.isclose(alphas[:, None], 1 / known[0], rtol=1e-4, atol=0).any(axis=1).all()


def test_a_step_that_components_may_just_grow_by(page):
    """By 141 at most, as the first gradient's length is sqrt(2)."""
    H, gradients = np.diag([1 / 142.0, 1.0]), np.ones((26, 2))
    alphas = automatic(H, gradients, known=np.linalg.eigh(H))
    assert_allclose(alphas[20:], 142.0)
    assert_allclose(alphas_along(page, about_zero(H), gradients, "auto"), alphas, rtol=1e-12)


@pytest.mark.parametrize("max_iter", [1, 3, 64, 127, 1500])
def test_lengths_of_chebyshev_cycles(page, max_iter):
    """All that depends on the condition number: how many steps take J to rounding."""
    for kappa in [1.0, 1 + 2**-52, 1 + 1e-9, *np.geomspace(1.01, 1e3, 20), 1e9]:
        start = {"largest_eigenvalue": 1.0, "smallest_eigenvalue": 1 / kappa, "max_iter": max_iter}
        start |= {"suboptimality": 1.0, "suboptimality_allowed": 0.0, "k": 0}
        steps = NAMED["chebyshev"].start(SimpleNamespace(**start)).steps
        problem = about_zero(np.diag([1.0, 1 / kappa]))
        alphas = alphas_along(page, problem, np.ones((max_iter, 2)), "chebyshev")
        n = min(len(steps), max_iter)
        assert_allclose(alphas[:n], steps[:n], rtol=1e-9)
        assert_allclose(alphas[n : 2 * n], steps[: len(alphas[n : 2 * n])], rtol=1e-9)


def test_eigenvalues_that_are_known(page):
    """Those above rounding of the features' own sizes."""
    known = "(q) => traitsOf(q).values"
    X, y = LONGLEY[:, :6], LONGLEY[:, 6]
    problem, _ = fitted(X, y, 0.1, max_iter=1)
    assert len(page.evaluate(known, problem.quadratic)) == 7
    # Seven orders of magnitude between any two.
    values = 10.0 ** np.arange(-28, 1, 7)
    assert_allclose(page.evaluate(known, about_zero(np.diag(values)).quadratic), values)
    X, y = standardised(20.0, 4)
    problem, descent = fitted(np.column_stack([X, X[:, 0] - X[:, 1]]), y, "chebyshev")
    assert len(page.evaluate(known, problem.quadratic)) == 5
    run = problem.descend(page, "chebyshev")
    assert_allclose(run.alpha, descent.alphas[: len(run.alpha)], rtol=1e-9)
    assert len(run.alpha) > 60


# ---- where descents end


def test_it_is_given_up_where_the_estimator_does(page):
    """When J is 1/eps^2 times that of the best constant, if that is more than J at the start."""
    X, _ = with_condition(20.0, n_features=3)
    # So the last coefficient is not to be taken for an intercept.
    y, best = 3.0 * X[:, -1], np.array([0.0, 0.0, 3.0])
    for scale in (False, True):
        for intercept in (True, False):
            start = best + 1e-6, 50.0 if intercept else 0.0
            how = {"scale": scale, "fit_intercept": intercept, "max_iter": 400}
            problem, _ = fitted(X, y, 0.1, **how)
            alpha = 1.1 * 2 / np.linalg.eigvalsh(problem.quadratic["hessian"])[-1]
            problem, descent = fitted(X, y + start[1], alpha, start=start, **how)
            run = problem.descend(page, "constant", alpha, n_steps=400)
            compare(run, descent, 1e-5)
            assert run.status == descent.status == "diverged"
            assert 200 < len(run.loss) < 400


def test_losses_beyond_all_numbers(page):
    X, y = standardised(20.0, 3)
    problem, descent = fitted(X, y, 1e200)
    run = problem.descend(page, "constant", 1e200)
    assert run.status == descent.status == "diverged"
    assert_allclose(run.loss, descent.losses, rtol=1e-12)
    assert len(run.loss) == 1
    problem.start[0] = 1e160
    assert problem.descend(page, "exact").status == "diverged"


def test_adaptive_rates_may_rise(page):
    """To more than where another rate would be given up."""
    values = 10.0 ** -np.arange(0.0, 100.0, 25.0)
    problem = about_zero(np.diag(values))
    problem.start = (values**-0.75).tolist()
    run = problem.descend(page, "barzilai-borwein")
    assert run.loss.max() > 3e31 * run.loss[0]
    assert run.status in ("max_iter", "converged")
    highest = int(run.loss.argmax())
    run = problem.descend(page, "barzilai-borwein", n_steps=highest)
    assert len(run.loss) == highest + 1
    assert run.status == "max_iter"


@pytest.mark.parametrize("name", ["barzilai-borwein", "auto"])
def test_gradients_keep_their_digits(page, name):
    """Though J rises by ten orders of magnitude, and falls again."""
    values = 10.0 ** -np.arange(0.0, 30.0, 6.0)
    problem = about_zero(np.diag(values))
    for seed in range(5):
        shares = np.random.default_rng(seed).uniform(0.5, 2.0, size=5)
        problem.start = (shares * values**-0.5).tolist()
        run = problem.descend(page, name, n_steps=3000)
        assert run.loss.max() > 1e5
        assert run.status == "converged"
        terms = np.abs(run.theta[-1]) @ np.sqrt(values) + np.sqrt(2 * run.loss[-1])
        assert (np.abs(values * run.theta[-1]) <= 1e-14 * terms * np.sqrt(values)).all()


def test_chebyshev_may_rise_within_a_cycle(page):
    """Only its ends count."""
    problem, descent = fitted(*standardised(1e6, 10), "chebyshev")
    run = problem.descend(page, "chebyshev")
    compare(run, descent, 1e-9)
    assert run.loss[-1] > run.loss[0]
    assert run.status == descent.status == "max_iter"


@pytest.mark.parametrize("name", NAMES)
def test_a_descent_ends_where_only_rounding_is_left(page, name):
    X, y = standardised(20.0, 3)
    alpha = 0.5 * max_stable_alpha(X) if name == "constant" else None
    problem, _ = fitted(X, y, 0.1, max_iter=1)
    run = problem.descend(page, name, alpha, n_steps=2000)
    assert run.status == "converged"
    best = np.linalg.lstsq(design(X), y, rcond=None)[0]
    assert_allclose(run.theta[-1], best, rtol=0, atol=1e-13 * np.abs(best).max())
    # Not before J is settled, nor long after.
    losses = run.loss - run.loss[-1]
    assert np.linalg.norm(run.theta[-3] - run.theta[-1]) > 1e-16
    assert losses[:3].min() > 0
    # From there it goes nowhere.
    problem.start = problem.quadratic["centre"]
    run = problem.descend(page, name, alpha)
    assert run.status == "converged"
    assert len(run.loss) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_level_J(page, name):
    problem, _ = fitted(np.zeros((20, 2)), np.arange(20.0), 0.1, fit_intercept=False)
    problem.start = [1.0, -2.0]
    run = problem.descend(page, name, 0.1)
    assert run.status == "converged"
    assert_array_equal(run.theta, [problem.start])
    assert_array_equal(run.loss, [np.mean(np.arange(20.0) ** 2) / 2])


@pytest.mark.parametrize("name", NAMES[1:])
def test_no_curvature_at_all(page, name):
    """Rates that need L are then 1, those of the line are 0."""
    quadratic = {"centre": [0.0], "loss": 5.0, "gradient": [1.0], "hessian": [[0.0]]}
    problem = Problem(quadratic, [0.0], {"low": [None], "high": [None]})
    run = problem.descend(page, name, n_steps=3)
    alpha = 1.0 if name in ("lipschitz", "chebyshev") else 0.0
    assert_array_equal(run.alpha, alpha)
    assert_array_equal(run.loss, 5.0 - alpha * np.arange(4))


@pytest.mark.parametrize("name", ["barzilai-borwein", "auto", "chebyshev"])
def test_a_perfect_fit(page, name):
    X, y = standardised(20.0, 4, noise=0.0)
    problem, descent = fitted(X, y, name)
    run = problem.descend(page, name, n_steps=400)
    assert run.status == "converged"
    assert (run.loss >= 0).all()
    assert run.loss[-1] < 1e-28
    assert_allclose(run.theta[-1], descent.quadratic.centre, rtol=0, atol=1e-13)


def test_losses_are_not_negative(page):
    """Where rounding has moved the centre off the minimum of a perfect fit."""
    quadratic = {"centre": [1.0], "loss": 0.0, "gradient": [1e-9], "hessian": [[1.0]]}
    problem = Problem(quadratic, [1.0], {"low": [None], "high": [None]})
    assert_array_equal(problem.descend(page, "lipschitz").loss, 0.0)


def test_a_start_at_the_minimum_of_noise(page):
    """All that is left of the gradient is the rounding of residuals."""
    X, y = standardised(20.0, 5)
    y = y - design(X) @ np.linalg.lstsq(design(X), y, rcond=None)[0]
    problem, _ = fitted(X, y, 0.1, max_iter=1)
    problem.quadratic["gradient"] = np.full(6, 1e-16).tolist()
    problem.start = problem.quadratic["centre"]
    run = problem.descend(page, "barzilai-borwein")
    assert run.status == "converged"
    assert len(run.loss) == 1


@pytest.mark.parametrize("name", NAMES)
def test_one_parameter(page, name):
    """Of which the closed form is known: (1 - alpha h)^k."""
    x, y = np.arange(1.0, 9.0), np.arange(8.0) ** 2
    h, best = np.mean(x * x), x @ y / (x @ x)
    loss = np.mean((best * x - y) ** 2) / 2
    gradient = [np.mean(x * (best * x - y))]
    quadratic = SimpleNamespace(centre=[best], loss=loss, gradient=gradient, hessian=[[h]])
    problem = Problem.of(quadratic, [-1.0])
    if name != "constant":
        run = problem.descend(page, name)
        assert run.status == "converged"
        assert len(run.loss) == 2
        assert_allclose(run.theta[-1], [best], rtol=1e-15)
        assert_allclose(run.alpha, [1 / h], rtol=1e-15)
        return
    for share, status in ((0.9, "max_iter"), (1.0, "max_iter"), (1.1, "diverged")):
        alpha = share * 2 / h
        run = problem.descend(page, name, alpha, n_steps=50)
        away = (1 - alpha * h) ** np.arange(51) * (-1.0 - best)
        assert_allclose(run.theta[:, 0] - best, away, rtol=1e-9)
        assert_allclose(run.loss, loss + h * away**2 / 2, rtol=1e-9)
        assert run.status == status


# ---- bounds


@scaled_or_not
@pytest.mark.parametrize("n_features", [2, 10])
@pytest.mark.parametrize("name", ["constant", "lipschitz"])
def test_bounds(page, scale, n_features, name):
    """Each step ends at the nearest point within them."""
    X, y = diabetes(n_features)
    low, high = np.full(n_features, -2.0), np.full(n_features, np.inf)
    high[0] = 20.0
    alpha = 0.9 * max_stable_alpha(X) if name == "constant" else name
    problem, descent = fitted(X, y, alpha, scale=scale, coef_bounds=(low, high))
    run = problem.descend(page, name, alpha if name == "constant" else None)
    compare(run, descent, 1e-9)
    ends = np.isin(run.theta[-1], problem.bounds["low"] + problem.bounds["high"])
    assert ends.any()
    assert not ends.all()
    assert run.status in ("max_iter", "converged")


def test_a_start_beyond_the_bounds_and_an_end_at_them(page):
    X, y = diabetes(2)
    problem, _ = fitted(X, y, "lipschitz", positive=True, fit_intercept=False)
    problem.bounds = {"low": [100.0, None], "high": [None, 10.0]}
    problem.start = [-5.0, 50.0]
    run = problem.descend(page, "lipschitz", n_steps=500)
    assert_array_equal(run.theta[0], [100.0, 10.0])
    assert run.status == "converged"
    H, c = np.array(problem.quadratic["hessian"]), np.array(problem.quadratic["centre"])
    free = c[1] - H[1, 0] / H[1, 1] * (100.0 - c[0])
    assert_allclose(run.theta[-1], [100.0, min(free, 10.0)], rtol=1e-12)


@pytest.mark.parametrize("box", [True, False])
def test_too_large_a_rate_within_bounds(page, box):
    """In a box J cannot grow for ever."""
    X, y = standardised(20.0, 2)
    high = np.full(2, 3.0 if box else np.inf)
    alpha = 1.5 * max_stable_alpha(X)
    how = {"coef_bounds": (np.full(2, -3.0), high), "fit_intercept": False}
    problem, descent = fitted(X, y, alpha, max_iter=20, **how)
    run = problem.descend(page, "constant", alpha, n_steps=20)
    compare(run, descent, 1e-9)
    assert run.loss[-1] > run.loss[0]
    assert run.status == descent.status == ("max_iter" if box else "diverged")


def test_which_rates_bounds_allow(page):
    allowed = "(bounds) => allowedRates(bounds)"
    assert page.evaluate(allowed, {"low": [None, None], "high": [None, None]}) == NAMES
    bounded = {"low": [None, 0.0], "high": [None, None]}
    assert page.evaluate(allowed, bounded) == ["constant", "lipschitz"]
    assert page.evaluate(allowed, {"low": [None], "high": [1.0]}) == ["constant", "lipschitz"]
    problem, _ = fitted(*standardised(20.0, 2), 0.1, max_iter=1, fit_intercept=False)
    problem.bounds = bounded
    with pytest.raises(Exception, match="auto has no rule for bounds"):
        problem.descend(page, "auto")


def test_eigenvalues_are_computed_once(page):
    code = "(q) => traitsOf(q) === traitsOf(q) && traitsOf(q) !== traitsOf({ ...q })"
    problem, _ = fitted(*standardised(20.0, 2), 0.1, max_iter=1)
    assert page.evaluate(code, problem.quadratic)
