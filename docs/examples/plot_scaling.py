"""
Why scaling matters
===================

The number of steps that gradient descent needs grows with the condition number
of the Hessian, the ratio of its largest and its smallest eigenvalue.  Features
in different units make it large; standardising them makes it small.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gd import DescentPathDisplay, GradientDescentRegressor, LossCurveDisplay

# Body mass index and mean blood pressure, as they were measured.
X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
X = X[["bmi", "bp"]]
print(X.describe().loc[["mean", "std"]].round(1))


def condition_number(X):
    A = np.column_stack([X, np.ones(len(X))])
    return np.linalg.cond(A.T @ A)


print(f"\ncondition number, raw:          {condition_number(X):12,.0f}")
print(
    f"condition number, standardised: {condition_number(StandardScaler().fit_transform(X)):12.2f}"
)

# %%
# The same descent on both
# ------------------------
# ``"lipschitz"`` is the constant learning rate 1/L, the largest that never
# overshoots.  Both fits may make 200 steps.

descent = GradientDescentRegressor("lipschitz", max_iter=200, tol=0, store_path=True)
raw = descent.fit(X, y)
scaled = make_pipeline(StandardScaler(), GradientDescentRegressor(**descent.get_params()))
scaled.fit(X, y)
print(f"R2 after 200 steps, raw:          {raw.score(X, y):.4f}")
print(f"R2 after 200 steps, standardised: {scaled.score(X, y):.4f}")
LossCurveDisplay.from_estimators({"raw": raw, "standardised": scaled}, xscale="log")

# %%
# On the contour plot
# -------------------
# Raw, the valley is long and narrow.  The first steps go down to its floor,
# which hardly slopes: there the descent all but stops, far from the minimum.
# Standardised, the level lines are nearly circles, so that the negative gradient
# points at the minimum.

figure, axes = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
for ax, (name, model) in zip(axes, {"raw": raw, "standardised": scaled}.items(), strict=True):
    DescentPathDisplay.from_estimator(model, X, y, ax=ax, parameters=("bmi", "bp"))
    ax.set_title(name)

# %%
# The adaptive learning rate, which is the default, copes with three raw parameters
# as well; with more of them, scaling spares it many steps too.

for name, model in {
    "raw": GradientDescentRegressor(),
    "standardised": make_pipeline(StandardScaler(), GradientDescentRegressor()),
}.items():
    fitted = model.fit(X, y)
    n_iter = (fitted if name == "raw" else fitted[-1]).n_iter_
    print(f'alpha="auto", {name:<12}: {n_iter:4} steps, R2 = {fitted.score(X, y):.4f}')

plt.show()
