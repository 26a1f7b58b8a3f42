"""Broken designs of the real processes, to be caught: a check that cannot fail proves nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from chaos.planting import PLANTS
from chaos.profile import PROFILES
from chaos.roles import Options
from chaos.run import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SECONDS: Final = 12.0
PATIENCE_S: Final = 12.0
TILLS: Final = 24
THINK_S: Final = 0.08
MOST_RUNS: Final = 3
"""How many seeds a mutant may survive; what it breaks needs a fault at the wrong moment."""


PROFILE_OF: Final[Mapping[str, str]] = {
    "acknowledge-unknown-commit": "database",
    "synchronous-commit-off": "database",
}
"""The profile under which a mutant shows; the others show under the mixed one."""


def profile_of(name: str) -> str:
    """The name of the profile under which a mutant shows."""
    return PROFILE_OF.get(name, "mixed")


def caught(name: str, *, seed: int = 1, seconds: float = SECONDS) -> tuple[str, ...]:
    """The violations of one short run with this mutant, without mere slowness."""
    options = Options(
        profile=PROFILES[profile_of(name)],
        seconds=seconds,
        seed=seed,
        tills=TILLS,
        think_s=THINK_S,
        mutant=name,
        patience_s=PATIENCE_S,
    )
    return tuple(v for v in run(options).violations if not v.startswith("10:"))


def catch_all(tell: Callable[[str], None]) -> int:
    """Run each mutant until it is caught and tell the table; 1 if one survives."""
    tell(f"{'mutant of the real processes':30} {'profile':9} {'runs':>4} {'seconds':>7}  caught by")
    survivors = 0
    for name in PLANTS:
        began = time.monotonic()
        violations: tuple[str, ...] = ()
        runs = 0
        while not violations and runs < MOST_RUNS:
            runs += 1
            violations = caught(name, seed=runs)
        survivors += not violations
        verdict = f"{violations[0]} ({len(violations)})" if violations else "NOT CAUGHT"
        took_s = time.monotonic() - began
        tell(f"{name:30} {profile_of(name):9} {runs:4} {took_s:7.0f}  {verdict}")
    return 1 if survivors else 0
