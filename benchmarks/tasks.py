"""What is compared: data, contenders, and how much faster this package is meant to be."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from scipy import sparse
from sklearn.datasets import load_diabetes

from sklearn_gd._descent.loop import advance
from sklearn_gd._descent.start import starting_state
from sklearn_gd._objective.least_squares import Objective
from sklearn_gd._objective.plan import NEVER, Plan
from sklearn_gd.learning_rates import Constant
from sklearn_gd.rows._memory import Rows

from . import peers

OURS = "sklearn-gd"
# Below 2/L of all the data here, whose features are independent with variance 1.
ALPHA = 0.5
SLOW = 0.02
# Tried by those that search for one.
ALPHAS = np.logspace(-3.0, 0.0, 20)
# Steps in a run of a StepTask.
STEPS = 10


@dataclass(frozen=True)
class Task:
    """One comparison.

    Attributes
    ----------
    name, title : str
    data : callable
        Returns X and y.
    fits : dict of str to callable
        Called without arguments each returns a function of X and y that
        returns coefficients and intercept, or None where a peer is not
        installed.
    at_least : dict of str to float
        By what factor the contender's time is meant to exceed ours.
    """

    name: str
    title: str
    data: Callable
    fits: dict[str, Callable]
    at_least: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class StepTask:
    """Steps by passes beside two NumPy products each, and beside one."""

    name: str
    title: str
    data: Callable
    at_least: dict[str, float] = field(
        default_factory=lambda: {"two-pass NumPy step": 1.6, "bare X @ w": 1 / 1.3}
    )


@dataclass(frozen=True)
class GrowthTask:
    """Default fits of growing data: a function that returns X and y for each size."""

    name: str
    title: str
    data: dict[int, Callable]


def normal(n_rows, n_features, dtype=np.float64):
    """Rows of independent standard normal features, a linear target and noise."""

    def data():
        rng = np.random.default_rng(0)
        X = np.empty((n_rows, n_features), dtype=dtype)
        for start in range(0, n_rows, 100_000):
            part = X[start : start + 100_000]
            part[:] = rng.standard_normal(part.shape)
        w = rng.standard_normal(n_features)
        return X, X @ w.astype(dtype) + 3 + rng.standard_normal(n_rows).astype(dtype)

    return data


def scattered(n_rows, n_features, density):
    """Sparse rows, a linear target and a little noise."""

    def data():
        rng = np.random.default_rng(0)
        X = sparse.random(n_rows, n_features, density, format="csr", random_state=rng)
        y = X @ rng.standard_normal(n_features) + 0.1 * rng.standard_normal(n_rows)
        return sparse.csr_matrix(X), y

    return data


def fit_tasks(size):
    """Whole fits; ``size`` scales the number of rows."""
    million, hundred, twenty = int(1_000_000 * size), int(100_000 * size), int(20_000 * size)
    ours, direct, intelex = peers.this_package, peers.linear_regression, peers.intelex
    thousand_steps = partial(ours, alpha=ALPHA, max_iter=1000, tol=0)
    # So slow that their excess tells how many steps were made.
    hundred_steps = partial(ours, alpha=SLOW, max_iter=peers.STEPS, tol=0)
    return [
        Task(
            "thousand-steps",
            f"1,000 steps with every loss, {million:,} x 100",
            normal(million, 100),
            {
                OURS: thousand_steps,
                "LinearRegression": direct,
                "Ridge cholesky": partial(peers.ridge, "cholesky"),
                "Ridge lsqr": partial(peers.ridge, "lsqr"),
                "scikit-learn-intelex": intelex,
            },
            {"LinearRegression": 20, "Ridge cholesky": 4, "scikit-learn-intelex": 1.3},
        ),
        Task(
            "tall",
            f"defaults, {5 * million:,} x 10",
            normal(5 * million, 10),
            {OURS: ours, "LinearRegression": direct, "scikit-learn-intelex": intelex},
            {"scikit-learn-intelex": 1},
        ),
        Task(
            "middling",
            f"defaults, {twenty:,} x 50",
            normal(twenty, 50),
            {OURS: ours, "LinearRegression": direct, "scikit-learn-intelex": intelex},
            {"scikit-learn-intelex": 1},
        ),
        Task(
            "thousand-features",
            f"defaults, {hundred:,} x 1,000",
            normal(hundred, 1000),
            {
                OURS: ours,
                "Ridge cholesky": partial(peers.ridge, "cholesky"),
                "scikit-learn-intelex": intelex,
            },
            {"scikit-learn-intelex": 1.2},
        ),
        Task(
            "wide",
            f"defaults, {twenty:,} x {twenty // 5:,}",
            normal(twenty, twenty // 5),
            {OURS: ours, "Ridge lsqr": partial(peers.ridge, "lsqr")},
            {"Ridge lsqr": 1},
        ),
        Task(
            "diabetes",
            "defaults, diabetes, 442 x 10",
            lambda: load_diabetes(return_X_y=True),
            {OURS: ours, "LinearRegression": direct},
            {"LinearRegression": 1},
        ),
        *[
            Task(
                f"small-{n_rows}",
                f"defaults, {n_rows:,} x {n_features}",
                normal(n_rows, n_features),
                {OURS: ours, "LinearRegression": direct},
                {"LinearRegression": 1},
            )
            for n_rows, n_features in ((20, 2), (100, 5), (1000, 10))
        ],
        Task(
            "sparse",
            f"sparse {10 * twenty:,} x {twenty:,}, 1e-3 dense, relative loss 1e-6 or better",
            scattered(10 * twenty, twenty, 1e-3),
            {
                OURS: partial(ours, tol=1e-4),
                "Ridge sparse_cg": partial(peers.ridge, "sparse_cg", tol=1e-5),
                "Ridge lsqr": partial(peers.ridge, "lsqr"),
            },
            {"Ridge sparse_cg": 1, "Ridge lsqr": 1},
        ),
        Task(
            "search",
            f"20 alphas, 5 folds, up to 1,000 steps, {hundred:,} x 100",
            normal(hundred, 100),
            {
                OURS: partial(peers.cross_validated, ALPHAS, max_iter=1000),
                "GridSearchCV": partial(peers.grid_search, ALPHAS, max_iter=1000),
                "GridSearchCV, n_jobs=-1": partial(
                    peers.grid_search, ALPHAS, max_iter=1000, n_jobs=-1
                ),
            },
            {"GridSearchCV": 30},
        ),
        Task(
            "dask",
            f"defaults on Dask threads, {million:,} x 100 in 100 chunks",
            normal(million, 100),
            {OURS: partial(peers.on_dask, 100), "sklearn-gd in memory": ours},
            {"sklearn-gd in memory": 1 / 1.3},
        ),
        Task(
            "dask-peers",
            # Theirs take minutes for what the task before has.
            f"defaults on Dask threads, {hundred // 2:,} x 50 in 10 chunks",
            normal(hundred // 2, 50),
            {
                OURS: partial(peers.on_dask, 10),
                "dask-glm": partial(peers.on_dask, 10, "dask_glm"),
                "dask-ml": partial(peers.on_dask, 10, "dask_ml"),
            },
            {"dask-glm": 10, "dask-ml": 10},
        ),
        Task(
            "hundred-steps",
            f"{peers.STEPS} steps with every loss, {2 * hundred:,} x 100",
            normal(2 * hundred, 100),
            {
                OURS: hundred_steps,
                "sklearn-gd by passes": partial(hundred_steps, precompute=False),
                "NumPy loop": partial(peers.numpy_loop, SLOW),
                "JAX": partial(peers.jax_loop, SLOW),
                "PyTorch": partial(peers.torch_loop, SLOW),
                "dask-glm, line search": peers.dask_glm,
                "mlxtend": partial(peers.mlxtend_loop, SLOW),
            },
            {"JAX": 30, "PyTorch": 60, "mlxtend": 200},
        ),
    ]


def form_tasks(size):
    """What precompute="auto" chooses beside both choices: at most twice the better one's time."""
    shapes = [
        (1_000_000, 100),
        (5_000_000, 10),
        (20_000, 50),
        (100_000, 1_000),
        (200_000, 500),
        (20_000, 4_000),
    ]
    return [
        Task(
            f"precompute-{n_features}-{label.replace(' ', '-')}",
            f"{label}, {int(n_rows * size):,} x {n_features:,}",
            normal(int(n_rows * size), n_features),
            {
                OURS: partial(peers.this_package, **how),
                "precompute=True": partial(peers.this_package, precompute=True, **how),
                "precompute=False": partial(peers.this_package, precompute=False, **how),
            },
            {"precompute=True": 0.5, "precompute=False": 0.5},
        )
        for n_rows, n_features in shapes
        for label, how in {
            "defaults": {},
            "3 steps": {"max_iter": 3, "tol": 0},
            "300 constant steps": {"alpha": ALPHA / 2, "max_iter": 300, "tol": 0},
        }.items()
        # What takes minutes by passes says nothing new.
        if n_rows * n_features * how.get("max_iter", 0) < 2e10 or n_features == 4_000
    ]


