"""Counters and histograms that one thread writes, the loop's, and scrapes read from theirs.

prometheus-client's own take a lock for every step, which was a tenth of what a sale costs. Here a
step is an addition; a scrape that comes in between sees it a moment later.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric as Family

    from adapters.telemetry.table import Metric


class Count:
    """One series of a counter."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0


class Spread:
    """One series of a histogram: how many values fell below each bound, and their sum."""

    __slots__ = ("_bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Take in one value; a bound takes in its own."""
        self.counts[bisect_left(self._bounds, value)] += 1
        self.total += value

    def cumulated(self) -> list[tuple[str, float]]:
        """As Prometheus wants them: each bound with all that is not above it."""
        counts, below = list(self.counts), 0
        buckets: list[tuple[str, float]] = []
        for bound, count in zip((*self._bounds, float("inf")), counts, strict=True):
            below += count
            buckets.append(("+Inf" if bound == float("inf") else str(bound), float(below)))
        return buckets


class Counter(Collector):
    """A row's counter; `series` is made once for each combination of labels, and kept at hand."""

    def __init__(self, registry: CollectorRegistry, row: Metric) -> None:
        self._row = row
        self._series: dict[tuple[str, ...], Count] = {}
        registry.register(self)

    def series(self, *labels: str) -> Count:
        """The series of these labels, in the row's order."""
        return self._series.setdefault(labels, Count())

    def describe(self) -> Iterable[Family]:
        """Nothing that has to be read."""
        return ()

    def collect(self) -> Iterable[Family]:
        """The family as it is now."""
        family = CounterMetricFamily(self._row.name, self._row.meaning, labels=self._row.labels)
        for labels, count in list(self._series.items()):
            family.add_metric(labels, count.value)
        yield family


class Histogram(Collector):
    """A row's histogram; the same."""

    def __init__(self, registry: CollectorRegistry, row: Metric) -> None:
        self._row = row
        self._series: dict[tuple[str, ...], Spread] = {}
        registry.register(self)

    def series(self, *labels: str) -> Spread:
        """The series of these labels, in the row's order."""
        return self._series.setdefault(labels, Spread(self._row.buckets))

    def describe(self) -> Iterable[Family]:
        """Nothing that has to be read."""
        return ()

    def collect(self) -> Iterable[Family]:
        """The family as it is now."""
        family = HistogramMetricFamily(self._row.name, self._row.meaning, labels=self._row.labels)
        for labels, spread in list(self._series.items()):
            family.add_metric(labels, spread.cumulated(), spread.total)
        yield family
