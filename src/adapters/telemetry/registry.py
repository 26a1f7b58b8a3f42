"""Metrics of the table as prometheus-client has them, in a registry of this process's own.

One process, one registry, one port: every container is scraped by itself and Prometheus adds up.
Counters begin at zero with their process, which `rate` and `increase` allow for; what must be right
over restarts is read from the database (`database.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from adapters.telemetry.metrics import Metric, MetricKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from prometheus_client.metrics_core import Metric as Family

    Values = Mapping[tuple[str, ...], float]
    """By the values of a row's labels, in their order."""

    Reading = tuple[Metric, Values]


def new_registry() -> CollectorRegistry:
    """A registry that tells of the process itself (CPU, memory, open files), and nothing else."""
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry


def counter(registry: CollectorRegistry, row: Metric) -> Counter:
    """A row's counter."""
    return Counter(row.name, row.meaning, row.labels, registry=registry)


def gauge(registry: CollectorRegistry, row: Metric) -> Gauge:
    """A row's gauge."""
    return Gauge(row.name, row.meaning, row.labels, registry=registry)


def histogram(registry: CollectorRegistry, row: Metric) -> Histogram:
    """A row's histogram."""
    return Histogram(row.name, row.meaning, row.labels, registry=registry, buckets=row.buckets)


class ReadingCollector(Collector):
    """Values that are read when they are asked for; an absent row is not exposed at that time."""

    def __init__(self, read: Callable[[], Iterable[Reading]]) -> None:
        self._read = read

    def describe(self) -> Iterable[Family]:
        """Nothing: registering must not read."""
        return ()

    def collect(self) -> Iterable[Family]:
        """Read, and put into families."""
        for row, values in self._read():
            make = CounterMetricFamily if row.kind is MetricKind.COUNTER else GaugeMetricFamily
            family = make(row.name, row.meaning, labels=row.labels)
            for labels, value in values.items():
                family.add_metric(labels, value)
            yield family
