from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.figures.store import PostgresFigures
from adapters.postgres.operators.acts import PostgresOperatorStore
from cashback_core.delivery.states import DeliveryPolicy
from contract.figuring import FiguresContract

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database


class TestPostgresFigures(FiguresContract):
    """The contract on a real database."""

    @pytest.fixture
    def store(self, database: Database) -> PostgresCashbackStore:
        return PostgresCashbackStore(database, DeliveryPolicy())

    @pytest.fixture
    def figures(self, database: Database) -> PostgresFigures:
        return PostgresFigures(database)

    @pytest.fixture
    def operators(self, database: Database) -> PostgresOperatorStore:
        return PostgresOperatorStore(database)
