"""An event loop in a thread of its own, so that tests that await nothing may use what does."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")

PATIENCE_S: Final = 90.0
"""Longer than any request may wait: what takes longer hangs, and a test shall end."""


class Portal:
    """The way into that loop; closed, nothing of it is left."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="cashback double", daemon=True
        )
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Its result, awaited in the loop; raises what it raises, TimeoutError after 90 s."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    async def join(self, work: Coroutine[Any, Any, T]) -> T:
        """The same for a caller in a loop of its own."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def close(self) -> None:
        """Cancel what is left, and end the thread."""
        if self._loop.is_closed():
            return
        self.run(_end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class InProcess(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Requests to an ASGI application in the portal's loop, without a socket, read whole."""

    def __init__(self, app: Any, portal: Portal) -> None:
        self._transport = httpx.ASGITransport(app)
        self._portal = portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx."""
        request.read()
        return self._portal.run(self._answer(request))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx."""
        await request.aread()
        return await self._portal.join(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        # A copy: one with a body that was read whole may be sent by either kind of client.
        copy = httpx.Request(
            request.method,
            request.url,
            headers=request.headers,
            content=request.content,
            extensions=request.extensions,
        )
        answer = await self._transport.handle_async_request(copy)
        body = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)


async def _end() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()
