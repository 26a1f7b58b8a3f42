"""Looking names of strangers up, in threads of its own.

The loop's own pool of threads looks up the provider, too: names whose servers never answer would
keep it busy. These threads are few, nobody waits for them at the end, and one is counted until the
system's resolver lets go of it, however long ago its caller gave up.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_THREADS: Final = 16
MAX_ADDRESSES: Final = 4
"""Of a name with more, the first ones are tried."""


class Resolver:
    """Looks up names; one for a loop."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(MAX_THREADS)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """All addresses of a host, in the system's order. Raises OSError."""
        await self._turns.acquire()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[str]] = loop.create_future()

        def settle(found: list[str] | OSError) -> None:
            self._turns.release()
            if future.done():  # whoever asked has given up
                return
            if isinstance(found, OSError):
                future.set_exception(found)
            else:
                future.set_result(found)

        def ask() -> None:
            found = _addresses(host, port)
            try:
                loop.call_soon_threadsafe(settle, found)
            except RuntimeError:  # the loop has ended
                return

        threading.Thread(target=ask, name="webhook-name", daemon=True).start()
        return await future


def _addresses(host: str, port: int) -> list[str] | OSError:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        return error
    except UnicodeError:
        return socket.gaierror(socket.EAI_NONAME, "no name")
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
