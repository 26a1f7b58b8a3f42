"""Broken designs of the real processes, to be caught: a check that cannot fail proves nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Under what a mutant shows: a profile, and the one statement that it reads wrongly, if any."""

    profile: str = "mixed"
    tellings: tuple[str, ...] = ()
    seconds: float = SECONDS
    tills: int = TILLS


_MIXED: Final = Trial()
_DATABASE: Final = Trial(profile="database")
_TRUE: Final = Trial(profile="statements", tellings=("amount_short",), seconds=15.0)
"""A statement spelled oddly, and true: beside it strangers and the provider's own mistakes."""


def _told(name: str) -> Trial:
    """As long as that telling is in force, and the doubt has time to be sent again.

    A few tills: with many there is always one paid between the statement and the book, and what
    seems to be missing bars all proofs of absence.
    """
    return Trial(profile="statements", tellings=(name,), seconds=15.0, tills=2)


TRIALS: Final[Mapping[str, Trial]] = {
    "acknowledge-unknown-commit": _DATABASE,
    "synchronous-commit-off": _DATABASE,
    "future-watermark-believed": _told("watermark_for_ever"),
    "declared-start-ignored": _told("declared_later"),
    "other-amount-is-nobodys": _told("other_amount"),
    "unreadable-lines-dropped": _told("document_masked"),
    "missing-payments-trusted": _told("missing_lines"),
    "reversal-proves-absence": _told("reversed"),
    "credited-though-refused-left": _TRUE,
    "strangers-untold": _TRUE,
    "second-credits-untold": _TRUE,
    "absent-payments-untold": _TRUE,
    "old-transactions-not-waited-for": _TRUE,
}
"""Where a mutant shows; the others do under the mixed profile, with true statements alone."""


def trial_of(name: str) -> Trial:
    """Under what a mutant shows."""
    return TRIALS.get(name, _MIXED)


def caught(name: str, *, seed: int = 1, seconds: float | None = None) -> tuple[str, ...]:
    """The violations of one short run with this mutant, without mere slowness.

    Odd seeds have a provider that echoes references, without which some cannot show.
    """
    trial = trial_of(name)
    options = Options(
        profile=PROFILES[trial.profile],
        seconds=seconds or trial.seconds,
        seed=seed,
        tills=trial.tills,
        think_s=THINK_S,
        mutant=name,
        patience_s=PATIENCE_S,
        tellings=trial.tellings,
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
            violations = caught(name, seed=2 * runs - 1)
        survivors += not violations
        verdict = f"{violations[0]} ({len(violations)})" if violations else "NOT CAUGHT"
        took_s = time.monotonic() - began
        tell(f"{name:30} {trial_of(name).profile:9} {runs:4} {took_s:7.0f}  {verdict}")
    return 1 if survivors else 0
