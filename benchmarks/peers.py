"""How each peer fits: a function of X and y that returns coefficients and intercept.

A function here returns that function, or None where the peer is not installed,
which it looks for when it is called. Only ``scaled_sgd`` returns an estimator.
"""

import importlib
import importlib.util
import os
from functools import partial

import numpy as np
from sklearn.linear_model import LinearRegression, Ridge, SGDRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gd import GradientDescentRegressor, GradientDescentRegressorCV

STEPS = 100


def this_package(**parameters):
    """GradientDescentRegressor with these parameters."""
    return partial(_fit_fresh, GradientDescentRegressor, parameters)


def cross_validated(alphas, **parameters):
    """Learning rate and number of steps chosen together."""
    return partial(_fit_fresh, GradientDescentRegressorCV, {"alphas": alphas, **parameters})


def grid_search(alphas, n_jobs=None, **parameters):
    """The learning rate chosen by scikit-learn's search."""

    def fit(X, y):
        regressor = GradientDescentRegressor(**parameters)
        scoring = "neg_mean_squared_error"
        search = GridSearchCV(regressor, {"alpha": alphas}, scoring=scoring, cv=5, n_jobs=n_jobs)
        fitted = search.fit(X, y).best_estimator_
        return fitted.coef_, fitted.intercept_

    return fit


def linear_regression():
    """LinearRegression as it comes."""
    return partial(_fit_fresh, LinearRegression, {})


def ridge(solver, **parameters):
    """Ridge with next to no penalty."""
    return partial(_fit_fresh, Ridge, {"alpha": 1e-8, "solver": solver, **parameters})


def scaled_sgd():
    """SGDRegressor behind a StandardScaler, without which it seldom gets anywhere."""
    # Seeded, so that what is timed is what was judged.
    return make_pipeline(StandardScaler(), SGDRegressor(random_state=0))


def n_iter(model):
    """Steps that a fitted model made, of SGDRegressor epochs; None if it makes none."""
    return getattr(model[-1] if isinstance(model, Pipeline) else model, "n_iter_", None)


def intelex():
    """LinearRegression of scikit-learn-intelex."""
    if importlib.util.find_spec("sklearnex") is None:
        return None
    from sklearnex.linear_model import LinearRegression as IntelLinearRegression

    return partial(_fit_fresh, IntelLinearRegression, {})


def _fit_fresh(estimator, parameters, X, y):
    fitted = estimator(**parameters).fit(X, y)
    return fitted.coef_, fitted.intercept_


def numpy_loop(alpha):
    """The loop of the textbooks: two passes over X a step."""

    def fit(X, y):
        w, b, losses = np.zeros(X.shape[1]), 0.0, []
        for _ in range(STEPS):
            residual = X @ w + b - y
            losses.append(residual @ residual / (2 * len(y)))
            w = w - alpha * (X.T @ residual) / len(y)
            b = b - alpha * residual.mean()
        return w, b

    return fit


def jax_loop(alpha):
    """Gradient descent by automatic differentiation, compiled whole."""
    if importlib.util.find_spec("jax") is None:
        return None
    import jax

    jax.config.update("jax_enable_x64", True)

    def loss(theta, X, y):
        residual = X @ theta[0] + theta[1] - y
        return residual @ residual / (2 * len(y))

    @jax.jit
    def descend(theta, X, y):
        def step(theta, _):
            J, (g_w, g_b) = jax.value_and_grad(loss)(theta, X, y)
            return (theta[0] - alpha * g_w, theta[1] - alpha * g_b), J

        return jax.lax.scan(step, theta, length=STEPS)

    def fit(X, y):
        (w, b), losses = descend((np.zeros(X.shape[1]), 0.0), X, y)
        losses.block_until_ready()
        return np.asarray(w), float(b)

    return fit


def torch_loop(alpha):
    """torch.optim.SGD on all rows at once."""
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    def fit(X, y):
        rows, targets = torch.from_numpy(X), torch.from_numpy(y)
        model = torch.nn.Linear(X.shape[1], 1, dtype=rows.dtype)
        torch.nn.init.zeros_(model.weight)
        torch.nn.init.zeros_(model.bias)
        optimizer = torch.optim.SGD(model.parameters(), lr=alpha)
        losses = []
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(model(rows)[:, 0], targets) / 2
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return model.weight.detach().numpy()[0], model.bias.item()

    return fit


def mlxtend_loop(alpha):
    """Gradient descent of mlxtend, which shuffles the rows before each step.

    Its step sums over the rows where ours takes the mean, from a random start.
    """
    if importlib.util.find_spec("mlxtend") is None:
        return None
    from mlxtend.regressor import LinearRegression as MlxtendRegression

    def fit(X, y):
        regression = MlxtendRegression(
            method="sgd", minibatches=1, eta=alpha / len(y), epochs=STEPS, random_seed=0
        )
        regression.fit(X, y)
        return regression.w_.ravel(), float(regression.b_.item())

    return fit


def on_dask(n_chunks, module=None):
    """LinearRegression of this module, or this package without one, on chunks in threads."""
    if module is None:
        make = GradientDescentRegressor
    elif importlib.util.find_spec(module) is None:
        return None
    else:
        name = {"dask_glm": "dask_glm.estimators", "dask_ml": "dask_ml.linear_model"}[module]
        make = importlib.import_module(name).LinearRegression

    def fit(X, y):
        import dask.array

        chunks = -(-len(y) // n_chunks)
        # Without a name of its own all of the data would be hashed for one.
        rows = dask.array.from_array(X, chunks=(chunks, X.shape[1]), name=False)
        fitted = make().fit(rows, dask.array.from_array(y, chunks=chunks, name=False))
        return fitted.coef_, float(fitted.intercept_)

    return fit


def dask_glm():
    """gradient_descent of dask-glm: with its own line search, and until that finds no step."""
    if importlib.util.find_spec("dask_glm") is None:
        return None
    import dask.array
    from dask_glm.algorithms import gradient_descent
    from dask_glm.families import Normal

    def fit(X, y):
        design = np.column_stack([X, np.ones(len(y))])
        chunks = (-(-len(y) // os.cpu_count()), design.shape[1])
        rows = dask.array.from_array(design, chunks=chunks, name=False)
        targets = dask.array.from_array(y, chunks=chunks[0], name=False)
        theta = gradient_descent(
            rows, targets, max_iter=STEPS, tol=-np.inf, family=Normal, normalize=False
        )
        return theta[:-1], float(theta[-1])

    return fit
