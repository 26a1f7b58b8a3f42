"""The provider's side of a day out of its ledger; nothing where that tells nothing yet."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from adapters.postgres.reconciliation.three_sides import PostgresThreeSides
from cashback_core.delivery.states import Status
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.days_compared import (
    CompareDay,
    DayAsked,
    DayCompared,
    ProviderSource,
)
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
