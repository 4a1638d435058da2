"""Rows of a DuckDB query, read by record batches of Arrow."""

from sklearn_gd.rows import RowSource


class QueryRows(RowSource):
    def __init__(self, connection, query, target, sample_weight=None):
        self.connection, self.query = connection, query
        self.target, self.weight = target, sample_weight

    def __enter__(self):
        # All reads of a fit see the tables as they are now, whoever writes to them meanwhile.
        self.reader = self.connection.cursor().begin()
        return self

    def chunks(self):
        for batch in self.reader.sql(self.query).to_arrow_reader(50_000):
            y = batch[self.target]
            weights = None if self.weight is None else batch[self.weight]
            yield batch.drop_columns([c for c in (self.target, self.weight) if c]), y, weights

    def __exit__(self, *exception):
        self.reader.rollback()
        self.reader.close()
