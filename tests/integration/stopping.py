"""Putting a stop on as the database's owner may, past the stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    import psycopg


def put_stop(connection: psycopg.Connection[Any], merchant_id: int, type_: str | None) -> None:
    """Stop a type of a merchant, or all of it, once the transaction commits."""
    connection.execute(
        "insert into stops"
        " (merchant_id, stop_id, type, by_platform, stopped_at, stopped_by, reason)"
        " values (%s, %s, %s, false, now(), 'a test', 'a test')",
        [merchant_id, new_id(), type_],
    )


def lift_stops(connection: psycopg.Connection[Any], merchant_id: int, type_: str | None) -> None:
    """Lift those stops once the transaction commits."""
    connection.execute(
        "update stops set lifted_by = 'a test', lift_reason = 'a test'"
        " where merchant_id = %s and type is not distinct from %s and lifted_at is null",
        [merchant_id, type_],
    )
