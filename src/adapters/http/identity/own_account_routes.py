"""What people do to their own account: read it, and change its password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from litestar import HttpMethod, Request, put, route
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.administration.user_bodies import read_changed_password
from adapters.http.administration.user_routes import user_shape
from adapters.http.identity.client_address import client_address
from adapters.http.identity.credentials import InvalidRequestError
from adapters.http.identity.login import BadCredentialsError
from adapters.http.problems.faults import Fault
from adapters.http.resources.answering import answer_deleted, answer_read, caller_of, read_document

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from adapters.http.identity.login import Login
    from cashback_core.people import UserStore


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccountRoutes:
    """For every role; API clients have no account."""

    admit: Admission
    store: UserStore
    login: Login
    trusted_hops: int

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
        found = await self.store.find(caller_of(principal), principal.username)
        if found is None:
            raise NotFoundException
        return answer_read(found, user_shape, fields)

    async def change_password(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Change one's own password; the present one is asked for, and guessing at it slows down.

        A token that was left lying about must not become an account.
        """
        fields, principal = await self.admit(request)
        username = principal.username
        current, new = read_changed_password(await read_document(request, fields), username)
        address = client_address(request.scope, trusted_hops=self.trusted_hops)
        try:
            await self.login.confirm(username=username, password=current, address=address)
        except BadCredentialsError as error:
            wrong = Fault(pointer="/current", code="password_wrong")
            raise InvalidRequestError((wrong,)) from error
        hashed = await self.login.passwords.hash(new)
        refusal = await self.store.set_password(caller_of(principal), username, hashed)
        return answer_deleted(refusal, fields)
