"""A day's lines, made of its events, and made of them once more whenever they are asked for.

Which events a day holds stands in `day_events` (migration `0017_closes`); here they are read page
by page, each in a snapshot of its own: below the horizon everything has ended, so that no later
snapshot has more of them. First the late ones, which come before all others by their instant.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, LiteralString

from cashback_core.closing.lines import DayLine
from cashback_core.delivery.states import Status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from datetime import date, datetime

PAGE: Final = 1_000
"""Events that are read at once."""

_LATE: Final[LiteralString] = """
    select e.* from (
        select k.* from events as k
        where k.merchant_id = %(merchant)s and k.position >= %(from)s and k.position < %(below)s
            and case when k.at < %(begins)s then true else false end
        offset 0
    ) as e
    where (e.at, e.cashback_id, e.sequence) > (%(at)s, %(id)s, %(sequence)s)
    order by e.at, e.cashback_id, e.sequence limit %(limit)s
"""
"""By the day's positions, never by instants: before its begin lies the merchant's whole past."""
_IN_TIME: Final[LiteralString] = """
    select e.* from events as e
    where e.merchant_id = %(merchant)s and e.at >= greatest(%(begins)s, %(at)s)
        and e.at < %(ends)s and e.position < %(below)s
        and (e.at, e.cashback_id, e.sequence) > (%(at)s, %(id)s, %(sequence)s)
    order by e.at, e.cashback_id, e.sequence limit %(limit)s
"""
_LINES: Final[LiteralString] = """
    select e.at, e.cashback_id::text, e.sequence, e.from_status, e.to_status, c.cashback_centavos,
        encode(p.commitment, 'hex'), s.store,
        case
            when accrues(e.from_status, e.to_status) or pays(e.from_status, e.to_status)
                or cancels(e.from_status, e.to_status) or takes_back(e.from_status, e.to_status)
            then (
                select jsonb_object_agg(t.type, t.centavos)
                from (
                    select l.type, sum(l.cashback_centavos)::bigint as centavos
                    from sale_lines as l
                    where l.merchant_id = e.merchant_id and l.cashback_id = e.cashback_id
                    group by l.type
                ) as t
            )
        end
    from ({events}) as e
    join sales as s on s.merchant_id = e.merchant_id and s.cashback_id = e.cashback_id
    join cashbacks as c on c.merchant_id = e.merchant_id and c.cashback_id = e.cashback_id
    left join customers as k on k.merchant_id = s.merchant_id and k.document = s.document
    left join day_persons as p
        on p.merchant_id = k.merchant_id and p.day = %(day)s and p.customer_id = k.customer_id
    order by e.at, e.cashback_id, e.sequence
"""
LATE_LINES: Final[LiteralString] = _LINES.replace("{events}", _LATE)
LINES_IN_TIME: Final[LiteralString] = _LINES.replace("{events}", _IN_TIME)

FIRST: Final = {
    "at": "-infinity",
    "id": "00000000-0000-0000-0000-000000000000",
    "sequence": 0,
}
_STATUSES: Final = {status.value: status for status in Status}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Which events are of a day; `from_position` is `below` of the day before, 0 for the first."""

    merchant_id: int
    day: date
    begins_at: datetime
    ends_at: datetime
    from_position: int
    below: int

    @property
    def values(self) -> dict[str, Any]:
        """As the statements name them."""
        return {
            "merchant": self.merchant_id,
            "day": self.day,
            "begins": self.begins_at,
            "ends": self.ends_at,
            "from": self.from_position,
            "below": self.below,
        }


async def read_lines(
    cut: Cut, ask: Callable[[LiteralString, dict[str, Any]], Awaitable[Sequence[Any]]]
) -> AsyncIterator[Sequence[DayLine]]:
    """The lines in their order; `ask` runs one statement and tells its rows."""
    for asked in (LATE_LINES, LINES_IN_TIME):
        after: dict[str, Any] = FIRST
        while True:
            rows = await ask(asked, {**cut.values, **after, "limit": PAGE})
            if rows:
                yield await asyncio.to_thread(_lines_of, rows)
            if len(rows) < PAGE:
                break
            at, id_, sequence, *_ = rows[-1]
            after = {"at": at, "id": id_, "sequence": sequence}


def _lines_of(rows: Sequence[Any]) -> list[DayLine]:
    return [
        DayLine(
            at=at,
            cashback=id_,
            sequence=sequence,
            from_status=None if was is None else _STATUSES[was],
            to_status=_STATUSES[to],
            centavos=centavos,
            person=person,
            store=store,
            types=types or {},
        )
        for at, id_, sequence, was, to, centavos, person, store, types in rows
    ]
