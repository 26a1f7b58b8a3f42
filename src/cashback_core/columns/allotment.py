"""Largest remainder for many sales at once: which lines get a centavo more than their floor."""

from __future__ import annotations

import polars as pl


def lifted_rows(lines: pl.DataFrame) -> pl.Series:
    """The rows of lines that are lifted by a centavo, as `calculate` allots them.

    `lines` are those of sales with centavos left over, in their order, with `row`, `run` (the
    sale's place), `missing` (its centavos left over), `rest`, and `type_number`, `amount`, `net`,
    by which equal rests are told apart. Sorting is stable: then the earlier line is first.
    """
    ordered = lines.sort(
        "run", "rest", "type_number", "amount", "net",
        descending=[False, True, False, False, False],
        maintain_order=True,
    )  # fmt: skip
    place = pl.int_range(pl.len())
    begins = pl.when(pl.col("run").ne_missing(pl.col("run").shift(1))).then(place).forward_fill()
    return ordered.filter(place - begins < pl.col("missing"))["row"]
