"""Incidents of statements that nobody told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from cashback_core.reconciliation.incidents import StatementIncident


def keep(dsn: str, incident: StatementIncident, merchant_id: int | None) -> None:
    """Keep an incident as it is told; its document is not masked."""
    with psycopg.connect(dsn) as connection:
        nth = connection.execute(
            "select count(*) from statement_incidents where line_key = %s", [incident.line_key]
        ).fetchone()
        connection.execute(
            "insert into statement_incidents (incident_id, class, merchant_id, cashback_id,"
            " document, centavos, line, line_key, nth, credited_at, reference, why, opened_at,"
            " statement_at, last_seen_at, closed_at, closed_why) values (%s, %s, %s, %s, %s, %s,"
            " %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
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
                incident.closed_at,
                incident.closed_why,
            ],
        )
