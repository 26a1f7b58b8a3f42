"""When a connection may serve another call, and when it must not."""

from __future__ import annotations

import asyncio
import select
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from adapters.cashback_client.pool import Limits
from adapters.cashback_client.transport import EvidenceTransport
from cashback_core.delivery.evidence import Evidence, Phase
from integration.provider.scripted_provider import GOOD, Peer, scripted, until

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUEST = b"POST /api/mock/Cashback HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}"


async def answer_every_request(peer: Peer) -> None:
    while True:
        await peer.read_request()
        await peer.write(GOOD)


async def test_calls_in_a_row_share_a_connection() -> None:
    async with scripted(answer_every_request) as provider:
        transport = EvidenceTransport(provider.url)
        for _ in range(5):
            assert (await transport.call(REQUEST)).status_code == 201
        await transport.aclose()
    assert provider.connections == 1
    assert len(provider.requests) == 5


@pytest.mark.parametrize(("idle_s", "connections"), [(1.9, 1), (2.1, 2)])
async def test_a_connection_is_reused_only_within_the_idle_limit(
    idle_s: float, connections: int
) -> None:
    now_s = 1000.0
    async with scripted(answer_every_request) as provider:
        transport = EvidenceTransport(provider.url, limits=Limits(idle_s=2.0), clock=lambda: now_s)
        await transport.call(REQUEST)
        now_s += idle_s
        evidence = await transport.call(REQUEST)
        await transport.aclose()
    assert evidence.status_code == 201
    assert provider.connections == connections


async def test_without_an_idle_limit_every_call_has_a_connection_of_its_own() -> None:
    async with scripted(answer_every_request) as provider:
        transport = EvidenceTransport(provider.url, limits=Limits(idle_s=0))
        for _ in range(3):
            await transport.call(REQUEST)
        await transport.aclose()
    assert provider.connections == 3


async def test_idle_connections_are_closed_each_when_its_time_is_over() -> None:
    closed = 0

    async def script(peer: Peer) -> None:
        nonlocal closed
        await peer.read_request()
        await asyncio.sleep(0.1 * (peer.number - 1))  # so that they fall idle one by one
        await peer.write(GOOD)
        await peer.wait_closed_by_client()
        closed += 1

    async with scripted(script) as provider:
        transport = EvidenceTransport(provider.url, limits=Limits(idle_s=0.15))
        await asyncio.gather(transport.call(REQUEST), transport.call(REQUEST))
        await until(lambda: closed == 2)
        await transport.aclose()


async def test_a_connection_that_the_provider_closed_while_idle_costs_no_call() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(GOOD)

    async with scripted(script) as provider:
        transport = EvidenceTransport(provider.url)
        found = [await transport.call(REQUEST) for _ in range(20)]
        await transport.aclose()
    assert {evidence.status_code for evidence in found} == {201}
    assert provider.connections == 20


