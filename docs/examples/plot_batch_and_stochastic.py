"""
Batch descent and SGDRegressor
==============================

`SGDRegressor` moves after every row, in random order; batch descent moves once
it has seen all rows.  Stochastic descent is near the minimum after a few reads
of the data.  Then it wanders about it if its steps stay as long, and hardly moves
if they shrink; batch descent arrives.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import SGDRegressor
from sklearn.preprocessing import StandardScaler

from sklearn_gd import GradientDescentRegressor, LossCurveDisplay, cost

X, y = load_diabetes(return_X_y=True)
X = StandardScaler().fit_transform(X)
A = np.column_stack([X, np.ones(len(y))])
best = np.linalg.lstsq(A, y, rcond=None)[0]
minimum = cost(X, y, best[:-1], best[-1])

# %%
# The cost after each read of the data
# ------------------------------------
# `SGDRegressor` does not keep its losses, so it is fed one read at a time.
# Its penalty is switched off, so that both minimise the same cost.

n_reads = 200


def stochastic(**settings):
    sgd = SGDRegressor(penalty=None, **settings)
    losses = [cost(X, y, np.zeros(X.shape[1]))]
    for _ in range(n_reads):
        sgd.partial_fit(X, y)
        losses.append(cost(X, y, sgd.coef_, sgd.intercept_[0]))
    return losses


steady = {"learning_rate": "constant", "eta0": 0.01}
curves = {
    "SGD, constant steps, seed 0": stochastic(**steady, random_state=np.random.RandomState(0)),
    "SGD, constant steps, seed 1": stochastic(**steady, random_state=np.random.RandomState(1)),
    "SGD, shrinking steps": stochastic(random_state=np.random.RandomState(0)),
}

# %%
# By passes (``precompute=False``) a step of batch descent is one read, so that
# the axes mean the same for both.  X is standardised already; with
# ``scale=False`` the default learning rate starts at zero as the others do.

batch = GradientDescentRegressor(scale=False, max_iter=n_reads, precompute=False).fit(X, y)
constant = GradientDescentRegressor("lipschitz", max_iter=n_reads, tol=0, precompute=False)
constant.fit(X, y)

curves |= {"batch, alpha = 1/L": constant.loss_history_}
curves |= {'batch, alpha = "auto"': batch.loss_history_}
display = LossCurveDisplay(list(curves.values()), names=list(curves)).plot(minimum=minimum)
display.ax_.set(xlabel="reads of the data", title="Standardised diabetes data")

# %%
# Where they end
# --------------
# The coefficients of stochastic descent depend on the seed and on the order of
# the rows; those of batch descent do not.

print(f"{'':<28} {'J - J*':>10}")
for name, losses in curves.items():
    print(f"{name:<28} {losses[-1] - minimum:10.1e}")

# %%
# With very many rows, a few reads may be all there is time for; then, and for
# other losses and penalties, `SGDRegressor` is the right choice.

plt.show()
