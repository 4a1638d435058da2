"""
A raw table, as it comes
========================

Real tables have columns of very different sizes, numbers far from zero, and columns
that depend on each other.  Here we add such columns to the diabetes data and fit it
unprepared: nothing is scaled, and no column is left out.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.linalg import lstsq
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression

from sklearn_gd import GradientDescentRegressor, LossCurveDisplay

# %%
# The table
# ---------
# The ten features as measured, and invented ones that have nothing to do with the
# target: the number of the patient; admission and discharge in seconds since 1970, as
# computers keep time, and the length of the stay between them; and one of four
# clinics, with a column for each, none left out.  Times and clinics are drawn at
# random.

measured, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
n_rows = len(y)


def table(seed):
    rng = np.random.default_rng(seed)
    admitted = 1_700_000_000 + rng.integers(0, 365 * 24 * 3600, n_rows)
    stay = rng.integers(3600, 30 * 24 * 3600, n_rows)
    clinic = pd.Series(rng.choice(list("ABCD"), n_rows), name="clinic")
    return measured.assign(
        patient=1_000_000 + np.arange(n_rows),
        admitted=admitted,
        discharged=admitted + stay,
        stay=stay,
    ).join(pd.get_dummies(clinic, prefix="clinic", dtype=float))


X = table(0)
print(X.describe().loc[["mean", "std"]].T.map("{:,.2f}".format).to_string())

# %%
# Two sets of columns depend on each other: the discharge is the admission plus the
# stay, and the columns of the clinics add up to the intercept's column of ones.  So
# the coefficients are not unique, but the predictions and R2 are.

# %%
# The same answer from all?
# -------------------------
# The reference is a direct solution on standardised columns that ignores singular
# values below 1e-12 of the largest.  There are 20 tables, with times and clinics drawn
# anew for each.


def best_r2(X):
    Z = X.to_numpy(dtype=float)
    Z = (Z - Z.mean(axis=0)) / Z.std(axis=0)
    centred = y - y.mean()
    residual = centred - Z @ lstsq(Z, centred, cond=1e-12)[0]
    return 1.0 - residual @ residual / (centred @ centred)


models = {
    "LinearRegression()": LinearRegression(),
    "LinearRegression(tol=0)": LinearRegression(tol=0),
    "GradientDescentRegressor(scale=False)": GradientDescentRegressor(scale=False),
    "GradientDescentRegressor()": GradientDescentRegressor(),
}
tables = [table(seed) for seed in range(20)]
best = [best_r2(X) for X in tables]
r2: dict[str, list[float]] = {name: [] for name in models}
warned: dict[str, list[bool]] = {name: [] for name in models}
for name, model in models.items():
    for X in tables:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            r2[name].append(model.fit(X, y).score(X, y))
        warned[name].append(any(w.category is ConvergenceWarning for w in caught))

print(f"{'R2':<38} {'lowest':>9} {'highest':>9}  right  warned")
print(f"{'lstsq on standardised columns':<38} {min(best):9.6f} {max(best):9.6f}")
off = {name: np.abs(np.subtract(r2[name], best)) for name in models}
for name, found in r2.items():
    right = np.sum(off[name] < 1e-6)
    print(
        f"{name:<38} {min(found):9.6f} {max(found):9.6f}  {right:2} of 20  {sum(warned[name]):2}"
    )
assert (off["GradientDescentRegressor()"] < 1e-6).all()
assert not any(warned["GradientDescentRegressor()"])

# %%
# Since scikit-learn 1.9 `LinearRegression` ignores directions in which the features
# vary less than a millionth of the largest variation; next to times in seconds, that
# is much of what was measured.  With ``tol=0`` it ignores none, not even those in
# which the features do not vary at all.  There it divides rounding by rounding, and
# the result even depends on the processor.  Neither warns.  Gradient descent on the
# unscaled features does not converge in 10,000 steps, and says so; on standardised
# features, the default, it does.  (Distances below 1e-12 are drawn at 1e-12.)

colours = ["#0072B2", "#56B4E9", "#E69F00", "#009E73"]
figure, ax = plt.subplots(figsize=(9, 4.2), layout="constrained")
for row, (name, colour) in enumerate(zip(models, colours, strict=True)):
    height = row + np.linspace(-0.22, 0.22, 20)
    face = "white" if any(warned[name]) else colour
    shown = np.maximum(off[name], 1e-12)
    ax.plot(shown, height, "o", color=colour, markerfacecolor=face, markersize=6)
    right = np.sum(off[name] < 1e-6)
    text = f"{right} of 20 right" + (", warns" if any(warned[name]) else "")
    ax.text(3, row, text, va="center")
ax.axvline(1e-6, color="0.5", linestyle=":")
ax.text(1.4e-6, len(models) - 0.5, "wrong", color="0.35", va="bottom")
ax.text(0.7e-6, len(models) - 0.5, "right", color="0.35", va="bottom", ha="right")
ax.set(xscale="log", xlim=(5e-13, 2), ylim=(-0.5, len(models) - 0.1))
ax.set_yticks(range(len(models)), models)
ax.set_xlabel("distance of R2 from that of the best linear model")
ax.set_title("20 raw tables: who finds the solution?")
ax.spines[["top", "right"]].set_visible(False)

# %%
# The descent itself
# ------------------
# The warning gives the condition numbers and names the columns that depend on others.

X = tables[0]
fits = {}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for scale in (False, True):
        fits[f"scale={scale}"] = GradientDescentRegressor(scale=scale).fit(X, y)
print(caught[0].message)

minimum = (1.0 - best[0]) * np.var(y) / 2
display = LossCurveDisplay.from_estimators(fits, minimum=minimum, xscale="log")
ax = display.ax_
ax.legend().remove()
ax.set_title('alpha="auto" on the first of the tables')
raw, scaled = display.line_
raw.set(color="#E69F00", linewidth=1)
scaled.set(color="#009E73", linewidth=2)
ax.text(0.2, 1e8, "scale=False does not arrive", color="#A06A00")
n_iter = fits["scale=True"].n_iter_
ax.text(1.4 * n_iter, 1e-7, f"scale=True: {n_iter} steps", color="#009E73")

plt.show()
