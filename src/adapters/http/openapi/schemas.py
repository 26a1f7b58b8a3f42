"""The schemas of the OpenAPI document: request bodies by hand, answers from their shapes.

A sale is read by the core, which reports every fault at once; what it takes is described here
with the core's own limits. The rules that a schema cannot hold (check digits, sums, rates) are
told in words and answered with 422.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from adapters.http.administration.stores import LISTINGS, RESOURCES
from adapters.http.finance.figures_query import REPRICE
from adapters.http.finance.figures_shapes import FIGURES_SHAPES
from adapters.http.health import Health, Readiness
from adapters.http.identity.shapes import SHAPES as IDENTITY_SHAPES
from adapters.http.openapi.administration import ADMINISTRATION_BODIES, ADMINISTRATION_SHAPES
from adapters.http.openapi.catalogue import CATALOGUE_BODIES, CATALOGUE_SHAPES
from adapters.http.openapi.references import described_in, extending, reference
from adapters.http.openapi.resources import bodies_of, page_of
from adapters.http.problems.codes import PROBLEMS
from adapters.http.problems.shapes import Problem
from adapters.http.sales.actions import ACTIONS
from adapters.http.sales.batch_body import KEY, MAX_BATCH_BYTES
from adapters.http.sales.shapes import SHAPES as SALES_SHAPES
from adapters.http.wire import fresh
from adapters.http.wire.fields import CPF_OR_CNPJ, FOREIGN, PersonName, Reason
from adapters.http.wire.filters import DAY, TIME
from adapters.http.wire.shapes import Document, Instant, Money
from cashback_core.intake.batch import MAX_SALES
from cashback_core.sales.payments import MAX_PAYMENTS
from cashback_core.sales.place import MAX_PLACE_CHARS
from cashback_core.sales.sale import (
    MAX_CASHIER_CHARS,
    MAX_LINES,
    MAX_METADATA,
    MAX_METADATA_CHARS,
    MAX_SKU_CHARS,
)
from cashback_core.values.money import MAX_CENTAVOS, MAX_QUANTITY_E4, QUANTITY_SCALE
from cashback_core.values.names import MAX_NAME_CHARS
from cashback_core.words.locales import ENGLISH, phrase, phrases

if TYPE_CHECKING:
    from adapters.http.wire.fields import Schema

_LISTINGS: Final = (*(resource.listing for resource in RESOURCES), *LISTINGS)

SHAPES: Final = (
    *(listing.answer.shape for listing in _LISTINGS),
    *ADMINISTRATION_SHAPES,
    *CATALOGUE_SHAPES,
    *SALES_SHAPES,
    *FIGURES_SHAPES,
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


def _optional_amount(description: str) -> Schema:
    """Null is as good as left out."""
    return {
        "description": description,
        "anyOf": [reference("schemas", "AmountInput"), {"type": "null"}],
    }


def _place(description: str) -> Schema:
    return {
        "type": ["string", "null"],
        "pattern": f"^[!-~]{{1,{MAX_PLACE_CHARS}}}$",
        "description": description,
    }


_AMOUNT: Final[Schema] = {
    "description": "Reais, exact to the centavo, as a text or a number.",
    "anyOf": [
        {"type": "string", "pattern": r"^(0|[1-9][0-9]{0,7})(\.[0-9]{1,2}0{0,38})?$"},
        {"type": "number", "minimum": 0, "maximum": MAX_CENTAVOS / 100},
    ],
    "examples": ["10.00"],
}
_UNIT_VALUE: Final[Schema] = {
    "description": "Reais for one unit, exact to ten decimals, as a text or a number; 0 for a"
    " gift.",
    "anyOf": [
        {
            "type": "string",
            "pattern": r"^(?!9{8}\.990*[1-9])(0|[1-9][0-9]{0,7})(\.[0-9]{1,10}0{0,30})?$",
        },
        {"type": "number", "minimum": 0, "maximum": MAX_CENTAVOS / 100},
    ],
    "examples": ["9.99", "0.4723"],
}
_QUANTITY: Final[Schema] = {
    "description": "Positive, exact to four decimals (food is sold by the kilo).",
    "anyOf": [
        {
            "type": "string",
            "pattern": r"^(?!0(\.0+)?$|9{5}\.0*[1-9])"
            r"(0|[1-9][0-9]{0,4})(\.[0-9]{1,4}0{0,36})?$",
        },
        {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_QUANTITY_E4 / QUANTITY_SCALE},
    ],
    "examples": [1, "0.357"],
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
        "value": reference("schemas", "UnitValueInput"),
        "qty": reference("schemas", "QuantityInput"),
        "amount": _optional_amount(
            "What the line came to, as printed: then it counts. Either centavo beside value × qty,"
            " and within the merchant's `line_tolerance_centavos`."
        ),
        "discount": _optional_amount("Taken off this line, all of it; at most its amount."),
        "surcharge": _optional_amount("On top of this line."),
    },
    optional=("type", "sku", "amount", "discount", "surcharge"),
    description=(
        "One product line, by exactly one of type and sku; without an amount of its own it comes"
        " to value × qty, rounded to the centavo by the merchant's `line_rounding`."
    ),
)
_CUSTOMER: Final = _object(
    {
        "document": {
            "type": "string",
            "description": "Right check digits, or a foreign one.",
            "pattern": f"^(?=.*[0-9A-Za-z]){FOREIGN}$",
            "examples": ["52998224725", "11222333000181"],
        },
        "document_type": {
            "anyOf": [reference("schemas", "DocumentKind"), {"type": "null"}],
            "description": "Without it a text of 14 characters is a CNPJ, any other a CPF; what is"
            " foreign says so.",
        },
        "name": {
            "type": "string",
            "description": PersonName().schema()["description"],
            "minLength": 1,
            "maxLength": 4 * MAX_NAME_CHARS,
        },
    },
    optional=("document_type",),
    description="Who bought; of the name, see CustomerInput.",
) | {
    "if": {
        "properties": {"document_type": {"const": "foreign"}},
        "required": ["document_type"],
    },
    "else": {"properties": {"document": {"pattern": f"^({CPF_OR_CNPJ})$"}}},
}
_PAYMENT: Final = _object(
    {
        "kind": reference("schemas", "PaymentKind"),
        "value": _amount("So much of the total."),
    },
    description="A part of the total. What was paid by `cashback` or `gift_card` earns nothing.",
)
_SOLD_AT: Final[Schema] = {
    "type": "string",
    "description": f"{phrase(ENGLISH, 'instant')}. Without an offset, the merchant's own time.",
    "pattern": rf"^{DAY}[Tt ]{TIME}([Zz]|[+-][0-9]{{2}}(:?[0-9]{{2}})?)?$",
    "examples": ["2026-01-02 00:00:00", "2026-01-02T00:00:00.000-0300"],
}
_OPTIONAL: Final = (
    "discount", "surcharge", "payments", "store", "till", "series", "cashier", "metadata",
    "sale_id", "confirm",
)  # fmt: skip
_SALE: Final = _object(
    {
        "sold_at": _SOLD_AT,
        "customer": {
            "description": "Null: nobody told who bought, which is recorded where the merchant's"
            " `nobody_buyers` says so.",
            "anyOf": [reference("schemas", "BuyerInput"), {"type": "null"}],
        },
        "total": _amount(
            "Sum of the lines, with their discounts and surcharges, less the sale's discount, and"
            " its surcharge; within the merchant's `sale_tolerance_centavos`."
        ),
        "products": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_LINES,
            "items": {"$ref": "#/components/schemas/LineInput"},
        },
        "discount": _optional_amount("Taken off the whole sale; at most the sum of its lines."),
        "surcharge": _optional_amount(
            "On top of the whole sale: freight, service. It earns where the merchant's"
            " `surcharge_earns` says so."
        ),
        "payments": {
            "type": ["array", "null"],
            "maxItems": MAX_PAYMENTS,
            "description": "What it was paid with: all of the total, or left out.",
            "items": reference("schemas", "PaymentInput"),
        },
        "store": _place(
            "Where it was sold. Store, till and series are content when told: a repeat may leave"
            " them out."
        ),
        "till": _place("At which till."),
        "series": _place("Of the numbers there."),
        "cashier": {
            "type": ["string", "null"],
            "pattern": "\\S",
            "maxLength": MAX_CASHIER_CHARS,
            "description": f"A note of yours, no content: 1 to {MAX_CASHIER_CHARS} printable"
            " characters, no CPF and no buyer's document.",
        },
        "metadata": {
            "type": ["object", "null"],
            "maxProperties": MAX_METADATA,
            "propertyNames": {"pattern": "^[A-Za-z0-9_.-]{1,40}$"},
            "additionalProperties": {"type": ["string", "null"], "maxLength": MAX_METADATA_CHARS},
            "description": "Notes of yours, no content; no CPF and no buyer's document in them."
            " They go when the customer is erased.",
            "examples": [{"order": "8812"}],
        },
        "sale_id": {
            "type": ["string", "null"],
            "pattern": "^[!-~]{1,64}$",
            "description": "The ERP's own number of the sale: it names the sale for ever. The"
            " access key of a fiscal document (44 characters) can be asked for by what it says.",
        },
        "confirm": {
            "type": ["string", "null"],
            "enum": ["now", "later", None],
            "description": "`later`: recorded, and sent to the provider when `POST"
            " /api/cashbacks/{id}/confirm` comes; void if it does not come in the merchant's time."
            " No content of the sale: a repeat neither changes it nor confirms.",
        },
    },
    optional=_OPTIONAL,
    description="A sale as the ERP tells it.",
)
_BATCH: Final = _object(
    {
        "sales": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_SALES,
            "items": reference("schemas", "BatchSaleInput"),
        },
    },
    description=f"Sales, together at most {MAX_BATCH_BYTES} bytes.",
)
_BATCH_SALE: Final[Schema] = {
    **_SALE,
    "properties": {
        **_SALE["properties"],
        KEY: {
            "type": ["string", "null"],
            "pattern": r"^[!-+\--~]{1,255}$",
            "description": "What the header `Idempotency-Key` is for a sale by itself.",
        },
    },
    "description": "A sale as the ERP tells it, and its key.",
}
_TEXT: Final[Schema] = {"type": "string"}
_PASSWORD: Final[Schema] = {"type": "string", "format": "password"}

REQUESTS: Final[dict[str, Schema]] = {
    "SaleInput": _SALE,
    "BatchInput": _BATCH,
    "BatchSaleInput": _BATCH_SALE,
    "LineInput": _LINE,
    "BuyerInput": _CUSTOMER,
    "PaymentInput": _PAYMENT,
    "AmountInput": _AMOUNT,
    "UnitValueInput": _UNIT_VALUE,
    "QuantityInput": _QUANTITY,
    **{one.body_name: one.body.schema() for one in (*ACTIONS, REPRICE)},
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


_STEP: Final = "step."
_STEP_CODES: Final[Schema] = {
    "type": "string",
    "enum": sorted(name.removeprefix(_STEP) for name in phrases(ENGLISH) if name.startswith(_STEP)),
    "description": "What a step does. There may be new ones.",
}

_TEXT_OR_NULL: Final = [{"type": "string"}, {"type": "null"}]
_NAMED: Final = {"Money": Money, "Instant": Instant, "BuyerDocument": Document}
_SENT: Final = {"Reason": Reason().schema()}
"""Texts that many fields have, in answers and in requests: their form is told once."""


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
    shapes["ExplanationStep"]["properties"]["code"] = reference("schemas", "ExplanationCode")
    codes = {
        "ProblemCode": _PROBLEM_CODES,
        "ProblemErrorCode": _FAULT_CODES,
        "ExplanationCode": _STEP_CODES,
    }
    answers: dict[str, Schema] = _by_name({**shapes, **pages}, named)
    record = answers["RecordedSale"]
    answers["Quote"] = described_in("RecordedSale", record, answers["Quote"])
    answers["SaleHistory"] = extending("RecordedSale", record, answers["SaleHistory"])
    return {**_by_name(REQUESTS, _SENT), **_SENT, **answers, **named, **codes}


def _by_name(value: Any, named: dict[str, Schema]) -> Any:
    """The same with references to these schemas; what may be a text or null is told shortly."""
    for name, schema in named.items():
        if value == schema:
            return reference("schemas", name)
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        if found.get("anyOf") == _TEXT_OR_NULL:
            return {"type": ["string", "null"], **{k: v for k, v in found.items() if k != "anyOf"}}
        return {key: _by_name(inner, named) for key, inner in found.items()}
    if isinstance(value, list):
        return [_by_name(inner, named) for inner in cast("list[Any]", value)]
    return value
