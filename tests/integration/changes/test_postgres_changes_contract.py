from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.delivery.changes import PostgresChanges
from cashback_core.delivery.states import DeliveryPolicy
from contract.feeding import FeedContract

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database


class TestPostgresChanges(FeedContract):
    """The contract on a real database."""

    @pytest.fixture
    def store(self, database: Database) -> PostgresCashbackStore:
        return PostgresCashbackStore(database, DeliveryPolicy())

    @pytest.fixture
    def feed(self, database: Database) -> PostgresChanges:
        return PostgresChanges(database)
