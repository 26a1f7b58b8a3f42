"""The transport under httpx.AsyncClient: httpx's types outside, the same evidence inside."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import httpx
import pytest

from adapters.cashback_client.pool import Limits
from adapters.cashback_client.transport import (
    EvidenceTransport,
    NoStatusError,
    NothingSentError,
)
from cashback_core.delivery.evidence import Evidence, Phase
from integration.provider.scripted_provider import GOOD_BODY, Peer, refusing_port, scripted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.cashback_client.sandbox import Sandbox

PATH = "/api/mock/Cashback"


def open_client(url: str, *, follow_redirects: bool = False) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=EvidenceTransport(url, limits=Limits(deadline_s=5)),
        base_url=url,
        follow_redirects=follow_redirects,
    )


async def test_a_response_carries_its_evidence(sandbox: Sandbox) -> None:
    async with open_client(sandbox.url) as client:
        response = await client.post(
            PATH,
            json={"document": "52998224725", "cashback": "10.00"},
            headers={"X-Reference": "a-reference"},
        )
    evidence = response.extensions["evidence"]
    assert isinstance(evidence, Evidence)
    assert evidence.phase is Phase.STATUS_SEEN
    assert response.status_code == evidence.status_code == 201
    assert response.json()["id"] == "NaN"
    [credit] = sandbox.desk.ledger.credits
    assert (credit.document, credit.cashback_centavos) == ("52998224725", 1000)
    assert credit.reference == "a-reference"


async def test_the_request_leaves_whole_with_its_length_and_asks_for_a_plain_answer() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")

    async def body() -> AsyncIterator[bytes]:
        yield b"in "
        yield b"pieces"

    async with scripted(script) as provider, open_client(provider.url) as client:
        await client.post("/x?y=%20z", content=body(), headers={"Expect": "100-continue"})
    head, _, sent = provider.requests[0].partition(b"\r\n\r\n")
    lines = [line.lower() for line in head.split(b"\r\n")]
    assert lines[0] == b"post /x?y=%20z http/1.1"
    assert sent == b"in pieces"
    assert b"content-length: 9" in lines
    assert b"accept-encoding: identity" in lines
    assert not [line for line in lines if line.startswith((b"transfer-encoding", b"expect"))]


async def test_a_broken_body_keeps_its_status(sandbox: Sandbox) -> None:
    sandbox.desk.instructions.set_rates({"short_201": 1})
    async with open_client(sandbox.url) as client:
        response = await client.post(PATH, json={"document": "52998224725", "cashback": "1.00"})
    assert response.status_code == 201
    assert response.extensions["evidence"].reason == "body cut short: closed by the provider"


async def test_a_compressed_body_comes_as_it_was_sent() -> None:
    packed = gzip.compress(GOOD_BODY)

    async def script(peer: Peer) -> None:
        await peer.read_request()
        head = b"HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
        await peer.write(head % len(packed) + packed)

    async with scripted(script) as provider, open_client(provider.url) as client:
        response = await client.post(PATH)
    assert response.content == packed


async def test_a_refused_connection_says_that_nothing_was_sent() -> None:
    with refusing_port() as port:
        async with open_client(f"http://127.0.0.1:{port}") as client:
            with pytest.raises(NothingSentError) as caught:
                await client.post(PATH)
    assert caught.value.evidence.phase is Phase.NOTHING_SENT
    assert isinstance(caught.value, httpx.ConnectError)


async def test_a_request_without_an_answer_says_that_it_was_sent(sandbox: Sandbox) -> None:
    sandbox.desk.instructions.set_rates({"reset_after_apply": 1})
    async with open_client(sandbox.url) as client:
        with pytest.raises(NoStatusError) as caught:
            await client.post(PATH, json={"document": "52998224725", "cashback": "1.00"})
    assert caught.value.evidence.phase is Phase.SENT
    assert isinstance(caught.value, httpx.ReadError)
    assert len(sandbox.desk.ledger.credits) == 1


async def test_a_redirect_is_an_answer_like_any_other(sandbox: Sandbox) -> None:
    sandbox.desk.instructions.set_rates({"redirect_307": 1})
    async with open_client(sandbox.url) as client:
        response = await client.post(PATH, json={"document": "52998224725", "cashback": "1.00"})
    assert response.status_code == 307
    assert sandbox.desk.calls == 1


async def test_even_a_client_told_to_follow_redirects_reaches_no_other_host() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(
            b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.2/x\r\n"
            b"Content-Length: 0\r\n\r\n"
        )

    async with (
        scripted(script) as provider,
        open_client(provider.url, follow_redirects=True) as client,
    ):
        with pytest.raises(httpx.UnsupportedProtocol):
            await client.post(PATH, content=b"{}")
    assert len(provider.requests) == 1


@pytest.mark.parametrize("method", ["HEAD", "CONNECT"])
async def test_methods_whose_answers_are_framed_otherwise_are_refused(
    method: str, sandbox: Sandbox
) -> None:
    async with open_client(sandbox.url) as client:
        with pytest.raises(httpx.UnsupportedProtocol):
            await client.request(method, PATH)


async def test_a_line_end_cannot_smuggle_in_a_header(sandbox: Sandbox) -> None:
    async with open_client(sandbox.url) as client:
        with pytest.raises(httpx.LocalProtocolError):
            await client.post(PATH, headers={"X-Reference": "a\r\nX-Evil: b"})
    assert sandbox.desk.calls == 0
