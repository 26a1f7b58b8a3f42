"""The lines of a batch as they are computed with: every column there, what is wrong flagged.

`run` numbers the sales of a batch from 0, `last` is where one ends: the sum of a sale is what a
running sum grew by since the sale before, which takes one pass and no table of sales. (It may wrap
around in 64 bits; what lies between two of its values does not.)
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
    MAX_COLUMN_CENTAVOS,
    NO_NUMBER,
    OF_A_LINE,
    OF_A_SALE,
    PRODUCT,
    instant_us,
)
from cashback_core.columns.rounding import line_amounts
from cashback_core.sales.sale import line_amount
from cashback_core.values.documents import DocumentKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_core.columns.rate_table import RateTable
    from cashback_core.sales.rules import SaleRules

CPF: Final = DocumentKind.CPF.value
FLAGS: Final = ("bad", "differs", "unknown", "big")
"""Of a line: it is none; it tells another thing of its sale than the line before; its type has no
rate; its value × quantity passes 64 bits, and was computed one by one."""

FLAG_BITS: Final = 16
"""Flags are counted in one number, each in so many bits: a sale has fewer lines."""

_NEEDED: Final = frozenset({AMOUNT, *PRODUCT, OF_A_SALE[0]})
_TOLD_OF_A_SALE: Final = (*OF_A_SALE, BUYER, "sold_at", ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnReader:
    """Reads batches of one schema by a merchant's terms."""

    schema: Mapping[str, pl.DataType]
    rates: RateTable
    rules: SaleRules

    def lines(self, batch: pl.DataFrame) -> pl.DataFrame:
        """One row a line: `amount`, `net`, `goods`, `weight` (goods × rate), its rate, flags."""
        run = pl.col("sale").rle_id()
        amount, discount, surcharge = pl.col("amount"), pl.col("discount"), pl.col("surcharge")
        goods = amount - discount
        return (
            self._with_amounts(batch)
            .select(
                "amount",
                "big_product",
                run=run,
                last=(run != run.shift(-1)).fill_null(value=True),
                type_number=self.rates.type_number(pl.col("type")),
                at_us=pl.min_horizontal(self.sold_us(), self.accepted_us()),
                discount=self._centavos(OF_A_LINE[0]),
                surcharge=self._centavos(OF_A_LINE[1]),
                differs=self._differs(run == run.shift(1)),
            )
            .with_columns(
                net=goods + surcharge,
                goods=goods + surcharge if self.rules.surcharge_earns else goods,
                rate_row=self.rates.row(pl.col("type_number"), pl.col("at_us")),
            )
            .select(
                *("run", "last", "type_number", "amount", "surcharge", "net", "goods", "rate_row"),
                weight=pl.col("goods")
                * self.rates.column("rate_bp", pl.col("rate_row"), pl.Int64()),
                flags=_packed(
                    bad=~_all_within(amount, surcharge, discount, goods),
                    differs=pl.col("differs"),
                    unknown=pl.col("rate_row").is_null(),
                    big=pl.col("big_product"),
                ),
            )
            .collect(engine="in-memory")  # of one batch: the streaming one takes longer to begin
        )

    def sales(self, batch: pl.DataFrame, last: pl.Series) -> pl.DataFrame:
        """One row a sale: what it tells of itself, as its last line has it."""
        return (
            batch.lazy()
            .filter(last)
            .select(
                "sale",
                run=pl.int_range(pl.len(), dtype=pl.UInt32),
                sold_us=self.sold_us(),
                accepted_us=self.accepted_us(),
                buyer=pl.col(BUYER).cast(pl.String) if BUYER in self.schema else pl.lit(CPF),
                **{name: self._centavos(name) for name in OF_A_SALE},
            )
            .collect(engine="in-memory")
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
            return pl.lit(0, pl.Int64)
        told = pl.col(name)
        number = told.cast(pl.Int64, strict=False)
        if name in _NEEDED:
            return number
        return pl.when(told.is_null()).then(0).otherwise(number.fill_null(NO_NUMBER))

    def _with_amounts(self, batch: pl.DataFrame) -> pl.LazyFrame:
        """With `amount`, and whether it is of a product that passes 64 bits (`big_product`)."""
        if AMOUNT in self.schema:
            told = self._centavos(AMOUNT)
            return batch.lazy().with_columns(amount=told, big_product=pl.lit(value=False))
        value, qty = (self._centavos(name) for name in PRODUCT)
        sound = ((value >= 0) & (qty >= 1)).fill_null(value=False)
        passes = sound & (value.cast(pl.Float64) * qty.cast(pl.Float64) > ROOM)
        rounding = self.rules.line_rounding
        amounts = batch.select(
            value=value,
            qty=qty,
            amount=pl.when(sound).then(line_amounts(value, qty, rounding)),
            big_product=passes,
        )
        rows = amounts["big_product"].arg_true()
        big = [
            min(line_amount(value, qty, rounding), MAX_COLUMN_CENTAVOS + 1)
            for value, qty in amounts[rows].select("value", "qty").iter_rows()
        ]
        amount = amounts["amount"].scatter(rows, pl.Series(big, dtype=pl.Int64))
        return batch.lazy().with_columns(amount=amount, big_product=amounts["big_product"])

    def _differs(self, again: pl.Expr) -> pl.Expr:
        """Whether a line tells another thing of its sale than the line before it."""
        told = [pl.col(name) for name in _TOLD_OF_A_SALE if name in self.schema]
        return again & pl.any_horizontal(one.ne_missing(one.shift(1)) for one in told)


def _all_within(*numbers: pl.Expr) -> pl.Expr:
    """Whether each is there, not below zero, and no more than columns hold."""
    within = (number.is_between(0, MAX_COLUMN_CENTAVOS) for number in numbers)
    return pl.all_horizontal(within).fill_null(value=False)


def _packed(**flags: pl.Expr) -> pl.Expr:
    """Every flag in one number, each in bits of its own."""
    assert tuple(flags) == FLAGS
    shifted = (
        flag.fill_null(value=False).cast(pl.Int64) * 2 ** (FLAG_BITS * place)
        for place, flag in enumerate(flags.values())
    )
    return pl.sum_horizontal(shifted)
