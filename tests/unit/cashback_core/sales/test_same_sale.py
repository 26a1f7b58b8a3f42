"""Which sale a request means: every combination of what is known, told by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.sales.content import MAX_DIFFERENCES, Difference
from cashback_core.sales.erased import ERASED
from cashback_core.sales.same_sale import (
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
    which_sale,
)
from cashback_core.testing import strategies
from contract.builders import a_sale, unchecked

if TYPE_CHECKING:
    from cashback_core.sales.sale import Sale
    from cashback_core.sales.same_sale import Meaning, Name

SALE = a_sale()
OTHER = a_sale()
ONE, TWO = Owner(UUID(int=1), SALE), Owner(UUID(int=2), OTHER)
KEY: Name = (NameKind.IDEMPOTENCY_KEY, "k")
SALE_ID: Name = (NameKind.SALE_ID, "NF-1")


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
    if isinstance(whole, NewSale) or may_read("a", groups.get(whole.id)):
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
    told = spelt.format(SALE.customer.document)
    assert decided(NAMED, told, {SALE_ID: ONE}) == Repeat(ONE.id)
    telling = replace(SALE, sale_id=told)
    assert decided(telling, "k", {KEY: ONE}) == Repeat(ONE.id)
    assert decided(NAMED, told, {(NameKind.IDEMPOTENCY_KEY, told): ONE, SALE_ID: ONE}) == Repeat(
        ONE.id
    ), "one that it has names it still"
