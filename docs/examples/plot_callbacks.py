"""
Watch a fit, and stop it
========================

scikit-learn has callbacks from version 1.9 on; every step of a descent is a task
for them.  They are set on the regressor, also within a pipeline or a search.  Here
one callback monitors a score, and another, our own, ends the descent.
"""

import matplotlib.pyplot as plt
from sklearn.callback import ScoringMonitor
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gd import GradientDescentRegressor

X, y = load_diabetes(return_X_y=True, scaled=False)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

# %%
# Monitor a score
# ---------------
# `ScoringMonitor` scores the model after every step as if the fit had stopped
# there.  `ProgressBar` is set in the same way.

monitor = ScoringMonitor(scoring="r2")
reg = GradientDescentRegressor("lipschitz", max_iter=100, tol=0).set_callbacks(monitor)
make_pipeline(StandardScaler(), reg).fit(X_train, y_train)
scores = [row["r2"] for row in monitor.get_logs().data if row["task_name"] == "step"]
print(
    f"R2 on the training data after 1, 10 and 100 steps: "
    f"{scores[0]:.3f}, {scores[9]:.3f}, {scores[99]:.3f}"
)

# %%
# Stop when enough is enough
# --------------------------
# A callback is an object with four methods.  ``on_fit_task_end`` may ask for the
# current model, and may end the descent by returning True.  Then ``status_`` is
# "stopped", there is no warning, and ``warm_start`` can continue the fit.


class StopAtScore:
    def __init__(self, score, X, y):
        self.score, self.X, self.y = score, X, y

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        return fitted_estimator.score(self.X, self.y) > self.score


scaler = StandardScaler().fit(X_train)
stop = StopAtScore(0.3, scaler.transform(X_test), y_test)
reg = GradientDescentRegressor("lipschitz", max_iter=100, tol=0).set_callbacks(stop)
reg.fit(scaler.transform(X_train), y_train)
print(
    f"{reg.status_} after {reg.n_iter_} steps, "
    f"R2 on the test data {reg.score(scaler.transform(X_test), y_test):.3f}"
)

# %%
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(range(1, 101), scores, color="#0072B2")
ax.axvline(reg.n_iter_, color="#D55E00", linestyle="--")
ax.text(reg.n_iter_ + 1, 0.0, "stopped here")
ax.set(xlabel="step", ylabel="R2 on the training data", title="The score after each step")
ax.set_ylim(bottom=-0.1)

plt.show()
