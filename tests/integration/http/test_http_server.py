"""The server's own limits, on real sockets: malformed, oversized and dripping requests."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from typing import TYPE_CHECKING, Any, cast

import pytest
import uvicorn
from uvicorn.server import ServerState

from adapters.http.serving import polite_transport
from adapters.http.serving import server as limits
from adapters.http.serving.server import GuardedProtocol
from fakes.api import SALE, Api
from integration.bad_inputs import allowed, cases

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

READ_S = 5.0
BODY_BYTES = 256 * 1024
SALE_BODY = json.dumps(SALE).encode()


class Served:
    """The application on a port of its own, in this very process."""

    def __init__(self, api: Api, port: int) -> None:
        self.api = api
        self.port = port
        self.connections: set[GuardedProtocol] = set()

    async def exchange(self, *parts: bytes) -> tuple[int | str, Mapping[str, str], bytes]:
        """Send bytes over a connection of their own; the first final answer, or "close"."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
            return await asyncio.wait_for(read_answer(reader), READ_S)
        except ConnectionError:
            return "close", {}, b""
        finally:
            writer.close()

    def request(self, *lines: str, body: bytes = SALE_BODY, path: str = "/api/cashback") -> bytes:
        """A whole request of a user who may submit, with further header lines."""
        head = [
            f"POST {path} HTTP/1.1",
            "Host: localhost",
            f"Authorization: Bearer {self.api.token()}",
            "Content-Type: application/json",
            *lines,
        ]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + body


async def read_answer(
    reader: asyncio.StreamReader,
) -> tuple[int | str, Mapping[str, str], bytes]:
    while True:
        head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
        if not head:
            return "close", {}, b""
        first, *lines = head.decode("latin-1").split("\r\n")
        status = int(first.split()[1])
        headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
        if status == 100:
            continue
        return status, headers, await reader.readexactly(int(headers.get("content-length", "0")))


class Impatient(GuardedProtocol):
    request_s = 0.4


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    api = Api()
    config = uvicorn.Config(api.app, ws="none", lifespan="off", access_log=False, log_config=None)
    state = ServerState()

    def protocol() -> GuardedProtocol:
        return Impatient(config, state, {})

    config.load()
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    served = Served(api, server.sockets[0].getsockname()[1])
    served.connections = cast("set[GuardedProtocol]", state.connections)
    yield served
    server.close()
    for connection in served.connections:
        connection.transport.abort()
    async with asyncio.timeout(READ_S):  # what still answers ends, too, before this loop does
        while served.connections:
            await asyncio.sleep(0.001)


async def test_a_sale_passes_in_one_piece_in_many_and_in_chunks(served: Served) -> None:
    length = f"Content-Length: {len(SALE_BODY)}"
    one = served.request(length, "Idempotency-Key: one")
    status, _, body = await served.exchange(one)
    assert status == 201
    many = [one[at : at + 50] for at in range(0, len(one), 50)]
    assert (await served.exchange(*many))[2] == body
    chunks = b"".join(b"%x\r\n%b\r\n" % (1, bytes([octet])) for octet in SALE_BODY)
    chunked = served.request(
        "Transfer-Encoding: chunked", "Idempotency-Key: one", body=chunks + b"0\r\n\r\n"
    )
    assert (await served.exchange(chunked))[2] == body


async def test_a_client_that_asks_first_is_told_to_go_on(served: Served) -> None:
    asking = served.request(f"Content-Length: {len(SALE_BODY)}", "Expect: 100-continue")
    assert (await served.exchange(asking))[0] == 201


@pytest.mark.parametrize("case", [pytest.param(c, id=c["name"]) for c in cases("raw")])
async def test_a_raw_case_gets_its_answer(served: Served, case: dict[str, Any]) -> None:
    raw = base64.b64decode(case["raw_b64"]).replace(b"{TOKEN}", served.api.token().encode())
    status, headers, body = await served.exchange(raw)

    assert status in allowed(case) | ({408, "close"} if case.get("slow") else set())
    if status == 405:
        assert "POST" in headers["allow"]
    if isinstance(status, int) and status >= 400:
        assert headers["content-type"] == "application/problem+json"
        assert json.loads(body)["status"] == status
    if status != 201:
        assert served.api.store.rows == {}


async def test_a_single_header_without_an_end_is_cut_off(served: Served) -> None:
    status, _, body = await served.exchange(b"GET / HTTP/1.1\r\nX: ", *[b"x" * 4096] * 8)
    assert status in {431, "close"}
    assert status == "close" or json.loads(body)["code"] == "head_too_large"


