"""Drives the compose stack at rising load, and asks engine, metrics and database what it took."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import psutil
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.load import Order, Told
from benchmarks.processes import python
from capacity.engine import Used, used
from capacity.measured import Connections, Growth, Profile, Step
from deploy.books import wait_settled
from deploy.stack import LASTING, Stack

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Generator, Sequence

UNLIMITED: Final = {
    # One generator is all the tills of a chain: no caller's limit may be what is measured.
    "CASHBACK_RATE_PER_S": "0",
    "CASHBACK_REQUESTS_PER_S": "100000",
    "CASHBACK_REQUESTS_BURST": "100000",
    "CASHBACK_CONNECTIONS": "4096",
    "CASHBACK_ACCESS_TOKEN_S": "14400",
}
_APIS: Final = ("api1", "api2")
_MOST_A_S: Final = 3000


class WrongBooksError(Exception):
    """What was measured was not the work: sales are missing, unpaid or paid twice."""


@dataclass(slots=True, kw_only=True)
class Drive:
    """One stack under load; every sale that is sent has a number that none had before."""

    stack: Stack
    seconds: float
    next_number: int = 1
    most_sessions: dict[str, int] = field(default_factory=dict[str, int])

    def profile(self, cpus: float, memory_mib: int, connections: Sequence[int]) -> Profile:
        """Give both API containers these limits, and raise the load step by step."""
        limits = {"CASHBACK_API_CPUS": str(cpus), "CASHBACK_API_MEMORY": f"{memory_mib}m"}
        self.stack.environ = {**self.stack.environ, **limits}
        self.stack.up("--no-deps", *_APIS)
        self.stack.token()
        self._step(min(connections), min(2.0, self.seconds))  # warm: plans, pools, connections
        steps = [self._step(count, self.seconds) for count in connections]
        restarts = sum(self.stack.restarts(api) for api in _APIS)
        return Profile(
            cpus=cpus,
            memory_mib=memory_mib,
            apis=len(_APIS),
            steps=steps,
            ended_for_memory=restarts,
        )

    def _step(self, connections: int, seconds: float) -> Step:
        ids = {name: self.stack.inspect(name)["Id"] for name in LASTING}
        order = Order(
            port=self.stack.port,
            token=self.stack.token(),
            connections=connections,
            seconds=seconds,
            first=self.next_number,
            prepared=int(_MOST_A_S * seconds),
        )
        groups = self._groups()
        with _till() as till:
            till.send(msgspec.json.encode(order).decode())
            till.receive()  # "ready"
            before, host = {name: used(of) for name, of in ids.items()}, _host()
            began_at = time.monotonic()
            till.send("")
            told = msgspec.json.decode(till.receive(), type=Told)
            lasted_s = time.monotonic() - began_at
            after, host = {name: used(of) for name, of in ids.items()}, _host() - host
        self.next_number += order.prepared + told.made_late
        self._note_sessions()
        return Step(
            connections=connections,
            sales=told.sales,
            not_applied=_not_applied(told),
            seconds=told.seconds,
            p50_ms=told.p50_ms,
            p99_ms=told.p99_ms,
            cores={name: (after[name].cpu_s - before[name].cpu_s) / lasted_s for name in ids},
            load_cores=told.cpu_s / told.seconds,
            memory_bytes={name: after[name].memory_bytes for name in ids},
            held_back=_held_back(before, after, lasted_s),
            host_busy=min(1.0, host / lasted_s / (psutil.cpu_count() or 1)),
            sessions=sum(self.most_sessions.values()),
            group_size=(self._groups() - groups).mean,
        )

    def _note_sessions(self) -> None:
        services = {self._address(name, "data"): name for name in (*_APIS, "worker")}
        rows = self.stack.query(
            "select host(client_addr), count(*) from pg_stat_activity"
            " where client_addr is not null group by 1"
        )
        for address, count in rows:
            name = services.get(address, "others")
            self.most_sessions[name] = max(int(count), self.most_sessions.get(name, 0))

    def _groups(self) -> Groups:
        """Group commits of both APIs so far, by their metrics."""
        return sum((_scraped(self._address(api, "monitoring")) for api in _APIS), Groups())

    def _address(self, service: str, network: str) -> str:
        networks = self.stack.inspect(service)["NetworkSettings"]["Networks"]
        return str(networks[f"{self.stack.project}_{network}"]["IPAddress"])

    def connections(self) -> Connections:
        """Of the whole run."""
        [[highest]] = self.stack.query("show max_connections")
        return Connections(
            database_sessions=sum(self.most_sessions.values()),
            database_sessions_max=int(highest),
            by_service=dict(sorted(self.most_sessions.items())),
        )


@dataclass(frozen=True, slots=True)
class Groups:
    """Commits, and the writes that shared them."""

    commits: float = 0
    writes: float = 0

    def __add__(self, other: Groups) -> Groups:
        return Groups(self.commits + other.commits, self.writes + other.writes)

    def __sub__(self, other: Groups) -> Groups:
        return Groups(self.commits - other.commits, self.writes - other.writes)

    @property
    def mean(self) -> float:
        """Writes in a commit."""
        return self.writes / self.commits if self.commits > 0 else 0.0


def _scraped(address: str) -> Groups:
    with urllib.request.urlopen(f"http://{address}:9000/metrics", timeout=10) as answer:
        text = answer.read().decode()
    samples = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name in {"cashback_commit_group_size_count", "cashback_commit_group_size_sum"}
    }
    return Groups(
        samples["cashback_commit_group_size_count"], samples["cashback_commit_group_size_sum"]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """The load generator of the benchmarks, a process of its own."""

    process: subprocess.Popen[str]
    log: Path

    def send(self, line: str) -> None:
        """Tell it something."""
        assert self.process.stdin is not None
        print(line, file=self.process.stdin, flush=True)

    def receive(self) -> str:
        """Its next line; an AssertionError has its last words when there is none."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log.read_text(encoding="utf-8")[-2000:]
        return line


