"""The operations about cases, differences, and lists of what became of many."""

from __future__ import annotations

from typing import Final

from adapters.http.finance import case_shapes, resolve_many
from adapters.http.finance.actions import FINANCE_ACTIONS
from adapters.http.finance.cases import CASE_FILTERS, COLLECTIONS, DIFFERENCE_FILTERS
from adapters.http.openapi.parts import CURSOR, ID, LIMIT, Operation, Success
from adapters.http.openapi.resources import EVERY, operation_of_action

CASE_SHAPES: Final = (*case_shapes.SHAPES, *resolve_many.SHAPES)

CASE_OPERATIONS: Final[dict[tuple[str, str], Operation]] = {
    ("get", "/api/cases"): Operation(
        id="listCases",
        tag="Cases",
        summary="List what needs somebody, oldest first, and who has how much of it",
        description="Incidents of statements and differences of day files. For a merchant's people"
        " what is about their own cashbacks; for the platform's administrators every incident.",
        parameters=(*CASE_FILTERS.parameters(), LIMIT, CURSOR),
        successes={200: Success(schema="CasePage", description="A page of cases, and all loads.")},
        problems=(*EVERY, "invalid_query"),
    ),
    ("get", "/api/differences"): Operation(
        id="listDifferences",
        tag="Cases",
        summary="List where an ERP's day files and our records differ, oldest first",
        description="Both sides, and why where it can be told. One ends by itself when a later"
        " file, or run, tells it no more.",
        parameters=(*DIFFERENCE_FILTERS.parameters(), LIMIT, CURSOR),
        successes={200: Success(schema="DifferencePage", description="A page of differences.")},
        problems=(*EVERY, "invalid_query"),
    ),
    **{
        ("get", f"{at}/{{id}}/history"): Operation(
            id=f"{kind}History",
            tag="Cases",
            summary=f"All that happened to {one}: told, assigned, noted, ended",
            parameters=(ID,),
            successes={200: Success(schema="CaseHistory", description="Oldest first.")},
            problems=(*EVERY, "not_found"),
        )
        for (kind, at), one in zip(
            COLLECTIONS.items(), ("an incident", "a difference"), strict=True
        )
    },
    **{("post", one.path): operation_of_action(one) for one in FINANCE_ACTIONS},
}
"""By method and path."""
