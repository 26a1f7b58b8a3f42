"""A long statement neither fills the memory nor holds up the event loop.

`python -m benchmarks.long_statement` measures a million lines; here are 25,000, and a bound that
keeping them would break twice over.
"""

from __future__ import annotations

import asyncio
import gzip
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import psutil

from adapters.cashback_client.statements import StatementClient
from cashback_core.reconciliation.statements import MAX_BATCH
from integration.tcp_server import tcp_server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

LINES: Final = 25_000
MORE_BYTES: Final = 4 * 1024 * 1024
ROW: Final = (
    b'{"line":1,"at":"2026-01-02T03:04:05.123456Z","document":"52998224725","cashback":"1.40",'
    b'"reference":"0198d1c2-aaaa-7bbb-8ccc-0123456789ab"},'
)
SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def long_statement(lines: int, *, compressed: bool = False) -> AsyncGenerator[str, None]:
    """A provider whose statement has so many lines, at its address."""

    async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n")
        if compressed:
            page = b'{"rows":[' + (ROW * lines)[:-1] + b'],"count":%d}' % lines
            writer.write(b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(page))
        else:
            writer.write(b'\r\n{"rows":[')
            for _ in range(lines // 100 - 1):
                writer.write(ROW * 100)
                await writer.drain()
            writer.write((ROW * 100)[:-1] + b'],"count":%d}' % lines)
        await writer.drain()

    async with tcp_server(tell) as (host, port):
        yield f"http://{host}:{port}"


async def test_a_long_statement_is_read_in_little_memory() -> None:
    rss = psutil.Process().memory_info
    read = before = peak = 0
    async with long_statement(LINES) as url:
        client = StatementClient(url)
        async with client.since(SINCE) as reading:
            async for batch in reading.lines():
                read += len(batch)
                before = before or rss().rss  # the first batch is what a reader takes anyway
                peak = max(peak, rss().rss)
        await client.aclose()
    assert read == reading.head.declared_count == LINES
    assert peak - before < MORE_BYTES


async def test_the_loop_has_its_turn_although_thousands_of_lines_arrive_at_once() -> None:
    read, at_turn, most = 0, 0, 0

    async def turns() -> None:
        nonlocal at_turn, most
        while True:
            most = max(most, read - at_turn)
            at_turn = read
            await asyncio.sleep(0)

    watching = asyncio.create_task(turns())
    async with long_statement(5_000, compressed=True) as url:  # 5 kB on the wire
        client = StatementClient(url)
        async with client.since(SINCE) as reading:
            async for batch in reading.lines():
                assert len(batch) <= MAX_BATCH
                read += len(batch)
        await client.aclose()
    watching.cancel()
    assert read == 5_000
    assert most <= MAX_BATCH


async def test_a_reader_may_stop_early() -> None:
    async with long_statement(LINES) as url:
        client = StatementClient(url)
        async with client.since(SINCE) as reading:
            async for batch in reading.lines():
                assert batch[0].number == 1
                break
        await client.aclose()
