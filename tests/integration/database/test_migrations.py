from __future__ import annotations

import subprocess
from concurrent.futures import ProcessPoolExecutor
from importlib.resources import files
from typing import TYPE_CHECKING, LiteralString

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from adapters.postgres.embedded import throwaway_postgres
from adapters.postgres.embedded.binaries import find_binaries
from adapters.postgres.schema.dump import first_line, schema_of
from adapters.postgres.schema.migration import (
    SchemaMismatch,
    migrate,
    migrations,
    pending,
    refuse_former,
)
from cashback_gateway.commands.doctor import examine
from cashback_gateway.processes.api import serve
from cashback_gateway.processes.worker import work
from cashback_gateway.settings.environment import read_settings
from chaos.quick_folder import quick_folder
from integration.two_merchants import ROLES
from integration.whole_sale import CUSTOMER, WHOLE

if TYPE_CHECKING:
    from adapters.postgres.embedded import EmbeddedPostgres

STARTS = 10
SALE = "01932c07-0000-7000-8000-000000000001"


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
        connection.execute("drop schema public, reporting cascade")
        connection.execute("create schema public")
    assert pending(dsn) == [m.name for m in migrations()]
    assert migrate(dsn)[-1] == last.name


def test_a_migration_edited_after_it_was_applied_is_told(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("update schema_migrations set checksum = 'x' where name like '0002%'")
    with pytest.raises(SchemaMismatch, match="0002_guard_functions"):
        migrate(dsn)


def test_a_database_of_the_former_migrations_is_refused_in_one_sentence(
    postgres_server: EmbeddedPostgres, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    dsn = postgres_server.create_database("former")
    with psycopg.connect(dsn) as connection:
        connection.execute("create table schema_migrations (name text, checksum text)")
        connection.execute("insert into schema_migrations values ('0001_merchants.sql', '')")
        connection.execute("create table merchants (merchant_id bigint)")
    environ |= {"DATABASE_URL": dsn, "CASHBACK_PROVIDER_URL": "http://127.0.0.1:9"}
    settings = read_settings(environ)
    sentence = r"^this database was made before [^.\n]*\w$"
    for refused in (migrate, pending):
        with pytest.raises(SchemaMismatch, match=sentence):
            refused(dsn)
    for started in (serve, work):
        with pytest.raises(SchemaMismatch, match=sentence):
            started(settings)
    assert examine(settings) == 1
    assert "make an empty database" in capsys.readouterr().out


def test_a_database_is_not_former_before_its_first_migration_nor_with_later_ones(
    postgres_server: EmbeddedPostgres, dsn: str
) -> None:
    refuse_former(postgres_server.create_database("not_yet_migrated"))
    with psycopg.connect(dsn) as connection:
        connection.execute("insert into schema_migrations values ('9999_later.sql', '')")
    refuse_former(dsn)


def test_the_schema_that_is_read_is_the_one_that_the_migrations_make(
    postgres_server: EmbeddedPostgres, template: str
) -> None:
    binaries = find_binaries(major=None, account=None, copies=postgres_server.home)
    kept = (files("adapters.postgres.schema") / "schema.sql").read_text("utf-8")
    if not kept.startswith(first_line(binaries.major)):
        pytest.skip(f"PostgreSQL {binaries.major} words it otherwise")
    assert schema_of(postgres_server.dsn(template), binaries) == kept, "make schema"


def test_each_migration_opens_with_why() -> None:
    for migration in migrations():
        opening = migration.sql.split("\n\n", 1)[0].splitlines()
        assert all(line.startswith("--") for line in opening), migration.name


def test_a_migration_that_fails_leaves_no_trace(
    postgres_server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adapters.postgres.schema import migration as module

    good, *_ = migrations()
    bad = module.Migration(name="0002_bad.sql", sql="create table half (n int); select 1/0;")
    monkeypatch.setattr(module, "migrations", lambda: (good, bad))
    dsn = postgres_server.create_database("bad_migration")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(dsn)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select to_regclass('half')").fetchone() == (None,)
        assert connection.execute("select name from schema_migrations").fetchall() == [(good.name,)]


@pytest.mark.parametrize("superuser", [True, False], ids=["a superuser", "an owner"])
def test_ten_databases_of_one_new_cluster_may_be_migrated_at_once(*, superuser: bool) -> None:
    """Roles belong to the cluster: all ten make them, one makes each."""
    with throwaway_postgres(quick_folder()) as server:
        dsns = [server.create_database(f"fresh_{n}") for n in range(STARTS)]
        if not superuser:
            make_login(dsns[0], "owner", "createrole")
            dsns = [owned_by(dsn, "owner") for dsn in dsns]
        with ProcessPoolExecutor(STARTS) as pool:
            applied = list(pool.map(migrate, dsns))
        assert applied == [[m.name for m in migrations()]] * STARTS
        for dsn in dsns:
            for role in ROLES:
                with psycopg.connect(dsn, options=f"-c role={role}") as connection:
                    connection.execute("select merchant_id from merchants")


def test_an_owner_who_may_not_act_as_the_roles_is_told_what_to_ask_for() -> None:
    with throwaway_postgres(quick_folder()) as server:
        migrate(server.create_database("first"))
        second = server.create_database("second")
        make_login(second, "stranger", "nocreaterole")
        second = owned_by(second, "stranger")
        with pytest.raises(
            psycopg.errors.InsufficientPrivilege, match="permission denied to grant role"
        ):
            migrate(second)
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            roles = sql.SQL(", ").join(map(sql.Identifier, ROLES))
            connection.execute(sql.SQL("grant {} to stranger").format(roles))
        assert migrate(second)[-1] == migrations()[-1].name


def test_who_cannot_keep_temporary_tables_away_is_told_who_can(dsn: str) -> None:
    make_login(dsn, "no_owner", "nocreaterole")
    with psycopg.connect(dsn) as owner:
        database = sql.Identifier(owner.info.dbname)
        owner.execute("grant usage, create on schema public to no_owner")
        owner.execute("grant execute on function pg_advisory_lock(bigint) to no_owner")
        owner.execute("grant usage on language plpgsql to no_owner")
        owner.execute(sql.SQL("grant connect on database {} to no_owner").format(database))
        owner.execute("grant select on schema_migrations to no_owner")
        owner.execute(sql.SQL("grant temporary on database {} to public").format(database))
    with pytest.raises(psycopg.errors.InsufficientPrivilege) as told:
        migrate(make_conninfo(dsn, user="no_owner", password="secret"))
    assert "revoke temporary on database" in str(told.value.diag.message_hint)


def test_a_dump_is_restored_with_everything_that_guards_it(
    postgres_server: EmbeddedPostgres, dsn: str
) -> None:
    """A restore fills the tables before it makes their triggers, in an order of its own."""
    binaries = find_binaries(major=None, account=None, copies=postgres_server.home)
    with psycopg.connect(dsn) as connection:
        for statement in (CUSTOMER, *WHOLE.values()):
            connection.execute(statement, {"id": SALE})
    dumped = [str(binaries.folder / "pg_dump"), "--format=custom", f"--dbname={dsn}"]
    archive = subprocess.run(dumped, check=True, capture_output=True).stdout
    restored = postgres_server.create_database("restored")
    put_back = [str(binaries.folder / "pg_restore"), "--exit-on-error", f"--dbname={restored}"]
    subprocess.run(put_back, check=True, input=archive, capture_output=True)
    assert pending(restored) == []
    with psycopg.connect(restored, autocommit=True) as connection:
        for statement, words in {
            "delete from sale_names": "keeps its names",
            "insert into sales select merchant_id, gen_random_uuid(), sale_id, idempotency_key,"
            " sold_at, document, name, total_centavos, discount_centavos, rounding, exact,"
            " raw_body, accepted_at from sales": "has no cashback",
        }.items():
            with pytest.raises(psycopg.IntegrityError, match=words):
                connection.execute(statement.encode())


def make_login(dsn: str, name: str, attribute: LiteralString) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        made = sql.SQL("create role {} login password 'secret' " + attribute)
        connection.execute(made.format(sql.Identifier(name)))


def owned_by(dsn: str, login: str) -> str:
    """The same database, given to a login."""
    database = sql.Identifier(str(conninfo_to_dict(dsn)["dbname"]))
    with psycopg.connect(dsn, autocommit=True) as connection:
        given = sql.SQL("alter database {} owner to {}")
        connection.execute(given.format(database, sql.Identifier(login)))
    return make_conninfo(dsn, user=login, password="secret")
