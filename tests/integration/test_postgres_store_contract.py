from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from cashback_core.delivery import DeliveryPolicy
from contract.cashback_store import CashbackStoreContract
from integration.stores import ApiAndWorker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class TestPostgresStore(CashbackStoreContract):
    """The contract on a real database; time is turned by moving the instants back."""

    @pytest.fixture(autouse=True)
    def database(self, dsn: str) -> None:
        self.dsn = dsn

    @pytest.fixture
    async def store(self, dsn: str) -> AsyncIterator[ApiAndWorker]:
        store = ApiAndWorker(dsn, DeliveryPolicy())
        await store.open()
        yield store
        await store.close()

    async def expire_leases(self, store: object) -> None:  # noqa: ARG002
        self._run("update cashbacks set lease_until_at = lease_until_at - interval '1 day'")

    async def make_due(self, store: object) -> None:  # noqa: ARG002
        self._run("update cashbacks set due_at = due_at - interval '1 day'")

    async def make_open_for(self, store: object, days: int) -> None:  # noqa: ARG002
        back = f"open_since_at - interval '{days} days'"
        self._run(f"update cashbacks set open_since_at = {back}")  # noqa: S608 (a number)

    async def pause_sender(self, store: object) -> None:  # noqa: ARG002
        self._run("update sender set paused_at = now(), reason = 'a test', actor = 'a test'")

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.dsn) as connection:
            connection.execute(statement.encode())
