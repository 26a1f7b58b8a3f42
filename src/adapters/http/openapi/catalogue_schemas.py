"""The bodies of product types, products and customers; `CustomerInput` is the sale's own."""

from __future__ import annotations

from typing import Any, Final

from adapters.http.wire.objects import MAX_NAME_CHARS
from cashback_core.sales.catalogue import MAX_SKU_CHARS
from cashback_core.sales.programme import MAX_RATE_BP

Schema = dict[str, Any]

_NAME: Final[Schema] = {
    "type": "string",
    "description": f"1 to {MAX_NAME_CHARS} printable characters.",
    "minLength": 1,
    "maxLength": 4 * MAX_NAME_CHARS,
}
_OPTIONAL_NAME: Final[Schema] = {**_NAME, "type": ["string", "null"]}
_RATE_BP: Final[Schema] = {
    "type": "integer",
    "minimum": 0,
    "maximum": MAX_RATE_BP,
    "description": "In basis points: 500 = 5 %.",
}
_CONFIRM: Final[Schema] = {
    **_RATE_BP,
    "type": ["integer", "null"],
    "description": "The same as rate_bp. Needed for a rate above 20 %, or of ten times the one"
    " before it and more; where it says another rate, none is taken.",
}
_STARTS_AT: Final[Schema] = {
    "type": ["string", "null"],
    "description": "YYYY-MM-DD HH:MM[:SS] or ISO 8601; without an offset, the merchant's own time."
    " Left out: since always, for a first one.",
}
_TYPE: Final[Schema] = {
    "type": "string",
    "description": "A product type of the merchant, exactly.",
    "minLength": 1,
    "maxLength": 32,
}


def _object(description: str, properties: Schema, *required: str) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


CATALOGUE_BODIES: Final[dict[str, Schema]] = {
    "ProductTypeInput": _object(
        "A product type to be added.",
        {
            "type": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$"},
            "name": _OPTIONAL_NAME,
            "rate_bp": {**_RATE_BP, "type": ["integer", "null"]},
            "starts_at": _STARTS_AT,
            "confirm_rate_bp": _CONFIRM,
        },
        "type",
    ),
    "ProductTypeState": _object("What of it can be changed.", {"name": _OPTIONAL_NAME}),
    "ProductTypePatch": _object("What is to be changed.", {"name": _OPTIONAL_NAME}),
    "RateInput": _object(
        "A rate to be announced.",
        {"rate_bp": _RATE_BP, "starts_at": _STARTS_AT, "confirm_rate_bp": _CONFIRM},
        "rate_bp",
    ),
    "ProductInput": _object(
        "A product to be added.",
        {
            "sku": {"type": "string", "minLength": 1, "maxLength": MAX_SKU_CHARS},
            "name": _NAME,
            "type": _TYPE,
            "starts_at": _STARTS_AT,
        },
        "sku",
        "name",
        "type",
    ),
    "TypeInput": _object(
        "A type to be announced.", {"type": _TYPE, "starts_at": _STARTS_AT}, "type"
    ),
    "NameState": _object("What of it can be changed.", {"name": _NAME}, "name"),
    "NamePatch": _object("What is to be changed.", {"name": _NAME}),
}
"""By the name that operations call them."""
