"""Days that were closed, and those that wait to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.telemetry import metrics
from adapters.telemetry.registry import counter, gauge

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from cashback_core.closing.closing import ClosedRound


class CloseMetrics:
    """Tells of the last round of this process; another worker's are in that one's metrics."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._closed = counter(registry, metrics.CLOSES)
        self._behind = gauge(registry, metrics.CLOSE_BEHIND)
        self._failed = gauge(registry, metrics.CLOSE_FAILED)
        self._strange = gauge(registry, metrics.CLOSE_STRANGE)

    def __call__(self, found: ClosedRound) -> None:
        """A round has ended."""
        self._closed.inc(len(found.closed))
        self._behind.set(found.behind)
        self._failed.set(len(found.failed))
        self._strange.set(len(found.strange))
