"""How log-ins ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.telemetry import metrics
from adapters.telemetry.registry import counter
from cashback_core.people.log_in_outcomes import LogInKind, LogInOutcome

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


class LogInMetrics:
    """Counts them. Every kind and outcome is exposed from the start, at zero: so is its rate."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counted = counter(registry, metrics.LOG_INS)
        self._count = {
            (kind, outcome): counted.labels(kind.value, outcome.value).inc
            for kind in LogInKind
            for outcome in LogInOutcome
        }

    def __call__(self, kind: LogInKind, outcome: LogInOutcome) -> None:
        """Count one."""
        self._count[kind, outcome]()
