"""A login of finance that takes a transaction's number and stays keeps nobody from the feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.closing.chains import horizon, open_days
from adapters.postgres.connection.reporting_logins import (
    add_reporting_login,
    remove_reporting_login,
)
from adapters.postgres.delivery.changes import PostgresChanges
from adapters.postgres.operators import examination
from adapters.postgres.operators.examination import staying_readers
from cashback_core.delivery.states import DeliveryPolicy
from contract.builders import a_sale, accepted, submitted
from contract.feeding import all_changes
from integration.two_merchants import one

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.postgres.connection.database import Database

LOGIN: Final = "bi_that_stays"
PASSWORD: Final = "a-long-password-of-finance"


@pytest.fixture
def finance(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A session of finance's that has a number, and no limits any more."""
    with psycopg.connect(dsn) as owner:
        slug = one(owner, "select slug from merchants where merchant_id = 1")
    add_reporting_login(dsn, LOGIN, PASSWORD, merchants=[slug], actor="test")
    with psycopg.connect(make_conninfo(dsn, user=LOGIN, password=PASSWORD)) as connection:
        connection.execute("set session characteristics as transaction read write")
        connection.execute(
            "set transaction_timeout = 0; set idle_in_transaction_session_timeout = 0"
        )
        connection.commit()
        connection.execute(
            sql.SQL("alter role {} set work_mem = '5MB'").format(sql.Identifier(LOGIN))
        )
        yield connection
        connection.rollback()
    remove_reporting_login(dsn, LOGIN, actor="test")


async def told_of_a_sale(database: Database) -> bool:
    """Whether a sale that is accepted now is in the feed at once."""
    store = PostgresCashbackStore(database, DeliveryPolicy())
    made = await accepted(store, submitted(a_sale(), lease_s=None))
    return any(change.id == made.id for change in await all_changes(PostgresChanges(database)))


async def cut_at(dsn: str) -> int:
    """Where a day of merchant 1 would be cut."""
    async with await psycopg.AsyncConnection[Any].connect(dsn, autocommit=True) as closer:
        return (await horizon(closer, (await open_days(closer))[0])).below


async def test_a_sale_is_told_and_a_day_is_cut_behind_it(
    dsn: str, database: Database, finance: psycopg.Connection[Any]
) -> None:
    mine = one(finance, "select pg_current_xact_id_if_assigned()::text::bigint")
    assert mine is not None
    elsewhere = make_conninfo(dsn, user=LOGIN, password=PASSWORD, dbname="postgres")
    with psycopg.connect(elsewhere) as another:
        another.execute("select pg_current_xact_id()")
        assert await told_of_a_sale(database)
        assert await cut_at(dsn) > mine
    # Others behind it are waited for as ever.
    with psycopg.connect(dsn) as slow:
        slow.execute("select pg_current_xact_id()")
        assert not await told_of_a_sale(database)
        slow.rollback()
    assert await told_of_a_sale(database)


def test_doctor_names_whoever_of_finance_stays(
    dsn: str, finance: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert staying_readers(dsn) == [], "not yet ten minutes"
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("create role doctor_of_test login password 'secret'")
        try:
            owner.execute(
                sql.SQL("grant connect on database {} to doctor_of_test").format(
                    sql.Identifier(owner.info.dbname)
                )
            )
            sees_little = make_conninfo(dsn, user="doctor_of_test", password="secret")
            [hidden] = staying_readers(sees_little)
        finally:
            owner.execute("drop owned by doctor_of_test")
            owner.execute("drop role doctor_of_test")
    monkeypatch.setattr(examination, "STAYS", timedelta(0))
    [shown] = staying_readers(dsn)
    assert (shown.pid, shown.login, shown.has_number) == (finance.info.backend_pid, LOGIN, True)
    assert shown.since is not None
    assert hidden == replace(shown, since=None)
    finance.rollback()
    assert staying_readers(dsn) == []
    finance.execute("set transaction isolation level repeatable read")
    finance.execute("select count(*) from sales")
    [reads] = staying_readers(dsn)
    assert not reads.has_number


@pytest.mark.parametrize(
    "given",
    [
        "grant cashback_serving to {login}",
        "grant pg_read_all_stats to {login}",
        "grant insert on events to {login}",
        "grant update (status) on cashbacks to {login}",
        "grant insert on reporting.customers to {login}",
        "grant execute on function lock_brakes_alone() to {login}",
        "alter role {login} createrole",
        "revoke cashback_reporting from {login}",
    ],
)
async def test_whoever_may_do_anything_more_is_waited_for(
    dsn: str, database: Database, finance: psycopg.Connection[Any], given: LiteralString
) -> None:
    with psycopg.connect(dsn) as owner:
        owner.execute(sql.SQL(given).format(login=sql.Identifier(LOGIN)))
    assert not await told_of_a_sale(database)
    finance.rollback()
    assert await told_of_a_sale(database)
    with psycopg.connect(dsn) as owner:
        undo = given.replace("grant", "revoke").replace(" to ", " from ")
        if "createrole" in given:
            undo = given.replace("createrole", "nocreaterole")
        if given.startswith("revoke"):
            undo = given.replace("revoke", "grant").replace(" from ", " to ")
        owner.execute(sql.SQL(undo).format(login=sql.Identifier(LOGIN)))


async def test_what_was_written_before_the_right_was_taken_is_waited_for(
    dsn: str, database: Database, finance: psycopg.Connection[Any]
) -> None:
    finance.rollback()
    store = PostgresCashbackStore(database, DeliveryPolicy())
    made = await accepted(store, submitted(a_sale(), lease_s=None))
    name = sql.Identifier(LOGIN)
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(sql.SQL("grant cashback_worker to {}").format(name))
        finance.execute("set local role cashback_worker")
        finance.execute(
            "insert into public.events (merchant_id, cashback_id, sequence, at, actor, actor_name,"
            " from_status, to_status, attempt, reason)"
            " values (1, %s, 2, now(), 'operator', 'ana', 'held', 'pending', 0, 'x')",
            [made.id],
        )
        owner.execute(sql.SQL("revoke cashback_worker from {}").format(name))
    assert not await told_of_a_sale(database)
    finance.rollback()
    assert await told_of_a_sale(database)
