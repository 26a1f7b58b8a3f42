"""What the objects of answers are made of; the OpenAPI document describes them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Money = Annotated[
    str,
    Meta(pattern=r"^(0|[1-9][0-9]{0,12})\.[0-9]{2}$", description="Reais.", examples=["10.00"]),
]
Quantity = Annotated[
    str,
    Meta(pattern=r"^(0|[1-9][0-9]{0,4})(\.[0-9]{1,3})?$", examples=["1", "0.35"]),
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
Document = Annotated[str, Meta(pattern="^[0-9]{11}$", description="CPF, digits only.")]


class Shape(Struct, frozen=True, kw_only=True):
    """An object of an answer: all of these fields, and no client may mind a new one."""
