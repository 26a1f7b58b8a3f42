"""The cashback store on PostgreSQL; what its methods promise stands in `cashback_core.ports`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from psycopg_pool import AsyncConnectionPool

from adapters.postgres import leasing
from adapters.postgres.connection import (
    DatabaseRole,
    refuse_unsafe_session,
    serving_dsn,
    translated,
)
from adapters.postgres.group_writer import GroupWriter
from adapters.postgres.histories import read_history
from adapters.postgres.isolation import reading_of
from adapters.postgres.rows import ONE, RECORD, record
from cashback_core.ports import (
    Acceptance,
    AttemptResult,
    CashbackStore,
    Claim,
    ClaimsUnacknowledged,
    Page,
    Position,
    RecordFilter,
    StoreUnavailable,
    Submission,
    Terms,
)
from cashback_core.programme import Programme, Rate
from cashback_core.reading import SaleRules
from cashback_core.rounding import Rounding

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
    from uuid import UUID

    from psycopg import AsyncConnection

    from adapters.postgres.commits import CommitObserver
    from cashback_core.delivery import DeliveryPolicy
    from cashback_core.ports import Pause
    from cashback_core.record import History, Record, Standing

TERMS_AGE_S: Final = 30.0
"""How long terms are kept; new rates start at least ten minutes ahead, so none is missed."""

MAX_TERMS: Final = 1000
POOL_TIMEOUT_S: Final = 1.0
"""How long a read waits for a connection: an ERP that is told 503 tries again at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolUse:
    """The connections of one process; `writes_waiting` are those for the next group."""

    lent: int
    idle: int
    most: int
    waiting: int
    writes_waiting: int


