"""Which sale a request means: every combination of what is known, told by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.sales.content import MAX_DIFFERENCES, Difference, Particulars
from cashback_core.sales.erased import ERASED
from cashback_core.sales.payments import Payment, PaymentKind
from cashback_core.sales.place import NOWHERE, Place
from cashback_core.sales.rules import NumberScope
from cashback_core.sales.same_sale import (
    Alike,
    Collision,
    Contradiction,
    EqualContent,
    EqualRefused,
    NameKind,
    NewSale,
    Owner,
    Repeat,
    may_read,
    names_of,
    number_name,
    which_sale,
)
from cashback_core.testing import strategies
from contract.alikes import CASH, PIX, are_one
from contract.alikes import told as told_at
from contract.builders import a_sale, unchecked

if TYPE_CHECKING:
    from datetime import datetime

    from cashback_core.sales.sale import Sale
    from cashback_core.sales.same_sale import Meaning, Name

SALE = a_sale()
OTHER = a_sale()
ONE, TWO = Owner(UUID(int=1), SALE), Owner(UUID(int=2), OTHER)
KEY: Name = (NameKind.IDEMPOTENCY_KEY, "k")
SALE_ID: Name = (NameKind.SALE_ID, "NF-1")
ACCESS_KEY: Final = "35260811222333000181650120000000421123456784"


def decided(
    sale: Sale,
    key: str | None,
    owners: dict[Name, Owner],
    setting: EqualContent = EqualContent.SALE_ID,
) -> Meaning:
    return which_sale(sale, names_of(sale, key), owners, equal_content=setting)


def content_of(owner: Owner) -> dict[Name, Owner]:
    assert owner.sale is not None
    return dict.fromkeys(names_of(replace(owner.sale, sale_id=None), None), owner)


NAMED = replace(SALE, sale_id="NF-1")


@pytest.mark.parametrize(
    ("sale", "key", "owners", "meaning"),
    [
        (NAMED, "k", {}, NewSale()),
        (NAMED, "k", {KEY: ONE}, Repeat(ONE.id, SALE_ID)),
        (NAMED, "k", {KEY: ONE, SALE_ID: ONE}, Repeat(ONE.id)),
        (SALE, "k", {KEY: ONE}, Repeat(ONE.id)),
        (NAMED, "k", {SALE_ID: ONE}, Repeat(ONE.id, KEY)),
        (NAMED, None, {SALE_ID: ONE}, Repeat(ONE.id)),
        (NAMED, "k", content_of(ONE), NewSale(same_content_as=ONE.id)),
        (NAMED, None, content_of(ONE), NewSale(same_content_as=ONE.id)),
        (SALE, "k", content_of(ONE), EqualRefused(ONE.id)),
        (SALE, None, content_of(ONE), EqualRefused(ONE.id)),
        (SALE, "k", content_of(TWO), NewSale()),
        (SALE, None, {}, NewSale()),
    ],
)
def test_names_decide_in_order(
    sale: Sale, key: str | None, owners: dict[Name, Owner], meaning: Meaning
) -> None:
    assert decided(sale, key, owners) == meaning


@pytest.mark.parametrize(
    ("sale", "owners", "kind", "pointers"),
    [
        (SALE, {KEY: TWO}, NameKind.IDEMPOTENCY_KEY, ["/customer/document"]),
        (NAMED, {KEY: TWO}, NameKind.IDEMPOTENCY_KEY, ["/customer/document", "/sale_id"]),
        (NAMED, {KEY: TWO, SALE_ID: TWO}, NameKind.IDEMPOTENCY_KEY, ["/customer/document"]),
        (NAMED, {KEY: ONE, SALE_ID: TWO}, NameKind.IDEMPOTENCY_KEY, ["/sale_id"]),
        (NAMED, {SALE_ID: TWO}, NameKind.SALE_ID, ["/customer/document"]),
    ],
)
def test_a_name_with_something_else_is_told_with_what_differs(
    sale: Sale, owners: dict[Name, Owner], kind: NameKind, pointers: list[str]
) -> None:
    meaning = decided(sale, "k", owners)
    assert isinstance(meaning, Contradiction)
    assert meaning.kind is kind
    assert meaning.id == next(iter(owners.values())).id
    assert [d.pointer for d in meaning.differences] == pointers


@pytest.mark.parametrize("setting", list(EqualContent))
@pytest.mark.parametrize("key", [None, "k"])
@pytest.mark.parametrize("sale", [SALE, NAMED])
def test_the_setting_decides_on_equal_content_alone(
    sale: Sale, key: str | None, setting: EqualContent
) -> None:
    may = {
        EqualContent.SALE_ID: sale.sale_id is not None,
        EqualContent.KEY: sale.sale_id is not None or key is not None,
        EqualContent.NEVER: False,
    }[setting]
    equal = decided(sale, key, content_of(ONE), setting)
    assert equal == (NewSale(same_content_as=ONE.id) if may else EqualRefused(ONE.id))
    assert decided(sale, key, {}, setting) == NewSale()
    assert isinstance(decided(sale, "k", {KEY: ONE}, setting), Repeat)
    assert isinstance(decided(NAMED, None, {SALE_ID: ONE}, setting), Repeat)


@given(strategies.sales(max_lines=2), st.none() | st.just("k"))
def test_a_sale_that_was_recorded_is_never_new_under_the_same_names(
    sale: Sale, key: str | None
) -> None:
    names = names_of(sale, key)
    owner = Owner(UUID(int=7), sale)
    meaning = which_sale(sale, names, dict.fromkeys(names, owner))
    named = key is not None or sale.sale_id is not None
    assert meaning == (Repeat(owner.id) if named else EqualRefused(owner.id))


def test_a_sale_id_is_told_among_ever_so_many_differences() -> None:
    long = unchecked(SALE, lines=SALE.lines * 50, sale_id="NF-1")
    meaning = decided(long, "k", {KEY: ONE})
    assert isinstance(meaning, Contradiction)
    assert len(meaning.differences) == MAX_DIFFERENCES
    assert meaning.differences[-1].pointer == "/sale_id"


@given(
    st.sampled_from([SALE, NAMED, OTHER, replace(OTHER, sale_id="NF-1")]),
    st.sampled_from([None, "k"]),
    st.dictionaries(
        st.sampled_from([KEY, SALE_ID, *content_of(ONE), *content_of(TWO)]),
        st.sampled_from([ONE, TWO]),
    ),
    st.dictionaries(st.sampled_from([ONE.id, TWO.id]), st.sampled_from([None, "a", "b"])),
    st.sampled_from(EqualContent),
)
def test_a_reader_is_told_what_everybody_is_or_that_there_is_one(
    sale: Sale,
    key: str | None,
    owners: dict[Name, Owner],
    groups: dict[UUID, str | None],
    setting: EqualContent,
) -> None:
    """What decides is the same for all; what it is compared with is told to its readers alone."""
    owners = {name: replace(o, group=groups.get(o.id)) for name, o in owners.items()}
    names = names_of(sale, key)
    whole = which_sale(sale, names, owners, equal_content=setting)
    told = which_sale(sale, names, owners, equal_content=setting, reads_only="a")
    if isinstance(whole, NewSale):  # linked so that its own sender finds it
        assert isinstance(told, NewSale)
        assert replace(told, alike_to=whole.alike_to) == whole
    elif may_read("a", groups.get(whole.id)):
        assert told == whole
    else:
        assert isinstance(told, Collision)
        assert told.id == whole.id
        # Another content under the same names is told the same: nothing is to be found by guessing.
        other = unchecked(sale, total_centavos=sale.total_centavos + 1)
        if told.kind is not NameKind.CONTENT:
            again = which_sale(other, names, owners, equal_content=setting, reads_only="a")
            assert again == told


@pytest.mark.parametrize(
    ("reads_only", "group", "may"),
    [
        (None, None, True),
        (None, "a", True),
        ("a", "a", True),
        ("a", "b", False),
        ("a", None, False),
    ],
)
def test_who_reads_one_group_reads_what_came_under_it_and_nothing_of_nobody(
    reads_only: str | None, group: str | None, *, may: bool
) -> None:
    assert may_read(reads_only, group) is may


def test_no_digit_of_a_cpf_is_in_a_difference_wherever_it_was_told() -> None:
    known = Owner(ONE.id, replace(SALE, sale_id="NF-529.982.247-25"))
    meaning = decided(replace(OTHER, sale_id="52998224725/7"), "k", {KEY: known})
    assert isinstance(meaning, Contradiction)
    assert [(d.pointer, d.recorded, d.received) for d in meaning.differences] == [
        ("/customer/document", "***.***.***-**", "***.***.***-**"),
        ("/sale_id", "NF-***.***.***-**", "***.***.***-**/7"),
    ]


ERASED_SALE = replace(SALE, customer=ERASED)
SECOND: Name = (NameKind.SALE_ID, "NF-2")


@pytest.mark.parametrize(
    ("key", "owners"),
    [
        ("k", {KEY: Owner(ONE.id, ERASED_SALE)}),
        ("k", {KEY: Owner(ONE.id, ERASED_SALE), SALE_ID: Owner(ONE.id, ERASED_SALE)}),
        (None, {SALE_ID: Owner(ONE.id, ERASED_SALE)}),
    ],
)
def test_another_persons_sale_is_no_repeat_of_an_erased_customers(
    key: str | None, owners: dict[Name, Owner]
) -> None:
    """Same instant, total and lines; whoever sends it would never be paid."""
    theirs = content_of(Owner(ONE.id, SALE))  # sealed: nobody else's content is found by them
    others = replace(NAMED, customer=OTHER.customer)
    meaning = decided(others, key, owners)
    assert isinstance(meaning, Contradiction)
    assert meaning.differences[0] == Difference(
        pointer="/customer/document", recorded="***.***.***-**", received="***.***.***-**"
    )
    assert isinstance(decided(NAMED, key, owners | theirs), Repeat)


def test_the_second_of_an_erased_customers_equal_sales_is_repeated_too() -> None:
    """Its content is the first's name alone."""
    second = Owner(TWO.id, replace(ERASED_SALE, sale_id="NF-2"), same_content_as=ONE.id)
    first = content_of(ONE)
    for sold in (replace(SALE, sale_id="NF-2"), SALE):
        key = None if sold.sale_id else "k"
        owners = {KEY: second} if key else {SECOND: second}
        assert isinstance(decided(sold, key, owners | first), Repeat)
        assert isinstance(decided(sold, key, owners), Contradiction)


