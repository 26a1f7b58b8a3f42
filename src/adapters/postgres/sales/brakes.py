"""What stands against a group of cashbacks: read under a lock, counted before they are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, LiteralString

from adapters.postgres.sales.sale_names import Cursor, encode
from cashback_core.delivery.brakes import (
    HELD,
    NO_BRAKES,
    Ceilings,
    StandingBrakes,
    WaitsFor,
    intake,
    merchant_day,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from cashback_core.intake.acceptance import Submission

LOCK: Final[LiteralString] = "lock table brakes_lock in row exclusive mode"
"""Held by whoever accepts or claims; whoever puts a brake on holds it alone, until its commit.

A statement of its own, before the one that reads brakes: that one must see what was waited for.
"""

PUT_OFF: Final[LiteralString] = "'2099-01-01 00:00:00+00'::timestamptz"
"""When that is due which a stop holds back: no claim reads it before the stop is lifted."""

STOPPED: Final[LiteralString] = """
    exists (
        select from stops as t
        where t.merchant_id = c.merchant_id and t.lifted_at is null and (
            t.type is null or exists (
                select from sale_lines as l
                where l.merchant_id = c.merchant_id and l.cashback_id = c.cashback_id
                    and l.type = t.type
            )
        )
    )
"""
"""Whether a row `c` of cashbacks is held back by a stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToBePaid:
    """A cashback that brakes are asked for: accepted, or confirmed."""

    id: UUID
    merchant_id: int
    centavos: int
    types: frozenset[str]

    @classmethod
    def of(cls, submission: Submission) -> ToBePaid:
        """What a submission would pay."""
        return cls(
            id=submission.id,
            merchant_id=submission.merchant_id,
            centavos=submission.cashback.cashback_centavos,
            types=frozenset(line.type for line in submission.sale.lines),
        )


@dataclass(slots=True)
class Brakes:
    """What stands against a group's merchants, and what of it each cashback waits for."""

    standing: Mapping[int, StandingBrakes] = field(default_factory=dict[int, StandingBrakes])
    now: datetime | None = None
    waits: dict[UUID, WaitsFor] = field(default_factory=dict["UUID", WaitsFor])


async def read_brakes(cursor: Cursor, submissions: Sequence[Submission]) -> Brakes:
    """What stands; asked only where `take_names` saw that anything does.

    What is only looked for is never recorded: it asks no brake, and its types may be any text.
    """
    fresh = [s for s in submissions if not s.replay_only]
    if not fresh:
        return Brakes()
    merchants = sorted({s.merchant_id for s in fresh})
    types = sorted({line.type for s in fresh for line in s.sale.lines})
    return await read_standing(cursor, merchants, types)


async def read_standing(cursor: Cursor, merchants: Sequence[int], types: Sequence[str]) -> Brakes:
    """What stands against these merchants as a whole, or against these types of theirs."""
    await cursor.execute(
        """
        select m.merchant_id, m.zone, m.max_cashback_centavos, m.max_day_centavos,
            coalesce(bool_or(t.type is null) filter (where t.stop_id is not null), false),
            coalesce(array_agg(t.type) filter (where t.type is not null), '{}'), now()
        from merchants as m
        left join stops as t on t.merchant_id = m.merchant_id and t.lifted_at is null
            and (t.type is null or t.type = any(%(types)s))
        where m.merchant_id = any(%(merchants)s)
        group by m.merchant_id
        """,
        {"types": types, "merchants": merchants},
    )
    brakes = Brakes()
    standing: dict[int, StandingBrakes] = {}
    for id_, zone, per_cashback, per_day, stopped, stopped_types, now in await cursor.fetchall():
        ceilings = Ceilings(max_cashback_centavos=per_cashback, max_day_centavos=per_day)
        standing[id_] = StandingBrakes(
            ceilings=ceilings,
            zone=zone,
            merchant_stopped=stopped,
            types_stopped=frozenset(stopped_types),
        )
        brakes.now = now
    brakes.standing = standing
    return brakes


