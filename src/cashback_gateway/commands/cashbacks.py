"""Cashbacks one by one: what waits and why, one with its history, and the acts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from cyclopts import Parameter

from adapters.postgres.operators.counts import count_by_rate, count_equals
from adapters.postgres.operators.incidents import PostgresIncidentStore
from cashback_core.delivery.brakes import WaitsFor
from cashback_core.delivery.record import RateVersion, RecordFilter
from cashback_core.delivery.states import DeliveryPolicy, Status
from cashback_core.delivery.waits import Why
from cashback_core.operators.open_cashbacks import ATTENTION, OpenFilter
from cashback_core.sales.same_sale import EqualOutcome
from cashback_core.values.documents import mask
from cashback_core.values.money import format_centavos
from cashback_gateway.commands.incidents import standing_words
from cashback_gateway.commands.operating import PAGE, operating, tally_words, the_merchant
from cashback_gateway.commands.parameters import Json, Limit, Merchant, Slug
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.readers import whole_from
from cashback_gateway.commands.tables import PrintedList, TableColumn, show_listing

if TYPE_CHECKING:
    from cashback_core.delivery.record import Record
    from cashback_core.delivery.waits import Waiting
    from cashback_core.intake.equal_sales import EqualSales, Try
    from cashback_core.operators.open_cashbacks import OpenCashback
    from cashback_core.values.pages import Position

WAITS: Final[dict[str, str]] = {
    Why.PAUSED: "the sender, which is paused (`./cashback sender status`)",
    Why.CREDENTIALS_REFUSED: "credentials that the provider takes",
    Why.MISCONFIGURED: "the provider's address, or our settings, to be right",
    Why.BREAKER_OPEN: "the provider, which fails and is given a rest",
    Why.RETRY: "its next try",
    Why.DUE: "a worker",
    Why.PROOF: "the provider's statement",
    Why.PERSON: "an operator",
    Why.CONFIRMATION: "its ERP, which confirms it",
    WaitsFor.CASHBACK_CEILING: "an operator: it is above the merchant's ceiling for one",
    WaitsFor.DAY_CEILING: "an operator: its day is above the merchant's ceiling",
    WaitsFor.TYPE_STOPPED: "its product type, which is stopped (`./cashback stops list`)",
    WaitsFor.MERCHANT_STOPPED: "its merchant, which is stopped (`./cashback stops list`)",
}
"""What a cashback waits for, by its Why, or the brake that holds it."""

Open = Literal[
    Status.UNCONFIRMED,
    Status.PENDING,
    Status.SENDING,
    Status.REJECTED,
    Status.IN_DOUBT,
    Status.HELD,
    Status.CANCELLED,
]
_OPEN: Final = (
    TableColumn("id"),
    TableColumn("status"),
    TableColumn("since_at", "SINCE"),
    TableColumn("cashback", right=True),
    TableColumn("document", "CUSTOMER"),
    TableColumn("merchant"),
    TableColumn("sale_id", "SALE"),
    TableColumn("attempt", "TRIED", right=True),
    TableColumn("status_code", "ANSWER", right=True),
    TableColumn("waits", "WAITS FOR", folds=True),
    TableColumn("told", "WHY", folds=True),
)
_EQUALS: Final = (
    TableColumn("outcome"),
    TableColumn("total", right=True),
    TableColumn("document", "CUSTOMER"),
    TableColumn("merchant"),
    TableColumn("at"),
    TableColumn("named", folds=True),
    TableColumn("first_at", "FIRST"),
    TableColumn("first_id", "FIRST ID"),
    TableColumn("first_named", folds=True),
)
_PAID: Final = (
    TableColumn("id"),
    TableColumn("status"),
    TableColumn("cashback", right=True),
    TableColumn("sale_id", "SALE"),
    TableColumn("accepted_at", "ACCEPTED"),
    TableColumn("sold_at", "SOLD"),
    TableColumn("waits", "WAITS FOR"),
)


async def list_open(
    *,
    status: Annotated[list[Open] | None, Parameter(name_transform=str.lower)] = None,
    limit: Limit = 100,
    merchant: Merchant | None = None,
    json: Json = False,
    here: Here,
) -> None:
    """List what waits for somebody."""
    statuses = frozenset(map(Status, status)) if status else ATTENTION
    wanted = OpenFilter(statuses=statuses, above_ceiling=True)
    records: list[dict[str, object]] = []
    async with operating(here) as (database, operators):
        merchant_id = await the_merchant(operators, merchant)
        tally = await operators.tally(merchant_id, wanted)
        standing = await PostgresIncidentStore(database).standing(merchant_id)
        after: Position | None = None
        while (left := limit - len(records)) > 0:
            page = await operators.open_page(
                merchant_id, wanted, limit=min(left, PAGE), after=after
            )
            waits = await operators.waits(merchant_id, [item.id for item in page.items])
            records += [_open(item, waits.get(item.id)) for item in page.items]
            after = page.next
            if after is None:
                break
    words = [tally_words(tally)]
    if standing:
        words.append(f"{standing_words(standing)}; `./cashback incidents` lists them")
    listing = PrintedList(
        records=records,
        columns=_OPEN,
        total=tally.count,
        words=words,
        facts={
            "cashback": format_centavos(tally.cashback_centavos),
            "may_be_paid_already": tally.in_doubt,
        },
    )
    show_listing(listing, as_json=json)


async def list_equals(
    *,
    outcome: Annotated[EqualOutcome | None, Parameter(name_transform=str.lower)] = None,
    limit: Limit = 100,
    merchant: Merchant | None = None,
    json: Json = False,
    here: Here,
) -> None:
    """List sales of equal content."""
    records: list[dict[str, object]] = []
    after: Position | None = None
    async with operating(here) as (database, operators):
        merchant_id = await the_merchant(operators, merchant)
        while (left := limit - len(records)) > 0:
            page = await operators.equals_page(
                merchant_id, outcome, limit=min(left, PAGE), after=after
            )
            records += map(_pair, page.items)
            after = page.next
            if after is None:
                break
        cut = limit == 0 or after is not None
        total = await count_equals(database, merchant_id, outcome) if cut else len(records)
    listing = PrintedList(records=records, columns=_EQUALS, total=total)
    show_listing(listing, as_json=json)


async def list_by_rate(
    product_type: Annotated[str, Parameter(name="type", help="the product type")],
    version: Annotated[int, whole_from(1, 999_999_999, "the rate's, from 1")],
    /,
    *,
    merchant: Annotated[Slug, Parameter(help="the merchant's slug")],
    status: Annotated[Status | None, Parameter(name_transform=str.lower)] = None,
    limit: Limit = 100,
    json: Json = False,
    here: Here,
) -> None:
    """List what a version of a rate paid."""
    from adapters.postgres.cashbacks.store import PostgresCashbackStore

    rate = RateVersion(type=product_type, version=version)
    wanted = RecordFilter(rate=rate, statuses=frozenset({status} if status else ()))
    records: list[dict[str, object]] = []
    after: Position | None = None
    async with operating(here) as (database, operators):
        merchant_id = await the_merchant(operators, merchant)
        assert merchant_id is not None
        store = PostgresCashbackStore(database, DeliveryPolicy())
        while (left := limit - len(records)) > 0:
            page = await store.page(merchant_id, wanted, limit=min(left, PAGE), after=after)
            records += map(_paid, page.records)
            after = page.next
            if after is None:
                break
        cut = limit == 0 or after is not None
        total = await count_by_rate(database, merchant_id, rate, status) if cut else len(records)
    listing = PrintedList(records=records, columns=_PAID, total=total)
    show_listing(listing, as_json=json)


def _open(item: OpenCashback, waiting: Waiting | None) -> dict[str, object]:
    who = f" by {item.actor_name}" if item.actor_name else ""
    suspected = "; it may be paid already" if item.suspected else ""
    return {
        "id": item.id,
        "status": item.status,
        "since_at": item.since_at,
        "cashback": format_centavos(item.cashback_centavos),
        "document": mask(item.document),
        "merchant": item.merchant,
        "sale_id": item.sale_id,
        "sold_at": item.sold_at,
        "accepted_at": item.accepted_at,
        "attempt": item.attempt,
        "status_code": item.status_code,
        "reason": item.reason,
        "actor": item.actor,
        "actor_name": item.actor_name,
        "suspected": item.suspected,
        "waiting": None if waiting is None else waiting_record(waiting),
        "waits": waiting_words(waiting),
        "told": f"{item.reason}{who}{suspected}",
    }


def waiting_record(waiting: Waiting) -> dict[str, object]:
    """Why one waits, and since when."""
    return {
        "why": waiting.why,
        "since_at": waiting.since_at,
        "next_try_at": waiting.next_try_at,
        "until_at": waiting.until_at,
    }


def waiting_words(waiting: Waiting | None) -> str | None:
    """What one waits for, in words."""
    """What it waits for, in words."""
    if waiting is None:
        return None
    from cashback_gateway.commands.tables import cell

    words = WAITS.get(waiting.why, waiting.why)
    tried = waiting.next_try_at
    again = "" if tried is None else f", next tried at {cell(tried)}"
    until = "" if waiting.until_at is None else f", until {cell(waiting.until_at)}"
    return f"{words} since {cell(waiting.since_at)}{again}{until}"


def _pair(pair: EqualSales) -> dict[str, object]:
    return {
        "outcome": pair.outcome,
        "total": format_centavos(pair.total_centavos),
        "document": None if pair.document is None else mask(pair.document),
        "merchant": pair.merchant,
        **_try(pair.second, ""),
        **_try(pair.first, "first_"),
    }


def _try(told: Try, prefix: str) -> dict[str, object]:
    names = [
        f"{what} {name}"
        for what, name in (("key", told.idempotency_key), ("sale_id", told.sale_id))
        if name is not None
    ]
    by = "" if told.submitted_by is None else f" by {told.submitted_by}"
    return {
        f"{prefix}id": told.id,
        f"{prefix}at": told.at,
        f"{prefix}idempotency_key": told.idempotency_key,
        f"{prefix}sale_id": told.sale_id,
        f"{prefix}submitted_by": told.submitted_by,
        f"{prefix}named": (", ".join(names) or "without a name") + by,
    }


def _paid(record: Record) -> dict[str, object]:
    return {
        "id": record.id,
        "status": record.status,
        "cashback": format_centavos(record.cashback.cashback_centavos),
        "sale_id": record.sale.sale_id,
        "accepted_at": record.accepted_at,
        "sold_at": record.sale.sold_at,
        "waits": None if record.waiting is None else record.waiting.why,
    }
