"""Sending again all that a filter means, over HTTP: the act, and what its body asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.http.identity.roles import OPERATORS
from adapters.http.resources.action import Action
from adapters.http.sales.lists import ONE_WORD
from adapters.http.sales.operator_acts import ACCEPT_RISK
from adapters.http.sales.shapes import ResendTally
from adapters.http.wire.fields import Body, Bound, Choices, DocumentField, Reason, TextField, Truth
from cashback_core.delivery.states import Status
from cashback_core.operators.acts import Act, ActKind, goes_with
from cashback_core.operators.open_cashbacks import OpenFilter

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_ANY: Final = re.compile(r"")
"""Whatever is no token is none of what was shown."""

RESEND_MANY: Final = Action(
    path="/api/cashbacks/resend",
    id="resendMany",
    body_name="ResendManyInput",
    body=Body(
        "A filter, and what to do with everything that it means.",
        dict[str, Any],
        status=Choices(goes_with(ActKind.RESEND)),
        document=DocumentField(about=f"Only this customer's: {ONE_WORD}."),
        sold_from=Bound(about="Sold then, that day, or later."),
        sold_to=Bound(about="Sold before, or until that day.", end=True),
        above_ceiling=Truth(about="What a ceiling holds, too; without it that is left out."),
        dry_run=Truth(about="Only count.", default=True),
        token=TextField(
            form=_ANY,
            code="wrong_type",
            says={"description": "That of what was looked at; needed unless `dry_run`."},
            must=False,
        ),
        reason=Reason(must=False),
        accept_risk=ACCEPT_RISK,
    ),
    may=OPERATORS,
    tag="Operators",
    summary="Count what a filter means, then send all of it again",
    description="By default only counts. With `dry_run` false it sends all of them again or"
    " none: `token` must be that of what was looked at, none of which has moved since, nor may"
    " another have come to it; and `accept_risk` be true when any"
    " is in doubt or `suspected`: each of those may be paid a second time. What a ceiling holds is"
    " counted apart and left out, unless `above_ceiling` is true.",
    example={"status": ["held"]},
    answer=ResendTally,
    done="What the filter means, or meant.",
    problems=("risk_not_accepted", "plan_changed", "too_many_at_once"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendMany:
    """What is to be resent; `act` is None while it is only to be counted."""

    wanted: OpenFilter
    act: Act | None
    token: str


def read_resend_many(document: object, zone: ZoneInfo, *, by: str) -> ResendMany:
    """What the body of a resend by filter asks for; instants without an offset are in `zone`.

    Unless `dry_run` is false nothing is to be done, and neither a reason nor a token is needed.
    Raises InvalidRequestError.
    """
    body = RESEND_MANY.body
    reader = body.reader(document)
    asked = body.values(reader, zone)
    if not asked["dry_run"]:
        reader.must_have("reason")
        reader.must_have("token")
    reader.refuse_faults()
    wanted = OpenFilter(
        statuses=frozenset(Status(status) for status in asked["status"]),
        document=asked["document"],
        sold_from=asked["sold_from"],
        sold_to=asked["sold_to"],
        above_ceiling=asked["above_ceiling"],
    )
    if asked["dry_run"]:
        return ResendMany(wanted=wanted, act=None, token="")
    act = Act(kind=ActKind.RESEND, by=by, reason=asked["reason"], accept_risk=asked["accept_risk"])
    return ResendMany(wanted=wanted, act=act, token=asked["token"])
