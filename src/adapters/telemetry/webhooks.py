"""How endpoints of webhooks answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.telemetry import metrics
from adapters.telemetry.registry import counter

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from cashback_core.webhooks.policy import ReceiverAnswer


class WebhookMetrics:
    """Counts their answers. Both results are exposed from the start, at zero."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counted = counter(registry, metrics.WEBHOOKS_SENT)
        self._delivered = counted.labels("delivered").inc
        self._failed = counted.labels("failed").inc

    def __call__(self, answer: ReceiverAnswer) -> None:
        """Count one."""
        (self._delivered if answer.delivered else self._failed)()
