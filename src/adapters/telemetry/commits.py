"""Grouped commits: how large the groups are, how long they take, and what came to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.telemetry import metrics
from adapters.telemetry.registry import counter, histogram

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prometheus_client import CollectorRegistry

    from cashback_core.traces import TraceContext


REASONS: Final = ("conflict", "row", "away", "bug")


class CommitMetrics:
    """Counts transactions."""

    def __init__(self, registry: CollectorRegistry) -> None:
        writes = counter(registry, metrics.COMMIT_MEMBERS)
        failures = counter(registry, metrics.COMMIT_FAILURES)
        self._sales = writes.labels("sale").inc
        self._results = writes.labels("result").inc
        self._size = histogram(registry, metrics.COMMIT_GROUP).observe
        self._seconds = histogram(registry, metrics.COMMIT_SECONDS_SPENT).observe
        self._failures = {reason: failures.labels(reason) for reason in REASONS}

    def committed(
        self,
        *,
        sales: int,
        results: int,
        began_ns: int,  # noqa: ARG002 (a trace's, not ours)
        seconds: float,
        members: Sequence[TraceContext | None],  # noqa: ARG002 (the same)
    ) -> None:
        """Count a durable group."""
        self._sales(sales)
        self._results(results)
        self._size(sales + results)
        self._seconds(seconds)

    def failed(self, reason: str) -> None:
        """Count one that came to nothing."""
        self._failures[reason].inc()
