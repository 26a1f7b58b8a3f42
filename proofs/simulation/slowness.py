"""How days are in one seed's world: how long, how slow transactions are, what else befalls them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final

LONGEST_S: Final = 20.0
"""Longer than a day is over before it is closed: only waiting for it helps."""


@dataclass(frozen=True, slots=True)
class Lasts:
    """When a slow transaction writes first, and ends; None: it only reads until its end."""

    writes_s: float | None
    ends_s: float


@dataclass(frozen=True, slots=True)
class Slowness:
    """How many of the transactions that write are slow; of others a tenth of it.

    Drawn from a generator of its own.
    """

    share: float
    random: Random

    def next(self, *, writes: bool) -> Lasts | None:
        """How long the next one lasts; None: it is over at once."""
        random = self.random
        if random.random() >= (self.share if writes else self.share / 10):
            return None
        ends_s = random.random() * random.choice((LONGEST_S / 10, LONGEST_S))
        writes_s = random.random() * ends_s if random.random() < 0.5 else None
        return Lasts(writes_s, ends_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysMix:
    """What befalls the days of a world; the rest of it is as it was without them."""

    random: Random
    day: timedelta
    slow: float
    """Which part of the transactions that write is slow."""
    zone_every_s: float | None
    stray_every_s: float | None
    """How often an operator acts on a server whose clock is behind."""
    kill_rate: float
    """Of a closer's steps."""

    @classmethod
    def of(cls, seed: int) -> DaysMix:
        """The one of a seed."""
        random = Random(f"days of {seed}")
        return cls(
            random=random,
            day=timedelta(seconds=random.choice((100, 200, 400))),
            slow=random.choice((0.0, 0.1, 0.3)),
            zone_every_s=random.choice((None, 60.0)),
            stray_every_s=random.choice((None, 20.0)),
            kill_rate=random.choice((0.0, 0.02, 0.05)),
        )
