"""Reading why cashbacks wait: of a whole page in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.sales.brakes import PUT_OFF
from adapters.postgres.sales.records import BRAKE, brake_of
from cashback_core.delivery.states import Status
from cashback_core.delivery.waits import PAUSE_FRESH, Facts, Waiting, why_it_waits

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from psycopg import AsyncConnection

_FACTS: Final[LiteralString] = f"""
    select c.cashback_id, c.status, e.at, now(), nullif(c.due_at, {PUT_OFF}), a.result,
        a.status_code, s.paused_at,
        (select min(p.began_at) from sender_pauses as p where p.through_at > now() - %(fresh)s),
        {BRAKE}
    from cashbacks as c
    join events as e
        on e.merchant_id = c.merchant_id and e.cashback_id = c.cashback_id
            and e.sequence = c.version  -- the latest
    left join attempts as a
        on a.merchant_id = c.merchant_id and a.cashback_id = c.cashback_id
            and a.attempt = c.attempt
    cross join sender as s
    where c.merchant_id = any(
            case when %(merchant_id)s::bigint is null
                then array(select merchant_id from merchants) else array[%(merchant_id)s::bigint]
            end
        )
        and c.cashback_id = any(%(ids)s)
        and c.status in ('unconfirmed', 'pending', 'in_doubt', 'held', 'rejected')
"""  # noqa: S608 (made of literals)


async def read_waits(
    connection: AsyncConnection[Any], merchant_id: int | None, ids: Collection[UUID]
) -> Mapping[UUID, Waiting]:
    """Why those of them that wait do, of one merchant or of any."""
    values = {"merchant_id": merchant_id, "ids": list(ids), "fresh": PAUSE_FRESH}
    # Planned with the values: one merchant has another best way than all of them.
    found = await connection.execute(_FACTS, values, prepare=False)
    waits = {row[0]: why_it_waits(_facts(row)) for row in await found.fetchall()}
    return {id_: waiting for id_, waiting in waits.items() if waiting is not None}


def _facts(row: tuple[Any, ...]) -> Facts:
    (
        _, status, since_at, now, due_at, result, status_code, paused_at, resting_since_at, brake,
    ) = row  # fmt: skip
    braked = brake_of(brake)
    return Facts(
        status=Status(status),
        since_at=since_at,
        now=now,
        due_at=due_at,
        result=result,
        status_code=status_code,
        paused_at=paused_at,
        resting_since_at=resting_since_at,
        brake=None if braked is None else (braked.why, braked.since_at),
    )
