"""Map-reduce with joblib: each worker gathers its share of the files, and one descent ends it."""

from joblib import Parallel, delayed

from sklearn_gd import GradientDescentRegressor


def gathered(read, paths):
    reg = GradientDescentRegressor(max_iter=1, tol=0)  # only merge is to descend
    for path in paths:
        reg = reg.partial_fit(*read(path))
    return reg


def fitted(paths, read, n_jobs=2):
    shares = [paths[i::n_jobs] for i in range(n_jobs)]
    parts = Parallel(n_jobs)(delayed(gathered)(read, share) for share in shares)
    return GradientDescentRegressor().merge(*parts)
