"""Spools on disk: the same order as in memory, nothing left behind, and an end when closed."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.delivery.states import Status
from cashback_core.reconciliation import (
    BookEntry,
    Finding,
    FindingClass,
    MemorySpool,
    Settled,
    Spool,
    disk_spools,
)
from cashback_core.reconciliation.disk_spools import DiskSpools, SpoolClosedError
from cashback_core.reconciliation.placement import LeftEntry, LeftLine, NotPlaced
from cashback_core.reconciliation.statements import StatementLine
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT = datetime(2026, 6, 1, tzinfo=UTC)
LINE = StatementLine(number=1, document="52998224725", cashback_centavos=140, credited_at=AT)
ENTRY = BookEntry(
    id=new_id(),
    merchant_id=1,
    document="52998224725",
    cashback_centavos=140,
    status=Status.IN_DOUBT,
    accepted_at=AT,
    last_started_at=AT + timedelta(seconds=1),
)
MOVE = Settled(to=Status.PENDING, reason="proved unpaid", group=(ENTRY,))


@pytest.fixture(autouse=True)
def small() -> Iterator[None]:
    """Runs of a few items, so that some hundreds are merged from many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disk_spools, "IN_MEMORY", 7)
        patch.setattr(disk_spools, "BLOCK", 3)
        yield


def fill(spool: Spool[int], count: int) -> None:
    for number in range(count):
        spool.put(number)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers()), max_size=80))
def test_items_come_in_order_and_equal_ones_as_they_came(items: list[tuple[int, int]]) -> None:
    memory: MemorySpool[tuple[int, int]] = MemorySpool()
    with DiskSpools() as spools:
        disk = spools()
        for item in items:
            disk.put(item)
            memory.put(item)
        assert list(disk.in_order(lambda i: i[0])) == list(memory.in_order(lambda i: i[0]))


@pytest.mark.parametrize(
    "item",
    [
        LINE,
        ENTRY,
        MOVE,
        LeftLine(line=LINE, own="a" * 32, doubles=ENTRY),
        LeftEntry(entry=ENTRY, waiting=NotPlaced.COUNTED, line=LINE, group=(ENTRY,)),
        Finding(cls=FindingClass.DOUBT_ABSENT, entry=ENTRY, move=MOVE, why="proved"),
    ],
    ids=lambda item: type(item).__name__,
)
def test_what_is_read_back_is_what_was_put_aside(item: object) -> None:
    with DiskSpools() as spools:
        spool = spools()
        for _ in range(30):
            spool.put(item)
        assert list(spool.in_order(lambda _: 0)) == [item] * 30


def test_a_kept_list_is_read_as_often_as_is_wished() -> None:
    lines = [replace(LINE, number=number) for number in range(20)]
    with DiskSpools() as spools:
        kept = spools.kept()
        assert list(kept) == []
        kept.add(lines[:11])
        kept.add(lines[11:])
        assert list(kept) == lines
        assert list(kept) == lines


def test_closed_while_it_is_sorted_it_ends_at_the_next_item() -> None:
    with DiskSpools() as spools:
        spool = spools()
        fill(spool, 50)
        items = spool.in_order(lambda n: n)
        assert next(items) == 0
    with pytest.raises(SpoolClosedError):
        list(items)
    with pytest.raises(SpoolClosedError):
        fill(spools(), 50)


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with DiskSpools() as spools:
        spool = spools()
        fill(spool, 50)
        assert next(iter(spool.in_order(lambda n: n))) == 0
        assert list(tmp_path.iterdir()) == [], "the files have no names"


def test_a_group_of_thousands_is_written_once_and_stays_one() -> None:
    group = tuple(replace(ENTRY, id=new_id()) for _ in range(500))
    with DiskSpools() as spools:
        spool: Spool[LeftEntry] = spools()
        for one in group:
            spool.put(LeftEntry(entry=one, waiting=NotPlaced.DOUBT, group=group))
        written = sum(os.fstat(file.fileno()).st_size for file in spools._files)
        found = list(spool.in_order(lambda left: left.entry.id.int))
        moves: Spool[Finding] = spools()
        for left in found[:20]:
            move = replace(MOVE, group=left.group)
            moves.put(Finding(cls=FindingClass.DOUBT_ABSENT, entry=left.entry, move=move, why="x"))
        groups = {id(one.move.group) for one in moves.in_order(lambda _: 0) if one.move is not None}
        assert len(groups) == 1, "and is looked at once where its moves are stored"
    assert [left.entry for left in found] == sorted(group, key=lambda one: one.id)
    assert len({id(left.group) for left in found}) == 1
    assert found[0].group == group
    assert written < 1_000 * len(group)
