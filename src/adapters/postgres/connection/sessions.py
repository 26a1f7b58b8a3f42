"""What a session of ours is: whose rights it has, its limits, and that it is looked at.

Role and limits are set by a session's first statement, not by options of the connection: a pooler
such as PgBouncer drops those, and the session would work with the rights of its login, which may
see every merchant. Its second statement looks, and what is not as it should be is hung up on.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from adapters.postgres.connection.deadlines import DEADLINE_S, watched_from_a_thread
from adapters.postgres.connection.durability import DURABILITY, why_unsafe
from adapters.postgres.connection.faults import translated
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

CONNECT_TIMEOUT_S: Final = 3
"""For each host that DATABASE_URL names."""

LIMITS: Final[Mapping[str, str]] = {
    "timezone": "UTC",
    "statement_timeout": "3s",
    "lock_timeout": "1s",
    "idle_in_transaction_session_timeout": "5s",
    "jit": "off",
    "default_transaction_isolation": "read committed",
    "row_security": "on",
    "idle_session_timeout": "0",
    "client_encoding": "UTF8",  # what a call by libpq itself is written in
    "datestyle": "ISO, MDY",
    "intervalstyle": "postgres",
}
"""The settings of every session, but where it has others.

Whatever a login may set for itself, and for as long as it is there, and would stop or mislead us.
"""

LATER_LIMITS: Final[Mapping[int, Mapping[str, str]]] = {170_000: {"transaction_timeout": "0"}}
"""The same for servers from a version on."""

LIVELINESS: Final[Mapping[str, int]] = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A host that vanished is noticed within seconds: the server's own time limits vanish with it."""


class DatabaseRole(StrEnum):
    """Whose rights a session takes, whatever its login may do; see migration `0001_roles.sql`."""

    SERVING = "cashback_serving"
    """Sees the merchants that its transaction names, and no other."""

    WORKER = "cashback_worker"
    """Delivers, reaps, settles and operates, over all merchants."""

    IDENTITY = "cashback_identity"
    """Looks up who calls, before a merchant is known, and keeps the command line's users; sees
    nothing of their sales."""

    PLATFORM = "cashback_platform"
    """Administers merchants and their people; sees no sale."""

    ERASER = "cashback_eraser"
    """Makes customers nobody, in the merchants that its transaction names."""


REPORTING_ROLE: Final = "cashback_reporting"
"""What finance's own logins are members of; no session of ours takes it."""


