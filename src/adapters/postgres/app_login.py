"""The login of the processes that serve: it owns nothing and only belongs to the serving roles.

Those are the roles without a login that the migrations make, named `cashback_…`.
"""

from __future__ import annotations

import psycopg
from psycopg import sql


def ensure_app_login(dsn: str, name: str, password: str) -> None:
    """Make the login, or give it this password, and put it into its groups; again changes nothing.

    Whoever calls owns the tables or is a superuser. The password leaves this process as a SCRAM
    verifier only, so that no log of the server ever holds it. Raises psycopg.Error.
    """
    with psycopg.connect(dsn, application_name="cashback-migrate") as connection:
        login = sql.Identifier(name)
        found = connection.execute("select 1 from pg_roles where rolname = %s", [name])
        if found.fetchone() is None:
            connection.execute(sql.SQL("create role {}").format(login))
        verifier = connection.pgconn.encrypt_password(
            password.encode(), name.encode(), b"scram-sha-256"
        )
        connection.execute(
            sql.SQL(
                "alter role {} with login nosuperuser nocreatedb nocreaterole noreplication"
                " nobypassrls password {}"
            ).format(login, sql.Literal(verifier.decode()))
        )
        groups = connection.execute(
            "select rolname from pg_roles where rolname like 'cashback\\_%' and not rolcanlogin"
        ).fetchall()
        for (group,) in groups:
            connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(group), login))
