"""What the provider was asked and what it said, in counts, centavos and seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.telemetry import metrics
from adapters.telemetry.registry import counter, histogram
from cashback_core.delivery.evidence import (
    Applied,
    Misconfigured,
    NeverSent,
    OwnError,
    Refused,
    RefusedForNow,
    Unknown,
)
from cashback_core.delivery.observers import Attempted, Unobserved
from cashback_core.delivery.states import Actor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prometheus_client import CollectorRegistry

    from cashback_core.delivery.evidence import Outcome

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
        attempts = counter(registry, metrics.ATTEMPTS)
        seconds = histogram(registry, metrics.CALL_SECONDS)
        self._count = {
            (kind, actor): attempts.labels(name, actor).inc
            for kind, name in OUTCOMES.items()
            for actor in (Actor.API, Actor.WORKER)
        }
        self._observe = {kind: seconds.labels(name).observe for kind, name in OUTCOMES.items()}
        self._applied = counter(registry, metrics.APPLIED_CENTAVOS)

    def attempted(self, attempt: Attempted) -> None:
        """Count an attempt that ended."""
        kind = type(attempt.outcome)
        self._count[kind, attempt.deliverer]()
        self._observe[kind](attempt.evidence.ended_s)
        if isinstance(attempt.outcome, Applied):
            self._applied.inc(attempt.claim.cashback_centavos)
