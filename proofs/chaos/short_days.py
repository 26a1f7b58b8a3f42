"""Days of seconds, for runs of a minute: of the database, and of the clock that closers ask.

Nothing of production code is loosened. The functions that say where a day begins are made over in
the run's own database, before it has a merchant. Closers wait for the ten minutes that a day must
be over, by a clock that is nearly ten minutes ahead; so what they sign holds for whoever verifies.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import psycopg

from adapters.postgres.closing import chains
from adapters.postgres.closing.store import PostgresCloseStore, _Closing
from cashback_core.closing import closing
from cashback_core.closing.closing import GRACE
from cashback_core.closing.kept import Horizon
from cashback_core.delivery import worker
from chaos.replacing import replace

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import AsyncConnection

    from cashback_core.closing.kept import OpenDay

# pyright: reportPrivateUsage=false

DAY_S: Final = 3
OVER_S: Final = 0.2
"""So long a day is over by the true clock before it is closed."""
EVERY_S: Final = 0.5
"""How often a worker closes what is due."""

_AHEAD: Final = GRACE - timedelta(seconds=OVER_S)

# Each zone begins its days at another part of them.
_MIDNIGHT: Final = """
    timestamptz '{anchor}'
    + (({day}) - date '2026-01-01' + abs(hashtext({zone}) % 90) / 100.0) * interval '{day_s} s'
"""
_MADE_OVER: Final = """
    create or replace function day_ends_at(of_merchant bigint, of_day date) returns timestamptz
    language sql stable as $$
        select greatest({tomorrow}, {today})
    $$;
    create or replace function day_of(of_merchant bigint, instant timestamptz) returns date
    language sql stable as $$
        select n.near + d.day from generate_series(-3, 3) as n (near),
            lateral (
                select date '2026-01-01' + floor(
                    extract(epoch from instant - timestamptz '{anchor}') / {day_s}
                )::integer as day
            ) as d
        where day_begins_at(of_merchant, d.day + n.near) <= instant
            and instant < day_ends_at(of_merchant, d.day + n.near)
    $$
"""


def make_days_short(dsn: str) -> None:
    """Make the functions of days over; before the first merchant."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select now()::text").fetchone()
        assert row is not None
        [anchor] = row

        def midnight(day: str, zone: str) -> str:
            return _MIDNIGHT.format(anchor=anchor, day=day, zone=zone, day_s=DAY_S)

        made_over = _MADE_OVER.format(
            tomorrow=midnight("of_day + 1", "day_zone(of_merchant, of_day)"),
            today=midnight("of_day", "day_zone(of_merchant, of_day - 1)"),
            anchor=anchor,
            day_s=DAY_S,
        )
        connection.execute(made_over.encode())


def close_short_days() -> None:
    """Put the closers' clock ahead, and have them look twice a second."""
    now, settled_at, horizon = _Closing.now, PostgresCloseStore.settled_at, chains.horizon

    async def later(self: _Closing) -> datetime:
        return await now(self) + _AHEAD

    async def settled_later(
        self: PostgresCloseStore, connection: AsyncConnection[Any]
    ) -> datetime | None:
        at = await settled_at(self, connection)
        return None if at is None else at + _AHEAD

    async def cut_later(connection: AsyncConnection[Any], day: OpenDay) -> Horizon:
        cut = await horizon(connection, day)
        return Horizon(below=cut.below, at=cut.at + _AHEAD)

    every = worker.Worker._every  # noqa: SLF001 (no setting is that short)

    async def often(self: worker.Worker, every_s: float, *others: Any) -> None:
        closes = others[0] is self.chores.close
        await every(self, EVERY_S if closes else every_s, *others)

    replace(closing, "CLOCKS_APART", GRACE)  # the machine's clock is not put ahead with it
    replace(_Closing, "now", later)
    replace(PostgresCloseStore, "settled_at", settled_later)
    replace(chains, "horizon", cut_later)
    replace(worker.Worker, "_every", often)
