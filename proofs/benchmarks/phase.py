"""What one stretch of measuring gave, and how several of them are put together."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class WrongResultError(Exception):
    """What was measured was not the work: answers or rows are missing or wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One side at one number of connections.

    `cpu_s` is by process, for each sale; `others_share` is what part of the machine's CPU went to
    processes that are none of ours.
    """

    connections: int
    sales: int
    seconds: float
    p50_ms: float
    p99_ms: float
    transactions: float
    cpu_s: dict[str, float]
    others_share: float
    memory_bytes: int = 0

    @property
    def rate(self) -> float:
        """Sales a second."""
        return self.sales / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Both sides, measured one after the other in the same repetition."""

    gateway: Phase
    pgbench: Phase

    @property
    def ratio(self) -> float:
        """The gateway's rate over pgbench's."""
        return self.gateway.rate / self.pgbench.rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Several measurements of the same thing."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(median=statistics.median(values), low=min(values), high=max(values))


def percentile_ms(latencies_s: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile in milliseconds, 0 of nothing."""
    if not latencies_s:
        return 0.0
    ordered = sorted(latencies_s)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] * 1000
