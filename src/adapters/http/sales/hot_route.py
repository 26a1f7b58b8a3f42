"""The way of a submitted sale past the router.

A sale is most of what is sent, and a ninth of its Python was the framework's: finding the route, a
request of its own, a stack of contexts and handlers (26 of 244 µs of CPU, measured without sockets
and stores in November 2026). Here the same handler is called without them. The router has the route
all the same: whatever is the least unusual goes there, and a test compares the answers of both, to
the byte.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from adapters.http.wire.headers import read_fields

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from litestar import Litestar
    from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

    from adapters.http.wire.answers import Answer
    from adapters.http.wire.headers import Fields

    Handler = Callable[[Fields, HTTPScope, Receive], Awaitable[Answer]]
    Refusing = Callable[[HTTPScope, Exception], ASGIApp]

_PLAIN_HOST: Final = re.compile(rb"[0-9A-Za-z.:\[\]-]*\Z")
"""The router looks at others, and refuses some."""


class HotRoute:
    """An application that answers `POST` to some paths by itself and leaves all else to `router`.

    `take` is the handler, and `refuse` makes the answer of what it raises.
    """

    __slots__ = ("_paths", "_refuse", "_take", "router")

    def __init__(
        self, router: Litestar, paths: Collection[str], *, take: Handler, refuse: Refusing
    ) -> None:
        self.router = router
        self._paths = frozenset(paths)
        self._take = take
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        http: Any = scope
        if http["type"] != "http" or http["method"] != "POST" or http["path"] not in self._paths:
            await self.router(scope, receive, send)
            return
        fields = read_fields(http["headers"])
        if http.get("root_path") or _PLAIN_HOST.match(fields.get(b"host", b"")) is None:
            await self.router(scope, receive, send)
            return
        http["path_template"] = http["path"]  # what was found: of access, metrics and the log
        try:
            answer: ASGIApp = await self._take(fields, cast("HTTPScope", scope), receive)
        except Exception as error:  # noqa: BLE001 (the edge of HTTP, as the router's)
            answer = self._refuse(cast("HTTPScope", scope), error)
        await answer(scope, receive, send)
