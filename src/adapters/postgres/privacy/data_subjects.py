"""Reports, erasure and retention on PostgreSQL; see `cashback_core.privacy.data_subjects`.

All of it runs as the one role that may change what is otherwise written once, and as nothing else.
"""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.connection.database import ERASING, Database
from adapters.postgres.privacy.erasure import erase
from adapters.postgres.sales.histories import read_history
from cashback_core.privacy.data_subjects import (
    Erased,
    Erasure,
    PrivacyStore,
    Retention,
    StillOpen,
    SubjectReport,
)
from cashback_core.sales.erased import is_pseudonym
from cashback_core.values.documents import stored_document
from cashback_core.values.pages import fitting

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from psycopg import AsyncConnection

    from cashback_core.delivery.record import History
    from cashback_core.privacy.seals import Seal

ERASE_S: Final = 25.0
"""An administrator waits for it; longer than one of its statements may take on the server."""

RETAIN_S: Final = 30.0
"""Nobody waits for the retention: it may take as long for one merchant."""

ERASING_S: Final = 10.0
"""So long one merchant's customers are erased in one go: each reads through what persons wrote."""

LOOKED_AT: Final = 10
"""So many customers are looked at for each that may be erased in one go."""


class PostgresPrivacyStore(PrivacyStore):
    """One method is one transaction, but for `retain`: one for each merchant.

    Erases only with the erasure key (`Database.seal`).
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pool = database.pool(ERASING)

    async def report(
        self, merchant_id: int, customer_id: UUID, *, by: str, limit: int, after: UUID | None
    ) -> SubjectReport | None:
        async with self._pool.acting_for(merchant_id) as connection:
            found = await connection.execute(
                "select document, name, created_at, erased_at from customers"
                " where merchant_id = %s and customer_id = %s",
                [merchant_id, customer_id],
            )
            customer = await found.fetchone()
            if customer is None:
                return None
            document, name, created_at, erased_at = customer
            found = await connection.execute(
                # Ids are made in the order of time, so they can say where a page ends.
                """
                select cashback_id from sales
                where merchant_id = %s and document = %s
                    and (%s::uuid is null or cashback_id < %s)
                order by cashback_id desc limit %s
                """,
                [merchant_id, document, after, after, limit + 1],
            )
            ids = [row[0] for row in await found.fetchall()]
            sales = await _histories(connection, merchant_id, ids, limit=limit)
            await _note_report(connection, merchant_id, customer_id, by=by, sales=len(sales))
        nobody = is_pseudonym(document)
        return SubjectReport(
            customer_id=customer_id,
            document=None if nobody else stored_document(document),
            name=None if nobody else name,
            known_since_at=created_at,
            erased_at=erased_at,
            sales=sales,
            next=sales[-1].record.id if len(ids) > len(sales) else None,
        )

    async def erase(
        self, merchant_id: int, customer_id: UUID, erasure: Erasure
    ) -> Erased | StillOpen | None:
        async with self._pool.acting_for(merchant_id, deadline_s=ERASE_S) as connection:
            return await erase(
                connection, merchant_id, customer_id, erasure, seal=self._database.needed_seal
            )

    async def retain(self, retention: Retention, *, limit: int) -> int:
        dropped = 0
        async with self._pool.connection() as connection:
            found = await connection.execute("select merchant_id from merchants order by 1")
            merchants = [row[0] for row in await found.fetchall()]
        for merchant_id in merchants:
            if dropped < limit:
                retaining = self._pool.acting_for(merchant_id, deadline_s=RETAIN_S)
                async with retaining as connection:
                    dropped += await _retain(
                        connection,
                        merchant_id,
                        retention,
                        limit=limit - dropped,
                        seal=self._database.needed_seal,
                    )
        return dropped


async def _histories(
    connection: AsyncConnection[Any], merchant_id: int, ids: list[UUID], *, limit: int
) -> tuple[History, ...]:
    """The first of these sales, as many as a page holds: read one by one, and no more than that."""
    histories: list[History] = []
    parts: list[int] = []
    for id_ in ids:
        history = await read_history(connection, merchant_id, id_)
        if history is None:  # nobody deletes a sale
            raise LookupError(id_)
        parts.append(len(history.record.sale.lines) + len(history.attempts) + len(history.events))
        if fitting(parts, limit=limit) < len(parts):
            break
        histories.append(history)
    return tuple(histories)


async def _note_report(
    connection: AsyncConnection[Any], merchant_id: int, customer_id: UUID, *, by: str, sales: int
) -> None:
    await connection.execute(
        "insert into privacy_acts (merchant_id, act, customer_id, actor, sales)"
        " values (%s, 'report', %s, %s, %s)",
        [merchant_id, customer_id, by, sales],
    )


async def _retain(
    connection: AsyncConnection[Any],
    merchant_id: int,
    retention: Retention,
    *,
    limit: int,
    seal: Seal,
) -> int:
    await connection.execute(
        "insert into retention (merchant_id) values (%s) on conflict do nothing", [merchant_id]
    )
    found = await connection.execute(
        # Whoever has the row cleans this merchant; another worker passes on.
        "select raw_through_at, raw_left, customers_through from retention"
        " where merchant_id = %s for update skip locked",
        [merchant_id],
    )
    row = await found.fetchone()
    if row is None:
        return 0
    past = await connection.execute(
        "delete from refused_clocks where merchant_id = %s and last_at < now() - interval '1 day'",
        [merchant_id],
    )
    dropped = past.rowcount  # one a client: they are few
    if retention.raw_days is not None and dropped < limit:
        raw = _Raw(through_at=row[0], left=row[1])
        dropped += await _drop_raw(
            connection, merchant_id, raw, retention.raw_days, limit - dropped
        )
    if retention.customer_days is not None and dropped < limit:
        days = retention.customer_days
        dropped += await _drop_customers(
            connection, merchant_id, row[2], days, limit - dropped, seal=seal
        )
    return dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raw:
    """How far raw bytes were dropped, and what was left behind because it was unconfirmed."""

    through_at: datetime
    left: list[UUID]


async def _drop_raw(
    connection: AsyncConnection[Any], merchant_id: int, raw: _Raw, days: int, limit: int
) -> int:
    """Drop the oldest raw bytes, up to the oldest cashback that is still open.

    What is unconfirmed holds up nobody else: it is passed, and dropped once it has ended.
    """
    found = await connection.execute(
        """
        select s.cashback_id, s.accepted_at, c.status = 'unconfirmed'
        from sales as s join cashbacks as c using (merchant_id, cashback_id)
        where s.merchant_id = %(m)s and s.accepted_at > %(through)s
            and s.accepted_at < now() - make_interval(days => %(days)s)
            and s.accepted_at < coalesce((
                select min(accepted_at) from cashbacks
                where merchant_id = %(m)s
                    and status not in ('applied', 'not_due', 'void', 'recorded')
                    and status not in ('cancelled', 'unconfirmed')
            ), 'infinity')
        order by s.accepted_at
        fetch first %(limit)s rows with ties  -- those of one group have the same instant
        """,
        {"m": merchant_id, "through": raw.through_at, "days": days, "limit": limit},
    )
    rows = await found.fetchall()
    found = await connection.execute(
        """
        select c.cashback_id from cashbacks as c
        where c.merchant_id = %s and c.cashback_id = any(%s)
            and c.status in ('applied', 'not_due', 'void', 'recorded', 'cancelled')
        limit %s
        """,
        [merchant_id, raw.left, limit],
    )
    ended = {id_ for (id_,) in await found.fetchall()}
    if not rows and not ended:
        return 0
    ids = [*ended, *(id_ for id_, _, unconfirmed in rows if not unconfirmed)]
    await connection.execute(
        "update sales set raw_body = ''"
        " where merchant_id = %s and cashback_id = any(%s) and raw_body <> ''",
        [merchant_id, ids],
    )
    await connection.execute(
        "update attempts set body = null, provider_message = null"
        " where merchant_id = %s and cashback_id = any(%s)"
        " and (body is not null or provider_message is not null)",
        [merchant_id, ids],
    )
    left = [id_ for id_ in raw.left if id_ not in ended]
    left.extend(id_ for id_, _, unconfirmed in rows if unconfirmed)
    await connection.execute(
        "update retention set raw_through_at = %s, raw_left = %s where merchant_id = %s",
        [rows[-1][1] if rows else raw.through_at, left, merchant_id],
    )
    return len(rows) + len(ended)


async def _drop_customers(
    connection: AsyncConnection[Any],
    merchant_id: int,
    through: UUID | None,
    days: int,
    limit: int,
    *,
    seal: Seal,
) -> int:
    """Erase the customers, out of the next few, who have bought nothing for so long."""
    found = await connection.execute(
        """
        with looked as materialized (
            select customer_id, document, created_at from customers
            where merchant_id = %(m)s and erased_at is null
                -- Said as one comparison, from which the condition of its partial index follows.
                and customer_id
                    > coalesce(%(through)s::uuid, '00000000-0000-0000-0000-000000000000')
            order by customer_id limit %(limit)s
        )
        select customer_id,
            created_at < now() - make_interval(days => %(days)s) and (
                -- With a limit it is no `exists`, of which a list of all sales since may be made.
                select true from sales as s
                where s.merchant_id = %(m)s and s.document = looked.document
                    and s.accepted_at >= now() - make_interval(days => %(days)s)
                limit 1
            ) is null
        from looked order by customer_id
        """,
        {"m": merchant_id, "through": through, "days": days, "limit": limit * LOOKED_AT},
    )
    rows = await found.fetchall()
    erased = 0
    erasure = Erasure(by="retention", reason=f"no sale for {days} days")
    last: UUID | None = through
    until_s = time.monotonic() + ERASING_S
    for customer_id, stale in rows:
        if erased == limit or time.monotonic() > until_s:
            break
        last = customer_id
        if stale:
            done = await erase(connection, merchant_id, customer_id, erasure, seal=seal)
            erased += isinstance(done, Erased)
    else:
        if len(rows) < limit * LOOKED_AT:  # the end: the next time begins anew
            last = None
    await connection.execute(
        "update retention set customers_through = %s where merchant_id = %s", [last, merchant_id]
    )
    return erased
