from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.ledgers import Rows
from benchmarks.peers_report import goals, page, quietness, tables
from benchmarks.phase import Phase, Spread
from benchmarks.scenarios import (
    ALONE,
    EIGHT,
    FIRST,
    GATEWAY,
    PACED,
    PEAK,
    PGBENCH,
    SLOW,
    SLOWER,
    TO_WORKER,
    Measured,
    Scenario,
)


def phase(rate: float, *, p99_ms: float = 2.0, others_share: float = 0.0) -> Phase:
    return Phase(
        connections=64,
        sales=round(rate * 2),
        seconds=2.0,
        p50_ms=1.0,
        p99_ms=p99_ms,
        transactions=rate,
        cpu_s={"API": 0.0005, "PostgreSQL": 0.0004},
        others_share=others_share,
    )


def measured(*told: tuple[Scenario, str, list[Phase]]) -> Measured:
    found = Measured(seconds=2.0, provider_connections=64)
    for scenario, side, phases in told:
        for each in phases:
            found.add(scenario, side, each)
    return found


def said(found: Measured) -> list[str]:
    return [verdict.said for verdict in goals(found)]


def test_a_ratio_is_taken_within_each_repetition() -> None:
    found = measured(
        (PEAK, GATEWAY, [phase(1000), phase(3000), phase(2000)]),
        (PEAK, FIRST, [phase(100), phase(100), phase(50)]),
    )
    ratio = found.ratio((PEAK, GATEWAY), (PEAK, FIRST))
    assert ratio == Spread(median=30, low=10, high=40)


@pytest.mark.parametrize(
    ("scenario", "times", "share"), [(PEAK, 22, 1.9), (EIGHT, 13, 0.95), (ALONE, 8, 0.6)]
)
def test_each_load_has_its_own_least_multiple_and_share(
    scenario: Scenario, times: float, share: float
) -> None:
    def judged(gateway: float) -> list[bool]:
        found = measured(
            (scenario, GATEWAY, [phase(gateway)]),
            (scenario, FIRST, [phase(100)]),
            (scenario, PGBENCH, [phase(100 * times / share)]),
        )
        return [verdict.met for verdict in goals(found)][:2]

    assert judged(times * 100 + 1) == [True, True]
    assert judged(times * 100 - 1) == [False, False]


def test_a_long_tail_at_four_fifths_of_the_peak_misses_its_goal() -> None:
    assert said(measured((PACED, GATEWAY, [phase(100, p99_ms=2.9)])))[0].startswith("Met")
    assert said(measured((PACED, GATEWAY, [phase(100, p99_ms=3.1)])))[0].startswith("MISSED")


def test_a_slow_provider_is_judged_by_the_first_implementation_with_the_same_one() -> None:
    found = measured(
        (SLOW, GATEWAY, [phase(1400)]), (SLOW, FIRST, [phase(51)]), (PEAK, FIRST, [phase(10)])
    )
    (only,) = said(found)
    assert only.startswith("MISSED: 27.5 x (27.5 x–27.5 x) the first implementation with a")
    assert "provider of 20 ms and 256 clients; the goal is at least 28.0 x" in only


def test_a_slower_provider_is_judged_by_what_its_connections_allow() -> None:
    (only,) = said(measured((SLOWER, GATEWAY, [phase(290)])))
    assert only.startswith("Met: 91% (91%–91%) of the 320/s that 64 connections to a provider")


def test_what_is_left_to_a_worker_is_judged_by_what_the_first_implementation_does_whole() -> None:
    found = measured((TO_WORKER, GATEWAY, [phase(2700)]), (PEAK, FIRST, [phase(100)]))
    assert said(found)[0].startswith("MISSED: 27.0 x")


def test_a_peer_that_is_a_straw_man_misses_its_goal() -> None:
    found = measured((PEAK, PGBENCH, [phase(1000)]), (PEAK, "fastapi", [phase(79)]))
    assert [verdict.met for verdict in goals(found)] == [False]


def test_the_page_holds_tables_verdicts_and_the_machine() -> None:
    found = measured((PEAK, GATEWAY, [phase(1000)]), (PEAK, FIRST, [phase(100)]))
    text = page(found, machine={"Disk": "made of paper"}, date="2026-11-30")
    assert tables(found) in text
    assert "| 64 connections | django | 100 (100–100) |" in text
    assert "| 10.0 (10.0–10.0) |" in text
    assert "MISSED: 10.0 x" in text
    assert "Disk: made of paper" in text
    assert quietness(measured((PEAK, GATEWAY, [phase(1, others_share=0.5)]))).startswith("NOT")


def test_rows_of_sales_left_to_a_worker_are_counted_as_what_they_are() -> None:
    rows = Rows.of(sales=2, centavos=300) + Rows.left_to_worker(sales=3)
    assert rows == Rows(
        names=10,
        sales=5,
        lines=15,
        cashbacks=5,
        cashbacks_applied=2,
        attempts=2,
        attempts_applied=2,
        events=9,
        centavos=300,
    )


def test_a_peers_share_of_pgbench_is_told_by_cpu_too() -> None:
    dear = replace(phase(70), cpu_s={"API": 0.006, "PostgreSQL": 0.003})
    told = said(measured((PEAK, FIRST, [dear]), (PEAK, PGBENCH, [phase(1000)])))
    assert told[0].startswith("MISSED: 7.0%")
    assert "(by CPU a sale 10.0%)" in told[0]
