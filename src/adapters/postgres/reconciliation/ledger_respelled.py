"""Which lines that enter the provider's ledger are credits that stand there in other words.

The core decides (`respelled.in_other_words`), one likeness after the other: here is found what may
be such, by index, and what was decided is put aside.
"""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.reconciliation.ledger_by_key import DECIDED, NEWER
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.reconciliation.ledger import LedgerLine
from cashback_core.reconciliation.respelled import in_other_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from psycopg import AsyncConnection

    _Row = tuple[
        UUID, int, UUID, int, datetime, datetime | None, datetime | None, str, int | None,
        UUID | None, bool
    ]  # fmt: skip
    """Alike, side (0 enters, 1 leaves, 2 is silent), place, instant, day, what it is, fixed."""

AT_ONCE: Final = 10_000
"""So many lines are asked for, and thought about, at once; and the rest of the last likeness."""


async def put_respelled_aside(connection: AsyncConnection[Any], values: Mapping[str, Any]) -> None:
    """Say of each line that was found to enter whether its credit stands; within a transaction."""
    async with connection.cursor(name="respelled") as cursor:
        await cursor.execute(_MAY_BE_ONE, values)
        held: list[_Row] = []
        while more := await cursor.fetchmany(AT_ONCE):
            held += more
            last = held[-1][0]
            cut = next(place for place, row in enumerate(held) if row[0] == last)
            await _put(connection, await asyncio.to_thread(_decided, held[:cut]))
            held = held[cut:]
        await _put(connection, await asyncio.to_thread(_decided, held))


def _decided(rows: Iterable[_Row]) -> list[str]:
    """Rows of `provider_respelled`, as COPY takes them."""
    decided: list[str] = []
    for _, alike in groupby(rows, key=lambda row: row[0]):
        sides: tuple[list[LedgerLine], list[LedgerLine], list[LedgerLine]] = ([], [], [])
        fixed: set[tuple[str, int]] = set()
        for row in alike:
            line = _line(row)
            sides[row[1]].append(line)
            if row[-1]:
                fixed.add((line.key, line.nth))
        decided += (
            f"{new.key}\t{new.nth}\t{old.key}\t{old.nth}\t{(old.key, old.nth) in fixed}\n"
            for new, old in in_other_words(*sides)
        )
    return decided


def _line(row: _Row) -> LedgerLine:
    alike, _, key, nth, at, begins, ends, cls, owner, cashback_id, _ = row
    return LedgerLine(
        key=key.hex,
        nth=nth,
        centavos=0,  # the same of all that are alike, and not asked
        credited_at=at,
        cls=FindingClass(cls),
        merchant_id=owner,
        cashback_id=cashback_id,
        alike=alike.hex,
        told=None if begins is None or ends is None else (begins, ends),
    )


async def _put(connection: AsyncConnection[Any], rows: Sequence[str]) -> None:
    if not rows:
        return
    async with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy provider_respelled (new_key, new_nth, line_key, nth, is_fixed) from stdin"
        ) as copy,
    ):
        await copy.write("".join(rows))


_MAY_BE_ONE: Final[LiteralString] = f"""
    with {NEWER}, entering as materialized (
        select alike, line_key, nth, credited_at, told_since, told_through, class, owner,
            cashback_id
        from provider_found
        where from_class is null and class is not null
            and credited_at is not null and alike is not null
    ), standing as materialized (
        select * from provider_lines
        where credited_at >= %(since)s - %(after)s and credited_at <= %(through)s + %(after)s
            and class is not null and alike in (select alike from entering)
        union all
        select l.*
        from (select distinct owner, cashback_id from entering where cashback_id is not null) as k
        -- Each looked up by its index: joined, all lines there ever were would be read.
        cross join lateral (
            select * from provider_lines as p
            where p.merchant_id = k.owner and p.cashback_id = k.cashback_id
                and p.class is not null
                and not (p.credited_at >= %(since)s - %(after)s
                    and p.credited_at <= %(through)s + %(after)s)
            offset 0
        ) as l
        where l.alike in (select alike from entering)
    ), silent as materialized (
        select *, {DECIDED} as is_fixed from standing as s
        where not exists (
                select from provider_found as f where (f.line_key, f.nth) = (s.line_key, s.nth)
            )
            and not exists (select from provider_told as t where t.line_key = s.line_key)
    ), likely as materialized (
        select distinct alike from silent
    )
    select alike, 0 as side, line_key, nth, credited_at, told_since, told_through, class, owner,
        cashback_id, false
    from entering where alike in (select alike from likely)
    union all
    select alike, 1, line_key, nth, credited_at, told_since, told_through, from_class, from_owner,
        from_cashback, false
    from provider_found
    where class is null and credited_at is not null and alike in (select alike from likely)
    union all
    select alike, 2, line_key, nth, credited_at, told_since, told_through, class, merchant_id,
        cashback_id, is_fixed
    from silent
    order by alike, side
"""  # noqa: S608 (made of literals)
