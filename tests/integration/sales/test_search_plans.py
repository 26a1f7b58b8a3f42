"""Each way of a search reads its own index, and of that no more than it is bounded by.

On a young database, whose planner knows nothing yet, and on a large one; the way is also the one
that a merchant's rows are kept apart on, so the plans are those of a serving session.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import scalar_row

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import Database
from adapters.postgres.sales.record_pages import page_of, total_of
from adapters.postgres.sales.searches import NUMBERED, PLANNED_AS_WRITTEN, values_of
from cashback_core.delivery.record import RateVersion, RecordFilter, RecordInstant, RecordOrder
from cashback_core.delivery.search import SearchWay, way_of
from cashback_core.delivery.states import DeliveryPolicy, Status
from cashback_core.values.documents import Cpf
from cashback_core.values.pages import Position
from integration.running import SEAL
from integration.sales.many_sales import put_many_sales

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.postgres.embedded import EmbeddedPostgres

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
YOUNG, LARGE = 9_000, 60_000
PAGE = 50
MOST_BUFFERS = 2_500
"""Of 8 KiB: a page of 50 needs about 20 for each record, with its lines and its policies."""

SOME_ID = UUID(int=7)
CUSTOMER = Cpf("52998224725")
HELD = frozenset({Status.HELD})
CASES: dict[str, tuple[RecordFilter, RecordOrder, SearchWay, str]] = {
    "nothing": (RecordFilter(), RecordOrder(), SearchWay.NEWEST, "sales_by_acceptance"),
    "a group": (
        RecordFilter(group="client:cli_3"), RecordOrder(), SearchWay.NEWEST,
        "sales_by_group",
    ),
    "a group's month": (
        RecordFilter(group="client:cli_3", accepted_from=NOW - 30 * DAY), RecordOrder(),
        SearchWay.RANGE,
        "sales_by_group",
    ),
    "a customer": (
        RecordFilter(document=CUSTOMER), RecordOrder(), SearchWay.CUSTOMER, "sales_by_document",
    ),
    "a customer, by sale": (
        RecordFilter(document=CUSTOMER, sold_from=NOW - 900 * DAY),
        RecordOrder(by=RecordInstant.SOLD), SearchWay.CUSTOMER, "sales_by_document",
    ),
    "what is held": (RecordFilter(statuses=HELD), RecordOrder(), SearchWay.OPEN, "cashbacks_open"),
    "what is held, by change": (
        RecordFilter(statuses=HELD, name="jos"),
        RecordOrder(by=RecordInstant.CHANGED), SearchWay.OPEN, "cashbacks_open",
    ),
    **{
        f"a day of {by}": (
            RecordFilter(**{
                f"{by.removesuffix('_at')}_from": NOW - 300 * DAY,
                f"{by.removesuffix('_at')}_to": NOW - 299 * DAY,
            }),  # type: ignore[arg-type]
            RecordOrder(by=by, descending=descending), SearchWay.RANGE, index,
        )
        for by, descending, index in (
            (RecordInstant.SOLD, True, "sales_by_sold_at"),
            (RecordInstant.ACCEPTED, False, "sales_by_acceptance"),
            (RecordInstant.APPLIED, True, "cashbacks_by_applied_at"),
            (RecordInstant.CHANGED, False, "events_by_instant"),
        )
    },
    "a day of sales, newest accepted first": (
        RecordFilter(sold_from=NOW - 300 * DAY, sold_to=NOW - 299 * DAY),
        RecordOrder(), SearchWay.RANGE, "sales_by_sold_at",
    ),
    "a quarter of changes": (
        RecordFilter(changed_from=NOW - 91 * DAY), RecordOrder(by=RecordInstant.CHANGED),
        SearchWay.RANGE, "events_by_instant",
    ),
    "a group's quarter of changes": (
        RecordFilter(changed_from=NOW - 91 * DAY, group="client:cli_3"),
        RecordOrder(by=RecordInstant.CHANGED), SearchWay.RANGE, "events_by_instant",
    ),
    "a day of a store and a rate": (
        RecordFilter(
            accepted_from=NOW - 2 * DAY, accepted_to=NOW - DAY, store="3",
            rate=RateVersion(type="A", version=1),
        ),
        RecordOrder(by=RecordInstant.APPLIED), SearchWay.RANGE, "sales_by_acceptance",
    ),
}  # fmt: skip

QUARTERS = {
    RecordInstant.SOLD: "sales_by_sold_at",
    RecordInstant.ACCEPTED: "sales_by_acceptance",
    RecordInstant.APPLIED: "cashbacks_by_applied_at",
    RecordInstant.CHANGED: "events_by_instant",
}
MOST_OF_QUARTER = LARGE // 8 * 30
"""Buffers of all sales of a quarter of two years: each with its events, by three keys."""


@pytest.fixture(scope="module", params=[YOUNG, LARGE])
def many(
    request: pytest.FixtureRequest, postgres_server: EmbeddedPostgres, template: str
) -> Iterator[str]:
    """A database of that many sales; the large one has statistics."""
    name = f"searched_{request.param}"
    dsn = postgres_server.create_database(name, template=template)
    put_many_sales(dsn, request.param, analyse=request.param == LARGE)
    yield dsn
    postgres_server.drop_database(name)


def explained(dsn: str, group: str | None, query: str, values: dict[str, Any]) -> dict[str, Any]:
    """The plan of a statement as a serving session has it, run."""
    with psycopg.connect(dsn, row_factory=scalar_row) as connection:
        connection.execute("set role cashback_serving")
        connection.execute("set jit = off")
        connection.execute("select set_config('cashback.merchants', '{1}', true)")
        connection.execute("select set_config('cashback.reads_only', %s, true)", [group or ""])
        connection.execute(PLANNED_AS_WRITTEN)
        told = connection.execute(
            ("explain (analyze, buffers, format json) " + query).encode(),
            values,
        ).fetchone()
    assert told is not None
    plan: dict[str, Any] = told[0]["Plan"]
    return plan


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes_of(part)


def read_by(plan: dict[str, Any]) -> str:
    """The index by which the first table is read."""
    return next(str(node["Index Name"]) for node in nodes_of(plan) if "Index Name" in node)


@pytest.mark.parametrize("case", CASES)
def test_a_page_reads_its_own_index_and_little_of_it(many: str, case: str) -> None:
    wanted, order, way, index = CASES[case]
    assert way_of(wanted, order, now=NOW) is way
    values = values_of(1, wanted) | {"limit": PAGE + 1}
    for after in (None, Position(at=NOW - timedelta(days=299.5), id=SOME_ID)):
        at = {} if after is None else {"at": after.at, "id": after.id}
        query = page_of(wanted, order, after=after, now=NOW)
        plan = explained(many, wanted.group, query, values | at)
        text = json.dumps([node["Node Type"] for node in nodes_of(plan)])
        assert "Seq Scan" not in text, text
        assert read_by(plan) == index
        buffers = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        most = MOST_BUFFERS if wanted.group is None else 4 * MOST_BUFFERS  # one sale in seven
        assert buffers <= most, (buffers, text)


@pytest.mark.parametrize("order_by", RecordInstant)
@pytest.mark.parametrize("range_by", RecordInstant)
def test_a_quarter_is_read_once_in_whichever_order(
    many: str, range_by: RecordInstant, order_by: RecordInstant
) -> None:
    """However few a planner expects of it: it once took the range for each sale that there is."""
    side = range_by.removesuffix("_at")
    for days_ago, descending in ((0, True), (0, False), (600, True)):
        end = NOW - days_ago * DAY
        wanted = RecordFilter(**{f"{side}_from": end - 90 * DAY, f"{side}_to": end})  # type: ignore[arg-type]
        order = RecordOrder(by=order_by, descending=descending)
        values = values_of(1, wanted) | {"limit": PAGE + 1}
        plan = explained(many, None, page_of(wanted, order, after=None, now=NOW), values)
        assert read_by(plan) == QUARTERS[range_by], (days_ago, descending)
        nodes = list(nodes_of(plan))
        assert sum(n.get("Rows Removed by Join Filter", 0) for n in nodes) <= PAGE
        buffers = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        assert buffers <= MOST_OF_QUARTER, (buffers, days_ago, descending)


@pytest.mark.parametrize("case", [c for c in CASES if CASES[c][2] is not SearchWay.NEWEST])
def test_a_total_reads_by_the_same_index(many: str, case: str) -> None:
    wanted, order, _, _ = CASES[case]
    values = values_of(1, wanted) | {"most": 500_001}
    plan = explained(many, wanted.group, total_of(wanted, order, now=NOW), values)
    text = json.dumps([node["Node Type"] for node in nodes_of(plan)])
    assert "Seq Scan" not in text, text
    assert way_of(wanted, now=NOW) is way_of(wanted, CASES[case][1], now=NOW)


def test_a_number_of_each_store_is_looked_up_by_its_key(many: str) -> None:
    """As a join on a text that is made of two it read every name that there is."""
    values = {"merchant_id": 1, "kind": "sale_id", "name": "nf-77", "by_store": True}
    plan = explained(many, None, NUMBERED, values)
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 200


async def test_own_numbers_are_found_at_once(many: str) -> None:
    async with Database(many, seal=SEAL) as database:
        store = PostgresCashbackStore(database, DeliveryPolicy())
        for wanted in (RecordFilter(sale_id="nf-77"), RecordFilter(idempotency_key="key-77")):
            (record,) = (await store.page(1, wanted, limit=5, after=None)).records
            assert record.sale.sale_id == "nf-77"
        quarter = RecordFilter(changed_from=NOW - 91 * DAY, name="silva jose")
        total = await store.total(1, quarter)
        assert total is not None
        ids: list[object] = []
        page = await store.page(1, quarter, limit=200, after=None, order=BY_CHANGE)
        while page.next is not None:
            ids += [record.id for record in page.records]
            page = await store.page(1, quarter, limit=200, after=page.next, order=BY_CHANGE)
        ids += [record.id for record in page.records]
        assert len(set(ids)) == len(ids) == total.count > 0
        held = await store.total(1, replace(quarter, statuses=HELD))
        assert held is not None
        nobodys = RecordFilter(group="client:cli_99")
        assert (await store.page(1, nobodys, limit=5, after=None)).records == ()
        assert 0 < held.count < total.count / 50


BY_CHANGE = RecordOrder(by=RecordInstant.CHANGED)
