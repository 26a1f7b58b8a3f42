"""What is confirmed later: let go by its ERP, or ended when its time is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.postgres.sales.brakes import LOCK, PUT_OFF, ToBePaid, put_brakes_on, read_standing
from cashback_core.delivery.states import Status
from cashback_core.intake.confirmation import VOID_GRACE, confirming

if TYPE_CHECKING:
    from datetime import timedelta
    from uuid import UUID

    from adapters.postgres.sales.acceptance import Cursor

VOIDED: Final = "not confirmed in its time"


async def confirm(
    cursor: Cursor,
    merchant_id: int,
    cashback_id: UUID,
    *,
    group: str | None,
    precedes: timedelta,
) -> Status | None:
    """The status in which its ERP met a cashback; one that was unconfirmed has moved.

    `precedes` is how long before its first attempt a line of the statement may be dated. None:
    there is none, or none that came under the group.
    """
    # Before the statement that reads brakes, as when a sale is accepted.
    await cursor.execute(LOCK)
    await cursor.execute(
        # Whoever has the row first wins: confirms, voids or cancels. The others wait here for its
        # commit, and then see what it made of the row.
        """
        select c.status, c.version, c.cashback_centavos, now(), array(
            select distinct l.type from sale_lines as l
            where l.merchant_id = c.merchant_id and l.cashback_id = c.cashback_id
        )
        from cashbacks as c
        join sales as s on s.merchant_id = c.merchant_id and s.cashback_id = c.cashback_id
        where c.merchant_id = %(merchant)s and c.cashback_id = %(id)s
            and (%(group)s::text is null or coalesce(s.came_under, s.submitted_by) = %(group)s)
        for no key update of c
        """,
        {"merchant": merchant_id, "id": cashback_id, "group": group},
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    status, version, centavos, now, types = row
    if status != Status.UNCONFIRMED:
        return Status(status)
    brakes = await read_standing(cursor, [merchant_id], types)
    suspected = await _may_be_credited(cursor, merchant_id, cashback_id, precedes)
    one = ToBePaid(
        id=cashback_id, merchant_id=merchant_id, centavos=centavos, types=frozenset(types)
    )
    if not suspected:
        await put_brakes_on(cursor, brakes, [one])
    waits = brakes.waits.get(cashback_id)
    move = confirming(waits, now, suspected=suspected)
    await cursor.execute(
        f"""
        with moved as (
            update cashbacks as c set
                status = %(to)s::text, version = c.version + 1, confirmed_at = now(),
                open_since_at = now(),
                due_at = case when %(to)s <> 'pending' then null
                    when %(put_off)s then {PUT_OFF} else %(due)s end
            where c.merchant_id = %(merchant)s and c.cashback_id = %(id)s
                and c.status = 'unconfirmed' and c.version = %(version)s
            returning c.version
        )
        insert into events (
            merchant_id, cashback_id, sequence, at, actor, from_status, to_status, attempt, reason
        )
        select %(merchant)s, %(id)s, version, now(), %(actor)s, 'unconfirmed', %(to)s, 0, %(reason)s
        from moved
        """,  # noqa: S608 (made of literals)
        {
            "to": move.to,
            "put_off": waits is not None,
            "due": move.due_at,
            "merchant": merchant_id,
            "id": cashback_id,
            "version": version,
            "actor": move.actor,
            "reason": move.reason,
        },
    )
    if cursor.rowcount != 1:
        raise LookupError("a row moved although it was locked")
    return Status.UNCONFIRMED


async def _may_be_credited(
    cursor: Cursor, merchant_id: int, cashback_id: UUID, precedes: timedelta
) -> bool:
    """Whether a database that went back may have forgotten its sending: see `confirming`."""
    await cursor.execute("select may_be_credited(%s, %s, %s)", [merchant_id, cashback_id, precedes])
    return await cursor.fetchone() == (True,)


async def void_expired(cursor: Cursor, *, limit: int) -> int:
    """End what was not confirmed in its time and a grace, the longest overdue first; how many.

    None while the sender is paused: a database that went back may have forgotten confirmations,
    which are told again.
    """
    await cursor.execute(
        # Skip locked: whoever has the row confirms or cancels it, or is another worker.
        """
        with expired as materialized (
            select merchant_id, cashback_id from cashbacks
            where status = 'unconfirmed' and due_at <= now() - %(grace)s
                and not exists (select from sender where paused_at is not null)
            order by due_at
            limit %(limit)s
            for no key update skip locked
        ), moved as (
            update cashbacks as c set status = 'void', version = c.version + 1, due_at = null
            from expired as x
            where c.merchant_id = x.merchant_id and c.cashback_id = x.cashback_id
            returning c.merchant_id, c.cashback_id, c.version
        ), told as (
            insert into events (
                merchant_id, cashback_id, sequence, at, actor, from_status, to_status, attempt,
                reason
            )
            select merchant_id, cashback_id, version, now(), 'worker', 'unconfirmed', 'void', 0,
                %(why)s
            from moved
        )
        select count(*) from moved
        """,
        {"limit": limit, "grace": VOID_GRACE, "why": VOIDED},
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
