"""The part of the store's contract about searches: what each filter finds, orders, totals."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from cashback_core.delivery.record import RecordFilter, RecordInstant, RecordOrder
from cashback_core.delivery.states import Status
from cashback_core.delivery.summaries import Sums, month_starts
from cashback_core.sales.place import Place
from cashback_core.sales.rules import NumberScope
from cashback_core.sales.sale import Customer
from cashback_core.values.ids import new_id
from contract.builders import (
    CREATED,
    SOLD_AT,
    a_cpf,
    a_sale,
    accepted,
    ended,
    leased,
    submitted,
)
from contract.history import history

if TYPE_CHECKING:
    from uuid import UUID

    from cashback_core.delivery.record import Record
    from cashback_core.intake.store import CashbackStore
    from cashback_core.values.documents import Cpf
    from cashback_core.values.pages import Position

_MOMENT = timedelta(microseconds=1)


async def found(
    store: CashbackStore, wanted: RecordFilter, order: RecordOrder | None = None, *, limit: int = 2
) -> list[UUID]:
    """All that a search finds, page by page."""
    ids: list[UUID] = []
    after: Position | None = None
    while True:
        page = await store.page(1, wanted, limit=limit, after=after, order=order or RecordOrder())
        ids += [record.id for record in page.records]
        after = page.next
        if after is None:
            return ids


async def paid(store: CashbackStore, **how: object) -> Record:
    claim = await leased(store, a_sale(**how))  # type: ignore[arg-type]
    await store.conclude(ended(claim, CREATED))
    record = await store.find(1, claim.id)
    assert record is not None
    return record


class SearchingContract:
    """Whatever is asked for is found, and nothing else."""

    async def test_a_sale_is_found_by_whatever_it_is_called(self, store: CashbackStore) -> None:
        number, key = f"NF-{a_cpf()}", f"key-{a_cpf()}"
        one = await accepted(store, submitted(a_sale(sale_id=number), key=key))
        await accepted(store, submitted(a_sale(sale_id=f"{number}0"), key=f"{key}0"))
        await accepted(store, submitted(a_sale(sale_id=number), merchant_id=2))
        for wanted in (
            RecordFilter(sale_id=number),
            RecordFilter(idempotency_key=key),
            RecordFilter(sale_id=number, idempotency_key=key),
        ):
            assert await found(store, wanted) == [one.id]
        for wanted in (
            RecordFilter(sale_id=number, idempotency_key=f"{key}0"),
            RecordFilter(sale_id=key),
            RecordFilter(sale_id=number, store="9"),
            RecordFilter(sale_id=number, group="user:nobody"),
        ):
            assert await found(store, wanted) == []

    async def test_a_number_is_found_in_every_store_that_counts_by_itself(
        self, store: CashbackStore
    ) -> None:
        number = f"{a_cpf()}"
        ids: list[UUID] = []
        for shop in ("1", "2", "33"):
            sale = replace(a_sale(sale_id=number), place=Place(store=shop))
            by_store = replace(submitted(sale), numbers=NumberScope.STORE)
            ids.append((await accepted(store, by_store)).id)
        assert set(await found(store, RecordFilter(sale_id=number))) == set(ids)
        assert await found(store, RecordFilter(sale_id=number, store="33")) == [ids[2]]

    async def test_each_order_goes_on_without_gap_or_repeat(self, store: CashbackStore) -> None:
        document = a_cpf()
        records: list[Record] = []
        for number, hours in enumerate((3, 1, 2, 1)):
            sale = a_sale(document=document, sale_id=f"{document}-{number}")
            later = replace(sale, sold_at=SOLD_AT + timedelta(hours=hours))
            records.append(await accepted(store, submitted(later, lease_s=None)))
        at = {r.id: (r.sale.sold_at, r.id) for r in records}
        wanted = RecordFilter(document=document)
        for descending in (False, True):
            sold = RecordOrder(by=RecordInstant.SOLD, descending=descending)
            assert await found(store, wanted, sold, limit=1) == sorted(
                at, key=lambda id_: at[id_], reverse=descending
            )
            changed = RecordOrder(by=RecordInstant.CHANGED, descending=descending)
            accepted_at = RecordOrder(by=RecordInstant.ACCEPTED, descending=descending)
            newest = await found(store, wanted, accepted_at, limit=3)
            assert await found(store, wanted, changed, limit=3) == newest
            assert set(newest) == set(at)
            assert await found(store, wanted, RecordOrder(by=RecordInstant.APPLIED)) == []

    async def test_a_range_of_each_instant_finds_what_is_in_it(self, store: CashbackStore) -> None:
        document = a_cpf()
        one = await paid(store, document=document)
        another = a_sale(document=document, centavos=9_000)
        two = await accepted(store, submitted(another, lease_s=None))
        assert one.standing.applied_at is not None
        history = await store.history(1, one.id)
        assert history is not None
        for by, at in (
            ("sold", one.sale.sold_at),
            ("accepted", one.accepted_at),
            ("applied", one.standing.applied_at),
            ("changed", history.events[-1].at),
        ):
            for start, end, is_in in (
                (at, at + _MOMENT, True),
                (at - _MOMENT, at, False),
                (at + _MOMENT, at + 2 * _MOMENT, False),
            ):
                wanted = RecordFilter(**{f"{by}_from": start, f"{by}_to": end})  # type: ignore[arg-type]
                ids = await found(store, wanted, RecordOrder(by=RecordInstant(f"{by}_at")))
                assert (one.id in ids) is is_in, (by, start - at)
                theirs = await found(store, replace(wanted, document=document))
                assert (one.id in theirs) is is_in, (by, start - at)
        since = RecordFilter(applied_from=one.accepted_at)
        assert two.id not in await found(store, since)

    async def test_words_of_a_name_are_found_whatever_their_accents(
        self, store: CashbackStore
    ) -> None:
        document = a_cpf()
        sale = a_sale(document=document)
        named = replace(
            sale, customer=Customer(document=document, name="JOSÉ D'ÁVILA DE SÃO_JOÃO 100%")
        )
        one = await accepted(store, submitted(named))
        wanted = RecordFilter(document=document)
        for name, is_his in (
            ("jose", True),
            ("São Jo", True),
            ("São Zé", False),
            ("d'av jos", True),
            ("sao_", True),
            ("sao-", False),
            ("100%", True),
            ("10%", False),
            ("avila", False),
            ("\\", False),
            ("  ", True),
        ):
            assert await found(store, replace(wanted, name=name)) == [one.id] * is_his, name

    async def test_amounts_types_and_statuses_choose_among_what_is_found(
        self, store: CashbackStore
    ) -> None:
        document = a_cpf()
        one = await paid(store, document=document)
        two = await accepted(
            store, submitted(a_sale(document=document, centavos=5_000), lease_s=None)
        )
        wanted = RecordFilter(document=document)
        total, cashback = one.sale.total_centavos, one.cashback.cashback_centavos
        both = frozenset({Status.APPLIED, Status.PENDING})
        (type_,) = {line.type for line in one.sale.lines}
        for which, ids in (
            ({"statuses": both}, [two.id, one.id]),
            ({"statuses": frozenset({Status.PENDING})}, [two.id]),
            ({"max_total_centavos": total, "min_total_centavos": total}, [one.id]),
            ({"min_cashback_centavos": cashback}, [one.id]),
            ({"max_cashback_centavos": cashback - 1}, [two.id]),
            ({"type": type_}, [two.id, one.id]),
            ({"type": "NONE"}, []),
            ({"suspected": True}, []),
        ):
            assert await found(store, replace(wanted, **which)) == ids, which

    async def test_a_total_is_what_its_pages_come_to(self, store: CashbackStore) -> None:
        document = a_cpf()
        records = [
            await accepted(store, submitted(a_sale(document=document, centavos=centavos)))
            for centavos in (1_000, 2_000, 2_500)
        ]
        await accepted(store, submitted(a_sale(document=document), merchant_id=2))
        total = await store.total(1, RecordFilter(document=document))
        assert total is not None
        assert total.count == 3
        assert total.sales_centavos == sum(r.sale.total_centavos for r in records)
        assert total.cashback_centavos == sum(r.cashback.cashback_centavos for r in records)
        none = await store.total(1, RecordFilter(document=document, store="nowhere"))
        assert none is not None
        assert (none.count, none.sales_centavos, none.cashback_centavos) == (0, 0, 0)
        mine = await store.total(1, RecordFilter(document=document, group="user:nobody"))
        assert mine == none

    @pytest.mark.parametrize("by", RecordInstant)
    async def test_a_total_is_of_all_pages_in_each_order(
        self, store: CashbackStore, by: RecordInstant
    ) -> None:
        """What is not paid is in no list by payment, and so not in what it comes to."""
        document = a_cpf()
        for centavos in (1_000, 2_000):
            await paid(store, document=document, centavos=centavos)
        await accepted(store, submitted(a_sale(document=document, centavos=7_000), lease_s=None))
        wanted = RecordFilter(document=document)
        for order in (RecordOrder(by=by), RecordOrder(by=by, descending=False)):
            ids = await found(store, wanted, order)
            total = await store.total(1, wanted, order=order)
            assert total is not None
            assert total.count == len(ids) == (2 if by is RecordInstant.APPLIED else 3)
            records = [await store.find(1, id_) for id_ in ids]
            assert total.sales_centavos == sum(r.sale.total_centavos for r in records if r)

    async def test_a_customer_is_summed_up_by_month(self, store: CashbackStore) -> None:
        document = a_cpf()
        january, february = SOLD_AT, SOLD_AT + timedelta(days=40)
        await paid(store, document=document, sold_at=january)
        await accepted(store, submitted(a_sale(document=document, sold_at=february), lease_s=None))
        await accepted(store, submitted(a_sale(document=document, centavos=2_000)))
        await accepted(store, history(a_sale(document=document, centavos=4_000)))
        await accepted(store, submitted(a_sale(document=document), merchant_id=2))
        zone = ZoneInfo("America/Sao_Paulo")
        id_ = await self.customer_id(store, document)
        summary = await store.summary(1, id_, month_starts(february, zone, 3))
        assert summary is not None
        assert summary.customer_id == id_
        assert summary.whole == Sums(
            sales=4, sales_centavos=26_000, earned_centavos=1_300, paid_centavos=500,
            settled_elsewhere_centavos=200, waiting_centavos=600,
        )  # fmt: skip
        assert [one.month for one in summary.months] == ["2026-02", "2026-01", "2025-12"]
        assert [one.sums.earned_centavos for one in summary.months] == [500, 800, 0]
        latest = await store.summary(1, id_, month_starts(february, zone, 1))
        assert latest is not None
        assert latest.whole == summary.whole
        assert latest.months == summary.months[:1]
        assert await store.summary(1, new_id(), month_starts(february, zone, 1)) is None
        assert await store.summary(2, new_id(), month_starts(february, zone, 1)) is None

    async def customer_id(self, store: CashbackStore, document: Cpf) -> UUID:
        """The id of a customer of merchant 1."""
        raise NotImplementedError

    @pytest.mark.parametrize("status", [Status.PENDING, Status.SENDING])
    async def test_what_is_open_is_found_by_its_status(
        self, store: CashbackStore, status: Status
    ) -> None:
        lease_s = None if status is Status.PENDING else 30.0
        records = [await accepted(store, submitted(a_sale(), lease_s=lease_s)) for _ in range(3)]
        wanted = RecordFilter(statuses=frozenset({status}), accepted_from=records[0].accepted_at)
        ids = await found(store, wanted)
        assert [id_ for id_ in ids if id_ in {r.id for r in records}] == [
            r.id for r in sorted(records, key=lambda r: (r.accepted_at, r.id), reverse=True)
        ]
