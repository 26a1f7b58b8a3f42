"""The gateway as it is served: one API process, the stand-in provider, the load generator."""

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
    from collections.abc import Generator, Mapping
    from pathlib import Path

_HOST = "127.0.0.1"
_READY_S = 60.0
_POLL_S = 0.02
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
class Gateway:
    """Drives the service; `told` and `centavos` count what all phases so far were told."""

    service: Service
    database: Database
    password: str
    folder: Path
    told: int = 0
    centavos: int = 0
    rates: dict[int, float] = field(default_factory=dict[int, float])

    def measure(self, *, connections: int, seconds: float) -> Phase:
        """Send sales for so long, then compare all three ledgers. Raises WrongResultError."""
        order = Order(
            port=self.service.port,
            token=self.token(),
            connections=connections,
            seconds=seconds,
            first=self.told + 1,
            prepared=self._to_prepare(connections, seconds),
        )
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
            _line(load, "the load generator")
            transactions = transactions_begun(self.database.dsn)
            busy_s, begun_at = machine_busy_s(), time.perf_counter()
            before = {name: cpu_s(pid) for name, pid in pids.items()}
            print(file=load.stdin, flush=True)
            told = msgspec.json.decode(_line(load, "the load generator"), type=Told)
            cpu = {name: cpu_s(pid) - before[name] for name, pid in pids.items()}
            cpu["load generator"] = told.cpu_s
            busy_s, elapsed_s = machine_busy_s() - busy_s, time.perf_counter() - begun_at
        transactions = transactions_begun(self.database.dsn) - transactions
        self._verify(told)
        rate = told.sales / told.seconds
        self.rates[connections] = max(rate, self.rates.get(connections, 0.0))
        return Phase(
            connections=connections,
            sales=told.sales,
            seconds=told.seconds,
            p50_ms=told.p50_ms,
            p99_ms=told.p99_ms,
            transactions=transactions,
            cpu_s={name: spent / told.sales for name, spent in cpu.items()},
            others_share=others_share(busy_s - sum(cpu.values()), elapsed_s),
            memory_bytes=memory_bytes(self.service.api_pid),
        )

    def _verify(self, told: Told) -> None:
        if told.problems or not told.sales:
            raise WrongResultError("wrong answers: " + "; ".join(told.problems))
        if told.made_late > told.sales * _TOO_LATE:
            print(f"  ({told.made_late} sales were made while the clock ran)")
        self.told += told.sales
        self.centavos += told.centavos
        must_hold(self.database.dsn, Rows.of(sales=self.told, centavos=self.centavos))
        credited = _get(self.service.provider_port, "/totals")
        due = {"credits": self.told, "documents": self.told, "centavos": self.centavos}
        if credited != due:
            raise WrongResultError(f"the provider credited {credited} instead of {due}")

    def _to_prepare(self, connections: int, seconds: float) -> int:
        """Guess by the best measurement at as many connections, with plenty to spare."""
        rate = self.rates.get(connections, _FIRST_GUESS_PER_S)
        return int(rate * seconds * 1.7) + 200

    def token(self) -> str:
        """Log in as the demo's ERP and return a fresh access token."""
        credentials = json.dumps({"username": USERNAME, "password": self.password})
        connection = http.client.HTTPConnection(_HOST, self.service.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(
                "POST", "/api/token", credentials, {"Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            body = answer.read()
        if answer.status != 200:
            raise WrongResultError(f"no token: {answer.status} {body[:300]!r}")
        access: str = json.loads(body)["access"]
        return access


@contextlib.contextmanager
def serving(
    environ: Mapping[str, str], folder: Path, *, profiler: tuple[str, ...] = ()
) -> Generator[Service, None, None]:
    """Run the stand-in and the API, under a profiler's `-m` arguments if there is one.

    Raises WrongResultError with the end of the log when the API does not get ready.
    """
    log = folder / "api.log"
    with (
        python(
            "-m", "benchmarks.stand_in", environ=environ, log=folder / "provider.log"
        ) as stand_in,
        contextlib.ExitStack() as stack,
    ):
        provider_port = int(_line(stand_in, "the stand-in provider"))
        settings = {"CASHBACK_PROVIDER_URL": f"http://{_HOST}:{provider_port}"}
        command = [*profiler, "-m", "cashback_gateway", "--end-with-stdin", "serve"]
        api = stack.enter_context(python(*command, environ={**environ, **settings}, log=log))
        port = int(environ["CASHBACK_PORT"])
        deadline = time.monotonic() + _READY_S
        while not is_ready(port):
            if api.poll() is not None or time.monotonic() > deadline:
                words = log.read_text(encoding="utf-8", errors="replace")[-3000:]
                raise WrongResultError(f"the API does not get ready: {words}")
            time.sleep(_POLL_S)
        yield Service(
            port=port,
            api_pid=api.pid,
            provider_pid=stand_in.pid,
            provider_port=provider_port,
        )


def is_ready(port: int) -> bool:
    """Return whether the API there says that it is ready."""
    connection = http.client.HTTPConnection(_HOST, port, timeout=5)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def _get(port: int, path: str) -> Any:
    connection = http.client.HTTPConnection(_HOST, port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())


def _line(process: subprocess.Popen[str], who: str) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise WrongResultError(f"{who} ended unasked")
    return line
