"""Rows of a Ray dataset, summed up by Ray's workers, block by block."""

import pickle

from sklearn_gd.rows import RowSource


class RayRows(RowSource):
    def __init__(self, dataset, target):
        self.dataset, self.target = dataset, target
        # Without it, results come in the order in which the workers finish.
        dataset.context.execution_options.preserve_order = True

    def sums(self, function):
        target = self.target

        def of_block(table):
            part = function(table.drop_columns([target]), table[target], None)
            return {"sums": [pickle.dumps(part)]}

        parts = self.dataset.map_batches(of_block, batch_size=None, batch_format="pyarrow")
        for row in parts.iter_rows():
            yield pickle.loads(row["sums"])

    def sample(self):
        table = self.dataset.take_batch(1000, batch_format="pyarrow")
        return table.drop_columns([self.target]), table[self.target], None
