"""The search of recorded sales: what may be asked for, and what bounds it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from adapters.http.sales.lists import (
    DOCUMENT,
    OR_A_DAY,
    SOLD_FROM,
    SOLD_TO,
    ListPart,
    part_of,
)
from adapters.http.wire.cursors import Kind
from adapters.http.wire.filters import (
    AmountFilter,
    BoundFilter,
    ChoiceFilter,
    ChoicesFilter,
    CnpjFilter,
    Filters,
    IdFilter,
    MatchingFilter,
    TextFilter,
    TruthFilter,
    WholeFilter,
)
from adapters.http.wire.queries import Ordering, QueryReader
from cashback_core.delivery.record import RateVersion, RecordFilter, RecordInstant, RecordOrder
from cashback_core.delivery.search import MAX_RANGE_DAYS, is_bounded
from cashback_core.delivery.states import Status
from cashback_core.delivery.summaries import DEFAULT_MONTHS, MAX_MONTHS
from cashback_core.sales.place import MAX_PLACE_CHARS, PLACE
from cashback_core.sales.programme import TYPE
from cashback_core.values.access_keys import ACCESS_KEY_CHARS, MAX_SERIES

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

_MONTH: Final = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])\Z", re.ASCII)
_ACCESS_KEY: Final = re.compile(r"[0-9A-Z]{44}\Z", re.ASCII)


def _since(what: str) -> BoundFilter:
    return BoundFilter(about=f"{what} at this instant or later{OR_A_DAY} or later.")


def _until(what: str) -> BoundFilter:
    return BoundFilter(about=f"{what} before this instant{OR_A_DAY} or earlier.", end=True)


CASHBACK_FILTERS: Final = Filters(
    dict[str, Any],
    sale_id=TextFilter(
        about="The sale of this number. Where each store counts by itself, of any store.",
        name=True,
    ),
    idempotency_key=TextFilter(about="The sale that came under this key.", name=True),
    access_key=MatchingFilter(
        about="The sale of this fiscal document: its key of 44 characters.",
        form=_ACCESS_KEY,
        code="access_key_invalid",
        longest=ACCESS_KEY_CHARS,
    ),
    document=DOCUMENT,
    name=TextFilter(
        about="Only those of a customer of whose name each of these words begins one; accents and"
        " case do not count."
    ),
    status=ChoicesFilter(
        about="Only these statuses.",
        choices=tuple(sorted(Status)),
        code="status_unknown",
        named="Status",
    ),
    sold_from=SOLD_FROM,
    sold_to=SOLD_TO,
    accepted_from=_since("Accepted"),
    accepted_to=_until("Accepted"),
    applied_from=_since("Paid"),
    applied_to=_until("Paid"),
    changed_from=_since("Last changed"),
    changed_to=_until("Last changed"),
    store=MatchingFilter(
        about="Only those that told this store.",
        form=PLACE,
        code="store_invalid",
        longest=MAX_PLACE_CHARS,
    ),
    type=MatchingFilter(
        about="Only those with a line of this product type.",
        form=TYPE,
        code="type_format",
        longest=32,
    ),
    rate_version=WholeFilter(
        about="With `type`: only those of which a line earned that version of its rate."
    ),
    min_cashback=AmountFilter(about="Only those that earned this much or more."),
    max_cashback=AmountFilter(about="Only those that earned this much or less."),
    min_total=AmountFilter(about="Only those whose total is this much or more."),
    max_total=AmountFilter(about="Only those whose total is this much or less."),
    name_differs=TruthFilter(
        about="Only those whose name was noted as another person's (`true`), or only the others."
    ),
    suspected=ChoiceFilter(
        about="Only those that an open incident of the provider's statement is about.",
        choices=("true",),
    ),
    incident=IdFilter(about="The cashback that this incident is about."),
    invoice_cnpj=CnpjFilter(
        about="Only those whose `sale_id` is the access key of a fiscal document of this issuer."
    ),
    invoice_month=MatchingFilter(
        about="With `invoice_cnpj`: issued in this month (`2026-01`).",
        form=_MONTH,
        code="month_invalid",
        longest=len("2026-01"),
    ),
    invoice_series=WholeFilter(
        about="With `invoice_cnpj`: of this series.", lowest=0, highest=MAX_SERIES
    ),
    invoice_number=WholeFilter(about="With `invoice_cnpj`: of this number."),
)

TOTAL: Final = TruthFilter(
    about="`true`: with `total`, what the whole search comes to, on whichever page."
)

_OF_AN_INVOICE: Final = ("invoice_month", "invoice_series", "invoice_number")
_AS_ASKED: Final = (
    "sale_id", "idempotency_key", "access_key", "document", "name", "sold_from", "sold_to",
    "accepted_from", "accepted_to", "applied_from", "applied_to", "changed_from", "changed_to",
    "store", "name_differs", "incident", "invoice_cnpj", *_OF_AN_INVOICE,
)  # fmt: skip
_IN_CENTAVOS: Final = ("min_cashback", "max_cashback", "min_total", "max_total")

CASHBACKS: Final = Ordering(
    resource="cashbacks",
    columns={by.value: Kind.INSTANT for by in RecordInstant},
    key=Kind.UUID,
    default="-accepted_at",
    repeatable=frozenset({"status"}),
    asides=("total",),
)


GOES_ON: Final = timedelta(days=1)
"""For so long a range without an end that was short enough for one page is for those that follow.

