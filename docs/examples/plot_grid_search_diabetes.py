"""
Search for a learning rate on the diabetes data
===============================================

The unscaled diabetes data (age in years, blood pressure, six blood sera) has
features of very different sizes.  With standardised features (``scale=True``), a
grid search looks for the constant learning rate that predicts best after 200 steps.
The winner, and the default estimator, which needs no search, are compared with a
direct least-squares solution.
"""

import warnings
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from sklearn_gd import GradientDescentRegressor, LossCurveDisplay, cost, max_stable_alpha

X, y = load_diabetes(return_X_y=True, scaled=False)
print(f"diabetes, unscaled: {X.shape[0]} rows, {X.shape[1]} features")
print(f"standard deviations from {X.std(axis=0).min():.2g} to {X.std(axis=0).max():.2g}\n")

# %%
# The search
# ----------
# Learning rates above 2/L diverge.  Such a fit returns its best parameters and warns,
# so that the search can go on; the warnings are expected here.

alphas = np.logspace(-4, 1, 11)
descent = GradientDescentRegressor(scale=True, max_iter=200)
search = GridSearchCV(descent, {"alpha": alphas}, error_score="raise")
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)
    search.fit(X, y)
    fits = {
        f"alpha = {alpha:.2g}": clone(descent).set_params(alpha=alpha, tol=0).fit(X, y)
        for alpha in alphas
    }

limit = max_stable_alpha(X, scale=True)
print(f"2/L, the largest stable alpha along standardised features: {limit:.4f}\n")
print(f"{'':<16}  {'mean test R2':>12}  {'last J':>11}  status")
scores = search.cv_results_["mean_test_score"]
for (name, reg), score in zip(fits.items(), scores, strict=True):
    mark = "  <- best" if score == search.best_score_ else ""
    print(f"{name:<16}  {score:12.4f}  {reg.loss_history_[-1]:11.6g}  {reg.status_}{mark}")

# %%
# Against the direct solution
# ---------------------------

A = np.column_stack([X, np.ones(len(y))])
direct = np.linalg.lstsq(A, y, rcond=None)[0]
minimum = cost(X, y, direct[:-1], direct[-1])
default = GradientDescentRegressor().fit(X, y)

print(f"\n{'':<22} {'steps':>6} {'J':>12} {'J - J*':>9} {'R2':>10}")
for name, predictions, steps in (
    ("direct least squares", A @ direct, ""),
    ("grid search's winner", search.predict(X), search.best_estimator_.n_iter_),
    ("default estimator", default.predict(X), default.n_iter_),
):
    loss = np.mean((predictions - y) ** 2) / 2
    suboptimality, r2 = loss - minimum, 1 - 2 * loss / np.var(y)
    print(f"{name:<22} {steps:>6} {loss:12.5f} {suboptimality:9.1e} {r2:10.7f}")

# %%
# The loss curves
# ---------------
# The numbers are learning rates; the curves of those above 2/L leave the picture at the top.

display = LossCurveDisplay.from_estimators({**fits, 'alpha = "auto"': default}, xscale="log")
ax, figure = display.ax_, display.figure_
display.line_[-1].set(color="black", linewidth=2)
ax.text(0.2, 1600, 'alpha = "auto"')
ax.axhline(minimum, color="0.5", linewidth=1, linestyle=":")
ax.text(200, 0.99 * minimum, "least squares", ha="right", va="top")
ax.text(0.25, 3100, ", ".join(f"{alpha:.2g}" for alpha in alphas[alphas > limit]))
box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
for alpha, reg in zip(alphas[alphas < limit], fits.values(), strict=False):
    losses = reg.loss_history_
    # Where the curve is halfway down, or at its end.
    step = np.interp(-np.log(2200), -np.log(losses), np.arange(len(losses)))
    ax.text(step, max(2200, losses[-1]), f"{alpha:.2g}", ha="center", va="center", bbox=box)
ax.set_title("Loss on the diabetes data, along standardised features")
figure.set_size_inches(9, 4.5)
ax.legend().remove()
path = Path("demo_loss_curves.png")
figure.savefig(path, dpi=150)
print(f"\nloss curves saved to {path}")
