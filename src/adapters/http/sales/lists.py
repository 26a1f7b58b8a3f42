"""The lists of sales and of what is told about them: which filters each takes, and its cursors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from adapters.http.wire.cursors import Kind
from adapters.http.wire.filters import (
    BoundFilter,
    ChoiceFilter,
    CnpjFilter,
    DocumentFilter,
    Filters,
    MatchingFilter,
    TruthFilter,
    WholeFilter,
)
from adapters.http.wire.queries import Ordering, QueryReader
from cashback_core.delivery.record import RateVersion, RecordFilter
from cashback_core.delivery.states import CLOSED, Status
from cashback_core.operators.acts import ATTENTION, OpenFilter
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.sales.place import MAX_PLACE_CHARS, PLACE
from cashback_core.sales.programme import TYPE
from cashback_core.sales.same_sale import EqualOutcome
from cashback_core.values.access_keys import MAX_SERIES
from cashback_core.values.pages import Position

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_OR_A_DAY: Final = ", or on this whole day (`YYYY-MM-DD`, the merchant's own)"
ONE_WORD: Final = "a CPF, a CNPJ, or `foreign:` and a foreign document"
"""How a customer's document is named where no type stands beside it."""

_MONTH: Final = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])\Z", re.ASCII)
_DOCUMENT: Final = DocumentFilter(about=f"Only this customer's: {ONE_WORD}.")
_SOLD_FROM: Final = BoundFilter(about=f"Sold at this instant or later{_OR_A_DAY} or later.")
_SOLD_TO: Final = BoundFilter(about=f"Sold before this instant{_OR_A_DAY} or earlier.", end=True)
CASHBACK_FILTERS: Final = Filters(
    dict[str, Any],
    status=ChoiceFilter(
        about="Only this status.",
        choices=tuple(sorted(Status)),
        code="status_unknown",
        named="Status",
    ),
    name_differs=TruthFilter(
        about="Only those whose name was noted as another person's (`true`), or only the others."
    ),
    type=MatchingFilter(
        about="With `rate_version`: only those of which a line earned that version of this product"
        " type's rate, the latest id first.",
        form=TYPE,
        code="type_format",
        longest=32,
    ),
    rate_version=WholeFilter(about="With `type`."),
    document=_DOCUMENT,
    sold_from=_SOLD_FROM,
    sold_to=_SOLD_TO,
    store=MatchingFilter(
        about="Only those that told this store.",
        form=PLACE,
        code="store_invalid",
        longest=MAX_PLACE_CHARS,
    ),
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
OPEN_FILTERS: Final = Filters(
    dict[str, Any],
    status=ChoiceFilter(
        about="Only this status; without it `held`, `in_doubt` and `rejected`.",
        choices=tuple(sorted(s for s in Status if s not in CLOSED)),
        code="status_unknown",
    ),
    document=_DOCUMENT,
    sold_from=_SOLD_FROM,
    sold_to=_SOLD_TO,
)
"""What an operator may list: all that has not ended well."""

EQUAL_FILTERS: Final = Filters(
    dict[str, Any],
    outcome=ChoiceFilter(
        about="Only these.", choices=tuple(o.value for o in EqualOutcome), named="EqualOutcome"
    ),
)
INCIDENT_FILTERS: Final = Filters(
    dict[str, Any],
    **{
        "standing": ChoiceFilter(
            about="`false`: those that have ended, too.",
            choices=("true", "false"),
            default="true",
        ),
        "class": ChoiceFilter(
            about="Only of this class.", choices=tuple(sorted(FindingClass)), named="FindingClass"
        ),
    },
)


def _in_order_of(resource: str, order: str) -> Ordering:
    """A list whose order cannot be chosen: by an instant, and by the id where that is equal."""
    column = order.removeprefix("-")
    return Ordering(
        resource=resource,
        columns={column: Kind.INSTANT},
        key=Kind.UUID,
        default=order,
        fixed=True,
    )


_OF_AN_INVOICE: Final = ("invoice_month", "invoice_series", "invoice_number")

_CASHBACKS: Final = _in_order_of("cashbacks", "-accepted_at")
_OPEN: Final = _in_order_of("open", "accepted_at")
_EQUALS: Final = _in_order_of("equals", "-at")
_INCIDENTS: Final = _in_order_of("incidents", "since")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPart:
    """Which part of a list is wanted: at most `limit` after a position."""

    query: QueryReader
    limit: int
    after: Position | None

    def cursor(self, position: Position | None) -> str | None:
        """The cursor of the page behind it; None when there is none."""
        if position is None:
            return None
        return self.query.cursor_after(position.accepted_at, position.id)


def read_list(query: bytes, zone: ZoneInfo) -> tuple[RecordFilter, ListPart]:
    """The list of records that a query asks for; days, and instants without an offset, in `zone`.

    Raises InvalidQueryError with every fault.
    """
    reader = QueryReader(query, _CASHBACKS, *CASHBACK_FILTERS.names)
    asked = CASHBACK_FILTERS.read(reader, zone)
    status = asked["status"]
    wanted = RecordFilter(
        status=None if status is None else Status(status),
        document=asked["document"],
        sold_from=asked["sold_from"],
        sold_to=asked["sold_to"],
        name_differs=asked["name_differs"],
        rate=_rate(reader, asked["type"], asked["rate_version"]),
        store=asked["store"],
        **{name: asked[name] for name in ("invoice_cnpj", *_OF_AN_INVOICE)},
    )
    _needs_issuer(reader)
    return wanted, _part(reader)


def read_open_list(query: bytes, zone: ZoneInfo) -> tuple[OpenFilter, ListPart]:
    """The list of open cashbacks that a query asks for; raises InvalidQueryError."""
    reader = QueryReader(query, _OPEN, *OPEN_FILTERS.names)
    asked = OPEN_FILTERS.read(reader, zone)
    status = asked["status"]
    wanted = OpenFilter(
        statuses=ATTENTION if status is None else frozenset({Status(status)}),
        document=asked["document"],
        sold_from=asked["sold_from"],
        sold_to=asked["sold_to"],
    )
    return wanted, _part(reader)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFilter:
    """Which incidents of the statement are wanted."""

    open_only: bool
    cls: FindingClass | None


def read_incident_list(query: bytes) -> tuple[IncidentFilter, ListPart]:
    """The list of incidents that a query asks for; raises InvalidQueryError."""
    reader = QueryReader(query, _INCIDENTS, *INCIDENT_FILTERS.names)
    asked = INCIDENT_FILTERS.read(reader)
    cls = asked["class"]
    wanted = IncidentFilter(
        open_only=asked["standing"] != "false",
        cls=None if cls is None else FindingClass(cls),
    )
    return wanted, _part(reader)


def read_equal_list(query: bytes) -> tuple[EqualOutcome | None, ListPart]:
    """The list of pairs of equal content that a query asks for; raises InvalidQueryError."""
    reader = QueryReader(query, _EQUALS, *EQUAL_FILTERS.names)
    outcome = EQUAL_FILTERS.read(reader)["outcome"]
    return None if outcome is None else EqualOutcome(outcome), _part(reader)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPart:
    """Which part of a person's sales is wanted: at most `limit` after that one, latest first."""

    query: QueryReader
    limit: int
    after: UUID | None

    def cursor(self, id_: UUID | None) -> str | None:
        """The cursor of the page behind it; None when there is none."""
        return None if id_ is None else self.query.cursor_after(id_, id_)


def read_report_part(query: bytes, customer_id: UUID) -> ReportPart:
    """The page of a customer's report that a query asks for; raises InvalidQueryError."""
    report = Ordering(
        resource=f"report {customer_id}",
        columns={"id": Kind.UUID},
        key=Kind.UUID,
        default="-id",
        fixed=True,
    )
    reader = QueryReader(query, report)
    wanted = reader.slice()
    after = None if wanted.after is None else UUID(wanted.after[1])
    return ReportPart(query=reader, limit=wanted.limit, after=after)


def _part(reader: QueryReader) -> ListPart:
    wanted = reader.slice()
    after = None
    if wanted.after is not None:
        accepted_at, id_ = wanted.after
        after = Position(accepted_at=datetime.fromisoformat(accepted_at), id=UUID(id_))
    return ListPart(query=reader, limit=wanted.limit, after=after)


def _needs_issuer(reader: QueryReader) -> None:
    """Tell of what only a fiscal document of an issuer has."""
    if not reader.has("invoice_cnpj"):
        for name in _OF_AN_INVOICE:
            if reader.has(name):
                reader.tell(name, "invoice_needs_cnpj")


def _rate(reader: QueryReader, type_: str | None, version: int | None) -> RateVersion | None:
    if reader.has("type") != reader.has("rate_version"):
        missing = "rate_version" if reader.has("type") else "type"
        reader.tell(missing, "type_and_rate_version")
    if type_ is None or version is None:
        return None
    return RateVersion(type=type_, version=version)
