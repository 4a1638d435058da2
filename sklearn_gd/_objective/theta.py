"""The parameters theta = (w, b) as one vector; without an intercept theta = w."""

import numpy as np


def join(w, b, fit_intercept):
    """Theta (or a gradient) made of its two parts."""
    theta = np.empty(len(w) + fit_intercept)
    theta[: len(w)] = w
    theta[len(w) :] = b
    return theta


def parts(theta, fit_intercept):
    """Coefficients and intercept in theta."""
    return (theta[:-1], theta[-1]) if fit_intercept else (theta, 0.0)
