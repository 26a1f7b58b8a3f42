"""What finance may ask in SQL: the views of its login's merchants, masked, and nothing else."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.errors import (
    DivisionByZero,
    InsufficientPrivilege,
    InvalidTextRepresentation,
    ReadOnlySqlTransaction,
)

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import Database
from adapters.postgres.connection.reporting_logins import (
    LIMITS,
    Removed,
    ReportingLoginError,
    add_reporting_login,
    remove_reporting_login,
    reporting_logins,
)
from adapters.postgres.embedded import throwaway_postgres
from adapters.postgres.figures.store import PostgresFigures
from adapters.postgres.schema.migration import migrate
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.figures.figures import Dimension, FiguresQuestion
from cashback_core.values.documents import Cpf
from cashback_gateway.local.demo_data import load_merchant
from chaos.quick_folder import quick_folder
from contract.builders import CREATED, a_sale, ended, leased
from integration.closed_rows import CLOSED
from integration.command_line import call
from integration.database.test_migrations import make_login, owned_by
from integration.running import SEAL
from integration.two_merchants import MINE, THEIRS, fill, one

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.postgres.embedded import EmbeddedPostgres

PASSWORD: Final = "a-long-password-of-finance"
LOGIN: Final = "bi_of_test"
BOTH: Final = "bi_of_two"
ALICE: Final = Cpf("52998224725")
VIEWS: Final = (
    "merchants", "product_types", "rates", "customers", "sales", "sale_lines", "cashbacks",
    "events", "attempts", "closes", "days",
)  # fmt: skip
"""Every view that finance reads; a new one is a decision to be written here."""


@pytest.fixture(scope="module")
def house(postgres_server: EmbeddedPostgres, template: str) -> Iterator[str]:
    """Two merchants with sales, a login for the first, and one for both."""
    dsn = postgres_server.create_database("reporting", template=template)

    async def filled() -> None:
        async with Database(dsn, seal=SEAL) as database:
            store = PostgresCashbackStore(database, DeliveryPolicy())
            await fill(store, dsn)
            claim = await leased(store, a_sale(document=ALICE, sale_id=f"NF-{ALICE}"))
            await store.conclude(ended(claim, CREATED))

    asyncio.run(filled())
    with psycopg.connect(dsn) as owner:
        owner.execute(CLOSED)
    add_reporting_login(dsn, LOGIN, PASSWORD, merchants=["demo"], actor="test")
    add_reporting_login(dsn, BOTH, PASSWORD, merchants=["other", "demo"], actor="test")
    yield dsn
    for login in (LOGIN, BOTH):
        remove_reporting_login(dsn, login, actor="test")
    postgres_server.drop_database("reporting")


def as_(dsn: str, login: str = LOGIN) -> psycopg.Connection[Any]:
    return psycopg.connect(make_conninfo(dsn, user=login, password=PASSWORD), autocommit=True)


def view(name: str) -> sql.Composable:
    return sql.Identifier("reporting", name)


def seen(connection: psycopg.Connection[Any], name: str) -> set[int]:
    found = connection.execute(sql.SQL("select distinct merchant_id from {}").format(view(name)))
    return {merchant for (merchant,) in found.fetchall()}


@pytest.mark.parametrize(
    "spelt", ["52998224725", "NF_529_982_247_25", "NF:529:982:247:25", "a52b998c224d725"]
)
def test_a_document_is_hidden_however_and_wherever_a_till_wrote_it(house: str, spelt: str) -> None:
    columns = ("sale_id", "store", "till", "series")
    with psycopg.connect(house) as owner:
        owner.execute("set session_replication_role = replica")
        ((cashback,),) = owner.execute(
            "update sales set sale_id = %(it)s::text, store = %(it)s::text, till = %(it)s::text,"
            " series = %(it)s::text"
            " where sale_id = %(known)s returning cashback_id",
            {"it": spelt, "known": f"NF-{ALICE}"},
        ).fetchall()
        owner.execute("update sale_lines set sku = %s where cashback_id = %s", [spelt, cashback])
        owner.commit()
        try:
            with as_(house) as mine:
                told = mine.execute(
                    sql.SQL("select {} from reporting.sales where cashback_id = %s").format(
                        sql.SQL(", ").join(map(sql.Identifier, columns))
                    ),
                    [cashback],
                ).fetchone()
                skus = mine.execute(
                    "select distinct sku from reporting.sale_lines where cashback_id = %s",
                    [cashback],
                ).fetchall()
        finally:
            owner.execute(
                "update sales set sale_id = %s, store = null, till = null, series = null"
                " where cashback_id = %s",
                [f"NF-{ALICE}", cashback],
            )
    assert told == ("***",) * len(columns)
    assert skus == [("***",)]


def test_a_company_s_letters_are_hidden_too(house: str) -> None:
    with psycopg.connect(house) as owner:
        owner.execute("set session_replication_role = replica")
        ((cashback,),) = owner.execute(
            "update sales set document = '12ABC34501DE35', store = '12.ABC.345/01DE-35'"
            " where sale_id = %s returning cashback_id",
            [f"NF-{ALICE}"],
        ).fetchall()
        owner.commit()
        try:
            with as_(house) as mine:
                told = mine.execute(
                    "select store, document from sales where cashback_id = %s", [cashback]
                ).fetchone()
        finally:
            owner.execute(
                "update sales set document = %s, store = null where cashback_id = %s",
                [ALICE, cashback],
            )
    assert told == ("***", "**.ABC.345/****-**")


def test_a_login_sees_every_view_of_its_merchants_and_of_no_other(house: str) -> None:
    with as_(house) as mine, as_(house, BOTH) as both:
        for name in VIEWS:
            assert seen(mine, name) == {MINE}, name
            assert seen(both, name) == {MINE, THEIRS}, name


def test_there_is_nothing_else_to_read_and_nothing_to_write(house: str) -> None:
    with psycopg.connect(house) as owner:
        held = owner.execute(
            "select n.nspname || '.' || c.relname, v from pg_class as c"
            " join pg_namespace as n on n.oid = c.relnamespace, unnest(%s::text[]) as v"
            " where n.nspname !~ '^(pg_|information_schema$)' and c.relkind in ('r', 'p', 'v', 'm')"
            " and has_any_column_privilege(%s, c.oid, v)",
            [["select", "insert", "update", "references"], LOGIN],
        ).fetchall()
    assert sorted(held) == sorted((f"reporting.{name}", "select") for name in VIEWS)


ACTS: Final[tuple[LiteralString, ...]] = (
    "select count(*) from public.sales",
    "select count(*) from public.reporting_logins",
    "select count(*) from reporting.zone_spans",
    "insert into reporting.product_types (merchant_id, type) values (2, 'Z')",
    "update reporting.merchants set name = 'x'",
    "delete from reporting.rates",
    "create table mine (x int)",
    "create table reporting.mine (x int)",
    "create temporary table mine (x int)",
    "create schema mine",
    "create function pg_temp.leak(text) returns boolean language sql as 'select true'",
    "create view reporting.all_sales as select * from public.sales",
    "set role cashback_serving",
    "set role cashback_worker",
    "set role pg_read_all_data",
    "set session authorization bi_of_two",
    "alter role bi_of_test superuser",
    "grant cashback_reporting to bi_of_two",
    "select public.feed_position()",
    "select public.renew_feed(true)",
    "copy reporting.sales to program 'cat'",
    "select pg_read_file('/etc/passwd')",
)


@pytest.mark.parametrize("act", ACTS)
def test_whoever_tries_for_more_is_refused(house: str, act: LiteralString) -> None:
    """Also when it has put its own limits away, which no right hangs on."""
    with as_(house) as mine:
        mine.execute("set default_transaction_read_only = off")
        with pytest.raises((InsufficientPrivilege, ReadOnlySqlTransaction, psycopg.Error)) as told:
            mine.execute(act)
        assert told.value.sqlstate in {"42501", "55000"}, told.value  # no right, or no such view


WIDENINGS: Final[tuple[LiteralString, ...]] = (
    "select set_config('cashback.merchants', '{1,2}', false)",
    "set session_authorization = default",
    "set role none",
    "reset role",
    "set row_security = off",
    "set search_path = public, reporting",
    "select set_config('session_authorization', 'bi_of_test', false)",
    "set default_transaction_read_only = off",
)


def test_nothing_that_a_session_says_widens_it(house: str) -> None:
    with as_(house) as mine:
        for statement in WIDENINGS:
            mine.execute(statement)
            for name in VIEWS:
                assert seen(mine, name) == {MINE}, (statement, name)


def test_who_may_take_the_other_login_s_role_sees_no_more_for_it(house: str) -> None:
    """Whatever somebody granted: rows hang on who logged in."""
    with psycopg.connect(house, autocommit=True) as owner, as_(house) as mine:
        owner.execute("grant bi_of_two to bi_of_test")
        try:
            mine.execute("set role bi_of_two")
            assert one(mine, "select current_user") == BOTH
            assert {name: seen(mine, name) for name in VIEWS} == {name: {MINE} for name in VIEWS}
        finally:
            owner.execute("revoke bi_of_two from bi_of_test")


def test_no_condition_of_a_query_sees_another_merchant_s_row(house: str) -> None:
    """One that raises, and costs less than the view's own, comes before it but for a barrier."""
    with psycopg.connect(house) as owner:
        their = "select cashback_id from cashbacks where merchant_id = 2 limit 1"
        cashback = one(owner, f"{their}")
        theirs = one(owner, "select count(*) from attempts where merchant_id = 2")
    assert theirs > 0
    with as_(house) as mine:
        for method in ("indexscan", "bitmapscan", "indexonlyscan", "nestloop", "mergejoin"):
            mine.execute(sql.SQL("set enable_{} = off").format(sql.SQL(method)))
        for name in VIEWS:
            raising = sql.SQL("select count(*) from {} where 1 / (merchant_id - 2) < 5")
            try:
                mine.execute(raising.format(view(name)))
            except DivisionByZero:
                pytest.fail(f"{name} tells of rows that it does not show")
        telling = "select count(*) from reporting.attempts where cast(cashback_id::text as int) > 0"
        with pytest.raises(InvalidTextRepresentation) as told:
            mine.execute(telling)
        assert str(cashback) not in str(told.value)


