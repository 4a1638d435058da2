"""
Why scaling matters
===================

The number of steps that gradient descent needs grows with the condition number
of the Hessian, the ratio of its largest to its smallest eigenvalue.  Features in
different units make it large; standardising them makes it small.  To standardise,
use a scaler in a pipeline, or ``scale=True``, which the default learning rate implies.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gd import DescentPathDisplay, GradientDescentRegressor, LossCurveDisplay

# Body mass index and mean blood pressure, unscaled.
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
# overshoots.  Both fits make 200 steps.

descent = GradientDescentRegressor("lipschitz", max_iter=200, tol=0, store_path=True)
raw = descent.fit(X, y)
scaled = make_pipeline(StandardScaler(), GradientDescentRegressor(**descent.get_params()))
scaled.fit(X, y)
print(f"R2 after 200 steps, raw:          {raw.score(X, y):.4f}")
print(f"R2 after 200 steps, standardised: {scaled.score(X, y):.4f}")
display = LossCurveDisplay.from_estimators({"raw": raw, "standardised": scaled}, xscale="log")
display.ax_.legend().remove()
for line in display.line_:
    display.ax_.text(20, 1.03 * line.get_ydata()[20], line.get_label())

# %%
# On the contour plot
# -------------------
# With raw features the valley is long and narrow.  The first steps go down to its
# floor, which hardly slopes: there the descent all but stops, far from the minimum.
# With standardised features the level lines are nearly circles, so the negative
# gradient points at the minimum.

figure, axes = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
for ax, (name, model) in zip(axes, {"raw": raw, "standardised": scaled}.items(), strict=True):
    DescentPathDisplay.from_estimator(model, X, y, ax=ax, parameters=("bmi", "bp"))
    ax.set_title(name)

# %%
# Without a scaler
# ----------------
# ``scale=True`` makes the same steps without a pipeline, and its coefficients are
# those of the raw features.  It starts at the mean of y, as the pipeline can be told
# to do.

reg = GradientDescentRegressor("lipschitz", scale=True, max_iter=200, tol=0).fit(X, y)
scaled.fit(X, y, gradientdescentregressor__intercept_init=y.mean())
scaler, of_scaled = scaled
difference = np.abs(reg.loss_history_ / of_scaled.loss_history_ - 1).max()
print(f"largest relative difference of a loss: {difference:.1e}")
assert difference < 1e-9
assert np.allclose(reg.coef_, of_scaled.coef_ / scaler.scale_)

# %%
# The default learning rate, ``alpha="auto"``, standardises the features unless told
# not to.  With three parameters it converges on raw features too; with more, raw
# features cost it many steps, or it does not converge.

for scale in (False, True):
    reg = GradientDescentRegressor(scale=scale).fit(X, y)
    print(f'alpha="auto", scale={scale!s:<5}: {reg.n_iter_:4} steps, R2 = {reg.score(X, y):.4f}')

plt.show()
