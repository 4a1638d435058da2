"""What to tell a user whose descents did not end at a solution: numbers, and a remedy."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ._descent.state import STATUSES
from ._frames import stacklevel
from ._objective.dependent import dependent_features, name_of
from .learning_rates import Constant, Schedule

# An early stop is doubtful if its loss on the rows it descended on exceeds MUCH times what
# their solution would have on new rows, plus SOME times that of the best constant.
# Measured on 1,480 real tables: the warning comes on 10 of the 18 where early stopping does
# poorly, and on 6 of the others.
MUCH, SOME = 3.0, 0.1
# Share of the variance of y that rounding of predictions may make up; the same in single
# precision.
SEEN, SEEN_SINGLE = 5e-7, 1e-4

# A learning rate with which J is out of hand after so few steps may be meant as a penalty.
AT_ONCE = 10


def warn_of(fit, fitted):
    """Issue one ConvergenceWarning if not all descents ended where they should.

    With tol=0 the user asked for so many steps and not for a solution.

    Parameters
    ----------
    fit : Fit
    fitted : dict
        The fitted attributes by name, in NumPy.
    """
    descents = fit.descents
    fine = {"converged", "early_stopped", "stopped"} | (set() if fit.tol > 0.0 else {"max_iter"})
    failed = [j for j, descent in enumerate(descents) if descent.trace.status not in fine]
    tells = {"diverged": _diverged, "max_iter": _not_converged}
    tell = None
    for is_so, in_words in (_stopped_too_early, _early), (_loses_digits, _lost):
        if not failed:
            failed = [j for j in range(len(descents)) if is_so(fit, fitted, j)]
            tell = in_words
    if not failed:
        return
    worst = max(failed, key=lambda j: STATUSES.index(descents[j].trace.status))
    of_many = f"{len(failed)} of {len(descents)} targets; of target {worst}: "
    advice = Advice(fit, fitted, worst)
    sentences = (tell or tells[descents[worst].trace.status])(advice)
    message = (of_many if len(descents) > 1 else "") + " ".join(filter(None, sentences))
    warnings.warn(message, ConvergenceWarning, stacklevel=stacklevel())


class Advice:
    """The facts that sentences are made of, and the sentences that several messages share."""

    def __init__(self, fit, fitted, target):
        self.fit, self.descent, self.test = fit, fit.descents[target], fit.test(target)
        self.rate, self.max_iter = fit.rate, fit.max_iter
        self.names = fitted.get("feature_names_in_")
        self.parameters = _parameters_of(fitted, target)
        self.least_squares = least_squares = fit.least_squares
        self.curvature, self.is_scaled = least_squares.curvature, least_squares.coordinates.scaled

    @property
    def scaling_may_help(self):
        """Whether the problem is better conditioned with standardised features, if known."""
        if self.is_scaled:
            return False
        standardised = self.curvature.standardised
        return standardised is None or standardised.condition < self.curvature.condition / 2

    def conditioning(self, worth_telling):
        """The condition number, and what it would be with standardised features."""
        curvature = self.curvature
        condition, standardised = curvature.condition, curvature.standardised
        if condition < worth_telling:
            return ""
        if standardised is None:
            may_help = "; scale=True may help" if self.scaling_may_help else ""
            return f"The condition number of the problem is at least {condition:.2g}{may_help}."
        share = "at least" if curvature.is_bound else "about"
        known = f"The condition number of the problem is {share} {condition:.2g}"
        if self.is_scaled:
            return f"{known}, with standardised features."
        if self.scaling_may_help:
            return f"{known}; with scale=True it would be {standardised.condition:.2g}."
        return f"{known}, and scale=True would not lower it much."

    def dependent(self):
        """Which features are combinations of others."""
        found = dependent_features(self.curvature, self.names)
        return f"{'; '.join(found)}." if found else ""

    def limit(self):
        """2/L, and the same with standardised features."""
        limit = 2.0 / self.curvature.largest
        scaled = self.curvature.standardised
        if self.is_scaled or scaled is None:
            return f"{limit:.6g} (2/L)"
        return f"{limit:.6g} (2/L; {2.0 / scaled.values[-1]:.6g} with scale=True)"


def _diverged(advice):
    descent = advice.descent
    lowest = f"lowest loss seen, {descent.state.best.loss:.3g}"
    if descent.trace.validation_losses:
        held_out = descent.trace.validation_losses[descent.best_iter]
        lowest = f"lowest validation loss seen, {held_out:.3g}"
    yield (
        f"Gradient descent diverged: after {len(descent.trace.alphas)} steps the loss was "
        f"{descent.trace.losses[-1]:.3g}. coef_ holds the parameters of the {lowest}."
    )
    if advice.curvature.largest > 0:
        is_constant = isinstance(advice.rate, Constant)
        reached = f"alpha={advice.rate.alpha:g} is" if is_constant else "alpha_k went"
        yield (
            f"On this data {reached} above {advice.limit()}, below which constant learning rates "
            f"descend. Use alpha={1.0 / advice.curvature.largest:.3g} (1/L) or less, or "
            "alpha='auto'."
        )
        if is_constant and len(descent.trace.alphas) <= AT_ONCE:
            yield "(alpha is the learning rate here; what Ridge calls alpha is l2_regularization.)"
    yield advice.conditioning(worth_telling=1e3)


def _not_converged(advice):
    descent, test = advice.descent, advice.test
    point = descent.state.best
    correlation = test.largest_correlation(point)
    # Within bounds only an upper bound is known.
    may_be = "perhaps" if advice.fit.bounds is not None else "still"
    yield (
        f"Gradient descent did not converge in max_iter={advice.max_iter} steps"
        + (", nor did early stopping end it:" if descent.trace.validation_losses else ":")
    )
    if correlation > test.tol:
        yield (
            f"the residual still has a correlation of {correlation:.2g} with a feature, and "
            f"tol={test.tol:g}."
        )
    else:
        yield (
            f"the residual's correlations with the features are within tol={test.tol:g}, but the "
            f"loss, {point.loss:.6g}, is {may_be} further above its minimum than "
            f"{test.suboptimality_allowed(point.loss, 0.0):.1g}, as features are nearly linearly "
            "dependent."
        )
    conditioning = advice.conditioning(worth_telling=100)
    remedies = [advice.dependent()]
    if advice.fit.bounds is not None and (conditioning or any(remedies)):
        remedies.append("Leave out features, or set a small l2_regularization.")
    if isinstance(advice.rate, Constant | Schedule) and advice.curvature.largest > 0:
        remedies.append(
            f"The last alpha was {descent.trace.alphas[-1]:g}, and constant ones descend below "
            f"{advice.limit()}; alpha='auto' mostly needs far fewer steps."
        )
    yield from (conditioning, *remedies)
    has_others = any(remedies) or (conditioning and advice.scaling_may_help)
    yield "Or increase max_iter." if has_others else "Increase max_iter."


def _loses_digits(fit, fitted, target):
    """Whether predictions with the user's parameters have more rounding than R2 can hide."""
    least_squares, descent = fit.least_squares, fit.descents[target]
    w, b = _parameters_of(fitted, target)
    single = w.dtype == np.float32
    total = max(least_squares.objectives[target].total_loss, descent.state.best.loss)
    # With a constant y there is nothing but rounding to lose.
    y_rounding = 4 * np.finfo(w.dtype).eps
    allowed = (SEEN_SINGLE if single else SEEN) * total
    allowed += float(y_rounding**2 * least_squares.moments.y_square[target]) / 2
    rounding = _rounding_of_predictions(least_squares, w, b)
    # Rounding changes J by at most this, and only if it is aligned with the residual.
    if rounding * (rounding / 2.0 + descent.state.best.residual) <= allowed:
        return False
    if single and rounding**2 > 2.0 * allowed:
        # Predictions are made in single precision too.
        return True
    w, b = w.astype(np.float64), float(b)
    origin = least_squares.coordinates.origin

    def kernel(X, y, weights):
        along = X.times(w) if np.ndim(origin) == 0 else (X.dense() + origin).dot(w)
        residual = along + b - y[:, target]
        return (residual.dot(residual if weights is None else weights * residual),)

    (square,) = least_squares.given_plan.rows.sum(kernel)
    loss = square / least_squares.moments.weight / 2.0
    if least_squares.penalty is not None:
        loss += least_squares.penalty.dot(w**2) / 2.0
    return abs(loss - descent.state.best.loss) > allowed


