"""Leases: taking due cashbacks for a worker, and what becomes of a lease that ran out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.postgres.sales.brakes import LOCK, PUT_OFF, STOPPED
from cashback_core.delivery.leases import Claim
from cashback_core.values.documents import store_document, stored_document

if TYPE_CHECKING:
    from collections.abc import Collection

    from adapters.postgres.sales.acceptance import Cursor
    from cashback_core.delivery.leases import Pause
    from cashback_core.values.documents import BuyerDocument


MAX_ROUNDS: Final = 20
"""How often one claim looks further, past what a stop holds back."""


async def claim_due(
    cursor: Cursor, *, limit: int, lease_s: float, excluding: Collection[BuyerDocument]
) -> tuple[Claim, ...]:
    """Lease the next attempt of pending cashbacks that are due, oldest first.

    What a stop holds back is put off on the way, so that no claim reads it again, and others are
    claimed in its place.
    """
    await cursor.execute(LOCK)
    passed_over = [store_document(document) for document in excluding]
    claims: tuple[Claim, ...] = ()
    for _ in range(MAX_ROUNDS):
        found, put_off = await _claim(
            cursor, limit=limit - len(claims), lease_s=lease_s, excluding=passed_over
        )
        claims += found
        if not put_off:
            break
    return claims


async def _claim(
    cursor: Cursor, *, limit: int, lease_s: float, excluding: list[str]
) -> tuple[tuple[Claim, ...], int]:
    """Of the next `limit` that are due those that may be sent; how many others were put off."""
    await cursor.execute(
        # Materialized: under another plan, `in (select … limit … skip locked)` took many more
        # rows than its limit. Skip locked: another worker got there first.
        f"""
        with candidates as materialized (
            select c.merchant_id, c.cashback_id from cashbacks as c
            where c.status = 'pending' and c.due_at <= now()
                and not exists (select from sender where paused_at is not null)
                and (
                    %(excluding)s::text[] = '{{}}' or (
                        select s.document <> all(%(excluding)s) from sales as s
                        where s.merchant_id = c.merchant_id and s.cashback_id = c.cashback_id
                    )
                )
            order by c.due_at
            limit %(limit)s
            for no key update of c skip locked
        ), looked_at as materialized (
            select c.merchant_id, c.cashback_id, {STOPPED} as is_stopped
            from candidates as c
        ), put_off as (
            update cashbacks as c set due_at = {PUT_OFF}
            from looked_at as d
            where c.merchant_id = d.merchant_id and c.cashback_id = d.cashback_id and d.is_stopped
            returning c.cashback_id
        ), due as materialized (
            select merchant_id, cashback_id from looked_at where not is_stopped
        ), moved as (
            update cashbacks as c set
                status = 'sending', version = c.version + 1, attempt = c.attempt + 1,
                due_at = null, lease_until_at = now() + make_interval(secs => %(lease_s)s)
            from due
            where c.merchant_id = due.merchant_id and c.cashback_id = due.cashback_id
            returning c.merchant_id, c.cashback_id, c.version, c.attempt, c.cashback_centavos,
                c.lease_until_at
        ), begun as (
            insert into attempts (
                merchant_id, cashback_id, attempt, deliverer, started_at, lease_until_at
            )
            select merchant_id, cashback_id, attempt, 'worker', now(), lease_until_at from moved
        ), told as (
            insert into events (
                merchant_id, cashback_id, sequence, at, actor, from_status, to_status, attempt,
                reason
            )
            select merchant_id, cashback_id, version, now(), 'worker', 'pending', 'sending',
                attempt, 'due'
            from moved
        )
        select p.count, m.merchant_id, m.cashback_id, m.attempt, s.document, m.cashback_centavos,
            now()
        from (select count(*) from put_off) as p
        left join moved as m on true
        left join sales as s
            on s.merchant_id = m.merchant_id and s.cashback_id = m.cashback_id
        """,  # noqa: S608 (made of literals)
        {"limit": limit, "lease_s": lease_s, "excluding": excluding},
        binary=True,
    )
    rows = await cursor.fetchall()
    claims = tuple(
        Claim(
            id=cashback_id,
            merchant_id=merchant_id,
            attempt=attempt,
            document=stored_document(document),
            cashback_centavos=centavos,
            started_at=started_at,
        )
        for (
            _,
            merchant_id,
            cashback_id,
            attempt,
            document,
            centavos,
            started_at,
        ) in rows
        if cashback_id is not None
    )
    return claims, rows[0][0]


async def reap(cursor: Cursor, *, limit: int) -> int:
    """Put cashbacks in doubt whose lease ran out: bytes may have left, so never back to pending."""
    await cursor.execute(
        """
        with late as materialized (
            select merchant_id, cashback_id from cashbacks
            where status = 'sending' and lease_until_at < now()
            order by lease_until_at
            limit %(limit)s
            for no key update skip locked
        ), moved as (
            update cashbacks as c set
                status = 'in_doubt', version = c.version + 1, lease_until_at = null
            from late
            where c.merchant_id = late.merchant_id and c.cashback_id = late.cashback_id
            returning c.merchant_id, c.cashback_id, c.version, c.attempt
        ), told as (
            insert into events (
                merchant_id, cashback_id, sequence, at, actor, from_status, to_status, attempt,
                reason
            )
            select merchant_id, cashback_id, version, now(), 'reaper', 'sending', 'in_doubt',
                attempt, 'the lease ran out'
            from moved
        )
        select count(*) from moved
        """,
        {"limit": limit},
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def next_due_s(cursor: Cursor) -> float | None:
    """Seconds until the earliest pending cashback is due, 0 if one is, None without any."""
    await cursor.execute(
        f"""
        select greatest(0, extract(epoch from due_at - clock_timestamp()))::float8
        from cashbacks where status = 'pending' and due_at < {PUT_OFF} order by due_at limit 1
        """  # noqa: S608 (made of literals)
    )
    row = await cursor.fetchone()
    return float(row[0]) if row else None


async def note_pause(cursor: Cursor, pause: Pause) -> None:
    """Remember, or prolong, a time in which a process sent nothing on purpose."""
    await cursor.execute(
        """
        insert into sender_pauses (pause_id, began_at, through_at)
        values (%s, now() - make_interval(secs => %s), now())
        on conflict (pause_id) do update set through_at = excluded.through_at
        """,
        [pause.id, pause.lasted_s],
    )
