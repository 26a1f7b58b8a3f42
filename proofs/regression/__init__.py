"""What a sale costs, held against a committed baseline: counts exactly, the rest as a ratio."""
