"""The part of the store's contract about who bought: one person's spellings, and another person."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cashback_core.delivery.record import RecordFilter
from cashback_core.delivery.states import Status
from cashback_core.intake.acceptance import Acceptance, Accepted, CustomerNameMismatch
from cashback_core.sales.sale import Customer
from cashback_core.values.documents import Cnpj
from cashback_core.values.names import NameDifference
from contract.builders import a_cpf, a_sale, accepted, buyer_of, submitted

if TYPE_CHECKING:
    from cashback_core.intake.acceptance import Submission
    from cashback_core.intake.store import CashbackStore


def noting(submission: Submission) -> Submission:
    """The same, of a merchant that takes another person's name and notes it."""
    return replace(submission, name_difference=NameDifference.NOTE)


class PersonsContract:
    """A CPF keeps the name it first came with, and every other is compared with that one."""

    @pytest.mark.parametrize(
        ("known", "given"),
        [
            ("D'ÁVILA SANTOS", "D’ÁVILA SANTOS"),  # noqa: RUF001 (that is the case)
            ("ANA-MARIA SOUZA", "Ana Maria Souza"),
            ("MARIA DA SILVA", "MARIA D. SILVA"),
            ("MARIA APARECIDA DOS SANTOS", "MARIA APARECIDA DOS SAN"),
            ("ŁUKASZ ØDEGÅRD", "LUKASZ ODEGARD"),
        ],
    )
    async def test_one_person_may_be_spelt_in_many_ways(
        self, store: CashbackStore, known: str, given: str
    ) -> None:
        for first, then in ((known, given), (given, known)):
            document = a_cpf()
            await accepted(store, submitted(a_sale(document=document, name=first)))
            again = a_sale(document=document, name=then, centavos=1)
            record = await accepted(store, submitted(again))
            assert not record.name_differs
            assert buyer_of(record.sale).name == then
            assert await store.known_name(1, document) == first

    @pytest.mark.parametrize("difference", list(NameDifference))
    async def test_a_company_goes_by_any_name(
        self, store: CashbackStore, difference: NameDifference
    ) -> None:
        document = Cnpj("11222333000181")
        for centavos, name in enumerate(("MERCADO SILVA LTDA", "SUPER VALE", "A & B"), 1):
            customer = Customer(document=document, name=name)
            sale = replace(a_sale(centavos=centavos), customer=customer)
            asked = replace(submitted(sale, reads_only="user:bia"), whole_names=centavos == 3)
            record = await accepted(store, replace(asked, name_difference=difference))
            assert not record.name_differs
        assert await store.known_name(1, document) == "MERCADO SILVA LTDA"

    async def test_the_first_name_stays_the_known_one(self, store: CashbackStore) -> None:
        document = a_cpf()
        assert await store.known_name(1, document) is None
        await accepted(store, submitted(a_sale(document=document, name="MARIA D. SILVA")))
        middle = a_sale(document=document, name="MARIA DA SILVA", centavos=1)
        await accepted(store, submitted(middle))
        # One person as the first, and not as the second.
        last = a_sale(document=document, name="MARIA DE SILVA", centavos=2)
        assert isinstance(await store.accept(submitted(last)), Accepted)
        other = a_sale(document=document, name="MARIA X SILVA", centavos=3)
        assert await store.accept(submitted(other)) == CustomerNameMismatch()
        assert await store.known_name(1, document) == "MARIA D. SILVA"
        assert await store.known_name(2, document) is None

    async def test_a_known_name_is_told_to_the_group_that_has_told_it(
        self, store: CashbackStore
    ) -> None:
        document = a_cpf()
        first = a_sale(document=document, name="MARIA DA SILVA")
        await accepted(store, submitted(first, submitted_by="user:ana", group="client:cli_a"))
        in_part = a_sale(document=document, name="MARIA D. SILVA", centavos=1)
        await accepted(store, submitted(in_part, submitted_by="user:bia"))
        for group, name in (("client:cli_a", "MARIA DA SILVA"), ("user:bia", None), ("x", None)):
            assert await store.known_name(1, document, told_by=group) == name
        assert await store.known_name(1, a_cpf(), told_by="client:cli_a") is None
        assert await store.known_name(2, document, told_by="client:cli_a") is None

    @pytest.mark.parametrize("difference", list(NameDifference))
    async def test_who_has_guessed_too_often_tells_a_name_whole_or_it_is_another(
        self, store: CashbackStore, difference: NameDifference
    ) -> None:
        document = a_cpf()
        first = a_sale(document=document, name="MARIA DA SILVA")
        await accepted(store, submitted(first, submitted_by="user:ana"))

        async def told(name: str, centavos: int, *, by: str) -> Acceptance:
            sale = a_sale(document=document, name=name, centavos=centavos)
            asked = submitted(sale, submitted_by=by, reads_only=by)
            return await store.accept(replace(asked, whole_names=True, name_difference=difference))

        in_part = await told("MARIA D. SILVA", 1, by="user:bia")
        if difference is NameDifference.REFUSE:
            assert in_part == CustomerNameMismatch()
        else:
            assert isinstance(in_part, Accepted)
            assert in_part.record.name_differs
        whole = await told("Maria da Silva", 2, by="user:bia")
        own = await told("MARIA D. SILVA", 3, by="user:ana")
        new = await store.accept(replace(submitted(a_sale(name="J. X")), whole_names=True))
        for one in (whole, own, new):
            assert isinstance(one, Accepted)
            assert not one.record.name_differs

    async def test_another_person_is_noted_where_the_merchant_says_so(
        self, store: CashbackStore
    ) -> None:
        document = a_cpf()
        first = await accepted(store, noting(submitted(a_sale(document=document, name="ANA"))))
        other = noting(submitted(a_sale(document=document, name="BRUNO", centavos=1), lease_s=None))
        noted = await accepted(store, other)
        assert (first.name_differs, noted.name_differs) == (False, True)
        assert await store.find(1, noted.id) == noted
        assert await store.known_name(1, document) == "ANA"
        for wanted, ids in ((True, [noted.id]), (False, [first.id]), (None, [noted.id, first.id])):
            page = await store.page(1, RecordFilter(name_differs=wanted), limit=5, after=None)
            assert [record.id for record in page.records] == ids

    async def test_of_two_persons_at_once_one_is_known(self, store: CashbackStore) -> None:
        document = a_cpf()
        names = [("ANA LIMA", "ANA LIMAO")[n % 2] for n in range(20)]
        sales = [a_sale(document=document, name=n, centavos=c + 1) for c, n in enumerate(names)]
        told = await asyncio.gather(*(store.accept(submitted(sale)) for sale in sales))
        known = await store.known_name(1, document)
        for name, acceptance in zip(names, told, strict=True):
            assert isinstance(acceptance, Accepted if name == known else CustomerNameMismatch)

    async def test_gifts_and_sales_of_nothing_are_recorded(self, store: CashbackStore) -> None:
        sale = a_sale()
        gift = replace(sale.lines[0], value_e10=0, amount_centavos=0)
        record = await accepted(store, submitted(replace(sale, lines=(*sale.lines, gift))))
        assert record.cashback.cashback_centavos == 500
        assert await store.find(1, record.id) == record
        free = await accepted(
            store, submitted(replace(a_sale(), lines=(gift,), total_centavos=0), lease_s=None)
        )
        assert (free.status, free.cashback.cashback_centavos) == (Status.NOT_DUE, 0)
        line = replace(sale.lines[0], discount_centavos=sale.total_centavos)
        discounted = replace(a_sale(), lines=(line,), total_centavos=0)
        record = await accepted(store, submitted(discounted, lease_s=None))
        assert record.status is Status.NOT_DUE
        assert await store.find(1, record.id) == record
