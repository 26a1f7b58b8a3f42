"""How many sales came under a name by which their customer is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.telemetry import metrics
from adapters.telemetry.registry import counter
from cashback_core.intake.wrong_names import WrongName

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


class WrongNameMetrics:
    """Counts them. Both are exposed from the start, at zero."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counted = counter(registry, metrics.WRONG_NAMES)
        self._count = {told: counted.labels(told.value).inc for told in WrongName}

    def __call__(self, told: WrongName) -> None:
        """Count one."""
        self._count[told]()
