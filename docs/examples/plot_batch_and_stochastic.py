"""
Batch descent and SGDRegressor
==============================

`SGDRegressor` moves after every row, in random order; batch descent moves once
it has seen all rows.  After a few reads of the data stochastic descent is near the
minimum.  Then it wanders around the minimum if its steps stay as long, and hardly
moves if they shrink; batch descent reaches the minimum.
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
# `SGDRegressor` does not record its losses, so each call of ``partial_fit`` reads the
# data once, and the cost is computed after it.  Its penalty is switched off, so that
# both minimise the same cost.

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
# A matrix-free step of batch descent (``precompute=False``) reads the data once, so
# the axis means the same for both.  X is already standardised; with ``scale=False``
# the default learning rate starts at zero as the others do.

batch = GradientDescentRegressor(scale=False, max_iter=n_reads, precompute=False).fit(X, y)
constant = GradientDescentRegressor("lipschitz", max_iter=n_reads, tol=0, precompute=False)
constant.fit(X, y)

curves |= {"batch, alpha = 1/L": constant.loss_history_}
curves |= {'batch, alpha = "auto"': batch.loss_history_}
display = LossCurveDisplay(list(curves.values()), names=list(curves)).plot(minimum=minimum)
ax = display.ax_
ax.set(xlabel="reads of the data", title="Standardised diabetes data")
ax.legend().remove()
places = [(45, 5e3), (120, 1e3), (70, 0.3), (130, 0.3), (60, 1e-7)]
pointed_at = [(58, 60), (140, 60), (75, 7), (150, 6), (44, 1e-7)]
for line, place, point in zip(display.line_, places, pointed_at, strict=True):
    arrow = {"arrowstyle": "-", "color": line.get_color()}
    ax.annotate(line.get_label(), point, place, va="center", arrowprops=arrow)

# %%
# Where they end
# --------------
# The coefficients of stochastic descent depend on the seed and on the order of
# the rows; those of batch descent do not.

print(f"{'':<28} {'J - J*':>10}")
for name, losses in curves.items():
    print(f"{name:<28} {losses[-1] - minimum:10.1e}")

# %%
# With very many rows there may be time for only a few reads; then, and for other
# losses and for penalties, `SGDRegressor` is the right choice.

plt.show()
