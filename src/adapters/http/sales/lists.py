"""The lists of sales and of what is told about them: which filters each takes, and its cursors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from adapters.http.wire.cursors import Kind
from adapters.http.wire.filters import (
    BoundFilter,
    ChoiceFilter,
    DocumentFilter,
    Filters,
)
from adapters.http.wire.queries import Ordering, QueryReader
from cashback_core.delivery.states import CLOSED, Status
from cashback_core.operators.open_cashbacks import ATTENTION, OpenFilter
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.sales.same_sale import EqualOutcome
from cashback_core.values.pages import Position

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

OR_A_DAY: Final = ", or on this whole day (`YYYY-MM-DD`, the merchant's own)"
ONE_WORD: Final = "a CPF, a CNPJ, or `foreign:` and a foreign document"
"""How a customer's document is named where no type stands beside it."""

DOCUMENT: Final = DocumentFilter(about=f"Only this customer's: {ONE_WORD}.")
SOLD_FROM: Final = BoundFilter(about=f"Sold at this instant or later{OR_A_DAY} or later.")
SOLD_TO: Final = BoundFilter(about=f"Sold before this instant{OR_A_DAY} or earlier.", end=True)
OPEN_FILTERS: Final = Filters(
    dict[str, Any],
    status=ChoiceFilter(
        about="Only this status; without it `held`, `in_doubt` and `rejected`.",
        choices=tuple(sorted(s for s in Status if s not in CLOSED)),
        code="status_unknown",
    ),
    document=DOCUMENT,
    sold_from=SOLD_FROM,
    sold_to=SOLD_TO,
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


def in_order_of(resource: str, order: str) -> Ordering:
    """A list whose order cannot be chosen: by an instant, and by the id where that is equal."""
    column = order.removeprefix("-")
    return Ordering(
        resource=resource,
        columns={column: Kind.INSTANT},
        key=Kind.UUID,
        default=order,
        fixed=True,
    )


_OPEN: Final = in_order_of("open", "accepted_at")
_EQUALS: Final = in_order_of("equals", "-at")
_INCIDENTS: Final = in_order_of("incidents", "since")


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
        return self.query.cursor_after(position.at, position.id)


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
    return wanted, part_of(reader)


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
    return wanted, part_of(reader)


def read_equal_list(query: bytes) -> tuple[EqualOutcome | None, ListPart]:
    """The list of pairs of equal content that a query asks for; raises InvalidQueryError."""
    reader = QueryReader(query, _EQUALS, *EQUAL_FILTERS.names)
    outcome = EQUAL_FILTERS.read(reader)["outcome"]
    return None if outcome is None else EqualOutcome(outcome), part_of(reader)


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


def part_of(reader: QueryReader) -> ListPart:
    """The page that a query asks for; raises InvalidQueryError with every fault."""
    wanted = reader.slice()
    after = None
    if wanted.after is not None:
        accepted_at, id_ = wanted.after
        after = Position(at=datetime.fromisoformat(accepted_at), id=UUID(id_))
    return ListPart(query=reader, limit=wanted.limit, after=after)
