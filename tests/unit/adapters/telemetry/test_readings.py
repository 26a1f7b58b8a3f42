"""What is read when it is asked for: the database not too often nor too long, the limits right."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from adapters.telemetry import table
from adapters.telemetry.cgroup import Limits, read_limits
from adapters.telemetry.database import DatabaseReadings
from adapters.telemetry.host import HostReadings
from cashback_core.ports import StoreUnavailable
from cashback_core.probing import Probed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GIB = 1 << 30


@dataclass
class World:
    """A probe whose answers take as long as they are told, on a clock that only they move."""

    takes_s: float = 0.1
    away: bool = False
    asked: int = 0
    now_s: float = 100.0
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    async def probe(self) -> Probed:
        self.asked += 1
        self.now_s += self.takes_s
        if self.away:
            raise StoreUnavailable("away")
        return Probed(clock_ahead_s=0.5, clock_error_s=0.1, backlog=None)

    def read(self, readings: DatabaseReadings) -> dict[str, float]:
        return {row.name: values[()] for row, values in readings()}


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    thread = threading.Thread(target=world.loop.run_forever)
    thread.start()
    yield world
    world.loop.call_soon_threadsafe(world.loop.stop)
    thread.join()
    world.loop.close()


def readings(world: World) -> DatabaseReadings:
    return DatabaseReadings(world.probe, world.loop, clock_s=lambda: world.now_s)


@pytest.mark.parametrize(("takes_s", "kept_s"), [(0.1, 5), (2.0, 40)])
def test_a_reading_is_kept_for_twenty_times_as_long_as_it_took_and_five_seconds_at_least(
    world: World, takes_s: float, kept_s: float
) -> None:
    world.takes_s = takes_s
    read = readings(world)
    assert world.read(read)["cashback_database_probe_seconds"] == pytest.approx(takes_s)
    world.now_s += kept_s - 0.01
    world.read(read)
    assert world.asked == 1
    world.now_s += 0.02
    world.read(read)
    assert world.asked == 2


def test_a_database_that_is_away_is_told_and_asked_again_soon(world: World) -> None:
    read = readings(world)
    assert world.read(read)["cashback_database_up"] == 1
    world.away, world.takes_s = True, 4.0
    world.now_s += 5.1
    told = world.read(read)
    assert told["cashback_database_up"] == 0
    assert "cashback_database_clock_ahead_seconds" not in told
    world.away = False
    world.now_s += 5.1
    assert world.read(read)["cashback_database_up"] == 1


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{text}\n", "ascii")
    return folder


def test_the_limits_of_control_groups_version_2(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        cgroup_dot_controllers="cpu memory",
        memory_dot_max=str(GIB),
        memory_dot_current=str(700 << 20),
        memory_dot_stat=f"anon 1\ninactive_file {200 << 20}",
        cpu_dot_max="150000 100000",
        cpu_dot_stat="usage_usec 5\nthrottled_usec 2500000",
    )
    expected = Limits(memory=GIB, memory_used=500 << 20, cores=1.5, throttled_s=2.5)
    assert read_limits(root) == expected


def test_the_limits_of_control_groups_version_1(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        memory__memory_dot_limit_in_bytes=str(GIB),
        memory__memory_dot_usage_in_bytes=str(700 << 20),
        memory__memory_dot_stat=f"total_inactive_file {200 << 20}",
        cpu__cpu_dot_cfs_quota_us="50000",
        cpu__cpu_dot_cfs_period_us="100000",
        cpu__cpu_dot_stat="nr_throttled 3\nthrottled_time 2500000000",
    )
    expected = Limits(memory=GIB, memory_used=500 << 20, cores=0.5, throttled_s=2.5)
    assert read_limits(root) == expected


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"cgroup_dot_controllers": "", "memory_dot_max": "max", "cpu_dot_max": "max 100000"},
        {
            "memory__memory_dot_limit_in_bytes": "9223372036854771712",
            "cpu__cpu_dot_cfs_quota_us": "-1",
        },
    ],
)
def test_without_a_limit_there_is_none_and_the_hosts_counts(
    tmp_path: Path, files: dict[str, str]
) -> None:
    limits = read_limits(write(tmp_path, **files))
    assert (limits.memory, limits.cores) == (None, None)
    told: dict[str, Any] = {
        row.name: values for row, values in HostReadings([tmp_path], limits=lambda: limits)()
    }
    assert told[table.MEMORY_LIMIT.name][()] == told[table.HOST_MEMORY.name]["total",]
    assert told[table.CPU_LIMIT.name] == told[table.HOST_CPUS.name]


def test_a_disk_that_is_gone_is_left_out(tmp_path: Path) -> None:
    told = {row.name: values for row, values in HostReadings([tmp_path, tmp_path / "gone"])()}
    assert set(told[table.DISK.name]) == {(str(tmp_path), "total"), (str(tmp_path), "free")}
