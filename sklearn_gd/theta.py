"""The parameters theta = (w, b) as one vector; without an intercept theta = w."""

import numpy as np


def join(w, b, fit_intercept):
    """Theta (or a gradient) made of its two parts."""
    return np.append(w, b) if fit_intercept else np.asarray(w, dtype=np.float64)


def split(theta, fit_intercept):
    """Coefficients and intercept in theta."""
    return (theta[:-1], theta[-1]) if fit_intercept else (theta, 0.0)
