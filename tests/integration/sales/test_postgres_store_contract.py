from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.delivery.sender import PostgresSender
from adapters.postgres.operators.incidents import PostgresIncidentStore
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.reconciliation.incidents import Explanation, Meaning, StatementIncident
from contract.cashback_store import CashbackStoreContract
from contract.confirming import OVER
from integration.kept_incidents import keep
from integration.products import put_product
from integration.stopping import put_stop

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID

    from adapters.postgres.connection.database import Database
    from cashback_core.delivery.brakes import Ceilings


class TestPostgresStore(CashbackStoreContract):
    """The contract on a real database, written either way; time is turned by moving instants."""

    @pytest.fixture(autouse=True)
    def its_dsn(self, dsn: str) -> None:
        self.dsn = dsn

    @pytest.fixture(params=["quickly", "plainly"])
    def store(self, database: Database, request: pytest.FixtureRequest) -> PostgresCashbackStore:
        self.database = database
        quick = request.param == "quickly"
        return PostgresCashbackStore(database, DeliveryPolicy(), quick=quick)

    async def customer_id(self, store: object, document: object) -> UUID:  # noqa: ARG002
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute(
                "select customer_id from customers where merchant_id = 1 and document = %s",
                [str(document)],
            ).fetchone()
        assert row is not None
        id_: UUID = row[0]
        return id_

    async def expire_leases(self, store: object) -> None:  # noqa: ARG002
        self._run("update cashbacks set lease_until_at = lease_until_at - interval '1 day'")

    async def expire_confirmations(self, store: object, by: timedelta = OVER) -> None:  # noqa: ARG002
        with psycopg.connect(self.dsn) as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute(
                "update cashbacks set due_at = due_at - %s where status = 'unconfirmed'", [by]
            )

    async def make_due(self, store: object) -> None:  # noqa: ARG002
        self._run("update cashbacks set due_at = due_at - interval '1 day'")

    async def make_open_for(self, store: object, days: int) -> None:  # noqa: ARG002
        back = f"open_since_at - interval '{days} days'"
        self._run(f"update cashbacks set open_since_at = {back}")  # noqa: S608 (a number)
        self._run("update cashbacks set due_at = now() where due_at < '2099-01-01'")
        with psycopg.connect(self.dsn) as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute(
                "update stops set stopped_at = stopped_at - make_interval(days => %s)", [days]
            )

    async def set_ceilings(self, store: object, merchant_id: int, to: Ceilings) -> None:  # noqa: ARG002
        with psycopg.connect(self.dsn) as connection:
            connection.execute(
                "update merchants set max_cashback_centavos = %s, max_day_centavos = %s"
                " where merchant_id = %s",
                [to.max_cashback_centavos, to.max_day_centavos, merchant_id],
            )

    async def put_stop(self, store: object, merchant_id: int, type_: str | None) -> None:  # noqa: ARG002
        with psycopg.connect(self.dsn) as connection:
            put_stop(connection, merchant_id, type_)

    async def lift_stop(self, store: object, merchant_id: int, type_: str | None) -> None:  # noqa: ARG002
        with psycopg.connect(self.dsn) as connection:
            connection.execute(
                "update stops set lifted_by = 'a test', lift_reason = 'a test'"
                " where merchant_id = %s and type is not distinct from %s and lifted_at is null",
                [merchant_id, type_],
            )

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

    async def release_sender(self, store: object) -> None:  # noqa: ARG002
        assert await PostgresSender(self.database).release(by="a test", reason="a test")

    async def tell(
        self,
        store: object,  # noqa: ARG002
        incident: StatementIncident,
        merchant_id: int | None,
    ) -> None:
        keep(self.dsn, incident, merchant_id)

    async def say_ours(
        self,
        store: object,  # noqa: ARG002
        incident: StatementIncident,
        cashback_id: UUID,
    ) -> None:
        said = Explanation(
            meaning=Meaning.OURS, by="petra", reason="a test", cashback_id=cashback_id
        )
        incidents = PostgresIncidentStore(self.database)
        done = await incidents.explain(incident.id, said, dry_run=False)
        assert isinstance(done, StatementIncident)

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.dsn) as connection:
            connection.execute(statement.encode())
