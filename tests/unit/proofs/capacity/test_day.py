from __future__ import annotations

import pytest

from capacity.day import (
    HOUR_SHARES,
    MINUTE_PEAK,
    Chain,
    Task,
    steepest_rise,
    task_memory_mib,
    tasks,
)

MIB = 2**20
TASK = Task(vcpu=0.5, memory_mib=1024, rate=200.0, cpu_share=0.9)


def test_the_hours_are_a_whole_day() -> None:
    assert len(HOUR_SHARES) == 24
    assert sum(HOUR_SHARES) == pytest.approx(100)


def test_a_chain_sells_its_sales_in_a_day() -> None:
    chain = Chain(stores=10, sales_a_store=100)
    means = [rate / MINUTE_PEAK for rate in chain.rates()]
    assert sum(mean * 3600 for mean in means) == pytest.approx(1000)


def test_until_the_next_task_serves_the_load_stays_below_the_knee() -> None:
    assert steepest_rise() > MINUTE_PEAK
    assert TASK.target_share * steepest_rise() <= TASK.cpu_share
    assert (TASK.target_share + 0.05) * steepest_rise() > TASK.cpu_share
    assert TASK.rate_at_target * steepest_rise() <= TASK.rate


def test_tasks_follow_the_load_and_are_never_fewer_than_two() -> None:
    assert tasks(0.0, TASK) == 2
    mean = 5 * TASK.rate_at_target
    assert tasks(mean * MINUTE_PEAK * 0.999, TASK) == 5
    assert tasks(mean * MINUTE_PEAK * 1.001, TASK) == 6


@pytest.mark.parametrize(
    ("vcpu", "needed_mib", "size"), [(0.25, 341, 512), (0.25, 342, 1024), (1.0, 10, 2048)]
)
def test_a_task_has_half_as_much_memory_again_as_it_needs(
    vcpu: float, needed_mib: int, size: int
) -> None:
    assert task_memory_mib(vcpu, needed_mib * MIB) == size


def test_memory_that_nobody_sells_is_told() -> None:
    with pytest.raises(ValueError, match="no task"):
        task_memory_mib(0.25, 4096 * MIB)
