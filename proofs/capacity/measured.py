"""What the stack did under load, and where its knee is: numbers only, nothing here runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NEARLY_ALL: Final = 0.9
"""The knee is the fewest connections that reach this part of the highest rate: beyond it more
connections buy waiting, not sales."""

HOST_IS_FULL: Final = 0.92
"""With so little of the host left idle, it is the machine that limits, not a container's limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """So many connections for so many seconds, through Nginx.

    `cores` is processors used on average and `memory_bytes` the working set at the end, by service;
    `held_back` the part of the time in which a limit stopped the API containers. `not_applied`
    counts sales that were not answered 201 with the right cashback. `host_busy` is 0 to 1, of all
    its processors and everybody on it.
    """

    connections: int
    sales: int
    not_applied: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cores: dict[str, float]
    load_cores: float
    memory_bytes: dict[str, int]
    held_back: float
    host_busy: float
    sessions: int
    group_size: float

    @property
    def rate(self) -> float:
        """Sales a second."""
        return self.sales / self.seconds

    def ms_a_sale(self, service: str) -> float:
        """Milliseconds of processor that a sale costs in a service's containers."""
        cores = sum(used for name, used in self.cores.items() if name.rstrip("12") == service)
        return 1000 * cores / self.rate if self.sales else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One setting of the API containers' limits, at rising load; each of the two has these."""

    cpus: float
    memory_mib: int
    apis: int
    steps: list[Step]
    ended_for_memory: int = 0

    @property
    def name(self) -> str:
        """How tables and plots call it."""
        return f"{self.cpus:g} vCPU, {self.memory_mib} MiB"

    @property
    def knee(self) -> Step:
        """The step from which more connections no longer help."""
        highest = max(step.rate for step in self.steps)
        return next(step for step in self.steps if step.rate >= NEARLY_ALL * highest)

    @property
    def limited_by_machine(self) -> bool:
        """Whether the host was full at the knee: then the container could do more elsewhere."""
        return self.knee.host_busy >= HOST_IS_FULL

    @property
    def rate_a_vcpu(self) -> float:
        """Sales a second at the knee for each vCPU that the API containers are allowed."""
        return self.knee.rate / (self.cpus * self.apis)

    @property
    def api_memory_bytes(self) -> int:
        """The most that one API container needed."""
        return max(
            step.memory_bytes[f"api{n + 1}"] for step in self.steps for n in range(self.apis)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What so many sales added to the database."""

    sales: int
    database_bytes: int
    tables: dict[str, int]
    wal_bytes: int

    def bytes_a_million(self, size: int) -> float:
        """What a million sales would add at this pace."""
        return size / self.sales * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """How many of each there were at the highest load, and where their limit is."""

    database_sessions: int
    database_sessions_max: int
    by_service: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A whole run: conditions first, so that nobody reads the figures without them."""

    at: str
    revision: str
    machine: list[str]
    seconds_a_step: float
    profiles: list[Profile]
    growth: Growth
    connections: Connections
    paid_once: int


def load(path: Path) -> Measured:
    """Raises msgspec.ValidationError for what is not a run."""
    return msgspec.json.decode(path.read_bytes(), type=Measured)


def keep(measured: Measured, path: Path) -> None:
    """Write it so that a page can be made of it again."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(measured), indent=1) + b"\n")


def best(profiles: Sequence[Profile]) -> Profile:
    """The limits to run with: most sales for each vCPU allowed, unharmed by its memory limit.

    What the machine itself limited says nothing about the container, unless nothing else is there.
    """
    unharmed = [p for p in profiles if not p.ended_for_memory] or list(profiles)
    telling = [p for p in unharmed if not p.limited_by_machine] or unharmed
    return max(telling, key=lambda profile: profile.rate_a_vcpu)
