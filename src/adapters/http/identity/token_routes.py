"""The routes of tokens: log in, renew, verify, revoke; and the keys that check them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar import HttpMethod, Request, post, route
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.identity import shapes
from adapters.http.identity.client_address import client_address
from adapters.http.identity.credentials import read_credentials
from adapters.http.identity.token_form import answer_form, is_form
from adapters.http.wire.answers import Answer, bare, encode
from adapters.http.wire.body import decode_json, read_body
from adapters.http.wire.headers import read_fields
from adapters.http.wire.objects import read_texts
from cashback_core.people.callers import CLIENT
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from cashback_core.people.log_in import LogIn, TokenGrant

KEYS_AGE_S: Final = 300
"""How long others may keep our public keys."""


@dataclass(frozen=True, slots=True)
class TokenRoutes:
    """None of them needs a token in the header: the body is the credential."""

    login: LogIn
    trusted_hops: int

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [
            post("/api/token", name="log_in")(self.obtain),
            post("/api/token/refresh", name="refresh_token")(self.refresh),
            post("/api/token/verify", name="verify_token")(self.verify),
            post("/api/token/revoke", name="revoke_token")(self.revoke),
            route("/.well-known/jwks.json", http_method=read, name="keys")(self.keys),
        ]

    async def obtain(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Tokens for a username and a password, or a token for a client and its secret."""
        address = self._address(request)
        if is_form(fields := read_fields(request.scope["headers"])):
            return await answer_form(self.login, fields, request.receive, address=address)
        kind, name, secret = read_credentials(await _read(request))
        if kind == "client":
            return _answer(await self.login.client(client_id=name, secret=secret, address=address))
        return _answer(await self.login(username=name, password=secret, address=address))

    async def refresh(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """New tokens for a refresh token."""
        (token,) = read_texts(await _read(request), "refresh")
        return _answer(await self.login.refresh(token, address=self._address(request)))

    async def verify(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """What a token says, if it is good."""
        (token,) = read_texts(await _read(request), "token")
        claims = await self.login.verify(token)
        subject = claims.owner.subject
        name = subject.partition(":")[2]
        is_client = subject.startswith(CLIENT)
        shape = shapes.Verified(
            typ=claims.kind,
            username=None if is_client else name,
            client_id=name if is_client else None,
            expires_at=format_instant(datetime.fromtimestamp(claims.expires_at_s, UTC)),
        )
        return Answer(200, encode(shape))

    async def revoke(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """End what a token stands for."""
        (token,) = read_texts(await _read(request), "token")
        await self.login.revoke(token, address=self._address(request))
        return bare(204)

    async def keys(self, request: Request[Any, Any, Any]) -> ASGIApp:  # noqa: ARG002
        """The public parts of every key whose tokens are good (RFC 7517)."""
        keys = [shapes.TokenKey(**key) for key in self.login.tokens.public_keys()]
        return Answer(200, encode(shapes.TokenKeys(keys=keys)), cache_s=KEYS_AGE_S)

    def _address(self, request: Request[Any, Any, Any]) -> str:
        return client_address(request.scope, trusted_hops=self.trusted_hops)


async def _read(request: Request[Any, Any, Any]) -> object:
    fields = read_fields(request.scope["headers"])
    return decode_json(await read_body(fields, request.receive))


def _answer(granted: TokenGrant) -> Answer:
    shape = shapes.TokenPair(
        access=granted.access,
        refresh=msgspec.UNSET if granted.refresh is None else granted.refresh,
        expires_in=granted.expires_in_s,
    )
    return Answer(200, encode(shape))
