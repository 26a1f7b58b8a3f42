"""What a statement proves, stored on PostgreSQL."""

from adapters.postgres.reconciliation.store import PostgresReconciliationStore

__all__ = ["PostgresReconciliationStore"]
