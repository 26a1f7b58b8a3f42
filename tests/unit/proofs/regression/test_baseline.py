from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from regression.baseline import (
    TOLERANCE,
    Measured,
    count_changes,
    exact_changes,
    ratio_changes,
    read,
    table,
    write,
)
from regression.counts import Step
from regression.history import Finder

if TYPE_CHECKING:
    from pathlib import Path

SALE: Final = Step(
    round_trips=6, fsyncs=1.0, wal_records=46.0, wal_bytes=4489.0, log={"events: row": 2.0}
)
SLOWER: Final = replace(SALE, round_trips=7)
BASELINE: Final = Measured(
    commit="f5b4179",
    postgresql="18.6",
    python="3.11.7",
    processor="unknown",
    counts={"a sale": SALE},
    opcodes={"reading a sale": 3000},
    cpu={"API, 1 connections": 40.0},
)


def test_what_is_as_before_is_no_change() -> None:
    assert count_changes({"a sale": SALE}, {"a sale": SALE}) == []
    assert ratio_changes(BASELINE.cpu, {"API, 1 connections": 40.0 * TOLERANCE}) == []


def test_one_more_round_trip_is_told() -> None:
    (change,) = count_changes({"a sale": SALE}, {"a sale": SLOWER})
    assert str(change) == "GREW: a sale, round trips: 6 -> 7"


def test_less_is_told_too_so_that_it_cannot_grow_back_unseen() -> None:
    (change,) = count_changes({"a sale": SLOWER}, {"a sale": SALE})
    assert str(change) == "FELL: a sale, round trips: 7 -> 6"


def test_an_index_is_told_by_its_name() -> None:
    log = {"events: row": 2.0, "events_new: entry": 2.0}
    records, length = count_changes(
        {"a sale": SALE}, {"a sale": replace(SALE, wal_records=48.0, wal_bytes=4649.0, log=log)}
    )
    expected = "GREW: a sale, records of the log: 46 -> 48 (events_new: entry +2)"
    assert str(records) == expected
    assert length.where == "events_new: entry +2"


@pytest.mark.parametrize("factor", [TOLERANCE + 0.01, 4.0])
def test_a_ratio_over_its_tolerance_is_told(factor: float) -> None:
    (change,) = ratio_changes(BASELINE.cpu, {"API, 1 connections": 40.0 * factor})
    assert change.step == "API, 1 connections"


def test_another_instruction_is_told_of_the_same_python_alone() -> None:
    slower = replace(BASELINE, opcodes={"reading a sale": 3012}, python="3.11.9 (CPython)")
    (change,) = exact_changes(BASELINE, slower)
    assert str(change) == "GREW: reading a sale, instructions of Python: 3000 -> 3012"
    assert exact_changes(BASELINE, replace(slower, python="3.12.1 (CPython)")) == []


def test_a_step_that_the_baseline_does_not_know_is_left_to_the_next_one() -> None:
    assert count_changes({}, {"a sale": SALE}) == []


def test_a_baseline_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    write(BASELINE, file)
    assert read(file) == BASELINE
    assert json.loads(file.read_text(encoding="utf-8"))["commit"] == "f5b4179"
    assert "a sale: 6 round trips, 1 syncs" in table(BASELINE)


def test_the_committed_baseline_is_readable_and_knows_every_step() -> None:
    committed = read()
    assert {"a sale", "its result", "32 sales", "32 results"} <= set(committed.counts)
    assert len(committed.cpu) == 4


@pytest.mark.parametrize("first_slow", range(9))
def test_the_commit_that_changed_a_count_is_found_by_halving(first_slow: int) -> None:
    commits = [str(number) for number in range(8)]
    asked: list[str] = []

    def count(commit: str) -> Measured:
        asked.append(commit)
        step = SLOWER if int(commit) >= first_slow else SALE
        return replace(BASELINE, counts={"a sale": step})

    finder = Finder(BASELINE, commits, count)
    (change,) = count_changes({"a sale": SALE}, {"a sale": SLOWER})
    expected = str(first_slow) if first_slow < 8 else None
    assert finder.culprit(change) == expected
    assert finder.culprit(change) == expected
    assert len(asked) <= 4, "each is counted once, and not all of them are"
