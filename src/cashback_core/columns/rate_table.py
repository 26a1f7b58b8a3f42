"""A programme as columns: which rate a type earns at an instant, looked up by place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from cashback_core.sales.programme import Programme, Rate

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RateTable:
    """Every rate of a programme, and by type and period the one in force.

    `types` are in the order that equal rests are told apart by. A period begins wherever any type's
    rate does; `places` has, for each type and each period, the row in `rates`, or null.
    """

    types: tuple[str, ...]
    starts_us: pl.Series
    places: pl.Series
    rates: tuple[Rate, ...]

    @classmethod
    def of(cls, programme: Programme) -> RateTable:
        """That of a programme: `rate_at` is asked once for each type and period."""
        types = tuple(sorted({rate.type for rate in programme.rates}))
        starts = sorted({rate.starts_at for rate in programme.rates})
        rows = {id(rate): row for row, rate in enumerate(programme.rates)}
        places: list[int | None] = []
        for name in types:
            places.append(None)  # before the programme began
            for start in starts:
                rate = programme.rate_at(name, start)
                places.append(None if rate is None else rows[id(rate)])
        return cls(
            types,
            pl.Series([_us(start) for start in starts], dtype=pl.Int64),
            pl.Series(places, dtype=pl.UInt32),
            programme.rates,
        )

    def type_number(self, column: pl.Expr) -> pl.Expr:
        """The place of a type among `types`; null for one that the programme does not have."""
        return column.cast(pl.Enum(self.types), strict=False).to_physical().cast(pl.UInt32)

    def row(self, type_number: pl.Expr, at_us: pl.Expr) -> pl.Expr:
        """The row of the rate in force; null where there is none."""
        period = pl.lit(self.starts_us).search_sorted(at_us, side="right")
        return pl.lit(self.places).gather(type_number * (len(self.starts_us) + 1) + period)

    def column(self, field: str, row: pl.Expr, dtype: pl.DataType) -> pl.Expr:
        """A field of the rate in each row."""
        told = pl.Series([getattr(rate, field) for rate in self.rates], dtype=dtype)
        return pl.lit(told).gather(row)


def _us(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
