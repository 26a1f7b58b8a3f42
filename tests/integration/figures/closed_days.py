"""Days that are closed, as the service closes them, or with a horizon that a test chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.closing.store import PostgresCloseStore
from cashback_core.closing.closing import CloseDays, ClosesAsked
from cashback_core.testing.memory_closes import MemoryNotes
from contract.closing import SIGNER

if TYPE_CHECKING:
    from datetime import date

    import psycopg

    from adapters.postgres.connection.database import Database
    from cashback_core.closing.kept import KeptClose

_KNOWN_SINCE: Final[LiteralString] = """
    update merchants set created_at = day_begins_at(merchant_id, %(first)s)
    where slug = 'demo' and not exists (select from closes)
"""
_CLOSE: Final[LiteralString] = """
    insert into closes (
        merchant_id, number, day, begins_at, ends_at, below, key_id, hash, previous, document,
        lines, late
    )
    select %(merchant)s, 1 + count(c.number), %(day)s, day_begins_at(%(merchant)s, %(day)s),
        day_ends_at(%(merchant)s, %(day)s), %(below)s, 'none', sha256(substr(d, 10, 47)),
        case when count(c.number) > 0 then sha256(d) end, d, 0, 0
    from closes as c right join (select repeat('x', 200)::bytea as d) as d
        on c.merchant_id = %(merchant)s
    group by d
"""


async def close_days(
    database: Database, owner: psycopg.Connection[Any], *, first: date, through: date
) -> list[KeptClose]:
    """The days of merchant 1 up to `through`, as the worker closes them; those closed now.

    Its days begin with `first`, if none is closed yet.
    """
    with owner.transaction():
        owner.execute("set local session_replication_role = replica")
        owner.execute(_KNOWN_SINCE, {"first": first})
    close = CloseDays(store=PostgresCloseStore(database), signer=SIGNER, notes=MemoryNotes())
    found = await close(ClosesAsked(only="demo", through=through))
    return [*found.closed]


def close_at(owner: psycopg.Connection[Any], merchant_id: int, day: date, *, below: int) -> None:
    """A day's close of a chosen horizon, and its figures.

    As the superuser: neither keys nor chains are looked at.
    """
    values = {"merchant": merchant_id, "day": day, "below": below}
    with owner.transaction():
        owner.execute("set local session_replication_role = replica")
        owner.execute(_CLOSE, values)
    with owner.transaction():
        owner.execute("set local role cashback_worker")
        owner.execute(
            "select keep_day_figures(c.merchant_id, c.day, c.begins_at, c.ends_at, c.below)"
            " from closes as c where c.merchant_id = %s and c.day = %s",
            [merchant_id, day],
        )