It grows by as much as has passed between two pages, which is no reason to end a list in its middle.
"""

MONTHS: Final = Filters(
    dict[str, Any],
    months=WholeFilter(
        about=f"So many months, this one included; {DEFAULT_MONTHS} by default.",
        highest=MAX_MONTHS,
    ),
)
_SUMMARY: Final = Ordering(
    resource="summary", columns={}, key=Kind.UUID, default="", fixed=True, whole=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search that is bounded: which records, in which order, which part, with a total or not.

    `now` is the instant at which that was judged, for whoever reads it.
    """

    wanted: RecordFilter
    order: RecordOrder
    part: ListPart
    with_total: bool
    now: datetime


def read_search(
    query: bytes, zone: ZoneInfo, *, now: datetime, group: str | None = None, whole: bool = False
) -> Search:
    """The search that a query asks for; days, and instants without an offset, in `zone`.

    `group` is the only one whose sales the caller reads; `whole`: all of it is read, not a page.
    Raises InvalidQueryError with every fault, or that nothing bounds it.
    """
    reader = QueryReader(query, CASHBACKS, *CASHBACK_FILTERS.names)
    asked = CASHBACK_FILTERS.read(reader, zone)
    with_total = TOTAL.read(reader, "total", zone) is True
    wanted = RecordFilter(
        statuses=frozenset(map(Status, asked["status"])),
        group=group,
        suspected=asked["suspected"] is not None,
        type=asked["type"],
        rate=_rate(reader, asked["type"], asked["rate_version"]),
        **{name: asked[name] for name in _AS_ASKED},
        **{f"{name}_centavos": asked[name] for name in _IN_CENTAVOS},
    )
    _needs_issuer(reader)
    sort = reader.sort()
    order = RecordOrder(by=RecordInstant(sort.removeprefix("-")), descending=sort.startswith("-"))
    if reader.has("cursor"):
        now -= GOES_ON
    if not reader.is_faulty and not is_bounded(wanted, order, now=now, whole=whole or with_total):
        reader.tell_whole("search_unbounded", days=str(MAX_RANGE_DAYS))
    return Search(wanted=wanted, order=order, part=part_of(reader), with_total=with_total, now=now)


def read_months(query: bytes) -> int:
    """How many months of a summary a query asks for; raises InvalidQueryError."""
    reader = QueryReader(query, _SUMMARY, *MONTHS.names)
    asked = MONTHS.read(reader)["months"]
    reader.end()
    return DEFAULT_MONTHS if asked is None else int(asked)


def _needs_issuer(reader: QueryReader) -> None:
    """Tell of what only a fiscal document of an issuer has."""
    if not reader.has("invoice_cnpj"):
        for name in _OF_AN_INVOICE:
            if reader.has(name):
                reader.tell(name, "invoice_needs_cnpj")


def _rate(reader: QueryReader, type_: str | None, version: int | None) -> RateVersion | None:
    if reader.has("rate_version") and not reader.has("type"):
        reader.tell("type", "type_and_rate_version")
    if type_ is None or version is None:
        return None
    return RateVersion(type=type_, version=version)