@pytest.mark.parametrize("spelt", ["{}", "till-{}", "0{}9"])
def test_a_repeat_gives_no_name_that_tells_who_bought(spelt: str) -> None:
    told = spelt.format(SALE.document)
    assert decided(NAMED, told, {SALE_ID: ONE}) == Repeat(ONE.id)
    telling = replace(SALE, sale_id=told)
    assert decided(telling, "k", {KEY: ONE}) == Repeat(ONE.id)
    assert decided(NAMED, told, {(NameKind.IDEMPOTENCY_KEY, told): ONE, SALE_ID: ONE}) == Repeat(
        ONE.id
    ), "one that it has names it still"


STORE_1, STORE_2 = Place(store="1"), Place(store="2")
THREE = UUID(int=3)


def at(place: Place, *payments: Payment) -> Sale:
    return unchecked(SALE, place=place, payments=payments)


def owner_at(place: Place, *alikes: Alike) -> dict[Name, Owner]:
    return content_of(Owner(ONE.id, at(place), "a", alikes=alikes))


def alike(id_: UUID, place: Place, group: str | None = None) -> Alike:
    return Alike(id=id_, group=group, told=Particulars.of(at(place)))


@pytest.mark.parametrize(
    ("recorded", "received", "meaning"),
    [
        (STORE_1, STORE_1, EqualRefused(ONE.id)),
        (STORE_1, NOWHERE, EqualRefused(ONE.id)),
        (NOWHERE, STORE_1, EqualRefused(ONE.id)),
        (STORE_1, STORE_2, NewSale(alike_to=(ONE.id,))),
        (STORE_1, Place(till="7"), EqualRefused(ONE.id)),
        (Place(store="1", till="7"), Place(store="1", till="8"), NewSale(alike_to=(ONE.id,))),
    ],
)
def test_of_equal_content_another_place_is_another_sale(
    recorded: Place, received: Place, meaning: Meaning
) -> None:
    assert decided(at(received), "k", owner_at(recorded)) == meaning


