"""The audit trail over HTTP: a merchant's administrators read its lines, the platform's its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adapters.http.administration.owners import MERCHANT_FILTER
from adapters.http.identity.roles import ADMINISTRATORS
from adapters.http.resources.resource import Answered, Listing, Orders, SortKey
from adapters.http.wire.cursors import Kind
from adapters.http.wire.filters import BoundFilter, Filters, TextFilter
from adapters.http.wire.shapes import Instant, Shape
from cashback_core.administration import audit_trail
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from datetime import datetime


class TrailLine(Shape, frozen=True, kw_only=True):
    """A change: what is secret or personal is told as "changed", never by its value."""

    number: int
    at: Instant
    merchant: str | None
    actor: str
    action: str
    resource: str
    key: str
    before: dict[str, Any]
    after: dict[str, Any]
    request_id: str | None


def line_shape(line: audit_trail.TrailLine) -> TrailLine:
    """A line as it goes out."""
    return TrailLine(
        number=line.number,
        at=format_instant(line.at),
        merchant=line.merchant,
        actor=line.actor,
        action=line.action,
        resource=line.resource,
        key=line.key,
        before=dict(line.before),
        after=dict(line.after),
        request_id=line.request_id,
    )


def _filter(**asked: Any) -> audit_trail.TrailFilter:
    from_at: datetime | None = asked.pop("from")
    to_at: datetime | None = asked.pop("to")
    return audit_trail.TrailFilter(**asked, from_at=from_at, to_at=to_at)


_NUMBER: Final = SortKey[audit_trail.TrailLine](Kind.INTEGER, lambda line: line.number)

AUDIT: Final = Listing(
    path="/api/audit",
    id="listAudit",
    tag="Audit",
    many="changes",
    more=", the latest first: who changed what, and when",
    answer=Answered(TrailLine, line_shape),
    orders=Orders(default="-at", key=_NUMBER, columns={"at": _NUMBER}),
    filters=Filters(
        _filter,
        merchant=MERCHANT_FILTER,
        actor=TextFilter(about="Only by this subject, `user:maria` for one."),
        resource=TextFilter(about="Only of this sort: `users` for one."),
        key=TextFilter(about="Only of the one of this key."),
        **{
            "from": BoundFilter(
                about="At this instant, or on this day (the merchant's own, of the platform in"
                " UTC), or later."
            ),
            "to": BoundFilter(about="Before this instant, or to the end of this day.", end=True),
        },
    ),
    may=ADMINISTRATORS,
    problems=("not_found",),
)