class PostgresCashbackStore(CashbackStore):
    """Reads through a pool, writes sales and results through a group writer.

    As `SERVING` it keeps every promise but those to workers (claim, reap, pauses), who work as
    `WORKER`: each role may do what its processes need, and no more.
    `on_connect` is awaited before a new connection is used for anything.
    """

    def __init__(
        self,
        dsn: str,
        policy: DeliveryPolicy,
        *,
        role: DatabaseRole,
        pool_size: int = 4,
        on_connect: Callable[[], Awaitable[object]] | None = None,
        observer: CommitObserver | None = None,
    ) -> None:
        async def connected(connection: AsyncConnection[Any]) -> None:
            await refuse_unsafe_session(connection)
            if on_connect is not None:
                await on_connect()

        self._writer = GroupWriter(dsn, policy, role, connected, observer)
        self._terms: dict[int, tuple[float, Terms]] = {}
        self._pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
            serving_dsn(dsn, application="cashback", role=role),
            min_size=1,
            max_size=pool_size,
            timeout=POOL_TIMEOUT_S,
            # No pause before another try: after a crash the server is back within moments.
            reconnect_timeout=0.0,
            # After a restart of the server every pooled connection is dead: never hand one out.
            check=AsyncConnectionPool.check_connection,
            configure=connected,
            kwargs={"autocommit": True},
            open=False,
        )

    async def open(self) -> None:
        """Begin to serve; needs no database yet."""
        await self._pool.open(wait=False)
        await self._writer.open()

    async def close(self) -> None:
        """Finish what is being written and hang up."""
        await self._writer.close()
        await self._pool.close()

    def use(self) -> PoolUse:
        """How much of its connections this store uses at this moment."""
        stats = self._pool.get_stats()
        open_, idle = stats["pool_size"], stats["pool_available"]
        return PoolUse(
            lent=open_ - idle,
            idle=idle,
            most=stats["pool_max"],
            waiting=stats["requests_waiting"],
            writes_waiting=self._writer.waiting,
        )

    async def ping(self) -> None:
        """Raise StoreUnavailable unless the database answers."""
        with translated():
            async with self._pool.connection(timeout=1.0) as connection:
                await connection.execute("select 1")

    async def terms(self, merchant_id: int) -> Terms | None:
        kept = self._terms.get(merchant_id)
        if kept is not None and time.monotonic() - kept[0] < TERMS_AGE_S:
            return kept[1]
        asked_at = time.monotonic()
        terms = await self._read_terms(merchant_id)
        if terms is not None:
            if len(self._terms) >= MAX_TERMS:
                self._terms.clear()
            self._terms[merchant_id] = (asked_at, terms)
        return terms

    async def accept(self, submission: Submission) -> Acceptance:
        return await self._writer.accept(submission)

    async def conclude(self, result: AttemptResult) -> Standing:
        return await self._writer.conclude(result)

    async def claim_due(
        self, *, limit: int, lease_s: float, excluding: Collection[str] = ()
    ) -> tuple[Claim, ...]:
        claims: tuple[Claim, ...] = ()
        try:
            with translated():
                async with (
                    self._pool.connection() as connection,
                    connection.transaction(),
                    connection.cursor() as cursor,
                ):
                    claims = await leasing.claim_due(
                        cursor, limit=limit, lease_s=lease_s, excluding=excluding
                    )
        except StoreUnavailable as error:
            if claims:  # the commit's answer was lost, and with it whether they are ours
                raise ClaimsUnacknowledged(claims) from error
            raise
        return claims

    async def next_due_s(self) -> float | None:
        with translated():
            async with self._pool.connection() as connection, connection.cursor() as cursor:
                return await leasing.next_due_s(cursor)

    async def note_pause(self, pause: Pause) -> None:
        with translated():
            async with self._pool.connection() as connection, connection.cursor() as cursor:
                await leasing.note_pause(cursor, pause)

    async def reap(self, *, limit: int) -> int:
        with translated():
            async with self._pool.connection() as connection, connection.cursor() as cursor:
                return await leasing.reap(cursor, limit=limit)

    async def find(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        submitted_by: str | None = None,
    ) -> Record | None:
        values = {"merchant_id": merchant_id, "id": id, "submitted_by": submitted_by}
        async with self._reading_of(merchant_id) as connection:
            found = await connection.execute(ONE, values)
            row = await found.fetchone()
        return None if row is None else record(row)

    async def history(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        submitted_by: str | None = None,
    ) -> History | None:
        async with self._reading_of(merchant_id) as connection:
            return await read_history(connection, merchant_id, id, submitted_by=submitted_by)

    async def page(
        self, merchant_id: int, wanted: RecordFilter, *, limit: int, after: Position | None
    ) -> Page:
        values: dict[str, Any] = {
            "merchant_id": merchant_id,
            "status": wanted.status,
            "document": wanted.document,
            "sold_from": wanted.sold_from,
            "sold_to": wanted.sold_to,
            "submitted_by": wanted.submitted_by,
            "at": after.accepted_at if after else None,
            "id": after.id if after else None,
            "limit": limit + 1,  # one more tells whether there is a next page
        }
        async with self._reading_of(merchant_id) as connection:
            found = await connection.execute(
                RECORD + _PAGE,
                values,
                prepare=False,  # planned with the values: each filter has its own best index
            )
            rows = await found.fetchall()
        records = tuple(record(row) for row in rows[:limit])
        last = records[-1] if len(rows) > limit else None
        position = Position(accepted_at=last.accepted_at, id=last.id) if last else None
        return Page(records=records, next=position)

    async def _read_terms(self, merchant_id: int) -> Terms | None:
        async with self._reading_of(merchant_id) as connection:
            merchants = await connection.execute(
                "select zone, rounding, max_sale_age_days from merchants where merchant_id = %s",
                [merchant_id],
            )
            found = await connection.execute(
                "select type, rate_bp, version, starts_at from rates where merchant_id = %s",
                [merchant_id],
            )
            merchant, rates = await merchants.fetchone(), await found.fetchall()
        if merchant is None:
            return None
        zone, rounding, days = merchant
        return Terms(
            merchant_id=merchant_id,
            rules=SaleRules(zone=ZoneInfo(zone), max_age=timedelta(days=days)),
            programme=Programme(
                tuple(Rate(type=t, rate_bp=bp, version=v, starts_at=at) for t, bp, v, at in rates),
                Rounding(rounding),
            ),
        )

    @asynccontextmanager
    async def _reading_of(self, merchant_id: int) -> AsyncGenerator[AsyncConnection[Any], None]:
        with translated():
            async with (
                self._pool.connection() as connection,
                reading_of(connection, merchant_id),
            ):
                yield connection


_PAGE: Final = """
    where s.merchant_id = %(merchant_id)s
        and (%(status)s::text is null or c.status = %(status)s)
        and (%(submitted_by)s::text is null or s.submitted_by = %(submitted_by)s)
        and (%(document)s::text is null or s.document = %(document)s)
        and (%(sold_from)s::timestamptz is null or s.sold_at >= %(sold_from)s)
        and (%(sold_to)s::timestamptz is null or s.sold_at < %(sold_to)s)
        and (
            %(at)s::timestamptz is null
            or s.accepted_at <= %(at)s  -- what the index can use
                and (s.accepted_at, s.cashback_id) < (%(at)s::timestamptz, %(id)s::uuid)
        )
    order by s.accepted_at desc, s.cashback_id desc
    limit %(limit)s
"""
