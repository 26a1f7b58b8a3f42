"""Lines of sales in files, Parquet or CSV, larger than memory: read and written as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cashback_core.columns.layout import (
    ACCEPTED,
    AMOUNT,
    BUYER,
    NO_NUMBER,
    OF_A_LINE,
    OF_A_SALE,
    PRODUCT,
    ColumnsRefused,
)

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

PARQUET: Final = ".parquet"
CSV: Final = ".csv"
SUFFIXES: Final = (PARQUET, CSV)
"""How the name of a file ends, in capitals or not."""

_WITH_OFFSET: Final = "%Y-%m-%dT%H:%M:%S%.f%#z"
_OF_A_WALL: Final = "%Y-%m-%dT%H:%M:%S%.f"


def scan_lines(path: Path, *, zone: ZoneInfo) -> pl.LazyFrame:
    """The lines in a file, by its suffix; Parquet may be a folder of files, too.

    A CSV has a header and the layout's column names; its instants are 2026-06-03T12:00:00Z, with
    any offset, or without one of the wall clock in `zone`. A sale of which something is not spelled
    as it should be has a fault. Raises ColumnsRefused for another suffix.
    """
    if path.suffix.lower() == CSV:
        return _typed(pl.scan_csv(path, infer_schema=False), zone)
    if path.suffix.lower() == PARQUET or path.is_dir():
        return pl.scan_parquet(path)
    raise ColumnsRefused(f"{path.name} is neither {PARQUET} nor {CSV}")


def count_lines(lines: pl.LazyFrame) -> int:
    """How many there are: Parquet says so, a CSV is read through, a GB or two a second."""
    return int(lines.select(pl.len()).collect().item())


def write(answer: pl.LazyFrame, path: Path, suffix: str) -> None:
    """Compute an answer into a file, a CSV by that suffix, else Parquet: a batch at a time."""
    if suffix.lower() == CSV:
        answer.sink_csv(path)
    else:
        answer.sink_parquet(path)


def _typed(texts: pl.LazyFrame, zone: ZoneInfo) -> pl.LazyFrame:
    """Columns of texts as the layout has them; further ones stay texts."""
    found = texts.collect_schema().names()
    numbers = [name for name in (AMOUNT, *PRODUCT, *OF_A_LINE, *OF_A_SALE) if name in found]
    instants = [name for name in ("sold_at", ACCEPTED) if name in found]
    return texts.with_columns(
        *(_number(name) for name in numbers),
        *(_instant(name, zone) for name in instants),
        *(pl.col(name).replace("", None) for name in (BUYER,) if name in found),
    )


def _number(name: str) -> pl.Expr:
    """A whole number; null where nothing is told, and what no column may hold where it is none."""
    text = pl.col(name)
    number = text.cast(pl.Int64, strict=False).fill_null(NO_NUMBER)
    return pl.when(text.is_not_null() & (text != "")).then(number).alias(name)


def _instant(name: str, zone: ZoneInfo) -> pl.Expr:
    text = pl.col(name).str.replace(" ", "T", literal=True)
    wall = text.str.strptime(pl.Datetime("us"), _OF_A_WALL, strict=False)
    return pl.coalesce(
        text.str.strptime(pl.Datetime("us", "UTC"), _WITH_OFFSET, strict=False),
        wall.dt.replace_time_zone(
            zone.key, ambiguous="earliest", non_existent="null"
        ).dt.convert_time_zone("UTC"),
    ).alias(name)
