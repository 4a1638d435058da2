"""
One search instead of a thousand fits
=====================================

Which learning rate, and how many steps?  ``GridSearchCV`` fits anew for every pair
and every fold.  ``GradientDescentRegressorCV`` reads each row once to gather the
second moments of its fold, and computes the held-out errors of all learning rates
after all steps from these.  Here both search on the same data and are timed.
"""

import os
import time

import matplotlib.pyplot as plt
import numpy as np
import sklearn
from sklearn.datasets import load_diabetes
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from sklearn_gd import (
    GradientDescentRegressor,
    GradientDescentRegressorCV,
    MSEPathDisplay,
    max_stable_alpha,
)

X, y = load_diabetes(return_X_y=True)
X = make_pipeline(StandardScaler(), PolynomialFeatures(include_bias=False)).fit_transform(X)
X = StandardScaler().fit_transform(X)
y = y - y.mean()
print(f"{X.shape[0]} rows, {X.shape[1]} features; {os.cpu_count()} cores")
print(f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}")

# %%
# All learning rates, all steps
# -----------------------------

alphas = np.geomspace(0.003, 0.9, 20) * max_stable_alpha(X)
started = time.perf_counter()
together = GradientDescentRegressorCV(alphas, max_iter=4000).fit(X, y)
seconds = time.perf_counter() - started
print(f"{together.mse_path_.size:,} errors on held-out rows: {seconds:.2f} s")
print(f"alpha = {together.alpha_:.4g}, {together.n_iter_} steps")

MSEPathDisplay.from_estimator(together)
plt.show()

# %%
# The same by GridSearchCV
# ------------------------
# Trying every number of steps would take too long, so it gets ten of them.  One is the
# number found above, so that both can find the same pair.

numbers = np.unique(np.append(np.geomspace(1, 4000, 9).astype(int), together.n_iter_))
search = GridSearchCV(
    GradientDescentRegressor(tol=0),
    {"alpha": alphas, "max_iter": numbers},
    scoring="neg_mean_squared_error",
    cv=5,
    refit=False,
)
started = time.perf_counter()
search.fit(X, y)
seconds_of_grid_search = time.perf_counter() - started
n_fits = len(search.cv_results_["params"]) * search.n_splits_
print(f"{n_fits:,} fits: {seconds_of_grid_search:.1f} s")
print("chosen:", search.best_params_)
print(f"{seconds_of_grid_search / seconds:.0f} times as long")

# %%
# The same errors
# ---------------
# Where both have an error, it is the same.

found = -search.cv_results_["mean_test_score"].reshape(len(alphas), len(numbers))
expected = together.mse_path_.mean(axis=2)[:, numbers]
difference = np.abs(found / expected - 1).max()
print(f"largest relative difference: {difference:.1e}")
assert difference < 1e-8
assert search.best_params_ == {"alpha": together.alpha_, "max_iter": together.n_iter_}