async def test_an_address_just_short_enough_is_routed(served: Served) -> None:
    room = limits.MAX_TARGET_BYTES - len("/api/cashback?x=")
    get = "GET /api/cashback?x={} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert (await served.exchange(get.format("a" * room).encode()))[0] == 405
    status, _, body = await served.exchange(get.format("a" * (room + 1)).encode())
    assert (status, json.loads(body)["code"]) == (414, "uri_too_long")


@pytest.mark.parametrize(("count", "expected"), [(99, 200), (100, 431)])
async def test_so_many_headers_and_no_more(served: Served, count: int, expected: int) -> None:
    lines = "".join(f"X-{number}: a\r\n" for number in range(count))
    get = f"GET /health/live HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n"
    assert (await served.exchange(get.encode()))[0] == expected


async def test_few_but_large_headers_are_too_much_too(served: Served) -> None:
    lines = "".join(f"X-{number}: {'a' * 400}\r\n" for number in range(50))
    get = f"GET /health/live HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n"
    assert (await served.exchange(get.encode()))[0] == 431


async def test_a_body_that_does_not_come_is_a_408_and_nothing_is_stored(served: Served) -> None:
    short = served.request(f"Content-Length: {len(SALE_BODY) + 1}")
    status, headers, body = await served.exchange(short)
    assert (status, json.loads(body)["code"]) == (408, "request_timeout")
    assert headers["connection"] == "close"
    assert served.api.store.rows == {}


