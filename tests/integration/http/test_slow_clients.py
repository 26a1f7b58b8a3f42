"""Clients that drip and never end: they are cut off, and nobody else is slowed down."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from integration.journeys import sale

if TYPE_CHECKING:
    from integration.running import Gateway

DRIPPING: Final = 500
CUT_OFF_S: Final = 25.0
"""The API gives a request 10 s, nginx 10 s for a head; the rest is patience with the machine."""
GOOD_S: Final = 2.0


async def drip(host: str, port: int, first: bytes) -> float:
    """Send a byte now and then until the other side has had enough; how long that took."""
    began_s = time.monotonic()
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(first)
    ended = asyncio.create_task(reader.read())
    try:
        while not ended.done():
            await asyncio.wait({ended}, timeout=1.0)
            writer.write(b"x")
        await asyncio.wait({ended})
        ended.exception()
    finally:
        writer.close()
    return time.monotonic() - began_s


HEAD: Final = b"GET /health/live HTTP/1.1\r\nX-Drip: "


def body_of(gateway: Gateway) -> bytes:
    """The begin of a sale that never comes whole."""
    return (
        f"POST /api/cashbacks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gateway.token()}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    ).encode()


async def test_hundreds_of_dripping_heads_and_bodies_are_cut_off_and_stop_nobody(
    entrances: tuple[Gateway, ...],
) -> None:
    """All at once: each is cut off as late as it may be.

    nginx reads bodies for the API, and waits up to 10 s for each part of one: heads alone there.
    """
    alone, *behind = entrances
    firsts = [(alone, (HEAD, body_of(alone))), *((proxied, (HEAD,)) for proxied in behind)]
    await asyncio.gather(*(assert_cut_off(entrance, *first) for entrance, first in firsts))


async def assert_cut_off(entrance: Gateway, *first: bytes) -> None:
    address = urlsplit(entrance.base_url)
    assert address.hostname is not None
    assert address.port is not None
    entrance.token()
    dripping = [
        asyncio.create_task(drip(address.hostname, address.port, first[number % len(first)]))
        for number in range(DRIPPING)
    ]
    served_s: list[float] = []
    while not all(task.done() for task in dripping):
        began_s = time.monotonic()
        reply = await asyncio.to_thread(entrance.submit, sale())
        served_s.append(time.monotonic() - began_s)
        assert reply.status == 201
    assert len(served_s) >= 20
    assert max(served_s) < GOOD_S
    assert max(task.result() for task in dripping) < CUT_OFF_S
