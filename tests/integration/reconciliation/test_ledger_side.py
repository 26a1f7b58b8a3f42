"""The provider's side of a day out of its ledger; nothing where that tells nothing yet."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg

from adapters.postgres.operators.cases import PostgresCaseStore
from adapters.postgres.reconciliation.ledger_side import APART, TELLS
from adapters.postgres.reconciliation.three_sides import PostgresThreeSides
from cashback_core.delivery.states import Status
from cashback_core.operators.case_store import DifferenceFilter
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.compare_day import CompareDay
from cashback_core.reconciliation.days_compared import DayAsked, DayCompared, ProviderSource
from cashback_core.reconciliation.three_sides import ErpClass
from contract.comparing_days import CPF, a_sale, line_of
from integration.reconciliation.days_of_three import BEGINS, DAY, Sold, store_day_file, store_sales

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from adapters.postgres.connection.database import Database
    from cashback_core.reconciliation.three_sides import ErpLine

ASKED = DayAsked(merchant_id=1, day=DAY, by="petra")


async def test_what_the_ledger_tells_stands_beside_each_record(
    dsn: str, database: Database
) -> None:
    sales = [a_sale(number) for number in range(1, 6)]
    lines: list[ErpLine] = [line_of(sale, number) for number, sale in enumerate(sales, 1)]
    with psycopg.connect(dsn) as connection:
        store_sales(connection, [_sold(sale.id, sale.name) for sale in sales])
        store_day_file(connection, lines)
    compare = CompareDay(store=PostgresThreeSides(database))
    found = await compare(ASKED)
    assert isinstance(found, DayCompared)
    assert found.facts.source is ProviderSource.NOTHING
    assert {*found.totals.cells} == {(ErpClass.EQUAL, None)}
    told = ((0, "matched", 500), (1, "matched", 500), (2, "altered", 501), (3, "matched", 500))
    with psycopg.connect(dsn) as connection:
        _keep_lines(connection, [(sales[n].id, cls, centavos) for n, cls, centavos in told])
        _keep_lines(connection, [(sales[3].id, "credited_again", 500)])
    found = await compare(ASKED)
    assert isinstance(found, DayCompared)
    assert found.facts.source is ProviderSource.LEDGER
    sums = {
        cls: (one.records, one.credits, one.credit_centavos)
        for cls, one in found.totals.by_provider().items()
    }
    assert sums == {
        FindingClass.MATCHED: (3, 4, 2_000),
        FindingClass.ALTERED: (1, 1, 501),
        None: (1, 0, 0),
    }


async def test_a_sale_of_another_day_that_a_line_names_is_what_the_ledger_tells_of_it(
    dsn: str, database: Database
) -> None:
    sales = [a_sale(number) for number in range(1, 5)]
    rows = [_sold(sale.id, sale.name) for sale in sales]
    for far in rows[1:]:
        far.sold_at -= timedelta(days=5)
    told = ((0, "matched", 500), (2, "reversed", 500), (2, "reversed", -500), (3, "matched", 500))
    with psycopg.connect(dsn) as connection:
        store_sales(connection, rows)
        store_day_file(connection, [line_of(sale, nth) for nth, sale in enumerate(sales, 1)])
        _keep_lines(connection, [(sales[n].id, cls, centavos) for n, cls, centavos in told])
    found = await CompareDay(store=PostgresThreeSides(database))(ASKED)
    assert isinstance(found, DayCompared)
    sums = {
        cls: (one.records, one.credits, one.credit_centavos)
        for cls, one in found.totals.by_provider().items()
    }
    assert sums == {
        FindingClass.MATCHED: (2, 2, 1_000),
        FindingClass.REVERSED: (1, 2, 0),
        None: (1, 0, 0),
    }


async def test_differences_are_listed_by_the_instants_of_their_sales(
    dsn: str, database: Database
) -> None:
    rows = [_sold(sale.id, sale.name) for sale in (a_sale(number) for number in range(1, 9))]
    for nth, sold in enumerate(rows):
        sold.sold_at += timedelta(minutes=nth * 5 % 8)
    with psycopg.connect(dsn) as connection:
        store_sales(connection, rows)
        store_day_file(connection, [])
    await CompareDay(store=PostgresThreeSides(database))(ASKED)
    page = await PostgresCaseStore(database).differences(1, DifferenceFilter(), limit=9, after=None)
    listed = [one.case.cashback_id for one in page.items]
    assert listed == [sold.id for sold in sorted(rows, key=lambda sold: sold.sold_at)]


OF_THE_DAY: Final = 200
PAST: Final[tuple[LiteralString, ...]] = (
    "set session_replication_role = replica",  # no guard looks at each
    "alter table sales set (autovacuum_enabled = off)",
    "alter table cashbacks set (autovacuum_enabled = off)",
    "alter table provider_lines set (autovacuum_enabled = off)",
    """
    create temporary table others as
    select lpad(to_hex(n), 32, '0')::uuid as id, s.sold_at - make_interval(mins => n - 199) as at
    from generate_series(1, 5000) as n, (select min(sold_at) as sold_at from sales) as s
    """,
    """
    insert into sales select (jsonb_populate_record(s, jsonb_build_object(
        'cashback_id', o.id, 'sale_id', null, 'sold_at', o.at
    ))).* from sales as s, others as o
    """,
    """
    insert into cashbacks select (jsonb_populate_record(c, jsonb_build_object(
        'cashback_id', o.id
    ))).* from cashbacks as c, others as o
    """,
    """
    insert into provider_lines (
        line_key, nth, centavos, credited_at, class, merchant_id, cashback_id
    )
    select gen_random_uuid(), 0, 500, o.at, 'matched', 1, o.id from others as o
    """,
)
"""A ledger of many days, each of whose lines is plainly some sale's; few sales are of the last."""


