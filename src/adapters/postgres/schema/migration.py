"""Bringing a database's schema up to date: numbered SQL files, forward only, under one lock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Final, LiteralString, cast

from adapters.postgres.connection.sessions import DatabaseRole, Session, begin_now, opened
from adapters.postgres.schema.everybody import take_from_everybody

if TYPE_CHECKING:
    import psycopg

LOCK: Final = 0x6361_7368_6261_636B
"""The advisory lock of everyone who migrates ("cashback" in ASCII)."""

LOCK_WAIT_S: Final = 120

MIGRATION_S: Final = 4 * 3600
"""Longest that the migrations of one run take: to rewrite a table of years takes its time."""

_MIGRATING: Final = Session(
    application="cashback-migrate",
    settings={"statement_timeout": f"{MIGRATION_S}s", "lock_timeout": f"{LOCK_WAIT_S}s"},
    autocommit=True,
    deadline_s=MIGRATION_S,
)
_LOOKING: Final = Session(application="cashback-migrate", autocommit=True, writes=False)


class SchemaMismatch(Exception):  # noqa: N818 (named by what is wrong)
    """The database was migrated by another program's files; `advice` says what to do about it."""

    def __init__(self, found: str, *, advice: str) -> None:
        super().__init__(found)
        self.advice = advice


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file: its name orders it, its checksum tells whether it was edited afterwards."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """Hexadecimal SHA-256 of the text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> tuple[Migration, ...]:
    """Every migration of this program, in order."""
    folder = files("adapters.postgres.schema") / "migrations"
    found = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return tuple(Migration(name=f.name, sql=f.read_text("utf-8")) for f in found)


def migrate(dsn: str) -> list[str]:
    """Apply what is missing; the names of what was applied.

    Any number of processes may call it at once: one works, the others wait and find nothing to
    do. Each migration is one transaction. Whoever does not own the database may make no temporary
    tables afterwards, and connects only with one of our logins or by somebody's grant.
    Raises SchemaMismatch, StoreUnavailable, psycopg.Error.
    """
    with opened(dsn, _MIGRATING) as connection:
        # Of the session, not of a transaction: it is held over all migrations and goes with us.
        connection.execute("select pg_advisory_lock(%s)", [LOCK])
        _refuse_former(connection)
        connection.execute(
            "create table if not exists schema_migrations ("
            ' name text collate "C" primary key, checksum text not null,'
            " applied_at timestamptz not null default now())"
        )
        applied = [m.name for m in _missing(connection) if _apply(connection, m)]
        take_from_everybody(connection)
        return applied


def pending(dsn: str) -> list[str]:
    """The names of migrations that the database lacks.

    Once there are any, it needs the worker's role. Raises SchemaMismatch, StoreUnavailable.
    """
    with opened(dsn, _LOOKING) as connection:
        _refuse_former(connection)
        if "schema_migrations" not in _found(connection):
            return [m.name for m in migrations()]
        begin_now(connection, replace(_LOOKING, role=DatabaseRole.WORKER))
        return [m.name for m in _missing(connection)]


def refuse_former(dsn: str) -> None:
    """Raise SchemaMismatch when the files before these made the database; for whoever serves.

    Any login may ask. A database of a newer program is none of those: an earlier one serves on it
    while it is replaced. Raises StoreUnavailable.
    """
    with opened(dsn, _LOOKING) as connection:
        _refuse_former(connection)


def _refuse_former(connection: psycopg.Connection) -> None:
    """By what no role has to be granted: they made merchants, and never this function."""
    if _found(connection) == {"schema_migrations", "merchants"}:
        raise SchemaMismatch(
            "this database was made before the first release, by migrations that are no more:"
            " nothing of it can be carried over, so make a new one",
            advice="make an empty database, name it in DATABASE_URL, and run `./cashback migrate`",
        )


def _found(connection: psycopg.Connection) -> set[str]:
    """What of those that tell who made a database is where its tables are looked for.

    By the catalogue: whoever has taken no role finds nothing by its name.
    """
    found = connection.execute(
        "with homes as (select n.oid from pg_namespace as n where n.nspname = any (string_to_array("
        "translate(replace(current_setting('search_path'), '$user', session_user), '\" ', ''), ','"
        ")))"
        " select c.relname from pg_class as c join homes as h on h.oid = c.relnamespace"
        " where c.relname in ('schema_migrations', 'merchants')"
        " union all select p.proname from pg_proc as p join homes as h on h.oid = p.pronamespace"
        " where p.proname = 'close_functions'"
    )
    return {str(name) for (name,) in found.fetchall()}


def _missing(connection: psycopg.Connection) -> list[Migration]:
    rows = connection.execute("select name, checksum from schema_migrations").fetchall()
    applied = {str(name): str(checksum) for name, checksum in rows}
    ours = {m.name: m for m in migrations()}
    strange = sorted(
        name
        for name, checksum in applied.items()
        if name not in ours or ours[name].checksum != checksum
    )
    if strange:
        raise SchemaMismatch(
            f"applied here, but unknown or changed since: {', '.join(strange)}",
            advice="run the program's version that migrated it, or a newer one",
        )
    return [m for m in ours.values() if m.name not in applied]


def _apply(connection: psycopg.Connection, migration: Migration) -> bool:
    with connection.transaction():
        # Not a literal for the type checker, but a file of this package, never input.
        connection.execute(cast("LiteralString", migration.sql))
        connection.execute(
            "insert into schema_migrations (name, checksum) values (%s, %s)",
            [migration.name, migration.checksum],
        )
    return True
