"""What the API asks before a merchant is known; see `cashback_core.people.callers`.

Works as the role `cashback_identity`, which sees users, sessions and clients of every merchant and
nothing else of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from psycopg.rows import class_row

from adapters.postgres.connection.database import IDENTIFYING, Database
from adapters.postgres.identity.accounts import end_sessions
from adapters.postgres.identity.failed_log_ins import (
    NOTE,
    PURGE,
    VISIT,
    WAIT,
    digest,
    of_client,
    of_person,
)
from cashback_core.people.callers import (
    REPEATED_S,
    Account,
    Drawn,
    Identities,
    Owned,
    Renewed,
    Reused,
    Visit,
)
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from cashback_core.administration.resources import Caller

MAX_SESSION_DAYS: Final = 30
"""However often a session is renewed, its owner logs in again after this."""

KEPT_DAYS: Final = 30
"""How long an ended session is kept, to tell who was where."""


class PostgresIdentities(Identities):
    """Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._pool = database.pool(IDENTIFYING)

    async def visit(self, username: str, *, address: str) -> Visit:
        """Whether a log-in may be tried, and the account."""
        row = await self._row(VISIT, {**of_person(username, address), "username": username})
        if row is None:
            raise LookupError("one row always")
        user_id, name, merchant_id, password_hash, wait_s = row
        account = None
        if user_id is not None:
            account = Account(
                user_id=user_id,
                username=name,
                merchant_id=merchant_id,
                password_hash=password_hash,
            )
        return Visit(wait_s=wait_s, account=account)

    async def note_failure(self, username: str, *, address: str) -> None:
        """Count a log-in that failed."""
        await self._do(NOTE, {**of_person(username, address), "purge": PURGE})

    async def open_session(self, account: Account, *, token_id: str, life_s: int) -> Owned | None:
        """Begin a session, unless the account has changed since its password was looked at."""
        return await self._owned(
            # The lock: whoever changes the password waits for us and ends our session too, or
            # was first, and we see no such account.
            "with account as ("
            "  select user_id, username, merchant_id, role from users as u"
            "  where user_id = %(user_id)s and password_hash = %(password_hash)s"
            "   and disabled_at is null and deleted_at is null"
            "   and not exists (select from merchants as m"
            "    where m.merchant_id = u.merchant_id and m.disabled_at is not null)"
            "  for share"
            " ), opened as ("
            "  insert into sessions (session_id, user_id, merchant_id, refresh_hash, expires_at)"
            "  select %(session_id)s, user_id, merchant_id, %(refresh_hash)s,"
            "   clock_timestamp() + make_interval(secs => %(life_s)s)"
            "  from account returning session_id"
            " ), old_sessions as ("
            "  delete from sessions where session_id in ("
            "   select session_id from sessions"
            "   where expires_at < now() - make_interval(days => %(kept_days)s)"
            "   order by expires_at limit %(purge)s for update skip locked)"
            " )"
            " select 'user:' || username as subject, 'user:' || username as group,"
            "  role, merchant_id, session_id"
            " from account, opened",
            {
                "user_id": account.user_id,
                "password_hash": account.password_hash,
                "session_id": new_id(),
                "refresh_hash": digest(token_id),
                "life_s": life_s,
                "kept_days": KEPT_DAYS,
                "purge": PURGE,
            },
        )

    async def renew_session(
        self, session_id: UUID, *, used_id: str, next_id: str, issued_s: int, life_s: int
    ) -> Renewed | Reused | None:
        """Take a session's refresh token for the next one."""
        row = await self._row(
            # The row's lock decides: the second of two that come at once finds the first's
            # successor in the row, which is its own too.
            "with held as ("
            "  select s.session_id, s.refresh_hash = %(used)s as right_one,"
            "   s.refresh_hash = %(next)s and s.renewed_at is not null and"
            "    s.renewed_at > clock_timestamp() - make_interval(secs => %(repeated_s)s)"
            "    as again, s.issued_s, u.username, u.role, u.merchant_id"
            "  from sessions as s join users as u using (user_id)"
            "  where s.session_id = %(session_id)s and s.revoked_at is null"
            "   and s.expires_at > now()"
            "   and s.created_at >= coalesce(u.signed_out_at, s.created_at)"
            "   and u.disabled_at is null and u.deleted_at is null"
            "   and not exists (select from merchants as m"
            "    where m.merchant_id = u.merchant_id and m.disabled_at is not null)"
            "  for update of s"
            " ), moved as ("
            "  update sessions as s set refresh_hash = %(next)s, issued_s = %(issued_s)s,"
            "   last_used_at = now(), renewed_at = clock_timestamp(),"
            "   expires_at = least("
            "    clock_timestamp() + make_interval(secs => %(life_s)s),"
            "    s.created_at + make_interval(days => %(max_days)s))"
            "  from held where s.session_id = held.session_id and right_one"
            " ), ended as ("
            "  update sessions as s set revoked_at = now(), reason = 'refresh_reused'"
            "  from held where s.session_id = held.session_id and not right_one and not again"
            " )"
            " select 'user:' || username, role, merchant_id, session_id, right_one, again, issued_s"
            " from held",
            {
                "session_id": session_id,
                "used": digest(used_id),
                "next": digest(next_id),
                "issued_s": issued_s,
                "repeated_s": REPEATED_S,
                "life_s": life_s,
                "max_days": MAX_SESSION_DAYS,
            },
        )
        if row is None:
            return None
        subject, role, merchant_id, found_id, right_one, again, before_s = row
        if not (right_one or again):
            return Reused(subject=subject)
        owned = Owned(
            subject=subject,
            group=subject,
            role=role,
            merchant_id=merchant_id,
            session_id=found_id,
        )
        return Renewed(
            owned=owned, issued_s=issued_s if right_one else before_s, repeated=not right_one
        )

    async def end_session(self, session_id: UUID) -> None:
        """Revoke it, with every token of it."""
        await self._do(
            "update sessions set revoked_at = now(), reason = 'revoked'"
            " where session_id = %(session_id)s and revoked_at is null",
            {"session_id": session_id},
        )

    async def sign_out(self, username: str, *, by: Caller) -> bool:
        """End every session of a user."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(
                "select set_config('cashback.actor', %s, true),"
                " set_config('cashback.request_id', %s, true)",
                [by.actor, by.request_id or ""],
            )
            found = await connection.execute(
                "update users set signed_out_at = clock_timestamp()"
                " where username = %(username)s and deleted_at is null"
                " and (%(merchant_id)s::bigint is null or merchant_id = %(merchant_id)s)"
                " returning user_id",
                {"username": username, "merchant_id": by.merchant_id},
            )
            row = await found.fetchone()
            if row is not None:
                await end_sessions(connection, row[0], reason="signed_out")
            return row is not None

    async def find_client(self, client_id: str, *, secret: str) -> Owned | None:
        """The API client with that secret."""
        return await self._owned(
            "select 'client:' || c.client_id as subject,"
            "  'client:' || coalesce(c.group_id, c.client_id) as group, c.role, c.merchant_id,"
            "  s.secret_id as session_id"
            " from client_secrets as s join api_clients as c using (merchant_id, client_id)"
            " where s.secret_hash = %(secret)s and c.client_id = %(client_id)s"
            "  and (s.expires_at is null or s.expires_at > now())"
            "  and c.disabled_at is null and c.deleted_at is null"
            "   and not exists (select from merchants as m"
            "    where m.merchant_id = c.merchant_id and m.disabled_at is not null)",
            {"client_id": client_id, "secret": digest(secret)},
        )

    async def note_wrong_secret(self, client_id: str, *, address: str) -> float:
        """Count a wrong secret, unless too many came before."""
        buckets = of_client(client_id, address)
        row = await self._row(WAIT, buckets)
        wait_s: float = 0.0 if row is None else row[0]
        if wait_s <= 0:
            await self._do(NOTE, {**buckets, "purge": PURGE})
        return wait_s

    async def revoke_token(self, token_id: str, *, until: datetime) -> None:
        """End one token of a client."""
        await self._do(
            "with past as (delete from revoked_tokens where expires_at < now())"
            " insert into revoked_tokens (token_hash, expires_at) values (%(hash)s, %(until)s)"
            " on conflict do nothing",
            {"hash": digest(token_id), "until": until},
        )

    async def standing(self, session_id: UUID, *, token_id: str) -> Owned | None:
        """Whose a token is now."""
        return await self._owned(
            "select 'user:' || u.username as subject, 'user:' || u.username as group, u.role,"
            "  u.merchant_id, s.session_id"
            " from sessions as s join users as u using (user_id)"
            " where s.session_id = %(id)s and s.revoked_at is null and s.expires_at > now()"
            "  and s.created_at >= coalesce(u.signed_out_at, s.created_at)"
            "  and u.disabled_at is null and u.deleted_at is null"
            "   and not exists (select from merchants as m"
            "    where m.merchant_id = u.merchant_id and m.disabled_at is not null)"
            " union all"
            " select 'client:' || c.client_id, 'client:' || coalesce(c.group_id, c.client_id),"
            "  c.role, c.merchant_id, s.secret_id"
            " from client_secrets as s join api_clients as c using (merchant_id, client_id)"
            " where s.secret_id = %(id)s and (s.expires_at is null or s.expires_at > now())"
            "  and c.disabled_at is null and c.deleted_at is null"
            "   and not exists (select from merchants as m"
            "    where m.merchant_id = c.merchant_id and m.disabled_at is not null)"
            "  and not exists (select from revoked_tokens where token_hash = %(token)s)",
            {"id": session_id, "token": digest(token_id)},
        )

    async def draw(self, subject: str, *, every_s: float, capacity: int, wanted: int) -> Drawn:
        """Charge requests to somebody."""
        row = await self._row(
            "select granted, wait_s from draw_requests("
            "%(subject)s, %(every_s)s, %(capacity)s, %(wanted)s)",
            {"subject": subject, "every_s": every_s, "capacity": capacity, "wanted": wanted},
        )
        if row is None:
            raise LookupError("one row always")
        return Drawn(granted=row[0], wait_s=row[1])

    async def _owned(self, query: LiteralString, values: Mapping[str, object]) -> Owned | None:
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(Owned)) as cursor,
        ):
            await cursor.execute(query, values)
            owned: Owned | None = await cursor.fetchone()
            return owned

    async def _row(
        self, query: LiteralString, values: Mapping[str, object]
    ) -> tuple[Any, ...] | None:
        async with self._pool.connection() as connection:
            row: tuple[Any, ...] | None
            row = await (await connection.execute(query, values)).fetchone()
            return row

    async def _do(self, query: LiteralString, values: Mapping[str, object]) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(query, values)
