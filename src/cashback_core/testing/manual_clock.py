"""A clock that stands still until a test turns it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class ManualClock:
    """The present instant, and seconds on a monotonic clock that runs beside it."""

    def __init__(self, now: datetime = datetime(2026, 6, 15, 15, 0, 0, tzinfo=UTC)) -> None:
        self._now = now
        self._monotonic_s = 1000.0

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        return self._now

    def tick(self) -> datetime:
        """The present instant, a millisecond after the last one told."""
        self.advance(0.001)
        return self._now

    def monotonic_s(self) -> float:
        """Seconds on a clock that never goes back."""
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds
