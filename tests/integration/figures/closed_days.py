"""Days closed by hand: what figures need of a close, without its document and its chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

if TYPE_CHECKING:
    from datetime import date

    import psycopg

_STUB: Final[LiteralString] = """
    create table closes (
        merchant_id bigint, day date not null, begins_at timestamptz not null,
        ends_at timestamptz not null, below bigint not null
    )
"""
_CLOSE: Final[LiteralString] = """
    insert into closes (merchant_id, day, begins_at, ends_at, below)
    values (%(merchant)s, %(day)s, day_begins_at(%(merchant)s, %(day)s),
        day_ends_at(%(merchant)s, %(day)s), %(below)s)
"""
_CLOSE_WHOLE: Final[LiteralString] = """
    insert into closes (
        merchant_id, number, day, begins_at, ends_at, below, key_id, hash, previous, document,
        lines, late
    )
    select %(merchant)s, 1 + count(c.day), %(day)s, day_begins_at(%(merchant)s, %(day)s),
        day_ends_at(%(merchant)s, %(day)s), %(below)s, 'none', sha256(substr(d, 10, 47)),
        case when count(c.day) > 0 then sha256(d) end, d, 0, 0
    from closes as c right join (select repeat('x', 200)::bytea as d) as d
        on c.merchant_id = %(merchant)s
    group by d
"""


def close_by_hand(
    owner: psycopg.Connection[Any], merchant_id: int, day: date, *, below: int | None = None
) -> None:
    """A day's close, and its figures; `below` is what every position stands below, if none is said.

    As the superuser: neither keys nor chains are looked at.
    """
    if below is None:
        below = owner.execute("select max(position) + 1 from events").fetchall()[0][0]
    values = {"merchant": merchant_id, "day": day, "below": below}
    with owner.transaction():
        owner.execute("set local session_replication_role = replica")
        found = owner.execute(
            "select column_name from information_schema.columns where table_name = 'closes'"
        )
        names = {name for (name,) in found.fetchall()}
        if not names:
            owner.execute(_STUB)
        owner.execute(_CLOSE_WHOLE if "document" in names else _CLOSE, values)
    with owner.transaction():
        if not names:
            owner.execute("grant select on closes to cashback_worker")
        owner.execute("set local role cashback_worker")
        owner.execute(
            "select keep_day_figures(c.merchant_id, c.day, c.begins_at, c.ends_at, c.below)"
            " from closes as c where c.merchant_id = %s and c.day = %s",
            [merchant_id, day],
        )
