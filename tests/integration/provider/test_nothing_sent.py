"""What ends before the first byte of a request leaves: the payment may be sent again."""

from __future__ import annotations

import asyncio
import errno
import itertools
import select
import socket
from typing import TYPE_CHECKING, Any

import pytest

from adapters.cashback_client.client import ProviderClient
from adapters.cashback_client.pool import Limits
from adapters.cashback_client.transport import EvidenceTransport
from cashback_core.delivery.evidence import Evidence, Phase
from integration.provider.scripted_provider import (
    GOOD,
    Peer,
    deaf_port,
    refusing_port,
    scripted,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cashback_core.delivery.provider import CreditRequest
    from integration.provider.conftest import Credited

SHORT = Limits(deadline_s=0.4, connections=4)
REQUEST = b"POST /api/mock/Cashback HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}"


async def test_a_refused_connection_sends_nothing(credited: Credited) -> None:
    with refusing_port() as port:
        evidence = await credited(f"http://127.0.0.1:{port}")
    assert evidence.phase is Phase.NOTHING_SENT
    assert evidence.reason == "connection refused"
    assert evidence.connected_s is None


async def test_a_connection_that_never_comes_about_sends_nothing_within_the_deadline(
    credited: Credited,
) -> None:
    with deaf_port() as port:
        evidence = await credited(f"http://127.0.0.1:{port}", deadline_s=0.4)
    assert evidence.phase is Phase.NOTHING_SENT
    assert evidence.reason == "deadline"
    assert 0.39 <= evidence.ended_s < 1.5


def test_a_name_that_does_not_resolve_sends_nothing(payment: CreditRequest) -> None:
    async def unknown() -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    evidence = call_with_resolver(unknown, payment)
    assert evidence.phase is Phase.NOTHING_SENT
    assert evidence.reason == "name not resolved: Name or service not known"


def test_a_name_server_that_hangs_sends_nothing_within_the_deadline(payment: CreditRequest) -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    evidence = call_with_resolver(hang, payment)
    assert evidence.phase is Phase.NOTHING_SENT
    assert evidence.reason == "deadline"


def test_a_connection_attempt_that_the_system_gives_up_is_told_from_our_deadline(
    payment: CreditRequest,
) -> None:
    async def give_up() -> None:
        raise TimeoutError(errno.ETIMEDOUT, "Connection timed out")

    evidence = call_with_resolver(give_up, payment)
    assert evidence.phase is Phase.NOTHING_SENT
    assert evidence.reason == "not connected: Connection timed out"


def call_with_resolver(resolve: Callable[[], Awaitable[None]], payment: CreditRequest) -> Evidence:
    """One call on an event loop whose resolver does this, so that no name leaves the machine."""

    class Loop(asyncio.SelectorEventLoop):
        async def getaddrinfo(self, *_: Any, **__: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
            await resolve()
            raise AssertionError("the resolver was expected to fail")

    async def call() -> Evidence:
        client = ProviderClient("http://provider.invalid", limits=Limits(deadline_s=0.3))
        try:
            return await client.credit(payment)
        finally:
            await client.aclose()

    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(call())


@pytest.mark.skipif(not hasattr(select, "poll"), reason="Windows has no poll()")
@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"])
def test_a_provider_that_closes_or_speaks_before_it_is_asked_is_sent_nothing(
    greeting: bytes,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        class Loop(asyncio.SelectorEventLoop):
            async def create_connection(self, *args: Any, **kwargs: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
                made = await super().create_connection(*args, **kwargs)
                # Blocks on purpose: the event loop has no chance to see what comes.
                peer, _ = listener.accept()
                peer.sendall(greeting)
                peer.close()
                return made

        async def call() -> Evidence:
            transport = EvidenceTransport(f"http://127.0.0.1:{listener.getsockname()[1]}")
            try:
                return await transport.call(REQUEST)
            finally:
                await transport.aclose()

        with asyncio.Runner(loop_factory=Loop) as runner:
            evidence = runner.run(call())
    assert evidence.phase is Phase.NOTHING_SENT
    assert evidence.reason == "not connected: the provider spoke or closed before it was asked"


async def test_a_deadline_that_strikes_while_waiting_for_a_connection_sends_nothing() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(GOOD)

    async with scripted(script) as provider:
        limits = Limits(deadline_s=0.2, connections=1)
        transport = EvidenceTransport(provider.url, limits=limits)
        lent = await transport._pool.acquire()
        evidence = await transport.call(REQUEST)
        transport._pool.release(lent)
        await transport.aclose()
        assert evidence.phase is Phase.NOTHING_SENT
        assert evidence.reason == "deadline"
        assert provider.requests == []


async def test_a_process_that_stood_still_past_the_deadline_sends_nothing() -> None:
    async def script(peer: Peer) -> None:
        await peer.wait_closed_by_client()

    # The clock leaps after the call began; the loop's own timer has not noticed yet.
    clock = itertools.chain([0.0], itertools.repeat(100.0))
    async with scripted(script) as provider:
        transport = EvidenceTransport(provider.url, clock=lambda: next(clock))
        evidence = await transport.call(REQUEST)
        await transport.aclose()
    assert evidence.phase is Phase.NOTHING_SENT
    assert evidence.reason == "deadline"
