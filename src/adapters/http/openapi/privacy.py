"""The operations of a person's rights: what they take, what they answer, how they may fail."""

from __future__ import annotations

from typing import Final

from adapters.http.openapi.parts import (
    ANY,
    BODY,
    CURSOR,
    ID,
    LIMIT,
    TOKEN,
    Operation,
    Success,
)

_EVERY: Final = (*ANY, *TOKEN, "forbidden", "not_found", "unavailable")

PRIVACY: Final[dict[tuple[str, str], Operation]] = {
    ("get", "/api/customers/{id}/report"): Operation(
        id="report",
        tag="Customers",
        summary="Everything that is held about a customer",
        description="With every sale, newest first. Whoever asks is recorded.",
        parameters=(ID, LIMIT, CURSOR),
        successes={200: Success(schema="SubjectReport", description="A page of the report.")},
        problems=(*_EVERY, "invalid_query"),
    ),
    ("post", "/api/customers/{id}/erase"): Operation(
        id="erase",
        tag="Customers",
        summary="Make a customer nobody, for ever",
        description="Their CPF becomes a pseudonym, their name and every raw request and answer are"
        " dropped. Sales, cashbacks and events stay, so that totals stay true; their records have"
        " no customer any more. Cannot be undone.",
        parameters=(ID,),
        body="ReasonInput",
        example={"reason": "the customer asked for it in writing"},
        successes={200: Success(schema="Erased", description="Done, now or before.")},
        problems=(*_EVERY, *BODY, "invalid_request", "customer_has_open_cashbacks"),
    ),
}
"""By method and path."""
