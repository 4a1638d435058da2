"""
What is a mixture made of?
==========================

A stack of scanned digits was averaged to a single grey picture.  Which digits were in the
stack, and how many of each?  The picture is nearly a sum of the ten digits' mean
pictures, each times its share in the stack.  Shares are never negative, and
``positive=True`` says so.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from sklearn_gd import GradientDescentRegressor

images, digits = load_digits(return_X_y=True)
rng = np.random.default_rng(0)
order = rng.permutation(len(images))
known, others = order[:900], order[900:]

# %%
# The mean pictures come from one half of the scans, the stack from the other: 40
# threes, 15 eights and 5 zeros.

means = np.array([images[known][digits[known] == d].mean(axis=0) for d in range(10)])
in_stack = {3: 40, 8: 15, 0: 5}
chosen = [rng.choice(others[digits[others] == d], n, replace=False) for d, n in in_stack.items()]
stack = images[np.concatenate(chosen)].mean(axis=0)
true_shares = np.array([in_stack.get(d, 0) / 60 for d in range(10)])

# %%
# Each pixel is a row, and each digit a feature.  A blank picture has no grey, so there is
# no intercept.

free = GradientDescentRegressor(fit_intercept=False).fit(means.T, stack)
mixed = GradientDescentRegressor(positive=True, fit_intercept=False).fit(means.T, stack)

print("digit   in the stack    free   positive")
for d in range(10):
    print(f"{d:5d} {true_shares[d]:14.3f} {free.coef_[d]:7.3f} {mixed.coef_[d]:10.3f}")
error = {
    name: np.abs(reg.coef_ - true_shares).sum()
    for name, reg in (("free", free), ("positive", mixed))
}
print(f"sum of all errors: free {error['free']:.2f}, positive {error['positive']:.2f}")

# %%
# Without bounds some digits have a negative share, which others make up for.  With them
# six of the seven digits that were not there are at exactly 0, and the sum of all errors
# is less than half as large.

figure, (picture, ax) = plt.subplots(
    1, 2, figsize=(9, 3.5), width_ratios=[1, 2], layout="constrained"
)
picture.imshow(stack.reshape(8, 8), cmap="gray_r")
picture.set(title="the stack", xticks=[], yticks=[])
positions = np.arange(10)
ax.bar(positions - 0.27, true_shares, 0.25, label="in the stack", color="0.3")
ax.bar(positions, free.coef_, 0.25, label="free", color="#E69F00")
ax.bar(positions + 0.27, mixed.coef_, 0.25, label="positive", color="#0072B2")
ax.axhline(0.0, color="black", linewidth=0.8)
ax.set(xlabel="digit", ylabel="share", xticks=positions)
ax.legend()
plt.show()
