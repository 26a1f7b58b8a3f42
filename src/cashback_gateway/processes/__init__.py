"""The processes: API and worker, and what both are made of."""
