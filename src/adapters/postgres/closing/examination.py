"""How closing fares, for whoever looks after it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from adapters.postgres.closing.chains import OPEN_DAYS
from adapters.postgres.connection.sessions import DatabaseRole, Session, opened

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

_SESSION: Final = replace(
    Session(application="cashback-doctor", writes=False, deadline_s=20.0),
    role=DatabaseRole.WORKER,
    settings={"statement_timeout": "15s"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingState:
    """When the oldest open day ended, and whose it is; prepared transactions keep days open.

    As the last round was told, at `told_at` (None: none ever was): `troubles` says by chain why
    it is closed no further, `waits_for` who is waited for.
    """

    owner: str
    day: date
    ended_at: datetime
    now: datetime
    prepared: int
    told_at: datetime | None = None
    waits_for: tuple[str, ...] = ()
    troubles: Mapping[str, str] = field(default_factory=dict[str, str])


def examine_closing(dsn: str) -> ClosingState | None:
    """The chain that is furthest behind; None without a merchant. Raises StoreUnavailable."""
    with opened(dsn, _SESSION) as server:
        rows = server.execute(OPEN_DAYS, {"all": True, "merchant": None}).fetchall()
        if not rows:
            return None
        now, prepared = server.execute(
            "select clock_timestamp(),"
            " (select count(*) from pg_prepared_xacts where database = current_database())"
        ).fetchall()[0]
        told = server.execute(
            "select told_at, waits_for, strange || failed from closing_round"
        ).fetchone()
    told_at, waits_for, troubles = told or (None, (), dict[str, str]())
    _, slug, day, _, _, ends_at, *_ = min(rows, key=lambda row: row[5])
    return ClosingState(
        owner=slug or "(account)",
        day=day,
        ended_at=ends_at,
        now=now,
        prepared=prepared,
        told_at=told_at,
        waits_for=tuple(waits_for),
        troubles=troubles,
    )
