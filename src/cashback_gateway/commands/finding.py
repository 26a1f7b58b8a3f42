"""Finding a merchant's sales by whatever is known of them, and taking them out as a file."""

from __future__ import annotations

import json as json_format
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from io import TextIOWrapper
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TextIO, cast

from cyclopts import Parameter

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from cashback_core.delivery.export_rows import COLUMNS, csv_line, row_of
from cashback_core.delivery.record import RateVersion, RecordFilter, RecordInstant, RecordOrder
from cashback_core.delivery.search import MAX_RANGE_DAYS, is_bounded
from cashback_core.delivery.states import DeliveryPolicy, Status
from cashback_core.values.money import InvalidMoney, format_centavos, parse_centavos
from cashback_gateway.commands.operating import PAGE, operating, the_merchant
from cashback_gateway.commands.parameters import FROM, TO, Document, Id, Json, Slug
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.readers import matching, read_by, read_text, whole, whole_from
from cashback_gateway.commands.refusals import WrongUseError
from cashback_gateway.commands.tables import PrintedList, TableColumn, show_listing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cashback_core.delivery.record import Record, RecordTotal
    from cashback_core.values.pages import Position

_FOUND: Final = (
    TableColumn("id"),
    TableColumn("status"),
    TableColumn("sale_id", "SALE"),
    TableColumn("store"),
    TableColumn("total", right=True),
    TableColumn("cashback", right=True),
    TableColumn("sold_at", "SOLD"),
    TableColumn("accepted_at", "ACCEPTED"),
    TableColumn("applied_at", "PAID"),
)


def _centavos(text: str) -> int:
    try:
        return parse_centavos(text)
    except InvalidMoney as error:
        raise ValueError("no amount in reais, such as 10.00") from error


MOST_SHOWN: Final = 100
Text = Annotated[str, read_by(read_text)]
AccessKey = Annotated[
    str, matching(re.compile(r"[0-9A-Z]{44}\Z", re.ASCII), "44 characters of 0-9 A-Z")
]
Amount = Annotated[int, read_by(_centavos, "in reais")]
Sort = Literal[
    "sold_at", "-sold_at", "accepted_at", "-accepted_at", "applied_at", "-applied_at",
    "changed_at", "-changed_at",
]  # fmt: skip


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """What is known of the sales that are looked for."""

    sale_id: Text | None = None
    idempotency_key: Text | None = None
    access_key: AccessKey | None = None
    document: Document | None = None
    name: Annotated[Text | None, Parameter(help="words that begin words of the name")] = None
    status: Annotated[list[Status] | None, Parameter(name_transform=str.lower)] = None
    sold_from: Annotated[datetime | None, FROM] = None
    sold_to: Annotated[datetime | None, TO] = None
    accepted_from: Annotated[datetime | None, FROM] = None
    accepted_to: Annotated[datetime | None, TO] = None
    applied_from: Annotated[datetime | None, FROM] = None
    applied_to: Annotated[datetime | None, TO] = None
    changed_from: Annotated[datetime | None, FROM] = None
    changed_to: Annotated[datetime | None, TO] = None
    store: Text | None = None
    type: Text | None = None
    rate_version: Annotated[int | None, whole_from(1, 999_999_999, "with --type: of that rate")] = (
        None
    )
    min_cashback: Amount | None = None
    max_cashback: Amount | None = None
    min_total: Amount | None = None
    max_total: Amount | None = None
    suspected: Annotated[bool, Parameter(help="an open incident is about it")] = False
    incident: Id | None = None

    def wanted(self) -> RecordFilter:
        """The filter. Raises WrongUseError."""
        rate = None
        if self.rate_version is not None:
            if self.type is None:
                raise WrongUseError("--rate-version goes with --type")
            rate = RateVersion(type=self.type, version=self.rate_version)
        same = {
            name: getattr(self, name)
            for name in (
                "sale_id", "idempotency_key", "access_key", "document", "name", "sold_from",
                "sold_to", "accepted_from", "accepted_to", "applied_from", "applied_to",
                "changed_from", "changed_to", "store", "type", "suspected", "incident",
            )
        }  # fmt: skip
        return RecordFilter(
            statuses=frozenset(self.status or ()),
            rate=rate,
            min_cashback_centavos=self.min_cashback,
            max_cashback_centavos=self.max_cashback,
            min_total_centavos=self.min_total,
            max_total_centavos=self.max_total,
            **same,
        )


