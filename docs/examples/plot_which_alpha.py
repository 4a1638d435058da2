"""
Which alpha? Below, near and above 2/L
======================================

A constant learning rate converges if and only if it is below 2/L, where L is
the largest eigenvalue of the Hessian of the cost.  Far below it the descent is
slow, near it the steps jump from one side of the valley to the other, and above
it every jump is longer than the one before.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklearn_gd import (
    DescentPathDisplay,
    GradientDescentRegressor,
    LossCurveDisplay,
    max_stable_alpha,
)

# One feature and an intercept, so that the whole cost can be seen.
rng = np.random.default_rng(0)
X = rng.normal(loc=0.8, size=(100, 1))
y = 3.0 * X.ravel() + 1.0 + 0.5 * rng.normal(size=100)

limit = max_stable_alpha(X)
print(f"2/L = {limit:.4f}")

# %%
# Four learning rates
# -------------------
# The fit above 2/L warns that it diverged, and says which alpha would work; it still
# returns the best parameters it saw, so that a grid search over alpha can go on.

fits = {}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always", ConvergenceWarning)
    for share in (0.05, 0.5, 0.97, 1.03):
        reg = GradientDescentRegressor(share * limit, max_iter=40, tol=0, store_path=True)
        fits[f"alpha = {share:.2f} · 2/L"] = reg.fit(X, y)
print(caught[0].message)

display = LossCurveDisplay.from_estimators(fits)
ax = display.ax_
ax.set_title("The loss curves")
ax.legend().remove()
for line, place in zip(display.line_, [(2.5, 0.8), (7, 0.14), (23, 0.9), (4.5, 13)], strict=True):
    ax.text(*place, line.get_label())

# %%
# Seen from above
# ---------------
# The level lines of the cost are ellipses.  Along their short axis, where the cost is
# steepest, a step multiplies the distance from the minimum by 1 - alpha L: by nearly 1
# for small alpha, by 0 for 1/L, by -1 for 2/L.

figure, axes = plt.subplots(2, 2, figsize=(10, 9), layout="constrained")
for ax, (name, reg) in zip(axes.flat, fits.items(), strict=True):
    DescentPathDisplay.from_estimator(reg, X, y, ax=ax, parameters=(0, "intercept"))
    ax.set_title(name)
    ax.get_legend().set_visible(ax is axes[0, 0])

plt.show()
