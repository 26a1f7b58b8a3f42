"""The limits of the container that this process runs in, by the kernel's control groups.

Version 2 (one tree) and version 1 (a tree for each controller). Without a limit, or without control
groups, a reading is None and the host's counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path("/sys/fs/cgroup")
_NO_LIMIT: Final = 1 << 60
"""Version 1 says "none" as a number close to the largest there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerLimits:
    """What a container may use and does use; memory in bytes, CPU in cores and seconds.

    `memory_used` is the working set: without file pages that the kernel would drop at once.
    """

    memory: int | None
    memory_used: int | None
    cores: float | None
    throttled_s: float | None


def read_limits(root: Path = ROOT) -> ContainerLimits:
    """Read them now; what cannot be read is None."""
    if (root / "cgroup.controllers").exists():
        return _version_2(root)
    return _version_1(root)


def _version_2(root: Path) -> ContainerLimits:
    quota, _, period = (_text(root / "cpu.max") or "max").partition(" ")
    throttled_us = _fields(root / "cpu.stat").get("throttled_usec")
    return ContainerLimits(
        memory=_limit(_number(root / "memory.max")),
        memory_used=_working_set(
            _number(root / "memory.current"), _fields(root / "memory.stat").get("inactive_file")
        ),
        cores=int(quota) / int(period) if quota.isdecimal() and period.isdecimal() else None,
        throttled_s=None if throttled_us is None else throttled_us / 1e6,
    )


def _version_1(root: Path) -> ContainerLimits:
    memory, cpu = root / "memory", root / "cpu"
    quota, period = _number(cpu / "cpu.cfs_quota_us"), _number(cpu / "cpu.cfs_period_us")
    throttled_ns = _fields(cpu / "cpu.stat").get("throttled_time")
    return ContainerLimits(
        memory=_limit(_number(memory / "memory.limit_in_bytes")),
        memory_used=_working_set(
            _number(memory / "memory.usage_in_bytes"),
            _fields(memory / "memory.stat").get("total_inactive_file"),
        ),
        cores=quota / period if quota and period else None,
        throttled_s=None if throttled_ns is None else throttled_ns / 1e9,
    )


def _limit(bytes_: int | None) -> int | None:
    return bytes_ if bytes_ is not None and bytes_ < _NO_LIMIT else None


def _working_set(current: int | None, inactive_file: int | None) -> int | None:
    return None if current is None else max(0, current - (inactive_file or 0))


def _text(file: Path) -> str | None:
    try:
        return file.read_text("ascii").strip()
    except (OSError, ValueError):
        return None


def _number(file: Path) -> int | None:
    text = _text(file)
    return int(text) if text is not None and text.isdecimal() else None


def _fields(file: Path) -> dict[str, int]:
    lines = (line.split() for line in (_text(file) or "").splitlines())
    return {line[0]: int(line[1]) for line in lines if len(line) == 2 and line[1].isdecimal()}
