"""The operations of figures: what they take, what they answer, how they may fail."""

from __future__ import annotations

from typing import Final

from adapters.http.finance.figures_query import BALANCE_FILTERS, FIGURES_FILTERS, REPRICE
from adapters.http.openapi.parts import Operation, Success
from adapters.http.openapi.resources import EVERY, operation_of_action
from cashback_core.figures.figures import MAX_ROWS

FIGURES: Final[dict[tuple[str, str], Operation]] = {
    ("get", "/api/figures"): Operation(
        id="readFigures",
        tag="Figures",
        summary="Sales, cashback and calls of a range of days",
        description="Counts events in the days they happened on, whatever became of the cashback"
        " later; so a closed day's figures never change. What is not closed is counted as it"
        f" stands. More than {MAX_ROWS:,} rows are refused. `Accept: text/csv` answers the rows"
        " alone, `Accept: text/html` a page for people with charts and what is owed now, in the"
        " language of `Accept-Language`. One report of a merchant at a time.",
        parameters=FIGURES_FILTERS.parameters(),
        successes={
            200: Success(
                schema="FiguresAnswer",
                description="The figures.",
                streamed=("text/csv", "text/html"),
            )
        },
        problems=(*EVERY, "invalid_query"),
    ),
    ("get", "/api/balances"): Operation(
        id="readBalance",
        tag="Figures",
        summary="What is owed, paid and in doubt as of an instant",
        description="Owed is every cashback that was accepted, earns, and is neither paid nor"
        " cancelled; what waits to be confirmed, is void, or is history never is.",
        parameters=BALANCE_FILTERS.parameters(),
        successes={200: Success(schema="BalanceAnswer", description="The balance.")},
        problems=(*EVERY, "invalid_query"),
    ),
    ("post", REPRICE.path): operation_of_action(REPRICE),
}
"""By method and path."""
