"""`make budget`: where the CPU of a sale goes, in µs: tables and a picture in docs/performance.md.

The API is sampled while it runs (benchmarks.sampled), PostgreSQL counts its statements and tells
what each of its processes used. Shares of samples are scaled to the CPU that was really spent.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg

from adapters.postgres.embedded import EmbeddedPostgresError
from benchmarks.bench_system import BenchSystem, bench_system
from benchmarks.budget_page import (
    Budget,
    Spent,
    Statement,
    page,
    picture,
    put_between,
    rooms_of,
)
from benchmarks.machine import described
from benchmarks.phase import WrongResultError
from benchmarks.processes import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Mapping

_WARM_UP_S = 2.0
_WRITTEN_S = 10.0
_POLL_S = 0.02
_NS = 1e9
_DOCUMENT = CHECKOUT / "docs/performance.md"
_PICTURE = CHECKOUT / "docs/performance/budget.svg"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.budget", description=__doc__)
    parser.add_argument("--connections", type=int, nargs="+", default=[64, 8, 1])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument(
        "--write", action="store_true", help="write it into docs/performance.md, with the picture"
    )
    options = parser.parse_args()
    try:
        budgets, told = _budgets(options.connections, options.seconds)
    except (WrongResultError, FileNotFoundError, EmbeddedPostgresError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    date = datetime.now(UTC).date().isoformat()
    text = f"Measured on {date}. {told}.\n\n{page(budgets)}"
    print(text)
    if options.write:
        _PICTURE.parent.mkdir(exist_ok=True)
        _PICTURE.write_text(picture(budgets), encoding="utf-8")
        written = put_between(_DOCUMENT.read_text(encoding="utf-8"), "budget", text)
        _DOCUMENT.write_text(written, encoding="utf-8")
    return 0


def _budgets(counts: list[int], seconds: float) -> tuple[list[Budget], str]:
    """Measure one after the other; with it, on what."""
    samples = CHECKOUT / f"var/samples-{os.getpid()}.json"
    samples.parent.mkdir(exist_ok=True)
    profiler = ("-m", "benchmarks.sampled", str(samples))
    try:
        with bench_system(profiler=profiler, statements=True) as system:
            with psycopg.connect(system.gateway.database.dsn, autocommit=True) as connection:
                connection.execute("create extension pg_stat_statements schema public")
            system.gateway.measure(connections=max(counts), seconds=_WARM_UP_S)
            budgets = [_budget(system, count, seconds, samples) for count in counts]
            facts = described(system)
            told = ("Machine", "Python", "PostgreSQL", "Code")
            return budgets, "; ".join(f"{name}: {facts[name]}" for name in told)
    finally:
        samples.unlink(missing_ok=True)


def _budget(system: BenchSystem, connections: int, seconds: float, samples: Path) -> Budget:
    gateway = system.gateway
    system.checkpoint()
    samples.unlink(missing_ok=True)
    _reset(gateway.database.dsn)
    wal_bytes, processes = _wal_bytes(gateway.database.dsn), _by_process(system)
    os.kill(gateway.service.api_pid, signal.SIGUSR1)
    phase = gateway.measure(connections=connections, seconds=seconds)
    os.kill(gateway.service.api_pid, signal.SIGUSR2)
    spent = _by_process(system)
    used = {name: s - processes.get(name, 0.0) for name, s in spent.items()}
    wal_bytes = _wal_bytes(gateway.database.dsn) - wal_bytes
    deadline = time.monotonic() + _WRITTEN_S
    while not samples.exists() and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    api_us = phase.cpu_s["API"] * 1e6
    return Budget(
        connections=connections,
        rate=phase.rate,
        api=[
            Spent(room, share * api_us)
            for room, share in rooms_of(samples.read_text(encoding="utf-8")).items()
        ],
        postgres=[Spent(name, s / phase.sales * 1e6) for name, s in sorted(used.items()) if s > 0],
        others={
            name: s * 1e6 for name, s in phase.cpu_s.items() if name not in {"API", "PostgreSQL"}
        },
        statements=_statements(gateway.database.dsn, phase.sales),
        wal_bytes=wal_bytes / phase.sales,
        writes_in_a_transaction=2 * phase.sales / phase.transactions,
        others_share=phase.others_share,
    )


def _by_process(system: BenchSystem) -> Mapping[str, float]:
    """CPU seconds of the server's processes by what they are; sessions of the API by their sum."""
    spent: dict[str, float] = {}
    for child in psutil.Process(system.gateway.database.server_pid).children():
        try:
            title = " ".join(child.cmdline())
            told = Path(f"/proc/{child.pid}/schedstat").read_text(encoding="ascii")
        except (psutil.NoSuchProcess, OSError):
            continue
        name = _role(title)
        spent[name] = spent.get(name, 0.0) + int(told.split()[0]) / _NS
    return spent


def _role(title: str) -> str:
    _, _, what = title.partition("postgres: ")
    for background in ("walwriter", "checkpointer", "background writer", "autovacuum", "io worker"):
        if what.startswith(background):
            return background
    return "sessions of the gateway" if " gateway " in what else "others"


def _reset(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("select pg_stat_statements_reset()")


def _wal_bytes(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
        ).fetchone()
    assert row is not None
    return int(row[0])


def _statements(dsn: str, sales: int) -> list[Statement]:
    """What ran in the gateway's database, the dearest first; those inside of others, too."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            r"""
            select regexp_replace(s.query, '\s+', ' ', 'g'), s.toplevel, s.calls,
                s.total_exec_time
            from pg_stat_statements as s join pg_database as d on d.oid = s.dbid
            where d.datname = current_database()
                -- What the benchmark itself asks is nobody's cost.
                and s.query !~ 'pg_stat_statements|select count\(\*\) from sale_names'
            order by s.total_exec_time desc
            limit 14
            """
        ).fetchall()
    return [
        Statement(text=text, top=top, calls=calls / sales, exec_us=ms * 1000 / sales)
        for text, top, calls, ms in rows
    ]


if __name__ == "__main__":
    sys.exit(main())
