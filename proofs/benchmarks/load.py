"""The load generator: a process of its own that sends prepared sales over its connections.

Reads its Order as a line of JSON, makes the sales, says "ready", waits for another line, measures,
and prints its Told. Answers are checked after the clock has stopped, every one of them.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import uvloop

from benchmarks.load_connections import Closed, Connection, Paced, Turns
from benchmarks.phase import percentile_ms
from benchmarks.sales import sales

_SHOWN_PROBLEMS = 5
_STALLED_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to send; `prepared` sales are made before the clock starts.

    With `paced`, so many sales a second fall due; without, each connection sends when it was
    answered. With `to_worker` the provider is not waited for: right is then a sale recorded, 202.
    """

    port: int
    token: str
    connections: int
    seconds: float
    first: int
    prepared: int
    path: str = "/api/cashbacks"
    paced: float | None = None
    to_worker: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of it: sales answered as they must be with the right cashback, and the rest."""

    sales: int
    centavos: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_s: float
    made_late: int
    problems: list[str]


class Answer(msgspec.Struct):
    """The part of the wire's record that is checked."""

    status: str
    cashback: str


@dataclass(slots=True, kw_only=True)
class Load:
    """What all connections share."""

    order: Order
    requests: list[bytes] = field(default_factory=list[bytes])
    due_centavos: list[int] = field(default_factory=list[int])
    taken: int = 0
    latencies_s: list[float] = field(default_factory=list[float])
    answers: list[tuple[int, bytes]] = field(default_factory=list[tuple[int, bytes]])
    problems: list[str] = field(default_factory=list[str])

    def make(self, count: int) -> None:
        """Make so many more sales."""
        order = self.order
        head = (
            f"POST {order.path} HTTP/1.1\r\nHost: 127.0.0.1:{order.port}\r\n"
            f"Authorization: Bearer {order.token}\r\nContent-Type: application/json\r\n"
        )
        if order.to_worker:
            head += "Prefer: respond-async\r\n"
        sold_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for sale in sales(order.first + len(self.requests), count, sold_at=sold_at):
            lines = (
                f"{head}Idempotency-Key: benchmark-{sale.number:019d}\r\n"
                f"Content-Length: {len(sale.body)}\r\n\r\n"
            )
            self.requests.append(lines.encode() + sale.body)
            self.due_centavos.append(sale.cashback_centavos)

    def next(self) -> int:
        """Return the index of a sale that nobody has sent."""
        if self.taken == len(self.requests):
            self.make(100)  # counted as made late: the measure pays for it
        self.taken += 1
        return self.taken - 1

    def request(self, index: int) -> bytes:
        return self.requests[index]

    def answered(self, index: int, latency_s: float, data: bytes) -> None:
        self.latencies_s.append(latency_s)
        self.answers.append((index, data))


async def _measure(load: Load) -> Told:
    order = load.order
    turns: Turns = Closed() if order.paced is None else Paced(order.paced)
    connections = [Connection(order.port, load, turns) for _ in range(order.connections)]
    for connection in connections:
        await connection.connect()
    cpu, begun_at = time.process_time(), time.perf_counter()
    async with asyncio.timeout(order.seconds + _STALLED_S):
        await turns.run(connections, begun_at=begun_at, seconds=order.seconds)
        await asyncio.gather(*(connection.ended for connection in connections))
    seconds, cpu = time.perf_counter() - begun_at, time.process_time() - cpu
    made_late = len(load.requests) - load.order.prepared
    sold, centavos = _check(load)
    return Told(
        sales=sold,
        centavos=centavos,
        seconds=seconds,
        p50_ms=percentile_ms(load.latencies_s, 50),
        p99_ms=percentile_ms(load.latencies_s, 99),
        cpu_s=cpu,
        made_late=made_late,
        problems=[*load.problems[:_SHOWN_PROBLEMS], *_more(load.problems)],
    )


def _check(load: Load) -> tuple[int, int]:
    """Return how many answers are right and what they earned together; note the wrong ones."""
    decoder = msgspec.json.Decoder(Answer)
    line, status = (b"HTTP/1.1 201 ", "applied")
    if load.order.to_worker:
        line, status = (b"HTTP/1.1 202 ", "pending")
    sold = centavos = 0
    for index, data in load.answers:
        due = load.due_centavos[index]
        head, _, body = data.partition(b"\r\n\r\n")
        try:
            answer = decoder.decode(body)
        except msgspec.DecodeError:
            answer = Answer(status="unreadable", cashback="")
        right = Answer(status=status, cashback=f"{due // 100}.{due % 100:02d}")
        if head.startswith(line) and answer == right:
            sold += 1
            centavos += due
        else:
            first_line = head.partition(b"\r\n")[0].decode(errors="replace")
            load.problems.append(
                f"{first_line}, {answer.status} {answer.cashback}, due {right.cashback}: "
                f"{body[:200]!r}"
            )
    return sold, centavos


def _more(problems: list[str]) -> list[str]:
    hidden = len(problems) - _SHOWN_PROBLEMS
    return [f"and {hidden} more"] if hidden > 0 else []


def main() -> None:
    load = Load(order=msgspec.json.decode(sys.stdin.readline(), type=Order))
    load.make(load.order.prepared)
    gc.collect()
    gc.disable()  # a pause here would be told as the service's
    print("ready", flush=True)
    sys.stdin.readline()
    told = uvloop.run(_measure(load))
    print(msgspec.json.encode(told).decode(), flush=True)


if __name__ == "__main__":
    main()
