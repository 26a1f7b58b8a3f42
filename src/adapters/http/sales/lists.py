"""The lists of sales and of what is told about them: which filters each takes, and its cursors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from adapters.http.wire.cursors import Kind
from adapters.http.wire.queries import Ordering, QueryReader
from cashback_core.delivery.ports import Position, RateVersion, RecordFilter
from cashback_core.delivery.states import DONE, Status
from cashback_core.operators.acts import ATTENTION, OpenFilter
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.sales.programme import TYPE
from cashback_core.sales.same_sale import EqualOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

OPEN: Final = tuple(s for s in Status if s not in DONE)
"""What an operator may list: all that has not ended well."""

_FILTERS: Final = ("status", "document", "sold_from", "sold_to")


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


_CASHBACKS: Final = _in_order_of("cashbacks", "-accepted_at")
_OPEN: Final = _in_order_of("open", "accepted_at")
_EQUALS: Final = _in_order_of("equals", "-at")
_INCIDENTS: Final = _in_order_of("incidents", "since")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which part of a list is wanted: at most `limit` after a position."""

    query: QueryReader
    limit: int
    after: Position | None

    def cursor(self, position: Position | None) -> str | None:
        """The cursor of the page behind it; None when there is none."""
        if position is None:
            return None
        return self.query.cursor_after(position.accepted_at, position.id)


def read_list(query: bytes, zone: ZoneInfo) -> tuple[RecordFilter, Part]:
    """The list of records that a query asks for; days, and instants without an offset, in `zone`.

    Raises InvalidQueryError with every fault.
    """
    reader = QueryReader(query, _CASHBACKS, *_FILTERS, "name_differs", "type", "rate_version")
    wanted = RecordFilter(
        status=_status(reader, tuple(Status)),
        document=reader.document("document"),
        sold_from=reader.bound("sold_from", zone),
        sold_to=reader.bound("sold_to", zone, end=True),
        name_differs=reader.truth("name_differs"),
        rate=_rate(reader),
    )
    return wanted, _part(reader)


def read_open_list(query: bytes, zone: ZoneInfo) -> tuple[OpenFilter, Part]:
    """The list of open cashbacks that a query asks for; raises InvalidQueryError."""
    reader = QueryReader(query, _OPEN, *_FILTERS)
    status = _status(reader, OPEN)
    wanted = OpenFilter(
        statuses=ATTENTION if status is None else frozenset({status}),
        document=reader.document("document"),
        sold_from=reader.bound("sold_from", zone),
        sold_to=reader.bound("sold_to", zone, end=True),
    )
    return wanted, _part(reader)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFilter:
    """Which incidents of the statement are wanted."""

    open_only: bool
    cls: FindingClass | None


def read_incident_list(query: bytes) -> tuple[IncidentFilter, Part]:
    """The list of incidents that a query asks for; raises InvalidQueryError."""
    reader = QueryReader(query, _INCIDENTS, "standing", "class")
    cls = reader.choice("class", tuple(FindingClass))
    wanted = IncidentFilter(
        open_only=reader.truth("standing") is not False,
        cls=None if cls is None else FindingClass(cls),
    )
    return wanted, _part(reader)


def read_equal_list(query: bytes) -> tuple[EqualOutcome | None, Part]:
    """The list of pairs of equal content that a query asks for; raises InvalidQueryError."""
    reader = QueryReader(query, _EQUALS, "outcome")
    outcome = reader.choice("outcome", tuple(EqualOutcome))
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


def _part(reader: QueryReader) -> Part:
    wanted = reader.slice()
    after = None
    if wanted.after is not None:
        accepted_at, id_ = wanted.after
        after = Position(accepted_at=datetime.fromisoformat(accepted_at), id=UUID(id_))
    return Part(query=reader, limit=wanted.limit, after=after)


def _status(reader: QueryReader, among: Sequence[Status]) -> Status | None:
    value = reader.choice("status", among, code="status_unknown")
    return None if value is None else Status(value)


def _rate(reader: QueryReader) -> RateVersion | None:
    type_, version = reader.has("type"), reader.has("rate_version")
    if type_ != version:
        reader.tell("rate_version" if type_ else "type", "type_and_rate_version")
    named = reader.matching("type", TYPE, "type_format")
    number = reader.whole("rate_version")
    if named is None or number is None:
        return None
    return RateVersion(type=named, version=number)
