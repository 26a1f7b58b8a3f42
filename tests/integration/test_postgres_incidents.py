from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.postgres.explaining import PostgresIncidentStore
from adapters.postgres.operating import PostgresOperatorStore
from adapters.postgres.store import PostgresCashbackStore
from cashback_core.delivery import DeliveryPolicy
from cashback_core.ports import StoreUnavailable
from contract.statement_incidents import AT, FOREIGN, KNOWN, IncidentStoreContract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from cashback_core.explaining import StatementIncident


class TestPostgresIncidents(IncidentStoreContract):
    """The contract on a real database."""

    @pytest.fixture(autouse=True)
    def database(self, dsn: str) -> None:
        self.dsn = dsn

    @pytest.fixture
    async def store(self, dsn: str) -> AsyncIterator[PostgresCashbackStore]:
        store = PostgresCashbackStore(dsn, DeliveryPolicy())
        await store.open()
        yield store
        await store.close()

    @pytest.fixture
    async def operators(self, dsn: str) -> AsyncIterator[PostgresOperatorStore]:
        operators = PostgresOperatorStore(dsn)
        await operators.open()
        yield operators
        await operators.close()

    @pytest.fixture
    async def incidents(self, dsn: str) -> AsyncIterator[PostgresIncidentStore]:
        incidents = PostgresIncidentStore(dsn)
        await incidents.open()
        yield incidents
        await incidents.close()

    def keep(self, incident: StatementIncident, merchant_id: int | None) -> None:
        keep(self.dsn, incident, merchant_id)

    async def said(self) -> tuple[dict[str, list[UUID | None]], set[UUID]]:
        lines: defaultdict[str, list[UUID | None]] = defaultdict(list)
        absent: set[UUID] = set()
        with psycopg.connect(self.dsn) as connection:
            for key, meaning, cashback_id in connection.execute(
                "select line_key, meaning, cashback_id from statement_explanations order by at"
            ):
                if meaning == "known_absent":
                    absent.add(cashback_id)
                else:
                    lines[key].append(cashback_id)
        return dict(lines), absent

    async def test_an_explanation_leaves_an_event_with_name_and_reason(
        self, incidents: PostgresIncidentStore
    ) -> None:
        line = self.told(AT)
        await incidents.explain(line, KNOWN, dry_run=False)
        await incidents.explain(line, FOREIGN, dry_run=True)
        await incidents.explain(line, FOREIGN, dry_run=False)
        with psycopg.connect(self.dsn) as connection:
            told = connection.execute(
                "select incident_id, what, by_name, reason from statement_incident_events"
            ).fetchall()
        assert told == [(line, "explained", "petra", FOREIGN.reason)]


def keep(dsn: str, incident: StatementIncident, merchant_id: int | None) -> None:
    """Open an incident whose document is not masked."""
    with psycopg.connect(dsn) as connection:
        nth = connection.execute(
            "select count(*) from statement_incidents where line_key = %s", [incident.line_key]
        ).fetchone()
        connection.execute(
            "insert into statement_incidents (incident_id, class, merchant_id, cashback_id,"
            " document, centavos, line, line_key, nth, credited_at, reference, why, opened_at,"
            " statement_at, last_seen_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,"
            " %s, %s, %s)",
            [
                incident.id,
                incident.cls,
                merchant_id,
                incident.cashback_id,
                incident.document,
                incident.centavos,
                incident.line,
                incident.line_key,
                None if incident.line_key is None or nth is None else nth[0],
                incident.credited_at,
                incident.reference,
                incident.why,
                incident.opened_at,
                incident.statement_at,
                incident.statement_at,
            ],
        )


async def test_without_a_database_incidents_are_unavailable(tmp_path: object) -> None:
    incidents = PostgresIncidentStore(f"postgresql:///x?host={tmp_path}")
    await incidents.open()
    with pytest.raises(StoreUnavailable):
        await incidents.standing(1)
    await incidents.close()
