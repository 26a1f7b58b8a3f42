"""A double on a port of this machine, for clients that speak HTTP and nothing else."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Final

import uvicorn

from adapters.http.serving.server import GuardedProtocol

if TYPE_CHECKING:
    from litestar.types import ASGIApp

_HOST: Final = "127.0.0.1"
_POLL_S: Final = 0.005


class Loopback:
    """Served by what serves the API, in the loop that opens it; `url` once it is open."""

    def __init__(self, app: ASGIApp) -> None:
        self.url = ""
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=GuardedProtocol,
                ws="none",
                lifespan="off",
                interface="asgi3",
                proxy_headers=False,
                access_log=False,
                server_header=False,
                log_config=None,
                timeout_graceful_shutdown=1,
            )
        )
        self._serving: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Listen on a free port."""
        listening = socket.socket()
        listening.bind((_HOST, 0))
        self.url = f"http://{_HOST}:{listening.getsockname()[1]}"
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        while not self._server.started and not self._serving.done():  # noqa: ASYNC110 (uvicorn has no event)
            await asyncio.sleep(_POLL_S)

    async def close(self) -> None:
        """Hang up."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving
