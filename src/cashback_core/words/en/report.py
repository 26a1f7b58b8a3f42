"""The report as a page: headings, columns, and what is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PHRASES: Final[Mapping[str, str]] = {
    "report.title": "Cashback report",
    "report.range": "{since} to {through}",
    "report.one_day": "{since}",
    "report.zone": "days of {zone}",
    "report.as_of": "as of {instant}",
    "report.only": "only: {filters}",
    "report.closed": "Closed through {day}: what is told of these days never changes.",
    "report.all_closed": "Every day of this range is closed: this report never changes.",
    "report.none_closed": "No day of this range is closed yet: figures may still grow.",
    "report.last_close": "Close {number} of {day}, SHA-256 {sha256}",
    "report.by.hour": "By hour of the day",
    "report.by.day": "By day",
    "report.by.month": "By month",
    "report.by.type": "By product type",
    "report.by.store": "By store",
    "report.by.client": "By sender",
    "report.by.status": "By status",
    "report.by.none": "In all",
    "report.and": "{first}, {second}",
    "report.dimension.hour": "Hour",
    "report.dimension.day": "Day",
    "report.dimension.month": "Month",
    "report.dimension.type": "Type",
    "report.dimension.store": "Store",
    "report.dimension.client": "Sender",
    "report.dimension.status": "Status",
    "report.not_told": "(not told)",
    "report.others": "{count} others",
    "report.more_rows": "{count} further rows are left out here; the CSV has all of them.",
    "report.whole": "Total",
    "report.sales": "Sales",
    "report.sold": "Sold",
    "report.accrued": "Accrued",
    "report.paid": "Paid",
    "report.cancelled": "Cancelled",
    "report.adjusted": "Taken back",
    "report.rate": "Rate",
    "report.effective_rate": "Effective rate",
    "report.acceptance": "Paid at the first attempt",
    "report.owed": "Owed",
    "report.in_doubt": "In doubt",
    "report.paid_ever": "Paid in all",
    "report.at": "at {instant}",
    "report.of_sold": "of what was sold",
    "report.cashbacks": "{count} cashbacks",
    "report.sales_count": "{count} sales",
    "report.attempts": "{accepted} of {tried} first attempts",
    "report.balance": "Where cashbacks stand",
    "report.standing": "Status",
    "report.count": "Cashbacks",
    "report.amount": "Amount",
    "report.calls": "Calls to the provider",
    "report.calls_made": "{attempts} calls, of which {applied} paid.",
    "report.no_calls": "No calls in this range.",
    "report.latency": (
        "Half of the answers came within {half}, 95 % within {most}, 99 % within {all}."
    ),
    "report.why": "Why a call did not pay",
    "report.number": "Calls",
    "report.part": "Part",
    "report.nothing": "Nothing in this range.",
    "report.chart": "{what}: a chart of the table below",
    "report.what_is_counted": (
        "What happened on a day counts for that day, whatever became of it later. Accrued is what"
        " became owed; what was owed before, plus accrued, less paid and cancelled, plus taken"
        " back, is owed now. Sold by product type is what its lines were worth. Amounts are in"
        " reais."
    ),
    "report.status.not_due": "nothing due",
    "report.status.unconfirmed": "to be confirmed",
    "report.status.pending": "to be sent",
    "report.status.sending": "being sent",
    "report.status.applied": "paid",
    "report.status.rejected": "refused by the provider",
    "report.status.in_doubt": "in doubt",
    "report.status.held": "held for a person",
    "report.status.cancelled": "cancelled",
    "report.status.void": "never confirmed",
    "report.status.recorded": "history",
}
