"""What people do to their own account: read it, and change its password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from litestar import HttpMethod, Request, put, route
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.administration.users import user_shape
from adapters.http.resources.answers import answer_read

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from adapters.http.administration.own_password import OwnPassword
    from adapters.http.identity.admission import Admission
    from cashback_core.people.users import UserStore


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccountRoutes:
    """For every role; API clients have no account."""

    admit: Admission
    store: UserStore
    own_password: OwnPassword

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [
            route("/api/users/me", http_method=read, name="read_own_account")(self.read),
            put("/api/users/me/password", name="change_password")(self.change_password),
        ]

    async def read(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Read one's own account."""
        fields, principal = await self.admit(request)
        found = await self.store.find(principal.caller, principal.username)
        return answer_read(found, user_shape, fields)

    async def change_password(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Change one's own password."""
        fields, principal = await self.admit(request)
        return await self.own_password.change(request, fields, principal)
