"""The cashback store on PostgreSQL; see `cashback_core.intake.store`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from adapters.postgres.cashbacks.group_writer import GroupWriter
from adapters.postgres.connection.database import CHORES, CONFIRMING, IDENTIFYING, READING, Database
from adapters.postgres.delivery import confirmations, leases
from adapters.postgres.delivery.resumption import Resumption
from adapters.postgres.delivery.waits import read_waits
from adapters.postgres.sales.brakes import LOCK
from adapters.postgres.sales.customer_summaries import read_summary
from adapters.postgres.sales.histories import read_history
from adapters.postgres.sales.product_cache import PERIODS, ProductCache, read_products
from adapters.postgres.sales.record_pages import read_page, read_total
from adapters.postgres.sales.records import ONE, one, record
from adapters.postgres.sales.sale_names import find_same_request, read_owners, sealed_names
from adapters.postgres.sales.terms import TermsCache, read_terms
from cashback_core.delivery.leases import AttemptResult, Claim, ClaimsUnacknowledged
from cashback_core.delivery.record import NEWEST
from cashback_core.delivery.states import Status
from cashback_core.intake.acceptance import Acceptance, Submission, TermsChanged
from cashback_core.intake.confirmation import (
    Confirmation,
    ConfirmationExpired,
    Confirmed,
    NothingToConfirm,
)
from cashback_core.intake.store import CashbackStore
from cashback_core.reconciliation.incidents import PRECEDES
from cashback_core.sales.catalogue import Catalogue
from cashback_core.sales.rules import NumberScope
from cashback_core.sales.same_sale import EqualContent, Meaning, compared, names_of, which_sale
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.documents import store_document

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime, timedelta
    from uuid import UUID

    from adapters.postgres.cashbacks.commits import CommitObserver
    from cashback_core.delivery.leases import Pause
    from cashback_core.delivery.record import (
        History,
        Record,
        RecordFilter,
        RecordOrder,
        RecordPage,
        RecordTotal,
        Standing,
    )
    from cashback_core.delivery.states import DeliveryPolicy
    from cashback_core.delivery.summaries import CustomerSummary
    from cashback_core.delivery.waits import Waiting
    from cashback_core.sales.sale import Sale
    from cashback_core.sales.terms import Terms
    from cashback_core.values.documents import BuyerDocument
    from cashback_core.values.pages import Position


class PostgresCashbackStore(CashbackStore):
    """Reads through a pool, writes sales and results through a group writer.

    `precedes` is how long before its first attempt a line of the statement may be dated. Without
    `quick` everything is written the plain way, statement by statement.
    """

    def __init__(
        self,
        database: Database,
        policy: DeliveryPolicy,
        observer: CommitObserver | None = None,
        *,
        precedes: timedelta = PRECEDES,
        quick: bool = True,
    ) -> None:
        self._precedes = precedes
        self._writer = GroupWriter(database, policy, observer, quick=quick)
        self._seal = database.seal
        self._reads = database.pool(READING)
        self._confirming = database.pool(CONFIRMING)
        self._chores = database.pool(CHORES)
        self._resuming = Resumption()
        self._callers = database.pool(IDENTIFYING)
        self._terms = TermsCache(self._read_terms)
        self._products = ProductCache()

    @property
    def writes_waiting(self) -> int:
        """How many writes wait for the next group."""
        return self._writer.waiting

    async def ping(self) -> None:
        """Raise StoreUnavailable unless a sale would find every connection and lock it needs."""
        await asyncio.gather(self._callers.ping(), self._take_brakes_lock(), self._writer.ping())

    async def _take_brakes_lock(self) -> None:
        """Not among the writes: where somebody keeps it, the results of attempts go on.

        A stop that is being put on holds it for less than `lock_timeout`.
        """
        async with self._reads.connection() as connection:
            # Two statements at once are a transaction by themselves: a table is locked in one.
            await connection.execute(f"{LOCK}; select", prepare=False)

    async def terms(self, merchant_id: int) -> Terms | None:
        return await self._terms.get(merchant_id)

    async def _read_terms(self, merchant_id: int) -> Terms | None:
        async with self._reads.reading_for(merchant_id) as connection:
            return await read_terms(connection, merchant_id)

    async def catalogue(self, merchant_id: int, skus: Collection[str]) -> Catalogue:
        asked_at = time.monotonic()
        products = self._products.get(merchant_id, skus, asked_at)
        missing = [sku for sku in skus if sku not in products]
        if missing:
            async with self._reads.reading_for(merchant_id) as connection:
                found = await connection.execute(PERIODS, [merchant_id, missing])
                fresh = read_products(await found.fetchall())
            self._products.keep(merchant_id, fresh, asked_at)
            products |= fresh
        return Catalogue(products)

    def forget_terms(self, merchant_id: int) -> None:
        self._terms.forget(merchant_id)
        self._products.forget(merchant_id)

    async def known_name(
        self, merchant_id: int, document: BuyerDocument, *, told_by: str | None = None
    ) -> str | None:
        async with self._reads.reading_for(merchant_id) as connection:
            found = await connection.execute(
                """
                select c.name from customers as c
                where c.merchant_id = %(m)s and c.document = %(document)s
                    and (%(group)s::text is null or exists (
                        select from sales as s
                        where s.merchant_id = c.merchant_id and s.document = c.document
                            and s.name = c.name
                            and coalesce(s.came_under, s.submitted_by) = %(group)s
                    ))
                """,
                {"m": merchant_id, "document": store_document(document), "group": told_by},
            )
            row = await found.fetchone()
        return None if row is None else str(row[0])

    async def accept(self, submission: Submission) -> Acceptance:
        acceptance = await self._writer.accept(submission)
        if isinstance(acceptance, TermsChanged):
            self.forget_terms(submission.merchant_id)
        return acceptance

    async def meaning(
        self,
        merchant_id: int,
        sale: Sale,
        *,
        idempotency_key: str | None,
        equal_content: EqualContent,
        numbers: NumberScope = NumberScope.MERCHANT,
        reads_only: str | None = None,
    ) -> Meaning:
        names = names_of(sale, idempotency_key, numbers=numbers)
        told = {(merchant_id, kind, name): (merchant_id, kind, name) for kind, name in names}
        async with self._reads.reading_for(merchant_id) as connection:
            found = await read_owners(
                connection.cursor(),
                told | sealed_names(told, self._seal),
                {(merchant_id, *name): (reads_only,) for name in compared(names)},
            )
        owners = {(kind, name): owner for (_, kind, name), owner in found.by_name.items()}
        return which_sale(sale, names, owners, equal_content=equal_content, reads_only=reads_only)

    async def same_request(
        self,
        merchant_id: int,
        raw_body: bytes,
        *,
        idempotency_key: str | None,
        sale_id: str | None,
        reads_only: str | None = None,
    ) -> Record | None:
        async with self._reads.acting_for(merchant_id, group=reads_only) as connection:
            return await find_same_request(
                connection.cursor(),
                merchant_id,
                raw_body,
                idempotency_key=idempotency_key,
                sale_id=sale_id,
                group=reads_only,
            )

    async def conclude(self, result: AttemptResult) -> Standing:
        return await self._writer.conclude(result)

    async def claim_due(
        self, *, limit: int, lease_s: float, excluding: Collection[BuyerDocument] = ()
    ) -> tuple[Claim, ...]:
        claims: tuple[Claim, ...] = ()
        try:
            async with (
                self._chores.connection() as connection,
                connection.transaction(),
                connection.cursor() as cursor,
            ):
                claims = await leases.claim_due(
                    cursor, limit=limit, lease_s=lease_s, excluding=excluding
                )
        except StoreUnavailable as error:
            if claims:  # the commit's answer was lost, and with it whether they are ours
                raise ClaimsUnacknowledged(claims) from error
            raise
        return claims

    async def next_due_s(self) -> float | None:
        async with self._chores.connection() as connection, connection.cursor() as cursor:
            return await leases.next_due_s(cursor)

    async def note_pause(self, pause: Pause) -> None:
        async with self._chores.connection() as connection, connection.cursor() as cursor:
            await leases.note_pause(cursor, pause)

    async def confirm(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        group: str | None = None,
    ) -> Confirmation | None:
        async with (
            self._confirming.acting_for(merchant_id, group=group) as connection,
            connection.cursor() as cursor,
        ):
            met = await confirmations.confirm(
                cursor, merchant_id, id, group=group, precedes=self._precedes
            )
            if met is None:
                return None
            if met is Status.VOID:
                return ConfirmationExpired()
            found = await connection.execute(ONE, one(merchant_id, id, group))
            row = await found.fetchone()
        assert row is not None
        told = record(row)
        return Confirmed(told) if met is Status.UNCONFIRMED else NothingToConfirm(told)

    async def void_expired(self, *, limit: int) -> int:
        async with self._chores.connection() as connection, connection.cursor() as cursor:
            return await confirmations.void_expired(cursor, limit=limit)

    async def resume(self, *, limit: int) -> bool:
        resuming, self._resuming = self._resuming, Resumption()  # what fails begins anew
        async with self._chores.connection() as connection, connection.cursor() as cursor:
            more = await resuming.resume(cursor, limit=limit)
        self._resuming = resuming
        return more

    async def reap(self, *, limit: int) -> int:
        async with self._chores.connection() as connection, connection.cursor() as cursor:
            return await leases.reap(cursor, limit=limit)

    async def find(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        group: str | None = None,
    ) -> Record | None:
        async with self._reads.reading_for(merchant_id, group=group) as connection:
            found = await connection.execute(ONE, one(merchant_id, id, group))
            row = await found.fetchone()
        return None if row is None else record(row)

    async def history(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        group: str | None = None,
    ) -> History | None:
        async with self._reads.reading_for(merchant_id, group=group) as connection:
            return await read_history(connection, merchant_id, id, group=group)

    async def page(
        self,
        merchant_id: int,
        wanted: RecordFilter,
        *,
        limit: int,
        after: Position | None,
        order: RecordOrder = NEWEST,
        now: datetime | None = None,
    ) -> RecordPage:
        async with self._reads.reading_for(merchant_id, group=wanted.group) as connection:
            return await read_page(
                connection, merchant_id, wanted, limit=limit, after=after, order=order, now=now
            )

    async def total(
        self,
        merchant_id: int,
        wanted: RecordFilter,
        *,
        order: RecordOrder = NEWEST,
        now: datetime | None = None,
    ) -> RecordTotal | None:
        async with self._reads.reading_for(merchant_id, group=wanted.group) as connection:
            return await read_total(connection, merchant_id, wanted, order=order, now=now)

    async def summary(
        self, merchant_id: int, customer_id: UUID, starts: tuple[datetime, ...]
    ) -> CustomerSummary | None:
        async with self._reads.reading_for(merchant_id) as connection:
            return await read_summary(connection, merchant_id, customer_id, starts)

    async def waits(self, merchant_id: int, ids: Collection[UUID]) -> Mapping[UUID, Waiting]:
        async with self._reads.reading_for(merchant_id) as connection:
            return await read_waits(connection, merchant_id, ids)
