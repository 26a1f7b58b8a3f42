"""What the provider was asked and what it said, in counts, centavos and seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.telemetry import table
from adapters.telemetry.tallies import Counter, Histogram
from cashback_core.delivery import Actor
from cashback_core.evidence import (
    Applied,
    Misconfigured,
    NeverSent,
    OwnError,
    Refused,
    RefusedForNow,
    Unknown,
)
from cashback_core.observing import Attempted, Unobserved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prometheus_client import CollectorRegistry

    from cashback_core.evidence import Outcome

OUTCOMES: Final[Mapping[type[Outcome], str]] = {
    Applied: "applied",
    NeverSent: "never_sent",
    RefusedForNow: "refused_for_now",
    Refused: "refused",
    Misconfigured: "misconfigured",
    Unknown: "unknown",
    OwnError: "own_error",
}
"""As the column `attempts.result` calls them."""


class DeliveryMetrics(Unobserved):
    """Counts attempts. Every combination is exposed from the start, at zero."""

    def __init__(self, registry: CollectorRegistry) -> None:
        attempts = Counter(registry, table.ATTEMPTS)
        seconds = Histogram(registry, table.CALL_SECONDS)
        self._count = {
            (kind, actor): attempts.series(name, actor.value)
            for kind, name in OUTCOMES.items()
            for actor in (Actor.API, Actor.WORKER)
        }
        self._seconds = {kind: seconds.series(name) for kind, name in OUTCOMES.items()}
        self._applied = Counter(registry, table.APPLIED_CENTAVOS).series()

    def attempted(self, attempt: Attempted) -> None:
        """Count an attempt that ended."""
        kind = type(attempt.outcome)
        self._count[kind, attempt.deliverer].value += 1.0
        self._seconds[kind].observe(attempt.evidence.ended_s)
        if isinstance(attempt.outcome, Applied):
            self._applied.value += attempt.claim.cashback_centavos
