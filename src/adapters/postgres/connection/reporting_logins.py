"""Finance's own logins: they see the views of `reporting`, of their merchants, and nothing else.

Such a login inherits one role that may read these views. Which merchants' rows they show hangs on
who logged in (see migration `0019_reporting.sql`), so nothing that a session says widens it. Its
limits (`LIMITS`) are what its sessions begin with: they keep an honest query from being in the way,
and are no wall, for a session may set them otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from psycopg import sql
from psycopg.rows import class_row

from adapters.postgres.connection.harms import left_to
from adapters.postgres.connection.logins import powers_to_lose, verifier
from adapters.postgres.connection.sessions import REPORTING_ROLE, Session, opened

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    import psycopg

_SESSION: Final = Session(application="cashback-reporting", deadline_s=20.0)
_PER_MEMBERSHIP: Final = 160_000
_TRANSACTION_TIMEOUT: Final = 170_000
CONNECTIONS: Final = 8
"""As many at once has a login: one of DuckDB or of a dashboard takes several."""

LIMITS: Final[Mapping[str, str]] = {
    "default_transaction_read_only": "on",
    "statement_timeout": "60s",
    "lock_timeout": "2s",
    # An open transaction keeps what it has read from being altered, old rows from being cleared.
    "idle_in_transaction_session_timeout": "60s",
    "idle_session_timeout": "1h",
    "search_path": "reporting",
}
"""What its sessions begin with."""

SERVERS_LIMITS: Final[Mapping[str, str]] = {"temp_file_limit": "8GB"}
"""What a session cannot move; set where a superuser adds the login, for nobody else may."""

LATER_LIMITS: Final[Mapping[str, str]] = {"transaction_timeout": "10min"}
"""The same since PostgreSQL 17."""


class ReportingLoginError(ValueError):
    """A login that cannot be; the message says why, for the command line."""


class Removed(Enum):
    """How far a login is gone."""

    WHOLLY = "wholly"
    HERE = "here"
    """Another database of the cluster knows it, too: it has its password, and connects there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportingLogin:
    """A login and the slugs of its merchants."""

    login: str
    merchants: list[str]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """The slugs of all that a login sees now, and by what it could be in the way of sales.

    `harms` names the server's functions that everybody may still call, or the schema of the tables.
    """

    merchants: list[str]
    harms: list[str]


def add_reporting_login(
    dsn: str, login: str, password: str, *, merchants: Collection[str], actor: str
) -> Added:
    """Make the login, or give it this password; it sees these merchants besides those it saw.

    `login` is of a-z, 0-9 and _, and begins with a letter. Whoever calls owns the tables and may
    make roles, or is a superuser. The password leaves this process as a SCRAM verifier only. Raises
    ReportingLoginError where there is no such merchant, or the login is another one's;
    StoreUnavailable and psycopg.Error.
    """
    with opened(dsn, _SESSION) as connection, connection.transaction():
        _signed(connection, actor)
        found = dict(
            connection.execute(
                "select slug, merchant_id from merchants where slug = any(%s)", [[*merchants]]
            ).fetchall()
        )
        missing = sorted(set(merchants) - found.keys())
        if missing:
            raise ReportingLoginError(f"there is no merchant {missing[0]!r}")
        _refuse_other(connection, login)
        _make(connection, login, password)
        connection.execute(
            "insert into reporting_logins (login, merchant_id) select %s, unnest(%s::bigint[])"
            " on conflict do nothing",
            [login, [*found.values()]],
        )
        return Added(merchants=_merchants(connection, login), harms=left_to(connection))


def remove_reporting_login(dsn: str, login: str, *, actor: str) -> Removed | None:
    """End a login and the sessions that it has; None where there is no such reporting login.

    What it made here (large objects, default rights) goes with it. A login that another database
    of the cluster knows, too, is kept, and connects here no more. Raises as `add_reporting_login`
    does.
    """
    with opened(dsn, _SESSION) as connection, connection.transaction():
        _signed(connection, actor)
        gone = connection.execute("delete from reporting_logins where login = %s", [login])
        if gone.rowcount == 0:
            return None
        _refuse_other(connection, login)
        if not _is_there(connection, login):
            return Removed.WHOLLY
        name = sql.Identifier(login)
        _end_sessions(connection, login)
        connection.execute(
            sql.SQL("revoke connect on database {} from {}").format(
                sql.Identifier(connection.info.dbname), name
            )
        )
        if _is_known_elsewhere(connection, login):
            return Removed.HERE
        # Whoever may end its sessions may drop what it made here, which would keep the role.
        connection.execute(sql.SQL("drop owned by {}").format(name))
        connection.execute(sql.SQL("drop role {}").format(name))
        return Removed.WHOLLY


