"""Sales of columns that pass 64 bits, by `calculate` itself, whose integers have no end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cashback_core.columns.layout import OF_A_LINE, SaleFault
from cashback_core.columns.lines import amount_of
from cashback_core.sales.calculation import Cashback, calculate
from cashback_core.sales.payments import Payment, PaymentKind
from cashback_core.sales.sale import Customer, Line, Sale
from cashback_core.values.documents import Cnpj, Cpf, ForeignDocument
from cashback_core.values.money import QUANTITY_SCALE, VALUE_SCALE
from cashback_core.values.violations import InvalidSale

if TYPE_CHECKING:
    from cashback_core.sales.programme import Programme
    from cashback_core.sales.rules import SaleRules

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SOMEBODY: Final = {
    "cpf": Customer(document=Cpf("52998224725"), name="SOMEBODY"),
    "cnpj": Customer(document=Cnpj("11222333000181"), name="SOMEBODY"),
    "foreign": Customer(document=ForeignDocument("AB123456"), name="SOMEBODY"),
}
"""Of a buyer columns tell the kind alone, and `calculate` asks for no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByCalculate:
    """Computes sales of columns one by one."""

    programme: Programme
    rules: SaleRules

    def __call__(self, sale: dict[str, Any], lines: list[dict[str, Any]]) -> Cashback | SaleFault:
        """What a sale earns, or why it is none; `lines` are rows as they came in."""
        accepted_us = sale["accepted_us"]
        try:
            told = tuple(self._line(row) for row in lines)
        except ValueError:
            return SaleFault.LINE_INVALID
        try:
            return calculate(
                _sale(sale, told),
                self.programme,
                rules=self.rules,
                accepted_at=None if accepted_us is None else _instant(accepted_us),
            )
        except InvalidSale:
            return SaleFault.TYPE_UNKNOWN
        except ValueError:
            return _refusal(sale, told)

    def _line(self, row: dict[str, Any]) -> Line:
        """One unit at the price of the line: how its amount came about is not asked any more."""
        amount = amount_of(row, self.rules)
        assert amount is not None, "a line without an amount is a fault"
        discount, surcharge = (row.get(name, 0) for name in OF_A_LINE)
        return Line(
            type=row["type"],
            value_e10=amount * (VALUE_SCALE // 100),
            qty_e4=QUANTITY_SCALE,
            amount_centavos=amount,
            discount_centavos=discount,
            surcharge_centavos=surcharge,
        )


def _sale(sale: dict[str, Any], lines: tuple[Line, ...]) -> Sale:
    total, unearning = sale["total_centavos"], sale["unearning_centavos"]
    paid = (
        Payment(kind=PaymentKind.CASHBACK, value_centavos=unearning),
        Payment(kind=PaymentKind.CASH, value_centavos=total - unearning),
    )
    buyer = sale["buyer"]
    return Sale(
        sold_at=_instant(sale["sold_us"]),
        customer=None if buyer is None else _SOMEBODY[buyer],
        lines=lines,
        total_centavos=total,
        discount_centavos=sale["sale_discount_centavos"],
        surcharge_centavos=sale["sale_surcharge_centavos"],
        difference_centavos=sale["sale_difference_centavos"],
        payments=paid if unearning else (),
    )

def _refusal(sale: dict[str, Any], lines: tuple[Line, ...]) -> SaleFault:
    """Why the constructor of a sale refused it."""
    nets = sum(line.net_centavos for line in lines)
    made = nets - sale["sale_discount_centavos"] + sale["sale_surcharge_centavos"]
    if made + sale["sale_difference_centavos"] != sale["total_centavos"]:
        return SaleFault.TOTAL_MISMATCH
    return SaleFault.SALE_INVALID


def _instant(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)
