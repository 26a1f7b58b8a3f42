"""Bounds of time in queries: a bare plus, a whole day, an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest

from adapters.http.wire.cursors import Kind
from adapters.http.wire.queries import Ordering, QueryReader
from adapters.http.wire.refusals import InvalidQueryError
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from datetime import datetime

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
THINGS = Ordering(resource="things", columns={"id": Kind.UUID}, key=Kind.UUID, default="id")


def query_bound(text: str, *, end: bool) -> datetime:
    query = QueryReader(urlencode({"at": text}).encode(), THINGS, "at")
    bound = query.bound("at", SAO_PAULO, end=end)
    query.slice()
    assert bound is not None
    return bound


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("2026-01-02T00:00:00 00:00", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"),
        ("2026-01-02 00:00:00 0300", "2026-01-01T21:00:00Z", "2026-01-01T21:00:00Z"),
        ("2026-01-02T00:00:00.5 03", "2026-01-01T21:00:00.500000Z", "2026-01-01T21:00:00.500000Z"),
        ("2026-01-02T00:00:00+03:00", "2026-01-01T21:00:00Z", "2026-01-01T21:00:00Z"),
        ("2026-01-02T00:00 03:00", "2026-01-01T21:00:00Z", "2026-01-01T21:00:00Z"),
        ("2026-01-02t00:00 0000", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"),
        ("2026-01-02 03:00", "2026-01-02T06:00:00Z", "2026-01-02T06:00:00Z"),
        ("2026-01-02 00:00:00", "2026-01-02T03:00:00Z", "2026-01-02T03:00:00Z"),
        ("2026-01-02", "2026-01-02T03:00:00Z", "2026-01-03T03:00:00Z"),
    ],
)
def test_bounds_are_understood(text: str, first: str, end: str) -> None:
    assert format_instant(query_bound(text, end=False)) == first
    assert format_instant(query_bound(text, end=True)) == end


@pytest.mark.parametrize("text", ["2026-01-02 ", "2026-01-02T00:00:00 ", "2026-01-02 03", "x"])
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(InvalidQueryError, match="/at: bound_invalid"):
        query_bound(text, end=False)
