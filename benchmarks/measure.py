"""Time contenders in turn, and hold what they found against a direct solution."""

import contextlib
import gc
import random
import statistics
import time
import timeit
import tracemalloc
import warnings

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import lsqr

PAUSE = 0.05
# How far R2 may lie below the best one's.
RIGHT = 1e-6


def compare(contenders, *, seconds=20.0, least=5, most=101):
    """Times of each contender, measured in turn, each round in another order.

    Parameters
    ----------
    contenders : dict of str to callable
        Called without arguments.
    seconds : float, default=20.0
        Rounds are repeated for about so long.
    least, most : int
        Limits of the number of rounds; one more, the first, is not counted.

    Returns
    -------
    dict of str to list of float
    """
    times = {name: [] for name in contenders}
    order, spent, rounds = list(contenders), 0.0, -1
    shuffle = random.Random(0).shuffle
    while rounds < least or (spent < seconds and rounds < most):
        shuffle(order)
        for name in order:
            gc.collect(0)
            # Threads of the one before may spin for some hundredths of a second.
            time.sleep(PAUSE)
            # Timer switches the garbage collector off while it measures.
            took = timeit.Timer(contenders[name]).timeit(1)
            if rounds >= 0:
                times[name].append(took)
                spent += took
        rounds += 1
    return times


def summary(times, ours):
    """Median time of each contender, and how many times ours it is: median and quartiles."""
    table = {}
    for name, values in times.items():
        ratios = [value / own for value, own in zip(values, times[ours], strict=True)]
        table[name] = {
            "seconds": statistics.median(values),
            "ratio": statistics.median(ratios),
            "quartiles": np.percentile(ratios, [25, 75]).tolist(),
            "rounds": len(values),
        }
    return table


def peak_memory(fit):
    """Largest memory that was allocated at a time, in bytes, as tracemalloc sees it."""
    gc.collect()
    tracemalloc.start()
    try:
        fit()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class Reference:
    """A direct solution: by scipy.linalg.lstsq, by LSQR to rounding where X is sparse."""

    def __init__(self, X, y):
        self.X, self.y = X, y
        if sparse.issparse(X):
            ones = sparse.csr_array(np.ones((X.shape[0], 1)))
            design = sparse.hstack([sparse.csr_array(X), ones]).tocsr()
            theta = lsqr(design, y, atol=1e-15, btol=1e-15, iter_lim=1000)[0]
        else:
            design = np.column_stack([X, np.ones(len(y))]).astype(np.float64)
            # Householder QR with pivots; of full rank it is as accurate as an SVD.
            theta = linalg.lstsq(design, y, lapack_driver="gelsy", overwrite_a=True)[0]
        self.theta = theta
        self.loss = self._loss(theta[:-1], theta[-1])

    def _loss(self, coef, intercept):
        residual = self.X @ coef + intercept - self.y
        return residual @ residual / (2 * len(self.y))

    def errors(self, coef, intercept):
        """Largest error of a coefficient, relative to the largest one, and (J - J*) / J*."""
        coef = np.ravel(coef).astype(np.float64)
        intercept = float(np.ravel(intercept)[0])
        worst = np.abs(coef - self.theta[:-1]).max() / np.abs(self.theta[:-1]).max()
        return float(worst), float(self._loss(coef, intercept) / self.loss - 1.0)


def least_squares(X, y):
    """Least sum of squared residuals, by lstsq along standardised columns.

    Along the raw columns of a table lstsq would take the small ones for rounding.
    """
    columns = X - X.mean(axis=0)
    deviation = columns.std(axis=0)
    varies = deviation > 1e-13 * np.abs(X).max(axis=0)
    columns = columns[:, varies] / deviation[varies]
    columns -= columns.mean(axis=0)
    target = y - y.mean()
    residual = target - columns @ linalg.lstsq(columns, target, cond=1e-12)[0]
    return residual @ residual


def judge(model, X, y, least):
    """Fit the model, and say whether it is right, and whether it tells its user if not.

    Returns
    -------
    dict
        ``gap``: how far R2 lies below that of ``least``, the least sum of
        squared residuals; None if the fit raised. ``right``: whether that is
        at most RIGHT. ``told``: what it warned of or raised, else None.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model.fit(X, y)
        except Exception as error:
            return {"gap": None, "right": False, "told": repr(error)}
    # Who did not converge may be so far off that squares overflow.
    with np.errstate(all="ignore"):
        residual = model.predict(X) - y
        gap = float((residual @ residual - least) / np.sum((y - y.mean()) ** 2))
    told = str(caught[0].message) if caught else None
    return {"gap": gap, "right": gap <= RIGHT, "told": told}


def fit_all(make, tables):
    """Fit a new model to each X and y; one that raises has been judged for it."""
    for X, y in tables:
        with contextlib.suppress(Exception):
            make().fit(X, y)


def quietly(function):
    """Call it; a peer's warnings are its users' business."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function()
