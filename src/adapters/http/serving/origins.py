"""Which other sites' pages may call the API from a browser: none, unless they are named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from litestar.enums import ScopeType

from adapters.http.wire.answers import Header, bare

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar.types import ASGIApp, Message, Receive, Scope, Send

_METHODS: Final = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_SENT: Final = (
    b"Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match,"
    b" Prefer, traceparent, tracestate"
)
_SEEN: Final = (
    b"ETag, Idempotent-Replayed, Location, Preference-Applied, Retry-After, WWW-Authenticate,"
    b" X-Request-Id"
)
_REMEMBERED_S: Final = 600
_VARY: Final[Header] = (b"vary", b"Origin")


class Origins:
    """Wraps an application; `allowed` are origins as browsers send them, to the letter.

    Cookies are used nowhere, so credentials are never allowed. A page of another site that is not
    named gets the answer of a program, and its browser keeps it from it.
    """

    __slots__ = ("_allowed", "_app")

    def __init__(self, app: ASGIApp, allowed: frozenset[str]) -> None:
        self._app = app
        self._allowed = {origin.encode("ascii") for origin in allowed}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer a browser that asks first."""
        if scope["type"] != ScopeType.HTTP or not self._allowed:
            await self._app(scope, receive, send)
            return
        http = cast("Mapping[str, Any]", scope)
        asks = http["method"] == "OPTIONS"
        fields = dict(http["headers"])
        origin = fields.get(b"origin")
        granted = self._granted(origin)
        if asks and origin in self._allowed and b"access-control-request-method" in fields:
            await bare(204, (*granted, *_preflight()))(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *granted]
            await send(message)

        await self._app(scope, receive, add)

    def _granted(self, origin: bytes | None) -> tuple[Header, ...]:
        if origin is None or origin not in self._allowed:
            return (_VARY,)  # a cache may not give this answer to a page that is named
        return (
            _VARY,
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", _SEEN),
        )


def _preflight() -> tuple[Header, ...]:
    return (
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", _SENT),
        (b"access-control-max-age", b"%d" % _REMEMBERED_S),
    )
