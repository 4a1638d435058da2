"""
A first fit, and LinearRegression
=================================

Gradient descent and a direct solver minimise the same cost, so they end at the
same coefficients.  Gradient descent also shows the way there: the cost and the
parameters after every step.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression

from sklearn_gd import GradientDescentRegressor, LossCurveDisplay

X, y = load_diabetes(return_X_y=True, as_frame=True)

# %%
# Two fits of the same data
# -------------------------
# There is nothing to tune: the default learning rate adapts, and the descent stops
# when no feature is correlated with the residual any more.

descent = GradientDescentRegressor(store_path=True).fit(X, y)
direct = LinearRegression(tol=0).fit(X, y)

print(f"{descent.status_} after {descent.n_iter_} steps")
print(f"R2 of the descent   {descent.score(X, y):.10f}")
print(f"R2 of lstsq         {direct.score(X, y):.10f}")
print(f"\n{'':>9} {'descent':>10} {'direct':>10}")
for name, ours, theirs in zip(X.columns, descent.coef_, direct.coef_, strict=True):
    print(f"{name:>9} {ours:10.4f} {theirs:10.4f}")
print(f"intercept {descent.intercept_:10.4f} {direct.intercept_:10.4f}")

# %%
# The way there
# -------------
# ``loss_history_`` has the cost J, half the mean squared error, after each step.
# Its suboptimality, the distance from the minimum, shows more than J itself.  With
# the adaptive learning rate J rises now and then, but converges in fewer steps.

minimum = np.mean((direct.predict(X) - y) ** 2) / 2
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
LossCurveDisplay.from_estimator(descent, ax=left)
LossCurveDisplay.from_estimator(descent, ax=right, minimum=minimum)
left.set_title("The loss curve")
right.set_title("The same, above the minimum")

# %%
# With ``store_path=True`` the coefficients after every step are kept as well.  The
# three largest are drawn, with the direct solution as dotted lines.

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
largest = np.argsort(-np.abs(direct.coef_))[:3]
for colour, j in zip(("#0072B2", "#E69F00", "#009E73"), largest, strict=True):
    ax.plot(descent.coef_path_[:, j], color=colour)
    ax.axhline(direct.coef_[j], color=colour, linestyle=":")
    ax.text(0, direct.coef_[j] + 20, X.columns[j], color="0.2")
ax.set(xlabel="step", ylabel="coefficient", title="Coefficients on their way")

plt.show()
