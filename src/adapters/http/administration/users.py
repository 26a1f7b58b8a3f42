"""People over HTTP: a merchant's, and the platform's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from litestar import Request, put
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.administration.own_password import (
    CHANGE,
    NEW_PASSWORD,
    RESET,
    read_passwords,
    refuse_new_password,
)
from adapters.http.administration.owners import MERCHANT_FILTER, merchant_named
from adapters.http.identity.roles import ADMINISTRATORS, MEMBERS
from adapters.http.resources.answers import answer_created, answer_deleted, read_document
from adapters.http.resources.resource import (
    Answered,
    Examples,
    May,
    Orders,
    Resource,
    Says,
    SortKey,
    TextKey,
)
from adapters.http.resources.routes import ResourceRoutes
from adapters.http.wire import fresh
from adapters.http.wire.cursors import Kind
from adapters.http.wire.fields import Body, Choice, SecretField, TextField, Truth
from adapters.http.wire.filters import ChoiceFilter, Filters, TruthFilter
from adapters.http.wire.shapes import Instant, Shape, Version, instant_or_none
from cashback_core.people import users
from cashback_core.people.roles import Role
from cashback_core.people.users import NEW_USERNAME
from cashback_core.values.instants import format_instant
from cashback_core.values.violations import Violation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.administration.own_password import OwnPassword
    from adapters.http.identity.admission import Admission
    from adapters.http.resources.merchant_zones import MerchantZones
    from adapters.http.wire.fields import Field
    from adapters.http.wire.objects import ObjectReader
    from cashback_core.people.passwords import Passwords

ROLES: Final = tuple(role.value for role in Role)
ADMINISTRATIVE: Final = tuple(sorted(ADMINISTRATORS))
"""Whoever is one of these lets others in: a token alone makes nobody one."""


class User(Shape, frozen=True, kw_only=True):
    """Somebody who may sign in; no password and no hash of one is ever told."""

    username: str
    merchant: str | None
    role: str
    disabled: bool
    version: Version
    created_at: Instant
    updated_at: Instant
    disabled_at: Instant | None


def user_shape(user: users.User) -> User:
    """A user as they go out."""
    return User(
        username=user.username,
        merchant=user.merchant,
        role=user.state.role,
        disabled=user.state.disabled,
        version=user.version,
        created_at=format_instant(user.created_at),
        updated_at=format_instant(user.updated_at),
        disabled_at=instant_or_none(user.disabled_at),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedUser:
    """Somebody to be added, before their password is hashed.

    `current` is the present password of whoever adds an administrator, empty for anybody else.
    """

    username: str
    role: str
    password: str = field(repr=False)
    current: str = field(repr=False)
    merchant: str | None = None


def _password_is_good(reader: ObjectReader, values: Mapping[str, Any]) -> None:
    refuse_new_password(reader, "password", values["username"])


def _administrators_take_a_password(reader: ObjectReader, values: Mapping[str, Any]) -> None:
    if values["role"] in ADMINISTRATIVE:
        reader.must_have("current")


def _becomes_administrator(user: users.User, state: users.UserState) -> Violation | None:
    """Nobody does in passing: that is what a new user is for, who takes a password."""
    if state.role in ADMINISTRATIVE and user.state.role not in ADMINISTRATIVE:
        return Violation(pointer="/role", code="becomes_administrator")
    return None


def _new_user(roles: tuple[str, ...], **more: Field[Any]) -> Body[AskedUser]:
    return Body(
        "A new user.",
        AskedUser,
        _password_is_good,
        _administrators_take_a_password,
        username=TextField(
            form=NEW_USERNAME,
            code="username_format",
            says={
                "pattern": "^[a-z0-9][a-z0-9._@-]{0,63}$",
                "description": "Unique in the installation, for ever; not `me`, and no CPF.",
            },
        ),
        role=Choice(roles),
        password=NEW_PASSWORD,
        current=SecretField(
            about="Your own present one: for role `admin` or `platform`, must be there.", must=False
        ),
        **more,
    )


NEW_USER: Final[Body[Any]] = _new_user(
    ROLES,
    merchant=merchant_named(
        "Whom they act for; the platform's administrators alone name it.", must=False
    ),
)
"""An AskedUser: what the store takes has their password's hash."""

