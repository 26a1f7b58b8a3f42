"""A whole response, ready to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from litestar.types import Receive, Scope, Send

Header = tuple[bytes, bytes]

encode: Final = msgspec.json.Encoder().encode
"""A shape as JSON."""

JSON: Final = b"application/json"

_NO_STORE: Final[Header] = (b"cache-control", b"no-store")

POLICY: Final = b"content-security-policy"

SECURITY: Final[tuple[Header, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
"""Answers hold customers' data and money: no browser guesses their type, no other site's page gets
hold of them, and no cache keeps them unless they are everybody's."""

NOTHING: Final[Header] = (POLICY, b"default-src 'none'; frame-ancestors 'none'")
"""What a page may do that is no page."""


class Answer:
    """Status, headers and body as bytes; an ASGI application, so that handlers can return it.

    Every one carries the headers of SECURITY and the content policy that is given. Caches keep it
    for `cache_s` seconds, and not at all by default.
    """

    __slots__ = ("body", "headers", "status")

    def __init__(
        self,
        status: int,
        body: bytes,
        *,
        headers: Iterable[Header] = (),
        media_type: bytes = JSON,
        policy: Header = NOTHING,
        cache_s: int | None = None,
    ) -> None:
        self.status = status
        self.body = body
        self.headers = [
            (b"content-type", media_type),
            (b"content-length", b"%d" % len(body)),
            _NO_STORE if cache_s is None else (b"cache-control", b"public, max-age=%d" % cache_s),
            *SECURITY,
            policy,
            *headers,
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def bare(status: int, headers: Iterable[Header] = ()) -> Answer:
    """An answer without a body: a length would be the length of another one (RFC 9110, 8.6)."""
    answer = Answer(status, b"", headers=headers)
    content = {b"content-type", b"content-length"}
    answer.headers = [header for header in answer.headers if header[0] not in content]
    return answer
