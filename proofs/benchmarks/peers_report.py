"""Putting the repetitions of `make bench-peers` together: tables, goals, the page that is kept."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.peer_side import RECIPES
from benchmarks.phase import Spread
from benchmarks.report import QUIET
from benchmarks.scenarios import (
    ALONE,
    EIGHT,
    FIRST,
    GATEWAY,
    PACED,
    PACED_CONNECTIONS,
    PACED_SHARE,
    PEAK,
    PGBENCH,
    SCENARIOS,
    SIDES,
    SLOW,
    SLOWER,
    TO_WORKER,
    Measured,
    Scenario,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from benchmarks.phase import Phase

BY_CONNECTIONS: Final = {PEAK: (22.0, 1.90), EIGHT: (13.0, 0.95), ALONE: (8.0, 0.60)}
"""At each load: the least multiple of the first implementation, the least share of pgbench."""

MOST_P99_OVER_P50: Final = 3.0
LEAST_TO_WORKER: Final = 28.0
LEAST_SLOW: Final = 28.0
LEAST_OF_CONNECTIONS: Final = 0.9
"""Of connections over latency, which is all that a slow provider allows."""

_FIFTY: Final = 50
LEAST_PEER: Final = 0.08
"""Of pgbench: a peer below it would be a straw man."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A goal: whether it is met, and a sentence."""

    met: bool
    said: str


def goals(measured: Measured) -> list[Verdict]:
    """Judge each goal whose sides were measured, by its median."""
    return [*_of_rates(measured), *_of_slowness(measured), *_of_peers(measured)]


def _of_rates(measured: Measured) -> Iterator[Verdict]:
    for scenario, (times, share) in BY_CONNECTIONS.items():
        where = f"at {scenario.name} connection{'s'[: scenario.connections > 1]}"
        ratio = measured.ratio((scenario, GATEWAY), (scenario, FIRST))
        yield from _at_least(ratio, times, "{:.1f} x", f"the first implementation {where}")
        ratio = measured.ratio((scenario, GATEWAY), (scenario, PGBENCH))
        yield from _at_least(ratio, share, "{:.0%}", f"of pgbench's rate {where}")
    ratio = measured.ratio((TO_WORKER, GATEWAY), (PEAK, FIRST))
    yield from _at_least(
        ratio, LEAST_TO_WORKER, "{:.1f} x", "the first implementation, recorded `respond-async`"
    )


def _of_slowness(measured: Measured) -> Iterator[Verdict]:
    if measured.has(PACED, GATEWAY):
        tail = measured.figure(PACED, GATEWAY, lambda p: p.p99_ms / p.p50_ms)
        yield _verdict(
            tail.median <= MOST_P99_OVER_P50,
            f"p99 is {_spread(tail, '{:.1f}')} x p50 at {PACED_SHARE:.0%} of the peak; "
            f"the goal is at most {MOST_P99_OVER_P50:g}",
        )
    ratio = measured.ratio((SLOW, GATEWAY), (SLOW, FIRST))
    yield from _at_least(
        ratio,
        LEAST_SLOW,
        "{:.1f} x",
        f"the first implementation with a provider of {SLOW.provider_ms} ms and "
        f"{SLOW.connections} clients",
    )
    if measured.has(SLOWER, GATEWAY):
        most = measured.provider_connections / (SLOWER.provider_ms / 1000)
        share = measured.figure(SLOWER, GATEWAY, lambda p: p.rate / most)
        yield _verdict(
            share.median >= LEAST_OF_CONNECTIONS,
            f"{_spread(share, '{:.0%}')} of the {most:.0f}/s that "
            f"{measured.provider_connections} connections to a provider of "
            f"{SLOWER.provider_ms} ms allow; the goal is at least {LEAST_OF_CONNECTIONS:.0%}",
        )


def _of_peers(measured: Measured) -> Iterator[Verdict]:
    for recipe in RECIPES:
        ratio = measured.ratio((PEAK, recipe.name), (PEAK, PGBENCH))
        what = f"of pgbench's rate at {PEAK.name} connections reached by {recipe.name}"
        if ratio is not None:
            what += f" (by CPU a sale {_by_cpu(measured, recipe.name):.1%})"
        yield from _at_least(ratio, LEAST_PEER, "{:.1%}", what)


def _by_cpu(measured: Measured, peer: str) -> float:
    """What it would be if both had all of the machine; neighbours press fewer processes more."""
    pairs = zip(measured.of(PEAK, peer), measured.of(PEAK, PGBENCH), strict=False)
    return Spread.of([sum(b.cpu_s.values()) / sum(a.cpu_s.values()) for a, b in pairs]).median


def _at_least(ratio: Spread | None, least: float, form: str, what: str) -> Iterator[Verdict]:
    if ratio is not None:
        said = f"{_spread(ratio, form)} {what}; the goal is at least {form.format(least)}"
        yield _verdict(ratio.median >= least, said)


def _verdict(met: bool, said: str) -> Verdict:  # noqa: FBT001 (read with its sentence)
    return Verdict(met=met, said=f"{'Met' if met else 'MISSED'}: {said}")


