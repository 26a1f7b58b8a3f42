"""What bounds a search: the way by which it finds records, and whether that is cheap enough.

A merchant's sales are millions. Whatever is asked for is found by an index whose part that is read
has a natural size: a sale's own number, a customer, what is open, or some weeks of an instant.
Everything else that is asked for is looked at among those.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from cashback_core.delivery.record import NEWEST, RecordFilter, RecordInstant, RecordOrder
from cashback_core.delivery.states import DONE, TRANSITIONS, Status

MAX_RANGE: Final = timedelta(days=92, hours=1)
"""The longest range that bounds a search: any three months, and the hour of a changed clock."""

MAX_RANGE_DAYS: Final = 92
"""The same, as persons are told it."""

MOST_COUNTED: Final = 500_000
"""More records than that are not counted: it would take longer than one answer may."""

FEW: Final = frozenset(
    status
    for status in Status
    if status not in DONE and any(source is status for source, _, _ in TRANSITIONS)
)
"""Statuses that end: of these there are as many as are under way, or wait for somebody."""


class SearchWay(Enum):
    """By what a search finds records, the narrowest first."""

    NUMBER = "number"
    """A number or key of the sale itself, or an incident that is about it."""
    INVOICE = "invoice"
    """An issuer's number of a fiscal document."""
    CUSTOMER = "customer"
    OPEN = "open"
    """Statuses of FEW."""
    RANGE = "range"
    """Some weeks of an instant."""
    ISSUER = "issuer"
    """An issuer's month."""
    RATE = "rate"
    """What a rate paid, however much that is."""
    NEWEST = "newest"
    """One record after the other."""


_OWN_NUMBER: Final = ("sale_id", "idempotency_key", "access_key", "incident")
_NOT_ASKED_FOR: Final = RecordFilter()


def range_of(wanted: RecordFilter, by: RecordInstant) -> tuple[datetime | None, datetime | None]:
    """The range that is asked for of an instant: from (inclusive) and to (exclusive)."""
    match by:
        case RecordInstant.SOLD:
            return wanted.sold_from, wanted.sold_to
        case RecordInstant.ACCEPTED:
            return wanted.accepted_from, wanted.accepted_to
        case RecordInstant.APPLIED:
            return wanted.applied_from, wanted.applied_to
        case RecordInstant.CHANGED:
            return wanted.changed_from, wanted.changed_to


def narrow_range(
    wanted: RecordFilter, order: RecordOrder, *, now: datetime
) -> RecordInstant | None:
    """The instant of which the search asks for at most MAX_RANGE; None without one.

    That of the order before others, then the shortest. What has no end ends now.
    """
    ranges = {
        by: (to or max(now, start)) - start
        for by in RecordInstant
        for start, to in (range_of(wanted, by),)
        if start is not None
    }
    narrow = {by: length for by, length in ranges.items() if length <= MAX_RANGE}
    if order.by in narrow:
        return order.by
    return min(narrow, key=lambda by: narrow[by], default=None)


def way_of(wanted: RecordFilter, order: RecordOrder = NEWEST, *, now: datetime) -> SearchWay:
    """By what a search is best answered."""
    of_issuer = wanted.invoice_cnpj is not None
    ways = {
        SearchWay.NUMBER: wanted.suspected
        or any(getattr(wanted, name) is not None for name in _OWN_NUMBER),
        SearchWay.INVOICE: of_issuer and wanted.invoice_number is not None,
        SearchWay.CUSTOMER: wanted.document is not None,
        SearchWay.OPEN: bool(wanted.statuses) and wanted.statuses <= FEW,
        SearchWay.RANGE: narrow_range(wanted, order, now=now) is not None,
        SearchWay.ISSUER: of_issuer and wanted.invoice_month is not None,
        SearchWay.RATE: wanted.rate is not None,
    }
    return next((way for way, is_asked in ways.items() if is_asked), SearchWay.NEWEST)


def is_bounded(
    wanted: RecordFilter, order: RecordOrder = NEWEST, *, now: datetime, whole: bool = False
) -> bool:
    """Whether a search reads no more than its way bounds; `whole`: to its end, not only a page.

    A page of everything is as long as a page, in the order of acceptance.
    """
    way = way_of(wanted, order, now=now)
    if way is SearchWay.NEWEST:
        is_everything = replace(wanted, group=None) == _NOT_ASKED_FOR
        return is_everything and not whole and order.by is RecordInstant.ACCEPTED
    return way is not SearchWay.RATE
