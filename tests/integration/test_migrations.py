from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.postgres.migrate import SchemaMismatch, migrate, migrations, pending

if TYPE_CHECKING:
    from adapters.postgres.embedded import EmbeddedPostgres

STARTS = 10


def start_together(dsn: str) -> list[list[str]]:
    with ProcessPoolExecutor(STARTS) as pool:
        return list(pool.map(migrate, [dsn] * STARTS))


def test_ten_simultaneous_starts_on_an_empty_database_migrate_it_once(
    postgres_server: EmbeddedPostgres,
) -> None:
    dsn = postgres_server.create_database("ten_starts")
    applied = start_together(dsn)
    assert max(applied, key=len) == [m.name for m in migrations()]
    assert sum(map(len, applied)) == len(migrations())
    assert pending(dsn) == []


def test_ten_simultaneous_starts_on_an_existing_database_change_nothing(dsn: str) -> None:
    assert start_together(dsn) == [[]] * STARTS


def test_a_database_that_stopped_half_way_is_brought_up_to_date(
    postgres_server: EmbeddedPostgres,
) -> None:
    dsn = postgres_server.create_database("half_way")
    migrate(dsn)
    last = migrations()[-1]
    with psycopg.connect(dsn) as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")
    assert pending(dsn) == [m.name for m in migrations()]
    assert migrate(dsn)[-1] == last.name


def test_a_migration_edited_after_it_was_applied_is_told(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("update schema_migrations set checksum = 'x' where name like '0002%'")
    with pytest.raises(SchemaMismatch, match="0002_cashbacks"):
        migrate(dsn)


def test_a_migration_that_fails_leaves_no_trace(
    postgres_server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adapters.postgres import migrate as module

    good, *_ = migrations()
    bad = module.Migration(name="0002_bad.sql", sql="create table half (n int); select 1/0;")
    monkeypatch.setattr(module, "migrations", lambda: (good, bad))
    dsn = postgres_server.create_database("bad_migration")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(dsn)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select to_regclass('half')").fetchone() == (None,)
        assert connection.execute("select name from schema_migrations").fetchall() == [(good.name,)]
