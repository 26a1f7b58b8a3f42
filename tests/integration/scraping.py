"""Asking processes for their metrics, as Prometheus does."""

from __future__ import annotations

import time
import urllib.request
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client.metrics_core import Metric

UNTIL_S = 20.0


def scrape(port: int) -> dict[str, Metric]:
    """The families that a process exposes, by name (a counter's without `_total`)."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=15) as answer:
        text = answer.read().decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


def total(families: dict[str, Metric], sample: str, **labels: str) -> float:
    """The sum of a sample's series that have these labels."""
    return sum(
        each.value
        for family in families.values()
        for each in family.samples
        if each.name == sample and labels.items() <= each.labels.items()
    )


def until(holds: Callable[[], bool]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + UNTIL_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
