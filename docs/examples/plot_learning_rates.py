"""
The learning rates raced
========================

All learning rates make the same update, theta - alpha_k * gradient; they differ
in how long a step is.  On an ill-conditioned problem the differences are large.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklearn_gd import GradientDescentRegressor, LossCurveDisplay, cost

# %%
# A problem whose condition number is known
# -----------------------------------------
# X is built from a singular value decomposition: the eigenvalues of X'X / m go
# from 1 down to 1/1000.

rng = np.random.default_rng(0)
n_rows, n_features, condition = 500, 20, 1000.0
U = np.linalg.qr(rng.normal(size=(n_rows, n_features)))[0]
V = np.linalg.qr(rng.normal(size=(n_features, n_features)))[0]
eigenvalues = np.logspace(0, -np.log10(condition), n_features)
X = np.sqrt(n_rows) * (U * np.sqrt(eigenvalues)) @ V
y = X @ rng.normal(size=n_features) + 0.1 * rng.normal(size=n_rows)

best = np.linalg.lstsq(X, y, rcond=None)[0]
minimum = cost(X, y, best)

# %%
# The race
# --------
# All descend along the features as they are: with ``scale=True`` the condition
# number would not be the one above.  Those that do not arrive within 1,023 steps
# say so in a warning, which is expected here.  1,023 = 2^10 - 1 is a number of
# steps after which the silver steps have kept their promise.

rates = ["lipschitz", "exact", "silver", "barzilai-borwein", "chebyshev", "auto"]
fits = {}
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)
    for rate in rates:
        reg = GradientDescentRegressor(rate, fit_intercept=False, scale=False, max_iter=1023)
        fits[rate] = reg.fit(X, y)

print(f"{'alpha':<18} {'steps':>5}  {'J - J*, relative':>16}  status")
for rate, reg in fits.items():
    excess = cost(X, y, reg.coef_) / minimum - 1
    print(f"{rate:<18} {reg.n_iter_:5}  {excess:16.1e}  {reg.status_}")

# %%
# Steps of a constant length, and those of exact line search, lose the same share
# of the distance at every step.  Adaptive steps and Chebyshev's let the cost
# rise on the way and arrive much earlier.  ``"auto"`` takes reciprocals of
# eigenvalues from step 16 + 2 n of n parameters on, here 56.

display = LossCurveDisplay.from_estimators(fits, minimum=minimum)
display.ax_.set(ylim=(1e-10, 10), title=f"Condition number {condition:,.0f}")

# %%
# The first learning rates of some of them, as multiples of 1/L.  L is 1 here.

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for rate, colour in {"exact": "#E69F00", "silver": "#009E73", "auto": "#000000"}.items():
    ax.plot(fits[rate].alpha_history_[:64], ".-", color=colour, label=rate, linewidth=0.8)
ax.axhline(2.0, color="0.4", linestyle=":", label="2/L")
ax.set(xlabel="step", ylabel="alpha · L", yscale="log", title="The learning rates themselves")
ax.legend()

plt.show()
