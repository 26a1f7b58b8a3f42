"""A whole response, ready to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from litestar.types import Receive, Scope, Send

Header = tuple[bytes, bytes]

JSON: Final = b"application/json"
NO_CONTENT: Final = 204

_NO_STORE: Final[Header] = (b"cache-control", b"no-store")
_NO_SNIFF: Final[Header] = (b"x-content-type-options", b"nosniff")


class Answer:
    """Status, headers and body as bytes; an ASGI application, so that handlers can return it.

    Answers hold customers' data and money: no cache keeps them, unless for `cache_s` seconds what
    is everybody's; no browser guesses their type.
    """

    __slots__ = ("body", "headers", "status")

    def __init__(
        self,
        status: int,
        body: bytes,
        *,
        headers: Iterable[Header] = (),
        media_type: bytes = JSON,
        cache_s: int | None = None,
    ) -> None:
        self.status = status
        self.body = body
        # RFC 9110, 8.6: no length with a 204.
        content = (
            ()
            if status == NO_CONTENT
            else ((b"content-type", media_type), (b"content-length", b"%d" % len(body)))
        )
        self.headers = [
            *content,
            _NO_STORE if cache_s is None else (b"cache-control", b"public, max-age=%d" % cache_s),
            _NO_SNIFF,
            *headers,
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})
