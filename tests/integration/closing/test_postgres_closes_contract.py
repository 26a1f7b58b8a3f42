from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.closing.store import PostgresCloseStore
from cashback_core.delivery.states import DeliveryPolicy
from contract.closing import CloseContract
from integration.closing.days import as_owner, happened, known_since

if TYPE_CHECKING:
    from uuid import UUID

    from adapters.postgres.connection.database import Database


class Past:
    """See World, on a database."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        known_since(dsn, 3)
        with as_owner(dsn) as owner:
            owner.execute("update day_zones set zone = 'UTC'")

    def happened(self, cashback_id: UUID, *, days_ago: int) -> None:
        happened(self._dsn, cashback_id, days_ago=days_ago)

    def closed_ago(self, *, days: int) -> None:
        with as_owner(self._dsn) as owner:
            owner.execute("update closes set closed_at = now() - make_interval(days => %s)", [days])


class TestPostgresCloses(CloseContract):
    """The contract on a real database."""

    @pytest.fixture
    def world(self, dsn: str) -> Past:
        return Past(dsn)

    @pytest.fixture
    def store(self, database: Database) -> PostgresCashbackStore:
        return PostgresCashbackStore(database, DeliveryPolicy())

    @pytest.fixture
    def closes(self, database: Database, world: Past) -> PostgresCloseStore:
        del world
        return PostgresCloseStore(database)
