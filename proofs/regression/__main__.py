"""`make regression`: does a sale cost what the committed baseline says, and if not, since when.

`make baseline` writes the baseline anew: with the change that means to change it, in one commit.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import psycopg

from adapters.postgres.embedded import EmbeddedPostgresError, throwaway_postgres
from benchmarks.machine import processor, python
from benchmarks.phase import WrongResultError
from chaos.quick_folder import quick_folder
from regression import baseline, history
from regression.baseline import Measured, exact_changes, ratio_changes, table
from regression.counts import counted
from regression.cpu import ratios
from regression.opcodes import opcodes
from regression.steps import NotAsMeasuredError

if TYPE_CHECKING:
    from adapters.postgres.embedded import EmbeddedPostgres
    from regression.baseline import Change

_TRIES = 3
"""How often ratios are measured until they are called grown."""


def main() -> int:
    """Return 0 where all is as the baseline says, 1 otherwise, 2 where it cannot be told."""
    options = _options()
    begun_at = time.monotonic()
    try:
        with throwaway_postgres(quick_folder()) as server:
            measured = _measured(server)
            if options.counts_as_json:
                print(json.dumps(asdict(measured)))
                return 0
            if options.write:
                return _write(replace(measured, cpu=ratios(server)))
            return _compare(server, measured, counts_only=options.counts_only)
    except (NotAsMeasuredError, WrongResultError, EmbeddedPostgresError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    finally:
        if not options.counts_as_json:
            print(f"took {time.monotonic() - begun_at:.0f} s")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m regression", description=__doc__)
    parser.add_argument("--write", action="store_true", help="make this the baseline")
    parser.add_argument("--counts-only", action="store_true", help="no ratios: 4 s instead of 30")
    parser.add_argument("--counts-as-json", action="store_true", help="print the counts, no more")
    return parser.parse_args()


def _measured(server: EmbeddedPostgres) -> Measured:
    with psycopg.connect(server.dsn()) as connection:
        version = connection.info.server_version
    return Measured(
        commit=history.head(),
        postgresql=f"{version // 10_000}.{version % 10_000}",
        python=python(),
        processor=processor(),
        counts=asyncio.run(counted(server)),
        opcodes=opcodes(),
    )


def _write(measured: Measured) -> int:
    """Write the baseline; say what it changes, for the commit that brings it."""
    if baseline.FILE.exists():
        before = baseline.read()
        for change in (
            *exact_changes(before, measured),
            *ratio_changes(before.cpu, measured.cpu),
        ):
            print(change)
    baseline.write(measured)
    print(table(measured))
    return 0


def _compare(server: EmbeddedPostgres, measured: Measured, *, counts_only: bool) -> int:
    before = baseline.read()
    if before.postgresql.partition(".")[0] != measured.postgresql.partition(".")[0]:
        print(
            f"the baseline is of PostgreSQL {before.postgresql}, this is {measured.postgresql}:"
            " not to be compared; `make baseline` writes it anew"
        )
        return 2
    changes = exact_changes(before, measured)
    grown: list[Change] = []
    if not counts_only:
        measured = replace(measured, cpu=_least_ratios(server, before))
        grown = ratio_changes(before.cpu, measured.cpu)
    print(table(measured))
    if not changes and not grown:
        print(f"as the baseline of {before.commit} says")
        return 0
    _tell(before, changes, grown)
    return 1


def _least_ratios(server: EmbeddedPostgres, before: Measured) -> dict[str, float]:
    """Measured again while one is over: what a neighbour costs us once, it does not every time."""
    cpu: dict[str, float] = {}
    for _ in range(_TRIES):
        cpu = {name: min(ratio, cpu.get(name, ratio)) for name, ratio in ratios(server).items()}
        if not ratio_changes(before.cpu, cpu):
            break
    return cpu


def _tell(before: Measured, changes: list[Change], grown: list[Change]) -> None:
    """Which figures changed, and by which commits."""
    commits = history.since(before)
    finder = history.Finder(before, commits, history.count_at)
    for change in changes:
        print(change)
        try:
            culprit = finder.culprit(change)
        except (subprocess.SubprocessError, OSError) as error:
            print(f"    by which commit could not be counted: {type(error).__name__}")
            continue
        if culprit is not None:
            print(f"    since {history.told(culprit)}")
        elif history.uncommitted():
            print("    by what is not committed")
    for change in grown:
        print(f"{change}, more than {baseline.TOLERANCE} times")
    if grown and commits:
        print("commits that touched what runs since then:")
        for commit in commits:
            print(f"    {history.told(commit)}")
    print("if that is meant, `make baseline` writes it anew: commit it with the change")


if __name__ == "__main__":
    sys.exit(main())
