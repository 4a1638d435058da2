"""Sources of rows: where the data is, and how a sum over it is made."""