def test_a_day_reads_its_own_of_the_ledger_and_no_more(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        sale = a_sale(1)
        store_sales(connection, [_sold(sale.id, sale.name)])
        for fill in PAST:
            connection.execute(fill)
        _look_as_a_run(connection, sale.id)
        connection.execute("analyze sales, cashbacks, provider_lines")
        _look_as_a_run(connection, sale.id)


def _look_as_a_run(connection: psycopg.Connection[Any], not_told: UUID) -> None:
    """With its rights and memory, as if what is there had just been analysed, or never."""
    day = {
        "merchant_id": 1,
        "begins_at": BEGINS + timedelta(hours=3),
        "ends_at": BEGINS + timedelta(days=1),
        "told_from": BEGINS,
        "skew": timedelta(hours=1),
    }
    with connection.transaction():
        connection.execute("set local work_mem = '16MB'")
        connection.execute("set local role cashback_serving")
        connection.execute("select set_config('cashback.merchants', '{1}', true)")
        assert _read_of(connection, "provider_lines", TELLS, day) == 1
        assert 0 < _read_of(connection, "provider_lines", APART, day) <= OF_THE_DAY
        assert _read_of(connection, "cashbacks", APART, day) <= OF_THE_DAY + 1
        assert connection.execute(APART, day).fetchall() == [(not_told, None, 0, 0)]
        connection.execute("reset role")


def _read_of(
    connection: psycopg.Connection[Any], table: str, query: LiteralString, day: dict[str, Any]
) -> int:
    """Rows of a table that a plan has read, those included that it left out."""
    explain = "explain (analyze, timing off, format json) "
    row = connection.execute(explain + query, day).fetchone()
    assert row is not None
    return round(_rows(row[0][0]["Plan"], table))


def _rows(plan: dict[str, Any], table: str) -> float:
    own = 0.0
    if plan.get("Relation Name") == table:
        own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        own *= plan["Actual Loops"]
    return own + sum(_rows(below, table) for below in plan.get("Plans", ()))


def _keep_lines(connection: psycopg.Connection[Any], told: Sequence[tuple[UUID, str, int]]) -> None:
    """As the ledger keeps them."""
    connection.execute("set session_replication_role = replica")
    for id_, cls, centavos in told:
        connection.execute(
            "insert into provider_lines (line_key, nth, centavos, credited_at, class, merchant_id,"
            " cashback_id) values (gen_random_uuid(), 0, %s, now(), %s, 1, %s)",
            [centavos, cls, id_],
        )


def _sold(id_: UUID, name: str) -> Sold:
    at = BEGINS + timedelta(hours=3)
    return Sold(
        id=id_,
        merchant_id=1,
        name=name,
        document=CPF,
        customer_name="Maria Silva",
        store=None,
        sold_at=at,
        total=10_000,
        discount=0,
        cashback=500,
        status=Status.APPLIED,
        attempts=(at,),
        applied_at=at,
    )
