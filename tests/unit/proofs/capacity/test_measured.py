from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from capacity.measured import best, keep, load
from capacity_sample import measured, profile, step

if TYPE_CHECKING:
    from pathlib import Path


def test_the_knee_is_the_fewest_connections_with_nearly_all_of_the_highest_rate() -> None:
    rising = profile(0.5, step(4, 100), step(16, 185), step(64, 200), step(128, 170))
    assert rising.knee.connections == 16
    assert profile(0.5, step(4, 100), step(16, 179), step(64, 200)).knee.connections == 64


def test_a_sale_costs_what_all_containers_of_a_service_use_together() -> None:
    assert step(4, 100, api_cores=0.25).ms_a_sale("api") == pytest.approx(5.0)
    assert step(4, 100).ms_a_sale("database") == pytest.approx(3.0)


def test_the_best_limits_give_the_most_for_each_vcpu() -> None:
    small, large = profile(0.25, step(4, 100)), profile(1.0, step(4, 300))
    assert best([large, small]) is small


def test_what_its_memory_limit_ended_or_the_machine_held_back_is_not_the_best() -> None:
    ended = profile(0.25, step(4, 300), ended_for_memory=1)
    full = profile(0.25, step(4, 200, host_busy=0.99))
    telling = profile(0.5, step(4, 100))
    assert best([ended, full, telling]) is telling
    assert best([ended, full]) is full


def test_growth_is_told_for_a_million_sales() -> None:
    grown = measured(profile(0.5, step(4, 100))).growth
    assert grown.bytes_a_million(grown.database_bytes) == pytest.approx(3e9)


def test_a_run_is_kept_and_read_again(tmp_path: Path) -> None:
    run = measured(profile(0.5, step(4, 100)))
    keep(run, tmp_path / "run.json")
    assert load(tmp_path / "run.json") == run
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(msgspec.ValidationError):
        load(tmp_path / "other.json")