@pytest.mark.skipif(not hasattr(select, "poll"), reason="Windows has no poll()")
async def test_the_end_of_a_connection_is_seen_before_the_event_loop_tells_it(
    closing_provider: ClosingProvider,
) -> None:
    transport = EvidenceTransport(closing_provider.url)
    first = await transport.call(REQUEST)
    # Blocks the loop on purpose: the provider closes, and no callback can have told it.
    closing_provider.close_now.set()
    assert closing_provider.closed.wait(10)
    second = await transport.call(REQUEST)
    await transport.aclose()
    assert first.status_code == 201
    assert second.status_code == 201


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(GOOD.replace(b"\r\n", b"\r\nConnection: close\r\n", 1), id="told to close"),
        pytest.param(GOOD.replace(b"HTTP/1.1", b"HTTP/1.0"), id="HTTP/1.0"),
        pytest.param(GOOD + GOOD, id="two answers"),
        pytest.param(GOOD + b"surplus", id="surplus bytes"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\nbody all the same", id="204 with a body"),
        pytest.param(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 201 Created\r\nbroken header\r\n\r\n", id="broken headers"),
    ],
)
async def test_a_connection_out_of_step_serves_no_other_call(answer: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(answer if peer.number == 1 else GOOD)
        await peer.wait_closed_by_client()

    async with scripted(script) as provider:
        transport = EvidenceTransport(provider.url)
        first = await transport.call(REQUEST)
        second = await transport.call(REQUEST)
        await transport.aclose()
    assert first.phase is Phase.STATUS_SEEN
    assert (second.status_code, second.reason) == (201, "")
    assert provider.connections == 2


async def test_bytes_that_come_while_idle_end_the_connection() -> None:
    idle, gone = asyncio.Event(), asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(GOOD)
        if peer.number == 1:
            await idle.wait()
            await peer.write(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        await peer.wait_closed_by_client()
        gone.set()

    async with scripted(script) as provider:
        transport = EvidenceTransport(provider.url, limits=Limits(idle_s=60))
        await transport.call(REQUEST)
        idle.set()
        async with asyncio.timeout(10):
            await gone.wait()
        assert (await transport.call(REQUEST)).status_code == 201
        await transport.aclose()


async def test_an_answer_nobody_asked_for_never_meets_the_next_request() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(GOOD)
        await peer.write(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        await peer.wait_closed_by_client()

    async with scripted(script) as provider:
        transport = EvidenceTransport(provider.url)
        found = [await transport.call(REQUEST) for _ in range(20)]
        await transport.aclose()
    assert {evidence.status_code for evidence in found} == {201}
    assert len(provider.requests) == 20


async def test_an_http_1_0_connection_kept_on_request_is_reused() -> None:
    kept = GOOD.replace(b"HTTP/1.1", b"HTTP/1.0").replace(
        b"\r\n", b"\r\nConnection: keep-alive\r\n", 1
    )

    async def script(peer: Peer) -> None:
        while True:
            await peer.read_request()
            await peer.write(kept)

    async with scripted(script) as provider:
        transport = EvidenceTransport(provider.url)
        await transport.call(REQUEST)
        await transport.call(REQUEST)
        await transport.aclose()
    assert provider.connections == 1


async def test_the_pool_never_opens_more_connections_than_it_may() -> None:
    go = asyncio.Event()

    async def script(peer: Peer) -> None:
        while True:
            await peer.read_request()
            await go.wait()
            await peer.write(GOOD)

    async with scripted(script) as provider:
        transport = EvidenceTransport(provider.url, limits=Limits(connections=3))
        calls = [asyncio.create_task(transport.call(REQUEST)) for _ in range(30)]
        await until(lambda: len(provider.requests) == 3)
        go.set()
        found: list[Evidence] = await asyncio.gather(*calls)
        await transport.aclose()
    assert [evidence.status_code for evidence in found] == [201] * 30
    assert provider.connections == 3


async def test_failures_to_connect_use_up_no_place_in_the_pool() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        transport = EvidenceTransport(
            f"http://127.0.0.1:{port}", limits=Limits(connections=2, deadline_s=5)
        )
        for _ in range(5):
            evidence = await transport.call(REQUEST)
            assert evidence.reason == "connection refused"
        await transport.aclose()


async def test_calls_cancelled_at_any_moment_use_up_no_place_in_the_pool() -> None:
    async with scripted(answer_every_request) as provider:
        transport = EvidenceTransport(provider.url, limits=Limits(connections=2, deadline_s=10))
        for turns in range(60):
            call = asyncio.create_task(transport.call(REQUEST))
            for _ in range(turns % 20):
                await asyncio.sleep(0)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
        found = await asyncio.gather(*[transport.call(REQUEST) for _ in range(4)])
        await transport.aclose()
    assert [evidence.status_code for evidence in found] == [201] * 4


class ClosingProvider:
    """In a thread of its own: answers, and closes its first connection when told."""

    def __init__(self, listener: socket.socket) -> None:
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.close_now = threading.Event()
        self.closed = threading.Event()
        self._listener = listener

    def run(self) -> None:
        self._serve_one()
        self.closed.set()
        self._serve_one()

    def _serve_one(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(GOOD)
            self.close_now.wait(10)


@pytest.fixture
def closing_provider() -> Iterator[ClosingProvider]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        provider = ClosingProvider(listener)
        thread = threading.Thread(target=provider.run)
        thread.start()
        yield provider
        thread.join(10)
