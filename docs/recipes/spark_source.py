"""Rows of a Spark DataFrame, summed up partition by partition on the executors."""

import pickle

import pyarrow as pa
from pyspark import TaskContext

from sklearn_gd.rows import RowSource


class SparkRows(RowSource):
    def __init__(self, frame, target):
        self.frame, self.target = frame, target

    def sums(self, function):
        target = self.target

        def of_partition(batches):
            total = None
            for batch in batches:
                part = function(batch.drop_columns([target]), batch[target], None)
                total = part if total is None else total + part
            if total is not None:
                number = TaskContext.get().partitionId()
                yield pa.RecordBatch.from_pydict(
                    {"number": [number], "sums": [pickle.dumps(total)]}
                )

        rows = self.frame.mapInArrow(of_partition, "number long, sums binary").collect()
        for row in sorted(rows, key=lambda row: row.number):
            yield pickle.loads(row.sums)

    def sample(self):
        table = self.frame.limit(1000).toArrow()
        return table.drop_columns([self.target]), table[self.target], None
