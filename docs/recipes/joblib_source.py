"""Rows of many files, each read by one of joblib's worker processes."""

from functools import reduce
from operator import add

from joblib import Parallel, delayed

from sklearn_gd.rows import RowSource


def sum_over(function, read, paths):
    return reduce(add, (function(*read(path)) for path in paths))


class Files(RowSource):
    def __init__(self, paths, read, n_jobs=2, files_per_task=4):
        self.paths, self.read, self.n_jobs = list(paths), read, n_jobs
        self.files_per_task = files_per_task

    def sums(self, function):
        starts = range(0, len(self.paths), self.files_per_task)
        groups = (self.paths[start : start + self.files_per_task] for start in starts)
        parallel = Parallel(self.n_jobs, return_as="generator")
        yield from parallel(delayed(sum_over)(function, self.read, group) for group in groups)

    def sample(self):
        return self.read(self.paths[0])