def limits(server_version: int) -> Mapping[str, str]:
    """Every session's settings, on a server of this version (`170002` for 17.2)."""
    later = [more for since, more in LATER_LIMITS.items() if server_version >= since]
    return {name: value for part in (LIMITS, *later) for name, value in part.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a session is for.

    `application` is its name in pg_stat_activity, `settings` differ from LIMITS or add to them.
    Without a role it has the login's own rights, as the doctor and the metrics need them.
    `vouched`: what is committed over it is told to an ERP, or sent for, so it may not be lost.
    `writes` is false for what also looks at a server that only reads.
    """

    application: str
    role: DatabaseRole | None = None
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    autocommit: bool = False
    vouched: bool = False
    writes: bool = True
    deadline_s: float = DEADLINE_S

    def wanted(self, server_version: int) -> Mapping[str, str]:
        """Every setting that it begins with, but for its search_path, which is the database's."""
        role = {} if self.role is None else {"role": self.role.value}
        return {**limits(server_version), **self.settings, **role}


class UnusableSession(StoreUnavailable):
    """A session that is not what it should be; the message says how."""


PATH: Final = "search_path"
SET: Final[LiteralString] = """
    select name, set_config(name, value, false) from json_each_text(%s::json) as s (name, value)
    union all
    select 'search_path', set_config('search_path', coalesce(
        (
            select substr(c, length('search_path=') + 1)
            from pg_db_role_setting as d join pg_database as b on b.oid = d.setdatabase
            cross join unnest(d.setconfig) as c
            where d.setrole = 0 and b.datname = current_database() and c like 'search\\_path=%%'
        ),
        '"$user", public'
    ), false)
"""
"""Tables are found where the database says, or in `public`, and not where a login says."""
LOOK: Final[LiteralString] = """
    select current_user::text, current_setting('transaction_read_only'),
        array(
            select current_setting(n) from unnest(%s::text[]) with ordinality as s (n, i) order by i
        )
"""


def conninfo(dsn: str, session: Session) -> str:
    """Where and how a session of this kind connects; a DSN's own settings come first."""
    given: dict[str, Any] = conninfo_to_dict(dsn)
    given.setdefault("connect_timeout", CONNECT_TIMEOUT_S)
    for name, value in LIVELINESS.items():
        given.setdefault(name, value)
    if session.writes:
        # Of several hosts the one that writes: a standby takes no sale.
        given["target_session_attrs"] = "read-write"
    given["application_name"] = session.application
    return make_conninfo("", **given)


async def begin(connection: psycopg.AsyncConnection[Any], session: Session) -> None:
    """Make a fresh connection, in autocommit, a session of this kind. Raises StoreUnavailable."""
    with _unusable_if_refused(session):
        wanted = session.wanted(connection.info.server_version)
        found = await connection.execute(SET, [json.dumps(wanted)])
        given = dict(await found.fetchall())
        found = await connection.execute(LOOK, [[*given, *DURABILITY]])
        row = await found.fetchone()
    _refuse_unusable(session, wanted, given, row)
    await connection.set_autocommit(session.autocommit)


@contextmanager
def opened(dsn: str, session: Session) -> Generator[psycopg.Connection[Any], None, None]:
    """A session for one use of whoever may block, committed at its end. Raises StoreUnavailable."""
    with translated():
        connection = psycopg.connect(conninfo(dsn, session), autocommit=True)
        try:
            with watched_from_a_thread(connection):
                begin_now(connection, session)
        except BaseException:
            connection.close()
            raise
        with watched_from_a_thread(connection, session.deadline_s), connection:
            yield connection


def begin_now(connection: psycopg.Connection[Any], session: Session) -> None:
    """The same as `begin` for a connection that blocks."""
    with _unusable_if_refused(session):
        wanted = session.wanted(connection.info.server_version)
        given = dict(connection.execute(SET, [json.dumps(wanted)]).fetchall())
        row = connection.execute(LOOK, [[*given, *DURABILITY]]).fetchone()
    _refuse_unusable(session, wanted, given, row)
    connection.autocommit = session.autocommit


@contextmanager
def _unusable_if_refused(session: Session) -> Generator[None, None, None]:
    try:
        yield
    except (psycopg.ProgrammingError, psycopg.DataError) as error:  # no such role, or not for us
        raise UnusableSession(f"{session.application}: {error}") from error


def _refuse_unusable(
    session: Session,
    wanted: Mapping[str, str],
    given: Mapping[str, str],
    row: Sequence[Any] | None,
) -> None:
    why = "nothing was found" if row is None else _why_unusable(session, given, *row)
    missing = {*wanted, PATH}.difference(given)
    if why is None and missing:
        why = f"something between here and the server drops {', '.join(sorted(missing))}"
    if why is not None:
        raise UnusableSession(f"{session.application}: {why}")


def _why_unusable(
    session: Session, given: Mapping[str, str], user: str, reads_only: str, found: Sequence[str]
) -> str | None:
    """`given` is what the settings were told to be when they were set, `found` what they are."""
    if session.role is not None and user != session.role:
        return f"it works as {user} and not as {session.role}"
    settings = dict(zip([*given, *DURABILITY], found, strict=True))
    lost = [name for name, value in given.items() if settings[name] != value]
    if lost:
        return f"something between here and the server changes {', '.join(lost)}"
    if session.writes and reads_only != "off":
        return "the server only reads"
    return why_unsafe(settings) if session.vouched else None
