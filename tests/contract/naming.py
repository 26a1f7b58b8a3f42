"""The part of the store's contract about names: the same sale twice, customers, no trace left."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cashback_core.delivery.record import RecordFilter
from cashback_core.delivery.states import Status
from cashback_core.intake.acceptance import (
    Acceptance,
    Accepted,
    Collided,
    ContentTaken,
    CustomerNameMismatch,
    NameTaken,
    NotRecorded,
    Repeated,
)
from cashback_core.sales.content import differences
from cashback_core.sales.sale import Line
from cashback_core.sales.same_sale import (
    Collision,
    Contradiction,
    EqualContent,
    EqualRefused,
    NameKind,
    NewSale,
    Repeat,
)
from contract.builders import (
    CREATED,
    SOLD_AT,
    a_cpf,
    a_sale,
    accepted,
    buyer_of,
    ended,
    leased,
    submitted,
)

if TYPE_CHECKING:
    from cashback_core.delivery.record import Record
    from cashback_core.intake.acceptance import Submission
    from cashback_core.intake.store import CashbackStore
    from cashback_core.sales.sale import Sale
    from cashback_core.sales.same_sale import Meaning


class NamingContract:
    """Who is first, and what everybody else is told."""

    async def test_a_known_key_is_answered_with_its_record(self, store: CashbackStore) -> None:
        sale = a_sale()
        first = await accepted(store, submitted(sale, key="k"))
        assert await store.accept(submitted(sale, key="k")) == Repeated(first)
        other = a_sale(document=sale.document, centavos=9_999)
        found = differences(recorded=sale, received=other)
        assert found
        assert await store.accept(submitted(other, key="k")) == NameTaken(
            NameKind.IDEMPOTENCY_KEY, first, found
        )
        assert await count(store) == 1

    @pytest.mark.parametrize("same", [True, False], ids=["the same sale", "other content"])
    @pytest.mark.parametrize(
        ("names", "kind"),
        [
            ({"key": "k", "sale_id": "NF-1"}, NameKind.IDEMPOTENCY_KEY),
            ({"key": "k"}, NameKind.IDEMPOTENCY_KEY),
            ({"key": "k2", "sale_id": "NF-1"}, NameKind.SALE_ID),
            ({"sale_id": "NF-1"}, NameKind.SALE_ID),
        ],
    )
    async def test_of_another_groups_sale_nothing_is_told_whatever_is_in_it(
        self, store: CashbackStore, names: dict[str, str], kind: NameKind, *, same: bool
    ) -> None:
        sale = a_sale(sale_id="NF-1")
        first = await accepted(store, submitted(sale, key="k", submitted_by="user:ana"))
        told = replace(
            sale if same else a_sale(document=sale.document, centavos=9_999),
            sale_id=names.get("sale_id"),
        )
        request = submitted(
            told, key=names.get("key"), submitted_by="user:bia", reads_only="user:bia"
        )
        assert await store.accept(request) == Collided(kind)
        assert await store.accept(replace(request, replay_only=True)) == Collided(kind)
        assert await meaning(store, told, key=names.get("key"), reads_only="user:bia") == Collision(
            first.id, kind
        )
        assert await count(store) == 1
        # No name was taken, and none was given to what it collided with.
        free = submitted(a_sale(), key="k2", submitted_by="user:bia", reads_only="user:bia")
        assert isinstance(await store.accept(free), Accepted)

    async def test_what_a_group_sent_any_of_it_repeats(self, store: CashbackStore) -> None:
        sale = a_sale(sale_id="NF-1")
        first = await accepted(
            store, submitted(sale, key="k", submitted_by="user:ana", group="client:cli_group")
        )
        again = submitted(
            sale,
            key="k2",
            submitted_by="user:bia",
            group="client:cli_group",
            reads_only="client:cli_group",
        )
        assert await store.accept(again) == Repeated(first)

    async def test_equal_content_of_another_group_is_refused_without_its_record(
        self, store: CashbackStore
    ) -> None:
        sale = a_sale()
        first = await accepted(store, submitted(sale, submitted_by="user:ana"))
        bare = submitted(sale, submitted_by="user:bia", reads_only="user:bia")
        assert await store.accept(bare) == Collided(NameKind.CONTENT)
        assert await meaning(store, sale, reads_only="user:bia") == Collision(
            first.id, NameKind.CONTENT
        )
        other = replace(bare, sale=replace(sale, sale_id="NF-2"))
        taken = await accepted(store, other)
        assert (taken.same_content_as, taken.equal_group) == (first.id, "user:ana")

    async def test_in_one_group_of_writes_too_nothing_is_told_of_a_neighbour(
        self, store: CashbackStore
    ) -> None:
        sale = a_sale(sale_id="NF-1")
        answers = await asyncio.gather(
            *(
                store.accept(submitted(sale, submitted_by=who, reads_only=who))
                for who in ("user:ana", "user:bia", "user:ana", "user:bia")
            )
        )
        assert Counter(map(type, answers)) == {Accepted: 1, Repeated: 1, Collided: 2}

    async def test_the_very_request_of_another_group_is_unknown(self, store: CashbackStore) -> None:
        sale = a_sale(sale_id="NF-1")
        request = submitted(sale, key="k", raw_body=b'{"a": 1}', submitted_by="user:ana")
        first = await accepted(store, request)
        for names in ({"idempotency_key": "k"}, {"sale_id": "NF-1"}):
            asked = {"idempotency_key": None, "sale_id": None} | names
            for reads_only, found in ((None, first), ("user:ana", first), ("user:bia", None)):
                same = await store.same_request(1, b'{"a": 1}', **asked, reads_only=reads_only)
                assert same == found

    async def test_a_known_sale_id_is_answered_with_its_record(self, store: CashbackStore) -> None:
        sale = a_sale(sale_id="NF-1")
        first = await accepted(store, submitted(sale))
        assert await store.accept(submitted(sale)) == Repeated(first)
        other = replace(sale, total_centavos=sale.total_centavos - 1, discount_centavos=1)
        assert await store.accept(submitted(other)) == NameTaken(
            NameKind.SALE_ID, first, differences(recorded=sale, received=other)
        )
        assert await count(store) == 1

    async def test_a_repeat_gives_its_sale_a_further_key(self, store: CashbackStore) -> None:
        sale = a_sale(sale_id="NF-1")
        first = await accepted(store, submitted(sale, key="k1"))
        assert await store.accept(submitted(sale, key="k2")) == Repeated(first)
        assert await store.accept(submitted(replace(sale, sale_id=None), key="k2")) == Repeated(
            first
        )
        assert isinstance(await store.accept(submitted(a_sale(), key="k2")), NameTaken)

    async def test_a_repeat_gives_its_sale_a_further_sale_id(self, store: CashbackStore) -> None:
        sale = a_sale()
        named = replace(sale, sale_id="NF-1")
        first = await accepted(store, submitted(sale, key="k1"))
        assert await store.accept(submitted(named, key="k1")) == Repeated(first)
        assert await store.accept(submitted(named)) == Repeated(first)
        assert await store.find(1, first.id) == first, "as it was told first"
        assert first.sale.sale_id is None
        taken = await store.accept(submitted(a_sale(sale_id="NF-1")))
        assert isinstance(taken, NameTaken)
        assert taken.kind is NameKind.SALE_ID

    async def test_a_sale_id_of_another_sale_is_no_further_name(self, store: CashbackStore) -> None:
        sale = a_sale()
        first = await accepted(store, submitted(sale, key="k1"))
        other = await accepted(store, submitted(a_sale(sale_id="NF-2")))
        taken = await store.accept(submitted(replace(sale, sale_id="NF-2"), key="k1"))
        assert isinstance(taken, NameTaken)
        assert (taken.kind, taken.record) == (NameKind.IDEMPOTENCY_KEY, first)
        (difference,) = taken.differences
        assert (difference.pointer, difference.received) == ("/sale_id", "NF-2")
        assert await store.accept(submitted(other.sale)) == Repeated(other)

    async def test_keys_are_compared_before_sale_ids(self, store: CashbackStore) -> None:
        first = await accepted(store, submitted(a_sale(sale_id="NF-1"), key="k1"))
        await accepted(store, submitted(a_sale(sale_id="NF-2"), key="k2"))
        taken = await store.accept(submitted(a_sale(sale_id="NF-2"), key="k1"))
        assert isinstance(taken, NameTaken)
        assert (taken.kind, taken.record) == (NameKind.IDEMPOTENCY_KEY, first)

    async def test_a_key_and_an_equal_sale_id_are_different_names(
        self, store: CashbackStore
    ) -> None:
        await accepted(store, submitted(a_sale(sale_id="7")))
        await accepted(store, submitted(a_sale(), key="7"))

    @pytest.mark.parametrize("named", [False, True])
    async def test_unnamed_equal_content_is_answered_with_its_record(
        self, store: CashbackStore, *, named: bool
    ) -> None:
        sale = a_sale(sale_id="NF-1" if named else None)
        first = await accepted(store, submitted(sale, key="k" if named else None))
        again = submitted(replace(sale, sale_id=None))
        assert await store.accept(again) == ContentTaken(first)
        assert await count(store) == 1

    async def test_a_fresh_key_alone_makes_no_other_sale_and_is_not_used_up(
        self, store: CashbackStore
    ) -> None:
        sale = a_sale()
        first = await accepted(store, submitted(sale, key="k1"))
        assert await store.accept(submitted(sale, key="k2")) == ContentTaken(first)
        assert await count(store) == 1
        await accepted(store, submitted(a_sale(), key="k2"))

    async def test_a_fresh_sale_id_makes_another_sale_which_tells_the_first(
        self, store: CashbackStore
    ) -> None:
        sale = a_sale(sale_id="NF-1")
        first = await accepted(store, submitted(sale))
        second = await accepted(store, submitted(replace(sale, sale_id="NF-2"), key="k2"))
        third = await accepted(store, submitted(replace(sale, sale_id="NF-3")))
        assert [r.same_content_as for r in (first, second, third)] == [None, first.id, first.id]
        assert await store.find(1, second.id) == second
        assert await store.accept(submitted(second.sale)) == Repeated(second)
        assert await store.accept(submitted(replace(sale, sale_id=None))) == ContentTaken(first)

    @pytest.mark.parametrize(
        ("setting", "by_key", "by_sale_id"),
        [
            (EqualContent.SALE_ID, False, True),
            (EqualContent.KEY, True, True),
            (EqualContent.NEVER, False, False),
        ],
    )
    async def test_the_merchant_decides_which_sales_may_be_equal(
        self, store: CashbackStore, setting: EqualContent, *, by_key: bool, by_sale_id: bool
    ) -> None:
        sale = a_sale()
        first = await accepted(store, submitted(sale, key="k1"))
        tries = {
            submitted(sale, key="k2"): by_key,
            submitted(replace(sale, sale_id="NF-1")): by_sale_id,
            submitted(replace(sale, sale_id="NF-2"), key="k3"): by_sale_id,
            submitted(sale): False,
        }
        for again, another in tries.items():
            answer = await store.accept(replace(again, equal_content=setting))
            if another:
                assert isinstance(answer, Accepted)
                assert answer.record.same_content_as == first.id
            else:
                assert answer == ContentTaken(first)

    async def test_content_is_the_same_in_any_order_and_under_any_name(
        self, store: CashbackStore
    ) -> None:
        lines = (
            Line.of(type="A", value_e10=100 * 10**8, qty_e4=10_000),
            Line.of(type="B", value_e10=100 * 10**8, qty_e4=10_000),
            Line.of(type="A", value_e10=300 * 10**8, qty_e4=5000, discount_centavos=50),
        )
        sale = replace(a_sale(), lines=lines, total_centavos=300)
        first = await accepted(store, submitted(sale))
        customer = replace(buyer_of(sale), name="Jos\u00e9 da Silva ")
        respelt = replace(sale, lines=lines[::-1], customer=customer)
        assert await store.accept(submitted(respelt)) == ContentTaken(first)

    @pytest.mark.parametrize("change", ["sold_at", "qty", "discount", "cent", "line"])
    async def test_unnamed_content_that_differs_in_anything_is_another_sale(
        self, store: CashbackStore, change: str
    ) -> None:
        sale = a_sale()
        await accepted(store, submitted(sale))
        line = sale.lines[0]
        half = replace(line, qty_e4=5000, amount_centavos=line.amount_centavos // 2)
        others = {
            "sold_at": replace(sale, sold_at=sale.sold_at.replace(microsecond=1)),
            "qty": replace(sale, lines=(replace(line, value_e10=5_000 * 10**8, qty_e4=20_000),)),
            "discount": replace(
                sale,
                lines=(replace(line, discount_centavos=1),),
                total_centavos=sale.total_centavos - 1,
            ),
            "cent": a_sale(document=sale.document, centavos=10_001),
            "line": replace(sale, lines=(half, half)),
        }
        await accepted(store, submitted(others[change]))

    @pytest.mark.parametrize("named", ["key", "sale_id", "nothing"])
    async def test_a_wall_clock_is_the_same_after_the_zone_has_changed(
        self, store: CashbackStore, named: str
    ) -> None:
        wall = SOLD_AT.replace(tzinfo=None) - timedelta(hours=3)
        sale_id, key = ("NF-1" if named == "sale_id" else None), ("k" if named == "key" else None)
        before = replace(a_sale(sale_id=sale_id), sold_at_wall=wall)
        first = await accepted(store, submitted(before, key=key))
        after = replace(before, sold_at=SOLD_AT + timedelta(hours=1))
        again = await store.accept(submitted(after, key=key))
        assert again == (ContentTaken(first) if named == "nothing" else Repeated(first))
        with_offset = replace(after, sold_at_wall=None)
        told = await store.accept(submitted(with_offset, key=key))
        assert isinstance(told, Accepted if named == "nothing" else NameTaken)

    async def test_whether_it_was_told_with_an_offset_does_not_matter(
        self, store: CashbackStore
    ) -> None:
        wall = SOLD_AT.replace(tzinfo=None) - timedelta(hours=3)
        with_offset = a_sale()
        first = await accepted(store, submitted(with_offset))
        naive = replace(with_offset, sold_at_wall=wall)
        assert await store.accept(submitted(naive)) == ContentTaken(first)
        record = await accepted(store, submitted(replace(naive, sale_id="NF-1")))
        assert record.sale.sold_at_wall == wall
        found = await store.find(1, record.id)
        assert found is not None
        assert found.sale.sold_at_wall == wall

    async def test_the_meaning_is_told_without_recording_anything(
        self, store: CashbackStore
    ) -> None:
        sale = a_sale(sale_id="NF-1")

        async def meaning(sale: Sale, key: str | None = None) -> Meaning:
            return await store.meaning(
                1, sale, idempotency_key=key, equal_content=EqualContent.SALE_ID
            )

        assert await meaning(sale, "k") == NewSale()
        assert await count(store) == 0
        first = await accepted(store, submitted(sale))
        further = (NameKind.IDEMPOTENCY_KEY, "k")
        assert await meaning(sale, "k") == Repeat(first.id, further)
        assert await meaning(sale, "k") == Repeat(first.id, further), "the key is still nobody's"
        assert await meaning(replace(sale, sale_id=None), "k") == EqualRefused(first.id)
        assert await meaning(replace(sale, sale_id="NF-2")) == NewSale(first.id)
        other = await meaning(a_sale(sale_id="NF-1"))
        assert isinstance(other, Contradiction)

    async def test_the_same_bytes_are_found_under_either_name(self, store: CashbackStore) -> None:
        body = b'{"whatever": "it says"}'
        sale = a_sale(sale_id="NF-1")
        first = await accepted(store, submitted(sale, key="k1", raw_body=body))
        other = await accepted(store, submitted(a_sale(), key="k2", raw_body=b"{}"))

        async def same(body: bytes, key: str | None, sale_id: str | None) -> Record | None:
            return await store.same_request(1, body, idempotency_key=key, sale_id=sale_id)

        assert await same(body, "k1", None) == first
        assert await same(body, None, "NF-1") == first
        assert await same(body + b" ", "k1", "NF-1") is None
        assert await same(body, "k2", "NF-1") is None, "the key decides"
        assert await same(body, "NF-1", "k1") is None
        assert await same(body, None, None) is None
        assert await same(body, "k3", "NF-1") == first
        assert await store.accept(submitted(sale, key="k3")) == Repeated(first), "a further key"
        assert await store.same_request(2, body, idempotency_key="k1", sale_id=None) is None
        assert await same(b"{}", "k2", None) == other

    @pytest.mark.parametrize("spelt", ["{}", "till:{}/7"])
    async def test_a_repeat_gives_no_key_that_tells_who_bought(
        self, store: CashbackStore, spelt: str
    ) -> None:
        body = b'{"whatever": "it says"}'
        sale = a_sale(sale_id="NF-1")
        key = spelt.format(sale.document)
        first = await accepted(store, submitted(sale, raw_body=body))
        again = replace(submitted(sale, key=key, raw_body=body), replay_only=True)
        assert await store.accept(again) == Repeated(first)
        same = await store.same_request(1, body, idempotency_key=key, sale_id="NF-1")
        assert same == first
        assert await store.same_request(1, body, idempotency_key=key, sale_id=None) is None

    async def test_a_name_is_told_with_the_present_standing(self, store: CashbackStore) -> None:
        sale = a_sale(sale_id="NF-1")
        claim = await leased(store, sale)
        standing = await store.conclude(ended(claim, CREATED))
        taken = await store.accept(submitted(sale))
        assert isinstance(taken, Repeated)
        assert taken.record.status is Status.APPLIED
        assert taken.record.standing == standing

    async def test_names_belong_to_a_merchant(self, store: CashbackStore) -> None:
        sale = a_sale(sale_id="NF-1")
        await accepted(store, submitted(sale, key="k"))
        await accepted(store, submitted(sale, key="k", merchant_id=2))
        unnamed = a_sale()
        await accepted(store, submitted(unnamed))
        await accepted(store, submitted(unnamed, merchant_id=2))
        renamed = a_sale(document=sale.document, name="ANOTHER NAME", centavos=5)
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
        assert buyer_of(record.sale).name == spelling, "a record keeps its own spelling"
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
        assert await store.accept(other) == Repeated(first)

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
        other = ContentTaken if by is NameKind.CONTENT else Repeated
        assert Counter(type(a) for a in answers) == {Accepted: 1, other: 49}
        assert len({record_of(answer).id for answer in answers}) == 1
        assert await count(store) == 1

    async def test_of_equal_sale_ids_under_different_keys_at_once_one_is_recorded(
        self, store: CashbackStore
    ) -> None:
        sale = a_sale(sale_id="NF-1")
        answers = await at_once(store, [submitted(sale, key=f"k{n}") for n in range(20)])
        assert Counter(type(a) for a in answers) == {Accepted: 1, Repeated: 19}
        assert await count(store) == 1
        for n in range(20):
            again = await store.accept(submitted(replace(sale, sale_id=None), key=f"k{n}"))
            assert isinstance(again, Repeated), "each key is a name of it"

    async def test_two_names_of_one_new_customer_at_once_let_one_in(
        self, store: CashbackStore
    ) -> None:
        document = a_cpf()
        names = ["ANA", "BRUNO"] * 5
        sales = [a_sale(document=document, name=n, centavos=100 + i) for i, n in enumerate(names)]
        answers = await at_once(store, [submitted(sale) for sale in sales])
        let_in = {buyer_of(record_of(a).sale).name for a in answers if isinstance(a, Accepted)}
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
        assert await store.accept(submitted(sale)) == ContentTaken(first.record)

    async def test_what_is_only_to_be_replayed_is_found_or_leaves_no_trace(
        self, store: CashbackStore
    ) -> None:
        sale = a_sale(sale_id="NF-1")
        unknown = replace(submitted(sale, key="k"), replay_only=True)
        assert isinstance(await store.accept(unknown), NotRecorded)
        record = await accepted(store, submitted(sale, key="k"))
        again = replace(submitted(sale, key="k"), replay_only=True)
        assert await store.accept(again) == Repeated(record)


async def at_once(store: CashbackStore, submissions: list[Submission]) -> list[Acceptance]:
    """Every acceptance of submissions that arrive in one moment, in their order."""
    return await asyncio.gather(*[store.accept(submission) for submission in submissions])


def record_of(acceptance: Acceptance) -> Record:
    """The record that an acceptance tells."""
    assert isinstance(acceptance, Accepted | Repeated | NameTaken | ContentTaken)
    return acceptance.record


async def count(store: CashbackStore) -> int:
    """How many sales merchant 1 has recorded."""
    page = await store.page(1, RecordFilter(), limit=200, after=None)
    return len(page.records)


async def meaning(
    store: CashbackStore, sale: Sale, *, key: str | None = None, reads_only: str | None = None
) -> Meaning:
    return await store.meaning(
        1,
        sale,
        idempotency_key=key,
        equal_content=EqualContent.SALE_ID,
        reads_only=reads_only,
    )
