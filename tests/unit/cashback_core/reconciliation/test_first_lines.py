"""The first line that may be a cashback's, found in a tree, is as by a look at each in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.delivery.states import Status
from cashback_core.reconciliation import Rules
from cashback_core.reconciliation.first_lines import FirstLines
from unit.cashback_core.reconciliation.test_absence import AMOUNT, DOUBT, wide
from unit.cashback_core.reconciliation.worlds import SILENT, T, entry, found, line_of, numbered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cashback_core.reconciliation import BookEntry

MIDNIGHT: Final = T.replace(hour=0, minute=0, second=0, microsecond=0)
INSTANTS: Final = st.one_of(
    st.none(),
    st.integers(-9, 9).map(lambda days: MIDNIGHT + timedelta(days=days)),
    st.integers(-200, 200).map(lambda hours: T + timedelta(hours=hours, seconds=1)),
)
ENTRIES: Final = st.integers(-200, 200).map(
    lambda hours: replace(DOUBT, first_started_at=T + timedelta(hours=hours) if hours % 3 else None)
)


@given(st.lists(INSTANTS, max_size=20), st.lists(ENTRIES, max_size=20))
def test_it_is_the_first_of_those_that_are_left(
    instants: Sequence[datetime | None], entries: Sequence[BookEntry]
) -> None:
    first, left = FirstLines(instants, SILENT), [*enumerate(instants)]
    for one in entries:
        place = next((n for n, at in left if SILENT.could_be(one, at)), None)
        assert first.first(one) == place
        if place is not None:
            first.take(place)
            left = [(n, at) for n, at in left if n != place]


class _Asking(Rules):
    """Counts what is asked of a cashback."""

    asked = 0

    def earliest_at(self, entry: BookEntry, *, is_date: bool) -> datetime:
        _Asking.asked += 1
        return super().earliest_at(entry, is_date=is_date)


@pytest.mark.parametrize("status", [Status.IN_DOUBT, Status.PENDING, Status.HELD, Status.APPLIED])
@pytest.mark.parametrize("other", [0, 1])
def test_thousands_of_equal_ones_do_not_look_at_thousands_of_lines_that_are_too_early(
    status: Status, other: int
) -> None:
    """One line alone is late enough, the last one; `other` is by how much its amount differs."""
    count = 300
    asking = _Asking(**{name: getattr(SILENT, name) for name in Rules.__slots__})
    tried = T + timedelta(days=3)
    book = [
        replace(
            entry(n, status, first_started_at=tried, last_started_at=tried),
            document=DOUBT.document,
            cashback_centavos=AMOUNT,
            applied_at=tried if status is Status.APPLIED else None,
        )
        for n in range(1, count + 1)
    ]
    at = [T - timedelta(days=2, seconds=n) for n in range(count, 0, -1)]
    amount = AMOUNT - other
    line = line_of(DOUBT, SILENT, number=1, reference=None, cashback_centavos=amount)
    lines = numbered(replace(line, credited_at=one) for one in [*at, tried])
    _Asking.asked = 0
    findings, _ = found(book, lines, asking, wide)
    assert len(findings) > count
    assert _Asking.asked <= 30 * count