def test_another_payment_is_another_sale_too() -> None:
    pix, cash = (
        Payment(kind=kind, value_centavos=10_000) for kind in (PaymentKind.PIX, PaymentKind.CASH)
    )
    owners = content_of(Owner(ONE.id, at(NOWHERE, pix)))
    assert decided(at(NOWHERE, cash), "k", owners) == NewSale(alike_to=(ONE.id,))
    assert decided(at(NOWHERE, pix), "k", owners) == EqualRefused(ONE.id)
    assert decided(at(STORE_1), "k", owners) == EqualRefused(ONE.id)


def test_absence_is_never_concluded_from_the_owner_alone() -> None:
    """The owner is of store 1; what is linked to it of store 2, and of no store at all."""
    second = alike(TWO.id, STORE_2, "b")
    nowhere = alike(THREE, NOWHERE, "b")
    assert decided(at(STORE_2), "k", owner_at(STORE_1, second)) == EqualRefused(TWO.id)
    assert decided(at(Place(store="3")), "k", owner_at(STORE_1, second)) == NewSale(
        alike_to=(ONE.id,)
    )
    both = owner_at(STORE_1, second, nowhere)
    assert decided(at(Place(store="3")), "k", both) == EqualRefused(THREE)
    assert decided(at(STORE_2), "k", both) == EqualRefused(TWO.id), "the first that it may be"


