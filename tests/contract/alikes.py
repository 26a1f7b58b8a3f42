"""The part of the store's contract about sales of one content: none is paid twice, none lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from cashback_core.intake.acceptance import Accepted, Collided, ContentTaken
from cashback_core.sales.payments import Payment, PaymentKind
from cashback_core.sales.place import Place
from cashback_core.sales.same_sale import EqualContent, EqualRefused, NameKind, NewSale
from cashback_core.values.ids import new_id
from contract.builders import SOLD_AT, a_sale, accepted, submitted

if TYPE_CHECKING:
    from datetime import datetime

    from cashback_core.intake.acceptance import Acceptance, Submission
    from cashback_core.intake.store import CashbackStore
    from cashback_core.sales.sale import Sale

CORRECTED: Final = timedelta(hours=1)
"""By how much the UTC of a wall clock moved when the merchant's zone was corrected."""
WALL: Final = SOLD_AT.replace(tzinfo=None) - timedelta(hours=3)
CASH: Final = (Payment(kind=PaymentKind.CASH, value_centavos=10_000),)
PIX: Final = (Payment(kind=PaymentKind.PIX, value_centavos=10_000),)


def told(sale: Sale, store: str | None, *, wall: bool, corrected: bool = False) -> Sale:
    """The sale as a till of this store tells it, by its wall clock or with an offset."""
    sold_at: datetime = SOLD_AT + CORRECTED if corrected else SOLD_AT
    return replace(
        sale, place=Place(store=store), sold_at=sold_at, sold_at_wall=WALL if wall else None
    )


def are_one(one: Sale, other: Sale) -> bool:
    """The rule, of two sales of one customer, lines and total."""
    by_wall = one.sold_at_wall is not None and one.sold_at_wall == other.sold_at_wall
    fields = [
        (one.place.store, other.place.store),
        (one.place.till, other.place.till),
        (one.payments or None, other.payments or None),
    ]
    return (one.sold_at == other.sold_at or by_wall) and all(
        was is None or came is None or was == came for was, came in fields
    )


def drawn(random: Random, sale: Sale) -> Sale:
    """A sale of the same customer, lines and total, told in one of many ways."""
    made = told(
        sale,
        random.choice([None, "A", "B", "C"]),
        wall=random.random() < 0.6,
        corrected=random.random() < 0.5,
    )
    if random.random() < 0.2:
        made = replace(made, place=replace(made.place, till=random.choice("12")))
    if random.random() < 0.3:
        made = replace(made, payments=random.choice([CASH, PIX]))
    return replace(made, sale_id=new_id().hex if random.random() < 0.2 else None)


def of(sender: str, sale: Sale) -> Submission:
    """A submission by somebody who reads their own sales alone."""
    return submitted(sale, submitted_by=sender, reads_only=sender)


def check(sales: list[Sale], answers: list[Acceptance]) -> None:
    """What became of sales that came in this order, against a look at all that were recorded."""
    recorded: list[tuple[Sale, Accepted]] = []
    for sale, answer in zip(sales, answers, strict=True):
        equal = {a.record.id for other, a in recorded if are_one(sale, other)}
        if equal and sale.sale_id is None:
            assert isinstance(answer, ContentTaken), (sale, recorded)
            assert answer.record.id in equal
            continue
        assert isinstance(answer, Accepted), (sale, recorded)
        same_content_as = answer.record.same_content_as
        assert same_content_as in equal if equal else same_content_as is None
        recorded.append((sale, answer))


