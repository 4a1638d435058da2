"""What to tell a user whose descents did not end at a solution: numbers, and a remedy."""

import warnings

from sklearn.exceptions import ConvergenceWarning

from .descent import STATUSES
from .learning_rates import Constant, Schedule
from .stopping import SolutionTest


def warn_of(problem, descents, rate, max_iter, tol, frames):
    """Issue one ConvergenceWarning if not all descents ended at a solution.

    Parameters
    ----------
    problem : LeastSquares
    descents : list of Descent
        One a target.
    rate : LearningRate
    max_iter : int
    tol : float
        With 0 the user asked for so many steps and not for a solution.
    frames : int
        Between this one and the user's line.
    """
    fine = {"converged", "early_stopped", "stopped"} | (set() if tol > 0.0 else {"max_iter"})
    failed = [j for j, descent in enumerate(descents) if descent.status not in fine]
    if not failed:
        return
    worst = max(failed, key=lambda j: STATUSES.index(descents[j].status))
    of_many = f"{len(failed)} of {len(descents)} targets; of target {worst}: "
    tell = _diverged if descents[worst].status == "diverged" else _not_converged
    test = SolutionTest(problem.objectives[worst], problem.curvature, tol)
    sentences = tell(descents[worst], test, rate, max_iter)
    message = (of_many if len(descents) > 1 else "") + " ".join(filter(None, sentences))
    warnings.warn(message, ConvergenceWarning, stacklevel=frames + 1)


def _diverged(descent, test, rate, max_iter):
    largest = test.curvature.largest
    lowest = f"lowest loss seen, {descent.best.loss:.3g}"
    if descent.validation_losses:
        held_out = descent.validation_losses[descent.best_iter]
        lowest = f"lowest validation loss seen, {held_out:.3g}"
    yield (
        f"Gradient descent diverged: after {len(descent.alphas)} steps the loss was "
        f"{descent.losses[-1]:.3g}. coef_ holds the parameters of the {lowest}."
    )
    if largest > 0:
        limit = 2.0 / largest
        reached = f"alpha={rate.alpha:g} is" if isinstance(rate, Constant) else "alpha_k went"
        yield (
            f"On this data {reached} above {limit:.6g} (2/L), below which constant learning rates "
            f"descend. Use alpha={limit / 2:.3g} (1/L) or less, or alpha='auto'."
        )
    yield _conditioning(test.curvature, worth_telling=1e3)


def _not_converged(descent, test, rate, max_iter):
    point = descent.best
    correlation = test.largest_correlation(point)
    yield (
        f"Gradient descent did not converge in max_iter={max_iter} steps"
        + (", nor did early stopping end it:" if descent.validation_losses else ":")
    )
    if correlation > test.tol:
        yield (
            f"the residual still has a correlation of {correlation:.2g} with a feature, and "
            f"tol={test.tol:g}."
        )
    else:
        yield (
            f"the residual's correlations with the features are within tol={test.tol:g}, but the "
            f"loss, {point.loss:.6g}, is further above its minimum than "
            f"{test.excess_allowed(point.loss):.1g}, as features are nearly linearly dependent."
        )
    yield _conditioning(test.curvature, worth_telling=100)
    if isinstance(rate, Constant | Schedule) and test.curvature.largest > 0:
        yield (
            f"The last alpha was {descent.alphas[-1]:g}, and constant ones descend below "
            f"{2.0 / test.curvature.largest:.6g} (2/L); alpha='auto' mostly needs far fewer steps."
        )
    yield "Or increase max_iter."


def _conditioning(curvature, worth_telling):
    condition, standardised = curvature.condition, curvature.standardised_condition
    if condition < worth_telling:
        return ""
    if standardised is None:
        return (
            f"The condition number of the problem is at least {condition:.2g}; standardising the "
            "features (StandardScaler in a Pipeline) may help."
        )
    known = f"The condition number of the problem is about {condition:.2g}"
    if standardised < condition / 2:
        return (
            f"{known}; after StandardScaler it would be {standardised:.2g}: put one before the "
            "regressor in a Pipeline."
        )
    return f"{known}, and standardising the features would not lower it much."
