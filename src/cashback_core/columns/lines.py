"""The lines of a batch as they are computed with: every column there, and what is wrong flagged.

`run` numbers the sales of a batch from 0, `last` is where one ends: sums of a sale are running sums
looked at there, which takes one pass and no table of sales. (They may wrap around in 64 bits;
what is between two of them does not.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from cashback_core.columns.factors import ROOM
from cashback_core.columns.layout import (
    ACCEPTED,
    AMOUNT,
    BUYER,
    OF_A_LINE,
    OF_A_SALE,
    PRODUCT,
    instant_us,
)
from cashback_core.columns.rounding import line_amounts
from cashback_core.sales.sale import line_amount
from cashback_core.values.money import MAX_CENTAVOS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_core.columns.rate_table import RateTable
    from cashback_core.sales.rules import SaleRules

BUYERS: Final = ("cpf", "cnpj", "foreign")
_NONE: Final = pl.lit(0, pl.Int64)
_OF_A_SALE: Final = (*OF_A_SALE, BUYER, "sold_at", ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReader:
    """Reads batches of one schema by a merchant's terms."""

    schema: Mapping[str, pl.DataType]
    rates: RateTable
    rules: SaleRules

    def lines(self, batch: pl.DataFrame) -> pl.DataFrame:
        """One row a line: what it tells, the row of its rate, and flags."""
        run = pl.col("sale").rle_id()
        base = batch.lazy().select(
            *self._amount(),
            run=run,
            last=(run != run.shift(-1)).fill_null(value=True),
            type_number=self.rates.type_number(pl.col("type")),
            at_us=pl.min_horizontal(self.sold_us(), self.accepted_us()),
            discount=self._centavos(OF_A_LINE[0]),
            surcharge=self._centavos(OF_A_LINE[1]),
            differs=self._differs(run == run.shift(1)),
        )
        amount, discount, surcharge = pl.col("amount"), pl.col("discount"), pl.col("surcharge")
        goods = amount - discount
        told = base.with_columns(
            net=goods + surcharge,
            goods=goods + surcharge if self.rules.surcharge_earns else goods,
            rate_row=self.rates.row(pl.col("type_number"), pl.col("at_us")),
            bad=~pl.col("big")
            & ~pl.all_horizontal(amount >= 0, discount >= 0, surcharge >= 0, goods >= 0)
            .fill_null(value=False),
            big=pl.col("big") | (amount > MAX_CENTAVOS) | (surcharge > MAX_CENTAVOS),
        ).with_columns(
            weight=pl.col("goods") * self.rates.column("rate_bp", pl.col("rate_row"), pl.Int64),
        )
        return told.collect()

    def sales(self, batch: pl.DataFrame, last: pl.Series) -> pl.DataFrame:
        """One row a sale: what it tells of itself, as its last line has it."""
        return (
            batch.lazy()
            .filter(last)
            .select(
                "sale",
                sold_us=self.sold_us(),
                accepted_us=self.accepted_us(),
                buyer=pl.col(BUYER).cast(pl.String) if BUYER in self.schema else pl.lit("cpf"),
                **{name: self._centavos(name) for name in OF_A_SALE},
            )
            .collect()
        )

    def sold_us(self) -> pl.Expr:
        """When a sale happened, in microseconds."""
        return instant_us("sold_at", self.schema["sold_at"], self.rules.zone)

    def accepted_us(self) -> pl.Expr:
        """When it was taken in; null where that is not told."""
        if ACCEPTED not in self.schema:
            return pl.lit(None, pl.Int64)
        return instant_us(ACCEPTED, self.schema[ACCEPTED], self.rules.zone)

    def _centavos(self, name: str) -> pl.Expr:
        if name not in self.schema:
            return _NONE
        return pl.col(name).cast(pl.Int64, strict=False)

    def _amount(self) -> tuple[pl.Expr, pl.Expr]:
        """What lines are worth, and where a product of value and quantity passes 64 bits."""
        if AMOUNT in self.schema:
            return self._centavos(AMOUNT).alias("amount"), pl.lit(value=False).alias("big")
        value, qty = (self._centavos(name) for name in PRODUCT)
        good = (value >= 0) & (qty >= 1)
        amount = pl.when(good).then(line_amounts(value, qty, self.rules.line_rounding))
        passes = value.cast(pl.Float64) * qty.cast(pl.Float64) > ROOM
        return amount.alias("amount"), passes.fill_null(value=False).alias("big")

    def _differs(self, again: pl.Expr) -> pl.Expr:
        """Whether a line tells another thing of its sale than the line before it."""
        told = [pl.col(name) for name in _OF_A_SALE if name in self.schema]
        return again & pl.any_horizontal(one.ne_missing(one.shift(1)) for one in told)


def amount_of(row: Mapping[str, int | None], rules: SaleRules) -> int | None:
    """What a line is worth, in integers without an end."""
    if AMOUNT in row:
        return row[AMOUNT]
    value, qty = (row[name] for name in PRODUCT)
    if value is None or qty is None or value < 0 or qty < 1:
        return None
    return line_amount(value, qty, rules.line_rounding)
