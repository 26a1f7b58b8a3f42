"""The load generator: a process of its own that sends prepared sales over kept-alive connections.

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
from typing import TYPE_CHECKING, cast

import msgspec
import uvloop

from benchmarks.phase import percentile_ms
from benchmarks.sales import sales

if TYPE_CHECKING:
    from asyncio import BaseTransport, Transport

_SHOWN_PROBLEMS = 5
_STALLED_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to send; `prepared` sales are made before the clock starts."""

    port: int
    token: str
    connections: int
    seconds: float
    first: int
    prepared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of it: sales answered 201 and applied with the right cashback, and the rest."""

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
    until: float = 0.0
    latencies_s: list[float] = field(default_factory=list[float])
    answers: list[tuple[int, bytes]] = field(default_factory=list[tuple[int, bytes]])
    problems: list[str] = field(default_factory=list[str])

    def make(self, count: int) -> None:
        """Make so many more sales."""
        order = self.order
        head = (
            f"POST /api/cashbacks HTTP/1.1\r\nHost: 127.0.0.1:{order.port}\r\n"
            f"Authorization: Bearer {order.token}\r\nContent-Type: application/json\r\n"
        )
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


class Connection(asyncio.Protocol):
    """Sends a sale, waits for its answer, sends the next until the time is up."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._index = -1
        self._sent_at = 0.0
        self._received = b""
        self._transport: Transport | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: BaseTransport) -> None:
        self._transport = cast("Transport", transport)

    def begin(self) -> None:
        self._send()

    def data_received(self, data: bytes) -> None:
        data = self._received + data if self._received else data
        end = _end_of_answer(data)
        if end is None or end > len(data):
            self._received = data
            return
        now = time.perf_counter()
        self._received = b""
        load = self._load
        load.latencies_s.append(now - self._sent_at)
        load.answers.append((self._index, data))
        if now < load.until:
            self._send()
        else:
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self._load.problems.append(f"the service hung up with a sale under way: {exc}")
            self.ended.set_result(None)

    def _send(self) -> None:
        assert self._transport is not None
        self._index = self._load.next()
        self._sent_at = time.perf_counter()
        self._transport.write(self._load.requests[self._index])

    def _end(self) -> None:
        assert self._transport is not None
        self.ended.set_result(None)
        self._transport.close()


def _end_of_answer(data: bytes) -> int | None:
    """Return where the answer ends, None while its head is not whole."""
    head_end = data.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    head = data[:head_end].lower()
    at = head.find(b"content-length:")
    if at < 0:
        return len(data)  # told as a wrong answer when it is checked
    line_end = head.find(b"\r\n", at)
    length = head[at + 15 : line_end if line_end >= 0 else head_end]
    return head_end + 4 + int(length)


async def _measure(load: Load) -> Told:
    loop = asyncio.get_running_loop()
    connections: list[Connection] = []
    for _ in range(load.order.connections):
        _, connection = await loop.create_connection(
            lambda: Connection(load), "127.0.0.1", load.order.port
        )
        connections.append(connection)
    cpu, begun_at = time.process_time(), time.perf_counter()
    load.until = begun_at + load.order.seconds
    for connection in connections:
        connection.begin()
    async with asyncio.timeout(load.order.seconds + _STALLED_S):
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
    sold = centavos = 0
    for index, data in load.answers:
        due = load.due_centavos[index]
        head, _, body = data.partition(b"\r\n\r\n")
        try:
            answer = decoder.decode(body)
        except msgspec.DecodeError:
            answer = Answer(status="unreadable", cashback="")
        right = Answer(status="applied", cashback=f"{due // 100}.{due % 100:02d}")
        if head.startswith(b"HTTP/1.1 201 ") and answer == right:
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
