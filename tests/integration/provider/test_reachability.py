"""What `doctor` sees of the way to the provider, on real sockets."""

from __future__ import annotations

import asyncio
import ipaddress
import sys
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from adapters.cashback_client import reachability
from adapters.cashback_client.happy_eyeballs import Endpoint
from adapters.cashback_client.reachability import Reach, examine_reach
from adapters.cashback_client.tunnel import Proxy
from adapters.cashback_client.way import Way, tls_context
from integration.certificate import Certificate
from integration.provider.connect_proxy import connect_proxy
from integration.provider.scripted_provider import Peer, deaf_port, refusing_port, scripted

if TYPE_CHECKING:
    from pathlib import Path


async def wait(peer: Peer) -> None:
    await peer.wait_closed_by_client()


async def seen(url: str, way: Way, *, within_s: float = 5) -> Reach:
    return await asyncio.to_thread(examine_reach, url, way, within_s=within_s)


@pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.2 is this machine on Linux alone")
async def test_a_dead_address_is_named_and_the_good_one_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def two(host: str, port: int) -> list[Endpoint]:
        addresses = ("127.0.0.2", "127.0.0.1") if host == "provider.invalid" else (host,)
        return [Endpoint(family=2, address=(address, port)) for address in addresses]

    monkeypatch.setattr(reachability, "resolve", two)
    monkeypatch.setattr("adapters.cashback_client.happy_eyeballs.resolve", two)
    with deaf_port("127.0.0.2") as port:
        async with scripted(wait, port=port) as provider:
            found = await seen(
                f"http://provider.invalid:{port}", Way(tls=tls_context()), within_s=0.6
            )
            assert provider.requests == []
    assert found.alive == ("127.0.0.1",)
    assert found.dead == (("127.0.0.2", "takes no connection within 0.6 s"),)
    assert found.fault is None


async def test_what_stops_a_payment_is_told_tls_and_proxy_included(tmp_path: Path) -> None:
    certificate = Certificate(tmp_path, x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    trusting, way = Way(tls=tls_context(authorities=certificate.path)), Way(tls=tls_context())
    async with scripted(wait, ssl=certificate.for_server()) as provider:
        assert (await seen(provider.url, trusting)).fault is None
        untrusted = await seen(provider.url, way)
        assert untrusted.fault == "certificate not trusted: self-signed certificate"
        async with connect_proxy(answer=b"HTTP/1.1 407 No\r\n\r\n") as proxy:
            by = Proxy(host=proxy.host, port=proxy.port)
            refused = await seen(provider.url, Way(tls=trusting.tls, proxy=by))
        assert refused == Reach(
            host=proxy.host,
            port=proxy.port,
            by_proxy=True,
            alive=(proxy.host,),
            fault="the proxy answered 407",
        )
        assert provider.requests == []
    with refusing_port() as port:
        nobody = await seen(f"http://127.0.0.1:{port}", way)
    assert (nobody.alive, nobody.fault) == ((), "127.0.0.1: connection refused")
