"""Users in PostgreSQL; the promises stand in `cashback_core.people.users`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.administration.merchants import merchant_meant
from adapters.postgres.administration.pages import Column
from adapters.postgres.administration.shelf import UNIQUE, RolledBack, Shelf
from adapters.postgres.identity.accounts import end_sessions
from cashback_core.administration.resources import InUse, Invalid, Taken
from cashback_core.people.callers import USER
from cashback_core.people.users import NewUser, User, UserFilter, UserState, UserStore

if TYPE_CHECKING:
    from adapters.postgres.administration.transactions import Administration
    from cashback_core.administration.resources import Caller, Done, Page, Refusal, Slice, Versions

_UNUSABLE: Final = "$argon2id$"
"""Fits no password: whoever is deleted leaves no hash behind."""

_TAKEN: Final = {UNIQUE: Taken(name="username")}
_LAST: Final = {"last_administrator": InUse(reason="last_administrator")}
_ROLE_AND_MERCHANT: Final = Invalid(name="role", fault="role_and_merchant")


@dataclass(frozen=True, slots=True)
class PostgresUsers(UserStore):
    """Users, each method one transaction of `administration`."""

    administration: Administration

    async def page(self, caller: Caller, wanted: Slice, which: UserFilter) -> Page[User]:
        filters = {"merchant": which.merchant, "role": which.role, "disabled": which.disabled}
        return await _SHELF.page(self.administration, caller, wanted, filters)

    async def find(self, caller: Caller, username: str) -> User | None:
        return await _SHELF.find(self.administration, caller, username)

    async def create(self, caller: Caller, new: NewUser) -> Done[User] | Refusal:
        async with _SHELF.making(self.administration, caller, new.username, _TAKEN) as making:
            merchant_id = await merchant_meant(making.connection, caller, new.merchant)
            if merchant_id is None and new.merchant is not None:
                raise RolledBack(Invalid(name="merchant", fault="no_such_merchant"))
            if (new.role == "platform") != (merchant_id is None):
                raise RolledBack(_ROLE_AND_MERCHANT)
            await making.execute(
                "insert into users (username, merchant_id, role, password_hash)"
                " values (%(key)s, %(of)s, %(role)s, %(password_hash)s)",
                of=merchant_id,
                role=new.role,
                password_hash=new.password_hash,
            )
        return making.outcome

    async def replace(
        self, caller: Caller, username: str, state: UserState, versions: Versions
    ) -> Done[User] | Refusal:
        changing = _SHELF.changing(self.administration, caller, username, versions, _LAST)
        async with changing as change:
            before = change.row["role"]
            if (before == "platform") != (state.role == "platform"):
                raise RolledBack(_ROLE_AND_MERCHANT)
            # One's own role is compared here and not before: it may have changed meanwhile.
            if caller.actor == USER + username and before != state.role:
                raise RolledBack(Invalid(name="role", fault="own_role"))
            await change.update(
                """
                role = %(role)s,
                disabled_at = case when %(disabled)s then coalesce(disabled_at, now()) end
                """,
                role=state.role,
                disabled=state.disabled,
            )
            if state.disabled:
                await end_sessions(change.connection, change.row["user_id"], reason="disabled")
        return change.outcome

    async def delete(self, caller: Caller, username: str, versions: Versions) -> Refusal | None:
        ending_ = _SHELF.ending(self.administration, caller, username, versions, _LAST)
        async with ending_ as ending:
            await ending.update(
                "deleted_at = now(), password_hash = %(unusable)s", unusable=_UNUSABLE
            )
            await end_sessions(ending.connection, ending.row["user_id"], reason="deleted")
        return ending.refusal

    async def set_password(
        self, caller: Caller, username: str, password_hash: str
    ) -> Refusal | None:
        async with _SHELF.changing(self.administration, caller, username, None) as change:
            await change.update("password_hash = %(password_hash)s", password_hash=password_hash)
            await end_sessions(change.connection, change.row["user_id"], reason="password_changed")
        return change.refusal


def _user(row: tuple[Any, ...]) -> User:
    username, merchant, role, version, created_at, updated_at, disabled_at = row
    return User(
        username=username,
        merchant=merchant,
        state=UserState(role=role, disabled=disabled_at is not None),
        version=version,
        created_at=created_at,
        updated_at=updated_at,
        disabled_at=disabled_at,
    )


_SHELF: Final = Shelf(
    select="""
        select u.username, m.slug, u.role, u.version, u.created_at, u.updated_at, u.disabled_at
        from users as u left join merchants as m using (merchant_id)
        where (%(merchant_id)s::bigint is null or u.merchant_id = %(merchant_id)s)
            and u.deleted_at is null
        """,
    this=" and u.username = %(key)s",
    filters="""
            and (%(merchant)s::text is null or m.slug = %(merchant)s)
            and (%(role)s::text is null or u.role = %(role)s)
            and (%(disabled)s::boolean is null or (u.disabled_at is not null) = %(disabled)s)
        """,
    read=_user,
    orders={
        "username": Column(sql="u.username", type="text"),
        "created_at": Column(sql="u.created_at", type="timestamptz"),
    },
    key=Column(sql="u.username", type="text"),
    table="users",
    row="""
        username = %(key)s and deleted_at is null
        and (%(merchant_id)s::bigint is null or merchant_id = %(merchant_id)s)
        """,
    locks="version, user_id, role",
    lock="for no key update",  # a log-in names its user in a foreign key
)
