"""How many cashbacks ended because nobody confirmed them in their time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.telemetry import metrics
from adapters.telemetry.registry import counter

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


class VoidedMetrics:
    """Counts them, from zero."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counted = counter(registry, metrics.VOIDED)

    def __call__(self, count: int) -> None:
        """Count so many."""
        self._counted.inc(count)
