"""Users in PostgreSQL; the promises stand in `cashback_core.people.users`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg

from adapters.postgres.administration.merchants import merchant_id_of
from adapters.postgres.administration.paging import Column, Pages, values_of
from adapters.postgres.administration.transactions import as_integers
from adapters.postgres.identity.accounts import end_sessions
from cashback_core.administration.resources import (
    Caller,
    Conflict,
    Done,
    InUse,
    Invalid,
    Missing,
    Page,
    Refusal,
    Taken,
)
from cashback_core.people.callers import USER
from cashback_core.people.users import NewUser, User, UserFilter, UserState, UserStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.postgres.administration.transactions import Administration
    from cashback_core.administration.resources import Slice, Versions

_PAGES: Final = Pages(
    select="""
        select u.username, m.slug, u.role, u.version, u.created_at, u.updated_at, u.disabled_at
        from users as u left join merchants as m using (merchant_id)
        where (%(merchant_id)s::bigint is null or u.merchant_id = %(merchant_id)s)
            and u.deleted_at is null
            and (%(merchant)s::text is null or m.slug = %(merchant)s)
            and (%(role)s::text is null or u.role = %(role)s)
            and (%(disabled)s::boolean is null or (u.disabled_at is not null) = %(disabled)s)
        """,
    columns={
        "username": Column(sql="u.username", type="text"),
        "created_at": Column(sql="u.created_at", type="timestamptz"),
    },
    key=Column(sql="u.username", type="text"),
)
_UNUSABLE: Final = "$argon2id$"
"""Fits no password: whoever is deleted leaves no hash behind."""


@dataclass(frozen=True, slots=True)
class PostgresUsers(UserStore):
    """Users, each method one transaction of `administration`."""

    administration: Administration

    async def create(self, caller: Caller, new: NewUser) -> Done[User] | Refusal:
        try:
            async with self.administration.transaction(caller) as connection:
                merchant_id = caller.merchant_id
                if new.merchant is not None:
                    merchant_id = await merchant_id_of(connection, new.merchant)
                    if merchant_id is None or merchant_id != (caller.merchant_id or merchant_id):
                        return Invalid(name="merchant", fault="no_such_merchant")
                if (new.role == "platform") != (merchant_id is None):
                    return Invalid(name="role", fault="role_and_merchant")
                await connection.execute(
                    "insert into users (username, merchant_id, role, password_hash)"
                    " values (%s, %s, %s, %s)",
                    [new.username, merchant_id, new.role, new.password_hash],
                )
                made = await _find(connection, caller, new.username)
                return Missing() if made is None else Done(made)
        except psycopg.errors.UniqueViolation:
            return Taken(name="username")

    async def page(self, caller: Caller, wanted: Slice, which: UserFilter) -> Page[User]:
        values = {
            "merchant_id": caller.merchant_id,
            "merchant": which.merchant,
            "role": which.role,
            "disabled": which.disabled,
        }
        async with self.administration.transaction(caller) as connection:
            found = await connection.execute(_PAGES.query(wanted), values | values_of(wanted))
            rows = await found.fetchall()
        return Page(
            items=tuple(_user(row) for row in rows[: wanted.limit]), more=len(rows) > wanted.limit
        )

    async def find(self, caller: Caller, username: str) -> User | None:
        async with self.administration.transaction(caller) as connection:
            return await _find(connection, caller, username)

    async def replace(
        self, caller: Caller, username: str, state: UserState, versions: Versions
    ) -> Done[User] | Refusal:
        try:
            async with self.administration.transaction(caller) as connection:
                # One's own role is compared here and not before: it may have changed meanwhile.
                changed = await connection.execute(
                    """
                    update users set role = %(role)s, version = version + 1, updated_at = now(),
                        disabled_at = case when %(disabled)s then coalesce(disabled_at, now()) end
                    where username = %(username)s and deleted_at is null
                        and (%(merchant_id)s::bigint is null or merchant_id = %(merchant_id)s)
                        and (%(versions)s::integer[] is null or version = any (%(versions)s))
                        and (role = %(role)s or username <> %(own)s)
                        and (role = 'platform') = (%(role)s = 'platform')
                    returning user_id
                    """,
                    {
                        "username": username,
                        "merchant_id": caller.merchant_id,
                        "versions": as_integers(versions),
                        "role": state.role,
                        "disabled": state.disabled,
                        "own": caller.actor.removeprefix(USER),
                    },
                )
                row = await changed.fetchone()
                present = await _find(connection, caller, username)
                if row is None or present is None:
                    return _why_not(present, caller, state, versions)
                if state.disabled:
                    await end_sessions(connection, row[0], reason="disabled")
                return Done(present)
        except psycopg.errors.IntegrityConstraintViolation as error:
            return _last_administrator(error)

    async def delete(self, caller: Caller, username: str, versions: Versions) -> Refusal | None:
        try:
            async with self.administration.transaction(caller) as connection:
                changed = await connection.execute(
                    """
                    update users set version = version + 1, updated_at = now(), deleted_at = now(),
                        password_hash = %(unusable)s
                    where username = %(username)s and deleted_at is null
                        and (%(merchant_id)s::bigint is null or merchant_id = %(merchant_id)s)
                        and (%(versions)s::integer[] is null or version = any (%(versions)s))
                    returning user_id
                    """,
                    {
                        "username": username,
                        "merchant_id": caller.merchant_id,
                        "versions": as_integers(versions),
                        "unusable": _UNUSABLE,
                    },
                )
                row = await changed.fetchone()
                if row is None:
                    there = await _find(connection, caller, username)
                    return Missing() if there is None else Conflict()
                await end_sessions(connection, row[0], reason="deleted")
                return None
        except psycopg.errors.IntegrityConstraintViolation as error:
            return _last_administrator(error)

    async def set_password(
        self, caller: Caller, username: str, password_hash: str
    ) -> Refusal | None:
        async with self.administration.transaction(caller) as connection:
            changed = await connection.execute(
                """
                update users set password_hash = %(password_hash)s, version = version + 1,
                    updated_at = now()
                where username = %(username)s and deleted_at is null
                    and (%(merchant_id)s::bigint is null or merchant_id = %(merchant_id)s)
                returning user_id
                """,
                {
                    "username": username,
                    "merchant_id": caller.merchant_id,
                    "password_hash": password_hash,
                },
            )
            row = await changed.fetchone()
            if row is None:
                return Missing()
            await end_sessions(connection, row[0], reason="password_changed")
            return None


def _last_administrator(error: psycopg.Error) -> InUse:
    """What the database's rule says; any other error goes on."""
    if error.diag.constraint_name != "last_administrator":
        raise error
    return InUse(reason="last_administrator")


async def _find(connection: psycopg.AsyncConnection[Any], caller: Caller, name: str) -> User | None:
    found = await connection.execute(
        """
        select u.username, m.slug, u.role, u.version, u.created_at, u.updated_at, u.disabled_at
        from users as u left join merchants as m using (merchant_id)
        where u.username = %(username)s and u.deleted_at is null
            and (%(merchant_id)s::bigint is null or u.merchant_id = %(merchant_id)s)
        """,
        {"username": name, "merchant_id": caller.merchant_id},
    )
    row = await found.fetchone()
    return None if row is None else _user(row)


def _why_not(present: User | None, caller: Caller, state: UserState, versions: Versions) -> Refusal:
    if present is None:
        return Missing()
    if versions is not None and present.version not in versions:
        return Conflict()
    if (present.state.role == "platform") != (state.role == "platform"):
        return Invalid(name="role", fault="role_and_merchant")
    if caller.actor == USER + present.username and present.state.role != state.role:
        return Invalid(name="role", fault="own_role")
    return Conflict()  # it was another one for the moment of our change


def _user(row: Sequence[Any]) -> User:
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
