"""What a customer earned, what of it waits and what is paid: in all, and month by month."""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from cashback_core.delivery.search import FEW
from cashback_core.delivery.states import Status

MAX_MONTHS: Final = 36
DEFAULT_MONTHS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Of some sales, in centavos: `earned` is the other four together.

    `paid` is what was paid from here, `settled_elsewhere` what was brought in as history, `waiting`
    whatever may still be paid, `ended_unpaid` what was cancelled or became void.
    """

    sales: int = 0
    sales_centavos: int = 0
    earned_centavos: int = 0
    paid_centavos: int = 0
    settled_elsewhere_centavos: int = 0
    waiting_centavos: int = 0

    @property
    def ended_unpaid_centavos(self) -> int:
        """What will not be paid any more."""
        told = self.paid_centavos + self.settled_elsewhere_centavos + self.waiting_centavos
        return self.earned_centavos - told


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The sums of one month ("2026-01") of the merchant's zone, by when the sales were made."""

    month: str
    sums: Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSummary:
    """A customer's sums, of all their sales and of the latest months, the newest first."""

    customer_id: UUID
    whole: Sums
    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Sales of one status that were made in one month, or before all that are asked for.

    `month` counts the months that are asked for from 1; 0 is before.
    """

    month: int
    status: Status
    sales: int
    sales_centavos: int
    cashback_centavos: int


def month_starts(now: datetime, zone: ZoneInfo, months: int) -> tuple[datetime, ...]:
    """The first instants of the latest months of a zone, the oldest first; the last is now's."""
    today = now.astimezone(zone)
    latest = today.year * 12 + today.month - 1
    return tuple(
        datetime(number // 12, number % 12 + 1, 1, tzinfo=zone)
        for number in range(latest - months + 1, latest + 1)
    )


def summary_of(
    customer_id: UUID, counted: Iterable[Counted], starts: tuple[datetime, ...]
) -> CustomerSummary:
    """The summary of what was counted; `starts` are those of the months."""
    found = tuple(counted)
    months = tuple(
        Month(
            month=f"{start.year}-{start.month:02d}",
            sums=_sums(one for one in found if one.month == number),
        )
        for number, start in enumerate(starts, 1)
    )
    return CustomerSummary(customer_id=customer_id, whole=_sums(found), months=months[::-1])


def _sums(counted: Iterable[Counted]) -> Sums:
    found = tuple(counted)
    return Sums(
        sales=sum(one.sales for one in found),
        sales_centavos=sum(one.sales_centavos for one in found),
        earned_centavos=sum(one.cashback_centavos for one in found),
        paid_centavos=sum(o.cashback_centavos for o in found if o.status is Status.APPLIED),
        settled_elsewhere_centavos=sum(
            one.cashback_centavos for one in found if one.status is Status.RECORDED
        ),
        waiting_centavos=sum(one.cashback_centavos for one in found if one.status in FEW),
    )
