"""The bodies of operators' acts: what must be there, what may be, and every fault at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from adapters.http.wire.objects import ObjectReader
from cashback_core.delivery.states import Status
from cashback_core.operators.acts import Act, ActKind, OpenFilter, goes_with
from cashback_core.reconciliation.incidents import Explanation, Meaning

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

MAX_COUNT: Final = (1 << 31) - 1
RESOLUTIONS: Final = {"applied": ActKind.MARK_APPLIED, "rejected": ActKind.MARK_REJECTED}
RESENDABLE: Final = goes_with(ActKind.RESEND)
_EXPLAIN: Final = {
    "meaning": True,
    "cashback_id": False,
    "reason": True,
    "accept_risk": False,
    "dry_run": False,
}
_RESEND_MANY: Final = {
    "status": True,
    "document": False,
    "sold_from": False,
    "sold_to": False,
    "above_ceiling": False,
    "reason": False,
    "accept_risk": False,
    "dry_run": False,
    "expected_count": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendMany:
    """What is to be resent; `act` is None while it is only to be counted."""

    wanted: OpenFilter
    act: Act | None
    expected: int


def read_resend(document: object, *, by: str) -> Act:
    """The act of `{"reason", "accept_risk"}`; raises InvalidRequestError."""
    body = ObjectReader(document, {"reason": True, "accept_risk": False})
    reason, accept_risk = body.reason("reason"), body.truth("accept_risk")
    body.refuse_faults()
    return Act(kind=ActKind.RESEND, by=by, reason=reason, accept_risk=accept_risk)


def read_cancel(document: object, *, by: str) -> Act:
    """The act of `{"reason", "accept_risk"}`; raises InvalidRequestError."""
    return replace(read_resend(document, by=by), kind=ActKind.CANCEL)


def read_reason(document: object) -> str:
    """The reason of `{"reason"}`; raises InvalidRequestError."""
    body = ObjectReader(document, {"reason": True})
    reason = body.reason("reason")
    body.refuse_faults()
    return reason


def read_resolve(document: object, *, by: str) -> Act:
    """The act of `{"status", "reason"}`; raises InvalidRequestError."""
    body = ObjectReader(document, {"status": True, "reason": True})
    status, reason = body.choice("status", tuple(RESOLUTIONS)), body.reason("reason")
    body.refuse_faults()
    return Act(kind=RESOLUTIONS[status], by=by, reason=reason)


def read_take_back(document: object, *, by: str) -> Act:
    """The act of `{"reason", "accept_risk"}`; raises InvalidRequestError."""
    return replace(read_resend(document, by=by), kind=ActKind.TAKE_BACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explain:
    """What a person says of an incident; unless `dry_run` is false nothing is to be done."""

    explanation: Explanation
    dry_run: bool


def read_explain(document: object, *, by: str) -> Explain:
    """What is said by `{"meaning", "cashback_id", "reason", "accept_risk", "dry_run"}`.

    Raises InvalidRequestError.
    """
    body = ObjectReader(document, _EXPLAIN)
    meaning, cashback_id = body.choice("meaning", tuple(Meaning)), body.id("cashback_id")
    reason, dry_run = body.reason("reason"), body.truth("dry_run", default=True)
    accept_risk = body.truth("accept_risk")
    body.refuse_faults()
    if (meaning == Meaning.OURS) != (cashback_id is not None):
        body.tell_quietly("cashback_id", "only_with_ours")
        body.refuse_faults()
    explanation = Explanation(
        meaning=Meaning(meaning),
        by=by,
        reason=reason,
        cashback_id=cashback_id,
        accept_risk=accept_risk,
    )
    return Explain(explanation=explanation, dry_run=dry_run)


def read_resend_many(document: object, zone: ZoneInfo, *, by: str) -> ResendMany:
    """What the body of a resend by filter asks for; instants without an offset are in `zone`.

    Unless `dry_run` is false nothing is to be done, and neither a reason nor a count is needed.
    Raises InvalidRequestError.
    """
    body = ObjectReader(document, _RESEND_MANY)
    statuses = body.choices("status", RESENDABLE)
    wanted = OpenFilter(
        statuses=frozenset(Status(status) for status in statuses),
        document=body.document("document"),
        sold_from=body.bound("sold_from", zone),
        sold_to=body.bound("sold_to", zone, end=True),
        above_ceiling=body.truth("above_ceiling"),
    )
    dry_run = body.truth("dry_run", default=True)
    accept_risk = body.truth("accept_risk")
    if not dry_run:
        body.must_have("reason")
        body.must_have("expected_count")
    reason = body.reason("reason")
    expected = body.whole("expected_count", lowest=0, highest=MAX_COUNT)
    body.refuse_faults()
    if dry_run:
        return ResendMany(wanted=wanted, act=None, expected=expected)
    act = Act(kind=ActKind.RESEND, by=by, reason=reason, accept_risk=accept_risk)
    return ResendMany(wanted=wanted, act=act, expected=expected)
