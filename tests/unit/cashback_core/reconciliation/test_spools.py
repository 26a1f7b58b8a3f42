"""What a reconciliation holds while it merges: one group, however many lines there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import pytest

from cashback_core.delivery.states import Status
from cashback_core.reconciliation import MemorySpool, reconcile
from unit.cashback_core.reconciliation.worlds import (
    ECHOED,
    SILENT,
    T,
    entry,
    line_of,
    numbered,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cashback_core.reconciliation import Rules

T_ = TypeVar("T_")
LINES = 300
HELD = 4
"""A group of one of each side, and the next ones that were looked at to see where it ends."""


@dataclass(slots=True)
class Hands:
    """How many things were taken out of spools since one was last put away or told."""

    full: int = 0
    fullest: int = 0

    def take(self) -> None:
        """One more is held."""
        self.full += 1
        self.fullest = max(self.full, self.fullest)

    def put(self) -> None:
        """What was held is placed."""
        self.full = 0


class CountedSpool(MemorySpool[T_]):
    """Tells the hands of everything that goes out and in."""

    def __init__(self, hands: Hands) -> None:
        super().__init__()
        self._hands = hands

    def put(self, item: T_) -> None:
        self._hands.put()
        super().put(item)

    def in_order(self, key: Callable[[T_], object]) -> Iterator[T_]:
        for item in super().in_order(key):
            self._hands.take()
            yield item


@pytest.mark.parametrize("rules", [ECHOED, SILENT], ids=["echoed", "silent"])
@pytest.mark.parametrize("reference", [None, "", "LOJA 77", "019a0000-0000-7"])
@pytest.mark.parametrize("ours", [0, LINES])
def test_lines_that_name_nobody_are_never_held_together(
    rules: Rules, reference: str | None, ours: int
) -> None:
    paid = [entry(number, Status.APPLIED) for number in range(1, LINES + 1)]
    lines = numbered(
        line_of(one, rules, reference=reference, credited_at=T + timedelta(seconds=1))
        for one in paid
    )
    hands = Hands()
    found = reconcile([told(lines)], lines, paid[:ours], rules, spool=lambda: CountedSpool(hands))
    for _ in found.findings():
        hands.put()
    assert 0 < hands.fullest <= HELD
