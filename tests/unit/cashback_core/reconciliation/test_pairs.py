"""Lines without a number beside their records: quickly, and as a plain search places them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.reconciliation.comparing import is_document_of, is_masked
from cashback_core.reconciliation.three_sided_merge import Arrival, ThreeSidedMerge
from cashback_core.reconciliation.three_sides import DayRecord, ErpLine

AT: Final = datetime(2026, 11, 29, 12, tzinfo=UTC)
CPFS: Final = ("52998224725", "52998224806", "11144477735")
TOLD: Final = (
    *CPFS, "529.982.247-25", "***.982.247-**", "***.982.***-**", "529.***.***-**", "111********",
    "XXX.444.777-XX", "AB1", "***", None,
)  # fmt: skip


def line(number: int, document: str | None, cashback: int | None = None) -> ErpLine:
    return ErpLine(
        number=number,
        document=document,
        sold_at=AT,
        total_centavos=100,
        cashback_centavos=cashback,
    )


def record(number: int, document: str | None, cashback: int = 5) -> DayRecord:
    return DayRecord(
        id=UUID(int=number),
        document=document,
        sold_at=AT,
        total_centavos=100,
        cashback_centavos=cashback,
    )


def placed(lines: list[ErpLine], records: list[DayRecord]) -> list[tuple[int, int]]:
    merge = ThreeSidedMerge(Arrival(as_of=AT + timedelta(days=1), max_age=timedelta(days=30)))
    for one in lines:
        merge.take(one)
    for entry in records:
        merge.enter(entry)
    return [
        (one.line.number, one.record.id.int)
        for one in merge.findings()
        if one.line is not None and one.record is not None
    ]


def searched(lines: list[ErpLine], records: list[DayRecord]) -> list[tuple[int, int]]:
    """The same, each line looking through all records that are left."""
    found: list[tuple[int, int]] = []
    left, free = list(lines), list(records)

    def take(some: list[ErpLine], may_be: Any) -> None:
        for same in (True, False):
            for one in [one for one in some if one in left]:
                told = one.cashback_centavos if same else None
                for entry in free:
                    if may_be(one, entry) and told in {None, entry.cashback_centavos}:
                        found.append((one.number, entry.id.int))
                        left.remove(one)
                        free.remove(entry)
                        break

    def is_whole(one: ErpLine) -> bool:
        return one.document is not None and not is_masked(one.document)

    def may_be(one: ErpLine, entry: DayRecord) -> bool:
        return one.document is None or is_document_of(one.document, entry.document)

    take([one for one in left if is_whole(one)], may_be)
    many = {
        one.number: len(free) + 1 if one.document is None
        else sum(may_be(one, entry) for entry in free)
        for one in left
    }  # fmt: skip
    unsure = [one for one in left if not is_whole(one)]
    take(sorted(unsure, key=lambda one: (many[one.number], one.number)), may_be)
    return found


@given(
    st.lists(st.tuples(st.sampled_from(TOLD), st.sampled_from([None, 5, 6])), max_size=8),
    st.lists(st.tuples(st.sampled_from([*CPFS, None]), st.sampled_from([5, 6])), max_size=8),
)
def test_lines_are_placed_as_a_plain_search_places_them(
    told: list[tuple[str | None, int | None]], known: list[tuple[str | None, int]]
) -> None:
    lines = [line(number, *one) for number, one in enumerate(told, 1)]
    records = [record(number, *one) for number, one in enumerate(known, 1)]
    assert placed(lines, records) == searched(lines, records)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("document", ["***.982.247-**", None, "52998224725"])
def test_a_file_all_of_one_instant_is_read_in_a_moment(document: str | None) -> None:
    """Of dates alone and one price; by a search it took half a minute for 8,000 lines."""
    lines = [line(number, document) for number in range(1, 30_001)]
    assert placed(lines, [record(1, "52998224725")]) == [(1, 1)]
    records = [record(number, "52998224725") for number in range(1, 3_001)]
    assert len(placed(lines[:3_000], records)) == 3_000
