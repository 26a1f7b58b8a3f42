"""An ERP's sales of a day as a file: one line for each sale."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from adapters.files.fields import FileFields, fields_of
from adapters.files.lines import UnreadableFileError
from adapters.files.profile import FieldKind, FileKind
from cashback_core.reconciliation.file_import import FileUnreadableError
from cashback_core.reconciliation.told_sales import ToldSale, read_told_sale

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO
    from zoneinfo import ZoneInfo

    from adapters.files.profile import Profile

SALES_OF_A_DAY: Final = FileKind(
    what="a sale of a day",
    fields={
        "sale_id": FieldKind.TEXT,
        "idempotency_key": FieldKind.TEXT,
        "store": FieldKind.TEXT,
        "customer.document": FieldKind.DOCUMENT,
        "customer.name": FieldKind.TEXT,
        "sold_at": FieldKind.INSTANT,
        "total": FieldKind.NUMBER,
        "discount": FieldKind.NUMBER,
        "cashback": FieldKind.NUMBER,
    },
    must=(("sale_id", "idempotency_key", "sold_at"), ("total",)),
    most_decimals=2,
)
"""`cashback` is what the ERP reckons is due, where it does."""


def told_sales(file: BinaryIO, profile: Profile, zone: ZoneInfo) -> Iterator[ToldSale]:
    """Every sale of the file, by its line; instants without an offset are of that zone.

    Raises ProfileError before the first; FileUnreadableError where nothing more can be read.
    """
    found = fields_of(file, profile)
    while True:
        try:
            one = next(found, None)
        except UnreadableFileError as error:
            raise FileUnreadableError(str(error)) from error
        if one is None:
            return
        yield _sale(one, zone)


def _sale(one: FileFields, zone: ZoneInfo) -> ToldSale:
    if not one.fields and one.problems:
        return ToldSale(line=one.line, problem="; ".join(one.problems))
    sale = read_told_sale(one.line, one.fields, zone)
    if not one.problems:
        return sale
    named = {problem.split(":", 1)[0] for problem in one.problems}
    others = [] if sale.problem is None else sale.problem.split("; ")
    rest = [other for other in others if other.split(":", 1)[0] not in named]
    return replace(sale, problem="; ".join([*one.problems, *rest]))
