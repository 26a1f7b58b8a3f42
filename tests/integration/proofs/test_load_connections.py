"""The load generator's connections against servers that keep, end and break theirs."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.load_connections import Closed, Connection, Paced, Turns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

REQUEST = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
KEPT = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"
ENDED = b"HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"

Answer = "Callable[[asyncio.StreamWriter], Awaitable[None]]"


@dataclass(slots=True)
class Noted:
    """Sales that are all alike, and what came back."""

    problems: list[str] = field(default_factory=list[str])
    sent: int = 0
    latencies_s: list[float] = field(default_factory=list[float])
    answers: list[bytes] = field(default_factory=list[bytes])

    def next(self) -> int:
        self.sent += 1
        return self.sent

    def request(self, index: int) -> bytes:
        del index
        return REQUEST

    def answered(self, index: int, latency_s: float, data: bytes) -> None:
        del index
        self.latencies_s.append(latency_s)
        self.answers.append(data)


async def driven(
    answer: Callable[[asyncio.StreamWriter], Awaitable[None]],
    turns: Turns,
    *,
    connections: int,
    seconds: float,
) -> tuple[Noted, int]:
    """Return what was noted, and how many connections the server took."""
    taken = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        taken += 1
        try:
            while await reader.readexactly(len(REQUEST)):
                await answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    noted = Noted()
    async with server, asyncio.timeout(20):
        port = server.sockets[0].getsockname()[1]
        tills = [Connection(port, noted, turns) for _ in range(connections)]
        for till in tills:
            await till.connect()
        await turns.run(tills, begun_at=time.perf_counter(), seconds=seconds)
        await asyncio.gather(*(till.ended for till in tills))
        server.close()
    return noted, taken


def saying(answer: bytes, *, after_s: float = 0.0) -> Callable[..., Awaitable[None]]:
    async def say(writer: asyncio.StreamWriter) -> None:
        if after_s:
            await asyncio.sleep(after_s)
        writer.write(answer)
        if answer == ENDED:
            writer.close()

    return say


async def test_connections_that_are_kept_are_made_once() -> None:
    noted, taken = await driven(saying(KEPT), Closed(), connections=3, seconds=0.1)
    assert taken == 3
    assert len(noted.answers) == noted.sent > 3
    assert noted.problems == []


async def test_a_server_that_ends_each_connection_is_connected_to_anew() -> None:
    noted, taken = await driven(saying(ENDED), Closed(), connections=3, seconds=0.1)
    assert len(noted.answers) == noted.sent == taken > 3
    assert noted.problems == []


async def test_a_server_that_hangs_up_under_way_is_a_problem() -> None:
    async def hang_up(writer: asyncio.StreamWriter) -> None:
        writer.close()

    noted, _ = await driven(hang_up, Closed(), connections=2, seconds=0.1)
    assert noted.answers == []
    assert len(noted.problems) == 2


async def test_paced_sales_are_as_many_as_fall_due() -> None:
    noted, _ = await driven(saying(KEPT), Paced(100.0), connections=4, seconds=0.3)
    assert len(noted.answers) == noted.sent == 30


async def test_a_paced_sale_that_waits_for_a_connection_is_late_from_its_due_instant() -> None:
    # Ten fall due at once, as good as; one connection answers one each 20 ms.
    slow = saying(KEPT, after_s=0.02)
    noted, _ = await driven(slow, Paced(1000.0), connections=1, seconds=0.01)
    assert len(noted.latencies_s) == 10
    assert noted.latencies_s == sorted(noted.latencies_s)
    assert noted.latencies_s[-1] > 10 * 0.02 - 0.01
