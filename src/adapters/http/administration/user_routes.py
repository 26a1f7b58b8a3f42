"""The routes of users: a merchant's people, and the platform's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from litestar import HttpMethod, Request, post, put, route
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.administration import shapes
from adapters.http.administration.user_bodies import (
    ADMINISTRATIVE,
    ROLES,
    check_state,
    document_of,
    read_changed_password,
    read_new_password,
    read_new_user,
)
from adapters.http.resources.answering import (
    answer_created,
    answer_deleted,
    read_document,
)
from adapters.http.resources.one_resource import OneResource
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.cursors import Kind
from adapters.http.wire.ids import path_value
from adapters.http.wire.queries import Ordering, QueryReader
from adapters.http.wire.refusals import InvalidRequestError
from cashback_core.people.users import NEW_USERNAME, NewUser, User, UserFilter, UserState
from cashback_core.values.instants import format_instant
from cashback_core.values.violations import Violation

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from adapters.http.administration.own_password import OwnPassword
    from adapters.http.identity.admission import Admission
    from cashback_core.administration.resources import Caller, Done, Refusal, Versions
    from cashback_core.people.passwords import Passwords
    from cashback_core.people.users import UserStore

PATH: Final = "/api/users"
ORDERING: Final = Ordering(
    resource="users",
    columns={"username": Kind.TEXT, "created_at": Kind.INSTANT},
    key=Kind.TEXT,
    default="username",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRoutes:
    """A merchant's administrators for its own people, the platform's for everybody."""

    admit: Admission
    store: UserStore
    passwords: Passwords
    own_password: OwnPassword

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        one = f"{PATH}/{{username:str}}"
        known: OneResource[str, User, UserState] = OneResource(
            admit=self.admit,
            key=read_username,
            find=self.store.find,
            replace_by=self._replace,
            delete_by=self.store.delete,
            document=document_of,
            check=check_state,
            shape=user_shape,
        )
        return [
            post(PATH, name="create_user")(self.create),
            route(PATH, http_method=read, name="list_users")(self.page),
            *known.handlers(one, "user"),
            put(f"{one}/password", name="reset_password")(self.reset_password),
        ]

    async def create(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Add a user with a first password."""
        fields, principal = await self.admit(request)
        document = await read_document(request, fields)
        asked = read_new_user(document, by_platform=principal.home is None)
        if asked.current is not None:
            await self.own_password.confirm(request, principal, asked.current)
        new = NewUser(
            username=asked.username,
            role=asked.role,
            merchant=asked.merchant,
            password_hash=await self.passwords.hash(asked.password),
        )
        outcome = await self.store.create(principal.caller, new)
        return answer_created(outcome, user_shape, location=lambda made: f"{PATH}/{made.username}")

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List users."""
        _, principal = await self.admit(request)
        query = QueryReader(request.scope["query_string"], ORDERING, "role", "disabled", "merchant")
        which = UserFilter(
            merchant=query.text("merchant"),
            role=query.choice("role", ROLES),
            disabled=query.truth("disabled"),
        )
        wanted = query.slice()
        page = await self.store.page(principal.caller, wanted, which)
        cursor = None
        if page.more:
            last = page.items[-1]
            value = {"username": last.username, "created_at": last.created_at}
            cursor = query.cursor_after(value[wanted.sort], last.username)
        items = [user_shape(user) for user in page.items]
        return Answer(200, encode(shapes.UserPage(items=items, next_cursor=cursor)))

    async def reset_password(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Give a user who forgot theirs a new password; to oneself only as `me` would.

        To another administrator with the caller's own present one: a token is no account.
        """
        fields, principal = await self.admit(request)
        username = read_username(request)
        if username == principal.username:
            return await self.own_password.change(request, fields, principal)
        document = await read_document(request, fields)
        known = await self.store.find(principal.caller, username)
        if known is not None and known.state.role in ADMINISTRATIVE:
            current, new = read_changed_password(document, username)
            await self.own_password.confirm(request, principal, current)
        else:
            new = read_new_password(document, username)
        hashed = await self.passwords.hash(new)
        refusal = await self.store.set_password(principal.caller, username, hashed)
        return answer_deleted(refusal)

    async def _replace(
        self, caller: Caller, username: str, state: UserState, versions: Versions
    ) -> Done[User] | Refusal:
        """The store's, but nobody becomes an administrator in passing."""
        if state.role in ADMINISTRATIVE:
            known = await self.store.find(caller, username)
            if known is not None and known.state.role not in ADMINISTRATIVE:
                raise InvalidRequestError(
                    (Violation(pointer="/role", code="becomes_administrator"),)
                )
        return await self.store.replace(caller, username, state, versions)


def read_username(request: Request[Any, Any, Any]) -> str:
    """The username in an address; raises NotFoundException for any other text."""
    return path_value(request, "username", NEW_USERNAME)


def user_shape(user: User) -> shapes.User:
    """A user as it goes out."""
    disabled_at = user.disabled_at
    return shapes.User(
        username=user.username,
        merchant=user.merchant,
        role=user.state.role,
        disabled=user.state.disabled,
        version=user.version,
        created_at=format_instant(user.created_at),
        updated_at=format_instant(user.updated_at),
        disabled_at=None if disabled_at is None else format_instant(disabled_at),
    )
