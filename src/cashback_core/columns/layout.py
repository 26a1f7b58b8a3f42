"""The columns of a frame of sales: one row a line, what its sale tells beside it.

Centavos are whole numbers; an instant has a time zone, or is of the merchant's wall clock. A
column that a merchant never tells may be missing. The lines of a sale stand together, in its order.
"""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

NEEDED: Final = ("sale", "sold_at", "type", "total_centavos")
"""`sale` tells sales apart and may be of any type; `sold_at` and the total are the sale's."""

AMOUNT: Final = "amount_centavos"
PRODUCT: Final = ("value_e10", "qty_e4")
"""What a line's amount is made of, by the merchant's rounding, where it is not told."""

OF_A_LINE: Final = ("discount_centavos", "surcharge_centavos")
OF_A_SALE: Final = (
    "total_centavos",
    "sale_discount_centavos",
    "sale_surcharge_centavos",
    "sale_difference_centavos",
    "unearning_centavos",
)
"""Zero where the column is missing or null, but for the total. `unearning_centavos` is what was
paid by cashback and gift card; the difference alone may be below zero."""

BUYER: Final = "buyer"
"""cpf, cnpj or foreign; null is nobody. Where the column is missing every buyer has a CPF."""

ACCEPTED: Final = "accepted_at"
"""When a sale was taken in: a till's clock that is ahead of it does not count."""

MAX_COLUMN_CENTAVOS: Final = 10**15
"""More than this, ten trillion reais, is in no column: what a sale's lines add up to fits then."""

NO_NUMBER: Final = MAX_COLUMN_CENTAVOS + 1
"""Stands for what was told and is no number of 64 bits: null would be as good as not told."""

LINE_COLUMNS: Final[Mapping[str, pl.DataType]] = {
    "net_centavos": pl.Int64(),
    "rate_bp": pl.Int64(),
    "rate_version": pl.Int64(),
    "excluded": pl.Boolean(),
    "cashback_centavos": pl.Int64(),
    "sale_cashback_centavos": pl.Int64(),
    "nothing_due": pl.String(),
    "fault": pl.String(),
    "by_calculate": pl.Boolean(),
}
"""What is told of each line, behind what came in."""

SALE_COLUMNS: Final[Mapping[str, pl.DataType]] = {
    "lines": pl.Int64(),
    "total_centavos": pl.Int64(),
    "cashback_centavos": pl.Int64(),
    "nothing_due": pl.String(),
    "fault": pl.String(),
    "by_calculate": pl.Boolean(),
}
"""What is told of each sale, behind `sale`."""


class Each(StrEnum):
    """What a row of the answer is of."""

    LINE = "line"
    SALE = "sale"


class SaleFault(StrEnum):
    """Why a sale is not computed; what is told of it is null then."""

    LINES_COUNT = "lines_count"
    """More lines than a sale may have."""
    LINE_INVALID = "line_invalid"
    """A number is missing or below zero, or a discount above its amount."""
    SALE_DIFFERS = "sale_differs"
    """Its lines do not agree on what the sale tells."""
    SALE_INVALID = "sale_invalid"
    """No instant, no such buyer, or a sum of the sale's own that none may be."""
    TOTAL_MISMATCH = "total_mismatch"
    """Lines, discount, surcharge and difference do not make the total; or lines stand apart."""
    TYPE_UNKNOWN = "product_type_unknown"
    """A line's type has no rate at the instant that counts."""


class ColumnsRefused(ValueError):  # noqa: N818 (named by what is wrong)
    """A frame that holds no sales; the message says which column, and what it should be."""


def refuse_layout(schema: Mapping[str, pl.DataType], each: Each) -> None:
    """Raise ColumnsRefused for a column that is missing, of another type, or in the way."""
    missing = [name for name in NEEDED if name not in schema]
    if AMOUNT not in schema:
        missing += [name for name in PRODUCT if name not in schema]
    if missing:
        raise ColumnsRefused(f"columns are missing: {', '.join(missing)}")
    for name in (AMOUNT, *PRODUCT, *OF_A_LINE, *OF_A_SALE):
        if name in schema and not (schema[name].is_integer() or isinstance(schema[name], pl.Null)):
            raise ColumnsRefused(f"{name} is {schema[name]}, and should be of whole numbers")
    for name in ("sold_at", ACCEPTED):
        if name in schema and not isinstance(schema[name], (pl.Datetime, pl.Null)):
            raise ColumnsRefused(f"{name} is {schema[name]}, and should be of instants")
    taken = [name for name in LINE_COLUMNS if name in schema] if each is Each.LINE else []
    if taken:
        raise ColumnsRefused(f"columns are in the way of the answer: {', '.join(taken)}")


def answer_schema(schema: Mapping[str, pl.DataType], each: Each) -> pl.Schema:
    """The columns of the answer."""
    if each is Each.LINE:
        return pl.Schema({**schema, **LINE_COLUMNS})
    return pl.Schema({"sale": schema["sale"], **SALE_COLUMNS})


def instant_us(name: str, dtype: pl.DataType, zone: ZoneInfo) -> pl.Expr:
    """An instant as microseconds since 1970 UTC; null where a wall clock never showed it.

    Of a time that a wall clock showed twice it is the first, as sales are read.
    """
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is None:
        column = column.dt.replace_time_zone(zone.key, ambiguous="earliest", non_existent="null")
    return column.cast(pl.Datetime("us", "UTC"), strict=False).dt.epoch("us")
