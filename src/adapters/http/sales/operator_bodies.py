"""The bodies of operators' acts: each declared once, read by it, and described by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.http.wire.fields import (
    Body,
    Bound,
    Choice,
    Choices,
    CpfField,
    Id,
    Reason,
    Truth,
    Whole,
)
from cashback_core.delivery.states import Status
from cashback_core.operators.acts import Act, ActKind, OpenFilter, goes_with
from cashback_core.reconciliation.incidents import Explanation, Meaning

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

MAX_COUNT: Final = (1 << 31) - 1
RESOLUTIONS: Final = {"applied": ActKind.MARK_APPLIED, "rejected": ActKind.MARK_REJECTED}
RESENDABLE: Final = goes_with(ActKind.RESEND)

_ACCEPT_RISK: Final = Truth(
    about="What is or was in doubt, or is suspected, may be paid a second time, or be called unpaid"
    " though it is paid, and you take that risk."
)
RESEND: Final = Body(
    "Why it is sent again.", dict[str, Any], reason=Reason(), accept_risk=_ACCEPT_RISK
)
CANCEL: Final = Body(
    "Why it is ended unpaid.", dict[str, Any], reason=Reason(), accept_risk=_ACCEPT_RISK
)
REASON: Final = Body("Why.", dict[str, Any], reason=Reason())
RESOLVE: Final = Body(
    "What became of it, and how the provider proved it.",
    dict[str, Any],
    status=Choice(tuple(RESOLUTIONS)),
    reason=Reason(),
)
EXPLAIN: Final = Body(
    "What the incident is.",
    dict[str, Any],
    meaning=Choice(tuple(Meaning)),
    cashback_id=Id(about="With `ours`, and only then: the cashback whose credit it is."),
    reason=Reason(),
    accept_risk=Truth(
        about="The line's reference names a cashback, and you say otherwise: it may be paid a"
        " second time, and you take that risk."
    ),
    dry_run=Truth(about="Only tell.", default=True),
)
RESEND_MANY: Final = Body(
    "A filter, and what to do with everything that it means.",
    dict[str, Any],
    status=Choices(RESENDABLE),
    document=CpfField(about="Only this customer's CPF."),
    sold_from=Bound(about="Sold then, that day, or later."),
    sold_to=Bound(about="Sold before, or until that day.", end=True),
    above_ceiling=Truth(about="What a ceiling holds, too; without it that is left out."),
    dry_run=Truth(about="Only count.", default=True),
    expected_count=Whole(
        about="The `count` that was looked at; needed unless `dry_run`.",
        lowest=0,
        highest=MAX_COUNT,
    ),
    reason=Reason(must=False),
    accept_risk=_ACCEPT_RISK,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendMany:
    """What is to be resent; `act` is None while it is only to be counted."""

    wanted: OpenFilter
    act: Act | None
    expected: int


def read_resend(document: object, *, by: str) -> Act:
    """The act of `{"reason", "accept_risk"}`; raises InvalidRequestError."""
    return Act(kind=ActKind.RESEND, by=by, **RESEND.read(document))


def read_cancel(document: object, *, by: str) -> Act:
    """The act of `{"reason", "accept_risk"}`; raises InvalidRequestError."""
    return Act(kind=ActKind.CANCEL, by=by, **CANCEL.read(document))


def read_reason(document: object) -> str:
    """The reason of `{"reason"}`; raises InvalidRequestError."""
    reason: str = REASON.read(document)["reason"]
    return reason


def read_resolve(document: object, *, by: str) -> Act:
    """The act of `{"status", "reason"}`; raises InvalidRequestError."""
    asked = RESOLVE.read(document)
    return Act(kind=RESOLUTIONS[asked["status"]], by=by, reason=asked["reason"])


def read_take_back(document: object, *, by: str) -> Act:
    """The act of `{"reason", "accept_risk"}`; raises InvalidRequestError."""
    return Act(kind=ActKind.TAKE_BACK, by=by, **RESEND.read(document))


@dataclass(frozen=True, slots=True, kw_only=True)
class Explain:
    """What a person says of an incident; unless `dry_run` is false nothing is to be done."""

    explanation: Explanation
    dry_run: bool


def read_explain(document: object, *, by: str) -> Explain:
    """What is said of an incident; raises InvalidRequestError."""
    reader = EXPLAIN.reader(document)
    asked = EXPLAIN.values(reader)
    reader.refuse_faults()
    if (asked["meaning"] == Meaning.OURS) != (asked["cashback_id"] is not None):
        reader.tell_quietly("cashback_id", "only_with_ours")
        reader.refuse_faults()
    explanation = Explanation(
        meaning=Meaning(asked["meaning"]),
        by=by,
        reason=asked["reason"],
        cashback_id=asked["cashback_id"],
        accept_risk=asked["accept_risk"],
    )
    return Explain(explanation=explanation, dry_run=asked["dry_run"])


def read_resend_many(document: object, zone: ZoneInfo, *, by: str) -> ResendMany:
    """What the body of a resend by filter asks for; instants without an offset are in `zone`.

    Unless `dry_run` is false nothing is to be done, and neither a reason nor a count is needed.
    Raises InvalidRequestError.
    """
    reader = RESEND_MANY.reader(document)
    asked = RESEND_MANY.values(reader, zone)
    if not asked["dry_run"]:
        reader.must_have("reason")
        reader.must_have("expected_count")
    reader.refuse_faults()
    wanted = OpenFilter(
        statuses=frozenset(Status(status) for status in asked["status"]),
        document=asked["document"],
        sold_from=asked["sold_from"],
        sold_to=asked["sold_to"],
        above_ceiling=asked["above_ceiling"],
    )
    expected: int = asked["expected_count"] or 0
    if asked["dry_run"]:
        return ResendMany(wanted=wanted, act=None, expected=expected)
    act = Act(kind=ActKind.RESEND, by=by, reason=asked["reason"], accept_risk=asked["accept_risk"])
    return ResendMany(wanted=wanted, act=act, expected=expected)
