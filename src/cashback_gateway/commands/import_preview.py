"""A file of sales as it is understood, before any of it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from cashback_core.intake.batch import NotTaken
from cashback_core.values.documents import mask
from cashback_core.values.money import format_centavos
from cashback_core.values.violations import InvalidSale
from cashback_gateway.commands.tables import PrintedList, TableColumn, show_listing
from cashback_gateway.imports.report import faults_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.files.lines import Fault
    from cashback_core.intake.submission import QuoteSale
    from cashback_gateway.imports.file_sale import FileSale

FIRST: Final = 10
"""So many sales are shown, and as many faults."""

_COLUMNS: Final = (
    TableColumn("line", right=True),
    TableColumn("sale_id", "SALE"),
    TableColumn("sold_at"),
    TableColumn("document", "CUSTOMER"),
    TableColumn("name"),
    TableColumn("total", right=True),
    TableColumn("products", right=True),
    TableColumn("cashback", right=True),
    TableColumn("wrong", folds=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Shows the first sales as they are understood, and what is wrong with any line.

    The first are held against the merchant's terms, too; history by those of its day.
    """

    quote: QuoteSale
    merchant_id: int
    as_recorded: bool = False

    async def __call__(self, sales: Iterable[FileSale], *, as_json: bool) -> int:
        """Print it; the exit code is 1 where anything is wrong."""
        records: list[dict[str, object]] = []
        first: list[Fault] = []
        faulty = count = 0
        for sale in sales:
            count += 1
            faults = list(sale.faults)
            if count <= FIRST:
                cashback = None
                if not faults:
                    cashback, faults = await self._quoted(sale)
                records.append(_understood(sale, cashback, faults))
            if faults:
                faulty += 1
                first += faults[: FIRST - len(first)]
        _print(records, first, count=count, faulty=faulty, as_json=as_json)
        return 1 if faulty else 0

    async def _quoted(self, sale: FileSale) -> tuple[str | None, list[Fault]]:
        try:
            quoted = await self.quote(
                self.merchant_id,
                sale.document,
                idempotency_key=sale.key,
                as_recorded=self.as_recorded,
            )
        except InvalidSale as error:
            return None, faults_of(sale, NotTaken(error))
        return format_centavos(quoted.cashback.cashback_centavos), []


def _print(
    records: list[dict[str, object]],
    first: list[Fault],
    *,
    count: int,
    faulty: int,
    as_json: bool,
) -> None:
    listing = PrintedList(
        records=records,
        columns=_COLUMNS,
        total=count,
        words=[
            *(f"line {f.line}, {f.column or 'all of it'}: {f.reason}" for f in first),
            f"{faulty} of {count} sales have a fault that is seen before they are sent",
            "Nothing was written: --as NAME, without --dry-run, takes it in.",
        ],
        facts={"sales": count, "faulty": faulty},
    )
    show_listing(listing, as_json=as_json)


def _understood(sale: FileSale, cashback: str | None, faults: list[Fault]) -> dict[str, object]:
    told = cast("dict[str, Any]", sale.document) if isinstance(sale.document, dict) else {}
    customer = told.get("customer")
    buyer = cast("dict[str, Any]", customer) if isinstance(customer, dict) else {}
    document, products = buyer.get("document"), told.get("products")
    return {
        "line": sale.line,
        "sale_id": sale.sale_id,
        "sold_at": _shown(told.get("sold_at")),
        "document": mask(document) if isinstance(document, str) else None,
        "name": _shown(buyer.get("name")),
        "total": _shown(told.get("total")),
        "products": len(cast("list[object]", products)) if isinstance(products, list) else None,
        "cashback": cashback,
        "wrong": "; ".join(f.reason for f in faults) or None,
    }


def _shown(value: object) -> str | None:
    return None if value is None else str(value)[:60]
