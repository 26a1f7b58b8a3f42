"""A login of finance locks nothing that sells, whatever it tries, while it tries and afterwards."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.errors import InsufficientPrivilege

from adapters.postgres.connection.harms import left_to
from adapters.postgres.connection.reporting_logins import (
    Removed,
    add_reporting_login,
    remove_reporting_login,
)
from adapters.postgres.embedded import throwaway_postgres
from adapters.postgres.embedded.binaries import find_binaries
from adapters.postgres.operators.examination import left_to_reporting
from adapters.postgres.schema.migration import migrate
from cashback_gateway.local.demo_data import load_merchant
from chaos.quick_folder import quick_folder
from integration.database.test_migrations import make_login, owned_by
from integration.journeys import sale
from integration.two_merchants import one

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.postgres.embedded import EmbeddedPostgres
    from integration.running import Gateway

LOGIN: Final = "bi_that_locks"
PASSWORD: Final = "a-long-password-of-finance"
MODES: Final[tuple[LiteralString, ...]] = (
    "access share", "row share", "row exclusive", "share update exclusive", "share",
    "share row exclusive", "exclusive", "access exclusive",
)  # fmt: skip
# A relation is locked before it is asked who may: `prepare` keeps its lock, the others wait for
# theirs, and whoever sells would wait behind them.
BY_NAME: Final[tuple[LiteralString, ...]] = (
    "prepare it as delete from public.{}",
    "create rule it as on insert to public.{} do instead nothing",
    "create trigger it before update on public.{} execute function tsvector_update_trigger()",
    "comment on table public.{} is 'mine'",
    "select from public.{} for update",
    "alter table public.{} disable trigger all",
    "truncate public.{}",
)
CALLS: Final[tuple[LiteralString, ...]] = (
    "select pg_advisory_lock(108243400222067)",
    "select pg_advisory_lock(n) from generate_series(1, 100000) as n",
    "select pg_advisory_lock_shared(1, 2)",
    "select pg_try_advisory_lock(88498521675)",
    "select pg_advisory_xact_lock(7165916604736789355)",
    "select lo_create(0)",
    "select lo_from_bytea(0, 'x')",
    "select pg_logical_emit_message(false, 'x', repeat('x', 1000000))",
    "select public.lock_brakes_alone()",
    "select pg_current_xact_id()",
    "select txid_current()",
    "do $$ begin for i in 1..1000 loop commit; end loop; end $$",
)


@pytest.fixture(scope="module")
def login(gateway: Gateway) -> Iterator[str]:
    add_reporting_login(gateway.dsn, LOGIN, PASSWORD, merchants=["demo"], actor="test")
    yield make_conninfo(gateway.dsn, user=LOGIN, password=PASSWORD)
    remove_reporting_login(gateway.dsn, LOGIN, actor="test")


def unbound(dsn: str) -> psycopg.Connection[Any]:
    """A session that has put away what it may of its limits."""
    connection = psycopg.connect(dsn, autocommit=True)
    for name in ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"):
        connection.execute(sql.SQL("set {} = 0").format(sql.Identifier(name)))
    connection.execute("set default_transaction_read_only = off")
    return connection


def test_sales_go_on_while_a_login_of_finance_locks_whatever_it_can(
    gateway: Gateway, login: str
) -> None:
    with psycopg.connect(gateway.dsn) as owner:
        tables = [
            str(name)
            for (name,) in owner.execute(
                "select c.relname from pg_class as c where c.relkind in ('r', 'v')"
                " and c.relnamespace = 'public'::regnamespace order by 1"
            )
        ]
    assert "brakes_lock" in tables
    assert gateway.submit(sale()).status == 201
    with unbound(login) as locking:
        locking.execute("begin")
        refused = 0
        for statement in CALLS:
            refused += not _done(locking, sql.SQL(statement))
        for table in map(sql.Identifier, tables):
            for statement in BY_NAME:
                refused += not _done(locking, sql.SQL(statement).format(table))
            for mode in MODES:
                lock = sql.SQL("lock table public.{} in " + mode + " mode nowait").format(table)
                refused += not _done(locking, lock)
        assert refused == len(CALLS) + len(tables) * (len(BY_NAME) + len(MODES))
        # What it may read it reads, and keeps for as long as it likes.
        for view in ("sales", "events", "cashbacks", "merchants"):
            named = sql.Identifier("reporting", view)
            assert _done(locking, sql.SQL("select count(*) from {}").format(named))
            assert _done(locking, sql.SQL("lock table {} in access share mode").format(named))
        assert gateway.submit(sale()).status == 201
        with psycopg.connect(gateway.dsn) as owner:
            owner.execute("set lock_timeout = '500ms'")
            owner.execute("select lock_brakes_alone()")
            owner.rollback()


def _done(connection: psycopg.Connection[Any], statement: sql.SQL | sql.Composed) -> bool:
    with suppress(InsufficientPrivilege), connection.transaction():
        connection.execute(statement)
        return True
    return False


def test_whoever_is_no_superuser_is_told_what_is_left_and_a_superuser_takes_it() -> None:
    """As where a provider runs the server; a dump keeps what was taken."""
    with throwaway_postgres(quick_folder()) as server:
        first = server.create_database("ours")
        make_login(first, "owner", "createrole")
        ours = owned_by(first, "owner")
        migrate(ours)
        load_merchant(ours)
        assert left_to_reporting(ours) == []  # nobody is there whom it would be left to
        added = add_reporting_login(ours, LOGIN, PASSWORD, merchants=["demo"], actor="test")
        assert "pg_advisory_lock" in added.harms
        assert "lo_create" in added.harms
        assert {"pg_current_xact_id", "language plpgsql"} <= {*added.harms}
        assert not [harm for harm in added.harms if harm.startswith("schema")]
        assert left_to_reporting(ours) == added.harms
        assert migrate(first) == []
        assert left_to_reporting(ours) == []
        assert migrate(ours) == []  # by a lock that is the database's owner's still
        _large_object_of(first)
        assert remove_reporting_login(ours, LOGIN, actor="test") is Removed.WHOLLY
        with psycopg.connect(first) as owner:
            assert not one(owner, "select count(*) from pg_roles where rolname = %s", LOGIN)
            assert not one(owner, "select count(*) from pg_largeobject_metadata")
        _restored_is_as_closed(server, first)


def _large_object_of(dsn: str) -> None:
    """One of before: `drop role` alone would stop at it."""
    with psycopg.connect(dsn) as owner:
        made = one(owner, "select lo_create(0)")
        owner.execute(
            sql.SQL("alter large object {} owner to {}").format(
                sql.Literal(made), sql.Identifier(LOGIN)
            )
        )


def _restored_is_as_closed(server: EmbeddedPostgres, dsn: str) -> None:
    programs = find_binaries(major=None, account=None, copies=server.home).folder
    dumped = [str(programs / "pg_dump"), "--format=custom", f"--dbname={dsn}"]
    archive = subprocess.run(dumped, check=True, capture_output=True).stdout
    restored = server.create_database("restored")
    put_back = [str(programs / "pg_restore"), "--exit-on-error", f"--dbname={restored}"]
    subprocess.run(put_back, check=True, input=archive, capture_output=True)
    with psycopg.connect(restored) as owner:
        assert left_to(owner) == []
