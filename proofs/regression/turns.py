"""Counting round trips: what stands between a process and PostgreSQL, and passes everything on.

A round trip ends when the server says that it is ready for more (ReadyForQuery); that is the same
whatever library speaks, and however many statements went together.
"""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

_PORT: Final = 5432
_READY: Final = b"Z"
_HEAD_BYTES: Final = 5
_MOST_BYTES: Final = 65_536


@dataclass(slots=True)
class Turns:
    """How often the server has been ready since it was last asked; `dsn` leads through here."""

    dsn: str
    counted: int = 0

    def taken(self) -> int:
        """The count so far, which begins anew."""
        counted, self.counted = self.counted, 0
        return counted


@asynccontextmanager
async def counted_turns(dsn: str, folder: Path) -> AsyncGenerator[Turns, None]:
    """Listen in a folder of our own, for the server of that URL on its socket."""
    told = conninfo_to_dict(dsn)
    behind = f"{told['host']}/.s.PGSQL.{told['port']}"
    turns = Turns(
        f"postgresql://{told['user']}:{told['password']}@/{told['dbname']}"
        f"?host={quote(str(folder), safe='')}&port={_PORT}"
    )
    passing: set[asyncio.Task[None]] = set()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(behind)
        for task in (
            asyncio.create_task(_pass_on(reader, to_server)),
            asyncio.create_task(_pass_counting(from_server, writer, turns)),
        ):
            passing.add(task)
            task.add_done_callback(passing.discard)

    server = await asyncio.start_unix_server(meet, folder / f".s.PGSQL.{_PORT}")
    try:
        yield turns
    finally:
        server.close()
        await server.wait_closed()
        for task in tuple(passing):
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    async with _closed_at_the_end(writer):
        while data := await _read(reader):
            writer.write(data)
            await writer.drain()


async def _pass_counting(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turns: Turns
) -> None:
    """Every answer of a session without TLS is a message: a letter, its length, its body."""
    left, head = 0, b""
    async with _closed_at_the_end(writer):
        while data := await _read(reader):
            at = 0
            while at < len(data):
                if left:
                    passed = min(left, len(data) - at)
                    left, at = left - passed, at + passed
                    continue
                more = data[at : at + _HEAD_BYTES - len(head)]
                head, at = head + more, at + len(more)
                if len(head) == _HEAD_BYTES:
                    turns.counted += head[:1] == _READY
                    left, head = int.from_bytes(head[1:], "big") - 4, b""
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def _closed_at_the_end(writer: asyncio.StreamWriter) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def _read(reader: asyncio.StreamReader) -> bytes:
    with contextlib.suppress(ConnectionError):
        return await reader.read(_MOST_BYTES)
    return b""
