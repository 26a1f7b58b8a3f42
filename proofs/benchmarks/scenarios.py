"""What is measured, of whom: the loads of the goals of speed, and everything measured of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from benchmarks.phase import Spread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.phase import Phase

GATEWAY: Final = "gateway"
PGBENCH: Final = "pgbench"
FIRST: Final = "django"
"""The peer whose multiples the goals are in."""

SIDES: Final = (GATEWAY, PGBENCH, FIRST, "django-persistent", "fastapi")
PACED_SHARE: Final = 0.8
"""Of the rate that the same repetition reached at `PEAK`."""

PACED_CONNECTIONS: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One load; `provider_ms` is how late the provider answers."""

    name: str
    connections: int
    sides: tuple[str, ...]
    provider_ms: int = 0
    paced: bool = False
    to_worker: bool = False


PEAK: Final = Scenario(name="64", connections=64, sides=SIDES)
EIGHT: Final = Scenario(name="8", connections=8, sides=SIDES)
ALONE: Final = Scenario(name="1", connections=1, sides=SIDES)
PACED: Final = Scenario(name="paced", connections=PACED_CONNECTIONS, sides=(GATEWAY,), paced=True)
TO_WORKER: Final = Scenario(name="async", connections=64, sides=(GATEWAY,), to_worker=True)
SLOW: Final = Scenario(
    name="20ms", connections=256, sides=(GATEWAY, FIRST, "fastapi"), provider_ms=20
)
SLOWER: Final = Scenario(name="200ms", connections=256, sides=(GATEWAY,), provider_ms=200)
SCENARIOS: Final = (PEAK, EIGHT, ALONE, PACED, SLOW, SLOWER, TO_WORKER)


@dataclass(slots=True)
class Measured:
    """Each side's phases of each scenario, one a repetition."""

    seconds: float
    provider_connections: int
    phases: dict[tuple[str, str], list[Phase]] = field(
        default_factory=dict[tuple[str, str], "list[Phase]"]
    )

    def add(self, scenario: Scenario, side: str, phase: Phase) -> None:
        self.phases.setdefault((scenario.name, side), []).append(phase)

    def of(self, scenario: Scenario, side: str) -> Sequence[Phase]:
        return self.phases.get((scenario.name, side), ())

    def has(self, scenario: Scenario, side: str) -> bool:
        return bool(self.of(scenario, side))

    def figure(self, scenario: Scenario, side: str, what: Callable[[Phase], float]) -> Spread:
        return Spread.of([what(phase) for phase in self.of(scenario, side)])

    def ratio(self, mine: tuple[Scenario, str], other: tuple[Scenario, str]) -> Spread | None:
        """One rate over the other, taken in each repetition; None where one was not measured."""
        pairs = list(zip(self.of(*mine), self.of(*other), strict=False))
        return Spread.of([a.rate / b.rate for a, b in pairs]) if pairs else None
