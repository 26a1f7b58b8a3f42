"""The part of the store's contract about what tills print: numbers, buyers, places, payments."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cashback_core.delivery.record import RecordFilter
from cashback_core.delivery.states import Status
from cashback_core.intake.acceptance import Accepted, ContentTaken, NameTaken, Repeated
from cashback_core.sales.calculation import NothingDue, calculate
from cashback_core.sales.payments import Payment, PaymentKind
from cashback_core.sales.place import Place
from cashback_core.sales.rules import BuyerRule, Buyers, NumberScope, SaleRules
from cashback_core.sales.sale import Customer
from cashback_core.sales.same_sale import EqualContent, NameKind, NewSale
from cashback_core.testing.strategies import Situation, sales
from cashback_core.values.access_keys import AccessKey, access_key_check_digit
from cashback_core.values.documents import BuyerDocument, Cnpj, ForeignDocument
from cashback_core.values.names import NameDifference
from contract.builders import LEASE_S, PROGRAMME, SOLD_AT, a_cpf, a_sale, accepted, submitted
from contract.reading import everything

if TYPE_CHECKING:
    from datetime import datetime

    from cashback_core.intake.acceptance import Submission
    from cashback_core.intake.store import CashbackStore
    from cashback_core.sales.sale import Sale

PAID: Final = SaleRules(
    line_tolerance_centavos=99,
    sale_tolerance_centavos=99,
    buyers=Buyers(company=BuyerRule.PAY, foreign=BuyerRule.PAY, nobody=BuyerRule.RECORD),
)
RULES: Final = {
    "paid": PAID,
    "recorded": replace(
        PAID,
        surcharge_earns=True,
        buyers=Buyers(company=BuyerRule.RECORD, foreign=BuyerRule.RECORD, nobody=BuyerRule.RECORD),
    ),
}
CASH: Final = (Payment(kind=PaymentKind.CASH, value_centavos=10_000),)
PIX: Final = (Payment(kind=PaymentKind.PIX, value_centavos=10_000),)
KEY_STEM: Final = "3526011122233300018165001000012345112345678"
INVOICE: Final = KEY_STEM + access_key_check_digit(KEY_STEM)


def told(sale: Sale, rules: SaleRules = PAID, *, key: str | None = None) -> Submission:
    """A submission of a sale with what it earns under these rules."""
    cashback = calculate(sale, PROGRAMME, rules=rules)
    made = replace(submitted(sale, key=key), cashback=cashback, numbers=rules.numbers)
    return made if cashback.cashback_centavos else replace(made, lease_s=None)


def at(sale: Sale, store: str | None, till: str | None = None) -> Sale:
    """The same made elsewhere."""
    return replace(sale, place=Place(store=store, till=till))


@cache
def drawn_under(rules: SaleRules) -> tuple[Sale, ...]:
    """Sales as they may be sold under these rules, the same for every store of a run."""
    drawn: list[Sale] = []

    @settings(
        max_examples=8,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(st.lists(sales(Situation(rules=rules, programme=PROGRAMME)), min_size=12, max_size=12))
    def draw(some: list[Sale]) -> None:
        drawn.extend(some)

    draw()
    return tuple(drawn)


class TillsContract:
    """What a till told comes back, and is compared, as it was told."""

    @pytest.fixture
    def drawn(self, rules: SaleRules) -> tuple[Sale, ...]:
        """Before the store is opened: the loop would stand still for seconds, and a connection
        that is being made then is given up half-way. Its database is dropped a minute later only.
        """
        return drawn_under(rules)

    @pytest.mark.parametrize("rules", RULES.values(), ids=RULES.keys())
    async def test_every_sale_that_can_be_drawn_comes_back_as_it_was_accepted(
        self, drawn: tuple[Sale, ...], store: CashbackStore, rules: SaleRules
    ) -> None:
        for number, sale in enumerate(drawn):
            # A number told twice, or another's name, is none of this test's.
            lines = tuple(replace(line, sku=None) for line in sale.lines)
            sale_id = sale.sale_id if AccessKey.parse(sale.sale_id or "") else None
            own = replace(sale, lines=lines, sale_id=sale_id)
            submission = replace(
                told(own, rules, key=f"k{number}"),
                equal_content=EqualContent.KEY,
                name_difference=NameDifference.NOTE,
                submitted_by="user:ana",
            )
            if own.confirm_later:
                submission = replace(submission, lease_s=None, confirm_within=timedelta(hours=1))
            answer = await store.accept(submission)
            if isinstance(answer, NameTaken) and answer.kind is NameKind.SALE_ID:
                continue
            assert isinstance(answer, Accepted)
            record = answer.record
            assert (record.sale, record.cashback) == (own, submission.cashback)
            assert record.submitted_by == "user:ana"
            found = await store.find(1, record.id)
            assert found is not None
            assert found == record
            assert found.sale.confirm_later is own.confirm_later
            assert found.sale.metadata == own.metadata

    async def test_a_sale_that_lacks_its_place_is_the_one_that_has_it(
        self, store: CashbackStore
    ) -> None:
        sale = a_sale()
        first = await accepted(store, told(at(sale, "7", "3")))
        for other in (sale, at(sale, "7"), at(sale, None, "3"), at(sale, "7", "3")):
            assert await store.accept(told(other)) == ContentTaken(first)
            assert await store.accept(told(replace(other, payments=PIX))) == ContentTaken(first)

    async def test_sales_of_two_places_are_two_and_what_tells_none_is_the_first(
        self, store: CashbackStore
    ) -> None:
        sale = a_sale()
        first = await accepted(store, told(at(sale, "1")))
        second = await accepted(store, told(at(sale, "2")))
        third = await accepted(store, told(at(sale, "3")))
        assert {first.same_content_as, second.same_content_as, third.same_content_as} == {None}
        assert await store.accept(told(sale)) == ContentTaken(first)
        for store_, record in (("1", first), ("2", second), ("3", third)):
            assert await store.accept(told(at(sale, store_))) == ContentTaken(record)
            assert await store.accept(told(at(sale, store_, "9"))) == ContentTaken(record)
            bare = told(replace(at(sale, store_), payments=PIX))
            assert await store.accept(bare) == ContentTaken(record)

    async def test_sales_paid_otherwise_are_two(self, store: CashbackStore) -> None:
        sale = a_sale()
        first = await accepted(store, told(replace(sale, payments=CASH)))
        second = await accepted(store, told(replace(sale, payments=PIX)))
        assert await store.accept(told(replace(sale, payments=PIX))) == ContentTaken(second)
        assert await store.accept(told(sale)) == ContentTaken(first)

    async def test_a_name_says_which_of_several_places_is_meant(self, store: CashbackStore) -> None:
        sale = a_sale()
        first = await accepted(store, told(at(sale, "1"), key="k1"))
        second = await accepted(store, told(at(replace(sale, sale_id="NF-2"), "2"), key="k2"))
        assert await store.accept(told(sale, key="k2")) == Repeated(second)
        assert await store.accept(told(at(sale, "1"), key="k1")) == Repeated(first)
        moved = await store.accept(told(at(sale, "3"), key="k1"))
        assert isinstance(moved, NameTaken)
        assert [d.pointer for d in moved.differences] == ["/store"]
        numbered = told(replace(sale, sale_id="NF-3"))
        assert await store.meaning(
            1, numbered.sale, idempotency_key=None, equal_content=EqualContent.SALE_ID
        ) == NewSale(first.id, None, (first.id,))
        third = await accepted(store, numbered)
        assert third.same_content_as == first.id

    async def test_what_a_neighbour_of_the_same_group_tells_is_compared_too(
        self, store: CashbackStore
    ) -> None:
        sale = a_sale()
        answers = await asyncio.gather(
            *(store.accept(told(at(sale, place))) for place in ("1", "2", "2", None, "1", "3"))
        )
        assert [isinstance(a, Accepted) for a in answers] == [True, True, False, False, False, True]
        assert all(isinstance(a, Accepted | ContentTaken) for a in answers)

    async def test_where_stores_count_by_themselves_a_number_goes_with_its_store(
        self, store: CashbackStore
    ) -> None:
        rules = replace(PAID, numbers=NumberScope.STORE)
        one, other = (at(a_sale(sale_id="1"), place) for place in ("1", "2"))
        first = await accepted(store, told(one, rules))
        second = await accepted(store, told(other, rules))
        assert await store.accept(told(one, rules)) == Repeated(first)
        assert await store.accept(told(other, rules)) == Repeated(second)
        again = at(a_sale(sale_id="1"), "1")
        taken = await store.accept(told(again, rules))
        assert isinstance(taken, NameTaken)
        assert (taken.kind, taken.record) == (NameKind.SALE_ID, first)
        request = {"idempotency_key": None, "sale_id": "2 1"}
        assert await store.same_request(1, b"{}", **request) == second

    async def test_an_access_key_is_one_sale_however_its_store_is_spelt(
        self, store: CashbackStore
    ) -> None:
        rules = replace(PAID, numbers=NumberScope.STORE)
        sale = a_sale(sale_id=INVOICE)
        first = await accepted(store, told(at(sale, "1"), rules))
        taken = await store.accept(told(at(sale, "001"), rules))
        assert isinstance(taken, NameTaken)
        assert (taken.kind, taken.record) == (NameKind.SALE_ID, first)
        assert await store.accept(told(at(sale, "1"), rules)) == Repeated(first)

    async def test_a_number_is_kept_of_a_store_that_is_the_company_which_buys(
        self, store: CashbackStore
    ) -> None:
        rules = replace(PAID, numbers=NumberScope.STORE)
        company = Cnpj("11222333000181")
        sale = at(replace(a_sale(), customer=Customer(document=company, name="LOJA")), str(company))
        numbered = replace(sale, sale_id="1")
        first = await accepted(store, told(sale, rules, key="k1"))
        assert await store.accept(told(numbered, rules, key="k1")) == Repeated(first)
        assert await store.accept(told(numbered, rules)) == Repeated(first)

    async def test_buyers_of_every_kind_are_known_and_found(self, store: CashbackStore) -> None:
        cpf = a_cpf()
        documents: tuple[BuyerDocument, ...] = (
            cpf,
            Cnpj("11222333000181"),
            ForeignDocument.known(cpf),  # none that could be taken, and kept apart
            ForeignDocument("AA-12.3/4"),
        )
        names = ("ANA", "LOJA LTDA", "BOB", "EVE")
        for document, name in zip(documents, names, strict=True):
            sale = replace(a_sale(), customer=Customer(document=document, name=name))
            record = await accepted(store, told(sale))
            assert record.status is Status.SENDING
            assert await store.known_name(1, document) == name
            found = await everything(store, 1, RecordFilter(document=document), limit=9)
            assert found == [record]
        claims = [
            await accepted(
                store,
                replace(
                    told(replace(a_sale(centavos=500), customer=Customer(document=d, name=n))),
                    lease_s=None,
                ),
            )
            for d, n in zip(documents, names, strict=True)
        ]
        taken = await store.claim_due(limit=9, lease_s=LEASE_S, excluding=[documents[3]])
        assert {(c.id, type(c.document)) for c in taken} == {
            (c.id, type(d)) for c, d in zip(claims, documents, strict=True) if d != documents[3]
        }

    @pytest.mark.parametrize("rules", RULES.values(), ids=RULES.keys())
    async def test_who_is_only_recorded_is_not_due_and_it_is_told_why(
        self, store: CashbackStore, rules: SaleRules
    ) -> None:
        cnpj = Customer(document=Cnpj("11222333000181"), name="LOJA LTDA")
        recorded = rules is not PAID
        for customer, why in (
            (None, NothingDue.NOBODY),
            (cnpj, NothingDue.COMPANY if recorded else None),
        ):
            record = await accepted(store, told(replace(a_sale(), customer=customer), rules))
            assert record.cashback.nothing_due is why
            assert (record.status is Status.NOT_DUE) is (why is not None)
            assert await store.find(1, record.id) == record

    async def test_nobodys_sales_are_told_apart_by_their_content(
        self, store: CashbackStore
    ) -> None:
        sale = replace(a_sale(), customer=None)
        first = await accepted(store, told(sale))
        assert await store.accept(told(sale)) == ContentTaken(first)
        await accepted(store, told(replace(sale, sold_at=SOLD_AT + timedelta(seconds=1))))

    async def test_lists_are_filtered_by_store(self, store: CashbackStore) -> None:
        records = [await accepted(store, told(at(a_sale(), place))) for place in ("1", "2", "1")]
        await accepted(store, told(a_sale()))
        found = await everything(store, 1, RecordFilter(store="1"), limit=1)
        assert found == [records[2], records[0]]
        assert await everything(store, 1, RecordFilter(store="3"), limit=1) == []

    async def test_lists_are_filtered_by_what_an_access_key_says(
        self, store: CashbackStore
    ) -> None:
        record = await accepted(store, told(a_sale(sale_id=INVOICE)))
        await accepted(store, told(a_sale(sale_id=KEY_STEM + "x")))
        key = AccessKey.parse(INVOICE)
        assert key is not None
        whole = RecordFilter(
            invoice_cnpj=key.cnpj,
            invoice_month=key.month,
            invoice_series=key.series,
            invoice_number=key.number,
        )
        for wanted in (
            whole,
            RecordFilter(invoice_cnpj=key.cnpj),
            RecordFilter(invoice_cnpj=key.cnpj, invoice_number=key.number),
            RecordFilter(invoice_cnpj=key.cnpj, invoice_month="2026-01"),
        ):
            assert await everything(store, 1, wanted, limit=9) == [record]
        for other in (
            replace(whole, invoice_cnpj="11444777000161"),
            replace(whole, invoice_month="2026-02"),
            replace(whole, invoice_series=999),
            replace(whole, invoice_number=1),
        ):
            assert await everything(store, 1, other, limit=9) == []

    async def test_a_sale_of_a_till_that_is_ahead_follows_the_terms_of_its_acceptance(
        self, store: CashbackStore
    ) -> None:
        now = (await accepted(store, told(a_sale()))).accepted_at
        await self.put_product(store, 1, "AHEAD", ("A", SOLD_AT), ("C", now + timedelta(hours=1)))
        sale = a_sale(sold_at=now + timedelta(hours=2))
        line = replace(sale.lines[0], sku="AHEAD")
        assert not isinstance(
            await store.accept(told(replace(sale, lines=(replace(line, type="C"),)))), Accepted
        )
        record = await accepted(store, told(replace(sale, lines=(line,))))
        assert record.sale.sold_at == sale.sold_at

    async def put_product(
        self, store: CashbackStore, merchant_id: int, sku: str, *types: tuple[str, datetime]
    ) -> None:
        """See the contract of the catalogue."""
        raise NotImplementedError