@contextlib.contextmanager
def _till() -> Generator[Till]:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "load.log"
        with python("-m", "benchmarks.load", environ=os.environ, log=log) as process:
            yield Till(process=process, log=log)


def _not_applied(told: Told) -> int:
    more = next((p for p in told.problems if p.startswith("and ")), "and 0 more")
    return sum(not p.startswith("and ") for p in told.problems) + int(more.split()[1])


def _held_back(before: dict[str, Used], after: dict[str, Used], lasted_s: float) -> float:
    held_s = sum(after[api].held_back_s - before[api].held_back_s for api in _APIS)
    return held_s / lasted_s / len(_APIS)


def _host() -> float:
    """Seconds of processor that anybody used on this machine."""
    times: dict[str, float] = psutil.cpu_times()._asdict()
    idle = times.get("idle", 0.0) + times.get("iowait", 0.0)
    guests = times.get("guest", 0.0) + times.get("guest_nice", 0.0)  # counted in others, too
    return sum(times.values()) - idle - guests


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The database at one moment."""

    sales: int
    database_bytes: int
    tables: dict[str, int]
    wal_bytes: int


def size(stack: Stack) -> Size:
    """Measured after a checkpoint, indexes and TOAST included."""
    stack.query("checkpoint")
    [[sales, database, wal]] = stack.query(
        "select (select count(*) from sales), pg_database_size(current_database()),"
        " pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
    )
    tables = stack.query(
        "select relname, pg_total_relation_size(oid) from pg_class"
        " where relkind = 'r' and relnamespace = 'public'::regnamespace"
    )
    return Size(
        sales=int(sales),
        database_bytes=int(database),
        tables={name: int(bytes_) for name, bytes_ in tables},
        wal_bytes=int(wal),
    )


def growth(before: Size, after: Size) -> Growth:
    """What the sales in between have added."""
    grown = {name: after.tables[name] - before.tables.get(name, 0) for name in after.tables}
    return Growth(
        sales=after.sales - before.sales,
        database_bytes=after.database_bytes - before.database_bytes,
        tables={name: by for name, by in sorted(grown.items(), key=lambda i: -i[1]) if by > 0},
        wal_bytes=after.wal_bytes - before.wal_bytes,
    )


def paid_once(stack: Stack) -> int:
    """How many sales were paid, each once and what it earned. Raises WrongBooksError."""
    wait_settled(stack, within_s=180)
    [[count, centavos]] = stack.query(
        "select count(*), coalesce(sum(cashback_centavos), 0) from cashbacks"
        " where status = 'applied'"
    )
    credits_ = stack.credits()
    paid = sum(int(credit["cashback"].replace(".", "")) for credit in credits_)
    references = {credit["reference"] for credit in credits_}
    if not len(credits_) == len(references) == int(count) or paid != int(centavos):
        raise WrongBooksError(
            f"{count} applied, {len(credits_)} credits of {len(references)} cashbacks;"
            f" {centavos} and {paid} centavos"
        )
    return int(count)
