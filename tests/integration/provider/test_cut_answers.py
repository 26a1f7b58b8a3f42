"""From the first byte sent on: the other side resets, closes, stalls, drips or overflows."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from adapters.cashback_client.pool import Limits
from adapters.cashback_client.transport import EvidenceTransport
from cashback_core.delivery.evidence import Phase
from integration.provider.scripted_provider import (
    GOOD,
    Peer,
    scripted,
)

if TYPE_CHECKING:
    from integration.provider.conftest import Credited

SHORT = Limits(deadline_s=0.4, connections=4)
REQUEST = b"POST /api/mock/Cashback HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}"


REASONS = {
    "close": "closed by the provider",
    "reset": "reset by the provider",
}


async def test_a_connection_reset_under_a_large_request_is_unknown() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_head()
        await peer.reset()

    async with scripted(script) as provider:
        transport = EvidenceTransport(provider.url)
        body = b"x" * 8_000_000
        evidence = await transport.call(
            b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        await transport.aclose()
    assert evidence.phase is Phase.SENT
    assert evidence.reason == "reset by the provider"


async def test_an_answer_before_the_whole_request_counts_and_ends_the_connection() -> None:
    answered = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.read_head()
        await peer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
        if peer.number == 1:
            await answered.wait()  # and reads no more: most of the request is still unsent

    async with scripted(script) as provider:
        transport = EvidenceTransport(provider.url)
        body = b"x" * 8_000_000
        request = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % len(body)
        evidence = await transport.call(request + body)
        second = await transport.call(REQUEST)
        answered.set()
        await transport.aclose()
    assert evidence.phase is Phase.STATUS_SEEN
    assert evidence.status_code == 413
    assert second.status_code == 413
    assert provider.connections == 2


@pytest.mark.parametrize(
    "beginning", [b"", b"H", b"HTTP/1.1 20", b"HTTP/1.1 201", b"HTTP/1.1 201 Created\r"]
)
@pytest.mark.parametrize("end", ["close", "reset"])
async def test_without_a_whole_status_line_nobody_can_tell(
    beginning: bytes, end: str, credited: Credited
) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(beginning)
        await end_as_told(peer, end)

    async with scripted(script) as provider:
        evidence = await credited(provider.url)
    assert evidence.phase is Phase.SENT
    assert evidence.reason == REASONS[end]
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    ("beginning", "cut"),
    [
        (b"HTTP/1.1 201 Created\r\n", "headers cut short: "),
        (b"HTTP/1.1 201 Created\r\nContent-Len", "headers cut short: "),
        (b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n", "body cut short: "),
        (b'HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{"id', "body cut short: "),
        (
            b'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"id',
            "body cut short: ",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n", "headers cut short: "),
    ],
)
@pytest.mark.parametrize("end", ["close", "reset"])
async def test_a_whole_status_line_counts_whatever_becomes_of_the_rest(
    beginning: bytes, cut: str, end: str, credited: Credited
) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(beginning)
        await end_as_told(peer, end)

    async with scripted(script) as provider:
        evidence = await credited(provider.url)
    assert evidence.phase is Phase.STATUS_SEEN
    assert evidence.status_code == 201
    assert evidence.reason == cut + REASONS[end]
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    ("beginning", "phase"),
    [
        (b"", Phase.SENT),
        (b"HTTP/1.1 201", Phase.SENT),
        (b"HTTP/1.1 201 Created\r\n", Phase.STATUS_SEEN),
        (b'HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{"id', Phase.STATUS_SEEN),
    ],
)
async def test_a_stall_ends_at_the_deadline_with_what_was_seen_until_then(
    beginning: bytes, phase: Phase, credited: Credited
) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(beginning)
        await peer.wait_closed_by_client()

    async with scripted(script) as provider:
        evidence = await credited(provider.url, deadline_s=0.5)
    assert evidence.phase is phase
    assert evidence.reason == "deadline"
    assert 0.49 <= evidence.ended_s < 1.5
    assert len(provider.requests) == 1


async def test_a_dripped_answer_ends_at_the_deadline_with_its_status_seen(
    credited: Credited,
) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(GOOD[: GOOD.index(b"\n") + 1])
        for byte in GOOD[GOOD.index(b"\n") + 1 :]:
            await peer.write(bytes([byte]))
            await asyncio.sleep(0.05)  # the drip itself

    async with scripted(script) as provider:
        evidence = await credited(provider.url, deadline_s=0.5)
    assert evidence.status_code == 201
    assert evidence.reason == "deadline"
    assert 0.49 <= evidence.ended_s < 1.5


async def test_interim_answers_alone_are_no_answer(credited: Credited) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(
            b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        )

    async with scripted(script) as provider:
        evidence = await credited(provider.url)
    assert evidence.phase is Phase.SENT


@pytest.mark.parametrize(
    "flood",
    [
        b"HTTP/1.1 201 Created\r\n" + b"X-Padding: " + b"x" * 3_000_000,
        b"HTTP/1.1 201 Created\r\n" + b"X-Padding: xxxxxxxx\r\n" * 150_000,
        b"HTTP/1.1 201 Created\r\n\r\n" + b"x" * 3_000_000,
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 500_000,
    ],
)
async def test_a_flood_is_cut_off_and_its_status_kept(flood: bytes, credited: Credited) -> None:
    cut = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.read_request()
        try:
            await peer.write(flood)
            await peer.wait_closed_by_client()
        finally:
            cut.set()

    async with scripted(script) as provider:
        evidence = await credited(provider.url)
        await cut.wait()
    assert evidence.status_code == 201
    assert "over" in evidence.reason
    assert evidence.ended_s < 4


async def test_an_endless_status_line_is_cut_off_and_unknown(credited: Credited) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(b"HTTP/1.1 201 " + b"x" * 3_000_000)
        await peer.wait_closed_by_client()

    async with scripted(script) as provider:
        evidence = await credited(provider.url)
    assert evidence.phase is Phase.SENT
    assert evidence.reason == "headers over 32768 bytes"


async def test_a_body_of_exactly_the_limit_is_whole(credited: Credited) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 65536\r\n\r\n" + b" " * 65536)

    async with scripted(script) as provider:
        evidence = await credited(provider.url)
    assert evidence.reason == ""
    assert len(evidence.body) == 65536


async def end_as_told(peer: Peer, end: str) -> None:
    if end == "reset":
        await asyncio.sleep(0.02)  # the RST must not overtake the bytes
        await peer.reset()