def to_fifty(measured: Measured) -> str:
    """Say what stands between the gateway and fifty times the first implementation: µs a sale."""
    if not (measured.has(PEAK, GATEWAY) and measured.has(PEAK, FIRST)):
        return "The first implementation was not measured."
    first = measured.figure(PEAK, FIRST, lambda p: p.rate).median
    spent = {
        name: measured.figure(PEAK, GATEWAY, _us_of(name)).median
        for name in measured.of(PEAK, GATEWAY)[0].cpu_s
    }
    cores = os.cpu_count() or 1
    due_us = cores * 1e6 / (first * _FIFTY)
    rate = measured.figure(PEAK, GATEWAY, lambda p: p.rate).median
    total_us = sum(spent.values())
    parts = ", ".join(f"{name} {us:.0f}" for name, us in spent.items())
    return (
        f"{_FIFTY} x the first implementation would be {first * _FIFTY:.0f} sales/s: "
        f"{due_us:.0f} µs of {cores} cores a sale, for everything. At {PEAK.connections} "
        f"connections the gateway, its database, the stand-in and the load generator took "
        f"{total_us:.0f} µs together ({parts}), and kept {total_us * rate / cores / 1e6:.0%} of "
        f"the cores busy; with all of them busy that is {cores * 1e6 / total_us / first:.0f} x."
    )


def quietness(measured: Measured) -> str:
    """Say how far the machine was ours: the figures are worth no more than that."""
    share = Spread.of([p.others_share for phases in measured.phases.values() for p in phases])
    told = f"other programs took {_spread(share, '{:.0%}')} of the machine's CPU meanwhile"
    return told if share.median < QUIET else f"NOT QUIET, measure again: {told}"


def tables(measured: Measured) -> str:
    """Return the figures as Markdown."""
    return "\n\n".join(("\n".join(_rates(measured)), "\n".join(_costs(measured))))


def _shown(measured: Measured) -> Iterator[tuple[Scenario, str]]:
    for scenario in SCENARIOS:
        yield from ((scenario, side) for side in SIDES if measured.has(scenario, side))


def _rates(measured: Measured) -> Iterator[str]:
    yield (
        "| load | side | sales/s | p50, ms | p99, ms | gateway is … x | of pgbench |\n"
        "|---|---|---:|---:|---:|---:|---:|"
    )
    for scenario, side in _shown(measured):
        times = measured.ratio((scenario, GATEWAY), (scenario, side))
        if scenario == TO_WORKER:
            times = None
        share = measured.ratio((scenario, side), (scenario, PGBENCH))
        cells = [
            _load(scenario),
            side,
            _spread(measured.figure(scenario, side, lambda p: p.rate), "{:.0f}"),
            _spread(measured.figure(scenario, side, lambda p: p.p50_ms), "{:.1f}"),
            _spread(measured.figure(scenario, side, lambda p: p.p99_ms), "{:.1f}"),
            "" if times is None or side == GATEWAY else _spread(times, "{:.1f}"),
            "" if share is None or side == PGBENCH else _spread(share, "{:.1%}"),
        ]
        yield f"| {' | '.join(cells)} |"


def _load(scenario: Scenario) -> str:
    if scenario.paced:
        return f"{PACED_SHARE:.0%} of the peak, evenly due, {PACED_CONNECTIONS} connections"
    if scenario.to_worker:
        return f"{scenario.connections} connections, `respond-async`"
    if scenario.provider_ms:
        return f"{scenario.connections} connections, provider of {scenario.provider_ms} ms"
    return f"{scenario.connections} connection{'s'[: scenario.connections > 1]}"


def _costs(measured: Measured) -> Iterator[str]:
    """CPU by process and what a transaction carries; medians."""
    yield (
        "| load | side | API, µs CPU a sale | PostgreSQL | provider | load generator "
        "| transactions a sale | API memory, MiB |\n|---|---|---:|---:|---:|---:|---:|---:|"
    )
    for scenario, side in _shown(measured):
        cells = [
            _load(scenario),
            side,
            *(
                _cpu_us(measured, scenario, side, process)
                for process in ("API", "PostgreSQL", "provider", "load generator")
            ),
            f"{measured.figure(scenario, side, _transactions).median:.2f}",
            "" if side == PGBENCH else f"{measured.figure(scenario, side, _memory_mib).high:.0f}",
        ]
        yield f"| {' | '.join(cells)} |"


def _cpu_us(measured: Measured, scenario: Scenario, side: str, process: str) -> str:
    if process not in measured.of(scenario, side)[0].cpu_s:
        return ""
    return f"{measured.figure(scenario, side, _us_of(process)).median:.0f}"


def _us_of(process: str) -> Callable[[Phase], float]:
    return lambda phase: phase.cpu_s[process] * 1e6


def _transactions(phase: Phase) -> float:
    return phase.transactions / phase.sales


def _memory_mib(phase: Phase) -> float:
    return phase.memory_bytes / 2**20


def page(measured: Measured, *, machine: Mapping[str, str], date: str) -> str:
    """Return PEERS.md."""
    verdicts = "\n".join(f"- {verdict.said}" for verdict in goals(measured))
    facts = "\n".join(f"- {heading}: {said}" for heading, said in machine.items())
    peers = "\n".join(f"- **{recipe.name}**: {recipe.about}" for recipe in RECIPES)
    repeats = max(len(phases) for phases in measured.phases.values())
    return f"""# Beside what people would pick instead

Written by `make bench-peers` on {date}; what is measured, and how the peers are written, stands in
[README](README.md) and in [proofs/peers](../peers/README.md). {repeats} repetitions of
{measured.seconds:g} s a measurement, all sides in turns; medians, and the lowest and highest in
brackets. A ratio is taken within each repetition. Every answer was checked; rows and centavos were
equal in what was told, stored and credited.

{verdicts}

{to_fifty(measured)}

{tables(measured)}

- **gateway**: one API process, as it ships
- **pgbench**: `one_sale.sql`, the gateway's statements one sale at a time
{peers}

{facts}
- {quietness(measured)}
"""


def _spread(spread: Spread, form: str) -> str:
    median, low, high = map(form.format, (spread.median, spread.low, spread.high))
    return f"{median} ({low}–{high})"
