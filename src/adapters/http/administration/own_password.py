"""What takes one's own present password: a new one, and making or changing administrators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.http.identity.client_address import client_address
from adapters.http.resources.answers import answer_deleted, read_document
from adapters.http.wire.fields import Body, SecretField
from adapters.http.wire.refusals import InvalidRequestError
from cashback_core.people.log_in import BadCredentialsError
from cashback_core.people.password_policy import LONGEST, SHORTEST, refuse_password
from cashback_core.values.violations import Violation

if TYPE_CHECKING:
    from litestar import Request
    from litestar.types import ASGIApp

    from adapters.http.identity.admission import Principal
    from adapters.http.wire.headers import Fields
    from adapters.http.wire.objects import ObjectReader
    from cashback_core.people.log_in import LogIn
    from cashback_core.people.users import UserStore

NEW_PASSWORD: Final = SecretField(
    about="Long, without the username in it, and not among those that are guessed first.",
    shortest=SHORTEST,
    longest=LONGEST,
)
CHANGE: Final = Body(
    "One's own new password.",
    dict[str, str],
    current=SecretField(about="Until now."),
    new=NEW_PASSWORD,
)
RESET: Final = Body(
    "A new password.",
    dict[str, str],
    new=NEW_PASSWORD,
    current=SecretField(
        about="Your own present one: must be there for your own, and for an administrator's.",
        must=False,
    ),
)
_LIMITS: Final = {"lowest": str(SHORTEST), "highest": str(LONGEST)}


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
        asked = read_passwords(CHANGE, await read_document(request, fields), username)
        await self.confirm(request, principal, asked["current"])
        hashed = await self.login.passwords.hash(asked["new"])
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


def read_passwords(body: Body[dict[str, str]], document: object, username: str) -> dict[str, str]:
    """The passwords of a body, of which `new` is to be this user's. Raises InvalidRequestError."""
    reader = body.reader(document)
    values = body.values(reader)
    refuse_new_password(reader, "new", username)
    reader.refuse_faults()
    return values


def refuse_new_password(reader: ObjectReader, name: str, username: str) -> None:
    """Note the fault of a new password of a user."""
    if reader.is_text(name):
        code = refuse_password(reader.text_of(name), username)
        if code is not None:
            reader.tell_quietly(name, code, **_LIMITS)
