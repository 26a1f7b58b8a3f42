"""Settling from a statement: read, decide and store in one transaction, over whole groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from adapters.postgres.accepting import encode
from adapters.postgres.connection import DatabaseRole, serving_dsn, translated
from cashback_core.delivery import Status
from cashback_core.ports import SettlementStore
from cashback_core.settlement import Settleable, settle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from adapters.postgres.accepting import Cursor
    from cashback_core.delivery import DeliveryPolicy
    from cashback_core.settlement import Margin, Settled, Settlement, Statement

_STATEMENT_TIMEOUT = "60s"
"""Settling reads many rows; it has a connection of its own and more patience than a request."""


class PostgresSettlementStore(SettlementStore):
    """Settles over a connection of its own, once in a while."""

    def __init__(self, dsn: str, policy: DeliveryPolicy, margin: Margin) -> None:
        self._dsn = serving_dsn(
            dsn,
            application="cashback-settler",
            role=DatabaseRole.WORKER,
            statement_timeout=_STATEMENT_TIMEOUT,
        )
        self._policy = policy
        self._margin = margin

    async def doubtful_since(self) -> datetime | None:
        """From when on a statement must tell of every group in doubt; None without any."""
        with translated():
            async with await self._connect() as connection, connection.cursor() as cursor:
                groups = await _read(cursor, _GROUPS, {})
        starts = [row.first_started_at for row, _ in groups if row.first_started_at is not None]
        return self._margin.window_start(min(starts)) if starts else None

    async def settle(self, statement: Statement, *, echoes_reference: bool) -> Settlement:
        """Store what a statement proves, and tell it."""
        with translated():
            async with await self._connect() as connection, connection.cursor() as cursor:
                # Locked in key order: a late answer waits until the group is decided, or the
                # group is read with it.
                locked = await _read(cursor, _GROUPS + _LOCK, {})
                groups = _whole(await _read(cursor, _GROUPS, {}), locked)
                window = {"since": statement.since, "through": statement.complete_through}
                applied = await _read(cursor, _APPLIED, window)
                skew = {**window, "skew_s": self._margin.clock_skew_s}
                erased = await _read(cursor, _ERASED, skew)
                rows = {row.id: row for row, _ in (*applied, *erased, *groups)}
                settlement = settle(
                    tuple(rows.values()),
                    statement,
                    policy=self._policy,
                    margin=self._margin,
                    echoes_reference=echoes_reference,
                )
                versions = {row.id: version for row, version in groups}
                await _store(cursor, settlement.settled, versions)
        return settlement

    async def _connect(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(self._dsn)


# All that was ever tried of each customer and amount that has one in doubt: over all merchants,
# since they share the provider's account.
_GROUPS = """
    with doubtful as materialized (
        select distinct s.document, c.cashback_centavos
        from cashbacks as c join sales as s using (merchant_id, cashback_id)
        where c.status = 'in_doubt'
    )
    select c.cashback_id, c.merchant_id, s.document, c.cashback_centavos, c.status, c.accepted_at,
        a.first_started_at, a.last_started_at, c.applied_at, c.version
    from doubtful as d
    cross join merchants as m
    join sales as s on s.merchant_id = m.merchant_id and s.document = d.document
    join cashbacks as c on c.merchant_id = s.merchant_id and c.cashback_id = s.cashback_id
        and c.cashback_centavos = d.cashback_centavos
    cross join lateral (
        select min(t.started_at) as first_started_at, max(t.started_at) as last_started_at
        from attempts as t
        where t.merchant_id = c.merchant_id and t.cashback_id = c.cashback_id
    ) as a
    where c.attempt > 0
    order by c.merchant_id, c.cashback_id
"""
_LOCK = " for no key update of c"

_PAID = """
    select c.cashback_id, c.merchant_id, s.document, c.cashback_centavos, c.status, c.accepted_at,
        a.first_started_at, a.last_started_at, c.applied_at, c.version
    from cashbacks as c
    join sales as s using (merchant_id, cashback_id)
    cross join lateral (
        select min(t.started_at) as first_started_at, max(t.started_at) as last_started_at
        from attempts as t
        where t.merchant_id = c.merchant_id and t.cashback_id = c.cashback_id
    ) as a
    where c.status = 'applied'
"""
_APPLIED = _PAID + " and c.applied_at >= %(since)s and c.applied_at <= %(through)s"

# Of erased customers everything whose credit the statement may hold, by whichever clock.
_ERASED = (
    _PAID
    + " and c.applied_at >= %(since)s::timestamptz - make_interval(secs => %(skew_s)s)"
    + " and s.document like 'E%%'"
)


async def _read(cursor: Cursor, query: str, values: dict[str, Any]) -> list[tuple[Settleable, int]]:
    await cursor.execute(query.encode(), values)
    return [
        (
            Settleable(
                id=cashback_id,
                merchant_id=merchant_id,
                document=document,
                cashback_centavos=centavos,
                status=Status(status),
                accepted_at=accepted_at,
                first_started_at=first,
                last_started_at=last,
                applied_at=applied_at,
            ),
            version,
        )
        for (
            cashback_id,
            merchant_id,
            document,
            centavos,
            status,
            accepted_at,
            first,
            last,
            applied_at,
            version,
        ) in await cursor.fetchall()
    ]


def _whole(
    groups: Sequence[tuple[Settleable, int]], locked: Sequence[tuple[Settleable, int]]
) -> list[tuple[Settleable, int]]:
    """The groups of which every cashback is locked; `groups` was read after the locks were had.

    Whoever waits for a lock is given the row as it is by then, but its attempts as they were
    before: what was sent and got lost meanwhile would seem to have been quiet for long.
    """
    ours = {row.id for row, _ in locked}
    grown = {(r.document, r.cashback_centavos) for r, _ in groups if r.id not in ours}
    return [
        (row, version)
        for row, version in groups
        if (row.document, row.cashback_centavos) not in grown
    ]


async def _store(cursor: Cursor, settled: Sequence[Settled], versions: dict[UUID, int]) -> None:
    if not settled:
        return
    rows = [
        {"m": s.merchant_id, "c": s.id, "to": s.to, "why": s.reason, "v": versions[s.id]}
        for s in settled
    ]
    await cursor.execute(
        """
        with input as materialized (
            select * from jsonb_to_recordset(%s::jsonb)
                as i (m bigint, c uuid, "to" text, why text, v integer)
        ), moved as (
            update cashbacks as c set
                status = i."to", version = i.v + 1,
                applied_at = case i."to" when 'applied' then now() end,
                due_at = case i."to" when 'pending' then now() end,
                open_since_at = case i."to" when 'pending' then now() else open_since_at end
            from input as i
            where c.merchant_id = i.m and c.cashback_id = i.c
                and c.version = i.v and c.status = 'in_doubt'
            returning c.merchant_id, c.cashback_id, c.version, c.attempt, c.status, i.why
        )
        insert into events (
            merchant_id, cashback_id, sequence, at, actor, from_status, to_status, attempt, reason
        )
        select merchant_id, cashback_id, version, now(), 'settler', 'in_doubt', status, attempt,
            why
        from moved
        """,
        [encode(rows)],
    )
