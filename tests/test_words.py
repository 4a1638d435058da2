"""Parameters of other libraries, and habits: the error says what they are called here."""

import inspect
import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning

from sklearn_gd import (
    GradientDescentRegressor,
    GradientDescentRegressorCV,
    gradient_descent_path,
    max_stable_alpha,
)
from sklearn_gd._words import ABSENT, CALLED

BOTH = [GradientDescentRegressor, GradientDescentRegressorCV]


@pytest.mark.parametrize("estimator", BOTH)
@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("learning_rate", "here it is alpha(s?), the learning rate"),
        ("lr", "here it is alpha"),
        ("eta0", "here it is alpha"),
        ("n_iter", "here it is max_iter, the largest number of steps"),
        ("epochs", "here it is max_iter"),
        ("penalty", "l2_regularization; .*Lasso and ElasticNet"),
        # Of gradient boosting, where it is the L1 penalty: alpha here is another thing.
        ("reg_alpha", "l2_regularization; .*Lasso"),
        ("C", "l2_regularization, which grows with the penalty"),
        ("momentum", "MLPRegressor.*has momentum"),
        ("batch_size", "each step reads all rows; .*SGDRegressor"),
        ("loss", "half the mean squared error; .*HuberRegressor"),
        ("normalize", "here it is scale"),
        ("w_init", "GradientDescentRegressor.fit, as coef_init and intercept_init"),
        ("power_t", "alpha may be a function of the number of the step"),
        ("max_itr", "did you mean 'max_iter'"),
        ("something", "there are alpha.*max_iter"),
    ],
)
def test_words_of_others(estimator, word, said):
    with pytest.raises(
        TypeError, match=f"{estimator.__name__} has no parameter '{word}': .*{said}"
    ):
        estimator(**{word: 1})


@pytest.mark.parametrize("estimator", BOTH)
def test_every_word_has_an_answer_and_none_is_a_parameter(estimator):
    parameters = estimator().get_params()
    for words in [words for _, _, words in CALLED] + list(ABSENT):
        for word in words.split():
            if word not in parameters:
                with pytest.raises(TypeError, match=f"has no parameter '{word}': ..."):
                    estimator(**{word: 1})
    # What is promised exists.
    known = {name for each in BOTH for name in each().get_params()}
    assert {name for name, _, _ in CALLED} <= known


def test_the_search_says_what_the_other_estimator_has():
    """The words for it are all of those that only that one takes."""
    regressor, search = (set(each().get_params()) for each in BOTH)
    for word in regressor - search - {"alpha"}:
        with pytest.raises(TypeError, match="GradientDescentRegressor has it"):
            GradientDescentRegressorCV(**{word: 1})


def test_functions_answer_too():
    X, y = np.eye(4), np.arange(4.0)
    with pytest.raises(TypeError, match="no parameter 'n_iters': here it is max_iter"):
        gradient_descent_path(X, y, alpha=0.1, n_iters=[3])
    with pytest.raises(TypeError, match="'weights': did you mean 'sample_weight'"):
        max_stable_alpha(X, weights=[1.0])
    with pytest.raises(TypeError, match="missing"):
        gradient_descent_path(X, y, alpha=0.1)


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("coef_path_", "store_path=True"),
        ("intercept_path_", "store_path=True"),
        ("validation_loss_history_", "early_stopping=True"),
    ],
)
def test_an_attribute_that_was_not_kept_says_with_what_it_is(name, setting):
    reg = GradientDescentRegressor().fit(np.eye(4), np.arange(4.0))
    assert not hasattr(reg, name)
    with pytest.raises(AttributeError, match=f"no {name}, which a fit keeps only with {setting}"):
        getattr(reg, name)


@pytest.mark.parametrize("estimator", BOTH)
def test_nothing_else_changes(estimator):
    made = estimator(scale=True)
    assert set(inspect.signature(estimator).parameters) == set(made.get_params(deep=False))
    assert clone(made).get_params() == made.get_params()
    assert pickle.loads(pickle.dumps(made)).get_params() == made.get_params()
    with pytest.raises(TypeError, match="positional argument"):
        estimator(0.1, 100)

    class Own(estimator):
        """One that takes a parameter of its own."""

        def __init__(self, lr=0.1):
            super().__init__()
            self.lr = lr

    assert Own(lr=0.2).lr == 0.2


def test_what_ridge_calls_alpha():
    """A penalty given as alpha diverges at once, and the warning tells of the habit."""
    X, y = load_diabetes(return_X_y=True, scaled=False)
    with pytest.warns(ConvergenceWarning, match="what Ridge calls alpha is l2_regularization"):
        GradientDescentRegressor(1.0).fit(X, y)
    # Not where it is only somewhat too large.
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        GradientDescentRegressor(0.51).fit(X, y)
    assert len(caught) == 1
    assert "diverged" in str(caught[0].message)
    assert "Ridge" not in str(caught[0].message)
