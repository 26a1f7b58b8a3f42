"""Clocks of clients that are ahead, as their sales tell."""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

NOTICED_AHEAD_S: Final = 10.0
"""Less is the difference of any two clocks; a till that is not looked after is minutes ahead."""

MEASURED_S: Final = 3600.0
"""A clock is ahead as long as sales of the last hour say so."""

EXAMINED_S: Final = 24 * 3600.0
"""What a person who looks is told of: the shop may be closed when they do."""

MOST_CLOCKS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockAhead:
    """A client of which sales were made later than they came, by NOTICED_AHEAD_S and more.

    `client` is who sent them, the subject of their token; one of many tills behind it may be the
    one. `ahead_s` is the furthest of the `sales` that were taken and the `refused` ones that were
    too far ahead; they came from `first_at` to `last_at`.
    """

    client: str
    merchant: str
    ahead_s: float
    sales: int
    refused: int
    first_at: datetime
    last_at: datetime
