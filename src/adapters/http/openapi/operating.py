"""The operations of operators: what they take, what they answer, how they may fail."""

from __future__ import annotations

from typing import Final

from adapters.http.openapi.parts import (
    ANY,
    BODY,
    CURSOR,
    FILTERS,
    ID,
    LIMIT,
    TOKEN,
    Operation,
    Success,
    parameter,
)
from adapters.http.resources.listing import OPEN
from cashback_core.equals import MAX_LISTED
from cashback_core.same_sale import EqualOutcome

_EVERY: Final = (*ANY, *TOKEN, "forbidden", "unavailable")
_ACT: Final = (*_EVERY, *BODY, "invalid_request", "not_found", "act_not_allowed")
_DONE: Final = {200: Success(schema="History", description="Done; the last event tells it.")}
_STATUS: Final = parameter(
    "status",
    "query",
    "Only this status; without it `held`, `in_doubt` and `rejected`.",
    {"enum": sorted(OPEN)},
)
_OUTCOME: Final = parameter(
    "outcome", "query", "Only these.", {"enum": [outcome.value for outcome in EqualOutcome]}
)

OPERATING: Final[dict[tuple[str, str], Operation]] = {
    ("get", "/api/cashbacks/open"): Operation(
        id="listOpen",
        tag="Operators",
        summary="List what waits for somebody, oldest first, with the reason",
        description="For operators and admins, as everything here.",
        parameters=(_STATUS, *FILTERS),
        successes={200: Success(schema="OpenPage", description="A page of open cashbacks.")},
        problems=(*_EVERY, "invalid_query"),
    ),
    ("get", "/api/cashbacks/equals"): Operation(
        id="listEquals",
        tag="Operators",
        summary="List sales of equal content, latest first",
        description="Each with both requests: what was taken for another sale, by a name of its"
        " own, and what was refused because nothing said that it is another. Either may be wrong."
        f" Of each recorded sale the first {MAX_LISTED} refusals are listed.",
        parameters=(_OUTCOME, LIMIT, CURSOR),
        successes={200: Success(schema="EqualPage", description="A page of pairs.")},
        problems=(*_EVERY, "invalid_query"),
    ),
    ("post", "/api/cashbacks/{id}/resend"): Operation(
        id="resend",
        tag="Operators",
        summary="Send a held, rejected or doubtful one again",
        description="One in doubt may have been paid: sending it again may pay the customer a"
        " second time. It takes `accept_risk`, and the record tells for ever who took the risk.",
        parameters=(ID,),
        body="ResendInput",
        example={"reason": "the provider's outage is over", "accept_risk": False},
        successes=_DONE,
        problems=(*_ACT, "risk_not_accepted"),
    ),
    ("post", "/api/cashbacks/{id}/cancel"): Operation(
        id="cancel",
        tag="Operators",
        summary="End a pending, held or rejected one unpaid",
        description="Never one in doubt: it may have been paid.",
        parameters=(ID,),
        body="CancelInput",
        example={"reason": "the customer returned the goods"},
        successes=_DONE,
        problems=_ACT,
    ),
    ("post", "/api/cashbacks/{id}/resolve"): Operation(
        id="resolve",
        tag="Operators",
        summary="Say what became of one in doubt",
        description="`applied` or `rejected`, on evidence from the provider; `reason` names it.",
        parameters=(ID,),
        body="ResolveInput",
        example={"status": "applied", "reason": "line 12 of the provider's statement of 3 June"},
        successes=_DONE,
        problems=_ACT,
    ),
    ("post", "/api/cashbacks/resend"): Operation(
        id="resendMany",
        tag="Operators",
        summary="Count what a filter means, then send all of it again",
        description="By default only counts. With `dry_run` false it sends all of them again or"
        " none: `expected_count` must still be their number, and `accept_risk` be true when any"
        " is in doubt, since each of those may be paid a second time.",
        body="ResendManyInput",
        example={"status": ["held"]},
        successes={
            200: Success(schema="ResendTally", description="What the filter means, or meant.")
        },
        problems=(
            *_EVERY,
            *BODY,
            "invalid_request",
            "risk_not_accepted",
            "count_changed",
            "too_many_at_once",
        ),
    ),
}
"""By method and path."""
