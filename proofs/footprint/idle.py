"""Connections that are open and quiet, as those of a chain's tills: each asks once in a while."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

_EVERY_S: Final = 50.0
"""Less than the server keeps a quiet connection."""

_HOST: Final = "127.0.0.1"
_REQUEST: Final = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_OPENING_S: Final = 30.0


class NotKeptError(Exception):
    """The service hung up on somebody who only waited, or let nobody in."""


@contextmanager
def idle_connections(port: int, count: int) -> Generator[None, None, None]:
    """Keep so many open meanwhile. Raises NotKeptError, at the end, if one was lost."""
    opened, ended = threading.Event(), threading.Event()
    lost: list[BaseException] = []

    def keep() -> None:
        try:
            asyncio.run(_keep(port, count, opened, ended))
        except (OSError, ExceptionGroup, asyncio.IncompleteReadError) as error:
            lost.append(error)
        finally:
            opened.set()

    thread = threading.Thread(target=keep, name="idle connections", daemon=True)
    thread.start()
    if not opened.wait(_OPENING_S):
        raise NotKeptError(f"{count} connections were not open within {_OPENING_S:g} s")
    try:
        yield
    finally:
        ended.set()
        thread.join()
    if lost:
        raise NotKeptError(f"of {count} idle connections not all were kept") from lost[0]


async def _keep(port: int, count: int, opened: threading.Event, ended: threading.Event) -> None:
    async with asyncio.TaskGroup() as group:
        kept = [group.create_task(_one(port, ended, count, number)) for number in range(count)]
        while not ended.is_set():
            await asyncio.sleep(0.1)
            if all(task.get_name() == "open" or task.done() for task in kept):
                opened.set()


async def _one(port: int, ended: threading.Event, count: int, number: int) -> None:
    """Ask, wait, ask again: not all at the same moment."""
    reader, writer = await asyncio.open_connection(_HOST, port)
    try:
        quiet_s = _EVERY_S * number / count
        while not ended.is_set():
            writer.write(_REQUEST)
            head = await reader.readuntil(b"\r\n\r\n")
            _, _, length = head.lower().partition(b"content-length:")
            await reader.readexactly(int(length.split(b"\r\n")[0] or 0))
            task = asyncio.current_task()
            assert task is not None
            task.set_name("open")
            slept_s = 0.0
            while slept_s < quiet_s and not ended.is_set():
                await asyncio.sleep(0.5)
                slept_s += 0.5
            quiet_s = _EVERY_S
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
