from __future__ import annotations

from benchmarks.phase import Pair, Phase, Spread, percentile_ms
from benchmarks.report import (
    LEAST_RATIO,
    MOST_MEMORY_BYTES,
    Measured,
    goals,
    page,
    quietness,
    tables,
)


def phase(*, sales: int, memory_bytes: int = 0, others_share: float = 0.1) -> Phase:
    return Phase(
        connections=64,
        sales=sales,
        seconds=2.0,
        p50_ms=1.0,
        p99_ms=2.0,
        transactions=sales / 10,
        cpu_s={"API": 0.0005, "PostgreSQL": 0.0004},
        others_share=others_share,
        memory_bytes=memory_bytes,
    )


def measured(*gateway_sales: int, memory_bytes: int = 0, others_share: float = 0.1) -> Measured:
    pairs = [
        Pair(
            gateway=phase(sales=sales, memory_bytes=memory_bytes, others_share=others_share),
            pgbench=phase(sales=1000, others_share=others_share),
        )
        for sales in gateway_sales
    ]
    return Measured(pairs={64: pairs}, seconds=2.0)


def test_a_percentile_is_a_latency_that_was_measured() -> None:
    latencies_s = [i / 1000 for i in range(1, 101)]
    assert percentile_ms(latencies_s, 50) == 50
    assert percentile_ms(latencies_s, 99) == 99
    assert percentile_ms([0.007], 99) == 7
    assert percentile_ms([], 99) == 0


def test_ratios_are_taken_in_each_repetition_and_spread() -> None:
    assert measured(500, 700, 900).ratio(64) == Spread(median=0.7, low=0.5, high=0.9)


def test_a_rate_below_the_share_of_pgbench_misses_its_goal() -> None:
    least = round(LEAST_RATIO * 1000)
    assert [met for met, _ in goals(measured(least))] == [True, True]
    assert [met for met, _ in goals(measured(least - 1))] == [False, True]


def test_too_much_memory_misses_its_goal() -> None:
    result = goals(measured(1000, memory_bytes=MOST_MEMORY_BYTES))
    assert [met for met, _ in result] == [True, False]


def test_figures_from_a_busy_machine_are_marked() -> None:
    assert quietness(measured(1000)).startswith("other programs took 10%")
    assert quietness(measured(1000, others_share=0.5)).startswith("NOT QUIET")


def test_the_page_holds_the_tables_the_verdicts_and_the_machine() -> None:
    result = measured(390, memory_bytes=2**20)
    text = page(result, machine={"Disk": "made of paper"}, date="2026-11-23")
    assert tables(result) in text
    assert "| 64 | 195 (195–195) |" in text
    assert "MISSED: 39% of pgbench's rate" in text
    assert "Met: 1 MiB resident" in text
    assert "Disk: made of paper" in text
    assert "20.0" in text  # writes in a transaction: two for each sale, ten sales together
