"""Days of three sides: each thing in one class, sums that add up, parts that make the whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.comparing import compare, is_document_of, is_masked
from cashback_core.reconciliation.three_side_totals import ThreeTotals
from cashback_core.reconciliation.three_sided_merge import Arrival, ThreeSidedMerge
from cashback_core.reconciliation.three_sides import (
    EVERYTHING,
    Compared,
    Credited,
    DayRecord,
    ErpClass,
    ErpLine,
    KeyRange,
    WhyDiffers,
)
from unit.cashback_core.reconciliation.worlds import id_of

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

NOON = datetime(2026, 11, 29, 15, tzinfo=UTC)
NOTHING: frozenset[WhyDiffers] = frozenset()
ARRIVAL = Arrival(as_of=NOON + timedelta(minutes=1), max_age=timedelta(seconds=58))
CPFS = ("52998224725", "11144477735", "52998224806")


def record(number: int, **changes: object) -> DayRecord:
    made = DayRecord(
        id=id_of(number),
        document=CPFS[0],
        customer_name="Maria Silva",
        store="7",
        sold_at=NOON,
        total_centavos=10_000,
        cashback_centavos=500,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def line_of(one: DayRecord, number: int, **changes: object) -> ErpLine:
    made = ErpLine(
        number=number,
        name=f"sale {number}",
        record=one.id,
        store=one.store,
        document=one.document,
        customer_name=one.customer_name,
        sold_at=one.sold_at,
        total_centavos=one.total_centavos,
        discount_centavos=one.discount_centavos,
        cashback_centavos=one.cashback_centavos,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def merged(
    lines: list[ErpLine], records: list[DayRecord], within: KeyRange = EVERYTHING
) -> tuple[list[Compared], ThreeTotals]:
    merge = ThreeSidedMerge(ARRIVAL, within=within)
    for line in lines:
        merge.take(line)
    for one in records:
        merge.enter(one)
    return list(merge.findings()), merge.totals


def unnamed(one: DayRecord, number: int, **changes: object) -> ErpLine:
    return line_of(one, number, name=None, record=None, **changes)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[ErpLine], list[DayRecord]]:
    """Days of few instants, amounts and customers, so that nearly everything is alike."""
    few = st.sampled_from
    providers = st.none() | st.builds(
        Credited,
        cls=few([FindingClass.MATCHED, FindingClass.ALTERED, FindingClass.NOT_EXPECTED]),
        lines=st.integers(0, 1),
        centavos=few([0, 500, 501]),
    )
    records = [
        record(
            number,
            document=draw(few([*CPFS, None])),
            sold_at=NOON + timedelta(milliseconds=draw(few([0, 400, 2000, 2900, 5000]))),
            total_centavos=draw(few([10_000, 10_001])),
            cashback_centavos=draw(few([500, 501])),
            provider=draw(providers),
        )
        for number in range(draw(st.integers(0, 6)))
    ]
    lines: list[ErpLine] = []
    for number in range(1, draw(st.integers(0, 8)) + 1):
        of = draw(few(records)) if records else record(99)
        made = line_of(of, number) if draw(st.booleans()) else unnamed(of, number)
        made = replace(
            made,
            sold_at=draw(few([made.sold_at, NOON, NOON + timedelta(seconds=2), None])),
            cashback_centavos=draw(few([made.cashback_centavos, None, 499])),
            document=draw(few([made.document, None, "***.982.24*-**", CPFS[1]])),
            problem=draw(few([None, None, None, "total: no number"])),
        )
        if made.name is not None and (not records or draw(st.booleans())):
            made = replace(made, record=None)
        lines.append(made)
    return lines, records


@given(worlds(), st.lists(st.integers(-1, 7), max_size=3))
def test_each_thing_is_in_one_class_and_parts_add_up_to_the_whole(
    world: tuple[list[ErpLine], list[DayRecord]], cuts: list[int]
) -> None:
    lines, records = world
    found, totals = merged(lines, records)
    assert sorted(one.line.number for one in found if one.line) == [n.number for n in lines]
    assert Counter(one.record.id for one in found if one.record) == Counter(r.id for r in records)
    whole = totals.whole()
    assert whole.line_centavos == sum(line.total_centavos or 0 for line in lines)
    assert whole.line_cashback_centavos == sum(line.cashback_centavos or 0 for line in lines)
    assert whole.record_centavos == sum(one.total_centavos for one in records)
    assert whole.record_cashback_centavos == sum(one.cashback_centavos for one in records)
    assert whole.credit_centavos == sum(r.provider.centavos for r in records if r.provider)
    parts, rest = list[KeyRange](), EVERYTHING
    for second in sorted(cuts):
        part, rest = rest.cut(NOON + timedelta(seconds=second))
        parts.append(part)
    together, sums = list[Compared](), ThreeTotals()
    for part in (*parts, rest):
        some, theirs = merged(lines, records, part)
        together += some
        sums.add_all(theirs)
    assert Counter(map(repr, together)) == Counter(map(repr, found))
    assert sums == totals


def test_a_range_is_cut_at_whole_seconds() -> None:
    with pytest.raises(ValueError, match="whole seconds"):
        KeyRange(ends_at=NOON + timedelta(milliseconds=1))


def test_a_line_that_may_still_come_is_no_exception_and_becomes_one_with_time() -> None:
    young, old = (
        line_of(record(1), n, record=None, sold_at=NOON + timedelta(seconds=n)) for n in (2, 1)
    )
    found, _ = merged([young, old], [])
    assert {one.line.number: one.cls for one in found if one.line} == {
        2: ErpClass.NOT_ARRIVED,
        1: ErpClass.NEVER_ARRIVED,
    }


def test_a_sale_told_twice_has_one_line_and_one_too_many() -> None:
    one = record(1)
    found, _ = merged([line_of(one, 2), line_of(one, 1)], [one])
    assert [(f.cls, f.line and f.line.number, f.whys) for f in found] == [
        (ErpClass.EQUAL, 1, ()),
        (ErpClass.TOLD_TWICE, 2, (WhyDiffers.DUPLICATE,)),
    ]


def test_equal_sales_without_numbers_are_interchangeable_and_each_takes_its_cashback() -> None:
    twins = [record(1, cashback_centavos=500), record(2, cashback_centavos=501), record(3)]
    lines = [
        unnamed(twins[0], 1, cashback_centavos=501),
        unnamed(twins[0], 2, document="***.982.247-**", cashback_centavos=500),
        unnamed(twins[0], 3, cashback_centavos=500),
    ]
    found, _ = merged(lines, twins)
    assert {one.cls for one in found} == {ErpClass.EQUAL}
    assert len(found) == 3


def test_a_masked_document_is_whoever_it_may_mask_the_surest_first() -> None:
    one, other = record(1, document=CPFS[0]), record(2, document=CPFS[2])
    vague, exact = "529.***.***-**", "***.982.248-**"
    lines = [unnamed(one, 1, document=vague), unnamed(one, 2, document=exact)]
    found, _ = merged(lines, [one, other])
    pairs = {one.line.number: one.record.id for one in found if one.line and one.record}
    assert pairs == {1: one.id, 2: other.id}


@pytest.mark.parametrize(
    ("told", "document", "is_its"),
    [
        ("529.982.247-25", "52998224725", True),
        ("***.982.247-**", "52998224725", True),
        ("***.982.248-**", "52998224725", False),
        ("XXX98224725", "52998224725", True),
        ("**.***.***/0001-**", "11222333000181", True),
        ("AX123456", "AX123456", True),
        ("52998224725", None, False),
    ],
)
def test_whose_document_it_is(told: str, document: str | None, *, is_its: bool) -> None:
    assert is_document_of(told, document) is is_its
    assert is_masked(told) is ("*" in told or told.startswith("XXX"))


@pytest.mark.parametrize(
    ("changes", "whys"),
    [
        ({"document": CPFS[1]}, {WhyDiffers.DOCUMENT}),
        ({"customer_name": "João Souza"}, {WhyDiffers.NAME}),
        ({"customer_name": "MARIA S"}, NOTHING),
        ({"sold_at": NOON + timedelta(seconds=1)}, {WhyDiffers.INSTANT}),
        ({"sold_at": NOON + timedelta(milliseconds=999)}, NOTHING),
        ({"store": "8"}, {WhyDiffers.STORE}),
        ({"total_centavos": 9_999}, {WhyDiffers.TOTAL}),
        ({"total_centavos": 9_998}, {WhyDiffers.TOLERANCE}),
        ({"total_centavos": 10_300}, {WhyDiffers.DISCOUNT}),
        ({"discount_centavos": 0}, {WhyDiffers.DISCOUNT}),
        ({"cashback_centavos": 501}, {WhyDiffers.UNKNOWN}),
        ({"cashback_centavos": 501, "total_centavos": 10_020}, {WhyDiffers.TOTAL}),
    ],
)
def test_why_a_line_differs_from_its_record(
    changes: dict[str, object], whys: AbstractSet[WhyDiffers]
) -> None:
    one = record(1, discount_centavos=300, difference_centavos=2)
    found = compare(line_of(one, 1, **changes), one)
    assert {*found.whys} == whys
    assert found.cls is (ErpClass.DIFFERS if whys else ErpClass.EQUAL)


def test_nobody_is_compared_with_a_customer_who_was_erased() -> None:
    one = record(1, document="E" + "0" * 32, customer_name="erased")
    told = line_of(one, 1, document=CPFS[0], customer_name="Maria Silva")
    assert compare(told, one).cls is ErpClass.EQUAL
