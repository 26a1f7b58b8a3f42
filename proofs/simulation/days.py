"""The days of the simulated world: minutes long, each merchant's by a zone that changes.

As the database makes them (its functions `day_ends_at`, `day_of`, and what keeps `day_zones`): a
day begins where the one before it ends, and a changed zone counts from the next day on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Final

from simulation.mix import EPOCH

FIRST: Final = date(2026, 6, 15)
"""The day that the virtual second 0 lies in."""

ZONES: Final = {
    "America/Sao_Paulo": 0.0,
    "America/Manaus": 1 / 3,
    "Africa/Nairobi": -1 / 4,
    "Asia/Tokyo": -1 / 2,
    "Pacific/Pago_Pago": 9 / 10,
}
"""How much later than elsewhere a day begins, as a part of it."""


@dataclass(slots=True, kw_only=True)
class Days:
    """Of one chain: how long a day is, and which zone counts from which day on."""

    length: timedelta
    zones: list[tuple[date, str]] = field(
        default_factory=lambda: [(date.min + timedelta(days=1), "America/Sao_Paulo")]
    )

    def zone(self, day: date) -> str:
        """Whose time the day is by."""
        return next(zone for from_day, zone in reversed(self.zones) if from_day <= day)

    def ends_at(self, day: date) -> datetime:
        """Never before it begins: a day may be empty."""
        tomorrow, yesterday = day + timedelta(days=1), day - timedelta(days=1)
        return max(self._begins(tomorrow, self.zone(day)), self._begins(day, self.zone(yesterday)))

    def begins_at(self, day: date) -> datetime:
        """Where the one before it ends."""
        return self.ends_at(day - timedelta(days=1))

    def day_of(self, instant: datetime) -> date:
        """Which day an instant lies in."""
        near = FIRST + timedelta(days=(instant - EPOCH) // self.length - 3)
        return next(
            day for nth in count() if instant < self.ends_at(day := near + timedelta(days=nth))
        )

    def change(self, zone: str, at: datetime, closed: date | None) -> None:
        """From the next day on; and from no day that is closed."""
        last, _ = self.zones[-1]
        from_day = timedelta(days=1) + max(
            self.day_of(at),
            last - timedelta(days=1),
            FIRST if closed is None else closed + timedelta(days=1),
        )
        self.zones = [one for one in self.zones if one[0] != from_day]
        self.zones.append((from_day, zone))

    def _begins(self, day: date, zone: str) -> datetime:
        """Midnight of a day by the wall clocks of a zone."""
        return (EPOCH + ((day - FIRST).days + ZONES[zone]) * self.length).astimezone(UTC)
