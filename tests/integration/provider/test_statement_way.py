"""A statement takes the payments' way: the same authorities, certificate and proxy."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from adapters.cashback_client.client import ProviderClient
from adapters.cashback_client.statements import StatementClient
from adapters.cashback_client.tunnel import Proxy
from adapters.cashback_client.way import Way, tls_context
from cashback_core.delivery.evidence import Phase
from cashback_core.reconciliation.statements import StatementUnavailable
from integration.certificate import Certificate
from integration.provider.connect_proxy import connect_proxy
from integration.provider.scripted_provider import GOOD, Peer, scripted

if TYPE_CHECKING:
    from pathlib import Path

    from cashback_core.delivery.provider import CreditRequest
    from integration.provider.scripted_provider import ScriptedProvider

EMPTY = b'{"rows": [], "count": 0, "sum": "0.00"}'
STATEMENT = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(EMPTY), EMPTY)
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate(tmp_path, x509.IPAddress(ipaddress.ip_address("127.0.0.1")))


async def answer(peer: Peer) -> None:
    while True:
        asked = await peer.read_request()
        await peer.write(STATEMENT if asked.startswith(b"GET ") else GOOD)


async def read_statement(provider: ScriptedProvider, way: Way) -> int:
    client = StatementClient(provider.url, way=way)
    try:
        async with client.since(SINCE) as reading:
            lines = [line async for batch in reading.lines() for line in batch]
            assert reading.head.declared_count == len(lines)
            return len(lines)
    finally:
        await client.aclose()


@pytest.mark.parametrize("over_tls", [True, False])
async def test_payments_and_statements_go_through_the_same_proxy(
    certificate: Certificate, payment: CreditRequest, *, over_tls: bool
) -> None:
    tls = certificate.for_server() if over_tls else None
    async with scripted(answer, ssl=tls) as provider, connect_proxy() as proxy:
        way = Way(
            tls=tls_context(authorities=certificate.path),
            proxy=Proxy(host=proxy.host, port=proxy.port, credentials="till:secret"),
        )
        payments = ProviderClient(provider.url, way=way)
        assert (await payments.credit(payment)).status_code == 201
        await payments.aclose()
        assert await read_statement(provider, way) == 0
        assert len(proxy.heads) == 2
        assert proxy.heads[0] == proxy.heads[1]
        assert len(provider.requests) == 2


async def test_what_payments_do_not_trust_statements_do_not_either(
    certificate: Certificate, payment: CreditRequest
) -> None:
    async with scripted(answer, ssl=certificate.for_server()) as provider:
        way = Way(tls=tls_context())
        payments = ProviderClient(provider.url, way=way)
        evidence = await payments.credit(payment)
        await payments.aclose()
        assert evidence.phase is Phase.NOTHING_SENT
        with pytest.raises(StatementUnavailable, match="ConnectError"):
            await read_statement(provider, way)
        assert provider.requests == []


async def test_a_proxy_that_refuses_a_statement_is_told() -> None:
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"
    async with scripted(answer) as provider, connect_proxy(answer=refusal) as proxy:
        way = Way(tls=tls_context(), proxy=Proxy(host=proxy.host, port=proxy.port))
        with pytest.raises(StatementUnavailable, match="the proxy answered 407"):
            await read_statement(provider, way)
        assert provider.requests == []
