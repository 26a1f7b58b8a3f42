"""What a statement that came as a file may say of itself: bounded by its lines, never by a word.

Over HTTP the provider tells from when to when its statement is complete, and our asking is the
instant it was made. Of a file both are typed by whoever brings it, perhaps days after somebody
exported it, and its lines are dated by a profile that somebody guessed. So a file is complete no
further than its last line, and one with lines of other days than it is declared for proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation.statements import StatementHead
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from cashback_core.reconciliation.statements import StatementLine

BESIDE: Final = timedelta(days=2)
"""How far beside the days that it is declared for a file's line may be dated.

Dates alone are a day off by their zone, and some credits are dated a day before they were made.
"""

_BEHIND: Final = timedelta(hours=12)
_AHEAD: Final = timedelta(hours=14)
"""How far local times lie behind UTC and ahead of it, at most."""


def told_start(told: datetime, zone: ZoneInfo | None) -> datetime:
    """From when on a file tells; a wall clock is of that zone, or the latest that it may mean."""
    if told.tzinfo is not None:
        return told.astimezone(UTC)
    if zone is None:
        return told.replace(tzinfo=UTC) + _BEHIND
    return max(told.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def told_end(told: datetime, zone: ZoneInfo | None) -> datetime:
    """Through when it is complete; a wall clock is of that zone, or the earliest it may mean."""
    if told.tzinfo is not None:
        return told.astimezone(UTC)
    if zone is None:
        return told.replace(tzinfo=UTC) - _AHEAD
    return min(told.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


@dataclass(slots=True, kw_only=True)
class FileDates:
    """When the lines of a file are dated, which is declared from `since` through `through`.

    `outside` counts those that lie farther than BESIDE from that. `zone` is its profile's.
    """

    since: datetime
    through: datetime
    zone: ZoneInfo | None = None
    latest_at: datetime | None = None
    outside: int = 0

    def add(self, line: StatementLine) -> None:
        """Look at one line."""
        at = line.credited_at
        if at is None:
            return
        if self.latest_at is None or at > self.latest_at:
            self.latest_at = at
        self.outside += not self.since - BESIDE <= at <= self.through + BESIDE

    def head(
        self,
        *,
        asked_since: datetime,
        brought_at: datetime,
        declared_count: int | None,
        declared_centavos: int | None,
    ) -> StatementHead:
        """The head of the file; what it was declared complete through is what it may be at most."""
        through, remarks = self.through, tuple[str, ...]()
        if self.latest_at is None:
            through, remarks = self.since, ("it has no line that is dated: it tells of no instant",)
        elif self.latest_at < through:
            through = max(self.latest_at, self.since)
            declared = f"declared complete through {format_instant(self.through)}"
            counted = f"counted as its last line's instant, {format_instant(through)}"
            remarks = (f"{declared}: {counted}",)
        defects = (
            (f"{self.outside} lines lie outside the days that it is declared for",)
            if self.outside
            else ()
        )
        return StatementHead(
            asked_since=asked_since,
            asked_at=brought_at,
            since=self.since,
            complete_through=through,
            declared_count=declared_count,
            declared_centavos=declared_centavos,
            defects=defects,
            remarks=remarks,
            zone=self.zone,
        )
