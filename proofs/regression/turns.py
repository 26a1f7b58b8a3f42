"""Counting round trips: what stands between a process and PostgreSQL, and passes everything on.

A round trip begins when a session says something while all that it asked before is answered; that
is the same whatever library speaks, and however many statements, or pipelined answers, go together.
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
_READY: Final = b"Z"[0]
_ASKS: Final = b"QSF"
"""Query, Sync, FunctionCall: each is answered by one ReadyForQuery."""

_HEAD_BYTES: Final = 5
_MOST_BYTES: Final = 65_536


@dataclass(slots=True)
class Turns:
    """How many round trips there were since `taken` was last called; `dsn` leads through here."""

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
        session = _Session(turns)
        for task in (
            asyncio.create_task(session.pass_asked(reader, to_server)),
            asyncio.create_task(session.pass_answered(from_server, writer)),
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


class _Session:
    """One connection without TLS: both sides speak in messages, a letter, a length and a body."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        # The first message has no letter, and is answered when the session is ready.
        self._asked, self._answered = _Letters(bare_first=True), _Letters()
        self._open = 1

    async def pass_asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """From the client to the server."""
        async with _closed_at_the_end(writer):
            while data := await _read(reader):
                self._turns.counted += self._open == 0
                self._open += sum(letter in _ASKS for letter in self._asked.of(data))
                writer.write(data)
                await writer.drain()

    async def pass_answered(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """From the server to the client."""
        async with _closed_at_the_end(writer):
            while data := await _read(reader):
                self._open -= self._answered.of(data).count(_READY)
                writer.write(data)
                await writer.drain()


class _Letters:
    """The letters of the messages that begin in each piece of a stream."""

    def __init__(self, *, bare_first: bool = False) -> None:
        self._head = b"\0" if bare_first else b""
        self._left = 0

    def of(self, data: bytes) -> bytes:
        found, at = bytearray(), 0
        while at < len(data):
            if self._left:
                passed = min(self._left, len(data) - at)
                self._left, at = self._left - passed, at + passed
                continue
            more = data[at : at + _HEAD_BYTES - len(self._head)]
            self._head, at = self._head + more, at + len(more)
            if len(self._head) == _HEAD_BYTES:
                found += self._head[:1]
                self._left, self._head = int.from_bytes(self._head[1:], "big") - 4, b""
        return bytes(found)


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
