"""What users write, and the types they get; tests/checkers.py shows it to type checkers.

It runs as well, in test_types.py.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, assert_type

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline

from sklearn_gd import (
    CoefficientPathDisplay,
    DescentLaboratory,
    DescentPathDisplay,
    GradientDescentRegressor,
    GradientDescentRegressorCV,
    LossCurveDisplay,
    MSEPathDisplay,
    cost,
    directional_derivative,
    gradient,
    gradient_descent_path,
    max_stable_alpha,
)
from sklearn_gd.learning_rates import Constant, LearningRate, Problem, RateState
from sklearn_gd.learning_rates.protocol import Line

if TYPE_CHECKING:
    # What is not there is an error, though names are imported when asked for: or mypy would
    # call the comment unused.
    from sklearn_gd import GradientDescent  # type: ignore[attr-defined]  # noqa: F401

Floats = NDArray[np.floating[Any]]
Float64s = NDArray[np.float64]

X = np.arange(12.0).reshape(6, 2) % 5
y = X @ [1.0, 2.0] + 3.0


@dataclass(frozen=True)
class Derived(LearningRate):
    """With the defaults of the protocol."""

    def start(self, problem: Problem) -> RateState:
        return Steps(1.0 / problem.largest_eigenvalue)


@dataclass
class Steps(RateState):
    alpha: float

    def __call__(self, k: int, line: Line) -> float:
        return min(self.alpha, line.minimum)


class Own:
    """Declares every member, and its state is a plain function."""

    kind = "adaptive"
    needs_spectrum = False
    projects = False

    def start(self, problem):
        return lambda k, line: line.minimum


reg = GradientDescentRegressor(alpha=0.1, max_iter=30, tol=None, store_path=True)
assert_type(reg, GradientDescentRegressor)
assert_type(reg.fit(X, y), GradientDescentRegressor)
assert_type(reg.coef_, Floats)
assert_type(reg.loss_history_, Float64s)
assert_type(reg.coef_path_, Float64s)
assert_type(reg.n_iter_, int)
assert_type(reg.feature_mean_, Float64s | None)
assert_type(reg.status_, Literal["converged", "early_stopped", "stopped", "max_iter", "diverged"])
assert_type(reg.predict(X), Floats)
assert_type(reg.predict(X.tolist()), Floats)
assert_type(reg.score(X, y), float)
intercept: float = reg.intercept_
print(reg.coef_ @ X[0] + intercept, reg.loss_history_[reg.best_iter_], reg.get_params())

two = GradientDescentRegressor().fit(
    X.tolist(), np.column_stack([y, -y]), sample_weight=np.ones(6)
)
print(two.intercept_[1], two.best_iter_.max())
held_out = GradientDescentRegressor(early_stopping=True, random_state=np.random.RandomState(0))
print(held_out.fit(X, y, X_val=X, y_val=y).validation_loss_history_.min())
assert_type(GradientDescentRegressor().partial_fit(X, y), GradientDescentRegressor)

for alpha in ["auto", "lipschitz"]:
    GradientDescentRegressor(alpha).fit(X, y, coef_init=[0.0, 0.0], intercept_init=0.0)
for rate in (Derived(), Constant(0.01), Own()):
    GradientDescentRegressor(rate, max_iter=1, tol=0).fit(X, y)
GradientDescentRegressor(lambda k: 0.01 / (k + 1), max_iter=1, tol=0).fit(X, y)

chosen = GradientDescentRegressorCV(np.logspace(-3, -2, 3), cv=KFold(3), max_iter=10)
assert_type(chosen.fit(X, y), GradientDescentRegressorCV)
assert_type(chosen.alpha_, float)
assert_type(chosen.predict(X), Floats)
GradientDescentRegressorCV(2, cv=[(np.arange(4), np.arange(4, 6))], max_iter=10).fit(X, y)

assert_type(gradient(X, y, [1.0, 2.0])[0], Float64s)
assert_type(directional_derivative(X, y, [1.0, 2.0], 0.0, reg.coef_), float)
coefs, intercepts = gradient_descent_path(X, y, alpha=0.01, max_iter=range(3))
assert_type(coefs, Float64s)
print(cost(X, y, reg.coef_, reg.intercept_) < 1.0, 0.9 * max_stable_alpha(X, scale=True))

loss_curve = LossCurveDisplay.from_estimators({"one": reg, "other": chosen})
print([line.get_label() for line in loss_curve.line_])
assert_type(LossCurveDisplay([[2.0, 1.0], np.ones(3)]).plot(yscale="linear"), LossCurveDisplay)
descent = DescentPathDisplay.from_estimator(make_pipeline(reg), X, y, parameters=[0, "intercept"])
print(descent.plot(kind="surface").figure_.get_figwidth(), descent.line_.get_color())
print(descent.animate(interval=50, most_frames=10).event_source)
laboratory = DescentLaboratory.from_data(X, y, alpha=0.01, max_iter=3, tol=0)
assert_type(laboratory, DescentLaboratory)
assert_type(laboratory.to_html(), str)
print(DescentLaboratory.from_estimator(chosen, X, y, parameters=("intercept", 1)))
MSEPathDisplay.from_estimator(chosen, spread=None).ax_.set_title("held-out error")
CoefficientPathDisplay(range(3), coefs, names=np.array(["a", "b"])).plot(line_kw={"alpha": 0.5})
