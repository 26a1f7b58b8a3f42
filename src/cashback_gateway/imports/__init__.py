"""Files of sales, read as a profile tells and taken in as batches are."""
