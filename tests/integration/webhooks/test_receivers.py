"""What a receiver can do to us, on real sockets: nothing but answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from adapters.webhook_client.receiver import MAX_BODY_BYTES, WebhookReceiver
from cashback_core.webhooks.addresses import LOOPBACK, AddressPolicy
from integration.certificate import Certificate
from integration.receivers import TestReceiver, answer, receiving
from integration.tcp_server import tcp_server

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Sequence
    from pathlib import Path

HERE = AddressPolicy(allowed=LOOPBACK, plain_http=True)
STRICT = AddressPolicy(plain_http=True)


@pytest.fixture
def receiver() -> Iterator[TestReceiver]:
    with receiving() as receiver:
        yield receiver


async def post(
    url: str,
    *,
    addresses: AddressPolicy = HERE,
    found: Sequence[str] | None = None,
    deadline_s: float = 5.0,
    tls: ssl.SSLContext | None = None,
    times: int = 1,
) -> tuple[str, list[str]]:
    """What came of it, and the names that were looked up."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(f"{host}:{port}")
        return found or ()

    client = WebhookReceiver(
        addresses, deadline_s=deadline_s, resolve=None if found is None else resolve, tls=tls
    )
    told = None
    try:
        for _ in range(times):
            told = await client.post(url, [("webhook-id", "msg.1")], b"{}")
    finally:
        await client.aclose()
    assert told is not None
    return f"{told.status} {told.reason}".strip(), asked


async def test_it_is_posted_as_it_is(receiver: TestReceiver) -> None:
    assert await post(f"{receiver.url}?q=1") == ("204", [])
    [came] = receiver.received
    assert came.body == b"{}"
    assert came.headers["content-type"] == "application/json"
    assert came.headers["content-length"] == "2"
    assert came.headers["webhook-id"] == "msg.1"
    assert "authorization" not in came.headers


@pytest.mark.parametrize("target", ["/ok;x=1?y", "/a;b/c;d=%3B", "/?q;r", "/x/./y/../z?"])
async def test_the_very_path_and_query_are_called(receiver: TestReceiver, target: str) -> None:
    base = receiver.url.removesuffix("/hooks")
    assert await post(f"{base}{target}") == ("204", [])
    [came] = receiver.received
    assert came.path == target.removesuffix("?")
    assert came.headers["host"] == base.removeprefix("http://")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("localhost", "the address is of a network that nothing is sent to"),
        ("127.0.0.1", "webhook_to_private_network"),
        ("2130706433", "bad_webhook_url"),
        ("0x7f.0.0.1", "bad_webhook_url"),
        ("127.1", "bad_webhook_url"),
    ],
)
async def test_no_name_of_a_private_address_is_connected_to(
    receiver: TestReceiver, name: str, why: str
) -> None:
    told, _ = await post(receiver.url.replace("127.0.0.1", name), addresses=STRICT)
    assert told == f"None {why}"
    assert receiver.received == []


@pytest.mark.parametrize(
    "found", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:127.0.0.1"], ["10.0.0.1"]]
)
async def test_a_name_that_leads_into_a_private_network_is_not_followed(
    receiver: TestReceiver, found: list[str]
) -> None:
    url = receiver.url.replace("127.0.0.1", "receiver.test")
    told, _ = await post(url, addresses=STRICT, found=found)
    assert told == "None the address is of a network that nothing is sent to"
    assert receiver.received == []


async def test_a_name_is_looked_up_once_for_a_connection(receiver: TestReceiver) -> None:
    """Whatever it leads to a moment later: the checked address is the one connected to."""
    url = receiver.url.replace("127.0.0.1", "receiver.test")
    told, asked = await post(url, found=["127.0.0.1"], times=3)
    assert told == "204"
    assert len(asked) == 1
    assert receiver.received[0].headers["host"].startswith("receiver.test:")


async def test_a_redirect_is_followed_nowhere(receiver: TestReceiver) -> None:
    with receiving() as other:
        receiver.answering = answer(307, Location=other.url)
        assert await post(receiver.url) == ("307 redirects are not followed", [])
        assert other.received == []
    assert len(receiver.received) == 1


async def test_no_proxy_of_the_environment_is_taken(
    receiver: TestReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert (await post(receiver.url))[0] == "204"
        assert proxy.received == []


@pytest.mark.parametrize("manner", ["hang", "drip"])
async def test_the_deadline_ends_everything(receiver: TestReceiver, manner: str) -> None:
    receiver.answering = getattr(receiver, manner)
    async with asyncio.timeout(3):
        assert await post(receiver.url, deadline_s=0.3) == ("None no answer within 0.3 s", [])


async def test_of_a_flood_little_is_read(receiver: TestReceiver) -> None:
    receiver.answering = receiver.flood
    async with asyncio.timeout(3):
        assert (await post(receiver.url))[0] == "200"
    assert receiver.bytes_taken < 64 * 1024**2


async def test_what_is_no_answer_is_a_failure() -> None:
    for said in (b"", b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200_000):

        async def play(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, said: bytes = said
        ) -> None:
            await reader.readuntil(b"{}")
            writer.write(said)

        async with tcp_server(play) as (host, port):
            told, _ = await post(f"http://{host}:{port}/")
            assert told.startswith("None "), (said[:20], told)
            assert len(told) <= 200


async def test_a_long_body_does_not_come_back_with_the_next_answer(receiver: TestReceiver) -> None:
    receiver.answering = answer(200, b"z" * (MAX_BODY_BYTES * 40))
    assert (await post(receiver.url, times=3))[0] == "200"
    assert len(receiver.received) == 3


async def test_tls_is_for_the_name_and_verified(tmp_path: Path) -> None:
    certificate = Certificate(tmp_path, x509.DNSName("receiver.test"))
    names: list[str | None] = []
    context = certificate.for_server()
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()

    async with tcp_server(play, ssl=context) as (_, port):
        trusting = certificate.for_client()
        found = ["127.0.0.1"]
        url = f"https://receiver.test:{port}/"
        assert (await post(url, found=found, tls=trusting))[0] == "204"
        assert names == ["receiver.test"]
        other = f"https://other.test:{port}/"
        assert "certificate not trusted" in (await post(other, found=found, tls=trusting))[0]
        # By default the system's authorities are asked.
        assert "certificate not trusted" in (await post(url, found=found))[0]


async def test_plain_http_is_refused_unless_it_is_allowed(receiver: TestReceiver) -> None:
    told, _ = await post(receiver.url, addresses=AddressPolicy(allowed=LOOPBACK))
    assert told == "None webhook_needs_https"
    assert receiver.received == []
