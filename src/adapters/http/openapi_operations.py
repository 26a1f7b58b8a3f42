"""Every operation of the API: what it takes, what it answers, how it may fail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from adapters.http.fields import MAX_WAIT_S
from adapters.http.listing import DEFAULT_LIMIT, MAX_LIMIT
from adapters.http.openapi_schemas import SALE_EXAMPLE, Schema
from cashback_core.delivery import Status

_ANY: Final = (
    "bad_request",
    "request_timeout",
    "uri_too_long",
    "head_too_large",
    "internal_error",
    "overloaded",
)
_BODY: Final = ("body_incomplete", "not_json", "body_too_large", "unsupported_media_type")
_TOKEN: Final = ("unauthenticated", "invalid_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """A successful answer: its schema's name, and the headers that it may carry."""

    schema: str
    description: str
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path; `problems` are codes out of `problem_texts.KINDS`."""

    id: str
    tag: str
    summary: str
    description: str = ""
    secured: bool = True
    parameters: tuple[Schema, ...] = ()
    body: str | None = None
    example: Any = None
    successes: dict[int, Success] = field(default_factory=dict[int, Success])
    problems: tuple[str, ...] = ()


def _parameter(name: str, place: str, description: str, schema: Schema) -> Schema:
    return {
        "name": name,
        "in": place,
        "description": description,
        "required": place == "path",
        "schema": schema,
    }


ACCEPT_LANGUAGE: Final = _parameter(
    "Accept-Language", "header", "Language of problems: en (default) or pt.", {"type": "string"}
)
_KEY: Final = _parameter(
    "Idempotency-Key",
    "header",
    "Names the sale for ever: the same key and content is answered again, never recorded again.",
    {"type": "string", "pattern": "^[!-+\\--~]{1,255}$"},
)
_PREFER: Final = _parameter(
    "Prefer",
    "header",
    "`respond-async`: record now, deliver later, answer 202 at once. `wait=N`: wait at most N"
    f" seconds for the provider (up to {MAX_WAIT_S:g}). Neither ever cancels a delivery.",
    {"type": "string"},
)
_INSTANT: Final[Schema] = {"type": "string"}
_FILTERS: Final = (
    _parameter("status", "query", "Only this status.", {"enum": sorted(Status)}),
    _parameter("document", "query", "Only this customer's CPF.", {"type": "string"}),
    _parameter("sold_from", "query", "Sold at this instant or later.", _INSTANT),
    _parameter("sold_to", "query", "Sold before this instant.", _INSTANT),
    _parameter(
        "limit",
        "query",
        "Most records on a page.",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    ),
    _parameter("cursor", "query", "`next_cursor` of the page before.", {"type": "string"}),
)
_ID: Final = _parameter("id", "path", "The record's id.", {"type": "string", "format": "uuid"})
_SUBMITTED: Final = ("Location", "Idempotent-Replayed", "Preference-Applied")


def _submit(id_: str, summary: str) -> Operation:
    return Operation(
        id=id_,
        tag="Cashbacks",
        summary=summary,
        description="Validates the sale, computes its cashback, records both, passes the cashback"
        " to the provider, and answers what became of it. Once recorded, it is never lost and"
        " never paid twice unknowingly. Send `Idempotency-Key` or `sale_id`, so that a repeat is"
        " known as one; without either, equal content is refused with 409 and the first's record.",
        parameters=(_KEY, _PREFER),
        body="SaleInput",
        example=SALE_EXAMPLE,
        successes={
            201: Success(
                schema="Record",
                description="Recorded and final: `applied`, or `not_due` when it rounds to zero."
                " Final answers repeat byte for byte.",
                headers=_SUBMITTED,
            ),
            202: Success(
                schema="Record",
                description="Recorded; `status` tells where the payment stands.",
                headers=_SUBMITTED,
            ),
        },
        problems=(
            *_ANY,
            *_BODY,
            *_TOKEN,
            "idempotency_key_format",
            "sale_id_conflict",
            "sale_already_recorded",
            "invalid_sale",
            "customer_name_mismatch",
            "idempotency_key_reused",
            "unavailable",
        ),
    )


OPERATIONS: Final[dict[tuple[str, str], Operation]] = {
    ("post", "/api/cashbacks"): _submit("submit", "Submit a sale"),
    ("post", "/api/cashback"): _submit("submitByFirstAddress", "Submit a sale (first address)"),
    ("post", "/api/cashbacks/quote"): Operation(
        id="quote",
        tag="Cashbacks",
        summary="Compute a cashback",
        description="Checks and computes as submitting does, and stores nothing.",
        body="SaleInput",
        example=SALE_EXAMPLE,
        successes={200: Success(schema="Quote", description="What the sale would earn.")},
        problems=(*_ANY, *_BODY, *_TOKEN, "invalid_sale", "unavailable"),
    ),
    ("get", "/api/cashbacks"): Operation(
        id="list",
        tag="Cashbacks",
        summary="List records, newest first",
        parameters=_FILTERS,
        successes={200: Success(schema="Page", description="A page of records.")},
        problems=(*_ANY, *_TOKEN, "invalid_query", "unavailable"),
    ),
    ("get", "/api/cashbacks/{id}"): Operation(
        id="read",
        tag="Cashbacks",
        summary="Read a record with its attempts and events",
        parameters=(_ID,),
        successes={200: Success(schema="History", description="Everything about it.")},
        problems=(*_ANY, *_TOKEN, "not_found", "unavailable"),
    ),
    ("post", "/api/token"): Operation(
        id="logIn",
        tag="Tokens",
        summary="Log in",
        secured=False,
        body="CredentialsInput",
        example={"username": "demo", "password": "the password that was shown once"},
        successes={200: Success(schema="TokenPair", description="Tokens of this user.")},
        problems=(
            *_ANY,
            *_BODY,
            "bad_credentials",
            "invalid_request",
            "too_many_logins",
            "unavailable",
        ),
    ),
    ("post", "/api/token/refresh"): Operation(
        id="refreshToken",
        tag="Tokens",
        summary="New tokens for a refresh token",
        secured=False,
        body="RefreshInput",
        example={"refresh": "eyJ…"},
        successes={200: Success(schema="TokenPair", description="New tokens of this user.")},
        problems=(*_ANY, *_BODY, "invalid_token", "invalid_request", "unavailable"),
    ),
    ("post", "/api/token/verify"): Operation(
        id="verifyToken",
        tag="Tokens",
        summary="Check a token",
        secured=False,
        body="TokenInput",
        example={"token": "eyJ…"},
        successes={200: Success(schema="Verified", description="It is good now.")},
        problems=(*_ANY, *_BODY, "invalid_token", "invalid_request"),
    ),
    ("get", "/health/live"): Operation(
        id="live",
        tag="Health",
        summary="Whether the process answers",
        secured=False,
        successes={200: Success(schema="Health", description="It does.")},
        problems=_ANY,
    ),
    ("get", "/health/ready"): Operation(
        id="ready",
        tag="Health",
        summary="Whether the database answers too",
        secured=False,
        successes={200: Success(schema="Health", description="It does.")},
        problems=(*_ANY, "unavailable"),
    ),
}
"""By method and path, as the router has them; a test holds the two together."""
