"""What an operator wants to know of the database at once; it is read, never changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import psycopg

from adapters.postgres.connection.durability import DURABILITY
from adapters.postgres.connection.harms import left_to
from adapters.postgres.connection.sessions import (
    LATER_LIMITS,
    LIMITS,
    REPORTING_ROLE,
    DatabaseRole,
    Session,
    opened,
)
from adapters.postgres.sales.brakes import LOCK
from adapters.postgres.schema.migration import pending

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


_OURS: Final = [role.value for role in DatabaseRole]
_SET_SINCE: Final = 160_000
_SESSION: Final = Session(application="cashback-doctor", writes=False, deadline_s=20.0)
AS_WORKER: Final = replace(
    _SESSION, role=DatabaseRole.WORKER, settings={"statement_timeout": "15s"}
)
"""For what every merchant has, by a login that may see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The server and how a session of ours finds it.

    `reads_only`: it is a standby, or told to let nobody write. `clock_ahead` is how far the
    database's clock is ahead of this machine's, give or take `clock_error`.
    """

    version: int
    settings: Mapping[str, str]
    reads_only: bool
    clock_ahead: timedelta
    clock_error: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A session that has a lock, or keeps others from it; `age` as far as this login may see it.

    It is of the session's transaction, else of its last statement.
    """

    pid: int
    login: str
    application: str
    age: timedelta | None


STAYS: Final = timedelta(minutes=10)
"""So long a login of finance may read in one transaction until it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A session of finance's in a transaction since an instant, None: which this login sees not.

    With a number it keeps the server from clearing numbers away, with a snapshot old rows.
    """

    pid: int
    login: str
    since: datetime | None
    has_number: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Collation:
    """A collation by whose order texts were indexed; `now` is how the system orders today.

    Versions are the library's own words; None: it has none. `name` is None for the database's own.
    """

    name: str | None
    database: str
    recorded: str | None
    now: str | None


def examine_server(dsn: str, now: Callable[[], datetime]) -> Server:
    """Needs nothing but a server. Raises StoreUnavailable."""
    with opened(dsn, _SESSION) as server:
        found = server.execute(
            "select lower(name), current_setting(name) from pg_settings"
            " where lower(name) = any(%s)",
            [[*DURABILITY, *LIMITS, *(name for more in LATER_LIMITS.values() for name in more)]],
        )
        settings = {str(name): str(value) for name, value in found.fetchall()}
        before = now()
        (theirs,) = one_row(server, "select clock_timestamp()")
        after = now()
        (reads_only,) = one_row(server, "select current_setting('transaction_read_only') = 'on'")
        version = server.info.server_version
    return Server(
        reads_only=reads_only,
        version=version,
        settings=settings,
        clock_ahead=theirs.astimezone(UTC) - (before + (after - before) / 2),
        clock_error=(after - before) / 2,
    )


def missing_migrations(dsn: str) -> list[str]:
    """The names of migrations to come. Raises SchemaMismatch, StoreUnavailable."""
    return pending(dsn)


def roles_out_of_reach(dsn: str) -> list[str]:
    """The roles of ours that the login may not take. Raises StoreUnavailable."""
    with opened(dsn, _SESSION) as server:
        # Since 16 a member may be kept from taking a role.
        acting = "set" if server.info.server_version >= _SET_SINCE else "member"
        found = server.execute(
            "select rolname from pg_roles where rolname = any(%s) and not pg_has_role(oid, %s)"
            " order by 1",
            [_OURS, acting],
        )
        return [str(name) for (name,) in found.fetchall()]


def noted_erasure_key(dsn: str) -> str | None:
    """The fingerprint of the key that this database is served with. Raises StoreUnavailable."""
    with opened(dsn, AS_WORKER) as server:
        found = server.execute("select fingerprint from erasure_key").fetchone()
    return None if found is None else str(found[0])


def may_make_temporary_tables(dsn: str) -> list[str]:
    """The roles of ours that could put a table before one of ours. Raises StoreUnavailable."""
    with opened(dsn, _SESSION) as server:
        found = server.execute(
            "select rolname from pg_roles where rolname = any(%s)"
            " and has_database_privilege(oid, current_database(), 'temporary') order by 1",
            [_OURS],
        )
        return [str(name) for (name,) in found.fetchall()]


def left_to_reporting(dsn: str) -> list[str]:
    """By what logins of finance, if there are any, could be in the way; raises StoreUnavailable."""
    with opened(dsn, _SESSION) as server:
        found = server.execute(
            "select exists (select from pg_auth_members as m join pg_roles as r on r.oid = m.roleid"
            # Who made the role may hand it on, and is no login of finance for it.
            " where r.rolname = %s and not m.admin_option)",
            [REPORTING_ROLE],
        )
        return left_to(server) if found.fetchone() == (True,) else []


