"""A PostgreSQL server of our own, for local use and for tests: safe settings, no installation."""

from adapters.postgres.embedded.binaries import EmbeddedPostgresError
from adapters.postgres.embedded.server import DATABASE, EmbeddedPostgres, throwaway_postgres

__all__ = ["DATABASE", "EmbeddedPostgres", "EmbeddedPostgresError", "throwaway_postgres"]
