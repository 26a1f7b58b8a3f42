"""The logins of the processes that serve: they own nothing, and may take some of our roles.

A login has none of its roles' rights before it takes one, and those of one at a time. So whoever
resets a session's role is left with nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from psycopg import sql

from adapters.postgres.connection.sessions import DatabaseRole, Session, opened

if TYPE_CHECKING:
    from collections.abc import Collection

    import psycopg

_SESSION: Final = Session(application="cashback-migrate", deadline_s=20.0)
_PER_MEMBERSHIP: Final = 160_000
"""Since then whether a member inherits, and may take the role, belongs to each membership."""

_POWERS: Final[dict[str, LiteralString]] = {
    "rolsuper": "nosuperuser",
    "rolcreatedb": "nocreatedb",
    "rolcreaterole": "nocreaterole",
    "rolreplication": "noreplication",
    "rolbypassrls": "nobypassrls",
}


def ensure_app_login(
    dsn: str, name: str, password: str, *, roles: Collection[DatabaseRole] = tuple(DatabaseRole)
) -> None:
    """Make the login, or give it this password, and exactly these roles; again changes nothing.

    It may connect to this database, and begins with no settings of its own.

    Whoever calls owns the tables and may make roles, or is a superuser. The password leaves this
    process as a SCRAM verifier only, so that no log of the server ever holds it. Raises
    StoreUnavailable and psycopg.Error.
    """
    with opened(dsn, _SESSION) as connection:
        login = sql.Identifier(name)
        found = connection.execute("select 1 from pg_roles where rolname = %s", [name])
        if found.fetchone() is None:
            connection.execute(sql.SQL("create role {} noinherit").format(login))
        connection.execute(
            sql.SQL("alter role {} with login noinherit {} password {}").format(
                login, powers_to_lose(connection, name), verifier(connection, name, password)
            )
        )
        _forget_settings(connection, name)
        connection.execute(
            sql.SQL("grant connect on database {} to {}").format(
                sql.Identifier(connection.info.dbname), login
            )
        )
        _grant_exactly(connection, name, roles)


def verifier(connection: psycopg.Connection[Any], name: str, password: str) -> sql.Literal:
    """What the server keeps instead of a password."""
    made = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    return sql.Literal(made.decode())


def _forget_settings(connection: psycopg.Connection[Any], name: str) -> None:
    """What somebody, or the login itself, had each of its sessions begin with."""
    found = connection.execute(
        "select d.datname from pg_db_role_setting as s left join pg_database as d"
        " on d.oid = s.setdatabase where s.setrole = (select oid from pg_roles where rolname = %s)",
        [name],
    )
    for (database,) in found.fetchall():
        of = sql.SQL("alter role {}").format(sql.Identifier(name))
        if database is not None:
            of = sql.SQL("{} in database {}").format(of, sql.Identifier(database))
        connection.execute(sql.SQL("{} reset all").format(of))


def powers_to_lose(connection: psycopg.Connection[Any], name: str) -> sql.Composable:
    """What it should not be; who is no superuser may not even say so of what is not."""
    row = connection.execute(
        "select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
        " from pg_roles where rolname = %s",
        [name],
    ).fetchone()
    held = zip(_POWERS.values(), row or (), strict=True)
    return sql.SQL(" ").join(sql.SQL(lost) for lost, has in held if has)


def _grant_exactly(
    connection: psycopg.Connection[Any], name: str, roles: Collection[DatabaseRole]
) -> None:
    login = sql.Identifier(name)
    per_membership = connection.info.server_version >= _PER_MEMBERSHIP
    held = connection.execute(
        # Before there were options of a membership, the login's own `noinherit` says all.
        "select r.rolname, g.rolname, not m.admin_option"
        "  and not coalesce((to_jsonb(m) -> 'inherit_option')::boolean, false)"
        "  and coalesce((to_jsonb(m) -> 'set_option')::boolean, true)"
        " from pg_auth_members as m join pg_roles as r on r.oid = m.roleid"
        " left join pg_roles as g on g.oid = m.grantor"
        " where m.member = (select oid from pg_roles where rolname = %s)",
        [name],
    ).fetchall()
    for role, grantor, is_plain in held:
        if role not in roles or not is_plain:
            revoke = sql.SQL("revoke {} from {}").format(sql.Identifier(role), login)
            if per_membership:
                revoke = sql.SQL("{} granted by {}").format(revoke, sql.Identifier(grantor))
            connection.execute(revoke)
    options = sql.SQL(" with inherit false, set true" if per_membership else "")
    for role in roles:
        connection.execute(sql.SQL("grant {} to {}{}").format(sql.Identifier(role), login, options))
