"""A name with several addresses: a dead one costs a moment, and what lost is never written to."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import pytest
from cryptography import x509

from adapters.cashback_client import happy_eyeballs
from adapters.cashback_client.client import ProviderClient
from adapters.cashback_client.happy_eyeballs import connected
from adapters.cashback_client.pool import Limits
from adapters.cashback_client.way import Way
from cashback_core.delivery.evidence import Phase
from integration.certificate import Certificate
from integration.provider.scripted_provider import (
    GOOD,
    Peer,
    deaf_port,
    scripted,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from cashback_core.delivery.evidence import Evidence
    from cashback_core.delivery.provider import CreditRequest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="all of 127.0.0.0/8 is this machine on Linux alone"
)

NAME = "provider.invalid"
FIRST, SECOND = "127.0.0.2", "127.0.0.3"

Factory: TypeAlias = "Callable[[], asyncio.AbstractEventLoop]"


def bases() -> list[Any]:
    if sys.platform == "win32":
        return [asyncio.SelectorEventLoop]
    import uvloop

    return [asyncio.SelectorEventLoop, uvloop.Loop]


class Resolving:
    """A loop on which the name has two addresses, in this order; no name leaves the machine."""

    async def getaddrinfo(self, host: str, port: int, **kwargs: Any) -> list[Any]:
        del kwargs
        assert host == NAME
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in (FIRST, SECOND)
        ]


@pytest.fixture
def delays_s(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """How long connecting to an address takes at least."""
    delays: dict[str, float] = {}

    async def delayed(place: happy_eyeballs.Endpoint) -> socket.socket:
        await asyncio.sleep(delays.get(str(place), 0))
        return await connected(place)

    monkeypatch.setattr(happy_eyeballs, "connected", delayed)
    return delays


@pytest.fixture(params=bases(), ids=lambda base: base.__module__.partition(".")[0])
def factory(request: pytest.FixtureRequest) -> Factory:
    return cast("Factory", type("Loop", (Resolving, request.param), {}))


def run(factory: Factory, call: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(call)


async def credit(
    url: str,
    payment: CreditRequest,
    *,
    times: int = 1,
    way: Way | None = None,
    limits: Limits | None = None,
) -> list[Evidence]:
    client = ProviderClient(url, limits=limits or Limits(deadline_s=5, idle_s=0), way=way)
    try:
        return [await client.credit(payment) for _ in range(times)]
    finally:
        await client.aclose()


async def answer_every_request(peer: Peer) -> None:
    while True:
        await peer.read_request()
        await peer.write(GOOD)


def test_a_dead_first_address_costs_under_a_second_and_the_next_connection_nothing(
    factory: Factory, payment: CreditRequest
) -> None:
    async def call() -> None:
        with deaf_port(FIRST) as port:
            async with scripted(answer_every_request, host=SECOND, port=port) as provider:
                first, later = await credit(f"http://{NAME}:{port}", payment, times=2)
        assert (first.status_code, later.status_code) == (201, 201)
        assert first.ended_s < 1
        assert later.ended_s < 0.2  # not even the head start
        assert len(provider.requests) == provider.connections == 2

    run(factory, call())


def test_an_address_that_lost_the_race_is_never_written_to(
    factory: Factory, delays_s: dict[str, float], payment: CreditRequest
) -> None:
    # The first is slow and wins all the same; the second is connected a moment later.
    delays_s.update({FIRST: 0.4, SECOND: 0.2})
    heard: list[bytes] = []

    async def listen(peer: Peer) -> None:
        heard.append(await peer.reader.read())

    async def call() -> None:
        async with (
            scripted(answer_every_request, host=FIRST) as provider,
            scripted(listen, host=SECOND, port=int(provider.url.rpartition(":")[2])) as other,
        ):
            url = provider.url.replace(FIRST, NAME)
            (evidence,) = await credit(url, payment)
            await until(lambda: len(heard) == other.connections)
        assert evidence.status_code == 201
        assert len(provider.requests) == 1
        assert heard in ([], [b""])

    run(factory, call())


def test_a_refused_address_costs_nothing_and_what_all_refuse_is_told(
    factory: Factory, payment: CreditRequest
) -> None:
    async def call() -> None:
        async with scripted(answer_every_request, host=SECOND) as provider:
            url = provider.url.replace(SECOND, NAME)
            (evidence,) = await credit(url, payment)
        assert evidence.status_code == 201
        assert evidence.ended_s < 0.2
        (evidence,) = await credit(url, payment)  # nobody listens any more
        assert (evidence.phase, evidence.reason) == (Phase.NOTHING_SENT, "connection refused")

    run(factory, call())


def test_where_every_address_is_dead_the_deadline_ends_it_and_nothing_was_sent(
    factory: Factory, payment: CreditRequest
) -> None:
    async def call() -> None:
        with deaf_port(FIRST) as port, deaf_port(SECOND, port):
            limits = Limits(deadline_s=0.6)
            (evidence,) = await credit(f"http://{NAME}:{port}", payment, limits=limits)
        assert (evidence.phase, evidence.reason) == (Phase.NOTHING_SENT, "deadline")
        assert evidence.ended_s < 1.5

    run(factory, call())


def test_an_address_whose_handshake_stalls_costs_one_attempt_and_then_comes_last(
    factory: Factory, payment: CreditRequest, tmp_path: Path
) -> None:
    certificate = Certificate(tmp_path, x509.DNSName(NAME))

    async def stall(peer: Peer) -> None:
        await peer.wait_closed_by_client()

    async def call() -> None:
        async with (
            scripted(stall, host=FIRST) as stalling,
            scripted(
                answer_every_request,
                host=SECOND,
                port=int(stalling.url.rpartition(":")[2]),
                ssl=certificate.for_server(),
            ) as provider,
        ):
            url = provider.url.replace(SECOND, NAME)
            way = Way(tls=certificate.for_client())
            first, later = await credit(
                url, payment, times=2, way=way, limits=Limits(deadline_s=0.5)
            )
        assert (first.phase, first.reason) == (Phase.NOTHING_SENT, "deadline")
        assert later.status_code == 201
        assert len(provider.requests) == 1

    run(factory, call())