def test_names_documents_and_free_texts_are_not_shown(house: str) -> None:
    with psycopg.connect(house) as owner:
        owner.execute("alter table events disable trigger user")
        owner.execute("alter table events drop constraint events_only_listed_moves")
        owner.execute(
            "update events set actor = 'operator', actor_name = 'ana', reason = 'Alice called'"
            " where merchant_id = 1 and sequence = 1"
        )
        owner.execute(
            "update events set reason = '201 that says it failed: Alice 52998224725'"
            " where merchant_id = 1 and sequence = 2"
        )
        (name,) = owner.execute(
            "select name from customers where document = %s", [ALICE]
        ).fetchone() or ("",)
        owner.execute("alter table events enable trigger user")
    with as_(house) as mine:
        told = ""
        for which in VIEWS:
            rows = mine.execute(sql.SQL("select to_jsonb(v) from {} as v").format(view(which)))
            told += json.dumps([row for (row,) in rows.fetchall()])
        masked = mine.execute(
            "select document, name, sale_id from sales where sale_id = '***'"
        ).fetchall()
    assert masked == [("***.982.247-**", f"{name[0]}***", "***")]
    assert ALICE not in told
    assert name not in told
    assert "Alice" not in told
    assert '"ana"' not in told
    assert "201 that says it failed" in told


