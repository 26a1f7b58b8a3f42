"""Records as rows of a table that leaves the house: which columns, and what is safe in a cell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cashback_core.sales.erased import ERASED
from cashback_core.values.documents import document_kind, mask
from cashback_core.values.instants import format_instant
from cashback_core.values.money import format_centavos

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cashback_core.delivery.record import Record

COLUMNS: Final = (
    "id", "status", "sale_id", "store", "till", "series", "sold_at", "accepted_at", "applied_at",
    "document", "document_type", "name", "total", "discount", "surcharge", "cashback",
    "not_due_because", "attempts", "same_content_as", "name_differs", "submitted_by", "group",
)  # fmt: skip
"""One sale a row; its lines are in JSON Lines alone."""

_FORMULA: Final = re.compile(r"""(\A|[;,|\t\r\n])([\s"']*)(?=[=+\-@＝＋－＠])""")  # noqa: RUF001
"""Before what begins a formula: at a cell's begin, or behind what a sheet may take for its end.

Which sign stands between cells, a sheet takes from its country: a semicolon in Brazil.
"""
_BLANK: Final = ("\t", "\r", "\n")
_QUOTED: Final = re.compile(r'[",\r\n]')


def row_of(record: Record, *, masked: bool) -> Mapping[str, str]:
    """A record's cells by their column; amounts in reais, instants in UTC, nothing as empty.

    `masked`: of the customer's document the middle digits, of their name the initials.
    """
    sale, standing, earned = record.sale, record.standing, record.cashback
    customer = None if sale.customer == ERASED else sale.customer
    cells: dict[str, object] = {
        "id": record.id,
        "status": standing.status.value,
        "sale_id": sale.sale_id,
        "store": sale.place.store,
        "till": sale.place.till,
        "series": sale.place.series,
        "sold_at": format_instant(sale.sold_at),
        "accepted_at": format_instant(record.accepted_at),
        "applied_at": standing.applied_at and format_instant(standing.applied_at),
        "document": customer and (mask if masked else str)(str(customer.document)),
        "document_type": customer and document_kind(customer.document).value,
        "name": customer and (initials(customer.name) if masked else customer.name),
        "total": format_centavos(sale.total_centavos),
        "discount": format_centavos(sale.discount_centavos),
        "surcharge": format_centavos(sale.surcharge_centavos),
        "cashback": format_centavos(earned.cashback_centavos),
        "not_due_because": earned.nothing_due and earned.nothing_due.value,
        "attempts": standing.attempt,
        "same_content_as": record.same_content_as,
        "name_differs": "true" if record.name_differs else "false",
        "submitted_by": record.submitted_by,
        "group": record.group,
    }
    return {name: "" if cells[name] is None else str(cells[name]) for name in COLUMNS}


def csv_line(cells: Iterable[str]) -> str:
    """A line of CSV (RFC 4180), of which no cell is a formula to whoever opens it in a sheet.

    What begins as one, or would behind another separator, has an apostrophe before it, as OWASP
    advises ("CSV Injection").
    """
    return ",".join(map(_cell, cells)) + "\r\n"


def initials(name: str) -> str:
    """A name of which its owner knows their own, and others nothing."""
    return " ".join(f"{word[0]}***" for word in name.split())


def _cell(text: str) -> str:
    text = _FORMULA.sub(r"\1\2'", text)
    if text.startswith(_BLANK):
        text = f"'{text}"
    if _QUOTED.search(text) is None:
        return text
    return '"' + text.replace('"', '""') + '"'
