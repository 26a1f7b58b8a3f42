"""The schemas of the OpenAPI document: request bodies by hand, answers from their shapes.

A sale is read by the core, which reports every fault at once; what it takes is described here
with the core's own limits. The rules that a schema cannot hold (check digits, sums, rates) are
told in words and answered with 422.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from adapters.http.administration.stores import LISTINGS, RESOURCES
from adapters.http.health import Health, Readiness
from adapters.http.identity.shapes import SHAPES as IDENTITY_SHAPES
from adapters.http.openapi.administration import ADMINISTRATION_BODIES, ADMINISTRATION_SHAPES
from adapters.http.openapi.catalogue import CATALOGUE_BODIES, CATALOGUE_SHAPES
from adapters.http.openapi.references import reference
from adapters.http.openapi.resources import bodies_of, page_of
from adapters.http.problems.codes import PROBLEMS
from adapters.http.problems.shapes import Problem
from adapters.http.sales.actions import ACTIONS
from adapters.http.sales.shapes import SHAPES as SALES_SHAPES
from adapters.http.wire import fresh
from adapters.http.wire.filters import DAY, TIME
from adapters.http.wire.shapes import Instant, Money
from cashback_core.sales.sale import MAX_LINES, MAX_SKU_CHARS
from cashback_core.values.money import MAX_CENTAVOS, MAX_QUANTITY_THOUSANDTHS
from cashback_core.words.locales import ENGLISH, phrase

if TYPE_CHECKING:
    from adapters.http.wire.fields import Schema

_LISTINGS: Final = (*(resource.listing for resource in RESOURCES), *LISTINGS)

SHAPES: Final = (
    *(listing.answer.shape for listing in _LISTINGS),
    *ADMINISTRATION_SHAPES,
    *CATALOGUE_SHAPES,
    *SALES_SHAPES,
    *IDENTITY_SHAPES,
    Health,
    Readiness,
    Problem,
)

SALE_EXAMPLE: Final[Schema] = {
    "sale_id": fresh.SALE_ID,
    "sold_at": fresh.SOLD_AT,
    "customer": {"document": "52998224725", "name": "JOSE DA SILVA"},
    "total": "100.00",
    "products": [
        {"type": "A", "value": "10.00", "qty": 1},
        {"type": "B", "value": "10.00", "qty": 9},
    ],
}


def _object(properties: Schema, *, optional: tuple[str, ...] = (), description: str) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _amount(description: str) -> Schema:
    return {**reference("schemas", "AmountInput"), "description": description}


_AMOUNT: Final[Schema] = {
    "description": "Reais, exact to the cent, as a text or a number.",
    "anyOf": [
        {"type": "string", "pattern": r"^(0|[1-9][0-9]{0,7})(\.[0-9]{1,2}0{0,38})?$"},
        {"type": "number", "minimum": 0, "maximum": MAX_CENTAVOS / 100},
    ],
    "examples": ["10.00"],
}
_QUANTITY: Final[Schema] = {
    "description": "Positive, exact to three decimals (food is sold by the kilo).",
    "anyOf": [
        {"type": "string", "pattern": r"^(0|[1-9][0-9]{0,4})(\.[0-9]{1,3}0{0,37})?$"},
        {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_QUANTITY_THOUSANDTHS / 1000},
    ],
    "examples": [1, "0.350"],
}
_LINE: Final = _object(
    {
        "type": {
            "type": ["string", "null"],
            "description": "A product type of the merchant, exactly; or give sku.",
        },
        "sku": {
            "type": ["string", "null"],
            "description": "A product of the merchant's catalogue, whose type at sold_at counts.",
            "minLength": 1,
            "maxLength": MAX_SKU_CHARS,
        },
        "value": _amount("Price of one unit; 0 for a gift."),
        "qty": reference("schemas", "QuantityInput"),
        "discount": _amount("Taken off this line; at most its amount."),
    },
    optional=("type", "sku", "discount"),
    description=(
        "One product line, by exactly one of type and sku; its amount is value × qty, rounded half"
        " up to the cent."
    ),
)
_SOLD_AT: Final[Schema] = {
    "type": "string",
    "description": f"{phrase(ENGLISH, 'instant')}. Without an offset, the merchant's own time.",
    "pattern": rf"^{DAY}[Tt ]{TIME}([Zz]|[+-][0-9]{{2}}(:?[0-9]{{2}})?)?$",
    "examples": ["2026-01-02 00:00:00", "2026-01-02T00:00:00.000-0300"],
}
_SALE: Final = _object(
    {
        "sold_at": _SOLD_AT,
        "customer": {"$ref": "#/components/schemas/CustomerInput"},
        "total": _amount("Sum of the lines less the sale's discount."),
        "products": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_LINES,
            "items": {"$ref": "#/components/schemas/LineInput"},
        },
        "discount": _amount("Taken off the whole sale; at most the sum of its lines."),
        "sale_id": {
            "type": ["string", "null"],
            "pattern": "^[!-~]{1,64}$",
            "description": "The ERP's own number of the sale: it names the sale for ever.",
        },
    },
    optional=("discount", "sale_id"),
    description="A sale as the ERP tells it.",
)
_TEXT: Final[Schema] = {"type": "string"}
_PASSWORD: Final[Schema] = {"type": "string", "format": "password"}

REQUESTS: Final[dict[str, Schema]] = {
    "SaleInput": _SALE,
    "LineInput": _LINE,
    "AmountInput": _AMOUNT,
    "QuantityInput": _QUANTITY,
    **{one.body_name: one.body.schema() for one in ACTIONS},
    **{name: schema for one in RESOURCES for name, schema in bodies_of(one).items()},
    **ADMINISTRATION_BODIES,
    **CATALOGUE_BODIES,
    "CredentialsInput": {
        "description": "Of a person, or of an ERP.",
        "oneOf": [
            reference("schemas", "UserCredentials"),
            reference("schemas", "ClientCredentials"),
        ],
    },
    "UserCredentials": _object(
        {"username": _TEXT, "password": _PASSWORD}, description="A user's name and password."
    ),
    "ClientCredentials": _object(
        {"client_id": _TEXT, "client_secret": _PASSWORD},
        description="An API client's id and one of its live secrets.",
    ),
    "ClientCredentialsForm": {
        "type": "object",
        "description": "The client credentials grant of OAuth 2.0 (RFC 6749, 4.4.2). Without the"
        " last two the client comes by HTTP Basic.",
        "properties": {
            "grant_type": {"type": "string", "const": "client_credentials"},
            "client_id": _TEXT,
            "client_secret": _PASSWORD,
        },
        "required": ["grant_type"],
        "additionalProperties": False,
    },
    "TokenAnswer": {
        "description": "As it was asked for: in JSON, or by a form.",
        "anyOf": [
            {"$ref": "#/components/schemas/TokenPair"},
            {"$ref": "#/components/schemas/OAuthToken"},
        ],
    },
    "RefreshInput": _object({"refresh": _TEXT}, description="A refresh token."),
    "TokenInput": _object({"token": _TEXT}, description="An access or a refresh token."),
}


_PROBLEM_CODES: Final[Schema] = {
    "type": "string",
    "enum": sorted(PROBLEMS),
    "description": "What went wrong. There may be new ones: then the status says what to do.",
}
_FAULT_CODES: Final[Schema] = {
    "type": "string",
    "enum": sorted({fault for problem in PROBLEMS.values() for fault in problem.faults}),
    "description": "What is wrong with a field. There may be new ones.",
}


_NAMED: Final = {"Money": Money, "Instant": Instant}
"""Texts that many fields have: their form is told once."""


def schemas() -> dict[str, Schema]:
    """Every schema of the document by its name."""
    _, shapes = msgspec.json.schema_components(SHAPES, ref_template="#/components/schemas/{name}")
    pages = {name: schema for one in _LISTINGS for name, schema in page_of(one).items()}
    named: dict[str, Schema] = {name: msgspec.json.schema(type_) for name, type_ in _NAMED.items()}
    for shape in shapes.values():
        shape.pop("title")  # it is the name
    # A shape has plain texts there: what is encoded comes out of the very table that they list.
    shapes["Problem"]["properties"]["code"] = reference("schemas", "ProblemCode")
    shapes["ProblemError"]["properties"]["code"] = reference("schemas", "ProblemErrorCode")
    codes = {"ProblemCode": _PROBLEM_CODES, "ProblemErrorCode": _FAULT_CODES}
    return {**REQUESTS, **_by_name({**shapes, **pages}, named), **named, **codes}


def _by_name(value: Any, named: dict[str, Schema]) -> Any:
    """The same with a reference wherever one of these schemas stands."""
    for name, schema in named.items():
        if value == schema:
            return reference("schemas", name)
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        return {key: _by_name(inner, named) for key, inner in found.items()}
    if isinstance(value, list):
        return [_by_name(inner, named) for inner in cast("list[Any]", value)]
    return value
