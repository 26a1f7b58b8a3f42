"""Chaos on the real processes: kill them, freeze them, crash their database, and count the money.

`python -m chaos` runs two APIs, two workers, PostgreSQL and the sandbox provider under load and
faults, then compares what the ERP was told, what the database says and what the provider credited.
docs/delivery.md tells what is promised and how to read the output.
"""
