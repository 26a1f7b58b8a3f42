"""What the objects of answers are made of; the OpenAPI document describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from datetime import datetime

Money = Annotated[
    str,
    Meta(pattern=r"^(0|[1-9][0-9]{0,12})\.[0-9]{2}$", description="Reais.", examples=["10.00"]),
]
SignedMoney = Annotated[
    str,
    Meta(
        pattern=r"^-?(0|[1-9][0-9]{0,12})\.[0-9]{2}$",
        description="Reais, below zero where less was told than reckoned.",
        examples=["-0.01"],
    ),
]
UnitValue = Annotated[
    str,
    Meta(
        pattern=r"^(0|[1-9][0-9]{0,7})\.[0-9]{2,10}$",
        description="Reais for one unit.",
        examples=["9.99", "0.4723"],
    ),
]
Quantity = Annotated[
    str,
    Meta(pattern=r"^(0|[1-9][0-9]{0,4})(\.[0-9]{1,4})?$", examples=["1", "0.357"]),
]
Exact = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]+(\.[0-9]+|/[0-9]+)$",
        description="Reais before rounding: a decimal where one exists, else a fraction.",
        examples=["4.065", "47/30"],
    ),
]
Instant = Annotated[
    str,
    Meta(
        description="RFC 3339, in UTC.",
        examples=["2026-01-02T03:00:00Z"],
        extra_json_schema={"format": "date-time"},
    ),
]
Uuid = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
Version = Annotated[int, Meta(ge=1, description="Also the ETag; raised by every change.")]
Used = Annotated[bool, Meta(description="A sale was recorded with it: it cannot be deleted.")]
Document = Annotated[
    str,
    Meta(
        pattern="^[0-9A-Z./-]{5,20}$",
        description="A CPF (11 digits), a CNPJ (14 characters), or a foreign document as it was"
        " told, in capitals.",
    ),
]


class Shape(Struct, frozen=True, kw_only=True):
    """An object of an answer: all of these fields, and no client may mind a new one."""


def instant_or_none(at: datetime | None) -> str | None:
    """An instant as it goes out, where there is one."""
    return None if at is None else format_instant(at)
