"""The cashback store on PostgreSQL; what its methods promise stands in `cashback_core.ports`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, LiteralString
from zoneinfo import ZoneInfo

from adapters.postgres import leasing
from adapters.postgres.administration.kept_products import PERIODS, KeptProducts, read
from adapters.postgres.database import CHORES, IDENTIFYING, READING, Database
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
    from collections.abc import Collection
    from uuid import UUID

    from adapters.postgres.commits import CommitObserver
    from cashback_core.delivery import DeliveryPolicy
    from cashback_core.documents import Cpf
    from cashback_core.ports import Pause
    from cashback_core.record import History, Record, Standing
    from cashback_core.sale import Sale

TERMS_AGE_S: Final = 30.0
"""How long terms are kept; new rates start at least ten minutes ahead, so none is missed."""

MAX_TERMS: Final = 1000


class PostgresCashbackStore(CashbackStore):
    """Reads through a pool, writes sales and results through a group writer."""

    def __init__(
        self, database: Database, policy: DeliveryPolicy, observer: CommitObserver | None = None
    ) -> None:
        self._writer = GroupWriter(database, policy, observer)
        self._reads = database.pool(READING)
        self._chores = database.pool(CHORES)
        self._callers = database.pool(IDENTIFYING)
        self._terms: dict[int, tuple[float, Terms]] = {}
        self._products = KeptProducts()

    @property
    def writes_waiting(self) -> int:
        """How many writes wait for the next group."""
        return self._writer.waiting

    async def ping(self) -> None:
        """Raise StoreUnavailable unless a sale would find every connection that it needs."""
        await asyncio.gather(self._callers.ping(), self._reads.ping(), self._writer.ping())

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
            async with self._reads.reading_for(merchant_id) as connection:
                found = await connection.execute(PERIODS, [merchant_id, missing])
                fresh = read(await found.fetchall())
            self._products.keep(merchant_id, fresh, asked_at)
            products |= fresh
        return Catalogue(products)

    def forget_terms(self, merchant_id: int) -> None:
        self._terms.pop(merchant_id, None)
        self._products.forget(merchant_id)

    async def known_name(self, merchant_id: int, document: Cpf) -> str | None:
        async with self._reads.reading_for(merchant_id) as connection:
            found = await connection.execute(
                "select name from customers where merchant_id = %s and document = %s",
                [merchant_id, str(document)],
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
    ) -> Meaning:
        names = names_of(sale, idempotency_key)
        async with self._reads.reading_for(merchant_id) as connection:
            records = await read_owners(
                connection.cursor(), [(merchant_id, kind, name) for kind, name in names]
            )
        owners = {(kind, name): Owner(r.id, r.sale) for (_, kind, name), r in records.items()}
        return which_sale(sale, names, owners, equal_content=equal_content)

    async def same_request(
        self, merchant_id: int, raw_body: bytes, *, idempotency_key: str | None, sale_id: str | None
    ) -> Record | None:
        async with self._reads.acting_for(merchant_id) as connection:
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
        async with self._chores.connection() as connection, connection.cursor() as cursor:
            return await leasing.next_due_s(cursor)

    async def note_pause(self, pause: Pause) -> None:
        async with self._chores.connection() as connection, connection.cursor() as cursor:
            await leasing.note_pause(cursor, pause)

    async def resume(self, *, limit: int) -> int:
        async with self._chores.connection() as connection, connection.cursor() as cursor:
            return await leasing.resume(cursor, limit=limit)

    async def reap(self, *, limit: int) -> int:
        async with self._chores.connection() as connection, connection.cursor() as cursor:
            return await leasing.reap(cursor, limit=limit)

    async def find(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        submitted_by: str | None = None,
    ) -> Record | None:
        async with self._reads.reading_for(merchant_id) as connection:
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
        async with self._reads.reading_for(merchant_id) as connection:
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
        page: LiteralString = RECORD + _PAGE
        if wanted.rate is not None:
            values |= {"type": wanted.rate.type, "rate_version": wanted.rate.version}
            page = RECORD + _BY_RATE
        async with self._reads.reading_for(merchant_id) as connection:
            found = await connection.execute(
                page,
                values,
                prepare=False,  # planned with the values: each filter has its own best index
            )
            rows = await found.fetchall()
        records = tuple(record(row) for row in rows[:limit])
        last = records[-1] if len(rows) > limit else None
        position = Position(accepted_at=last.accepted_at, id=last.id) if last else None
        return Page(records=records, next=position)

    async def _read_terms(self, merchant_id: int) -> Terms | None:
        async with self._reads.reading_for(merchant_id) as connection:
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


_WANTED: Final[LiteralString] = """
    where s.merchant_id = %(merchant_id)s
        and (%(status)s::text is null or c.status = %(status)s)
        and (%(document)s::text is null or s.document = %(document)s)
        and (%(sold_from)s::timestamptz is null or s.sold_at >= %(sold_from)s)
        and (%(sold_to)s::timestamptz is null or s.sold_at < %(sold_to)s)
        and (%(submitted_by)s::text is null or s.submitted_by = %(submitted_by)s)
        and (%(name_differs)s::boolean is null or case when %(name_differs)s then s.name_differs
            else not s.name_differs end)
"""
_PAGE: Final[LiteralString] = f"""
    {_WANTED}
        and (
            %(at)s::timestamptz is null
            or s.accepted_at <= %(at)s  -- what the index can use
                and (s.accepted_at, s.cashback_id) < (%(at)s::timestamptz, %(id)s::uuid)
        )
    order by s.accepted_at desc, s.cashback_id desc
    limit %(limit)s
"""
_BY_RATE: Final[LiteralString] = f"""
    join (
        -- In the index's own order, so that a page reads no more of it than it needs.
        select distinct l.cashback_id from sale_lines as l
        where l.merchant_id = %(merchant_id)s and l.type = %(type)s
            and l.rate_version = %(rate_version)s and l.rate_version > 0
            and (%(id)s::uuid is null or l.cashback_id < %(id)s)
        order by l.cashback_id desc
    ) as l on l.cashback_id = s.cashback_id
    {_WANTED}
    order by l.cashback_id desc
    limit %(limit)s
"""  # noqa: S608 (made of literals)
