"""The cashback store on PostgreSQL; see `cashback_core.intake.store`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.administration.product_cache import PERIODS, KeptProducts, read
from adapters.postgres.connection.database import CHORES, IDENTIFYING, READING, Database
from adapters.postgres.delivery import leases as leasing
from adapters.postgres.delivery.resumption import Resuming
from adapters.postgres.delivery.waits import read_waits
from adapters.postgres.sales.brakes import LOCK
from adapters.postgres.sales.group_writer import GroupWriter
from adapters.postgres.sales.histories import read_history
from adapters.postgres.sales.records import MANY, ONE, many, one, record
from adapters.postgres.sales.sale_names import find_same_request, read_owners, sealed_names
from cashback_core.delivery.claims import AttemptResult, Claim, ClaimsUnacknowledged
from cashback_core.delivery.record import RecordFilter, RecordPage
from cashback_core.intake.acceptance import Acceptance, Submission, TermsChanged
from cashback_core.intake.store import CashbackStore
from cashback_core.sales.catalogue import Catalogue
from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.same_sale import EqualContent, Meaning, compared, names_of, which_sale
from cashback_core.sales.terms import Terms, UnusableTerms
from cashback_core.sales.validation import SaleRules
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.names import NameDifference
from cashback_core.values.pages import Position, fitting
from cashback_core.values.rounding import Rounding
from cashback_core.values.zones import UnknownZone, zone_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from adapters.postgres.sales.commits import CommitObserver
    from cashback_core.delivery.claims import Pause
    from cashback_core.delivery.record import History, Record, Standing
    from cashback_core.delivery.states import DeliveryPolicy
    from cashback_core.delivery.waits import Waiting
    from cashback_core.sales.sale import Sale
    from cashback_core.values.documents import Cpf

TERMS_AGE_S: Final = 30.0
"""How long terms are kept; new rates start at least ten minutes ahead, so none is missed."""

MAX_TERMS: Final = 1000

_log = logging.getLogger(__name__)


class PostgresCashbackStore(CashbackStore):
    """Reads through a pool, writes sales and results through a group writer."""

    def __init__(
        self, database: Database, policy: DeliveryPolicy, observer: CommitObserver | None = None
    ) -> None:
        self._writer = GroupWriter(database, policy, observer)
        self._seal = database.seal
        self._reads = database.pool(READING)
        self._chores = database.pool(CHORES)
        self._resuming = Resuming()
        self._callers = database.pool(IDENTIFYING)
        self._terms: dict[int, tuple[float, Terms]] = {}
        self._products = KeptProducts()

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
            await connection.execute(f"select {LOCK}")

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

    async def known_name(
        self, merchant_id: int, document: Cpf, *, told_by: str | None = None
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
                {"m": merchant_id, "document": str(document), "group": told_by},
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
        reads_only: str | None = None,
    ) -> Meaning:
        names = names_of(sale, idempotency_key)
        told = {(merchant_id, kind, name): (merchant_id, kind, name) for kind, name in names}
        async with self._reads.reading_for(merchant_id) as connection:
            found = await read_owners(
                connection.cursor(),
                told | sealed_names(told, self._seal),
                {
                    (merchant_id, *name): (reads_only,)
                    for name in compared(names, equal_content=equal_content)
                },
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

    async def resume(self, *, limit: int) -> bool:
        resuming, self._resuming = self._resuming, Resuming()  # what fails begins anew
        async with self._chores.connection() as connection, connection.cursor() as cursor:
            more = await resuming.resume(cursor, limit=limit)
        self._resuming = resuming
        return more

    async def reap(self, *, limit: int) -> int:
        async with self._chores.connection() as connection, connection.cursor() as cursor:
            return await leasing.reap(cursor, limit=limit)

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
        self, merchant_id: int, wanted: RecordFilter, *, limit: int, after: Position | None
    ) -> RecordPage:
        values: dict[str, Any] = {
            "merchant_id": merchant_id,
            "status": wanted.status,
            "document": wanted.document,
            "sold_from": wanted.sold_from,
            "sold_to": wanted.sold_to,
            "group": wanted.group,
            "name_differs": wanted.name_differs,
            "at": after.accepted_at if after else None,
            "id": after.id if after else None,
            "limit": limit + 1,  # one more tells whether there is a next page
        }
        listing = _PAGE
        if wanted.rate is not None:
            values |= {"type": wanted.rate.type, "rate_version": wanted.rate.version}
            listing = _BY_RATE
        async with self._reads.reading_for(merchant_id, group=wanted.group) as connection:
            found = await connection.execute(
                listing,
                values,
                prepare=False,  # planned with the values: each filter has its own best index
            )
            rows = await found.fetchall()
            shown = rows[: fitting((lines for _, _, lines in rows), limit=limit)]
            ids = [id_ for _, id_, _ in shown]
            found = await connection.execute(MANY, many(merchant_id, ids))
            records = {(r := record(row)).id: r for row in await found.fetchall()}
        page = tuple(records[id_] for id_ in ids)
        last = page[-1] if len(rows) > len(page) else None
        position = Position(accepted_at=last.accepted_at, id=last.id) if last else None
        return RecordPage(records=page, next=position)

    async def waits(self, merchant_id: int, ids: Collection[UUID]) -> Mapping[UUID, Waiting]:
        async with self._reads.reading_for(merchant_id) as connection:
            return await read_waits(connection, merchant_id, ids)

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
                zone=_zone(merchant_id, zone),
                max_age=timedelta(days=days),
                name_difference=NameDifference(name_difference),
            ),
            programme=Programme(
                tuple(Rate(type=t, rate_bp=bp, version=v, starts_at=at) for t, bp, v, at in rates),
                Rounding(rounding),
            ),
            equal_content=EqualContent(equal_content),
        )


def _zone(merchant_id: int, name: str) -> ZoneInfo:
    """Raises UnusableTerms, and says so in the log."""
    try:
        return zone_of(name)
    except UnknownZone as error:
        _log.error(
            "this machine does not know the zone %s of merchant %d: each of their requests gets 503"
            " until the zone is corrected or tzdata is installed here",
            name,
            merchant_id,
        )
        raise UnusableTerms(f"unknown zone {name}") from error


_SHOWN: Final[LiteralString] = """
    select s.accepted_at, s.cashback_id, (
        select max(l.position) + 1  -- the end of an index, where a count would read all of them
        from sale_lines as l
        where l.merchant_id = s.merchant_id and l.cashback_id = s.cashback_id
    )
    from sales as s
    join cashbacks as c using (merchant_id, cashback_id)
"""
"""Which records a list shows next, and how many lines each has."""

_WANTED: Final[LiteralString] = """
    where s.merchant_id = %(merchant_id)s
        and (%(status)s::text is null or c.status = %(status)s)
        and (%(document)s::text is null or s.document = %(document)s)
        and (%(sold_from)s::timestamptz is null or s.sold_at >= %(sold_from)s)
        and (%(sold_to)s::timestamptz is null or s.sold_at < %(sold_to)s)
        and (%(group)s::text is null or coalesce(s.came_under, s.submitted_by) = %(group)s)
        and (%(name_differs)s::boolean is null or case when %(name_differs)s then s.name_differs
            else not s.name_differs end)
"""
_PAGE: Final[LiteralString] = f"""
    {_SHOWN}
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
    {_SHOWN}
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
