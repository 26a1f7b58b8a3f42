"""The routes of tokens: log in, renew, verify."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from litestar import Request, post
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http import shapes
from adapters.http.answers import Answer
from adapters.http.body import decode_json, read_body
from adapters.http.credentials import read_texts
from adapters.http.fields import read_fields
from adapters.http.wire import encode
from cashback_core.instants import format_instant

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from adapters.http.login import Login, TokenPair


@dataclass(frozen=True, slots=True)
class TokenRoutes:
    """None of them needs a token in the header: the body is the credential."""

    login: Login

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        return [
            post("/api/token", name="log_in")(self.obtain),
            post("/api/token/refresh", name="refresh_token")(self.refresh),
            post("/api/token/verify", name="verify_token")(self.verify),
        ]

    async def obtain(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Tokens for a username and a password."""
        username, password = await _read(request, "username", "password")
        return _answer_pair(await self.login(username=username, password=password))

    async def refresh(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """New tokens for a refresh token."""
        (token,) = await _read(request, "refresh")
        return _answer_pair(await self.login.refresh(token))

    async def verify(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """What a token says, if it is good."""
        (token,) = await _read(request, "token")
        claims = self.login.verify(token)
        shape = shapes.Verified(
            typ=claims.kind,
            username=claims.username,
            expires_at=format_instant(datetime.fromtimestamp(claims.expires_at_s, UTC)),
        )
        return Answer(200, encode(shape))


async def _read(request: Request[Any, Any, Any], *names: str) -> tuple[str, ...]:
    fields = read_fields(request.scope["headers"])
    return read_texts(decode_json(await read_body(fields, request.receive)), *names)


def _answer_pair(pair: TokenPair) -> Answer:
    return Answer(200, encode(shapes.TokenPair(access=pair.access, refresh=pair.refresh)))
