"""
Early stopping beside ridge regression
======================================

Stopping gradient descent early shrinks the coefficients much as ridge regression
does: after k steps with the learning rate alpha, the time t = k alpha corresponds
to the penalty 1 / t (``l2_regularization``; in `RidgeCV` m / t, with m rows).  Here both
are chosen by cross-validation on the diabetes data with all squares and products of its
ten features, where the least-squares solution fits the noise.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.linalg import lstsq
from sklearn.datasets import load_diabetes
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from sklearn_gd import (
    CoefficientPathDisplay,
    GradientDescentRegressor,
    GradientDescentRegressorCV,
    MSEPathDisplay,
    gradient_descent_path,
    max_stable_alpha,
)

X, y = load_diabetes(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, random_state=0)
features = make_pipeline(
    StandardScaler(), PolynomialFeatures(include_bias=False), StandardScaler()
).fit(X_train)
X_train, X_test = features.transform(X_train), features.transform(X_test)
# Ridge regression does not shrink the intercept.  A descent with given learning rates
# does not standardise, and learns the intercept from zero like all other parameters.
# With centred features and target there is no intercept to learn.
mean = y_train.mean()
y_train, y_test = y_train - mean, y_test - mean
m, n = X_train.shape
print(f"{m} rows, {n} features")

# %%
# Two searches
# ------------
# The grid of learning rates goes from short steps to just below 2/L.  Each is tried
# with every number of steps up to 2000.

L = 2.0 / max_stable_alpha(X_train, fit_intercept=False)
early = GradientDescentRegressorCV(
    np.geomspace(0.01, 1.8, 12) / L, max_iter=2000, fit_intercept=False
).fit(X_train, y_train)
ridge = RidgeCV(np.geomspace(1e-2, 1e4, 100), fit_intercept=False).fit(X_train, y_train)
solution = lstsq(X_train, y_train)[0]

print(f"early stopping: alpha L = {early.alpha_ * L:.3g}, {early.n_iter_} steps,")
print(f"    which stand for the penalty {m / (early.alpha_ * early.n_iter_):.0f}")
print(f"ridge: penalty {ridge.alpha_:.0f}")
errors = {
    "early stopping": mean_squared_error(y_test, early.predict(X_test)),
    "ridge": mean_squared_error(y_test, ridge.predict(X_test)),
    "least squares": mean_squared_error(y_test, X_test @ solution),
}
for name, error in errors.items():
    print(f"mean squared error on new rows, {name}: {error:.0f}")

MSEPathDisplay.from_estimator(early)

# %%
# Every learning rate reaches about the same lowest error, the smaller ones after more
# steps: what counts is the time, steps times alpha.

# %%
# Two paths
# ---------
# The coefficients against time, and those of ridge regression against 1/l2, the inverse of
# the penalty (dotted): not equal, but close all the way.

alpha = 0.01 / L
steps = np.unique(np.geomspace(1, 10**6, 200).astype(int))
times = alpha * steps
coefs, _ = gradient_descent_path(
    X_train, y_train, alpha=alpha, max_iter=steps, fit_intercept=False
)
penalties = np.geomspace(1.0 / times[-1], 1.0 / times[0], 40)
ridge_coefs = np.array(
    [
        GradientDescentRegressor(l2_regularization=l2, fit_intercept=False)
        .fit(X_train, y_train)
        .coef_
        for l2 in penalties
    ]
).T

shown = [2, 8, 3, 1]  # bmi, s5, bp and sex
names = np.array(features.get_feature_names_out(load_diabetes().feature_names))[shown]
display = CoefficientPathDisplay(times, coefs[shown], names=list(names)).plot()
for line, values_of_ridge in zip(display.lines_, ridge_coefs[shown], strict=True):
    display.ax_.plot(1.0 / penalties, values_of_ridge, ":", color=line.get_color())
display.ax_.set_title("dotted: ridge regression, against 1/l2")

# %%
# The bound
# ---------
# Ali, Kolter and Tibshirani (2019) prove: at matched penalties and for infinitely
# short steps, the risk of early stopping, E \|w - w_true\|^2, is at most 1.69 times
# that of ridge regression, whatever the true coefficients and the noise are; with
# alpha L = 0.01 it is at most 1.70 times.  Along each eigenvector of H a method learns
# some share of the solution.  Its squared bias is (1 - share)^2 and its variance
# share^2, each times a factor that depends only on the data.  So the larger of the two
# ratios, over all directions, bounds the ratio of the risks.

values, basis = np.linalg.eigh(X_train.T @ X_train / m)
ridge_shares = values[:, None] / (values[:, None] + 1.0 / times)
learned = (basis.T @ coefs) / (basis.T @ solution)[:, None]
variance_ratio = (learned / ridge_shares) ** 2
# Once the solution is reached, the rest is rounding.
bias_ratio = np.where(learned < 1 - 1e-6, ((1 - learned) / (1 - ridge_shares)) ** 2, 0.0)
bound = np.maximum(variance_ratio, bias_ratio).max(axis=0)
assert bound.max() <= 1.70
print(f"largest ratio of the risks that is possible on this data: {bound.max():.3f}")

figure, ax = plt.subplots(layout="constrained")
ax.semilogx(times, bound, color="#0072B2")
ax.text(times[-1], 1.64, "largest possible on this data", color="#0072B2", ha="right")
noise = np.sum((y_train - X_train @ solution) ** 2) / (m - n)
truths = {"what ridge has found": ridge.coef_, "zero": np.zeros(n)}
places = (1.8, 0.93), (0.5, 1.53)
for (name, w_true), style, place in zip(truths.items(), ("k--", "k:"), places, strict=True):
    risks = [
        (basis.T @ w_true) ** 2 @ (1 - share) ** 2 + noise / (m * values) @ share**2
        for share in (learned, ridge_shares)
    ]
    ax.semilogx(times, risks[0] / risks[1], style)
    ax.text(*place, f"if the truth is {name}")
ax.axhline(1.70, color="#D55E00")
ax.text(times[0], 1.71, "the theory's bound", color="#D55E00")
ax.set(xlabel="time, steps times alpha", ylabel="risk over that of ridge regression")
plt.show()