def test_sums_are_those_of_the_tables(house: str) -> None:
    with psycopg.connect(house) as owner, as_(house) as mine:
        whole = owner.execute(
            "select count(*), sum(total_centavos) from sales where merchant_id = 1"
        ).fetchone()
        assert whole == mine.execute("select count(*), sum(total_centavos) from sales").fetchone()
        paid = "select sum(cashback_centavos) from cashbacks where status = 'applied'"
        by_state = owner.execute(f"{paid} and merchant_id = 1".encode()).fetchone()
        assert by_state == mine.execute(paid).fetchone()
        assert by_state == mine.execute("select sum(paid_centavos) from events").fetchone()
        owed = "select sum(cashback_centavos) from cashbacks where owed"
        assert (
            mine.execute(owed).fetchone()
            == mine.execute(
                "select sum(accrued_centavos - paid_centavos - cancelled_centavos"
                " + adjusted_centavos) from events"
            ).fetchone()
        )


def test_client_means_in_sql_what_it_means_in_figures(house: str) -> None:
    """Whose key a sale came by, whatever group it came under; people are told as `user` here."""
    client = "client:cli_0123456789012345678901"
    with psycopg.connect(house) as owner:
        owner.execute("set session_replication_role = replica")
        ids = owner.execute(
            "select array_agg(cashback_id order by cashback_id) from sales where merchant_id = 1"
        ).fetchone()
        assert ids is not None
        for sender, group, of in (
            (client, "client:cli_9999999999999999999999", ids[0][:2]),
            ("user:ana", None, ids[0][2:3]),
        ):
            owner.execute(
                "update sales set submitted_by = %s, came_under = %s where cashback_id = any(%s)",
                [sender, group, of],
            )
    today = datetime.now(UTC).date()

    async def counted() -> dict[str, tuple[int, int]]:
        question = FiguresQuestion(
            since=today - timedelta(days=2),
            through=today + timedelta(days=1),
            by=(Dimension.CLIENT,),
        )
        async with Database(house, seal=SEAL) as database:
            found = await PostgresFigures(database).figures(1, question)
        return {
            row.keys[0]: (row.measures.sales, row.measures.total_centavos) for row in found.rows
        }

    figures = asyncio.run(counted())
    assert figures[client][0] == 2
    figures["user"] = figures.pop("user:ana")
    with as_(house) as mine:
        told = mine.execute(
            "select coalesce(client, ''), count(*), sum(total_centavos) from sales group by 1"
        ).fetchall()
    assert {name: (count, int(total)) for name, count, total in told} == figures


