"""Rows of a Spark data frame, summed up partition by partition on its executors."""

import pickle
from functools import reduce
from operator import add

import pyarrow as pa
from pyspark import TaskContext

from sklearn_gd.rows import RowSource


class SparkRows(RowSource):
    def __init__(self, frame, target):
        self.frame, self.target = frame, target

    def sums(self, function):
        target = self.target

        def of_partition(batches):
            number = TaskContext.get().partitionId()
            parts = (function(b.drop_columns([target]), b[target], None) for b in batches)
            for first in parts:  # none in an empty partition
                total = pickle.dumps(reduce(add, parts, first))
                yield pa.RecordBatch.from_pydict({"number": [number], "sums": [total]})

        rows = self.frame.mapInArrow(of_partition, "number long, sums binary").collect()
        yield from (pickle.loads(row.sums) for row in sorted(rows, key=lambda row: row.number))

    def sample(self):
        table = self.frame.limit(1000).toArrow()
        return table.drop_columns([self.target]), table[self.target], None
