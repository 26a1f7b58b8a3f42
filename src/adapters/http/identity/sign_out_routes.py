"""Signing out everywhere: one's own sessions, or those of somebody whom one administers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from litestar import Request, post
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.wire.answers import bare
from adapters.http.wire.ids import path_value
from cashback_core.people.users import USERNAME

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from cashback_core.people.callers import Identities


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOutRoutes:
    """Both end every session of a user, on every process within the age of a standing."""

    admit: Admission
    identities: Identities

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        return [
            post("/api/users/me/sign-out", name="sign_out")(self.own),
            post("/api/users/{username:str}/sign-out", name="sign_out_user")(self.other),
        ]

    async def own(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """End every session of the caller, this one included."""
        _, principal = await self.admit(request)
        await self.identities.sign_out(principal.username, by=principal.caller)
        return bare(204)

    async def other(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """End every session of a user of the caller's merchant; the platform ends anybody's."""
        _, principal = await self.admit(request)
        username = path_value(request, "username", USERNAME)
        if not await self.identities.sign_out(username, by=principal.caller):
            raise NotFoundException
        return bare(204)
