"""Grouped commits: how large the groups are, how long they take, and what came to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.telemetry import table
from adapters.telemetry.tallies import Counter, Histogram

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prometheus_client import CollectorRegistry

    from cashback_core.tracing import TraceContext


REASONS: Final = ("conflict", "row", "away", "bug")


class CommitMetrics:
    """Counts transactions."""

    def __init__(self, registry: CollectorRegistry) -> None:
        writes = Counter(registry, table.COMMIT_MEMBERS)
        failures = Counter(registry, table.COMMIT_FAILURES)
        self._sales = writes.series("sale")
        self._results = writes.series("result")
        self._size = Histogram(registry, table.COMMIT_GROUP).series()
        self._seconds = Histogram(registry, table.COMMIT_SECONDS_SPENT).series()
        self._failures = {reason: failures.series(reason) for reason in REASONS}

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
        self._sales.value += sales
        self._results.value += results
        self._size.observe(sales + results)
        self._seconds.observe(seconds)

    def failed(self, reason: str) -> None:
        """Count one that came to nothing."""
        self._failures[reason].value += 1.0
