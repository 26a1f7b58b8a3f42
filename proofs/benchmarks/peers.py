"""`make bench-peers`: every goal of speed in one run, gateway, pgbench and peers in turns.

Everything stands beside everything else all the time, and only one side is under load: each
repetition goes through the loads, at each load the sides take turns, and who begins changes with
the repetition. Answers, rows and centavos of all are verified after each turn.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.postgres.embedded import EmbeddedPostgresError
from benchmarks.bench_system import BenchSystem, bench_system
from benchmarks.http_side import HttpSide
from benchmarks.ledgers import Database
from benchmarks.machine import described
from benchmarks.peer_side import PYTHON, RECIPES, peer
from benchmarks.peers_report import goals, page, quietness, tables, to_fifty
from benchmarks.phase import WrongResultError
from benchmarks.scenarios import (
    GATEWAY,
    PACED_SHARE,
    PEAK,
    PGBENCH,
    SCENARIOS,
    SIDES,
    Measured,
    Scenario,
)
from cashback_gateway.settings.provider import ProviderSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.pgbench_side import Pgbench
    from benchmarks.phase import Phase

_WARM_UP_S = 1.0
_PAGE = Path(__file__).with_name("PEERS.md")
_SHORT = {"seconds": 1.5, "repeats": 2}
_FULL = {"seconds": 3.5, "repeats": 5}


def main() -> int:
    """Return 0 when everything was right and the goals are met, 1 otherwise."""
    options = _options()
    begun_at = time.monotonic()
    # As Ctrl-C: what was started is stopped, what was made is removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with bench_system() as system, contextlib.ExitStack() as stack:
            sides = _sides(system, options.sides, stack)
            measured = _measure(system, sides, options)
            machine = described(system, beside=PYTHON)
    except (WrongResultError, FileNotFoundError, EmbeddedPostgresError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    verdicts = goals(measured)
    print(f"\n{tables(measured)}\n")
    for verdict in verdicts:
        print(verdict.said)
    print(to_fifty(measured))
    print(quietness(measured))
    print(f"took {time.monotonic() - begun_at:.0f} s")
    if options.trial:
        return 0
    date = datetime.now(UTC).date().isoformat()
    _PAGE.write_text(page(measured, machine=machine, date=date), encoding="utf-8")
    return 0 if all(verdict.met for verdict in verdicts) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--seconds", type=float, help="length of one measurement (3.5)")
    parser.add_argument("--repeats", type=int, help="how often each is repeated (5)")
    parser.add_argument(
        "--short", action="store_true", help="three minutes: 1.5 s each, twice; a trial, too"
    )
    parser.add_argument(
        "--trial", action="store_true", help="leave PEERS.md alone and hold to no goal"
    )
    parser.add_argument(
        "--scenarios",
        type=lambda text: _chosen(text, [each.name for each in SCENARIOS]),
        default=[each.name for each in SCENARIOS],
        help=f"some of {','.join(each.name for each in SCENARIOS)}; a trial, too",
    )
    parser.add_argument(
        "--sides",
        type=lambda text: _chosen(text, SIDES),
        default=list(SIDES),
        help=f"some of {','.join(SIDES)}; a trial, too",
    )
    options = parser.parse_args()
    for name, value in (_SHORT if options.short else _FULL).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    if options.seconds <= 0 or options.repeats < 1:
        parser.error("there must be some seconds and repeats")
    whole = len(options.scenarios) == len(SCENARIOS) and len(options.sides) == len(SIDES)
    options.trial = options.trial or options.short or not whole
    return options


def _chosen(text: str, known: list[str] | tuple[str, ...]) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(known):
        raise argparse.ArgumentTypeError(f"no {', '.join(sorted(unknown))}; there are {known}")
    return names


def _sides(
    system: BenchSystem, names: list[str], stack: contextlib.ExitStack
) -> Mapping[str, HttpSide | Pgbench]:
    """Serve each wanted peer, with a database of its own on the same server."""
    sides: dict[str, HttpSide | Pgbench] = {GATEWAY: system.gateway, PGBENCH: system.pgbench}
    for recipe in RECIPES:
        if recipe.name in names:
            dsn = system.server.create_database(recipe.name)
            folder = system.disk.folder / recipe.name
            folder.mkdir()
            database = Database(dsn=dsn, server_pid=system.gateway.database.server_pid)
            sides[recipe.name] = stack.enter_context(peer(recipe, database, folder))
    return {name: sides[name] for name in names}


def _measure(
    system: BenchSystem, sides: Mapping[str, HttpSide | Pgbench], options: argparse.Namespace
) -> Measured:
    seconds: float = options.seconds
    for side in sides.values():
        # pgbench alone: what its first sale notes of the product types, all would wait for.
        connections = PEAK.connections if isinstance(side, HttpSide) else 1
        side.measure(connections=connections, seconds=min(seconds, _WARM_UP_S))
    measured = Measured(seconds=seconds, provider_connections=_provider_connections())
    for repeat in range(options.repeats):
        for scenario in SCENARIOS:
            if scenario.name in options.scenarios:
                print(f"{repeat + 1}/{options.repeats}, {scenario.name}:", end="", flush=True)
                _take_turns(system, scenario, sides, measured, repeat)
                print(flush=True)
    return measured


def _take_turns(
    system: BenchSystem,
    scenario: Scenario,
    sides: Mapping[str, HttpSide | Pgbench],
    measured: Measured,
    repeat: int,
) -> None:
    """Measure each side that is there once; another begins in each repetition."""
    names = [name for name in scenario.sides if name in sides]
    first = repeat % len(names) if names else 0
    for name in names[first:] + names[:first]:
        if scenario.paced and not measured.has(PEAK, name):
            continue
        system.checkpoint()
        phase = _one(sides[name], scenario, measured, name)
        measured.add(scenario, name, phase)
        print(
            f" {name} {phase.rate:.0f}/s (p50 {phase.p50_ms:.1f}, p99 {phase.p99_ms:.1f} ms);",
            end="",
            flush=True,
        )


def _one(side: HttpSide | Pgbench, scenario: Scenario, measured: Measured, name: str) -> Phase:
    if not isinstance(side, HttpSide):
        return side.measure(connections=scenario.connections, seconds=measured.seconds)
    paced = measured.of(PEAK, name)[-1].rate * PACED_SHARE if scenario.paced else None
    if scenario.provider_ms:
        side.provider_takes(scenario.provider_ms)
    phase = side.measure(
        connections=scenario.connections,
        seconds=measured.seconds,
        paced=paced,
        to_worker=scenario.to_worker,
    )
    if scenario.provider_ms:
        side.provider_takes(0)
    return phase


def _provider_connections() -> int:
    """What the gateway that is measured has: of the environment, else its default."""
    told = os.environ.get("CASHBACK_PROVIDER_CONNECTIONS")
    (default,) = (f.default for f in fields(ProviderSettings) if f.name == "connections")
    return int(told or str(default))


if __name__ == "__main__":
    sys.exit(main())
