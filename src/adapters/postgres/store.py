"""The cashback store on PostgreSQL; what its methods promise stands in `cashback_core.ports`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from adapters.postgres import leasing
from adapters.postgres.administration.kept_products import PERIODS, KeptProducts, read
from adapters.postgres.connection import (
    Role,
    acting_for,
    connection_pool,
    reading_for,
    refuse_unsafe_session,
    serving_dsn,
    translated,
)
from adapters.postgres.group_writer import GroupWriter
from adapters.postgres.histories import read_history
from adapters.postgres.naming import find_same_request, read_owners
from adapters.postgres.rows import ONE, RECORD, one, record
from cashback_core.catalogue import Catalogue
from cashback_core.names import NameDifference
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
    TermsChanged,
)
from cashback_core.programme import Programme, Rate
from cashback_core.reading import SaleRules
from cashback_core.rounding import Rounding
from cashback_core.same_sale import EqualContent, Meaning, Owner, names_of, which_sale

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from uuid import UUID

    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

    from adapters.postgres.commits import CommitObserver
    from cashback_core.delivery import DeliveryPolicy
    from cashback_core.documents import Cpf
    from cashback_core.ports import Pause
    from cashback_core.record import History, Record, Standing
    from cashback_core.sale import Sale

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

    `on_connect` is awaited before a new connection is used for anything.
    """

    def __init__(
        self,
        dsn: str,
        policy: DeliveryPolicy,
        *,
        pool_size: int = 4,
        on_connect: Callable[[], Awaitable[object]] | None = None,
        observer: CommitObserver | None = None,
    ) -> None:
        async def connected(connection: AsyncConnection[Any]) -> None:
            await refuse_unsafe_session(connection)
            if on_connect is not None:
                await on_connect()

        self._writer = GroupWriter(dsn, policy, connected, observer)
        self._terms: dict[int, tuple[float, Terms]] = {}
        self._products = KeptProducts()

        def pool(role: Role, *, at_least: int) -> AsyncConnectionPool[Any]:
            return connection_pool(
                serving_dsn(dsn, application="cashback", role=role),
                at_least=at_least,
                most=pool_size,
                wait_s=POOL_TIMEOUT_S,
                autocommit=True,
                configure=connected,
            )

        self._reads = pool(Role.SERVING, at_least=1)
        # What concerns every merchant; a process that only serves never connects for it.
        self._chores = pool(Role.WORKER, at_least=0)

    async def open(self) -> None:
        """Begin to serve; needs no database yet."""
        await self._reads.open(wait=False)
        await self._chores.open(wait=False)
        await self._writer.open()

    async def close(self) -> None:
        """Finish what is being written and hang up."""
        await self._writer.close()
        await self._chores.close()
        await self._reads.close()

    def use(self) -> PoolUse:
        """How much of its connections this store uses at this moment."""
        pools = [pool.get_stats() for pool in (self._reads, self._chores)]
        open_ = sum(stats["pool_size"] for stats in pools)
        idle = sum(stats["pool_available"] for stats in pools)
        return PoolUse(
            lent=open_ - idle,
            idle=idle,
            most=sum(stats["pool_max"] for stats in pools),
            waiting=sum(stats["requests_waiting"] for stats in pools),
            writes_waiting=self._writer.waiting,
        )

    async def ping(self) -> None:
        """Raise StoreUnavailable unless the database answers."""
        with translated():
            async with self._reads.connection(timeout=1.0) as connection:
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

    async def catalogue(self, merchant_id: int, skus: Collection[str]) -> Catalogue:
        asked_at = time.monotonic()
        products = self._products.get(merchant_id, skus, asked_at)
        missing = [sku for sku in skus if sku not in products]
        if missing:
            async with reading_for(self._reads, merchant_id) as connection:
                found = await connection.execute(PERIODS, [merchant_id, missing])
                fresh = read(await found.fetchall())
            self._products.keep(merchant_id, fresh, asked_at)
            products |= fresh
        return Catalogue(products)

    async def known_name(self, merchant_id: int, document: Cpf) -> str | None:
        async with reading_for(self._reads, merchant_id) as connection:
            found = await connection.execute(
                "select name from customers where merchant_id = %s and document = %s",
                [merchant_id, str(document)],
            )
            row = await found.fetchone()
        return None if row is None else str(row[0])

    async def accept(self, submission: Submission) -> Acceptance:
        acceptance = await self._writer.accept(submission)
        if isinstance(acceptance, TermsChanged):
            self._terms.pop(submission.merchant_id, None)
            self._products.forget(submission.merchant_id)
        return acceptance

    async def meaning(
        self,
        merchant_id: int,
        sale: Sale,
        *,
        idempotency_key: str | None,
        equal_content: EqualContent,
    ) -> Meaning:
        names = names_of(sale, idempotency_key)
        async with reading_for(self._reads, merchant_id) as connection:
            records = await read_owners(
                connection.cursor(), [(merchant_id, kind, name) for kind, name in names]
            )
        owners = {(kind, name): Owner(r.id, r.sale) for (_, kind, name), r in records.items()}
        return which_sale(sale, names, owners, equal_content=equal_content)

    async def same_request(
        self, merchant_id: int, raw_body: bytes, *, idempotency_key: str | None, sale_id: str | None
    ) -> Record | None:
        async with acting_for(self._reads, merchant_id) as connection:
            cursor = connection.cursor()
            return await find_same_request(
                cursor, merchant_id, raw_body, idempotency_key=idempotency_key, sale_id=sale_id
            )

    async def conclude(self, result: AttemptResult) -> Standing:
        return await self._writer.conclude(result)

    async def claim_due(
        self, *, limit: int, lease_s: float, excluding: Collection[str] = ()
    ) -> tuple[Claim, ...]:
        claims: tuple[Claim, ...] = ()
        try:
            with translated():
                async with (
                    self._chores.connection() as connection,
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
            async with self._chores.connection() as connection, connection.cursor() as cursor:
                return await leasing.next_due_s(cursor)

    async def note_pause(self, pause: Pause) -> None:
        with translated():
            async with self._chores.connection() as connection, connection.cursor() as cursor:
                await leasing.note_pause(cursor, pause)

    async def reap(self, *, limit: int) -> int:
        with translated():
            async with self._chores.connection() as connection, connection.cursor() as cursor:
                return await leasing.reap(cursor, limit=limit)

    async def find(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        submitted_by: str | None = None,
    ) -> Record | None:
        async with reading_for(self._reads, merchant_id) as connection:
            found = await connection.execute(ONE, one(merchant_id, id, submitted_by))
            row = await found.fetchone()
        return None if row is None else record(row)

    async def history(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        submitted_by: str | None = None,
    ) -> History | None:
        async with reading_for(self._reads, merchant_id) as connection:
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
            "name_differs": wanted.name_differs,
            "at": after.accepted_at if after else None,
            "id": after.id if after else None,
            "limit": limit + 1,  # one more tells whether there is a next page
        }
        async with reading_for(self._reads, merchant_id) as connection:
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
        async with reading_for(self._reads, merchant_id) as connection:
            terms = await connection.execute(
                "select zone, rounding, max_sale_age_days, name_difference, equal_content"
                " from merchants"
                " where merchant_id = %s",
                [merchant_id],
            )
            found = await connection.execute(
                "select type, rate_bp, version, starts_at from rates where merchant_id = %s",
                [merchant_id],
            )
            merchant, rates = await terms.fetchone(), await found.fetchall()
        if merchant is None:
            return None
        zone, rounding, days, name_difference, equal_content = merchant
        return Terms(
            merchant_id=merchant_id,
            rules=SaleRules(
                zone=ZoneInfo(zone),
                max_age=timedelta(days=days),
                name_difference=NameDifference(name_difference),
            ),
            programme=Programme(
                tuple(Rate(type=t, rate_bp=bp, version=v, starts_at=at) for t, bp, v, at in rates),
                Rounding(rounding),
            ),
            equal_content=EqualContent(equal_content),
        )


_PAGE: Final = """
    where s.merchant_id = %(merchant_id)s
        and (%(status)s::text is null or c.status = %(status)s)
        and (%(document)s::text is null or s.document = %(document)s)
        and (%(sold_from)s::timestamptz is null or s.sold_at >= %(sold_from)s)
        and (%(sold_to)s::timestamptz is null or s.sold_at < %(sold_to)s)
        and (%(submitted_by)s::text is null or s.submitted_by = %(submitted_by)s)
        and (%(name_differs)s::boolean is null or case when %(name_differs)s then s.name_differs
            else not s.name_differs end)
        and (
            %(at)s::timestamptz is null
            or s.accepted_at <= %(at)s  -- what the index can use
                and (s.accepted_at, s.cashback_id) < (%(at)s::timestamptz, %(id)s::uuid)
        )
    order by s.accepted_at desc, s.cashback_id desc
    limit %(limit)s
"""
