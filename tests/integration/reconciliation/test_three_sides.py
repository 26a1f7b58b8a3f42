"""What SQL leaves out the core would have called alike: on random days both say the same."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest

from adapters.postgres.connection.sessions import DatabaseRole, Session
from adapters.postgres.reconciliation.book import read_book
from adapters.postgres.reconciliation.three_sides import AccountBook, PostgresThreeSides
from adapters.postgres.reconciliation.whole_statement import read_statement_side
from cashback_core.delivery.states import DeliveryPolicy, Status
from cashback_core.reconciliation import (
    FindingClass,
    Margin,
    ReadStatement,
    Reconciliation,
    Rules,
    StatementTotals,
    Total,
    Totals,
    id_in,
)
from cashback_core.reconciliation.compare_day import CompareDay
from cashback_core.reconciliation.days_compared import DayAsked, DayCompared
from cashback_core.reconciliation.file_heads import FileDates
from cashback_core.reconciliation.findings import signed_centavos
from cashback_core.reconciliation.statements import LineKind, StatementLine
from cashback_core.reconciliation.three_sided_merge import ThreeSidedMerge
from cashback_core.reconciliation.three_sides import (
    NEED_SOMEBODY,
    Credited,
    DayRecord,
    ErpClass,
)
from contract.comparing_days import CPF, ASale, ThreeSidesContract, a_sale
from integration.reconciliation.days_of_three import (
    BEGINS,
    DAY,
    SINCE,
    THROUGH,
    DayWorld,
    Sold,
    a_world,
    net_centavos,
    store,
    store_day_file,
    store_sales,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Sequence

    from adapters.postgres.connection.database import Database
    from cashback_core.reconciliation.three_sides import ErpLine

RULES = Rules(
    policy=DeliveryPolicy(),
    margin=Margin(freeze_s=0.0, provider_delay_s=60.0, clock_skew_s=3.0),
    echoes_reference=True,
)
WORLDS = int(os.environ.get("THREE_SIDES_WORLDS", "12"))
ODD = (53, 118, 156)
"""A doubtful line may be of somebody whose cashback is in no book: void, or recorded."""


async def standing(database: Database, world: DayWorld, rules: Rules) -> Reconciliation:
    """The standing merge over the whole statement and the book that the standing store reads."""
    dates = FileDates(since=SINCE, through=THROUGH)
    for line in world.statement:
        dates.add(line)
    head = dates.head(
        asked_since=SINCE,
        brought_at=THROUGH + timedelta(days=1),
        declared_count=len(world.statement),
        declared_centavos=net_centavos(world.statement),
    )
    tally = StatementTotals()
    for line in world.statement:
        tally.add(line)
    found = Reconciliation([ReadStatement(head=head, tally=tally)], rules)
    for line in world.statement:
        found.take(line)
    spelt = {id_in(line.reference) for line in world.statement} - {None}

    async def ids() -> AsyncGenerator[Collection[UUID], None]:
        yield [UUID(hex=one) for one in spelt if one]

    session = Session(application="test", role=DatabaseRole.WORKER, autocommit=True)
    connection = await database.connect(session)
    async with connection, read_book(connection, rules, found.book_since, ids()) as book:
        async for batch in book:
            for entry in batch:
                found.enter(entry)
    return found


async def plain_lines(database: Database, statement: UUID, rules: Rules) -> int:
    """How many of a statement's lines the core did not look at."""
    session = Session(application="test", role=DatabaseRole.WORKER, autocommit=True)
    connection = await database.connect(session)
    async with connection, connection.transaction():
        side = await read_statement_side(connection, statement, rules, None)
    assert side is not None
    return side.plain_lines


def credited_of(found: Reconciliation) -> dict[UUID, Credited]:
    """By cashback: its class, its lines and what they come to."""
    classes: dict[UUID, FindingClass] = {}
    lines: Counter[UUID] = Counter()
    centavos: Counter[UUID] = Counter()
    for finding in found.findings():
        if finding.entry is not None:
            classes[finding.entry.id] = finding.cls
        if finding.line is not None and finding.cashback_id is not None:
            lines[finding.cashback_id] += 1
            centavos[finding.cashback_id] += signed_centavos(finding.line)
    return {
        id_: Credited(cls=cls, lines=lines[id_], centavos=centavos[id_])
        for id_, cls in classes.items()
    }


def record_of(sold: Sold, credited: dict[UUID, Credited]) -> DayRecord:
    return DayRecord(
        id=sold.id,
        document=sold.document,
        customer_name=sold.customer_name,
        store=sold.store,
        sold_at=sold.sold_at,
        total_centavos=sold.total,
        discount_centavos=sold.discount,
        cashback_centavos=sold.cashback,
        equal_to=sold.id if sold.is_same_content else None,
        provider=credited.get(sold.id),
    )