def holders_of_the_brakes_lock(dsn: str) -> list[Holder]:
    """Who keeps sales and claims waiting; none where a sale would have its lock in time.

    Raises StoreUnavailable.
    """
    with opened(dsn, _SESSION) as server:
        try:
            with server.transaction():
                server.execute(f"set local role {DatabaseRole.WORKER.value}")
                server.execute(LOCK)
        except psycopg.errors.LockNotAvailable:
            found = server.execute(
                # What the statistics do not show of another login is null. By the catalogue: who
                # has taken no role finds no table by its name.
                "select l.pid, coalesce(a.usename, 'a login that is gone'), a.application_name,"
                " clock_timestamp() - coalesce(a.xact_start, a.query_start, a.backend_start)"
                " from pg_locks as l left join pg_stat_activity as a using (pid)"
                " where l.locktype = 'relation'"
                " and l.database = (select oid from pg_database where datname = current_database())"
                " and l.relation in (select oid from pg_class where relname = 'brakes_lock')"
                " and l.mode <> 'AccessShareLock' and (l.granted or l.mode <> 'RowExclusiveLock')"
                " order by not l.granted, l.mode = 'RowExclusiveLock', 4 desc nulls last"
            ).fetchall()
            return [Holder(pid=p, login=str(u), application=a or "", age=s) for p, u, a, s in found]
    return []


def staying_readers(dsn: str) -> list[Reader]:
    """Sessions of logins of finance that have a transaction's number, or an old snapshot.

    Where this login does not see since when, those with a number are told at once: who only reads
    takes none. The longest first. Raises StoreUnavailable.
    """
    with opened(dsn, _SESSION) as server:
        found = server.execute(
            "select a.pid, r.rolname, a.xact_start, a.backend_xid is not null"
            " from pg_stat_activity as a join pg_roles as r on r.oid = a.usesysid"
            # In whichever database of the server: numbers are all of one row.
            " where exists (select from pg_auth_members as m join pg_roles as g on g.oid = m.roleid"
            "  where m.member = r.oid and g.rolname = %(reporting)s and not m.admin_option)"
            " and (a.backend_xid is not null or a.backend_xmin is not null)"
            " and case when a.xact_start is null then a.backend_xid is not null"
            "  else clock_timestamp() - a.xact_start > %(stays)s end"
            " order by a.xact_start nulls last, a.pid",
            {"reporting": REPORTING_ROLE, "stays": STAYS},
        ).fetchall()
    return [
        Reader(pid=pid, login=str(login), since=since, has_number=number)
        for pid, login, since, number in found
    ]


def logins_with_settings(dsn: str) -> list[tuple[str, str]]:
    """Our logins that begin with settings of their own, each with a setting's name.

    Raises StoreUnavailable.
    """
    with opened(dsn, _SESSION) as server:
        found = server.execute(
            "select distinct l.rolname, split_part(c, '=', 1)"
            " from pg_db_role_setting as s join pg_roles as l on l.oid = s.setrole"
            " cross join unnest(s.setconfig) as c"
            " where s.setdatabase in"
            " (0, (select oid from pg_database where datname = current_database()))"
            " and (l.rolname = session_user or exists (select from pg_auth_members as m"
            " join pg_roles as r on r.oid = m.roleid"
            " where m.member = l.oid and r.rolname = any(%s))) order by 1, 2",
            [_OURS],
        )
        return [(str(login), str(name)) for login, name in found.fetchall()]


def changed_orders(dsn: str) -> list[Collation]:
    """Collations that order otherwise than when they were recorded; the database's own comes first.

    An index that was built by the old order may find no longer what it holds. Raises
    StoreUnavailable.
    """
    with opened(dsn, _SESSION) as server:
        found = server.execute(
            """
            select null as name, datname, datcollversion,
                pg_database_collation_actual_version(oid) as actual
            from pg_database
            where datname = current_database() and datcollversion is not null
            union all
            select c.oid::regcollation::text, current_database(), c.collversion,
                pg_collation_actual_version(c.oid)
            from pg_collation as c
            where c.collversion is not null
                and c.collencoding in (-1, (
                    select encoding from pg_database where datname = current_database()
                ))
            order by name nulls first
            """
        ).fetchall()
    return [
        Collation(name=name, database=database, recorded=recorded, now=actual)
        for name, database, recorded, actual in found
        if recorded != actual
    ]


def one_row(
    connection: psycopg.Connection[Any], query: str, *values: str | float
) -> tuple[Any, ...]:
    """The one row of a query. Raises LookupError."""
    row = connection.execute(query.encode(), values).fetchone()
    if row is None:
        raise LookupError(query)
    return row  # type: ignore[no-any-return]
