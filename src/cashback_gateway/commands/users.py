"""`users` and `token`: what an operator does with people. Passwords come on standard input."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final, Literal

from cyclopts import Parameter

from adapters.postgres.administration.users import PostgresUsers
from cashback_core.people.users import NEW_USERNAME, USERNAME, NewUser, UserFilter
from cashback_gateway.commands.as_platform import administration, all_by, caller, done, there
from cashback_gateway.commands.parameters import Json, Limit, Slug
from cashback_gateway.commands.passwords import read_password_line, refuse_weak
from cashback_gateway.commands.place import Here, Workplace
from cashback_gateway.commands.refusals import (
    ActRefusedError,
    WrongUseError,
    fault_words,
    refused,
)
from cashback_gateway.commands.tables import (
    TableColumn,
    listing_of,
    show_json,
    show_listing,
    show_record,
)

if TYPE_CHECKING:
    from cashback_core.people.users import User

UserRole = Literal["erp", "analyst", "operator", "admin", "platform"]
Username = Annotated[str, Parameter(help="the user's name")]
_COLUMNS: Final = (
    TableColumn("username"),
    TableColumn("merchant"),
    TableColumn("role"),
    TableColumn("created_at", "CREATED"),
    TableColumn("disabled_at", "DISABLED"),
)


async def add(
    name: Username,
    /,
    *,
    merchant: Annotated[Slug | None, Parameter(help="whom the user acts for")] = None,
    role: Annotated[UserRole, Parameter(help="platform is without a merchant, no other is")],
    here: Here,
) -> None:
    """Add a user whose password comes on standard input."""
    if (role == "platform") != (merchant is None):
        raise WrongUseError(fault_words("role_and_merchant", {}))
    if NEW_USERNAME.match(name) is None:
        raise WrongUseError(f"username: {fault_words('username_format', {})}")
    password = read_password_line()
    new = NewUser(
        username=name, role=role, merchant=merchant, password_hash=_hashed(password, name)
    )
    async with administration(here) as opened:
        outcome = await PostgresUsers(opened).create(caller(), new)
    done(outcome, f"user {name!r}")
    place = "for the platform" if merchant is None else f"for merchant {merchant}"
    print(f"user {name} may log in {place} as {role}")


async def list_all(
    *,
    merchant: Annotated[Slug | None, Parameter(help="default: every merchant")] = None,
    role: UserRole | None = None,
    disabled: Annotated[bool | None, Parameter(negative="--enabled", help="only those")] = None,
    limit: Limit = 100,
    json: Json = False,
    here: Here,
) -> None:
    """List users."""
    which = UserFilter(merchant=merchant, role=role, disabled=disabled)
    async with administration(here) as opened:
        page = await PostgresUsers(opened).page(caller(), all_by("username"), which)
    records = [*map(_user, page.items)]
    show_listing(listing_of(records, _COLUMNS, limit=limit, more=page.more), as_json=json)


async def show(name: Username, /, *, json: Json = False, here: Here) -> None:
    """Show a user."""
    async with administration(here) as opened:
        found = await PostgresUsers(opened).find(caller(), name)
    record = _user(there(found, f"user {name!r}"))
    (show_json if json else show_record)(record)


async def disable(name: Username, /, *, here: Here) -> None:
    """Let a user in no more, and end their sessions."""
    await _put(here, name, disabled=True)
    print(f"user {name} is disabled: they may not log in, and their sessions have ended")


async def enable(name: Username, /, *, here: Here) -> None:
    """Let a user log in again."""
    await _put(here, name, disabled=False)
    print(f"user {name} is enabled")


async def set_password(name: Username, /, *, here: Here) -> None:
    """Give a user the password that comes on standard input, and end their sessions."""
    if USERNAME.match(name) is None:
        raise ActRefusedError(f"there is no user {name!r}")
    password_hash = _hashed(read_password_line(), name)
    async with administration(here) as opened:
        refusal = await PostgresUsers(opened).set_password(caller(), name, password_hash)
    if refusal is not None:
        raise refused(refusal, f"user {name!r}")
    print(f"user {name} has a new password")


async def issue_token(name: Username, /, *, here: Here) -> None:
    """Print an access token for a user who may log in."""
    from adapters.credentials.signing_key import load_signing_key
    from adapters.credentials.tokens import JwtTokens
    from adapters.postgres.connection.database import Database
    from adapters.postgres.identity.accounts import PostgresAccounts
    from cashback_core.people.tokens import Lifetimes, TokenKind, owner_of

    with here.settings("CASHBACK_SIGNING_KEY_FILE") as settings:
        lives = settings.tokens
        lifetimes = Lifetimes(access_s=lives.access_s, refresh_s=lives.refresh_s)
        tokens = JwtTokens(load_signing_key(lives.signing_key_file), lifetimes=lifetimes)
        accounts = PostgresAccounts(Database(settings.database.url))
        session = await accounts.begin_session(name, life_s=lives.access_s)
        print(tokens.issue(TokenKind.ACCESS, owner_of(session)))


async def _put(here: Workplace, name: str, *, disabled: bool) -> None:
    what = f"user {name!r}"
    async with administration(here) as opened:
        users = PostgresUsers(opened)
        present = there(await users.find(caller(), name), what)
        state = replace(present.state, disabled=disabled)
        outcome = await users.replace(caller(), name, state, frozenset({present.version}))
    done(outcome, what)


def _hashed(password: str, username: str) -> str:
    from adapters.credentials.password_hashes import hash_password

    refuse_weak(password, username)
    return hash_password(password)


def _user(one: User) -> dict[str, object]:
    return {
        "username": one.username,
        "merchant": one.merchant,
        "role": one.state.role,
        "version": one.version,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "disabled_at": one.disabled_at,
    }
