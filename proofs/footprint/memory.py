"""Resident memory of API and worker at the peak: half way, and at the end.

64 connections sell as fast as they are served, 1,000 more are open and quiet beside them, and a
worker pays what came with `Prefer: respond-async`. Every answer, row and centavo is checked.
"""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Final

from adapters.postgres.embedded import throwaway_postgres
from benchmarks.gateway_side import Gateway, serving
from benchmarks.ledgers import Database
from benchmarks.phase import WrongResultError
from benchmarks.processes import memory_bytes, python
from benchmarks.sales import sales
from footprint.idle import idle_connections
from footprint.served import prepared

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

CONNECTIONS: Final = 64
IDLE: Final = 1_000
MOST_MIB: Final = {"API": 130.0, "worker": 100.0}
MOST_GROWTH_MIB: Final = 3.0
"""Between half of the time and its end."""

_STRETCH_S: Final = 20.0
_DEFERRED: Final = 1_000
"""Sales that each stretch leaves to the worker."""

_SENDERS: Final = 8
_MIB: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """After so many seconds of load: megabytes (MiB) by process, and the sales taken so far."""

    seconds: float
    sales: int
    mib: dict[str, float]


def remembered(*, minutes: float) -> int:
    """Load for so long, print a reading after each stretch; 0 where the goals are met."""
    total_s = minutes * 60
    readings: list[Reading] = []
    with _system() as (gateway, worker_pid), idle_connections(gateway.service.port, IDLE):
        pids = {"API": gateway.service.api_pid, "worker": worker_pid}
        loaded_s = 0.0
        while loaded_s < total_s:
            _defer(gateway)
            phase = gateway.measure(
                connections=CONNECTIONS, seconds=min(_STRETCH_S, total_s - loaded_s)
            )
            loaded_s += phase.seconds
            mib = {name: memory_bytes(pid) / _MIB for name, pid in pids.items()}
            readings.append(Reading(seconds=loaded_s, sales=gateway.told, mib=mib))
            told = ", ".join(f"{name} {value:.1f} MiB" for name, value in mib.items())
            print(f"{loaded_s:5.0f} s, {gateway.told} sales, {phase.rate:.0f}/s: {told}")
    verdicts = judged(readings, total_s)
    for met, words in verdicts:
        print(f"{'met' if met else 'MISSED'}: {words}")
    return 0 if all(met for met, _ in verdicts) else 1


def judged(readings: Sequence[Reading], total_s: float) -> list[tuple[bool, str]]:
    """Each goal: whether it is met, and in words."""
    half = next(one for one in readings if one.seconds >= total_s / 2)
    last = readings[-1]
    found: list[tuple[bool, str]] = []
    stretch = f"from {half.seconds:.0f} s to {last.seconds:.0f} s, {last.sales - half.sales} sales"
    for name, most in MOST_MIB.items():
        now, grown = last.mib[name], last.mib[name] - half.mib[name]
        found.append((now <= most, f"{name}: {now:.1f} MiB at the end (at most {most:g})"))
        words = f"{name}: {grown:+.1f} MiB {stretch} (at most {MOST_GROWTH_MIB:g})"
        found.append((grown <= MOST_GROWTH_MIB, words))
    return found


@contextmanager
def _system() -> Generator[tuple[Gateway, int], None, None]:
    """An API, its stand-in provider and a worker, on a database of their own."""
    with (
        throwaway_postgres() as server,
        tempfile.TemporaryDirectory(prefix="memory-") as name,
    ):
        folder = Path(name)
        _, server_pid = server.pids()
        assert server_pid is not None
        environ, password = prepared(server, "memory", folder)
        with serving(environ, folder) as service:
            beside = {
                **environ,
                "CASHBACK_PROVIDER_URL": f"http://127.0.0.1:{service.provider_port}",
            }
            command = ("-m", "cashback_gateway", "--end-with-stdin", "worker")
            with python(*command, environ=beside, log=folder / "worker.log") as worker:
                database = Database(dsn=environ["DATABASE_URL"], server_pid=server_pid)
                gateway = Gateway(
                    service=service, database=database, password=password, folder=folder
                )
                yield gateway, worker.pid
                if worker.poll() is not None:
                    raise WrongResultError("the worker ended by itself")


def _defer(gateway: Gateway) -> None:
    """Leave some sales to the worker, which has the stretch that follows to pay them."""
    made = list(
        sales(gateway.told + 1, _DEFERRED, sold_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    )
    token = gateway.token()

    def send(part: int) -> None:
        connection = HTTPConnection("127.0.0.1", gateway.service.port, timeout=30)
        for sale in made[part::_SENDERS]:
            headers = {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "Prefer": "respond-async",
                "Idempotency-Key": f"benchmark-{sale.number:019d}",
            }
            connection.request("POST", "/api/cashbacks", sale.body, headers)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 202:
                raise WrongResultError(f"{answer.status}: {json.loads(body)}")
        connection.close()

    with ThreadPoolExecutor(_SENDERS) as threads:
        list(threads.map(send, range(_SENDERS)))
    gateway.told += len(made)
    gateway.centavos += sum(sale.cashback_centavos for sale in made)
