"""The operations about one customer: their rights, and what they earned."""

from __future__ import annotations

from typing import Final

from adapters.http.openapi.parts import CURSOR, ID, LIMIT, Operation, Success
from adapters.http.openapi.resources import EVERY, operation_of_action
from adapters.http.sales.privacy_routes import ERASE
from adapters.http.sales.searching import MONTHS

PRIVACY: Final[dict[tuple[str, str], Operation]] = {
    ("get", "/api/customers/{id}/report"): Operation(
        id="report",
        tag="Customers",
        summary="Everything that is held about a customer",
        description="With every sale, newest first. Whoever asks is recorded.",
        parameters=(ID, LIMIT, CURSOR),
        successes={200: Success(schema="SubjectReport", description="A page of the report.")},
        problems=(*EVERY, "not_found", "invalid_query"),
    ),
    ("get", "/api/customers/{id}/summary"): Operation(
        id="summary",
        tag="Customers",
        summary="What a customer earned, what of it waits and what is paid",
        description="Of all their sales, and month by month.",
        parameters=(ID, *MONTHS.parameters()),
        successes={200: Success(schema="CustomerSummary", description="In all, and by month.")},
        problems=(*EVERY, "not_found", "invalid_query"),
    ),
    ("post", ERASE.path): operation_of_action(ERASE),
}
"""By method and path."""