@pytest.mark.parametrize("echoes", [True, False])
async def test_sql_and_core_together_say_what_the_core_says_alone(
    dsn: str, database: Database, *, echoes: bool
) -> None:
    rules = replace(RULES, echoes_reference=echoes)
    compare = CompareDay(store=PostgresThreeSides(database, AccountBook(rules=rules, seal=None)))
    equal = plain = 0
    for seed in (*range(WORLDS), *ODD):
        world = a_world(seed, echoes=echoes)
        with psycopg.connect(dsn) as connection:
            erp, statement = store(connection, world)
        asked = DayAsked(merchant_id=1, day=DAY, by="petra", file_id=erp, statement_id=statement)
        done = await compare(asked)
        assert isinstance(done, DayCompared), seed
        alone = await standing(database, world, rules)
        credited = credited_of(alone)
        assert done.facts.statement is not None, seed
        assert told_of(done.facts.statement) == told_of(alone.totals), seed
        assert done.facts.distrust == alone.distrust, seed
        merge = ThreeSidedMerge(done.facts.arrival)
        named_here = {line.record for line in world.erp}
        for line in world.erp:
            merge.take(line)
        for sold in world.sales:
            of_the_day = BEGINS <= sold.sold_at < BEGINS + timedelta(days=1)
            if sold.merchant_id == 1 and (of_the_day or sold.id in named_here):
                merge.enter(record_of(sold, credited))
        found = list(merge.findings())
        assert done.totals.by_class() == merge.totals.by_class(), seed
        assert done.totals.by_provider() == merge.totals.by_provider(), seed
        assert done.totals == merge.totals, seed
        need = Counter(str(one.cls) for one in found if one.cls in NEED_SOMEBODY)
        assert kept(dsn) == need, seed
        equal += done.totals.by_class()[ErpClass.EQUAL].records
        plain += await plain_lines(database, statement, rules)
    assert equal > WORLDS, "enough was alike"
    assert plain > WORLDS // 2, "enough was left out"


def told_of(totals: Totals) -> dict[str, Total]:
    """Classes that have anything."""
    return {str(cls): total for cls, total in totals.by_class.items() if total != Total()}


async def test_a_document_that_lost_its_zeros_is_read_by_a_customer_who_is_plainly_paid(
    dsn: str, database: Database
) -> None:
    sold = replace(_sold(a_sale(1)), document="01234567890")
    own = StatementLine(
        number=1,
        document=sold.document,
        cashback_centavos=500,
        credited_at=sold.sold_at,
        reference=str(sold.id),
    )
    cut = replace(
        own,
        number=2,
        kind=LineKind.UNREADABLE,
        document=None,
        reference=None,
        problem="document: ten digits",
        doubtful="1234567890",
    )
    world = DayWorld(sales=[sold], statement=[own, cut])
    with psycopg.connect(dsn) as owner:
        _, statement = store(owner, world)
    session = Session(application="test", role=DatabaseRole.WORKER, autocommit=True)
    connection = await database.connect(session)
    async with connection, connection.transaction():
        side = await read_statement_side(connection, statement, RULES, None)
    assert side is not None
    alone = await standing(database, world, RULES)
    list(alone.findings())
    assert told_of(side.totals) == told_of(alone.totals)
    assert FindingClass.UNREADABLE not in told_of(side.totals)


def kept(dsn: str) -> Counter[str]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("select class from differences where closed_at is null")
        return Counter(cls for (cls,) in rows.fetchall())


class TestPostgresThreeSides(ThreeSidesContract):
    """By the rights of whoever serves the merchant."""

    @pytest.fixture
    def days(self, dsn: str, database: Database) -> PostgresThreeSides:
        self._dsn = dsn
        return PostgresThreeSides(database)

    async def a_file(self, lines: Sequence[ErpLine], sales: Sequence[ASale]) -> UUID:
        with psycopg.connect(self._dsn) as connection:
            store_sales(connection, [_sold(sale) for sale in sales])
            return store_day_file(connection, lines)


def _sold(sale: ASale) -> Sold:
    return Sold(
        id=sale.id,
        merchant_id=1,
        name=sale.name,
        document=CPF,
        customer_name="Maria Silva",
        store=None,
        sold_at=sale.sold_at,
        total=sale.total_centavos,
        discount=0,
        cashback=sale.cashback_centavos,
        status=Status.APPLIED,
        attempts=(sale.sold_at,),
        applied_at=sale.sold_at,
    )


async def test_runs_are_listed_by_a_pools_connections(database: Database) -> None:
    pools: Any = SimpleNamespace(pool=database.pool)  # it connects to nothing by itself
    store = PostgresThreeSides(pools)
    assert await store.runs(1, day=None, limit=1, after=None) == ()
