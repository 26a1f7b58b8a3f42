"""What the client says to the provider, and how its calls end by its own will."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from adapters.cashback_client.client import ProviderClient
from adapters.cashback_client.pool import Limits
from cashback_core.delivery.evidence import Applied, Phase, RefusedForNow, Unknown, classify
from integration.provider.conftest import DOCUMENT
from integration.provider.scripted_provider import (
    GOOD,
    GOOD_BODY,
    Peer,
    refusing_port,
    scripted,
    until,
)

if TYPE_CHECKING:
    from cashback_core.delivery.provider import CreditRequest
    from integration.provider.conftest import Credited, OpenClient

SHORT = Limits(deadline_s=0.4, connections=4)
REQUEST = b"POST /api/mock/Cashback HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}"


async def test_the_request_is_exactly_what_the_provider_documents(payment: CreditRequest) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(GOOD)

    async with scripted(script) as provider:
        client = ProviderClient(f"{provider.url}/base/", authorization="Bearer secret")
        await client.credit(payment)
        await client.aclose()

    [request] = provider.requests
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /base/api/mock/Cashback HTTP/1.1"
    assert set(lines[1:]) == {
        f"Host: {provider.url.removeprefix('http://')}",
        "User-Agent: cashback-gateway",
        "Accept: application/json",
        "Accept-Encoding: identity",
        "Content-Type: application/json",
        "Authorization: Bearer secret",
        "Idempotency-Key: the-cashback's-id",
        "X-Reference: the-cashback's-id",
        f"Content-Length: {len(body)}",
    }
    assert body == b'{"document":"52998224725","cashback":"10.00"}'


async def test_a_good_call_tells_its_times_in_order(credited: Credited) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(GOOD)

    async with scripted(script) as provider:
        evidence = await credited(provider.url)

    assert evidence.phase is Phase.STATUS_SEEN
    assert evidence.body == GOOD_BODY
    assert evidence.connected_s is not None
    assert evidence.sent_s is not None
    assert 0 <= evidence.connected_s <= evidence.sent_s <= evidence.ended_s


async def test_a_date_in_retry_after_counts_from_the_answers_own_date(credited: Credited) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(
            b"HTTP/1.1 429 Too Many Requests\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            b"Retry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\nContent-Length: 0\r\n\r\n"
        )

    async with scripted(script) as provider:
        evidence = await credited(provider.url)
    outcome = classify(evidence, document=DOCUMENT, cashback_centavos=1000)
    assert outcome == RefusedForNow(60.0)


async def test_a_cancelled_call_ends_at_once_and_its_connection_with_it(
    client_of: OpenClient, payment: CreditRequest
) -> None:
    gone = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.wait_closed_by_client()
        gone.set()

    async with scripted(script) as provider, client_of(provider.url) as client:
        call = asyncio.create_task(client.credit(payment))
        await until(lambda: len(provider.requests) == 1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await gone.wait()


async def test_closing_the_client_ends_calls_under_way_as_unknown_and_later_ones_unsent(
    payment: CreditRequest,
) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.wait_closed_by_client()

    async with scripted(script) as provider:
        client = ProviderClient(provider.url)
        call = asyncio.create_task(client.credit(payment))
        await until(lambda: len(provider.requests) == 1)
        await client.aclose()
        evidence = await call
        assert evidence.phase is Phase.SENT
        assert evidence.reason == "closed by this client"
        assert classify(evidence, document=DOCUMENT, cashback_centavos=1000) == Unknown()
        later = await client.credit(payment)
        assert later.phase is Phase.NOTHING_SENT
        assert provider.connections == 1


async def test_no_proxy_and_no_netrc_is_taken_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
    credited: Credited,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("default login someone password secret\n")
    netrc.chmod(0o600)

    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(GOOD)

    with refusing_port() as port:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        monkeypatch.setenv("NETRC", str(netrc))
        async with scripted(script) as provider:
            evidence = await credited(provider.url)
    assert classify(evidence, document=DOCUMENT, cashback_centavos=1000) == Applied()
    assert b"authorization" not in provider.requests[0].lower()