def _parameters_of(fitted, target):
    """A target's coefficients and intercept as the user gets them."""
    coef, intercept = fitted["coef_"], fitted["intercept_"]
    if coef.ndim == 1:
        return coef, intercept
    # Without an intercept there is one 0 for all targets.
    return coef[target], intercept[target] if np.ndim(intercept) else intercept


def _rounding_of_predictions(least_squares, w, b):
    eps = np.finfo(w.dtype).eps
    return float(eps * (np.abs(w).dot(least_squares.feature_sizes) + abs(b)))


def _lost(advice):
    w, b = advice.parameters
    rounding = _rounding_of_predictions(advice.least_squares, w, b)
    sizes = np.abs(w) * advice.least_squares.feature_sizes
    name = name_of(int(sizes.argmax()), advice.names)
    yield (
        f"Predictions are sums of terms so large that rounding leaves them an error of about "
        f"{rounding:.1g}, most of it from {name}, whose terms are of size {sizes.max():.1g}: "
        "subtract a constant from features far from 0, and leave out features that are nearly "
        "combinations of others."
    )
    if w.dtype == np.float32:
        yield "Or pass X as float64."
    yield advice.dependent()


def _stopped_too_early(fit, fitted, target):
    """Whether the rows descended on clearly speak against stopping where early stopping did."""
    descent = fit.descents[target]
    if not descent.trace.validation_losses:
        return False
    point, least_squares = descent.state.best, fit.least_squares
    chance = _by_chance(least_squares.given_plan.moments)
    if chance is None or not least_squares.curvature.is_worth(len(descent.trace.alphas)):
        return False
    suboptimality = fit.test(target).suboptimality(point)
    if not np.isfinite(suboptimality):
        # Within bounds it may be unknown.
        return False
    least = point.loss - suboptimality
    return point.loss > MUCH * chance * least + SOME * least_squares.objectives[target].total_loss


def _by_chance(moments):
    """A solution's loss on new rows over that on its own, by noise alone; None if unbounded.

    (n + p) / (n - p) for n rows and p parameters: Akaike's final prediction error.
    """
    n, p = moments.n_rows, np.count_nonzero(moments.variance) + moments.fit_intercept
    return (n + p) / (n - p) if n > p + 1 else None


def _early(advice):
    descent, moments = advice.descent, advice.least_squares.given_plan.moments
    point = descent.state.best
    least = point.loss - advice.test.suboptimality(point)
    yield (
        f"Early stopping returned the parameters after {descent.best_iter} steps, of the lowest "
        f"loss on held-out rows. But on the {moments.n_rows:.0f} rows it descended on the loss is "
        f"{point.loss:.3g} there and {max(least, 0.0):.3g} at its minimum: a larger "
        f"difference than {np.count_nonzero(moments.variance)} features without effect would make."
    )
    remedy = "Hold out more rows (validation_fraction, X_val), or increase n_iter_no_change"
    yield remedy + ("." if advice.is_scaled else ", or set scale=True.")
