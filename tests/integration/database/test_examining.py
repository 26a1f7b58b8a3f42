"""What the doctor finds in a real server's catalogues."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from adapters.postgres.operators.examination import (
    Collation,
    changed_orders,
    examine_server,
    may_make_temporary_tables,
)
from adapters.postgres.schema.migration import migrate
from cashback_core.values.availability import StoreUnavailable
from integration.two_merchants import ROLES


def test_another_version_of_a_collation_is_found(dsn: str) -> None:
    assert changed_orders(dsn) == []
    with psycopg.connect(dsn) as owner:
        owner.execute(
            "update pg_database set datcollversion = '2.31' where datname = current_database()"
        )
        owner.execute("create collation odd (provider = libc, locale = 'C')")
        owner.execute("update pg_collation set collversion = '2.31' where collname = 'odd'")
        row = owner.execute(
            "select datname, pg_database_collation_actual_version(oid) from pg_database"
            " where datname = current_database()"
        ).fetchone()
    assert row is not None
    database, now = row
    assert changed_orders(dsn) == [
        Collation(name=None, database=database, recorded="2.31", now=now),
        Collation(name="odd", database=database, recorded="2.31", now=None),
    ]


def test_roles_that_may_make_temporary_tables_are_found_until_somebody_migrates(dsn: str) -> None:
    assert may_make_temporary_tables(dsn) == []
    for whom, found in (("public", sorted(ROLES)), ("cashback_worker", ["cashback_worker"])):
        let_make_temporary_tables(dsn, whom)
        assert may_make_temporary_tables(dsn) == found
        assert migrate(dsn) == []
        assert may_make_temporary_tables(dsn) == []


def let_make_temporary_tables(dsn: str, whom: str) -> None:
    with psycopg.connect(dsn) as owner:
        granted = sql.SQL("grant temporary on database {} to {}")
        role = sql.SQL("public") if whom == "public" else sql.Identifier(whom)
        owner.execute(granted.format(sql.Identifier(owner.info.dbname), role))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"password": "geheim-and-wrong"}, "password authentication failed"),
        ({"dbname": "no_such_database"}, 'database "no_such_database" does not exist'),
        ({"port": "1"}, "No such file or directory"),
        ({"host": "127.0.0.1", "port": "1"}, "Connection refused"),
    ],
)
def test_why_a_database_cannot_be_asked_is_told(
    dsn: str, changed: dict[str, str], told: str
) -> None:
    with pytest.raises(StoreUnavailable) as refused:
        examine_server(make_conninfo(dsn, **changed), lambda: datetime.now(UTC))
    assert told in str(refused.value)
    assert "geheim" not in str(refused.value)