NEW_MEMBER: Final = _new_user(tuple(sorted(MEMBERS)))
"""What a merchant's own administrators send."""

_NAME: Final = SortKey[users.User](Kind.TEXT, lambda user: user.username)

USERS: Final = Resource(
    path="/api/users",
    name="User",
    key=TextKey("username", NEW_USERNAME, "The user's name."),
    answer=Answered(User, user_shape),
    new=NEW_USER,
    state=Body(
        "All that can be changed.",
        users.UserState,
        role=Choice(ROLES),
        disabled=Truth(
            about="May not sign in, and every session of theirs ends within five seconds."
        ),
    ),
    refuses=_becomes_administrator,
    orders=Orders(
        default="username",
        key=_NAME,
        columns={
            "username": _NAME,
            "created_at": SortKey(Kind.INSTANT, lambda user: user.created_at),
        },
    ),
    filters=Filters(
        users.UserFilter,
        role=ChoiceFilter(about="Only these.", choices=ROLES),
        disabled=TruthFilter(about="Only these."),
        merchant=MERCHANT_FILTER,
    ),
    may=May(read=ADMINISTRATORS, write=ADMINISTRATORS),
    says=Says(
        tag="Users",
        one="a user",
        many="users",
        added=" with a first password",
        created="An administrator adds their own merchant's; the platform's name the `merchant`, or"
        " none for role `platform`. A name is given away once, for ever. Making an administrator"
        " (`admin`, `platform`) takes your own present password, `current`.",
        deleted="They get in no more, every session of theirs has ended, and the name stays taken.",
        create_problems=("log_in_throttled", "too_many_logins"),
        change_problems=("in_use",),
        delete_problems=("in_use",),
    ),
    examples=Examples(
        new={
            "username": f"maria-{fresh.NAME}",
            "role": "operator",
            "password": "quatro palavras bem longe",
        },
        state={"role": "analyst", "disabled": False},
        patch={"disabled": True},
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRoutes:
    """A merchant's administrators for its own people, the platform's for everybody."""

    admit: Admission
    store: users.UserStore
    zones: MerchantZones
    passwords: Passwords
    own_password: OwnPassword

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        routes = ResourceRoutes(
            resource=USERS, store=self.store, admit=self.admit, zones=self.zones
        )
        password = f"{USERS.path}/{{username:str}}/password"
        return [
            *routes.handlers(create=self.create),
            put(password, name="resetPassword")(self.reset_password),
        ]

    async def create(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Add a user with a first password."""
        fields, principal = await self.admit(request)
        body = NEW_USER if principal.home is None else NEW_MEMBER
        asked: AskedUser = body.read(await read_document(request, fields))
        if asked.role in ADMINISTRATIVE:
            await self.own_password.confirm(request, principal, asked.current)
        new = users.NewUser(
            username=asked.username,
            role=asked.role,
            merchant=asked.merchant,
            password_hash=await self.passwords.hash(asked.password),
        )
        outcome = await self.store.create(principal.caller, new)
        return answer_created(outcome, user_shape, location=USERS.location)

    async def reset_password(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Give a user who forgot theirs a new password; to oneself only as `me` would.

        To another administrator with the caller's own present one: a token is no account.
        """
        fields, principal = await self.admit(request)
        username = USERS.key.read(request)
        if username == principal.username:
            return await self.own_password.change(request, fields, principal)
        document = await read_document(request, fields)
        known = await self.store.find(principal.caller, username)
        is_administrator = known is not None and known.state.role in ADMINISTRATIVE
        asked = read_passwords(CHANGE if is_administrator else RESET, document, username)
        if is_administrator:
            await self.own_password.confirm(request, principal, asked["current"])
        hashed = await self.passwords.hash(asked["new"])
        return answer_deleted(await self.store.set_password(principal.caller, username, hashed))