async def test_a_head_that_drips_is_a_408(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    answer = asyncio.create_task(read_answer(reader))
    for octet in b"GET / HTTP/1.1\r\nX: " + b"x" * 1000:
        if answer.done():
            break
        writer.write(bytes([octet]))
        await asyncio.wait({answer}, timeout=0.05)
    status, _, _ = await asyncio.wait_for(answer, READ_S)
    assert status == 408
    writer.close()


async def test_a_connection_that_says_nothing_is_closed(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    assert await asyncio.wait_for(reader.read(), READ_S) == b""
    writer.close()


async def test_a_body_that_nobody_needs_ends_the_connection_without_a_second_answer(
    served: Served,
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"POST /api/cashback HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
    status, _, _ = await asyncio.wait_for(read_answer(reader), READ_S)
    assert status == 401
    assert await asyncio.wait_for(reader.read(), READ_S) == b""
    writer.close()


async def test_a_slow_answer_is_not_a_slow_request(served: Served) -> None:
    served.api.provider.gate.clear()
    whole = served.request(f"Content-Length: {len(SALE_BODY)}")
    answer = asyncio.create_task(served.exchange(whole))
    await served.api.provider.asked.wait()
    await asyncio.wait({answer}, timeout=3 * Impatient.request_s)
    assert not answer.done()
    served.api.provider.gate.set()
    assert (await answer)[0] == 201


async def test_the_start_of_a_next_request_does_not_end_the_one_under_way(served: Served) -> None:
    served.api.provider.gate.clear()
    whole = served.request(f"Content-Length: {len(SALE_BODY)}")
    answer = asyncio.create_task(served.exchange(whole, b"GET /health/live HT"))
    await served.api.provider.asked.wait()
    await asyncio.wait({answer}, timeout=3 * Impatient.request_s)
    assert not answer.done()
    served.api.provider.gate.set()
    assert (await answer)[0] == 201


async def test_an_idle_connection_serves_again_and_again(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    for _ in range(3):
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await asyncio.wait_for(read_answer(reader), READ_S))[0] == 200
        ends = asyncio.create_task(reader.read(1))
        await asyncio.wait({ends}, timeout=1.5 * Impatient.request_s)
        assert not ends.done()
        ends.cancel()
        await asyncio.wait({ends})
    writer.close()


async def test_too_large_a_body_is_refused_from_its_head_alone(served: Served) -> None:
    head = served.request("Content-Length: 262145", body=b"")
    status, _, body = await served.exchange(head)
    assert (status, json.loads(body)["code"]) == (413, "body_too_large")


async def test_what_is_answered_already_is_not_read_to_its_end(served: Served) -> None:
    """Neither what is too large nor what is refused from its head: a body may have no end."""
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    known = served.request("Transfer-Encoding: chunked", body=b"")
    nobodys = b"POST /api/cashback HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    for head, status in ((known, 413), (nobodys, 401)):
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(head)
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 192 * 1024 * 1024:
                writer.write(chunk)
                await asyncio.wait_for(writer.drain(), READ_S)
                sent += len(chunk)
        assert sent < 96 * 1024 * 1024, "some lie in buffers"
        writer.close()
        assert (await served.exchange(head, *[chunk] * 8))[0] == status


async def test_an_early_answer_reaches_a_client_that_is_still_sending(served: Served) -> None:
    head = f"POST /api/cashback HTTP/1.1\r\nHost: x\r\nContent-Length: {BODY_BYTES}\r\n"
    for connection in ("Connection: close", "X: y"):
        for _ in range(20):
            request = f"{head}{connection}\r\n\r\n".encode() + b" " * BODY_BYTES
            assert await statuses_after(served, request) == [401]


async def test_a_refusal_reaches_a_client_that_is_still_sending(served: Served) -> None:
    for _ in range(20):
        nonsense = b"nonsense\r\n" + b"x" * BODY_BYTES
        assert await statuses_after(served, nonsense) == [400]


async def statuses_after(served: Served, request: bytes) -> list[int]:
    """Send all of it, only then read to the end: what a reset would have destroyed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(request)
    await writer.drain()
    await asyncio.sleep(0.01)
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), READ_S)
    writer.close()
    return [int(line.split()[1]) for line in answer.split(b"\r\n") if line[:5] == b"HTTP/"]


async def test_whoever_goes_on_sending_after_the_answer_is_cut_off(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polite_transport, "LINGER_BYTES", 200_000)
    _, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"nonsense\r\n")

    async def send_for_ever() -> None:
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    with pytest.raises(ConnectionError):
        await asyncio.wait_for(send_for_ever(), READ_S)
    writer.close()


async def test_a_connection_that_is_open_when_the_server_stops_may_bring_its_request(
    served: Served,
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    while not served.connections:
        await asyncio.sleep(0.005)
    for connection in list(served.connections):
        connection.shutdown()
    writer.write(served.request(f"Content-Length: {len(SALE_BODY)}"))
    status, headers, _ = await asyncio.wait_for(read_answer(reader), READ_S)
    assert (status, headers["connection"]) == (201, "close")
    assert await asyncio.wait_for(reader.read(), READ_S) == b""
    writer.close()


async def test_one_that_brings_nothing_is_closed_soon(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    while not served.connections:
        await asyncio.sleep(0.005)
    for connection in list(served.connections):
        connection.shutdown()
    assert await asyncio.wait_for(reader.read(), READ_S) == b""
    writer.close()


async def test_an_offer_of_another_protocol_is_declined_however_the_request_arrives(
    served: Served,
) -> None:
    offer = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AA")
    chunks = b"".join(b"%x\r\n%b\r\n" % (1, bytes([octet])) for octet in SALE_BODY)
    sized = served.request(f"Content-Length: {len(SALE_BODY)}", "Idempotency-Key: up", *offer)
    chunked = served.request(
        "Transfer-Encoding: chunked", "Idempotency-Key: up", *offer, body=chunks + b"0\r\n\r\n"
    )
    for request in (sized, chunked):
        whole = await served.exchange(request)
        pieces = [request[at : at + 37] for at in range(0, len(request), 37)]
        assert whole[0] == (await served.exchange(*pieces))[0] == 201
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    get = "GET /health/live HTTP/1.1\r\nHost: x\r\n" + "\r\n".join(offer) + "\r\n\r\n"
    writer.write(sized + get.encode() + sized)
    statuses = [(await asyncio.wait_for(read_answer(reader), READ_S))[0] for _ in range(3)]
    assert statuses == [201, 200, 201]
    writer.close()


@pytest.mark.parametrize(
    "refused",
    [
        b"NONSENSE\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\n\r\n",
        b"POST /api/cashback HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20_000,
        b"GET /" + b"x" * 9_000,
    ],
)
@pytest.mark.parametrize("before", [1, 2])
async def test_a_refusal_waits_for_the_answers_to_what_was_sent_before_it(
    served: Served, refused: bytes, before: int
) -> None:
    served.api.provider.gate.clear()
    whole = served.request(f"Content-Length: {len(SALE_BODY)}", "Idempotency-Key: one")
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(whole * before + refused)
    await served.api.provider.asked.wait()
    answer = asyncio.create_task(read_answer(reader))
    await asyncio.wait({answer}, timeout=0.05)
    assert not answer.done()
    served.api.provider.gate.set()
    statuses = [(await asyncio.wait_for(answer, READ_S))[0]]
    statuses += [(await asyncio.wait_for(read_answer(reader), READ_S))[0] for _ in range(before)]
    assert statuses[:before] == [201] * before
    assert statuses[before] in {400, 414, 431}
    assert await asyncio.wait_for(reader.read(), READ_S) == b""
    writer.close()


@pytest.mark.parametrize("version", ["", " HTTP/0.9", " HTTP/2.0", " HTTP/1.2"])
async def test_only_the_versions_that_are_spoken_are_answered(served: Served, version: str) -> None:
    request = f"GET /health/live{version}\r\nHost: x\r\n\r\n"
    status, headers, _ = await served.exchange(request.encode())
    assert (status, headers["content-type"]) == (400, "application/problem+json")
