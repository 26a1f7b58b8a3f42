"""What the doctor finds in a real server's catalogues."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.operators.examination import (
    Collation,
    changed_orders,
    examine_server,
    may_make_temporary_tables,
)
from adapters.postgres.operators.open_work import troubled_endpoints
from adapters.postgres.operators.provider_calls import examine_calls
from adapters.postgres.operators.work_for_somebody import CasesOf, WorkForSomebody, examine_work
from adapters.postgres.schema.migration import migrate
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.values.availability import StoreUnavailable
from cashback_core.webhooks.policy import Because
from contract.builders import CREATED, ended, leased
from integration.kept_differences import a_difference, keep_difference
from integration.two_merchants import ROLES

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database


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


def test_endpoints_that_were_disabled_or_are_late_are_found(dsn: str) -> None:
    hour, now = timedelta(hours=1), datetime.now(UTC)
    assert troubled_endpoints(dsn, late=hour) == ()
    with psycopg.connect(dsn) as owner:
        # 1: by a person; 2: its receiver was gone; 3: late; 4: waits, and not for long; 5: told all
        for n, because in enumerate(("person", "gone", None, None, None), start=1):
            owner.execute(
                "insert into webhooks (merchant_id, webhook_id, url, created_by, secret_id,"
                " disabled_at, disabled_because) values (1, %s, 'https://erp.example/' || %s,"
                " 'test', gen_random_uuid(), case when %s::text is not null then %s end, %s)",
                [UUID(int=n), n, because, now, because],
            )
            owner.execute(
                "insert into webhook_progress values (1, %s, 0, %s, 0)", [UUID(int=n), UUID(int=0)]
            )
        for n, ago in ((1, 3 * hour), (2, 3 * hour), (3, 2 * hour), (4, hour / 2)):
            owner.execute(
                "insert into webhook_messages (merchant_id, webhook_id, message_id, attempts,"
                " due_at, created_at) values (1, %s, 'test.1', 0, now(), %s)",
                [UUID(int=n), now - ago],
            )
    found = troubled_endpoints(dsn, late=hour)
    assert [(one.id.int, one.because, one.since) for one in found] == [
        (3, None, now - 2 * hour),
        (2, Because.GONE, now),
    ]
    assert found[0].merchant == slug_of(dsn)
    with psycopg.connect(dsn) as owner:
        owner.execute("update merchants set disabled_at = now() where merchant_id = 1")
    assert troubled_endpoints(dsn, late=hour) == (), "a merchant that is disabled is told nothing"


async def test_how_long_the_latest_payments_took_is_found(dsn: str, database: Database) -> None:
    assert examine_calls(dsn) is None
    store = PostgresCashbackStore(database, DeliveryPolicy())
    for waited_s, ended_s in ((0.0, 0.2), (0.1, 0.4), (0.5, 1.5)):
        claim = await leased(store)
        await store.conclude(ended(claim, replace(CREATED, connected_s=waited_s, ended_s=ended_s)))
    found = examine_calls(dsn)
    assert found is not None
    assert found.count == 3
    assert found.held_s == pytest.approx(0.3)
    assert found.waited_s == pytest.approx(0.1)
    with psycopg.connect(dsn) as owner:
        owner.execute("alter table cashbacks disable trigger user")
        owner.execute("update cashbacks set applied_at = applied_at - interval '2 hours'")
    assert examine_calls(dsn) is None, "what was slow this morning is no warning now"


def slug_of(dsn: str) -> str:
    with psycopg.connect(dsn) as owner:
        row = owner.execute("select slug from merchants where merchant_id = 1").fetchone()
    assert row is not None
    return str(row[0])


def test_what_waits_for_a_person_and_files_that_nobody_compared_are_found(dsn: str) -> None:
    assert examine_work(dsn) == WorkForSomebody(nobodys=None, somebodys=None)
    one, other = a_difference(), a_difference()
    for difference in (one, other):
        keep_difference(dsn, difference)
    with psycopg.connect(dsn) as owner:
        owner.execute(
            "insert into cases (case_id, difference_id, merchant_id, assigned_to)"
            " select difference_id, difference_id, merchant_id, 'ana' from differences"
            " where difference_id = %s",
            [other.case.id],
        )
        owner.execute("update files set completed_at = now() where file_id = %s", [one.file_id])
    found = examine_work(dsn)
    some = CasesOf(count=1, centavos=5, oldest_at=one.case.opened_at, days=1)
    assert (found.nobodys, found.somebodys) == (some, some)
    assert (found.uncompared, found.first_uncompared) == (1, ("demo", one.day))
    with psycopg.connect(dsn) as owner:
        owner.execute(
            "insert into three_side_runs (run_id, merchant_id, day, file_id, source, run_by, as_of,"
            " totals, opened, renewed, closed) select gen_random_uuid(), merchant_id, day, file_id,"
            " 'nothing', 'ana', now(), '{}', 0, 0, 0 from files where file_id = %s",
            [one.file_id],
        )
    assert examine_work(dsn).uncompared == 0
