from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from capacity.measured import load
from capacity.page import page, task_of
from capacity.plots import plot
from capacity_sample import measured, profile, step
from deploy.stack import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_the_page_in_the_docs_is_what_the_kept_run_gives() -> None:
    kept = load(ROOT / "docs" / "sizing" / "measured.json")
    assert (ROOT / "docs" / "sizing.md").read_text(encoding="utf-8") == page(kept)


def test_a_full_machine_is_told() -> None:
    full = page(measured(profile(0.5, step(4, 100, host_busy=0.99))))
    assert "The machine was full at every setting" in full
    assert "The machine was full at every" not in page(measured(profile(0.5, step(4, 100))))


def test_the_task_serves_what_one_of_the_two_did() -> None:
    task = task_of(measured(profile(0.5, step(4, 300, api_cores=0.45))))
    assert task.rate == pytest.approx(150)
    assert task.cpu_share == pytest.approx(0.9)
    assert task.memory_mib == 1024


def test_every_plot_that_the_page_shows_is_drawn_alike_twice(tmp_path: Path) -> None:
    run = measured(profile(0.5, step(4, 100), step(8, 180)), profile(1.0, step(4, 150)))
    shown = set(re.findall(r"\(sizing/(\w+\.svg)\)", page(run)))
    plot(run, tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(first) == shown
    plot(run, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