def step_tasks(size):
    """Single steps by passes; ``size`` scales the number of rows."""
    shapes = [(1_000_000, 100), (200_000, 500), (20_000, 5_000), (5_000_000, 10)]
    return [
        StepTask(
            f"step-{n_features}-{np.dtype(dtype).name}",
            f"{int(n_rows * size):,} x {n_features:,}, {np.dtype(dtype).name}",
            normal(int(n_rows * size), n_features, dtype),
        )
        for dtype in (np.float64, np.float32)
        for n_rows, n_features in shapes
    ]


def growth_tasks(size):
    """Default fits against the number of rows, and of features: a title, and the sizes."""
    million = int(1_000_000 * size)
    by_rows = {million >> i: normal(million >> i, 100) for i in range(6, -1, -1)}
    by_features = {n: normal(million // 10, n) for n in (10, 20, 40, 80, 160, 320, 640)}
    return [
        GrowthTask("growth-rows", "a default fit, rows x 100", by_rows),
        GrowthTask("growth-features", f"a default fit, {million // 10:,} x features", by_features),
    ]


def step_contenders(X, y):
    """Functions that make STEPS steps each."""
    rows = Rows(X, np.asarray(y, dtype=np.float64).reshape(-1, 1))
    objective = Objective(Plan.made(rows, True, NEVER))
    theta = np.zeros(X.shape[1] + 1)
    start = starting_state(objective, None, Constant(1e-3), theta, max_iter=1, tol=0.0)
    w, b = np.zeros(X.shape[1], dtype=X.dtype), X.dtype.type(0)
    alpha = X.dtype.type(1e-3)

    def ours():
        point = start.point
        for _ in range(STEPS):
            _, point = advance(objective, start.rate_state, point)

    def two_passes():
        nonlocal w, b
        for _ in range(STEPS):
            residual = X @ w
            residual += b
            residual -= y
            residual @ residual
            w = w - alpha * (X.T @ residual) / len(y)
            b = b - alpha * residual.mean()

    def one_product():
        for _ in range(STEPS):
            X @ w

    return {OURS: ours, "two-pass NumPy step": two_passes, "bare X @ w": one_product}
