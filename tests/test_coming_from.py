"""What the guide tells those who come from other libraries: its table of losses, its words, its
PyTorch loop, and the lines that a course's lab prints."""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LinearRegression, Ridge, SGDRegressor
from sklearn.neural_network import MLPRegressor

from sklearn_gd import GradientDescentRegressor, gradient

PAGE = Path(__file__).parent.parent / "docs" / "guide" / "coming_from.rst"
rng = np.random.default_rng(0)
Z = rng.normal(size=(60, 10))
Y = Z @ rng.normal(size=10) + 3 + rng.normal(size=60)
FACTORS = {"half the mean": 1, "the mean": 2, "half the sum": len(Z), "the sum": 2 * len(Z)}
# What iterates of one update rule may differ by: rounding, in another order, over 50 steps.
SAME = {"rtol": 1e-9, "atol": 1e-11}


def section(name):
    """The text of a section of the page, from its heading to the next one."""
    text = PAGE.read_text(encoding="utf-8")
    return re.split(r"\n[^\n]+\n-{3,}\n", text.split(f"\n{name}\n---", 1)[1], maxsplit=1)[0]


@pytest.mark.parametrize("loss", FACTORS)
def test_the_table_of_losses(loss):
    """c J + lambda/2 |w|^2 by the chain rule, with steps that are 1/c as long."""
    c, lr, penalty = FACTORS[loss], 0.1 / FACTORS[loss], 0.3 * FACTORS[loss]
    assert f"   * - {loss}, " in section("Which loss?")
    w, b = np.zeros(10), 0.0
    for _ in range(50):
        residual = Z @ w + b - Y
        slope = c * Z.T @ residual / len(Z) + penalty * w
        w, b = w - lr * slope, b - lr * c * residual.mean()
    reg = GradientDescentRegressor(c * lr, l2_regularization=penalty / c, max_iter=50, tol=0)
    reg.fit(Z, Y)
    assert_allclose(reg.coef_, w, **SAME)
    assert_allclose(reg.intercept_, b, **SAME)


@pytest.mark.parametrize("theirs", [SGDRegressor, LinearRegression, Ridge, MLPRegressor])
def test_every_parameter_is_named(theirs):
    named = set(re.findall(r"``.*?``", section(theirs.__name__)))
    words = set(re.findall(r"\w+", " ".join(named)))
    assert set(inspect.signature(theirs).parameters) <= words


def test_the_pytorch_loop():
    """As it stands on the page, with what it asserts."""
    pytest.importorskip("torch")
    (code,) = re.findall(
        r"\.\. code-block:: python\n\n(.*?)\n\n(?=\S)", section("PyTorch and Keras"), re.DOTALL
    )
    assert code.count("assert ") == 2
    names = {"np": np, "GradientDescentRegressor": GradientDescentRegressor, "Z": Z, "y": Y}
    exec(inspect.cleandoc("\n" + code), names)


@pytest.mark.parametrize(("reduction", "c"), [("mean", 2), ("sum", 2 * len(Z))])
def test_weight_decay_of_pytorch(reduction, c):
    torch = pytest.importorskip("torch")
    lr, decay = 0.1 / c, 0.3 * c
    model = torch.nn.Linear(10, 1, dtype=torch.float64)
    groups = [{"params": [model.weight], "weight_decay": decay}, {"params": [model.bias]}]
    optimizer, loss = torch.optim.SGD(groups, lr=lr), torch.nn.MSELoss(reduction=reduction)
    start = {
        "coef_init": model.weight.detach().numpy()[0].copy(),
        "intercept_init": model.bias.item(),
    }
    for _ in range(50):
        optimizer.zero_grad()
        loss(model(torch.tensor(Z)), torch.tensor(Y)[:, None]).backward()
        optimizer.step()
    reg = GradientDescentRegressor(c * lr, l2_regularization=decay / c, max_iter=50, tol=0)
    reg.fit(Z, Y, **start)
    assert_allclose(reg.coef_, model.weight.detach().numpy()[0], **SAME)
    assert_allclose(reg.intercept_, model.bias.item(), **SAME)


# Iteration, cost, dJ/dw, dJ/db, w, b as the optional lab "Gradient Descent for Linear Regression"
# (Machine Learning Specialization, course 1, week 1) prints them.
LAB = """
   0 7.93e+04 -6.500e+02 -4.000e+02 6.500e+00 4.00000e+00
1000 3.41e+00 -3.712e-01 6.007e-01 1.949e+02 1.08228e+02
2000 7.93e-01 -1.789e-01 2.895e-01 1.975e+02 1.03966e+02
3000 1.84e-01 -8.625e-02 1.396e-01 1.988e+02 1.01912e+02
4000 4.28e-02 -4.158e-02 6.727e-02 1.994e+02 1.00922e+02
5000 9.95e-03 -2.004e-02 3.243e-02 1.997e+02 1.00444e+02
6000 2.31e-03 -9.660e-03 1.563e-02 1.999e+02 1.00214e+02
7000 5.37e-04 -4.657e-03 7.535e-03 1.999e+02 1.00103e+02
8000 1.25e-04 -2.245e-03 3.632e-03 2.000e+02 1.00050e+02
9000 2.90e-05 -1.082e-03 1.751e-03 2.000e+02 1.00024e+02
"""


def test_the_lines_of_the_lab():
    X, y = np.array([[1.0], [2.0]]), np.array([300.0, 500.0])
    reg = GradientDescentRegressor(0.01, max_iter=10_000, tol=0, store_path=True).fit(X, y)
    w, b = reg.coef_path_[:, 0], reg.intercept_path_
    for line in LAB.split("\n")[1:-1]:
        k = int(line.split()[0])
        (dw,), db = gradient(X, y, w[[k]], b[k])
        now = f"{reg.loss_history_[k + 1]:.2e} {dw:.3e} {db:.3e} {w[k + 1]:.3e} {b[k + 1]:.5e}"
        assert f"{k:4} {now}" == line
