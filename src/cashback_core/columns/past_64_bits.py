"""Sales of columns that pass 64 bits, by `calculate` itself, whose integers have no end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cashback_core.columns.layout import OF_A_LINE
from cashback_core.sales.calculation import Cashback, calculate
from cashback_core.sales.payments import Payment, PaymentKind
from cashback_core.sales.sale import Customer, Line, Sale
from cashback_core.values.documents import Cnpj, Cpf, ForeignDocument
from cashback_core.values.money import QUANTITY_SCALE, VALUE_SCALE

if TYPE_CHECKING:
    from cashback_core.sales.programme import Programme
    from cashback_core.sales.rules import SaleRules

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SOMEBODY: Final = {
    "cpf": Customer(document=Cpf("52998224725"), name="SOMEBODY"),
    "cnpj": Customer(document=Cnpj("11222333000181"), name="SOMEBODY"),
    "foreign": Customer(document=ForeignDocument("AB-123456"), name="SOMEBODY"),
}
"""Columns tell what kind of buyer it was, and `calculate` asks for no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByCalculate:
    """Computes one sale of columns, which is known to have no fault."""

    programme: Programme
    rules: SaleRules

    def __call__(self, sale: dict[str, Any], lines: list[dict[str, Any]]) -> Cashback:
        """What it earns; `sale` and `lines` are rows as they were read."""
        total, unearning = sale["total_centavos"], sale["unearning_centavos"]
        paid = (
            Payment(kind=PaymentKind.CASHBACK, value_centavos=unearning),
            Payment(kind=PaymentKind.CASH, value_centavos=total - unearning),
        )
        buyer, accepted_us = sale["buyer"], sale["accepted_us"]
        made = Sale(
            sold_at=_instant(sale["sold_us"]),
            customer=None if buyer is None else _SOMEBODY[buyer],
            lines=tuple(_line(row) for row in lines),
            total_centavos=total,
            discount_centavos=sale["sale_discount_centavos"],
            surcharge_centavos=sale["sale_surcharge_centavos"],
            difference_centavos=sale["sale_difference_centavos"],
            payments=paid if unearning else (),
        )
        accepted_at = None if accepted_us is None else _instant(accepted_us)
        return calculate(made, self.programme, rules=self.rules, accepted_at=accepted_at)


def _line(row: dict[str, Any]) -> Line:
    """One unit at the price of the line: how its amount came about is not asked any more."""
    amount = row["amount"]
    discount, surcharge = (row.get(name) or 0 for name in OF_A_LINE)
    return Line(
        type=row["type"],
        value_e10=amount * (VALUE_SCALE // 100),
        qty_e4=QUANTITY_SCALE,
        amount_centavos=amount,
        discount_centavos=discount,
        surcharge_centavos=surcharge,
    )


def _instant(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)
