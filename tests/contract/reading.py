"""The part of the store's contract about reading: what comes back, lists, other merchants."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cashback_core.delivery.record import RecordFilter
from cashback_core.delivery.states import Status
from cashback_core.sales.sale import MAX_LINES, Customer, Line, Sale
from cashback_core.values.ids import new_id
from cashback_core.values.money import MAX_CENTAVOS, MAX_QUANTITY_E4
from cashback_core.values.pages import Position
from contract.builders import (
    CREATED,
    RATES_BP,
    SOLD_AT,
    a_cpf,
    a_sale,
    accepted,
    ended,
    history_of,
    leased,
    submitted,
)

if TYPE_CHECKING:
    from datetime import datetime

    from cashback_core.delivery.record import Record
    from cashback_core.intake.store import CashbackStore


class ReadingContract:
    """What is told about what was recorded."""

    async def test_terms_hold_the_rules_and_the_programme(self, store: CashbackStore) -> None:
        for merchant_id in (1, 2):
            terms = await store.terms(merchant_id)
            assert terms is not None
            assert terms.merchant_id == merchant_id
            assert terms.rules.zone.key == "America/Sao_Paulo"
            for type_, rate_bp in RATES_BP.items():
                rate = terms.programme.rate_at(type_, SOLD_AT)
                assert rate is not None
                assert rate.rate_bp == rate_bp

    async def test_what_somebody_sent_is_found_by_them_alone_if_that_is_asked(
        self, store: CashbackStore
    ) -> None:
        mine = await accepted(store, submitted(a_sale(), submitted_by="user:ana"))
        theirs = await accepted(store, submitted(a_sale(), submitted_by="user:bia"))
        nobodys = await accepted(store, submitted(a_sale()))
        for record in (mine, theirs, nobodys):
            found = await store.find(1, record.id, group="user:ana")
            history = await store.history(1, record.id, group="user:ana")
            assert (found is not None) is (history is not None) is (record is mine)
            assert await store.find(1, record.id) is not None
        page = await store.page(1, RecordFilter(group="user:ana"), limit=50, after=None)
        assert [record.id for record in page.records] == [mine.id]
        assert page.next is None

    async def test_a_sale_keeps_the_group_that_it_came_under(self, store: CashbackStore) -> None:
        """Whoever sent it, and in whatever group its sender is by now."""
        old, new = "client:cli_" + "1" * 22, "client:cli_" + "2" * 22
        own = await accepted(store, submitted(a_sale(), submitted_by=old, group=old))
        sent = await accepted(store, submitted(a_sale(), submitted_by=new, group=old))
        later = await accepted(store, submitted(a_sale(), submitted_by=new, group=new))
        assert (own.group, sent.group, later.group) == (old, old, new)
        for group, theirs in ((old, [sent.id, own.id]), (new, [later.id])):
            page = await store.page(1, RecordFilter(group=group), limit=50, after=None)
            assert [record.id for record in page.records] == theirs
            for record in (own, sent, later):
                found = await store.find(1, record.id, group=group)
                assert found == (record if record.id in theirs else None)

    async def test_what_came_under_another_group_is_not_told_as_equal(
        self, store: CashbackStore
    ) -> None:
        sale = a_sale(sale_id="NF-1")
        first = await accepted(store, submitted(sale, submitted_by="user:ana"))
        again = submitted(replace(sale, sale_id="NF-2"), submitted_by="user:bia")
        second = await accepted(store, again)
        assert (second.same_content_as, second.equal_group) == (first.id, "user:ana")
        seen = await store.find(1, second.id, group="user:bia")
        assert seen is not None
        assert seen.as_told("user:bia").same_content_as is None
        assert second.as_told("user:bia").same_content_as is None
        assert second.as_told(None) == second

    async def test_an_unknown_merchant_has_no_terms(self, store: CashbackStore) -> None:
        assert await store.terms(999_999) is None

    async def test_a_record_comes_back_as_it_was_accepted(self, store: CashbackStore) -> None:
        sale = Sale(
            sold_at=SOLD_AT + timedelta(microseconds=123_456),
            customer=Customer(document=a_cpf(), name='Zoë "\\" 😀 <b>%s {0}</b> Ω'),
            lines=(
                Line.of(type="B", value_e10=629 * 10**8, qty_e4=3500, discount_centavos=7),
                Line.of(type="A", value_e10=1 * 10**8, qty_e4=10),
                Line.of(type="D", value_e10=33_333 * 10**8, qty_e4=30_000),
            ),
            total_centavos=220 - 7 + 99_999 - 100,
            discount_centavos=100,
            sale_id='NF-"1"\\',
        )
        submission = submitted(sale, key='"\\k', raw_body=b"\x00\xff{}")
        record = await accepted(store, submission)
        assert (record.id, record.merchant_id) == (submission.id, 1)
        assert record.sale == sale
        assert record.cashback == submission.cashback
        assert record.accepted_at.utcoffset() == timedelta(0)
        assert await store.find(1, record.id) == record

    async def test_the_largest_sale_comes_back(self, store: CashbackStore) -> None:
        line = Line.of(type="C", value_e10=101 * 10**8, qty_e4=MAX_QUANTITY_E4)
        small = Line.of(type="A", value_e10=1 * 10**8, qty_e4=10_000)
        rest = MAX_CENTAVOS - line.amount_centavos - (MAX_LINES - 2)
        lines = (line, Line.of(type="D", value_e10=rest * 10**8, qty_e4=10_000))
        sale = Sale(
            sold_at=SOLD_AT,
            customer=Customer(document=a_cpf(), name="😀" * 120),
            lines=(*lines, *[small] * (MAX_LINES - 2)),
            total_centavos=MAX_CENTAVOS,
            sale_id="~" * 64,
        )
        record = await accepted(store, submitted(sale, key="~" * 255, raw_body=b"x" * 262_144))
        assert await store.find(1, record.id) == record

    async def test_what_is_not_there_is_not_found(self, store: CashbackStore) -> None:
        assert await store.find(1, new_id()) is None
        assert await store.history(1, new_id()) is None
        page = await store.page(1, RecordFilter(), limit=10, after=None)
        assert (page.records, page.next) == ((), None)

    async def test_another_merchants_records_are_invisible(self, store: CashbackStore) -> None:
        record = await accepted(store, submitted(a_sale(), merchant_id=2))
        assert await store.find(1, record.id) is None
        assert await store.history(1, record.id) is None
        assert await everything(store, 1, limit=10) == []
        assert await everything(store, 2, limit=10) == [record]

    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
    async def test_pages_join_without_gap_or_repeat(self, store: CashbackStore, limit: int) -> None:
        records = [await accepted(store, submitted(a_sale())) for _ in range(7)]
        await accepted(store, submitted(a_sale(), merchant_id=2))
        newest_first = sorted(records, key=lambda r: (r.accepted_at, r.id), reverse=True)
        assert await everything(store, 1, limit=limit) == newest_first

    @pytest.mark.parametrize(
        ("lines", "pages"),
        [
            ([20, MAX_LINES, 20], [1, 1, 1]),
            ([1, MAX_LINES, MAX_LINES, 1], [2, 2]),
            ([400, 400, 200, 1], [3, 1]),
            ([1, 200, 400, 400], [3, 1]),
        ],
    )
    async def test_a_page_ends_by_its_lines_too_and_the_next_one_goes_on(
        self, store: CashbackStore, lines: list[int], pages: list[int]
    ) -> None:
        records = [await accepted(store, submitted(a_sale(lines=n))) for n in lines]
        seen: list[Record] = []
        counts: list[int] = []
        after: Position | None = None
        for _ in pages:
            page = await store.page(1, RecordFilter(), limit=50, after=after)
            assert page.records
            seen += page.records
            counts.append(len(page.records))
            after = page.next
        assert after is None
        assert counts == pages
        assert seen == records[::-1]

    async def test_a_sale_accepted_meanwhile_moves_no_page(self, store: CashbackStore) -> None:
        old = {(await accepted(store, submitted(a_sale()))).id for _ in range(4)}
        first = await store.page(1, RecordFilter(), limit=2, after=None)
        await accepted(store, submitted(a_sale()))
        second = await store.page(1, RecordFilter(), limit=2, after=first.next)
        assert {r.id for r in first.records + second.records} == old
        assert second.next is None

    async def test_a_full_last_page_tells_that_it_is_the_last(self, store: CashbackStore) -> None:
        for _ in range(2):
            await accepted(store, submitted(a_sale()))
        assert (await store.page(1, RecordFilter(), limit=2, after=None)).next is None
        first = await store.page(1, RecordFilter(), limit=1, after=None)
        (record,) = first.records
        assert first.next == Position(at=record.accepted_at, id=record.id)

    async def test_lists_are_filtered_by_status(self, store: CashbackStore) -> None:
        claim = await leased(store)
        await leased(store)
        await accepted(store, submitted(a_sale(), lease_s=None))
        await store.conclude(ended(claim, CREATED))
        for status, number in ((Status.APPLIED, 1), (Status.SENDING, 1), (Status.HELD, 0)):
            wanted = RecordFilter(statuses=frozenset({status}))
            found = await everything(store, 1, wanted, limit=10)
            assert [r.status for r in found] == [status] * number

    async def test_lists_are_filtered_by_document(self, store: CashbackStore) -> None:
        document = a_cpf()
        mine = [
            await accepted(store, submitted(a_sale(document=document, centavos=100 + n)))
            for n in range(3)
        ]
        await accepted(store, submitted(a_sale()))
        await accepted(store, submitted(a_sale(document=document), merchant_id=2))
        found = await everything(store, 1, RecordFilter(document=document), limit=2)
        assert {r.id for r in found} == {r.id for r in mine}
        assert await everything(store, 1, RecordFilter(document=a_cpf()), limit=2) == []

    async def test_lists_are_filtered_by_instant_from_inclusive_to_exclusive(
        self, store: CashbackStore
    ) -> None:
        instants = [SOLD_AT + timedelta(hours=n) for n in range(4)]
        for instant in instants:
            await accepted(store, submitted(a_sale(sold_at=instant)))

        async def sold(first: datetime | None, last: datetime | None) -> list[datetime]:
            wanted = RecordFilter(sold_from=first, sold_to=last)
            return sorted(r.sale.sold_at for r in await everything(store, 1, wanted, limit=2))

        assert await sold(instants[1], None) == instants[1:]
        assert await sold(None, instants[2]) == instants[:2]
        assert await sold(instants[1], instants[3]) == instants[1:3]
        assert await sold(instants[1], instants[1]) == []

    async def test_filters_go_together(self, store: CashbackStore) -> None:
        document = a_cpf()
        sale = a_sale(document=document)
        claim = await leased(store, sale)
        await store.conclude(ended(claim, CREATED))
        await leased(store, a_sale(document=document, centavos=5_000))
        wanted = RecordFilter(
            statuses=frozenset({Status.APPLIED}),
            document=document,
            sold_from=SOLD_AT,
            sold_to=SOLD_AT + timedelta(seconds=1),
        )
        assert [r.id for r in await everything(store, 1, wanted, limit=1)] == [claim.id]
        none = replace(wanted, sold_to=SOLD_AT)
        assert await everything(store, 1, none, limit=1) == []

    async def test_a_history_belongs_to_its_record(self, store: CashbackStore) -> None:
        first, second = await leased(store), await leased(store)
        await store.conclude(ended(first, CREATED))
        assert len((await history_of(store, 1, first)).events) == 3
        assert len((await history_of(store, 1, second)).events) == 2


async def everything(
    store: CashbackStore, merchant_id: int, wanted: RecordFilter | None = None, *, limit: int
) -> list[Record]:
    """Every record of a merchant, page by page."""
    wanted = wanted or RecordFilter()
    page = await store.page(merchant_id, wanted, limit=limit, after=None)
    records = list(page.records)
    while page.next is not None:
        assert len(page.records) == limit
        page = await store.page(merchant_id, wanted, limit=limit, after=page.next)
        assert page.records, "a page that is told to follow holds something"
        records += page.records
    return records
