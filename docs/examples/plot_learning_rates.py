"""
The learning rates raced
========================

All learning rates make the same update, theta - alpha_k * gradient, but with
different alpha_k.  On an ill-conditioned problem the differences are large.
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
# None of them standardises the features: with ``scale=True`` the condition number
# would not be the one above.  Those that do not converge within 1,023 steps warn,
# which is expected here.  The bound for the silver steps holds after 2^j - 1 steps;
# 1,023 is such a number.

rates = ["lipschitz", "exact", "silver", "barzilai-borwein", "chebyshev", "auto"]
fits = {}
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)
    for rate in rates:
        reg = GradientDescentRegressor(rate, fit_intercept=False, scale=False, max_iter=1023)
        fits[rate] = reg.fit(X, y)

print(f"{'alpha':<18} {'steps':>5}  {'J - J*, relative':>16}  status")
for rate, reg in fits.items():
    above = cost(X, y, reg.coef_) / minimum - 1
    print(f"{rate:<18} {reg.n_iter_:5}  {above:16.1e}  {reg.status_}")

# %%
# With a constant learning rate or exact line search every step soon removes the same
# share of the suboptimality.  With adaptive and Chebyshev steps the cost rises on the
# way but converges much sooner.  With n parameters ``"auto"`` uses reciprocals of
# eigenvalues from step 16 + 2 n on, here 56.

display = LossCurveDisplay.from_estimators(fits, minimum=minimum)
ax = display.ax_
ax.set(xlim=(-60, 1060), ylim=(1e-10, 10), title=f"Condition number {condition:,.0f}")
ax.legend().remove()
places = [(600, 5e-3), (600, 2e-5), (700, 1e-6), (300, 1e-8), (300, 1e-9), (-50, 1e-9)]
pointed_at = [(700, 1e-3), (550, 3e-4), (650, 3e-8), (190, 1e-8), (238, 1e-9), (75, 1e-9)]
for line, place, point in zip(display.line_, places, pointed_at, strict=True):
    arrow = {"arrowstyle": "-", "color": line.get_color()}
    ax.annotate(line.get_label(), point, place, va="center", arrowprops=arrow)

# %%
# The first learning rates of three of them, as multiples of 1/L (here L = 1).

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for rate, colour in {"exact": "#E69F00", "silver": "#009E73", "auto": "#000000"}.items():
    alphas = fits[rate].alpha_history_[:64]
    ax.plot(alphas, ".-", color=colour, linewidth=0.8)
    ax.text(64.5, alphas[-1], rate, va="top" if rate == "exact" else "bottom")
ax.axhline(2.0, color="0.4", linestyle=":")
ax.text(-5.5, 2.1, "2/L")
ax.set(xlabel="step", ylabel="alpha · L", yscale="log", title="The learning rates themselves")
ax.set_xlim(-6, 71)

plt.show()
