"""Row-level security: whatever the table and the statement, one merchant is all there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from cashback_core.delivery.states import DeliveryPolicy
from integration.two_merchants import (
    ERASER,
    MINE,
    SERVING,
    THEIRS,
    Table,
    fill,
    one,
    rows,
    session,
    tables_of_merchants,
)

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database
    from integration.two_merchants import Records

REFUSED: Final = (InsufficientPrivilege, psycopg.errors.GeneratedAlways)

OF_NO_MERCHANT: Final = {
    # How the database is migrated, whether anything is sent at all.
    "schema_migrations", "sender", "sender_pauses", "sender_releases",
    # Where the feed of changes is, and how far its positions are raised: the same for everybody.
    "feed",
    # Empty, and only ever locked: by whoever accepts, claims, or puts a brake on.
    "brakes_lock",
    # By which anybody verifies closed days.
    "close_keys",
    "closing_round",
    # Which key erasures are made with: the eraser's to note, the doctor's to read.
    "erasure_key",
    # Of the provider's account, over all merchants: the platform's and the workers'.
    "reconciliations", "statement_incident_events", "statement_explanations", "statement_lines",
    "provider_tellings", "provider_moves", "provider_told", "provider_found", "provider_respelled",
    # Of people before their merchant is known: nobody's but the log-in's.
    "revoked_tokens", "login_failures", "rate_buckets",
}  # fmt: skip
"""Every table without a merchant; a new one is a decision to be written here."""


@pytest.fixture
def store(database: Database) -> PostgresCashbackStore:
    return PostgresCashbackStore(database, DeliveryPolicy())


@pytest.fixture
async def both(store: PostgresCashbackStore, dsn: str) -> Records:
    return await fill(store, dsn)


def test_every_table_is_one_merchants_or_known_to_be_nobodys(dsn: str) -> None:
    with psycopg.connect(dsn) as owner:
        every = owner.execute(
            "select relname from pg_class where relkind in ('r', 'p')"
            " and relnamespace = 'public'::regnamespace"
        ).fetchall()
    kept_apart = {table.name for table in tables_of_merchants(dsn)}
    assert {name for (name,) in every} - kept_apart == OF_NO_MERCHANT


def test_every_table_of_merchants_has_the_policies(dsn: str) -> None:
    asked = (
        "select roles::text[], permissive, cmd, qual, with_check from pg_policies"
        " where tablename = %s and roles && array['public', 'cashback_serving']::name[]"
        " and permissive = 'PERMISSIVE'"  # the others take away, and give nothing
    )
    with psycopg.connect(dsn) as owner:
        owner.execute("create table reference (merchant_id bigint)")
        owner.execute("select protect_merchant_table('reference')")
        right = owner.execute(asked, ["reference"]).fetchall()
        secure = (
            "select relkind in ('r', 'p') and relrowsecurity from pg_class where oid = %s::regclass"
        )
        for table in tables_of_merchants(dsn):
            assert one(owner, secure, table.name), f"{table.name}: select protect_merchant_table()"
            assert owner.execute(asked, [table.name]).fetchall() == right, table.name
        owner.rollback()


@pytest.mark.parametrize("role", [SERVING, ERASER])
def test_nothing_is_visible_before_a_merchant_is_named(dsn: str, both: Records, role: str) -> None:
    del both
    for setting in (None, "", "{}"):
        with session(dsn, role=role) as serving:
            if setting is not None:
                serving.execute("select set_config('cashback.merchants', %s, true)", [setting])
            for table in visible_tables(dsn, role):
                assert rows(serving, table) == [], (table.name, setting)


@pytest.mark.parametrize("role", [SERVING, ERASER])
def test_one_merchants_session_sees_its_own_rows_and_no_others(
    dsn: str, both: Records, role: str
) -> None:
    del both
    seen: set[str] = set()
    for table in visible_tables(dsn, role):
        with session(dsn, MINE, role=role) as serving:
            found = set(rows(serving, table))
        assert found <= {MINE}, table.name
        if found:
            seen.add(table.name)
    assert seen >= {"customers", "sales", "sale_lines", "cashbacks", "attempts", "events"}
    if role == SERVING:
        assert seen >= {"merchants", "rates", "sale_names", "users"}, "there is something to see"


@pytest.mark.parametrize("role", [SERVING, ERASER])
def test_a_policy_judges_the_rows_and_never_finds_them(dsn: str, role: str) -> None:
    """As an index condition it had whole merchants read, while the asked keys were at hand."""
    for table in visible_tables(dsn, role):
        with session(dsn, MINE, role=role) as serving:
            serving.execute("set enable_seqscan = off")
            explain = sql.SQL("explain select from {}").format(table.called)
            plan = "\n".join(line for (line,) in serving.execute(explain).fetchall())
        assert "Filter" in plan, (table.name, plan)
        found, _, _ = plan.partition("SubPlan")  # whose sale it is, is looked up by that one's key
        assert "Index Cond" not in found, (table.name, plan)


def visible_tables(dsn: str, role: str) -> list[Table]:
    """What a role may read, but the merchants' ids, all of which retention goes through."""
    return [
        table
        for table in tables_of_merchants(dsn)
        if table.may(dsn, "select", role) and (role, table.name) != (ERASER, "merchants")
    ]


