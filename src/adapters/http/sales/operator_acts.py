"""What an operator may do to one cashback over HTTP: each act is one value, and nothing beside."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Final

from adapters.http.identity.roles import OPERATORS
from adapters.http.resources.action import Action
from adapters.http.resources.resource import UuidKey
from adapters.http.sales.shapes import SaleHistory
from adapters.http.wire.fields import Body, Choice, Reason, Truth
from cashback_core.operators.acts import Act, ActKind

ACCEPT_RISK: Final = Truth(
    about="What is or was in doubt, or is suspected, may be paid a second time, or be called unpaid"
    " though it is paid, and you take that risk."
)
_DONE: Final = "Done; the last event tells it."


@dataclass(frozen=True, slots=True)
class UnsignedAct:
    """An act as a body tells it: all of it but whose it is."""

    kind: ActKind
    _: KW_ONLY
    reason: str
    accept_risk: bool = False

    def signed(self, by: str) -> Act:
        """The act as this operator's."""
        return Act(kind=self.kind, by=by, reason=self.reason, accept_risk=self.accept_risk)


def _reason_and_risk(about: str, kind: ActKind) -> Body[UnsignedAct]:
    into = partial(UnsignedAct, kind)
    return Body(about, into, reason=Reason(), accept_risk=ACCEPT_RISK)


RESEND: Final = Action(
    path="/api/cashbacks/{id}/resend",
    key=UuidKey(),
    id="resend",
    body_name="ResendInput",
    body=_reason_and_risk("Why it is sent again.", ActKind.RESEND),
    may=OPERATORS,
    tag="Operators",
    summary="Send a held, rejected or doubtful one again",
    description="One in doubt may have been paid, and so may one that is `suspected` in the list:"
    " sending it again may pay the customer a second time. It takes `accept_risk`, and the record"
    " tells for ever who took the risk.",
    example={"reason": "the provider's outage is over", "accept_risk": False},
    answer=SaleHistory,
    done=_DONE,
    problems=("act_not_allowed", "risk_not_accepted"),
)

CANCEL: Final = Action(
    path="/api/cashbacks/{id}/cancel",
    key=UuidKey(),
    id="cancel",
    body_name="CancelInput",
    body=_reason_and_risk("Why it is ended unpaid.", ActKind.CANCEL),
    may=OPERATORS,
    tag="Operators",
    summary="End an unconfirmed, pending, held or rejected one unpaid",
    description="Never one in doubt: it may have been paid. So may one that was resent out of"
    " a doubt, until a statement proves that it was not, or `resolve` called it rejected on"
    " the provider's evidence: before that it takes `accept_risk`, and the record tells who"
    " took the risk.",
    example={"reason": "the customer returned the goods"},
    answer=SaleHistory,
    done=_DONE,
    problems=("act_not_allowed", "risk_not_accepted"),
)

_RESOLUTIONS: Final = {"applied": ActKind.MARK_APPLIED, "rejected": ActKind.MARK_REJECTED}


def _mark(*, status: str, reason: str) -> UnsignedAct:
    return UnsignedAct(_RESOLUTIONS[status], reason=reason)


RESOLVE: Final = Action(
    path="/api/cashbacks/{id}/resolve",
    key=UuidKey(),
    id="resolve",
    body_name="ResolveInput",
    body=Body(
        "What became of it, and how the provider proved it.",
        _mark,
        status=Choice(tuple(_RESOLUTIONS)),
        reason=Reason(),
    ),
    may=OPERATORS,
    tag="Operators",
    summary="Say what became of one in doubt, or of one that is credited",
    description="`applied` or `rejected`, on evidence from the provider; `reason` names it."
    " What you call `rejected` is sent again only by somebody who takes the risk: a mark"
    " proves nothing."
    " A held or rejected one becomes `applied` only while an incident of the statement says"
    " that it is credited (`GET /api/incidents`).",
    example={"status": "applied", "reason": "line 12 of the provider's statement of 3 June"},
    answer=SaleHistory,
    done=_DONE,
    problems=("act_not_allowed", "not_credited_there"),
)

TAKE_BACK: Final = Action(
    path="/api/cashbacks/{id}/take-back",
    key=UuidKey(),
    id="takeBack",
    body_name="ResendInput",  # of one name, so the same to the letter
    body=_reason_and_risk(RESEND.body.about, ActKind.TAKE_BACK),
    may=OPERATORS,
    tag="Operators",
    summary="Call doubtful again what another operator marked",
    description="A mark as `applied` or `rejected` was wrong: the cashback is in doubt again,"
    " and the provider's statement decides. Never by the operator who made the mark, and"
    " only with `accept_risk`, since what is then proved unpaid is sent.",
    example={"reason": "line 12 is another customer's", "accept_risk": True},
    answer=SaleHistory,
    done=_DONE,
    problems=("act_not_allowed", "risk_not_accepted", "own_mark", "no_mark"),
)

ACTS: Final = (RESEND, CANCEL, RESOLVE, TAKE_BACK)
"""Each has a route of its own (`operator_routes`)."""
