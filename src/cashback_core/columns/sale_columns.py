"""Whole sales by column."""

# ruff: noqa: TC001, TC002, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from cashback_core.columns.allotment import lifted_rows
from cashback_core.columns.layout import LINE_COLUMNS, SALE_COLUMNS, SaleFault, refuse_layout
from cashback_core.columns.layout import Each
from cashback_core.columns.lines import LineReader
from cashback_core.columns.past_64_bits import ByCalculate
from cashback_core.columns.rate_table import RateTable
from cashback_core.columns.sales import judged, sums
from cashback_core.sales.programme import Programme
from cashback_core.sales.rules import SaleRules


@dataclass(frozen=True, slots=True)
class Calculated:
    lines: pl.DataFrame
    sales: pl.DataFrame


@dataclass(frozen=True, slots=True)
class SaleColumns:
    programme: Programme
    rules: SaleRules = field(default_factory=SaleRules)
    _rates: RateTable = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rates", RateTable.of(self.programme))

    def __call__(self, batch: pl.DataFrame) -> Calculated:
        reader = LineReader(schema=batch.schema, rates=self._rates, rules=self.rules)
        lines = reader.lines(batch)
        own = reader.sales(batch, lines["last"])
        sales = judged(own.hstack(sums(lines)), self.rules, self.programme.rounding)
        parts = _parts(lines, sales)
        return Calculated(parts, sales)


def _parts(lines: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    """What each line was allotted."""
    run = pl.col("run")
    shared = lines.lazy().with_columns(
        numerator=pl.col("weight") * pl.lit(sales["factor"]).gather(run),
        denominator=pl.lit(sales["denominator"]).gather(run),
    ).with_columns(
        floor=pl.col("numerator") // pl.col("denominator"),
    ).with_columns(
        rest=pl.col("numerator") - pl.col("floor")*pl.col("denominator"),
        floors=pl.col("floor").cum_sum(),
    ).collect()
    floors = shared.filter("last").select(pl.col("floors")-pl.col("floors").shift(1,fill_value=0))["floors"]
    missing = sales["cashback"] - floors
    left = shared.lazy().with_row_index("row").with_columns(missing=pl.lit(missing).gather(run)).filter((pl.col("missing")>0)).select("row","run","missing","rest","type_number","amount","net").collect()
    rows = lifted_rows(left)
    part = shared["floor"].scatter(rows, shared["floor"].gather(rows)+1)
    return shared.with_columns(cashback=part)