def test_a_named_sale_is_linked_unless_it_tells_what_is_known() -> None:
    for place, link in [(STORE_1, ()), (NOWHERE, (ONE.id,)), (Place(till="1"), (ONE.id,))]:
        sale = unchecked(at(place), sale_id="NF-9")
        expected = NewSale(same_content_as=ONE.id, equal_group="a", alike_to=link)
        assert decided(sale, None, owner_at(STORE_1)) == expected
    other = unchecked(at(STORE_2), sale_id="NF-9")
    assert decided(other, None, owner_at(STORE_1)) == NewSale(alike_to=(ONE.id,))


def test_whose_group_decides_is_the_one_of_the_sale_that_it_may_be() -> None:
    owners = owner_at(STORE_1, alike(TWO.id, STORE_2, "b"))
    names = names_of(at(STORE_2), "k")
    told = which_sale(at(STORE_2), names, owners, reads_only="a")
    assert told == Collision(TWO.id, NameKind.CONTENT)
    assert which_sale(at(STORE_2), names, owners, reads_only="b") == EqualRefused(TWO.id)


def test_of_several_the_senders_own_decides_whichever_came_first() -> None:
    owners = owner_at(STORE_1, alike(TWO.id, STORE_2, "b"))
    names = names_of(at(NOWHERE), "k")
    for reads_only, meaning in (
        (None, EqualRefused(ONE.id)),
        ("a", EqualRefused(ONE.id)),
        ("b", EqualRefused(TWO.id)),
        ("c", Collision(ONE.id, NameKind.CONTENT)),
    ):
        assert which_sale(at(NOWHERE), names, owners, reads_only=reads_only) == meaning


def test_the_very_same_of_another_group_is_linked_for_its_sender() -> None:
    sale = unchecked(at(STORE_1), sale_id="NF-9")
    for reads_only, link in ((None, ()), ("a", ()), ("b", (ONE.id,))):
        meaning = which_sale(sale, names_of(sale, None), owner_at(STORE_1), reads_only=reads_only)
        assert meaning == NewSale(same_content_as=ONE.id, equal_group="a", alike_to=link)


def test_a_name_with_another_place_is_told_where_it_differs() -> None:
    known = Owner(ONE.id, at(STORE_1))
    meaning = decided(at(STORE_2), "k", {KEY: known})
    assert isinstance(meaning, Contradiction)
    assert [(d.pointer, d.recorded, d.received) for d in meaning.differences] == [
        ("/store", "1", "2")
    ]
    assert decided(at(NOWHERE), "k", {KEY: known}) == Repeat(ONE.id)


def test_an_erased_customers_linked_sale_is_repeated_too() -> None:
    """Its content name is the owner's; it is linked, or tells what a linked one does."""
    owner = Owner(ONE.id, None, told=Particulars.of(at(STORE_1)), alikes=(alike(TWO.id, STORE_2),))
    content = dict.fromkeys(content_of(ONE), owner)
    erased = unchecked(at(STORE_2), customer=ERASED)
    for known in (
        Owner(TWO.id, erased, alike_to=(ONE.id,)),
        Owner(THREE, erased, same_content_as=TWO.id),
    ):
        assert decided(at(STORE_2), "k", {KEY: known, **content}) == Repeat(known.id)
        assert isinstance(decided(at(STORE_2), "k", {KEY: known}), Contradiction)


@dataclass(frozen=True)
class World:
    """What is recorded of one customer's equal carts, as a store keeps it."""

    recorded: tuple[tuple[UUID, Sale], ...] = ()
    owners: tuple[tuple[Name, UUID], ...] = ()
    alike_to: tuple[tuple[UUID, tuple[UUID, ...]], ...] = ()

    def meaning(self, sale: Sale) -> Meaning:
        sales, links = dict(self.recorded), dict(self.alike_to)
        owners = {
            name: Owner(
                id_,
                sales[id_],
                alike_to=links[id_],
                alikes=tuple(
                    Alike(id=other, told=Particulars.of(sales[other]))
                    for other, to in self.alike_to
                    if id_ in to
                ),
            )
            for name, id_ in self.owners
        }
        return which_sale(sale, names(sale), owners)

    def and_also(self, sale: Sale, meaning: NewSale) -> World:
        id_ = UUID(int=100 + len(self.recorded))
        return World(
            (*self.recorded, (id_, sale)),
            (*self.owners, *((n, id_) for n in names(sale) if n not in dict(self.owners))),
            (*self.alike_to, (id_, meaning.alike_to)),
        )


