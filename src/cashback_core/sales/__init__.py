"""A sale: how it is validated, what it earns, and which one it is."""
