"""The operations of operators: what they take, what they answer, how they may fail."""

from __future__ import annotations

from typing import Final

from adapters.http.openapi.parts import CURSOR, LIMIT, Operation, Success
from adapters.http.openapi.resources import EVERY, operation_of_action
from adapters.http.sales.incident_routes import EXPLAIN
from adapters.http.sales.lists import EQUAL_FILTERS, INCIDENT_FILTERS, OPEN_FILTERS
from adapters.http.sales.operator_acts import ACTS
from adapters.http.sales.resend_many import RESEND_MANY
from cashback_core.intake.equal_sales import MAX_LISTED

OPERATING: Final[dict[tuple[str, str], Operation]] = {
    ("get", "/api/cashbacks/open"): Operation(
        id="listOpen",
        tag="Operators",
        summary="List what waits for somebody, oldest first, with the reason",
        description="Each with what it waits for. Analysts read it, too.",
        parameters=(*OPEN_FILTERS.parameters(), LIMIT, CURSOR),
        successes={200: Success(schema="OpenPage", description="A page of open cashbacks.")},
        problems=(*EVERY, "invalid_query"),
    ),
    ("get", "/api/cashbacks/equals"): Operation(
        id="listEquals",
        tag="Operators",
        summary="List sales of equal content, latest first",
        description="Each with both requests: what was taken for another sale by a name of its"
        " own, what was refused since nothing said that it is another, and what `collided`:"
        " refused for a key or sale_id of another group's sale."
        f" Of each recorded sale the first {MAX_LISTED} refusals are listed.",
        parameters=(*EQUAL_FILTERS.parameters(), LIMIT, CURSOR),
        successes={200: Success(schema="EqualPage", description="A page of pairs.")},
        problems=(*EVERY, "invalid_query"),
    ),
    **{("post", one.path): operation_of_action(one) for one in ACTS},
    ("get", "/api/incidents"): Operation(
        id="listIncidents",
        tag="Operators",
        summary="List what the provider's statement tells and nothing explains, oldest first",
        description="For a merchant's operators and admins what is about their own cashbacks; for"
        " the platform's administrators everything, also what is nobody's. An incident ends"
        " by itself when a later statement explains it.",
        parameters=(
            *INCIDENT_FILTERS.parameters(),
            LIMIT,
            CURSOR,
        ),
        successes={
            200: Success(schema="IncidentPage", description="A page of incidents, and all totals.")
        },
        problems=(*EVERY, "invalid_query"),
    ),
    **{("post", one.path): operation_of_action(one) for one in (EXPLAIN, RESEND_MANY)},
}
"""By method and path."""
