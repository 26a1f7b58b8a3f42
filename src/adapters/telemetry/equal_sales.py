"""How many sales had the content of a recorded one, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.telemetry import metrics
from adapters.telemetry.registry import counter
from cashback_core.sales.same_sale import EqualOutcome

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


class EqualSalesMetrics:
    """Counts them. Both outcomes are exposed from the start, at zero."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counted = counter(registry, metrics.EQUAL_SALES)
        self._count = {outcome: counted.labels(outcome.value).inc for outcome in EqualOutcome}

    def __call__(self, outcome: EqualOutcome) -> None:
        """Count one."""
        self._count[outcome]()
