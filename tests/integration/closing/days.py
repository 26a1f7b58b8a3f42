"""Days whose end a test chooses, and events of days that are over."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Generator
    from uuid import UUID

NO_GRACE: Final = timedelta(0)


@contextmanager
def as_owner(dsn: str) -> Generator[psycopg.Connection[Any]]:
    """A transaction that no trigger of ours keeps from anything."""
    with psycopg.connect(dsn) as owner:
        owner.execute("set session_replication_role = replica")
        yield owner


def forget_close(dsn: str, number: int) -> None:
    """As after a restore: merchant 1's close, its figures, and the account's chain are gone."""
    with as_owner(dsn) as owner:
        day = owner.execute(
            "delete from closes where merchant_id = 1 and number = %s returning day", [number]
        ).fetchone()
        owner.execute("delete from closes where merchant_id is null")
        kept = owner.execute(
            "select relname from pg_class where relname = any(%s)",
            [["figure_days", "day_figures", "day_calls"]],
        ).fetchall()
        for (table,) in kept:
            owner.execute(
                sql.SQL("delete from {} where merchant_id = 1 and day = %s").format(
                    sql.Identifier(table)
                ),
                day,
            )


def known_since(dsn: str, days: int) -> None:
    """Both merchants are there since so many days."""
    with as_owner(dsn) as owner:
        owner.execute("update merchants set created_at = now() - make_interval(days => %s)", [days])


def happened(dsn: str, cashback_id: UUID, *, days_ago: float) -> None:
    """A cashback's moves happened so long ago, each a second after the one before."""
    with as_owner(dsn) as owner:
        owner.execute(
            "update events set at = now() - make_interval(secs => %s - sequence)"
            " where cashback_id = %s",
            [days_ago * 86_400, cashback_id],
        )


def ends_in(
    dsn: str, seconds: float, *, since: date | None = None, merchant_id: int = 1
) -> datetime:
    """Make today end in a moment, by a zone of its own (from day `since` on); when that is."""
    with as_owner(dsn) as owner:
        owner.execute(
            "create or replace function days_stay_open() returns interval"
            " language sql immutable return interval '0'"
        )
        row = owner.execute("select clock_timestamp()").fetchone()
        assert row is not None
        end = (row[0] + timedelta(seconds=seconds)).astimezone(UTC).replace(microsecond=0)
        day = since or end.date() - timedelta(days=1)
        west = end - datetime.combine(day + timedelta(days=1), time(), UTC)
        # POSIX: what is added to the wall clock to get UTC.
        sign = "-" if west < timedelta(0) else "+"
        zone = f"<T>{sign}{abs(west)}"
        if since is None:
            owner.execute("delete from day_zones where merchant_id = %s", [merchant_id])
            owner.execute(
                "update merchants set created_at = %s where merchant_id = %s",
                [end - timedelta(hours=1), merchant_id],
            )
        owner.execute(
            "insert into day_zones (merchant_id, from_day, zone) values (%s, %s, %s)",
            [merchant_id, since or "1999-01-01", zone],
        )
        row = owner.execute("select day_ends_at(%s, %s)", [merchant_id, day]).fetchone()
        assert row == (end,), row
    ended: datetime = end
    return ended


def renamed(dsn: str, slug: str, other: str) -> None:
    """As if a merchant had been called so from its begin."""
    with as_owner(dsn) as owner:
        owner.execute("update merchants set slug = %s where slug = %s", [other, slug])
