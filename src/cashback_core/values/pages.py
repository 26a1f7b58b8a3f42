"""Where a page of a list ends: by its count, or by what its items hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

MAX_PARTS: Final = 1_000
"""Most lines, rates, periods, attempts and events on a page, of all its items together.

About what one item may have by itself: so no list asks for more memory or time than one record.
"""


def fitting(parts: Iterable[int], *, limit: int) -> int:
    """How many of the next items make a page, told how many parts each has: at least the first.

    At most `limit` of them, and together at most MAX_PARTS parts, unless the first alone has more.
    """
    count = total = 0
    for number in parts:
        total += number
        if count == limit or (count > 0 and total > MAX_PARTS):
            break
        count += 1
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a page ended: the instant that the list is in the order of, then the id."""

    at: datetime
    id: UUID
