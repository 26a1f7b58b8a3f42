"""Over TLS: what fails before the handshake is over has sent nothing."""

from __future__ import annotations

import ipaddress
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from adapters.cashback_client.client import ProviderClient
from adapters.cashback_client.pool import Limits
from adapters.cashback_client.way import Way
from cashback_core.delivery.evidence import Evidence, Phase
from integration.certificate import Certificate
from integration.provider.scripted_provider import GOOD, GOOD_BODY, Peer, scripted

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from cashback_core.delivery.provider import CreditRequest


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate(tmp_path, x509.IPAddress(ipaddress.ip_address("127.0.0.1")))


@asynccontextmanager
async def open_client(
    url: str, trusted: ssl.SSLContext | None, *, deadline_s: float = 10.0
) -> AsyncGenerator[ProviderClient, None]:
    way = None if trusted is None else Way(tls=trusted)
    client = ProviderClient(url, limits=Limits(deadline_s=deadline_s), way=way)
    try:
        yield client
    finally:
        await client.aclose()


async def answer_every_request(peer: Peer) -> None:
    while True:
        await peer.read_request()
        await peer.write(GOOD)


async def call_unsent(
    url: str, payment: CreditRequest, trusted: ssl.SSLContext | None, *, deadline_s: float = 10.0
) -> Evidence:
    async with open_client(url, trusted, deadline_s=deadline_s) as client:
        evidence = await client.credit(payment)
    assert evidence.phase is Phase.NOTHING_SENT
    return evidence


async def test_calls_over_tls_share_a_connection(
    certificate: Certificate, payment: CreditRequest
) -> None:
    async with (
        scripted(answer_every_request, ssl=certificate.for_server()) as provider,
        open_client(provider.url, certificate.for_client()) as client,
    ):
        found = [await client.credit(payment) for _ in range(10)]
    assert {(evidence.status_code, evidence.body) for evidence in found} == {(201, GOOD_BODY)}
    # The provider's session tickets may cost a connection; they never cost a call.
    assert provider.connections <= 2
    assert len(provider.requests) == 10


async def test_an_end_without_an_answer_is_unknown_over_tls_too(
    certificate: Certificate, payment: CreditRequest
) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()

    async with (
        scripted(script, ssl=certificate.for_server()) as provider,
        open_client(provider.url, certificate.for_client()) as client,
    ):
        evidence = await client.credit(payment)
    assert evidence.phase is Phase.SENT


async def test_an_untrusted_certificate_sends_nothing(
    certificate: Certificate, payment: CreditRequest
) -> None:
    async with scripted(answer_every_request, ssl=certificate.for_server()) as provider:
        evidence = await call_unsent(provider.url, payment, None)
    assert evidence.reason == "certificate not trusted: self-signed certificate"
    assert provider.requests == []


async def test_a_certificate_for_another_name_sends_nothing(
    tmp_path: Path, payment: CreditRequest
) -> None:
    certificate = Certificate(tmp_path, x509.DNSName("provider.example"))
    async with scripted(answer_every_request, ssl=certificate.for_server()) as provider:
        evidence = await call_unsent(provider.url, payment, certificate.for_client())
    assert "certificate not trusted: IP address mismatch" in evidence.reason
    assert provider.requests == []


async def test_a_provider_without_tls_is_sent_nothing(payment: CreditRequest) -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.read(1)
        await peer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with scripted(script) as provider:
        url = provider.url.replace("http://", "https://")
        evidence = await call_unsent(url, payment, None)
    assert evidence.reason.startswith(("TLS failed", "not connected"))


async def test_a_handshake_that_stalls_sends_nothing_within_the_deadline(
    payment: CreditRequest,
) -> None:
    async def script(peer: Peer) -> None:
        await peer.wait_closed_by_client()

    async with scripted(script) as provider:
        url = provider.url.replace("http://", "https://")
        evidence = await call_unsent(url, payment, None, deadline_s=0.4)
    assert evidence.reason == "deadline"
