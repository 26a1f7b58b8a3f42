"""The part of the store's contract about names: the same sale twice, customers, no trace left."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cashback_core.delivery import Status
from cashback_core.ports import (
    Acceptance,
    Accepted,
    CustomerNameMismatch,
    NameKind,
    NameTaken,
    NotRecorded,
    RecordFilter,
)
from contract.builders import CREATED, a_cpf, a_sale, accepted, ended, leased, submitted

if TYPE_CHECKING:
    from cashback_core.ports import CashbackStore, Submission
    from cashback_core.record import Record


class NamingContract:
    """Who is first, and what everybody else is told."""

    async def test_a_known_key_is_answered_with_its_record(self, store: CashbackStore) -> None:
        sale = a_sale()
        first = await accepted(store, submitted(sale, key="k"))
        assert await store.accept(submitted(sale, key="k")) == NameTaken(
            NameKind.IDEMPOTENCY_KEY, first
        )
        other = await store.accept(submitted(a_sale(), key="k"))
        assert other == NameTaken(NameKind.IDEMPOTENCY_KEY, first), "whatever the content"
        assert await count(store) == 1

    async def test_a_known_sale_id_is_answered_with_its_record(self, store: CashbackStore) -> None:
        first = await accepted(store, submitted(a_sale(sale_id="NF-1")))
        taken = await store.accept(submitted(a_sale(sale_id="NF-1"), key="new"))
        assert taken == NameTaken(NameKind.SALE_ID, first)
        assert await count(store) == 1

    async def test_keys_are_compared_before_sale_ids(self, store: CashbackStore) -> None:
        first = await accepted(store, submitted(a_sale(sale_id="NF-1"), key="k1"))
        await accepted(store, submitted(a_sale(sale_id="NF-2"), key="k2"))
        taken = await store.accept(submitted(a_sale(sale_id="NF-2"), key="k1"))
        assert taken == NameTaken(NameKind.IDEMPOTENCY_KEY, first)

    async def test_a_key_and_an_equal_sale_id_are_different_names(
        self, store: CashbackStore
    ) -> None:
        await accepted(store, submitted(a_sale(sale_id="7")))
        await accepted(store, submitted(a_sale(), key="7"))

    async def test_unnamed_equal_content_is_answered_with_its_record(
        self, store: CashbackStore
    ) -> None:
        sale = a_sale()
        first = await accepted(store, submitted(sale))
        assert await store.accept(submitted(sale)) == NameTaken(NameKind.CONTENT, first)
        assert await count(store) == 1

    async def test_a_named_sale_may_have_known_content(self, store: CashbackStore) -> None:
        sale = a_sale()
        first = await accepted(store, submitted(sale))
        await accepted(store, submitted(sale, key="k"))
        await accepted(store, submitted(replace(sale, sale_id="NF-1")))
        await accepted(store, submitted(replace(sale, sale_id="NF-2"), key="k2"))
        assert await store.accept(submitted(sale)) == NameTaken(NameKind.CONTENT, first)

    async def test_an_unnamed_sale_equals_a_named_one_recorded_before(
        self, store: CashbackStore
    ) -> None:
        sale = a_sale()
        first = await accepted(store, submitted(replace(sale, sale_id="NF-1"), key="k"))
        await accepted(store, submitted(replace(sale, sale_id="NF-2")))
        assert await store.accept(submitted(sale)) == NameTaken(NameKind.CONTENT, first)

    @pytest.mark.parametrize("change", ["sold_at", "name", "qty", "discount", "cent"])
    async def test_unnamed_content_that_differs_in_anything_is_another_sale(
        self, store: CashbackStore, change: str
    ) -> None:
        sale = a_sale()
        await accepted(store, submitted(sale))
        line = sale.lines[0]
        others = {
            "sold_at": a_sale(
                document=sale.customer.document, sold_at=sale.sold_at.replace(microsecond=1)
            ),
            "name": a_sale(document=sale.customer.document, name="JOSÉ  DA SILVA"),
            "qty": replace(
                sale, lines=(replace(line, value_centavos=5_000, qty_thousandths=2000),)
            ),
            "discount": replace(
                sale,
                lines=(replace(line, discount_centavos=1),),
                total_centavos=sale.total_centavos - 1,
            ),
            "cent": a_sale(document=sale.customer.document, centavos=10_001),
        }
        await accepted(store, submitted(others[change]))

    async def test_a_name_is_told_with_the_present_standing(self, store: CashbackStore) -> None:
        sale = a_sale(sale_id="NF-1")
        claim = await leased(store, sale)
        standing = await store.conclude(ended(claim, CREATED))
        taken = await store.accept(submitted(sale))
        assert isinstance(taken, NameTaken)
        assert taken.record.status is Status.APPLIED
        assert taken.record.standing == standing

    async def test_names_belong_to_a_merchant(self, store: CashbackStore) -> None:
        sale = a_sale(sale_id="NF-1")
        await accepted(store, submitted(sale, key="k"))
        await accepted(store, submitted(sale, key="k", merchant_id=2))
        unnamed = a_sale()
        await accepted(store, submitted(unnamed))
        await accepted(store, submitted(unnamed, merchant_id=2))
        renamed = a_sale(document=sale.customer.document, name="ANOTHER NAME")
        assert await store.accept(submitted(renamed, merchant_id=2)) == CustomerNameMismatch()

    async def test_a_customer_of_one_merchant_is_unknown_to_another(
        self, store: CashbackStore
    ) -> None:
        document = a_cpf()
        await accepted(store, submitted(a_sale(document=document, name="ANA")))
        other = submitted(a_sale(document=document, name="BRUNO"), merchant_id=2)
        await accepted(store, other)

    @pytest.mark.parametrize(
        "spelling", ["josé da silva", "JOSE  DA   SILVA", " Jose da Silva ", "JOSE\u0301 DA SILVA"]
    )
    async def test_a_name_is_compared_without_case_accents_and_extra_spaces(
        self, store: CashbackStore, spelling: str
    ) -> None:
        document = a_cpf()
        await accepted(store, submitted(a_sale(document=document, name="JOSÉ DA SILVA")))
        again = a_sale(document=document, name=spelling, centavos=1)
        record = await accepted(store, submitted(again))
        assert record.sale.customer.name == spelling, "a record keeps its own spelling"
        assert await store.find(1, record.id) == record

    async def test_a_customer_under_another_name_is_refused(self, store: CashbackStore) -> None:
        document = a_cpf()
        await accepted(store, submitted(a_sale(document=document, name="ANA LIMA")))
        other = a_sale(document=document, name="ANA LIMAO", centavos=500)
        assert await store.accept(submitted(other)) == CustomerNameMismatch()
        assert await count(store) == 1

    async def test_a_known_name_comes_before_the_name_of_the_customer(
        self, store: CashbackStore
    ) -> None:
        document = a_cpf()
        first = await accepted(store, submitted(a_sale(document=document, name="ANA"), key="k"))
        other = submitted(a_sale(document=document, name="BRUNO"), key="k")
        assert await store.accept(other) == NameTaken(NameKind.IDEMPOTENCY_KEY, first)

    async def test_a_refused_customer_name_uses_up_no_name(self, store: CashbackStore) -> None:
        document = a_cpf()
        await accepted(store, submitted(a_sale(document=document, name="ANA")))
        wrong = a_sale(document=document, name="BRUNO", centavos=777, sale_id="NF-1")
        assert await store.accept(submitted(wrong, key="k")) == CustomerNameMismatch()
        right = a_sale(document=document, name="ANA", centavos=777, sale_id="NF-1")
        await accepted(store, submitted(right, key="k"))

    async def test_a_refused_sale_id_uses_up_no_key(self, store: CashbackStore) -> None:
        await accepted(store, submitted(a_sale(sale_id="NF-1")))
        taken = await store.accept(submitted(a_sale(sale_id="NF-1"), key="k"))
        assert isinstance(taken, NameTaken)
        await accepted(store, submitted(a_sale(), key="k"))

    async def test_a_refused_key_uses_up_no_sale_id(self, store: CashbackStore) -> None:
        await accepted(store, submitted(a_sale(), key="k"))
        taken = await store.accept(submitted(a_sale(sale_id="NF-1"), key="k"))
        assert isinstance(taken, NameTaken)
        await accepted(store, submitted(a_sale(sale_id="NF-1")))

    async def test_a_refused_sale_leaves_its_content_free(self, store: CashbackStore) -> None:
        await accepted(store, submitted(a_sale(), key="k"))
        sale = a_sale()
        assert isinstance(await store.accept(submitted(sale, key="k")), NameTaken)
        await accepted(store, submitted(sale))

    async def test_a_refused_sale_makes_no_customer_known(self, store: CashbackStore) -> None:
        await accepted(store, submitted(a_sale(), key="k"))
        document = a_cpf()
        refused = submitted(a_sale(document=document, name="ANA"), key="k")
        assert isinstance(await store.accept(refused), NameTaken)
        await accepted(store, submitted(a_sale(document=document, name="BRUNO")))

    @pytest.mark.parametrize("by", list(NameKind))
    async def test_of_fifty_equal_sales_at_once_one_is_recorded(
        self, store: CashbackStore, by: NameKind
    ) -> None:
        sale = a_sale(sale_id="NF-1" if by is NameKind.SALE_ID else None)
        key = "k" if by is NameKind.IDEMPOTENCY_KEY else None
        answers = await at_once(store, [submitted(sale, key=key) for _ in range(50)])
        assert Counter(type(a) for a in answers) == {Accepted: 1, NameTaken: 49}
        assert len({record_of(answer).id for answer in answers}) == 1
        assert {a.kind for a in answers if isinstance(a, NameTaken)} == {by}
        assert await count(store) == 1

    async def test_of_equal_sale_ids_under_different_keys_at_once_one_is_recorded(
        self, store: CashbackStore
    ) -> None:
        sale = a_sale(sale_id="NF-1")
        answers = await at_once(store, [submitted(sale, key=f"k{n}") for n in range(20)])
        assert Counter(type(a) for a in answers) == {Accepted: 1, NameTaken: 19}
        assert await count(store) == 1
        losers = [n for n, answer in enumerate(answers) if isinstance(answer, NameTaken)]
        await accepted(store, submitted(a_sale(), key=f"k{losers[0]}"))

    async def test_two_names_of_one_new_customer_at_once_let_one_in(
        self, store: CashbackStore
    ) -> None:
        document = a_cpf()
        names = ["ANA", "BRUNO"] * 5
        sales = [a_sale(document=document, name=n, centavos=100 + i) for i, n in enumerate(names)]
        answers = await at_once(store, [submitted(sale) for sale in sales])
        let_in = {record_of(a).sale.customer.name for a in answers if isinstance(a, Accepted)}
        assert len(let_in) == 1
        assert Counter(type(a) for a in answers) == {Accepted: 5, CustomerNameMismatch: 5}

    @pytest.mark.parametrize("refused", ["first", "last"])
    async def test_a_refused_neighbour_takes_no_key_away(
        self, store: CashbackStore, refused: str
    ) -> None:
        await accepted(store, submitted(a_sale(sale_id="NF-1")))
        loser, neighbour = (
            submitted(a_sale(sale_id="NF-1"), key="k"),
            submitted(a_sale(), key="k"),
        )
        both = [loser, neighbour] if refused == "first" else [neighbour, loser]
        answers = dict(zip([s.id for s in both], await at_once(store, both), strict=True))
        assert isinstance(answers[neighbour.id], Accepted)
        assert isinstance(answers[loser.id], NameTaken)

    @pytest.mark.parametrize("refused", ["first", "last"])
    async def test_a_refused_neighbour_takes_no_content_away(
        self, store: CashbackStore, refused: str
    ) -> None:
        await accepted(store, submitted(a_sale(), key="old"))
        sale = a_sale()
        loser, neighbour = submitted(sale, key="old"), submitted(sale, key="new")
        both = [loser, neighbour] if refused == "first" else [neighbour, loser]
        answers = dict(zip([s.id for s in both], await at_once(store, both), strict=True))
        first = answers[neighbour.id]
        assert isinstance(first, Accepted)
        assert await store.accept(submitted(sale)) == NameTaken(NameKind.CONTENT, first.record)

    async def test_what_is_only_to_be_replayed_is_found_or_leaves_no_trace(
        self, store: CashbackStore
    ) -> None:
        sale = a_sale(sale_id="NF-1")
        unknown = replace(submitted(sale, key="k"), replay_only=True)
        assert isinstance(await store.accept(unknown), NotRecorded)
        record = await accepted(store, submitted(sale, key="k"))
        again = replace(submitted(sale, key="k"), replay_only=True)
        assert await store.accept(again) == NameTaken(NameKind.IDEMPOTENCY_KEY, record)


async def at_once(store: CashbackStore, submissions: list[Submission]) -> list[Acceptance]:
    """Every acceptance of submissions that arrive in one moment, in their order."""
    return await asyncio.gather(*[store.accept(submission) for submission in submissions])


def record_of(acceptance: Acceptance) -> Record:
    """The record that an acceptance tells."""
    assert isinstance(acceptance, Accepted | NameTaken)
    return acceptance.record


async def count(store: CashbackStore) -> int:
    """How many sales merchant 1 has recorded."""
    page = await store.page(1, RecordFilter(), limit=200, after=None)
    return len(page.records)
