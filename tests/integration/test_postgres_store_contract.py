from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.postgres.store import PostgresCashbackStore
from cashback_core.delivery import DeliveryPolicy
from contract.cashback_store import CashbackStoreContract
from integration.products import put_product

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.postgres.database import Database


class TestPostgresStore(CashbackStoreContract):
    """The contract on a real database; time is turned by moving the instants back."""

    @pytest.fixture(autouse=True)
    def its_dsn(self, dsn: str) -> None:
        self.dsn = dsn

    @pytest.fixture
    def store(self, database: Database) -> PostgresCashbackStore:
        return PostgresCashbackStore(database, DeliveryPolicy())

    async def expire_leases(self, store: object) -> None:  # noqa: ARG002
        self._run("update cashbacks set lease_until_at = lease_until_at - interval '1 day'")

    async def make_due(self, store: object) -> None:  # noqa: ARG002
        self._run("update cashbacks set due_at = due_at - interval '1 day'")

    async def make_open_for(self, store: object, days: int) -> None:  # noqa: ARG002
        back = f"open_since_at - interval '{days} days'"
        self._run(f"update cashbacks set open_since_at = {back}")  # noqa: S608 (a number)

    async def put_product(
        self,
        store: object,  # noqa: ARG002
        merchant_id: int,
        sku: str,
        *types: tuple[str, datetime],
    ) -> None:
        with psycopg.connect(self.dsn) as connection:
            put_product(connection, merchant_id, sku, *types)

    async def pause_sender(self, store: object) -> None:  # noqa: ARG002
        self._run("update sender set paused_at = now(), reason = 'a test', actor = 'a test'")

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.dsn) as connection:
            connection.execute(statement.encode())
