"""Whole sales by column: a batch at once, or a stream of them."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple

import polars as pl
from polars.io.plugins import register_io_source

from cashback_core.columns.allotment import allotted
from cashback_core.columns.batches import BATCH_LINES, in_order, whole_sales
from cashback_core.columns.layout import LINE_COLUMNS, Each, answer_schema, refuse_layout
from cashback_core.columns.lines import ColumnReader
from cashback_core.columns.past_64_bits import ByCalculate
from cashback_core.columns.rate_table import RateTable
from cashback_core.columns.sales import judged, sums
from cashback_core.sales.programme import Programme
from cashback_core.sales.rules import SaleRules

_OF_A_SALE: Final = ("cashback", "nothing_due", "fault", "big")
_OF_A_RATE: Final = {"rate_bp": "rate_bp", "rate_version": "version", "excluded": "excluded"}
"""By the name of its column, the field of a rate."""


class Calculated(NamedTuple):
    """Rows of the answer, and how many sales they are of.

    `faulty` sales have a fault and nothing else, `by_calculate` passed 64 bits.
    """

    rows: pl.DataFrame
    lines: int
    sales: int
    faulty: int
    by_calculate: int


@dataclass(frozen=True, slots=True)
class SaleColumns:
    """Computes what sales earn under a programme and a merchant's rules, as `calculate` does.

    To the centavo: of the sale, and of each line by largest remainder. A sale that is none, or
    whose type has no rate, has a `fault` (`SaleFault`) in place of it.
    """

    programme: Programme
    rules: SaleRules = field(default_factory=SaleRules)
    _rates: RateTable = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rates", RateTable.of(self.programme))

    def __call__(self, sales: pl.DataFrame, *, each: Each = Each.LINE) -> Calculated:
        """Whole sales in memory: a row of the answer for each line, in order, or for each sale.

        Raises ColumnsRefused for columns that are not those of `layout`.
        """
        refuse_layout(sales.schema, each)
        reader = ColumnReader(schema=sales.schema, rates=self._rates, rules=self.rules)
        lines = reader.lines(sales)
        own = reader.sales(sales, lines["last"]).hstack(sums(lines))
        told = judged(own, self.rules, self.programme.rounding)
        parts = allotted(lines, told) if each is Each.LINE else None
        if told["big"].any():
            told, parts = self._past_64_bits(sales, lines, told, parts)
        return Calculated(
            rows=_of_sales(told) if parts is None else self._of_lines(sales, lines, told, parts),
            lines=lines.height,
            sales=told.height,
            faulty=told.height - told["fault"].null_count(),
            by_calculate=int(told["big"].sum()),
        )

    def lazily(
        self,
        lines: pl.LazyFrame | pl.DataFrame,
        *,
        each: Each = Each.LINE,
        batch_lines: int = BATCH_LINES,
        on_batch: Callable[[Calculated], object] | None = None,
    ) -> pl.LazyFrame:
        """The same of a frame of any length: a source that is read when it is collected or sunk.

        Some batches are in memory at a time, as many as polars has threads and two more, however
        long the frame is. `on_batch` is told of each in turn. Raises ColumnsRefused.
        """
        frame = lines.lazy()
        schema = frame.collect_schema()
        refuse_layout(schema, each)

        def source(
            with_columns: list[str] | None,
            predicate: pl.Expr | None,
            n_rows: int | None,
            _batch_size: int | None,
        ) -> Iterator[pl.DataFrame]:
            chunks = frame.collect_batches(chunk_size=batch_lines, maintain_order=True)
            compute = partial(self, each=each)
            left = n_rows
            for batch in in_order(compute, whole_sales(chunks), pl.thread_pool_size()):
                if on_batch is not None:
                    on_batch(batch)
                rows = batch.rows if left is None else batch.rows.head(left)
                left = None if left is None else left - rows.height
                rows = rows if with_columns is None else rows.select(with_columns)
                yield rows if predicate is None else rows.filter(predicate)
                if left == 0:
                    return

        return register_io_source(source, schema=answer_schema(schema, each))

    def _past_64_bits(
        self, batch: pl.DataFrame, lines: pl.DataFrame, sales: pl.DataFrame, parts: pl.Series | None
    ) -> tuple[pl.DataFrame, pl.Series | None]:
        """With what `calculate` says of big sales."""
        compute = ByCalculate(programme=self.programme, rules=self.rules)
        big = sales.filter("big")
        told = batch.with_columns(lines["run"], lines["amount"]).with_row_index("row")
        told = told.filter(pl.col("run").is_in(big["run"].implode()))
        by_run = told.partition_by("run", as_dict=True)
        found: list[dict[str, Any]] = []
        for sale in big.iter_rows(named=True):
            rows = by_run[sale["run"],]
            cashback = compute(sale, rows.to_dicts())
            due = cashback.nothing_due
            found.append(
                {
                    "run": sale["run"],
                    "cashback": cashback.cashback_centavos,
                    "nothing_due": None if due is None else due.value,
                }
            )
            if parts is not None:
                allotted_parts = [line.cashback_centavos for line in cashback.lines]
                parts = parts.scatter(rows["row"], pl.Series(allotted_parts, dtype=pl.Int64))
        schema = {name: sales.schema[name] for name in ("run", "cashback", "nothing_due")}
        return sales.update(pl.DataFrame(found, schema=schema), on="run"), parts

    def _of_lines(
        self, batch: pl.DataFrame, lines: pl.DataFrame, sales: pl.DataFrame, parts: pl.Series
    ) -> pl.DataFrame:
        run = lines["run"]
        of_sale = {name: pl.lit(sales[name].gather(run)) for name in _OF_A_SALE}
        rate_row = pl.col("rate_row")
        rate = {
            name: self._rates.column(told, rate_row, LINE_COLUMNS[name])
            for name, told in _OF_A_RATE.items()
        }
        computed = of_sale["fault"].is_null()
        answer = lines.lazy().select(
            net_centavos=pl.when(computed).then("net"),
            **{name: pl.when(computed).then(column) for name, column in rate.items()},
            cashback_centavos=pl.when(computed).then(pl.lit(parts)),
            sale_cashback_centavos=of_sale["cashback"],
            nothing_due=of_sale["nothing_due"],
            fault=of_sale["fault"],
            by_calculate=of_sale["big"],
        )
        return batch.hstack(answer.collect(engine="in-memory"))


def _of_sales(sales: pl.DataFrame) -> pl.DataFrame:
    return sales.select(
        "sale",
        "lines",
        "total_centavos",
        cashback_centavos="cashback",
        nothing_due="nothing_due",
        fault="fault",
        by_calculate="big",
    )
