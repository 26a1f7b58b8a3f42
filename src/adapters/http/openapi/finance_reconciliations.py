"""The operations of days on three sides."""

from __future__ import annotations

from typing import Final

from adapters.http.finance.reconciliations import RECONCILE, RUN_FILTERS
from adapters.http.openapi.parts import CURSOR, LIMIT, Operation, Success
from adapters.http.openapi.resources import EVERY, operation_of_action

RECONCILIATION_OPERATIONS: Final[dict[tuple[str, str], Operation]] = {
    ("get", "/api/reconciliations"): Operation(
        id="listReconciliations",
        tag="Operators",
        summary="List what days came to on three sides, newest run first",
        description="Of the caller's own merchant: the ERP's file, our records and what the"
        " provider tells, by class, each in rows and reais. Analysts read it, too.",
        parameters=(*RUN_FILTERS.parameters(), LIMIT, CURSOR),
        successes={200: Success(schema="ReconciledDayPage", description="A page of runs.")},
        problems=(*EVERY, "invalid_query"),
    ),
    ("post", RECONCILE.path): operation_of_action(RECONCILE),
}
"""By method and path."""
