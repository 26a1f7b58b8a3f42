"""The bodies of operators' acts: what must be there, what may be, and every fault at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast
from uuid import UUID

from adapters.http.identity.credentials import InvalidRequestError
from adapters.http.problems.faults import Fault
from cashback_core.delivery.states import Status
from cashback_core.operators.acts import (
    MAX_REASON_CHARS,
    Act,
    ActKind,
    OpenFilter,
    goes_with,
    why_no_reason,
)
from cashback_core.reconciliation.incidents import Explanation, Meaning
from cashback_core.values.documents import Cpf, InvalidDocument, mask
from cashback_core.values.instants import NoSuchInstant, NotAnInstant, parse_bound
from cashback_core.values.violations import Violation, show

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

RESOLUTIONS: Final = {"applied": ActKind.MARK_APPLIED, "rejected": ActKind.MARK_REJECTED}
RESENDABLE: Final = goes_with(ActKind.RESEND)
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendMany:
    """What is to be resent; `act` is None while it is only to be counted."""

    wanted: OpenFilter
    act: Act | None
    expected: int


def read_resend(document: object, *, by: str) -> Act:
    """The act of `{"reason", "accept_risk"}`; raises InvalidRequestError."""
    body = _Body(document, "reason", "accept_risk")
    reason, accept_risk = body.reason(), body.truth("accept_risk", default=False)
    body.refuse_faults()
    return Act(kind=ActKind.RESEND, by=by, reason=reason, accept_risk=accept_risk)


def read_cancel(document: object, *, by: str) -> Act:
    """The act of `{"reason", "accept_risk"}`; raises InvalidRequestError."""
    return replace(read_resend(document, by=by), kind=ActKind.CANCEL)


def read_reason(document: object) -> str:
    """The reason of `{"reason"}`; raises InvalidRequestError."""
    body = _Body(document, "reason")
    reason = body.reason()
    body.refuse_faults()
    return reason


def read_resolve(document: object, *, by: str) -> Act:
    """The act of `{"status", "reason"}`; raises InvalidRequestError."""
    body = _Body(document, "status", "reason")
    status, reason = body.choice("status", tuple(RESOLUTIONS)), body.reason()
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
    body = _Body(document, "meaning", "cashback_id", "reason", "accept_risk", "dry_run")
    meaning, cashback_id = body.choice("meaning", tuple(Meaning)), body.id("cashback_id")
    reason, dry_run = body.reason(), body.truth("dry_run", default=True)
    accept_risk = body.truth("accept_risk", default=False)
    body.refuse_faults()
    if (meaning == Meaning.OURS) != (cashback_id is not None):
        raise InvalidRequestError((Fault(pointer="/cashback_id", code="only_with_ours"),))
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
    body = _Body(
        document, "status", "document", "sold_from", "sold_to",
        "above_ceiling", "reason", "accept_risk", "dry_run", "expected_count",
    )  # fmt: skip
    wanted = OpenFilter(
        statuses=body.statuses(),
        document=body.document(),
        sold_from=body.bound("sold_from", zone),
        sold_to=body.bound("sold_to", zone, end=True),
        above_ceiling=body.truth("above_ceiling", default=False),
    )
    dry_run = body.truth("dry_run", default=True)
    accept_risk = body.truth("accept_risk", default=False)
    reason = body.reason(needed=not dry_run)
    expected = body.count("expected_count", needed=not dry_run)
    body.refuse_faults()
    if dry_run:
        return ResendMany(wanted=wanted, act=None, expected=expected)
    act = Act(kind=ActKind.RESEND, by=by, reason=reason, accept_risk=accept_risk)
    return ResendMany(wanted=wanted, act=act, expected=expected)


class _Body:
    """One body being read: each method reads its field and notes what is wrong with it."""

    def __init__(self, document: object, *names: str) -> None:
        self._faults: list[Violation | Fault] = []
        self._fields: Mapping[str, object] = {}
        if not isinstance(document, Mapping):
            wrong = Violation(pointer="", code="wrong_type", values={"type": "object"})
            raise InvalidRequestError((wrong,))
        self._fields = cast("Mapping[str, object]", document)
        if not self._fields.keys() <= set(names):
            values = {"fields": ", ".join(names)}
            self._faults.append(Violation(pointer="", code="unknown_field", values=values))

    def refuse_faults(self) -> None:
        if self._faults:
            raise InvalidRequestError(tuple(self._faults))

    def reason(self, *, needed: bool = True) -> str:
        """Without the spaces around it: they come with copying."""
        value = self._text("reason", needed=needed)
        text = (value or "").strip()
        fault = None if value is None else why_no_reason(text)
        if fault is not None:
            self._fault("reason", fault, highest=str(MAX_REASON_CHARS))
        return text

    def truth(self, name: str, *, default: bool) -> bool:
        value = self._fields.get(name, default)
        if not isinstance(value, bool):
            self._fault(name, "not_boolean")
            return default
        return value

    def count(self, name: str, *, needed: bool) -> int:
        value = self._fields.get(name)
        if value is None:
            if needed:
                self._faults.append(Violation(pointer=f"/{name}", code="required"))
            return 0
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 31:
            self._fault(name, "not_a_count")
            return 0
        return value

    def choice(self, name: str, choices: Sequence[str]) -> str:
        value = self._text(name, needed=True)
        if value is not None and value not in choices:
            self._fault(name, "no_such_choice", names=", ".join(choices))
        return value or ""

    def statuses(self) -> frozenset[Status]:
        value = self._fields.get("status")
        if value is None:
            self._faults.append(Violation(pointer="/status", code="required"))
            return frozenset()
        listed = cast("list[object]", value if isinstance(value, list) else [])
        if not listed or not all(isinstance(v, str) and v in RESENDABLE for v in listed):
            names = "[" + ", ".join(RESENDABLE) + "]"
            self._fault("status", "no_such_choice", names=names)
            return frozenset()
        return frozenset(Status(str(v)) for v in listed)

    def document(self) -> Cpf | None:
        value = self._text("document", needed=False)
        if value is None:
            return None
        try:
            return Cpf.parse(value)
        except InvalidDocument:
            fault = Fault(pointer="/document", code="document_invalid", received=mask(value))
            self._faults.append(fault)
            return None

    def id(self, name: str) -> UUID | None:
        value = self._text(name, needed=False)
        if value is None:
            return None
        if _ID.match(value) is None:
            self._fault(name, "not_an_id")
            return None
        return UUID(value)

    def bound(self, name: str, zone: ZoneInfo, *, end: bool = False) -> datetime | None:
        value = self._text(name, needed=False)
        if value is None:
            return None
        try:
            return parse_bound(value, zone, end=end)
        except (NotAnInstant, NoSuchInstant):
            self._fault(name, "bound_invalid")
            return None

    def _text(self, name: str, *, needed: bool) -> str | None:
        value = self._fields.get(name)
        if isinstance(value, str):
            return value
        if name in self._fields and (needed or value is not None):
            wrong = Violation(
                pointer=f"/{name}",
                code="wrong_type",
                received=show(value),
                values={"type": "string"},
            )
            self._faults.append(wrong)
        elif needed:
            self._faults.append(Violation(pointer=f"/{name}", code="required"))
        return None

    def _fault(self, name: str, code: str, **values: str) -> None:
        received = show(self._fields.get(name))
        self._faults.append(Fault(pointer=f"/{name}", code=code, received=received, values=values))