def test_a_closed_day_is_told_as_it_was_signed(house: str) -> None:
    with as_(house) as mine:
        (found,) = mine.execute(
            "select day::text, number, opening_centavos, accrued_centavos, paid_centavos,"
            " cancelled_centavos, adjusted_centavos, closing_centavos, length(hash) from closes"
        ).fetchall()
    assert found == ("2026-11-01", 1, 5, 100, 60, 0, 1, 46, 64)


SPANS: Final = (
    [("1999-01-01", "America/Sao_Paulo")],
    [
        ("1999-01-01", "Asia/Tokyo"),
        ("2026-03-02", "America/Sao_Paulo"),
        ("2026-03-03", "Asia/Tokyo"),
    ],
    [("1999-01-01", "America/New_York"), ("2026-03-08", "Pacific/Auckland"), ("2026-03-20", "UTC")],
)


@pytest.mark.parametrize("zones", SPANS)
def test_days_are_those_that_are_closed(house: str, zones: list[tuple[str, str]]) -> None:
    """Contiguous, across changes of the zone and of summer time: day_begins_at and day_ends_at."""
    with psycopg.connect(house) as owner, as_(house) as mine:
        owner.execute("alter table merchants disable trigger user")
        owner.execute("update merchants set created_at = '2026-02-27T12:00Z' where merchant_id = 1")
        owner.execute("delete from day_zones where merchant_id = 1")
        for from_day, zone in zones:
            owner.execute("insert into day_zones values (1, %s, %s)", [from_day, zone])
        owner.commit()
        days = mine.execute("select day, begins_at, ends_at from days order by day").fetchall()
        asked = "select day_begins_at(1, %s), day_ends_at(1, %s)"
        assert len(days) > 200
        for (day, begins_at, ends_at), (_, later, _) in pairwise(days):
            assert owner.execute(asked, [day, day]).fetchone() == (begins_at, ends_at), day
            assert ends_at == later, day
        odd = mine.execute(
            "select count(*) from events as e left join days as d"
            " on d.merchant_id = e.merchant_id and e.at >= d.begins_at and e.at < d.ends_at"
            " where d.day is distinct from e.day"
        ).fetchone()
        assert odd == (0,)


def test_sessions_begin_with_their_limits_and_no_more_of_them_than_allowed(house: str) -> None:
    with as_(house) as mine:
        found = {name: one(mine, "select current_setting(%s)", name) for name in LIMITS}
        assert found["default_transaction_read_only"] == "on"
        assert found["statement_timeout"] == "1min"
        assert one(mine, "select session_user") == LOGIN
        with pytest.raises(psycopg.errors.QueryCanceled):
            mine.execute("set statement_timeout = '50ms'; select pg_sleep(5)")
        more = [as_(house) for _ in range(7)]
        with pytest.raises(psycopg.OperationalError, match="too many connections"):
            as_(house)
        for each in more:
            each.close()