def reporting_logins(dsn: str) -> list[ReportingLogin]:
    """Every login of this database, by name. Raises StoreUnavailable."""
    with (
        opened(dsn, _SESSION) as connection,
        connection.cursor(row_factory=class_row(ReportingLogin)) as cursor,
    ):
        cursor.execute(
            'select l.login, array_agg(m.slug order by m.slug collate "C") as merchants,'
            " min(l.created_at) as created_at"
            " from reporting_logins as l join merchants as m using (merchant_id)"
            " group by l.login order by l.login"
        )
        return cursor.fetchall()


def _signed(connection: psycopg.Connection[Any], actor: str) -> None:
    connection.execute("select set_config('cashback.actor', %s, true)", [actor])


def _refuse_other(connection: psycopg.Connection[Any], login: str) -> None:
    """Whoever has, or could have, another right is not made a reader, nor given a password."""
    row = connection.execute(
        "select r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb"
        "  or r.rolreplication"
        "  or not exists (select from pg_auth_members as m"
        "   where m.member = r.oid and m.roleid = %(ours)s::regrole)"
        "  or exists (select from pg_auth_members as m"
        "   where m.member = r.oid and m.roleid <> %(ours)s::regrole)"
        " from pg_roles as r where r.rolname = %(login)s",
        {"ours": REPORTING_ROLE, "login": login},
    ).fetchone()
    if row is not None and row[0]:
        raise ReportingLoginError(f"the login {login!r} is there and not for reporting alone")


def _is_there(connection: psycopg.Connection[Any], login: str) -> bool:
    found = connection.execute("select 1 from pg_roles where rolname = %s", [login])
    return found.fetchone() is not None


def _is_known_elsewhere(connection: psycopg.Connection[Any], login: str) -> bool:
    """Whether it connects to, owns or may do something in another database of the server."""
    found = connection.execute(
        "select exists (select from pg_shdepend as s join pg_database as d"
        " on d.datname = current_database()"
        " where s.refclassid = 'pg_authid'::regclass and s.refobjid = %s::regrole and ("
        "  s.dbid not in (0, d.oid) or s.classid = 'pg_database'::regclass and s.objid <> d.oid))",
        [login],
    )
    return found.fetchone() == (True,)


def _end_sessions(connection: psycopg.Connection[Any], login: str) -> None:
    """As one who has its rights: a superuser does anyway, whoever made it may come to have them."""
    found = connection.execute("select pg_has_role(current_user, %s, 'usage')", [login])
    if found.fetchone() == (False,):
        grant = sql.SQL("grant {} to current_user{}")
        connection.execute(grant.format(sql.Identifier(login), _options(connection)))
    connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [login]
    )


def _options(connection: psycopg.Connection[Any]) -> sql.SQL:
    """Of a membership by which rights come, and no role to take."""
    newer = connection.info.server_version >= _PER_MEMBERSHIP
    return sql.SQL(" with inherit true, set false" if newer else "")


def _make(connection: psycopg.Connection[Any], login: str, password: str) -> None:
    name = sql.Identifier(login)
    version = connection.info.server_version
    if not _is_there(connection, login):
        connection.execute(sql.SQL("create role {}").format(name))
    connection.execute(
        sql.SQL("alter role {} with login inherit {} connection limit {} password {}").format(
            name,
            powers_to_lose(connection, login),
            sql.Literal(CONNECTIONS),
            verifier(connection, login, password),
        )
    )
    here = sql.SQL("alter role {} in database {}").format(
        name, sql.Identifier(connection.info.dbname)
    )
    # What somebody had it begin with; of another database's sessions that one says.
    connection.execute(sql.SQL("alter role {} reset all").format(name))
    connection.execute(sql.SQL("{} reset all").format(here))
    limits = {**LIMITS, **(LATER_LIMITS if version >= _TRANSACTION_TIMEOUT else {})}
    if _is_superuser(connection):
        limits |= SERVERS_LIMITS
    for setting, value in limits.items():
        connection.execute(
            sql.SQL("{} set {} to {}").format(here, sql.Identifier(setting), sql.Literal(value))
        )
    connection.execute(
        sql.SQL("grant connect on database {} to {}").format(
            sql.Identifier(connection.info.dbname), name
        )
    )
    connection.execute(
        sql.SQL("grant {} to {}{}").format(
            sql.Identifier(REPORTING_ROLE), name, _options(connection)
        )
    )


def _is_superuser(connection: psycopg.Connection[Any]) -> bool:
    found = connection.execute("select rolsuper from pg_roles where rolname = current_user")
    return found.fetchone() == (True,)


def _merchants(connection: psycopg.Connection[Any], login: str) -> list[str]:
    found = connection.execute(
        "select m.slug from reporting_logins as l join merchants as m using (merchant_id)"
        ' where l.login = %s order by m.slug collate "C"',
        [login],
    )
    return [slug for (slug,) in found.fetchall()]