def names(sale: Sale) -> tuple[Name, ...]:
    return _names(sale, sale.sold_at_wall)


@cache
def _names(sale: Sale, _wall: datetime | None) -> tuple[Name, ...]:
    """Sales that differ in their wall clock alone are equal, and have other names."""
    return names_of(sale, None)


def check(world: World, sale: Sale) -> World | None:
    """Compare what is decided with a look at all that is recorded; the world after a new sale."""
    meaning = world.meaning(sale)
    equal = {id_ for id_, other in world.recorded if are_one(sale, other)}
    if isinstance(meaning, EqualRefused):
        assert sale.sale_id is None
        assert meaning.id in equal
        return None
    assert isinstance(meaning, NewSale)
    assert not equal or sale.sale_id is not None, (world.recorded, sale)
    assert meaning.same_content_as in equal if equal else meaning.same_content_as is None
    return world.and_also(sale, meaning)


WAYS: Final = tuple(
    told_at(SALE, store, wall=wall, corrected=corrected)
    for store in (None, "A", "B")
    for wall in (False, True)
    for corrected in (False, True)
)


def test_a_sale_that_is_equal_to_any_recorded_one_is_never_new_whatever_came_before() -> None:
    """Every order of every way to tell one cart; what was refused changes nothing."""
    worlds, seen = [World()], 0
    for _ in range(7):
        seen += len(worlds)
        worlds = [after for world in worlds for way in WAYS if (after := check(world, way))]
    assert not worlds, "every way to tell it was told, or is one with what was"
    assert seen > 400, "they are many"


def made(way: Sale, till: str | None, paid: tuple[Payment, ...], number: UUID | None) -> Sale:
    place = replace(way.place, till=till)
    sale_id = None if number is None else str(number)
    return unchecked(way, place=place, payments=paid, sale_id=sale_id)


@given(
    st.lists(
        st.builds(
            made,
            st.sampled_from(WAYS),
            st.sampled_from([None, None, "1", "2"]),
            st.sampled_from([(), (), CASH, PIX]),
            st.none() | st.uuids(),
        ),
        max_size=9,
    )
)
def test_links_tell_of_every_recorded_sale(sales: list[Sale]) -> None:
    """Those that have a number of their own, too; with tills, and however they were paid."""
    world = World()
    for sale in sales:
        world = check(world, sale) or world


@pytest.mark.parametrize(
    ("numbers", "store", "name"),
    [
        (NumberScope.MERCHANT, None, "NF-1"),
        (NumberScope.MERCHANT, "7", "NF-1"),
        (NumberScope.STORE, "7", "7 NF-1"),
        (NumberScope.STORE, None, None),
    ],
)
def test_a_number_goes_with_its_store_where_stores_count_by_themselves(
    numbers: NumberScope, store: str | None, name: str | None
) -> None:
    assert number_name("NF-1", store, numbers=numbers) == name
    sale = unchecked(NAMED, place=Place(store=store))
    ids = [told for kind, told in names_of(sale, None, numbers=numbers) if kind is NameKind.SALE_ID]
    assert ids == ([] if name is None else [name])
    assert number_name(None, store, numbers=numbers) is None


@pytest.mark.parametrize("store", [None, "7", "007"])
def test_an_access_key_is_one_documents_in_whatever_store(store: str | None) -> None:
    assert number_name(ACCESS_KEY, store, numbers=NumberScope.STORE) == ACCESS_KEY
    wrong = ACCESS_KEY[:-1] + str((int(ACCESS_KEY[-1]) + 1) % 10)
    assert number_name(wrong, store, numbers=NumberScope.STORE) != wrong


def test_a_key_of_one_number_in_two_stores_tells_the_store() -> None:
    known = Owner(ONE.id, unchecked(at(STORE_1), sale_id="NF-1"))
    sale = unchecked(at(STORE_2), sale_id="NF-1")
    names = names_of(sale, "k", numbers=NumberScope.STORE)
    meaning = which_sale(sale, names, {KEY: known})
    assert isinstance(meaning, Contradiction)
    assert [d.pointer for d in meaning.differences] == ["/store"]
