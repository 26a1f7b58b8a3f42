"""The operations of operators: what they take, what they answer, how they may fail."""

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
    parameter,
)
from adapters.http.sales.lists import EQUAL_FILTERS, INCIDENT_FILTERS, OPEN_FILTERS
from cashback_core.intake.equal_sales import MAX_LISTED

_EVERY: Final = (*ANY, *TOKEN, "forbidden", "unavailable")
_ACT: Final = (*_EVERY, *BODY, "invalid_request", "not_found", "act_not_allowed")
_DONE: Final = {200: Success(schema="SaleHistory", description="Done; the last event tells it.")}
_UUID: Final = {"type": "string", "format": "uuid"}
OPERATING: Final[dict[tuple[str, str], Operation]] = {
    ("get", "/api/cashbacks/open"): Operation(
        id="listOpen",
        tag="Operators",
        summary="List what waits for somebody, oldest first, with the reason",
        description="Each with what it waits for. Analysts read it, too.",
        parameters=(*OPEN_FILTERS.parameters(), LIMIT, CURSOR),
        successes={200: Success(schema="OpenPage", description="A page of open cashbacks.")},
        problems=(*_EVERY, "invalid_query"),
    ),
    ("get", "/api/cashbacks/equals"): Operation(
        id="listEquals",
        tag="Operators",
        summary="List sales of equal content, latest first",
        description="Each with both requests: what was taken for another sale, by a name of its"
        " own, and what was refused because nothing said that it is another. Either may be wrong."
        " And what `collided`, of whatever content: it was refused for a key or sale_id of another"
        " group's sale, of which its sender was told nothing."
        f" Of each recorded sale the first {MAX_LISTED} refusals are listed.",
        parameters=(*EQUAL_FILTERS.parameters(), LIMIT, CURSOR),
        successes={200: Success(schema="EqualPage", description="A page of pairs.")},
        problems=(*_EVERY, "invalid_query"),
    ),
    ("post", "/api/cashbacks/{id}/resend"): Operation(
        id="resend",
        tag="Operators",
        summary="Send a held, rejected or doubtful one again",
        description="One in doubt may have been paid, and so may one that a line of the provider's"
        " statement could be or that an operator alone called rejected (`suspected` in the list):"
        " sending it again may pay the customer a second time. It takes `accept_risk`, and the"
        " record tells for ever who took the risk.",
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
        description="Never one in doubt: it may have been paid. So may one that was resent out of"
        " a doubt, until a statement proves that it was not, or `resolve` called it rejected on"
        " the provider's evidence: before that it takes `accept_risk`, and the record tells who"
        " took the risk.",
        parameters=(ID,),
        body="CancelInput",
        example={"reason": "the customer returned the goods"},
        successes=_DONE,
        problems=(*_ACT, "risk_not_accepted"),
    ),
    ("post", "/api/cashbacks/{id}/resolve"): Operation(
        id="resolve",
        tag="Operators",
        summary="Say what became of one in doubt, or of one that is credited",
        description="`applied` or `rejected`, on evidence from the provider; `reason` names it."
        " What you call `rejected` is sent again only by somebody who takes the risk: a mark"
        " proves nothing."
        " A held or rejected one becomes `applied` only while an incident of the statement says"
        " that it is credited (`GET /api/incidents`).",
        parameters=(ID,),
        body="ResolveInput",
        example={"status": "applied", "reason": "line 12 of the provider's statement of 3 June"},
        successes=_DONE,
        problems=(*_ACT, "not_credited_there"),
    ),
    ("post", "/api/cashbacks/{id}/take-back"): Operation(
        id="takeBack",
        tag="Operators",
        summary="Call doubtful again what another operator marked",
        description="A mark as `applied` or `rejected` was wrong: the cashback is in doubt again,"
        " and the provider's statement decides. Never by the operator who made the mark, and"
        " only with `accept_risk`, since what is then proved unpaid is sent.",
        parameters=(ID,),
        body="ResendInput",
        example={"reason": "line 12 is another customer's", "accept_risk": True},
        successes=_DONE,
        problems=(*_ACT, "risk_not_accepted", "own_mark", "no_mark"),
    ),
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
        problems=(*_EVERY, "invalid_query"),
    ),
    ("post", "/api/incidents/{id}/explain"): Operation(
        id="explain",
        tag="Operators",
        summary="Say what a line of the statement is, or that an absent credit is known",
        description="For the platform's administrators. By default nothing is done and the answer"
        " tells the incident; with `dry_run` false the explanation is remembered, with name and"
        " reason, for every later statement, and the incident ends. A line is `foreign` or `ours`"
        " (then `cashback_id` names whose, of any merchant); of a cashback that is applied and"
        " absent it may be said that this is known (`known_absent`). Against the line's own"
        " reference, if it names another cashback here (in whatever spelling, or by a part of the"
        " id), nothing is said without `accept_risk`: the dry run tells it, too.",
        parameters=(parameter("id", "path", "The incident's id.", _UUID),),
        body="ExplainInput",
        example={
            "meaning": "foreign",
            "reason": "the provider's own campaign, their mail of 3 June",
            "dry_run": False,
        },
        successes={200: Success(schema="Explained", description="Done, or would be.")},
        problems=(
            *_EVERY,
            *BODY,
            "invalid_request",
            "not_found",
            "incident_closed",
            "explanation_unfit",
            "names_a_cashback",
        ),
    ),
    ("post", "/api/cashbacks/resend"): Operation(
        id="resendMany",
        tag="Operators",
        summary="Count what a filter means, then send all of it again",
        description="By default only counts. With `dry_run` false it sends all of them again or"
        " none: `expected_count` must still be their number, and `accept_risk` be true when any"
        " is in doubt or `suspected`, since each of those may be paid a second time."
        " What a ceiling holds is released one by one: it is counted apart and left out, unless"
        " `above_ceiling` is true.",
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