def test_a_login_of_others_is_not_made_a_reader(house: str) -> None:
    # Roles are the cluster's: of no other test's name, the running gateways' logins least of all.
    sender = f"sender_{uuid4().hex}"
    with psycopg.connect(house, autocommit=True) as owner:
        named = sql.Identifier(sender)
        owner.execute(sql.SQL("create role {} login").format(named))
        owner.execute(sql.SQL("grant cashback_worker, cashback_reporting to {}").format(named))
        try:
            for login in (sender, owner.info.user):
                with pytest.raises(ReportingLoginError, match="not for reporting alone"):
                    add_reporting_login(house, login, PASSWORD, merchants=["demo"], actor="test")
        finally:
            owner.execute(sql.SQL("drop role {}").format(named))
    with pytest.raises(ReportingLoginError, match="no merchant 'nobody'"):
        add_reporting_login(house, "new_one", PASSWORD, merchants=["nobody"], actor="test")


def test_an_owner_who_is_no_superuser_adds_and_removes() -> None:
    """As where a provider runs the server; also where another database knows the login, too."""
    with throwaway_postgres(quick_folder()) as server:
        dsns = [server.create_database(name) for name in ("ours", "another")]
        make_login(dsns[0], "owner", "createrole")
        ours, another = (owned_by(dsn, "owner") for dsn in dsns)
        for dsn in (ours, another):
            migrate(dsn)
            load_merchant(dsn)
            add_reporting_login(dsn, LOGIN, PASSWORD, merchants=["demo"], actor="test")
        held = as_(ours)
        assert held.execute("select slug from merchants").fetchall() == [("demo",)]
        assert remove_reporting_login(ours, LOGIN, actor="test") is Removed.HERE
        with pytest.raises(psycopg.OperationalError):
            held.execute("select 1")
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            as_(ours)
        as_(another).close()
        assert remove_reporting_login(another, LOGIN, actor="test") is Removed.WHOLLY
        assert not remove_reporting_login(another, LOGIN, actor="test")
        with psycopg.connect(another) as owner:
            assert not one(owner, "select count(*) from pg_roles where rolname = %s", LOGIN)


def test_the_command_line_adds_lists_and_removes(house: str) -> None:
    here = {"DATABASE_URL": house}
    weak = call("reporting add bi_typed --merchant demo", here, password="short\n")
    assert (weak.returncode, "password" in weak.stderr) == (1, True)
    typed = f"{PASSWORD}\n"
    made = call("reporting add bi_typed --merchant demo", here, password=typed)
    told, warned = made.stdout.splitlines()
    assert told == "bi_typed may read the views of the schema reporting, of demo"
    assert "locks nothing that sells" in warned
    again = call("reporting add bi_typed --merchant other", here, password=typed)
    assert "of demo, other" in again.stdout
    held = as_(house, "bi_typed")
    listed = json.loads(call("reporting list --json", here).stdout)
    (found,) = (each for each in listed["items"] if each["login"] == "bi_typed")
    assert found["merchants"] == ["demo", "other"]
    gone = call("reporting remove bi_typed", here)
    assert gone.stdout == "bi_typed is no more, and its sessions have ended\n"
    with pytest.raises(psycopg.OperationalError):
        held.execute("select 1")
    assert "bi_typed" not in {each.login for each in reporting_logins(house)}
    assert call("reporting remove bi_typed", here).returncode == 1
    with psycopg.connect(house) as owner:
        trail = owner.execute(
            "select action, actor from audit where resource = 'reporting_logins'"
            " and key = 'bi_typed' order by audit_id"
        ).fetchall()
    assert [action for action, _ in trail] == ["insert", "insert", "delete", "delete"]
    assert {actor.partition(":")[0] for _, actor in trail} == {"cli"}


RANGES: Final = (
    ("events", "at", "events_by_instant"),
    ("sales", "accepted_at", "sales_by_acceptance"),
    ("cashbacks", "applied_at", "cashbacks_by_applied_at"),
)


@pytest.mark.parametrize(("name", "column", "index"), RANGES)
def test_a_range_of_instants_is_found_by_its_index(
    house: str, name: str, column: str, index: str
) -> None:
    """Behind the barrier, too: comparing instants tells nothing, and so may come first."""
    with as_(house) as mine:
        mine.execute("set enable_seqscan = off; set enable_bitmapscan = off")
        asked = sql.SQL(
            "explain select count(*) from {} where {column} >= '2026-11-01Z' and {column} < now()"
        )
        plan = mine.execute(asked.format(view(name), column=sql.Identifier(column))).fetchall()
    told = "\n".join(line for (line,) in plan)
    assert re.search(rf"using {index} .*\n.*Index Cond: .*{column}.*>= ", told), told
