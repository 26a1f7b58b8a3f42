"""What takes one's own present password: a new one, and making or changing administrators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.http.administration.user_bodies import read_changed_password
from adapters.http.identity.client_address import client_address
from adapters.http.resources.answering import answer_deleted, read_document
from adapters.http.wire.refusals import InvalidRequestError
from cashback_core.people.log_in import BadCredentialsError
from cashback_core.values.violations import Violation

if TYPE_CHECKING:
    from litestar import Request
    from litestar.types import ASGIApp

    from adapters.http.identity.admission import Principal
    from adapters.http.wire.headers import Fields
    from cashback_core.people.log_in import LogIn
    from cashback_core.people.users import UserStore


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPassword:
    """With the present one: a token that was left lying about must not become an account."""

    store: UserStore
    login: LogIn
    trusted_hops: int

    async def change(
        self, request: Request[Any, Any, Any], fields: Fields, principal: Principal
    ) -> ASGIApp:
        """Guessing at the present one slows down like a log-in."""
        username = principal.username
        current, new = read_changed_password(await read_document(request, fields), username)
        await self.confirm(request, principal, current)
        hashed = await self.login.passwords.hash(new)
        refusal = await self.store.set_password(principal.caller, username, hashed)
        return answer_deleted(refusal)

    async def confirm(
        self, request: Request[Any, Any, Any], principal: Principal, current: str
    ) -> None:
        """Raises InvalidRequestError unless it is the caller's, LogInThrottledError."""
        username = principal.username
        address = client_address(request.scope, trusted_hops=self.trusted_hops)
        try:
            await self.login.confirm(username=username, password=current, address=address)
        except BadCredentialsError as error:
            wrong = Violation(pointer="/current", code="password_wrong")
            raise InvalidRequestError((wrong,)) from error
