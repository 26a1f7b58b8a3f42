"""The operations about cases, differences, and lists of what became of many."""

from __future__ import annotations

from typing import Final

from adapters.http.finance import case_shapes, resolve_many
from adapters.http.finance.actions import FINANCE_ACTIONS
from adapters.http.finance.cases import CASE_FILTERS, DIFFERENCE_FILTERS
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
    ("get", "/api/cases/{id}"): Operation(
        id="readCase",
        tag="Cases",
        summary="A case with all that happened to it: told, assigned, noted, ended",
        description="By the incident's, or the difference's, id.",
        parameters=(ID,),
        successes={200: Success(schema="CaseHistory", description="Oldest first.")},
        problems=(*EVERY, "not_found"),
    ),
    **{("post", one.path): operation_of_action(one) for one in FINANCE_ACTIONS},
}
"""By method and path."""