async def find(
    *,
    merchant: Annotated[Slug, Parameter(help="the merchant's slug")],
    asked: SearchOptions | None = None,
    sort: Annotated[Sort, Parameter(help="by which instant; with - the latest first")] = (
        "-accepted_at"
    ),
    limit: Annotated[
        int | None, read_by(whole, f"how many at most, of a table; default: {MOST_SHOWN}")
    ] = None,
    total: Annotated[bool, Parameter(help="what all that is found comes to, too")] = False,
    json: Json = False,
    csv: Annotated[bool, Parameter(name="--csv", help="all that is found, as CSV")] = False,
    jsonl: Annotated[
        bool, Parameter(name="--jsonl", help="all that is found, a JSON object a line")
    ] = False,
    people: Annotated[
        bool, Parameter(help="in files: documents and names as they are, and not masked")
    ] = False,
    here: Here,
) -> None:
    """Find a merchant's sales."""
    if json + csv + jsonl > 1:
        raise WrongUseError("--json, --csv and --jsonl exclude one another")
    if (csv or jsonl) and (total or limit is not None):
        raise WrongUseError("--csv and --jsonl write all that is found: no --limit, no --total")
    if people and not (csv or jsonl):
        raise WrongUseError("--people goes with --csv or --jsonl")
    most = MOST_SHOWN if limit is None else limit
    wanted = (asked or SearchOptions()).wanted()
    order = RecordOrder(by=RecordInstant(sort.removeprefix("-")), descending=sort.startswith("-"))
    whole = csv or jsonl or total
    now = datetime.now(UTC)
    if not is_bounded(wanted, order, now=now, whole=whole):
        raise WrongUseError(
            "this could read all that was ever sold: say a number, a key or a document, too, or a"
            f" range of at most {MAX_RANGE_DAYS} days (--sold-from and --sold-to, …), or statuses"
            " that are open"
        )
    async with operating(here) as (database, operators):
        merchant_id = await the_merchant(operators, merchant)
        assert merchant_id is not None
        store = PostgresCashbackStore(database, DeliveryPolicy())
        pages = _pages(store, merchant_id, wanted, order, now=now)
        if csv or jsonl:
            await _write(pages, as_csv=csv, masked=not people)
            return
        records: list[Record] = []
        async for page in pages:
            records += page
            if len(records) > most:
                break
        comes_to = await store.total(merchant_id, wanted, order=order, now=now) if total else None
    _show(records, comes_to, limit=most, as_json=json)


async def _pages(
    store: PostgresCashbackStore,
    merchant_id: int,
    wanted: RecordFilter,
    order: RecordOrder,
    *,
    now: datetime,
) -> AsyncIterator[tuple[Record, ...]]:
    after: Position | None = None
    while True:
        page = await store.page(merchant_id, wanted, limit=PAGE, after=after, order=order, now=now)
        yield page.records
        after = page.next
        if after is None:
            return


async def _write(pages: AsyncIterator[tuple[Record, ...]], *, as_csv: bool, masked: bool) -> None:
    """All of it to standard output, page by page, in UTF-8 wherever this runs."""
    output: TextIO = sys.stdout
    if isinstance(output, TextIOWrapper):
        cast("TextIOWrapper[Any]", output).reconfigure(encoding="utf-8")
    if as_csv:
        output.write(csv_line(COLUMNS))
    async for page in pages:
        rows = [row_of(record, masked=masked) for record in page]
        output.write(
            "".join(
                csv_line(row.values())
                if as_csv
                else json_format.dumps(row, ensure_ascii=False) + "\n"
                for row in rows
            )
        )
    output.flush()


def _show(records: list[Record], total: RecordTotal | None, *, limit: int, as_json: bool) -> None:
    more = len(records) > limit
    count = len(records) if not more else None
    words: tuple[str, ...] = ()
    facts: dict[str, object] | None = None
    if total is not None:
        count = total.count
        cashback = format_centavos(total.cashback_centavos)
        sales = format_centavos(total.sales_centavos)
        words = (f"{total.count} in all: cashback {cashback}, sales {sales}",)
        facts = {"cashback": cashback, "sales": sales}
    listing = PrintedList(
        records=[_found(record) for record in records[:limit]],
        columns=_FOUND,
        total=count,
        words=words,
        facts=facts,
    )
    show_listing(listing, as_json=as_json)


def _found(record: Record) -> dict[str, object]:
    sale = record.sale
    return {
        "id": record.id,
        "status": record.status,
        "sale_id": sale.sale_id,
        "store": sale.place.store,
        "total": format_centavos(sale.total_centavos),
        "cashback": format_centavos(record.cashback.cashback_centavos),
        "sold_at": sale.sold_at,
        "accepted_at": record.accepted_at,
        "applied_at": record.standing.applied_at,
    }
