"""Largest remainder for many sales at once: floors first, then a centavo to the largest rests."""

from __future__ import annotations

import polars as pl

from cashback_core.columns.sales import grown


def allotted(lines: pl.DataFrame, sales: pl.DataFrame) -> pl.Series:
    """What each line is allotted of its sale's cashback; of a sale without one, anything."""
    run = pl.col("run")
    shares = (
        lines.lazy()
        .select(
            *("run", "last", "type_number", "amount", "net"),
            numerator=pl.col("weight").fill_null(0) * pl.lit(sales["factor"]).gather(run),
            denominator=pl.lit(sales["denominator"]).gather(run),
        )
        .with_columns(floor=pl.col("numerator") // pl.col("denominator"))
        .with_columns(
            rest=pl.col("numerator") - pl.col("floor") * pl.col("denominator"),
            floors=pl.col("floor").cum_sum(),
        )
        .collect(engine="in-memory")
    )
    floors = shares.filter("last").select(grown(pl.col("floors"))).to_series()
    missing = pl.lit(sales["cashback"].fill_null(0) - floors)
    left = (
        shares.lazy()
        .select(
            "run", "rest", "type_number", "amount", "net",
            row=pl.int_range(pl.len(), dtype=pl.UInt32),
            missing=missing.gather(run),
        )
        .filter(pl.col("missing") > 0)
        .collect(engine="in-memory")
    )  # fmt: skip
    rows = _lifted(left)
    floor = shares["floor"]
    return floor.scatter(rows, floor.gather(rows) + 1)


def _lifted(lines: pl.DataFrame) -> pl.Series:
    """The rows of lines that get a centavo more than their floor, as `calculate` orders them.

    Equal rests are told apart by type, amount and net, and then by position, for sorting is stable.
    """
    ordered = lines.sort(
        "run", "rest", "type_number", "amount", "net",
        descending=[False, True, False, False, False],
        maintain_order=True,
    )  # fmt: skip
    place = pl.int_range(pl.len())
    begins = pl.when(pl.col("run").ne_missing(pl.col("run").shift(1))).then(place).forward_fill()
    return ordered.filter(place - begins < pl.col("missing"))["row"]
