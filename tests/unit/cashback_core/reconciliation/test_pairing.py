"""Lines without a number beside records of their instant and total: who goes with whom."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import Any, NoReturn

from cashback_core.reconciliation.pairing import MAX_MASKS, Pairs
from cashback_core.reconciliation.three_sided_merge import ThreeSidedMerge
from cashback_core.reconciliation.three_sides import DayRecord, ErpClass, ErpLine, WhyDiffers
from unit.cashback_core.reconciliation.test_three_sides import ARRIVAL, CPFS, record, unnamed

MANY = 300


class _Line(ErpLine):
    """One that is held against no other: a group may be a whole day."""

    def __eq__(self, other: object) -> NoReturn:
        raise AssertionError("lines are compared one by one")

    __hash__ = ErpLine.__hash__


class _Counted(str):
    __slots__ = ()
    read = 0

    def translate(self, table: Any, /) -> str:
        _Counted.read += 1
        return super().translate(table)


def test_a_line_that_tells_nobody_leaves_to_a_masked_one_whom_it_alone_can_be() -> None:
    one, other = record(1), record(2, document=CPFS[1], cashback_centavos=700)
    masked = unnamed(one, 1, document="***.982.247-**", cashback_centavos=600)
    nobody = unnamed(one, 2, document=None)
    pairs = Pairs([masked, nobody], [one, other])
    assert pairs.found == [(masked, one), (nobody, other)]
    assert (pairs.lines, pairs.records) == ([], [])


def test_each_takes_one_of_its_cashback_and_who_shows_the_most_chooses_first() -> None:
    one, same = record(1), record(2, cashback_centavos=700)
    other = record(3, document="11198224700")
    wide = unnamed(one, 1, document="***.982.2**-**", cashback_centavos=700)
    narrow = unnamed(one, 2, document="529.982.247-**", cashback_centavos=700)
    pairs = Pairs([wide, narrow], [one, same, other])
    assert pairs.found == [(narrow, same), (wide, one)]
    assert pairs.records == [other]


def test_a_line_that_tells_no_cashback_leaves_to_each_other_one_of_its_own() -> None:
    one, other = record(1, cashback_centavos=500), record(2, cashback_centavos=600)
    silent = unnamed(one, 1, cashback_centavos=None)
    telling = unnamed(one, 2, cashback_centavos=500)
    pairs = Pairs([silent, telling], [one, other])
    assert pairs.found == [(telling, one), (silent, other)]


def test_many_ways_of_masking_neither_fill_the_memory_nor_read_all_records_for_each() -> None:
    """As one merchant's file may have, in the process that takes everybody's sales."""
    _Counted.read = 0
    records = [record(n, document=_Counted(f"52998{n:04}25")) for n in range(1, MANY + 1)]
    ways = [f"{n:011b}".translate({48: "*", 49: "5"}) for n in range(1, MANY + 1)]
    lines = [unnamed(records[0], n, document=way) for n, way in enumerate(ways, 1)]
    tracemalloc.start()
    pairs = Pairs(lines, records)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(pairs.lines) + len(pairs.found) == MANY
    looked_at = {line.number for line in lines if not pairs.is_overlooked(line)}
    assert len(looked_at) == MAX_MASKS
    assert pairs.has_overlooked
    assert _Counted.read <= 2 * MAX_MASKS * MANY + MANY
    assert most < 1_000 * MANY


def test_a_line_masked_in_still_another_way_says_so_and_so_does_the_record_that_is_left() -> None:
    others, left = CPFS[0], record(1, document=CPFS[1])
    ways = [f"{others[:n]:*<11}" for n in range(2, 11)] + [
        f"{others[n:]:*>11}" for n in range(1, 8)
    ]
    assert len(ways) == MAX_MASKS
    lines = [unnamed(left, n, document=way) for n, way in enumerate(ways, 2)]
    lines.append(unnamed(left, 1, document=f"{CPFS[1][:1]:*<11}"))
    for told, pairs in ((lines, False), (lines[1:], True)):
        merge = ThreeSidedMerge(ARRIVAL)
        for line in told:
            merge.take(line)
        merge.enter(left)
        found = {
            one.line.number if one.line else 0: (one.cls, one.whys) for one in merge.findings()
        }
        masked = (WhyDiffers.MASKED,)
        if pairs:
            assert found.pop(1) == (ErpClass.EQUAL, ())
        else:
            assert found.pop(1) == (ErpClass.NEVER_ARRIVED, masked)
            assert found.pop(0) == (ErpClass.NOT_TOLD, masked)
        assert {*found.values()} == {(ErpClass.NEVER_ARRIVED, ())}


def test_no_line_is_compared_with_each_other_nor_with_each_record() -> None:
    """A day whose instants are dates alone, all of one total, is one group."""
    _Counted.read = 0
    records: list[DayRecord] = []
    lines: list[ErpLine] = []
    for number in range(1, MANY + 1):
        told = f"52998{number:04}25"
        one = record(number, document=_Counted(told))
        records.append(one)
        shown = unnamed(one, number, document=f"***{told[3:9]}**")
        nobody = replace(shown, number=number + MANY, document=None)
        lines += [
            _Line(**{name: getattr(line, name) for name in ErpLine.__slots__})
            for line in (shown, nobody)
        ]
    pairs = Pairs(lines, records)
    assert len(pairs.found) == MANY
    assert [line.document for line in pairs.lines] == [None] * MANY
    assert all(
        line.document == f"***{of.document[3:9]}**" for line, of in pairs.found if of.document
    )
    assert _Counted.read <= 3 * MANY