class AlikesContract:
    """Content that may be another sale's is compared with every sale that has a name of it."""

    async def test_a_sale_alike_to_two_is_known_by_either_clock(self, store: CashbackStore) -> None:
        """Its UTC's owner is one, its wall clock's another, which is alike to that one itself."""
        sale = a_sale()
        await accepted(store, submitted(told(sale, "B", wall=False)))
        await accepted(store, submitted(told(sale, "A", wall=True)))
        third = await accepted(store, submitted(told(sale, "C", wall=True)))
        for corrected in (False, True):
            again = told(sale, "C", wall=True, corrected=corrected)
            assert await store.accept(submitted(again)) == ContentTaken(third)
            assert await store.meaning(
                1, again, idempotency_key=None, equal_content=EqualContent.SALE_ID
            ) == EqualRefused(third.id)

    async def test_a_sale_whose_names_have_two_owners_is_linked_to_both(
        self, store: CashbackStore
    ) -> None:
        """The owners have no name in common."""
        sale = a_sale()
        first = await accepted(store, submitted(told(sale, "A", wall=False)))
        second = await accepted(store, submitted(told(sale, "B", wall=True, corrected=True)))
        both = told(sale, "C", wall=True)
        assert await store.meaning(
            1, both, idempotency_key=None, equal_content=EqualContent.SALE_ID
        ) == NewSale(alike_to=(first.id, second.id))
        third = await accepted(store, submitted(both))
        for again in (
            told(sale, "C", wall=True, corrected=True),
            told(sale, "C", wall=False),
            both,
        ):
            assert await store.accept(submitted(again)) == ContentTaken(third)
        # Of neither its UTC nor its wall clock: it is nobody's.
        await accepted(store, submitted(told(sale, "C", wall=False, corrected=True)))

    @pytest.mark.parametrize("together", [False, True], ids=["one by one", "in a group"])
    async def test_what_is_equal_to_any_recorded_sale_is_never_new(
        self, store: CashbackStore, *, together: bool
    ) -> None:
        random = Random(112)

        async def a_world() -> None:
            base = a_sale()
            sales = [drawn(random, base) for _ in range(6)]
            requests = [submitted(sale, lease_s=None) for sale in sales]
            if together:
                answers = list(await asyncio.gather(*map(store.accept, requests)))
            else:
                answers = [await store.accept(request) for request in requests]
            check(sales, answers)

        await asyncio.gather(*(a_world() for _ in range(40)))

    async def test_two_at_once_of_two_owners_are_one_by_either_clock(
        self, store: CashbackStore
    ) -> None:
        """Neither takes a name: what they share is held by whoever looks first."""
        sales = [a_sale() for _ in range(8)]
        for sale in sales:
            await accepted(store, submitted(told(sale, "A", wall=False)))
            await accepted(store, submitted(told(sale, "B", wall=True, corrected=True)))
        answers = await asyncio.gather(
            *(
                store.accept(submitted(told(sale, "C", wall=True, corrected=corrected)))
                for sale in sales
                for corrected in (False, True)
            )
        )
        assert sum(isinstance(answer, Accepted) for answer in answers) == len(sales)
        assert all(isinstance(answer, Accepted | ContentTaken) for answer in answers)

    async def test_of_several_that_it_may_be_the_senders_own_is_told(
        self, store: CashbackStore
    ) -> None:
        """Another group's came first: of that one nothing may be told."""
        sale = a_sale()
        await accepted(store, of("user:ana", told(sale, "A", wall=True)))
        own = await accepted(store, of("user:bia", told(sale, "B", wall=True)))
        bare = told(sale, None, wall=True)
        assert await store.accept(of("user:bia", bare)) == ContentTaken(own)
        assert await store.meaning(
            1,
            bare,
            idempotency_key=None,
            equal_content=EqualContent.SALE_ID,
            reads_only="user:bia",
        ) == EqualRefused(own.id)
        assert await store.accept(of("user:eva", bare)) == Collided(NameKind.CONTENT)

    async def test_the_very_same_of_two_groups_is_told_to_each(self, store: CashbackStore) -> None:
        """The second adds nothing to be compared with, but is the one that its sender may read."""
        sale = told(a_sale(), "A", wall=True)
        first = await accepted(store, of("user:ana", sale))
        own = await accepted(store, of("user:bia", replace(sale, sale_id="NF-7")))
        assert own.same_content_as == first.id
        assert await store.accept(of("user:bia", sale)) == ContentTaken(own)
