"""What a sale costs, held against a committed baseline: counts exactly, processor time as a ratio."""
