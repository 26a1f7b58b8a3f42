"""What the host and, inside it, the container have and use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

from adapters.telemetry import metrics
from adapters.telemetry.cgroup import read_limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from adapters.telemetry.cgroup import ContainerLimits
    from adapters.telemetry.registry import Reading


class HostReadings:
    """Reads everything anew at each call, in less than a millisecond or two."""

    def __init__(
        self, disks: Sequence[Path], *, limits: Callable[[], ContainerLimits] = read_limits
    ) -> None:
        self._disks = tuple(disks)
        self._limits = limits

    def __call__(self) -> Iterator[Reading]:
        """The host's processors, memory, disks and network, and the container's limits."""
        times = psutil.cpu_times()
        cpus = float(psutil.cpu_count() or 1)
        memory = psutil.virtual_memory()
        yield metrics.HOST_CPU, {(mode,): seconds for mode, seconds in times._asdict().items()}
        yield metrics.HOST_CPUS, {(): cpus}
        yield (
            metrics.HOST_MEMORY,
            {("total",): float(memory.total), ("available",): float(memory.available)},
        )
        yield metrics.DISK, self._disk_use()
        yield from _traffic()
        limits = self._limits()
        if limits.memory is not None and limits.memory_used is not None:
            limit, used = limits.memory, limits.memory_used
        else:
            limit, used = memory.total, memory.total - memory.available
        yield metrics.MEMORY_LIMIT, {(): float(limit)}
        yield metrics.MEMORY_USED, {(): float(used)}
        yield metrics.CPU_LIMIT, {(): cpus if limits.cores is None else limits.cores}
        yield metrics.CPU_THROTTLED, {(): limits.throttled_s or 0.0}

    def _disk_use(self) -> dict[tuple[str, ...], float]:
        found: dict[tuple[str, ...], float] = {}
        for path in self._disks:
            try:
                use = psutil.disk_usage(str(path))
            except OSError:  # not mounted any more: no reading is the reading
                continue
            found[str(path), "total"] = float(use.total)
            found[str(path), "free"] = float(use.free)
        return found


def _traffic() -> Iterator[Reading]:
    disks = psutil.disk_io_counters()
    moved: dict[tuple[str, ...], float] = {}
    if disks is not None:  # a container may not be shown any
        moved = {("read",): float(disks.read_bytes), ("written",): float(disks.write_bytes)}
    yield metrics.DISK_IO, moved
    received = sent = 0
    for name, card in psutil.net_io_counters(pernic=True).items():
        if name != "lo":
            received += card.bytes_recv
            sent += card.bytes_sent
    yield metrics.NETWORK, {("received",): float(received), ("sent",): float(sent)}
