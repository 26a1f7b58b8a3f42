"""Of each instant one statement counts, the newest whole one: parts never add up across files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from cashback_core.reconciliation.files import (
    FileTopic,
    KeptFile,
    LineTally,
    spans,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def statement(number: int, begins: int, ends: int, begun: int, state: str) -> KeptFile:
    kept = KeptFile(
        id=UUID(int=number), topic=FileTopic.STATEMENT, merchant_id=None, name="x",
        sha256=b"", declared_by="ana", declared={}, profile={}, day=None, since=at(begins),
        through=at(ends), told_lines=None, told_centavos=None, tally=LineTally(), read_through=0,
        begun_at=at(begun),
    )  # fmt: skip
    if state == "begun":
        return kept
    kept = replace(kept, completed_at=at(begun))
    return replace(kept, cleared_at=at(begun)) if state == "cleared" else kept


WINDOWS = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(sorted)
STATEMENTS = st.lists(
    st.tuples(WINDOWS, st.integers(0, 3), st.sampled_from(["whole", "whole", "begun", "cleared"])),
    max_size=6,
).map(
    lambda told: [
        statement(number, begins, ends, begun, state)
        for number, ((begins, ends), begun, state) in enumerate(told)
    ]
)


@given(STATEMENTS, WINDOWS)
def test_each_instant_is_the_newest_whole_statements(
    told: list[KeptFile], window: list[int]
) -> None:
    begins, ends = window
    found = spans(told, since=at(begins), through=at(ends))
    for hour in range(begins, ends):
        middle = at(hour) + timedelta(minutes=30)
        covering = [
            one
            for one in told
            if one.completed_at is not None
            and one.cleared_at is None
            and one.since is not None
            and one.through is not None
            and one.since < middle < one.through
        ]
        newest = max(covering, key=lambda one: (one.begun_at, one.id), default=None)
        counting = [span.file_id for span in found if span.since < middle < span.through]
        assert counting == ([] if newest is None else [newest.id])
    assert all(a.through <= b.since for a, b in pairwise(found))
    assert all(at(begins) <= span.since < span.through <= at(ends) for span in found)
