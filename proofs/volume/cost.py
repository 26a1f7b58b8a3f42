"""What accepting and reading cost in a short and in a long past, measured in turns.

Turns of some milliseconds, so that a busy machine slows both; medians of the turns. Of PostgreSQL
the CPU of the writer's backend alone is counted (`/proc/<pid>/schedstat`, which does not tick).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from volume.selling import new_sale, paid
from volume.tasks import READS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import psycopg

    from volume.house import House

GROUPS: Final = (1, 32)
SALES_A_TURN: Final = 64
_WRITERS: Final = """
    select pid from pg_stat_activity
    where datname = current_database() and application_name like 'cashback-writer%'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a sale costs PostgreSQL: µs of CPU, and bytes of its log."""

    accept_us: float
    conclude_us: float
    wal_bytes: float


@dataclass(slots=True, kw_only=True)
class Meter:
    """A house, and the server's side of it."""

    house: House
    connection: psycopg.Connection[Any]

    async def turn(self, group: int) -> Cost:
        """Accept and conclude some sales in groups of so many."""
        sales = [new_sale(self.house) for _ in range(SALES_A_TURN)]
        store = self.house.store
        wal, begun_us = self._wal(), self._cpu_us()
        await _in_groups(store.accept, sales, group)
        accepted_us = self._cpu_us()
        await _in_groups(store.conclude, [paid(sale) for sale in sales], group)
        return Cost(
            accept_us=(accepted_us - begun_us) / SALES_A_TURN,
            conclude_us=(self._cpu_us() - accepted_us) / SALES_A_TURN,
            wal_bytes=(self._wal() - wal) / SALES_A_TURN,
        )

    def _cpu_us(self) -> float:
        pids = [pid for (pid,) in self.connection.execute(_WRITERS).fetchall()]
        return sum(_ran_ns(pid) for pid in pids) / 1000

    def _wal(self) -> int:
        row = self.connection.execute(
            "select (pg_current_wal_insert_lsn() - '0/0')::bigint"
        ).fetchone()
        assert row is not None
        return int(row[0])


def _ran_ns(pid: int) -> int:
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])


async def _in_groups(
    act: Callable[[Any], Awaitable[object]], what: Sequence[Any], group: int
) -> None:
    for first in range(0, len(what), group):
        await asyncio.gather(*(act(each) for each in what[first : first + group]))


async def costs(meters: Sequence[Meter], group: int, *, turns: int) -> list[Cost]:
    """The median cost in each past, in groups of so many; a first turn is not counted."""
    found: list[list[Cost]] = [[] for _ in meters]
    for turn in range(turns + 1):
        for each, meter in zip(found, meters, strict=True):
            cost = await meter.turn(group)
            if turn:
                each.append(cost)
    return [
        Cost(
            accept_us=median(cost.accept_us for cost in each),
            conclude_us=median(cost.conclude_us for cost in each),
            wal_bytes=median(cost.wal_bytes for cost in each),
        )
        for each in found
    ]


async def read_ms(houses: Sequence[House], *, turns: int) -> dict[str, list[float]]:
    """How long each reading task takes in each past: medians of turns."""
    found: dict[str, list[float]] = {}
    for name, task in READS.items():
        taken: list[list[float]] = [[] for _ in houses]
        for turn in range(turns + 1):
            for each, house in zip(taken, houses, strict=True):
                begun_s = time.perf_counter()
                await task(house)
                if turn:
                    each.append((time.perf_counter() - begun_s) * 1000)
        found[name] = [median(each) for each in taken]
    return found
