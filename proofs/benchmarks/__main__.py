"""`make bench`: the gateway and pgbench in turns, verified, compared, and kept in RESULTS.md."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from adapters.postgres.embedded import EmbeddedPostgresError
from benchmarks.bench_system import BenchSystem, bench_system
from benchmarks.gateway_side import Gateway
from benchmarks.machine import described
from benchmarks.pgbench_side import Pgbench
from benchmarks.phase import Pair, Phase, WrongResultError
from benchmarks.report import Measured, goals, page, quietness, tables

_CONNECTIONS = "1,8,64"
_WARM_UP_S = 1.0
_RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> int:
    """Return 0 when everything was right and the goals are met, 1 otherwise."""
    options = _options()
    begun_at = time.monotonic()
    # As Ctrl-C: what was started is stopped, what was made is removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with bench_system() as system:
            print(
                f"PostgreSQL's data lies in {system.disk.folder} ({system.disk.file_system}, "
                f"{system.disk.sync_ms:.2f} ms for an fsync)",
                flush=True,
            )
            measured = _measure(system, options)
            machine = described(system)
    except (WrongResultError, FileNotFoundError, EmbeddedPostgresError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"\n{tables(measured)}\n")
    for met, said in goals(measured):
        print(f"{'met' if met else 'MISSED'}: {said}")
    print(quietness(measured))
    print(f"took {time.monotonic() - begun_at:.0f} s")
    if options.trial:
        return 0
    date = datetime.now(UTC).date().isoformat()
    _RESULTS.write_text(page(measured, machine=machine, date=date), encoding="utf-8")
    return 0 if all(met for met, _ in goals(measured)) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5, help="length of one measurement")
    parser.add_argument("--repeats", type=int, default=5, help="how often each is repeated")
    parser.add_argument("--connections", type=_counts, default=_CONNECTIONS, metavar="N,N...")
    parser.add_argument(
        "--trial", action="store_true", help="leave RESULTS.md alone and hold to no goal"
    )
    options = parser.parse_args()
    if options.seconds <= 0 or options.repeats < 1:
        parser.error("there must be some seconds and repeats")
    return options


def _counts(text: str) -> tuple[int, ...]:
    counts = tuple(int(count) for count in text.split(","))
    if min(counts) < 1:
        raise ValueError(text)
    return counts


def _measure(system: BenchSystem, options: argparse.Namespace) -> Measured:
    """Let the sides take turns, each going first as often as the other."""
    counts: tuple[int, ...] = options.connections
    seconds: float = options.seconds
    for n in counts:
        system.gateway.measure(connections=n, seconds=min(seconds, _WARM_UP_S))
    pairs: dict[int, list[Pair]] = {n: [] for n in counts}
    for repeat in range(1, options.repeats + 1):
        sides: tuple[Gateway | Pgbench, ...] = (system.gateway, system.pgbench)
        phases: dict[tuple[type, int], Phase] = {}
        for side in sides if repeat % 2 else reversed(sides):
            for n in counts:
                system.checkpoint()
                phases[type(side), n] = side.measure(connections=n, seconds=seconds)
        for n in counts:
            pair = Pair(gateway=phases[Gateway, n], pgbench=phases[Pgbench, n])
            pairs[n].append(pair)
            print(
                f"{repeat}/{options.repeats}, {n:2} connections: "
                f"gateway {pair.gateway.rate:5.0f}/s "
                f"(p50 {pair.gateway.p50_ms:.1f}, p99 {pair.gateway.p99_ms:.1f} ms), "
                f"pgbench {pair.pgbench.rate:5.0f}/s, ratio {pair.ratio:.0%}",
                flush=True,
            )
    return Measured(pairs=pairs, seconds=seconds)


if __name__ == "__main__":
    sys.exit(main())
