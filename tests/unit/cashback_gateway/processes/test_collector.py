from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from cashback_gateway.processes.collector import THRESHOLDS, settle_collector

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


class Node:
    """Refers to itself, so that only the collector can take it away."""

    def __init__(self, gone: list[str]) -> None:
        self.me = self
        self.gone = gone

    def __del__(self) -> None:
        self.gone.append("gone")


def test_what_is_loaded_is_looked_at_no_more_and_what_comes_is() -> None:
    loaded = gc.get_objects()
    settle_collector()
    assert gc.get_freeze_count() >= len(loaded) / 2
    assert len(gc.get_objects()) < len(loaded) / 10
    assert gc.get_threshold() == THRESHOLDS
    gone: list[str] = []
    Node(gone)
    gc.collect()
    assert gone == ["gone"]
