"""Whatever takes sales over HTTP: put under load, and verified in three ledgers."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from benchmarks.ledgers import Database, Rows, must_hold, transactions_begun
from benchmarks.load import Order, Told
from benchmarks.phase import Phase, WrongResultError
from benchmarks.processes import cpu_s, machine_busy_s, memory_bytes, others_share, python
from cashback_gateway.local.demo_data import USERNAME

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

HOST = "127.0.0.1"
_FIRST_GUESS_PER_S = 3000
_TOO_LATE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A running API and its provider."""

    port: int
    api_pid: int
    provider_pid: int
    provider_port: int


@dataclass(slots=True, kw_only=True)
class HttpSide:
    """Drives the service; it counts what all phases so far were told.

    `told` sales were answered as applied and pay `centavos`; `left` were left to a worker.
    `first_guess_per_s` is how many sales are made for a second that nobody has measured yet.
    """

    service: Service
    database: Database
    password: str
    folder: Path
    username: str = USERNAME
    path: str = "/api/cashbacks"
    first_guess_per_s: int = _FIRST_GUESS_PER_S
    told: int = 0
    centavos: int = 0
    left: int = 0
    held: Rows = field(default_factory=lambda: Rows.of(sales=0, centavos=0))
    """What the database held before any of it was sent."""

    rates: dict[tuple[int, bool], float] = field(default_factory=dict[tuple[int, bool], float])

    def measure(
        self,
        *,
        connections: int,
        seconds: float,
        paced: float | None = None,
        to_worker: bool = False,
    ) -> Phase:
        """Send sales for so long, then compare all three ledgers. Raises WrongResultError.

        With `paced` so many are due a second; with `to_worker` they are recorded, and not sent.
        """
        guess = self.rates.get((connections, to_worker), self.first_guess_per_s)
        order = Order(
            port=self.service.port,
            token=self.token(),
            connections=connections,
            seconds=seconds,
            first=self.told + self.left + 1,
            # By the best measurement at as many connections, with plenty to spare.
            prepared=int((guess * 1.7 if paced is None else paced) * seconds) + 200,
            path=self.path,
            paced=paced,
            to_worker=to_worker,
        )
        phase = self._run(order)
        if paced is None:
            best = self.rates.get((connections, to_worker), 0.0)
            self.rates[connections, to_worker] = max(phase.rate, best)
        return phase

    def post(self, body: bytes, *, key: str) -> tuple[int, Any]:
        """Send one sale, outside of any measurement, and return the answer's status and body."""
        headers = {
            "Authorization": f"Bearer {self.token()}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        connection = http.client.HTTPConnection(HOST, self.service.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("POST", self.path, body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def note(self, *, sales: int, centavos: int) -> None:
        """Count sales that were answered as applied, then compare all three ledgers."""
        self.told += sales
        self.centavos += centavos
        self._compare()

    def provider_takes(self, milliseconds: int) -> None:
        """Let the provider answer as late from now on."""
        _ask(self.service.provider_port, "PUT", "/latency", str(milliseconds))

    def _run(self, order: Order) -> Phase:
        pids = {
            "API": self.service.api_pid,
            "PostgreSQL": self.database.server_pid,
            "provider": self.service.provider_pid,
        }
        with python(
            "-m", "benchmarks.load", environ=os.environ, log=self.folder / "load.log"
        ) as load:
            assert load.stdin is not None
            print(msgspec.json.encode(order).decode(), file=load.stdin, flush=True)
            line(load, "the load generator")
            transactions = transactions_begun(self.database.dsn)
            busy_s, begun_at = machine_busy_s(), time.perf_counter()
            before = {name: cpu_s(pid) for name, pid in pids.items()}
            print(file=load.stdin, flush=True)
            told = msgspec.json.decode(line(load, "the load generator"), type=Told)
            cpu = {name: cpu_s(pid) - before[name] for name, pid in pids.items()}
            cpu["load generator"] = told.cpu_s
            busy_s, elapsed_s = machine_busy_s() - busy_s, time.perf_counter() - begun_at
        transactions = transactions_begun(self.database.dsn) - transactions
        self._verify(told, to_worker=order.to_worker)
        return Phase(
            connections=order.connections,
            sales=told.sales,
            seconds=told.seconds,
            p50_ms=told.p50_ms,
            p99_ms=told.p99_ms,
            transactions=transactions,
            cpu_s={name: spent / told.sales for name, spent in cpu.items()},
            others_share=others_share(busy_s - sum(cpu.values()), elapsed_s),
            memory_bytes=memory_bytes(self.service.api_pid),
        )

    def _verify(self, told: Told, *, to_worker: bool) -> None:
        if told.problems or not told.sales:
            raise WrongResultError("wrong answers: " + "; ".join(told.problems))
        if told.made_late > told.sales * _TOO_LATE:
            print(f"  ({told.made_late} sales were made while the clock ran)")
        if to_worker:
            self.left += told.sales
            self._compare()
        else:
            self.note(sales=told.sales, centavos=told.centavos)

    def _compare(self) -> None:
        applied = Rows.of(sales=self.told, centavos=self.centavos)
        must_hold(self.database.dsn, self.held + applied + Rows.left_to_worker(sales=self.left))
        credited = _ask(self.service.provider_port, "GET", "/totals")
        due = {"credits": self.told, "documents": self.told, "centavos": self.centavos}
        if credited != due:
            raise WrongResultError(f"the provider credited {credited} instead of {due}")

    def token(self) -> str:
        """Log in and return a fresh access token."""
        credentials = json.dumps({"username": self.username, "password": self.password})
        told = _ask(self.service.port, "POST", "/api/token", credentials)
        access: str = told["access"]
        return access


def is_served(port: int, path: str) -> bool:
    """Tell whether something answers there, with whatever it says below 500."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    with contextlib.closing(connection):
        try:
            connection.request("GET", path)
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False


def _ask(port: int, method: str, path: str, body: str | None = None) -> Any:
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    with contextlib.closing(connection):
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
    if answer.status != 200:
        raise WrongResultError(f"{method} {path}: {answer.status} {text[:300]!r}")
    return json.loads(text)


def line(process: subprocess.Popen[str], who: str) -> str:
    """Read what a process says next. Raises WrongResultError when it has ended."""
    assert process.stdout is not None
    said = process.stdout.readline()
    if not said:
        raise WrongResultError(f"{who} ended unasked")
    return said