def test_a_session_that_names_a_group_reads_its_sales_and_nothing_of_others(
    dsn: str, both: Records
) -> None:
    """Whatever a query forgets to ask for."""
    mine = both[MINE][0].id
    with psycopg.connect(dsn) as owner:
        owner.execute("alter table sales disable trigger user")
        owner.execute(
            "update sales set submitted_by = case when cashback_id = %s then 'user:ana'"
            " else 'user:bia' end",
            [mine],
        )
        owner.commit()
    tables = ("sales", "sale_lines", "cashbacks", "attempts", "events")
    for table in tables:
        query = sql.SQL("select distinct cashback_id from {}").format(sql.Identifier(table))
        with session(dsn, MINE) as serving:
            assert len(serving.execute(query).fetchall()) > 1, table
            for group, seen in (("user:ana", [(mine,)]), ("user:carla", [])):
                serving.execute("select set_config('cashback.reads_only', %s, true)", [group])
                assert serving.execute(query).fetchall() == seen, (table, group)
            serving.execute("select set_config('cashback.reads_only', '', true)")
            assert len(serving.execute(query).fetchall()) > 1, table


NOT_READ_FOR_A_SHOP: Final = {
    "sale_names",  # a name that is taken has to be found; of whom the core tells nothing
    "refused_equals",  # operators' alone
    "webhook_messages",  # administrators' alone
    "incidents",
    "differences",
    "provider_lines",  # operators' alone
    "statement_incidents",
    "statement_explanations",  # operators' alone, who hold a day against them
}
"""Tables of single cashbacks that have no wall between groups: no shop's system reads them."""


def test_what_hangs_on_a_sale_is_behind_its_group_s_wall(dsn: str) -> None:
    with psycopg.connect(dsn) as owner:
        hanging = owner.execute(
            "select c.relname from pg_class as c join pg_attribute as a on a.attrelid = c.oid"
            " where c.relkind = 'r' and a.attname = 'cashback_id'"
            " and c.relnamespace = 'public'::regnamespace"
            " and has_any_column_privilege('cashback_serving', c.oid, 'select')"
        ).fetchall()
        walled = owner.execute(
            "select tablename from pg_policies where policyname = 'of_the_group'"
            " and permissive = 'RESTRICTIVE' and cmd = 'SELECT'"
        ).fetchall()
    assert {name for (name,) in hanging} - {name for (name,) in walled} <= NOT_READ_FOR_A_SHOP


def test_a_group_of_two_merchants_sees_both_and_no_third(dsn: str, both: Records) -> None:
    del both
    with psycopg.connect(dsn) as owner:
        owner.execute("insert into merchants (slug, name) values ('third', 'Third')")
    with session(dsn, MINE, THEIRS) as serving:
        assert set(rows(serving, Table("cashbacks"))) == {MINE, THEIRS}
        assert set(rows(serving, Table("merchants"))) == {MINE, THEIRS}


def test_no_row_of_another_merchant_can_be_written(dsn: str, both: Records) -> None:
    del both
    written: set[str] = set()
    for table in tables_of_merchants(dsn):
        insert = sql.SQL("insert into {} (merchant_id) overriding system value values ({})")
        if table.may(dsn, "insert"):
            written.add(table.name)
            # The policy speaks before any other rule of the table does.
            with session(dsn, MINE) as serving, pytest.raises(InsufficientPrivilege) as refused:
                serving.execute(insert.format(table.called, THEIRS))
            assert table.name in str(refused.value)
        for verb in ("update", "delete"):
            with session(dsn, MINE) as serving:
                assert changed(serving, table, verb) == 0, (table.name, verb)
    assert written >= {"customers", "sales", "sale_lines", "sale_names", "cashbacks", "incidents"}


def changed(connection: psycopg.Connection[Any], table: Table, verb: str) -> int:
    """How many rows of the other merchant a statement reaches; 0 where the verb is not granted."""
    where = sql.SQL(" where merchant_id = {}").format(THEIRS)
    if verb == "delete":
        statement = sql.SQL("delete from {}").format(table.called) + where
    else:
        column = connection.execute(
            "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0"
            " and not attisdropped and has_column_privilege(attrelid, attnum, 'update') limit 1",
            [table.name],
        ).fetchone()
        if column is None:
            return 0
        name = sql.Identifier(column[0])
        statement = sql.SQL("update {} set {} = {}").format(table.called, name, name) + where
    try:
        return connection.execute(statement).rowcount
    except InsufficientPrivilege:
        return 0


def test_a_row_cannot_be_given_to_another_merchant(dsn: str, both: Records) -> None:
    """Not by the grants; and if there were one, not by the policy."""
    del both
    for table in tables_of_merchants(dsn):
        with session(dsn, MINE) as serving, pytest.raises(REFUSED):
            serving.execute(sql.SQL("update {} set merchant_id = {}").format(table.called, THEIRS))
    with psycopg.connect(dsn) as owner:
        owner.execute("grant update on cashbacks to cashback_serving")
    with session(dsn, MINE) as serving, pytest.raises(InsufficientPrivilege, match="row-level"):
        serving.execute("update cashbacks set merchant_id = %s", [THEIRS])
