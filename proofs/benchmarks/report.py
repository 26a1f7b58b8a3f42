"""Putting repetitions together: the table, the goals, and the page that is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.phase import Pair, Spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.phase import Phase

LEAST_RATIO = 0.40
"""The goal at the most connections: at least this share of pgbench's rate."""

QUIET = 0.15
"""Most of the machine's CPU that other programs may take before the figures are doubtful."""

MOST_MEMORY_BYTES = 150 * 2**20
"""The goal for the API process's resident memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All repetitions, by number of connections."""

    pairs: Mapping[int, Sequence[Pair]]
    seconds: float

    @property
    def most(self) -> int:
        """The most connections."""
        return max(self.pairs)

    def ratio(self, connections: int) -> Spread:
        """The gateway's rate over pgbench's, of each repetition by itself."""
        return Spread.of([pair.ratio for pair in self.pairs[connections]])

    def gateway(self, connections: int, what: Callable[[Phase], float]) -> Spread:
        """A figure of the gateway's phases."""
        return Spread.of([what(pair.gateway) for pair in self.pairs[connections]])

    def pgbench(self, connections: int, what: Callable[[Phase], float]) -> Spread:
        """A figure of pgbench's phases."""
        return Spread.of([what(pair.pgbench) for pair in self.pairs[connections]])

    def memory_bytes(self) -> int:
        """The most that the API process held after any phase."""
        return max(p.gateway.memory_bytes for pairs in self.pairs.values() for p in pairs)


def others(measured: Measured) -> Spread:
    """What part of the machine's CPU other programs took, over all phases of both sides."""
    pairs = [pair for pairs in measured.pairs.values() for pair in pairs]
    return Spread.of([p.others_share for pair in pairs for p in (pair.gateway, pair.pgbench)])


def quietness(measured: Measured) -> str:
    """Say how far the machine was ours: the figures are worth no more than that."""
    share = others(measured)
    told = f"other programs took {_spread(share, '{:.0%}')} of the machine's CPU meanwhile"
    return told if share.median < QUIET else f"NOT QUIET, measure again: {told}"


def goals(measured: Measured) -> list[tuple[bool, str]]:
    """Each goal: whether it is met, and a sentence."""
    ratio = measured.ratio(measured.most).median
    memory = measured.memory_bytes()
    rate_said = (
        f"{ratio:.0%} of pgbench's rate at {measured.most} connections; "
        f"the goal is at least {LEAST_RATIO:.0%}"
    )
    memory_said = (
        f"{memory / 2**20:.0f} MiB resident in the API process; "
        f"the goal is under {MOST_MEMORY_BYTES / 2**20:.0f} MiB"
    )
    return [(ratio >= LEAST_RATIO, rate_said), (memory < MOST_MEMORY_BYTES, memory_said)]


def tables(measured: Measured) -> str:
    """Return the figures as Markdown."""
    return "\n\n".join(("\n".join(_rates(measured)), "\n".join(_costs(measured))))


def page(measured: Measured, *, machine: Mapping[str, str], date: str) -> str:
    """Return RESULTS.md."""
    repeats = len(measured.pairs[measured.most])
    verdicts = "\n".join(f"- {'Met' if met else 'MISSED'}: {said}" for met, said in goals(measured))
    facts = "\n".join(f"- {heading}: {said}" for heading, said in machine.items())
    return f"""# Results

Written by `make bench` on {date}; what is measured, and what not, stands in [README](README.md).
{repeats} repetitions of {measured.seconds:g} s a measurement, gateway and pgbench taking turns;
medians, and the lowest and highest in brackets. The ratio is taken within each repetition. Every
answer was checked, and rows and centavos were equal in what was told, stored and credited.

{tables(measured)}

{verdicts}

{facts}
- {quietness(measured)}
"""


def _rates(measured: Measured) -> Iterator[str]:
    yield (
        "| connections | gateway, sales/s | p50, ms | p99, ms "
        "| pgbench, sales/s | p50, ms | p99, ms | ratio |"
    )
    yield "|---:|---:|---:|---:|---:|---:|---:|---:|"
    for n in sorted(measured.pairs):
        cells = [
            str(n),
            _spread(measured.gateway(n, lambda p: p.rate), "{:.0f}"),
            _spread(measured.gateway(n, lambda p: p.p50_ms), "{:.1f}"),
            _spread(measured.gateway(n, lambda p: p.p99_ms), "{:.1f}"),
            _spread(measured.pgbench(n, lambda p: p.rate), "{:.0f}"),
            _spread(measured.pgbench(n, lambda p: p.p50_ms), "{:.1f}"),
            _spread(measured.pgbench(n, lambda p: p.p99_ms), "{:.1f}"),
            _spread(measured.ratio(n), "{:.0%}"),
        ]
        yield f"| {' | '.join(cells)} |"


def _costs(measured: Measured) -> Iterator[str]:
    """CPU by process and what a transaction carries; medians."""
    first = measured.pairs[measured.most][0].gateway
    names = list(first.cpu_s)
    yield (
        "| connections | "
        + " | ".join(f"{name}, µs CPU a sale" for name in names)
        + " | pgbench's PostgreSQL, µs CPU a sale | writes in a transaction | API memory, MiB |"
    )
    yield "|---:|" + "---:|" * (len(names) + 3)
    for n in sorted(measured.pairs):
        cells = [
            str(n),
            *(f"{measured.gateway(n, _cpu_us(name)).median:.0f}" for name in names),
            f"{measured.pgbench(n, _cpu_us('PostgreSQL')).median:.0f}",
            # A sale is written twice: when it is accepted and when its attempt ends.
            f"{measured.gateway(n, lambda p: 2 * p.sales / p.transactions).median:.1f}",
            f"{measured.gateway(n, lambda p: p.memory_bytes / 2**20).high:.0f}",
        ]
        yield f"| {' | '.join(cells)} |"


def _cpu_us(process: str) -> Callable[[Phase], float]:
    return lambda phase: phase.cpu_s[process] * 1e6


def _spread(spread: Spread, form: str) -> str:
    median, low, high = map(form.format, (spread.median, spread.low, spread.high))
    return f"{median} ({low}–{high})"
