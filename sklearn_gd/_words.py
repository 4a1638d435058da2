"""Parameters of other libraries: what they are called here, or who has them."""

import difflib
import inspect
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
Result = TypeVar("Result")

RATES = "learning_rate learn_rate lr eta eta0 step_size stepsize learning_rate_init alpha alphas"
RATES += " learning_rates lrs"
# Parameters, what they are, and what others call them.
CALLED = [
    ("alpha", "the learning rate", RATES),
    ("alphas", "the learning rates to choose from", RATES),
    (
        "max_iter",
        "the largest number of steps",
        "n_iter n_iters epochs n_epochs num_epochs max_epochs iterations n_iterations num_iters "
        "n_steps",
    ),
    (
        "l2_regularization",
        "the ridge penalty",
        "l2 lambda_ reg_lambda weight_decay l2_reg ridge regularization",
    ),
    (
        "scale",
        "whether to standardise features",
        "normalize normalise standardize standardise scaling scaled",
    ),
    ("fit_intercept", "whether there is an intercept", "intercept bias fit_bias use_bias"),
    ("tol", "the tolerance", "eps epsilon tolerance rtol"),
    ("n_iter_no_change", "the number of steps without progress", "patience"),
    ("random_state", "the seed", "seed random_seed"),
    ("positive", "whether coefficients must be positive", "non_negative nonnegative"),
    ("coef_bounds", "the bounds of coefficients", "bounds"),
    ("cv", "the folds", "n_splits n_folds k_folds"),
]
# What neither has, and what to do instead.
ABSENT = {
    "penalty l1_ratio l1 reg_alpha": "the only penalty here is ridge's, l2_regularization; "
    "sklearn.linear_model has Lasso and ElasticNet",
    "C": "the penalty here is l2_regularization, which grows with the penalty, while C shrinks",
    "momentum nesterov nesterovs_momentum beta": "a step here has no memory of the one before; "
    "sklearn.neural_network.MLPRegressor(solver='sgd') has momentum",
    "batch_size shuffle": "each step reads all rows; sklearn.linear_model.SGDRegressor updates "
    "row by row, and GradientDescentRegressor.partial_fit takes rows in pieces",
    "loss criterion": "the loss here is half the mean squared error; "
    "sklearn.linear_model.SGDRegressor and HuberRegressor have others",
    "solver optimizer algorithm": "there is one rule here, gradient descent; "
    "the learning rate chooses how far each step goes",
    "coef_init intercept_init w_init b_init theta theta_init init": "the start is given to "
    "GradientDescentRegressor.fit, as coef_init and intercept_init",
    "average": "steps on all rows are not noisy, so that there is nothing to average",
    "power_t schedule lr_schedule lr_scheduler": "alpha may be a function of the number of the "
    "step, from 0; sklearn_gd.learning_rates has others",
    # Of the search alone, as the other estimator has them.
    "tol n_iter_no_change early_stopping validation_fraction precompute positive coef_bounds "
    "warm_start store_path verbose random_state": "GradientDescentRegressor has it; the search "
    "is for constant learning rates, and looks at every number of steps",
    "copy_X": "X is never changed or copied here",
    "n_jobs": "rows are read by as many threads as BLAS may use here; "
    "threadpoolctl.threadpool_limits sets that",
}


def answers_to_other_words(function: Callable[P, Result]) -> Callable[P, Result]:
    """Let a function or constructor say what a parameter is called here that it does not know."""
    known = [name for name in inspect.signature(function).parameters if name != "self"]

    # The signature stays as it is: scikit-learn reads a constructor's parameters from it.
    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> Result:
        try:
            return function(*args, **kwargs)
        except TypeError:
            unknown = [name for name in kwargs if name not in known]
            if not unknown:
                raise
            is_constructor = function.__name__ == "__init__" and args
            who = type(args[0]).__name__ if is_constructor else function.__name__
            raise TypeError(
                f"{who} has no parameter {unknown[0]!r}: {_answer(unknown[0], known)}"
            ) from None

    return call


def _answer(word, known):
    """What to say of a word that is no parameter's name."""
    for name, meaning, words in CALLED:
        if name in known and word in words.split():
            return f"here it is {name}, {meaning}."
    for words, sentence in ABSENT.items():
        if word in words.split():
            return f"{sentence}."
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"there are {', '.join(known)}."
