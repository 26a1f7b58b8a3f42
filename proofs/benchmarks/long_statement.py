"""Reads a statement of a million lines: `python -m benchmarks.long_statement [LINES]`.

What counts is how much more memory that takes, and how long the event loop has no turn.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime
from typing import Final

import psutil

from adapters.cashback_client.statements import StatementClient, StatementLimits

ROW: Final = (
    b'{"line":1,"at":"2026-01-02T03:04:05.123456Z","document":"52998224725","cashback":"1.40",'
    b'"reference":"0198d1c2-aaaa-7bbb-8ccc-0123456789ab"},'
)


async def provide(lines: int) -> None:
    async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"rows":[')
        for _ in range(lines // 1000 - 1):
            writer.write(ROW * 1000)
            await writer.drain()
        writer.write((ROW * 1000)[:-1] + b'],"count":%d}' % lines)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(tell, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def measure(lines: int) -> None:
    provider = await asyncio.create_subprocess_exec(
        sys.executable, __file__, str(lines), "provide", stdout=asyncio.subprocess.PIPE
    )
    assert provider.stdout is not None
    port = int(await provider.stdout.readline())
    client = StatementClient(f"http://127.0.0.1:{port}", limits=StatementLimits(lines=lines))
    rss = psutil.Process().memory_info
    longest_s = 0.0

    async def turns() -> None:
        nonlocal longest_s
        while True:
            began_s = time.perf_counter()
            await asyncio.sleep(0.001)
            longest_s = max(longest_s, time.perf_counter() - began_s - 0.001)

    watching = asyncio.create_task(turns())
    before = peak = rss().rss
    began_s, used_s, read = time.perf_counter(), time.process_time(), 0
    async with client.since(datetime(2026, 1, 1, tzinfo=UTC)) as reading:
        async for batch in reading.lines():
            read += len(batch)
            peak = max(peak, rss().rss)
    took_s, used_s = time.perf_counter() - began_s, time.process_time() - used_s
    watching.cancel()
    await client.aclose()
    provider.kill()
    await provider.wait()
    print(
        f"{read:,} lines in {took_s:.1f} s ({used_s / read * 1e6:.0f} µs of processor each), "
        f"{(peak - before) / 2**20:.1f} MiB more memory, longest turn {longest_s * 1e3:.0f} ms"
    )


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    asyncio.run(provide(count) if len(sys.argv) > 2 else measure(count))
