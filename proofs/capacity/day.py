"""The worked example: a retail chain's day, and the tasks that it takes. Arithmetic only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

FARGATE_MEMORY_MIB: Final = {
    0.25: (512, 1024, 2048),
    0.5: (1024, 2048, 3072, 4096),
    1.0: (2048, 3072, 4096, 5120, 6144, 7168, 8192),
}
"""What AWS lets a Linux task have, by vCPU; larger ones are no use to a process of one core."""

HOUR_SHARES: Final = (
    0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.6, 1.6, 3.4, 5.2, 7.0, 8.2,
    9.0, 8.2, 7.0, 6.6, 6.8, 7.6, 9.0, 8.8, 6.0, 3.0, 0.9, 0.3,
)  # fmt: skip
"""Percent of a day's sales in each hour from midnight: two humps, at noon and after work."""

MINUTE_PEAK: Final = 1.5
"""How far an hour's busiest minute stands above its mean."""

SCALE_OUT_MIN: Final = 5
"""Minutes from the load's rise to a new task that serves: three of CloudWatch, two to start."""

FEWEST_TASKS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The example's assumptions: an ordinary day, and the factor of the year's busiest one."""

    stores: int = 3000
    sales_a_store: int = 1500
    busiest_day: float = 3.0

    @property
    def sales_a_day(self) -> int:
        """On an ordinary day."""
        return self.stores * self.sales_a_store

    def rates(self, *, factor: float = 1.0) -> list[float]:
        """Sales a second in each hour's busiest minute."""
        day = self.sales_a_day * factor
        return [day * share / 100 / 3600 * MINUTE_PEAK for share in HOUR_SHARES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One API container: its size, what it serves at its knee, and at what use of its CPU."""

    vcpu: float
    memory_mib: int
    rate: float
    cpu_share: float

    @property
    def target_share(self) -> float:
        """CPU use to hold, so that a rise is carried until the next task serves."""
        return math.floor(20 * min(1.0, self.cpu_share) / steepest_rise()) / 20

    @property
    def rate_at_target(self) -> float:
        """Sales a second at that use."""
        return self.rate * self.target_share / self.cpu_share


def steepest_rise() -> float:
    """By which factor the load may grow while a task starts.

    Hours are joined by straight lines; only those that matter count, above a tenth of the busiest.
    To this comes the busiest minute, which autoscaling by averages cannot see coming.
    """
    busiest = max(HOUR_SHARES)
    rises = [
        1 + (later - now) / now * SCALE_OUT_MIN / 60
        for now, later in pairwise(HOUR_SHARES)
        if now >= busiest / 10
    ]
    return max(1.0, *rises) * MINUTE_PEAK


def tasks(rate: float, task: Task) -> int:
    """How many tasks carry so many sales a second with room to grow; never fewer than two.

    `rate` is that of the busiest minute already: the mean is what the rule sees.
    """
    return max(FEWEST_TASKS, math.ceil(rate / MINUTE_PEAK / task.rate_at_target))


def task_memory_mib(vcpu: float, needed_bytes: int) -> int:
    """The smallest memory that AWS sells with this vCPU and that leaves half as much again.

    Raises ValueError when there is none.
    """
    for size in FARGATE_MEMORY_MIB[vcpu]:
        if size * 1024**2 >= 1.5 * needed_bytes:
            return size
    raise ValueError(f"no task of {vcpu} vCPU has memory for {needed_bytes} bytes")