async def put_brakes_on(cursor: Cursor, brakes: Brakes, accepted: Iterable[ToBePaid]) -> None:
    """Find what each of these waits for, and count what is not held, in the order that they came.

    After names and customers: of two groups of a merchant with a ceiling for its days the second
    waits here until the first is committed, and for no longer than that takes.
    """
    if not brakes.standing or brakes.now is None:
        return
    days = {
        merchant_id: merchant_day(brakes.now, standing.zone)
        for merchant_id, standing in brakes.standing.items()
        if standing.ceilings.max_day_centavos is not None
    }
    before = await _lock_sums(cursor, days) if days else {}
    sums = dict(before)
    for s in accepted:
        centavos = s.centavos
        standing = brakes.standing.get(s.merchant_id, NO_BRAKES)
        waits = intake(centavos, s.types, standing, sums.get(s.merchant_id, 0))
        if waits is not None:
            brakes.waits[s.id] = waits
        if s.merchant_id in sums and waits not in HELD:
            sums[s.merchant_id] += centavos
    changed = [
        {"m": merchant_id, "d": days[merchant_id].isoformat(), "c": centavos}
        for merchant_id, centavos in sums.items()
        if centavos != before[merchant_id]
    ]
    if changed:
        await cursor.execute(
            """
            update day_sums as d set centavos = i.c
            from jsonb_to_recordset(%s::jsonb) as i (m bigint, d date, c bigint)
            where d.merchant_id = i.m and d.day = i.d
            """,
            [encode(changed)],
        )


async def give_back(cursor: Cursor, merchant_id: int, cashback_id: UUID) -> None:
    """Take off its day's sum what is cancelled, if it was counted and no attempt was ever made.

    What was tried stays counted, and so does nothing that was held at first. It was counted when it
    was accepted, or confirmed.
    """
    await cursor.execute(
        """
        select m.zone, e.at, c.cashback_centavos
        from cashbacks as c
        join merchants as m using (merchant_id)
        join events as e
            on e.merchant_id = c.merchant_id and e.cashback_id = c.cashback_id
                and e.sequence <= 2 and e.actor = 'api' and e.to_status = 'pending'
                and coalesce(e.from_status, 'unconfirmed') = 'unconfirmed'
        where c.merchant_id = %s and c.cashback_id = %s and c.attempt = 0
            and m.max_day_centavos is not null
        """,
        [merchant_id, cashback_id],
    )
    row = await cursor.fetchone()
    if row is None:
        return
    zone, counted_at, centavos = row
    await cursor.execute(
        """
        update day_sums set centavos = greatest(0, centavos - %s)
        where merchant_id = %s and day = %s
        """,
        [centavos, merchant_id, merchant_day(counted_at, zone)],
    )


async def _lock_sums(cursor: Cursor, days: Mapping[int, date]) -> dict[int, int]:
    """What each merchant's day has come to; nobody else changes it until this transaction ends."""
    wanted = encode([{"m": m, "d": day.isoformat()} for m, day in sorted(days.items())])
    sums: dict[int, int] = {}
    while len(sums) < len(days):
        await cursor.execute(
            """
            select d.merchant_id, d.centavos
            from jsonb_to_recordset(%s::jsonb) as i (m bigint, d date)
            join day_sums as d on d.merchant_id = i.m and d.day = i.d
            order by d.merchant_id
            for no key update of d
            """,
            [wanted],
        )
        sums = dict(await cursor.fetchall())
        if len(sums) < len(days):  # the first of a day
            await cursor.execute(
                """
                insert into day_sums (merchant_id, day, centavos)
                select m, d, 0 from jsonb_to_recordset(%s::jsonb) as i (m bigint, d date)
                order by m
                on conflict do nothing
                """,
                [wanted],
            )
    return sums
