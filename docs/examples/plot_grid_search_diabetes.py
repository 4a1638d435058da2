"""
Search for a learning rate on the diabetes data
===============================================

The diabetes data as it was measured (age in years, blood pressure, six blood
sera) has features of very different sizes.  In a pipeline that scales them, a
grid search looks for the constant learning rate that predicts best after 200
steps.  The winner and the default estimator, which needs neither a search nor
scaled features, are compared with a direct least-squares solution.
"""

import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from scipy.linalg import lstsq
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gd import GradientDescentRegressor, cost, max_stable_alpha

X, y = load_diabetes(return_X_y=True, scaled=False)
print(f"diabetes, unscaled: {X.shape[0]} rows, {X.shape[1]} features")
print(f"standard deviations from {X.std(axis=0).min():.2g} to {X.std(axis=0).max():.2g}\n")

# %%
# The search
# ----------
# Learning rates above 2/L diverge.  Such a fit keeps its best parameters and
# warns, so that the search can go on; the warnings are expected here.

alphas = np.logspace(-4, 1, 11)
search = GridSearchCV(
    make_pipeline(StandardScaler(), GradientDescentRegressor(max_iter=200)),
    {"gradientdescentregressor__alpha": alphas},
    error_score="raise",
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)
    search.fit(X, y)
    fits = {
        alpha: GradientDescentRegressor(alpha, max_iter=200, tol=0).fit(
            StandardScaler().fit_transform(X), y
        )
        for alpha in alphas
    }
scores = search.cv_results_["mean_test_score"]
limit = max_stable_alpha(StandardScaler().fit_transform(X))
print(f"2/L, the largest stable alpha after scaling: {limit:.4f}\n")
print(f"{'alpha':>9}  {'mean test R2':>12}  {'steps':>5}  {'last J':>11}  status")
for alpha, score in zip(alphas, scores, strict=True):
    fit = fits[alpha]
    mark = "  <- best" if alpha == search.best_params_["gradientdescentregressor__alpha"] else ""
    last = f"{fit.n_iter_:5}  {fit.loss_history_[-1]:11.6g}"
    print(f"{alpha:9.2g}  {score:12.4f}  {last}  {fit.status_}{mark}")

# %%
# Against the direct solution
# ---------------------------

A = np.column_stack([X, np.ones(len(y))])
direct = lstsq(A, y)[0]
minimum = cost(X, y, direct[:-1], direct[-1])
total = np.var(y) / 2
default = GradientDescentRegressor().fit(X, y)
scaled = make_pipeline(StandardScaler(), GradientDescentRegressor()).fit(X, y)


def row(name, predictions, steps):
    loss = np.mean((predictions - y) ** 2) / 2
    print(f"{name:<34} {steps:>6} {loss:12.5f} {loss - minimum:11.1e} {1 - loss / total:10.7f}")


print(f"\n{'':<34} {'steps':>6} {'J':>12} {'J - J*':>11} {'R2':>10}")
row("direct (scipy.linalg.lstsq)", A @ direct, "")
row("grid search's winner, scaled", search.predict(X), search.best_estimator_[-1].n_iter_)
row("default estimator, scaled", scaled.predict(X), scaled[-1].n_iter_)
row("default estimator, unscaled", default.predict(X), default.n_iter_)

# %%
# The loss curves
# ---------------
# The adaptive learning rate may raise the loss for a step, and comes back.

figure, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
descending = [alpha for alpha in alphas if fits[alpha].status_ != "diverged"]
shades = plt.get_cmap("viridis")(np.linspace(0, 0.85, len(descending)))
colours = dict(zip(descending, shades, strict=True))
for alpha, fit in fits.items():
    steps = np.arange(len(fit.loss_history_)) + 1
    if alpha in colours:
        ax.plot(steps, fit.loss_history_, color=colours[alpha], label=f"alpha = {alpha:.2g}")
    else:
        ax.plot(steps, fit.loss_history_, "--", color="tab:red", linewidth=1)
ax.plot([], [], "--", color="tab:red", linewidth=1, label=f"alpha > 2/L = {limit:.3g}")
auto = scaled[-1].loss_history_
ax.plot(np.arange(len(auto)) + 1, auto, color="black", linewidth=2, label='alpha = "auto"')
ax.axhline(minimum, color="0.5", linewidth=1, linestyle=":", label="least squares")
ax.set(xscale="log", yscale="log", xlim=(1, 201), ylim=(0.9 * minimum, 30_000))
ax.set_xticks([1, 2, 6, 11, 21, 51, 101, 201], [0, 1, 5, 10, 20, 50, 100, 200])
ax.set_yticks([1500, 2000, 5000, 10_000, 20_000], ["1,500", "2,000", "5,000", "10,000", "20,000"])
ax.minorticks_off()
ax.set(xlabel="step", ylabel="J, half the mean squared error")
ax.set_title("Loss on the standardised diabetes data")
figure.legend(*ax.get_legend_handles_labels(), loc="outside right upper", fontsize="small")
path = Path("demo_loss_curves.png")
figure.savefig(path, dpi=150)
print(f"\nloss curves saved to {path.resolve()}")
