"""Sales a second of batches beside single requests, on one kept-alive connection, in turns.

Each turn sends as many sales singly, with `Prefer: respond-async` (recorded, and left to a worker,
as those of a batch are) and without (the provider's answer waited for), and then in batches. The
ratio is taken in each turn. It fails where the median of the ratios to single requests that are
left to a worker is below LEAST_RATIO, or where an answer or a row is missing.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import json
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import psycopg

from adapters.postgres.embedded import EmbeddedPostgresError
from benchmarks.bench_system import bench_system
from benchmarks.phase import WrongResultError
from benchmarks.sales import sales
from cashback_gateway.local.demo_data import USERNAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.bench_system import BenchSystem

LEAST_RATIO: Final = 5.0
HOST: Final = "127.0.0.1"
WORKER: Final = {"Prefer": "respond-async"}


@dataclass(slots=True, kw_only=True)
class Caller:
    """One connection of one client; it sends no sale twice."""

    connection: http.client.HTTPConnection
    token: str
    sold_at: str
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def bodies(self, count: int) -> list[bytes]:
        """Sales that nobody has sent, each of its own customer and with its own number."""
        made: list[bytes] = []
        for number in itertools.islice(self.numbers, count):
            (sale,) = sales(number, 1, sold_at=self.sold_at)
            made.append(sale.body[:-1] + b',"sale_id":"B-%d"}' % number)
        return made

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Send one request, read its answer."""
        sent = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        self.connection.request("POST", path, body, {**sent, **headers})
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def singly(self, bodies: Sequence[bytes], headers: Mapping[str, str]) -> float:
        """Sales a second, one request each."""
        begun_s = time.perf_counter()
        answers = [self.post("/api/cashbacks", body, headers) for body in bodies]
        spent_s = time.perf_counter() - begun_s
        _all_taken([status for status, _ in answers], answers)
        return len(bodies) / spent_s

    def together(self, bodies: Sequence[bytes], size: int) -> float:
        """Sales a second, so many in a request."""
        batches = [
            b'{"sales":[' + b",".join(bodies[at : at + size]) + b"]}"
            for at in range(0, len(bodies), size)
        ]
        begun_s = time.perf_counter()
        answers = [self.post("/api/cashbacks/batch", batch, {}) for batch in batches]
        spent_s = time.perf_counter() - begun_s
        if any(status != 200 for status, _ in answers):
            raise WrongResultError(f"a batch was refused: {answers[0][1][:300]!r}")
        told = [result for _, body in answers for result in json.loads(body)["results"]]
        _all_taken([result["status"] for result in told], told)
        return len(bodies) / spent_s


def _all_taken(statuses: Sequence[int], answers: Sequence[Any]) -> None:
    for status, answer in zip(statuses, answers, strict=True):
        if status not in {201, 202}:
            raise WrongResultError(f"a sale was not taken: {answer!r}"[:500])


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Sales a second of each way."""

    to_worker: float
    waited_for: float
    batched: float


def measure(system: BenchSystem, *, count: int, size: int, turns: int) -> list[Turn]:
    """Take turns; raises WrongResultError."""
    connection = http.client.HTTPConnection(HOST, system.gateway.service.port, timeout=60)
    with contextlib.closing(connection):
        credentials = {"username": USERNAME, "password": system.gateway.password}
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/api/token", json.dumps(credentials), headers)
        token: str = json.loads(connection.getresponse().read())["access"]
        sold_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        caller = Caller(connection=connection, token=token, sold_at=sold_at)
        caller.singly(caller.bodies(50), {})  # what is made at the first call is not measured
        found: list[Turn] = []
        for number in range(turns):
            system.checkpoint()
            turn = Turn(
                to_worker=caller.singly(caller.bodies(count), WORKER),
                waited_for=caller.singly(caller.bodies(count), {}),
                batched=caller.together(caller.bodies(max(count, 2 * size)), size),
            )
            found.append(turn)
            print(
                f"{number + 1}/{turns}: singly {turn.to_worker:.0f}/s to a worker,"
                f" {turn.waited_for:.0f}/s waited for; batches of {size}: {turn.batched:.0f}/s,"
                f" {turn.batched / turn.to_worker:.1f} and"
                f" {turn.batched / turn.waited_for:.1f} times",
                flush=True,
            )
        sent = next(caller.numbers) - 1
    with psycopg.connect(system.gateway.database.dsn) as database:
        row = database.execute("select count(*) from sales").fetchone()
    if row != (sent,):
        raise WrongResultError(f"{row} rows of {sent} sales")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batches", description=__doc__)
    parser.add_argument("--sales", type=int, default=500, help="so many each way in each turn")
    parser.add_argument("--size", type=int, default=500, help="sales of a batch")
    parser.add_argument("--turns", type=int, default=7)
    options = parser.parse_args()
    try:
        with bench_system() as system:
            turns = measure(system, count=options.sales, size=options.size, turns=options.turns)
    except (WrongResultError, FileNotFoundError, EmbeddedPostgresError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    ratio = median(turn.batched / turn.to_worker for turn in turns)
    waited = median(turn.batched / turn.waited_for for turn in turns)
    print(
        f"median: batches take {ratio:.1f} times the sales a second of single requests to a"
        f" worker (at least {LEAST_RATIO:g} are due), {waited:.1f} times of those waited for"
    )
    return 0 if ratio >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
