"""Sales: recorded in groups, read back."""
