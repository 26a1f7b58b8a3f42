"""What an operator may do to a cashback: decisions only, the caller stores them.

Every act has a name and a reason, and both are kept with the event that it causes. Which moves an
operator may make stands in `delivery.TRANSITIONS` and nowhere else.
"""

# ruff: noqa: TC003 - users' tools read these annotations at run time
from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final

from cashback_core.delivery.states import TRANSITIONS, Actor, Delivery, Move, Status
from cashback_core.values.reasons import MAX_NAME_CHARS, is_plain_text, refuse_reason

RISK: Final = (
    "nobody here can tell whether this cashback was paid: sending it again may pay the customer a"
    " second time, cancelling it may call unpaid what was paid. Look for it in the provider's"
    " statement first"
)
"""What an operator accepts who resends what is in doubt, or cancels what was."""


class ActKind(StrEnum):
    """What an operator does."""

    RESEND = "resend"
    """Send it again, as if it were new: the time after which it is given up begins anew."""
    CANCEL = "cancel"
    """End it unpaid."""
    MARK_APPLIED = "mark_applied"
    """The provider gave evidence that it paid."""
    MARK_REJECTED = "mark_rejected"
    """The provider gave evidence that it will not pay."""
    TAKE_BACK = "take_back"
    """Another operator's mark was wrong: in doubt again."""


TARGETS: Final = {
    ActKind.RESEND: Status.PENDING,
    ActKind.CANCEL: Status.CANCELLED,
    ActKind.MARK_APPLIED: Status.APPLIED,
    ActKind.MARK_REJECTED: Status.REJECTED,
    ActKind.TAKE_BACK: Status.IN_DOUBT,
}
"""Where an act leads."""

CALLED_UNPAID: Final = frozenset({Status.HELD, Status.REJECTED})
"""What is marked applied only while an incident, or a person, says that it is credited.

Whoever brought it there says that it was not paid: the provider, a proof, or a person's mark.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An operator's act: `by` is the operator's own name, `reason` is kept for ever.

    `accept_risk` says that the operator read RISK and takes it. Resending what `may_be_paid`
    asks for it; so do taking back a mark, and cancelling what was resent at that risk.
    """

    kind: ActKind
    by: str
    reason: str
    accept_risk: bool = False

    def __post_init__(self) -> None:
        if not is_plain_text(self.by, MAX_NAME_CHARS):
            raise ValueError(f"an operator's name has 1 to {MAX_NAME_CHARS} printable characters")
        refuse_reason(self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The move to be stored; with `risk_accepted` the instant goes to `risk_accepted_at`.

    `open_since_at` replaces the cashback's own: giving up counts from it.
    """

    move: Move
    open_since_at: datetime
    risk_accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What else decides whether an act may be done.

    `credited` is an open incident, or a person's explanation of a line, that says that this
    cashback is credited, `suspected` one that keeps it from being called unpaid: of a line that is
    its own, or that could be. `marked_by` is
    the operator whose mark (applied or rejected) brought it where it stands, None if none did.
    `at_risk` says that somebody resent it while it may have been paid, and that since then no
    statement has proved, and no operator on the provider's evidence said, that it was not.
    """

    credited: bool = False
    suspected: bool = False
    marked_by: str | None = None
    at_risk: bool = False


@dataclass(frozen=True, slots=True)
class RiskNotAccepted:
    """So many cashbacks may be paid twice, or are called unpaid, and nobody took that risk.

    They are in doubt, or were, or a line of the provider's statement that nothing explains may be
    theirs, or it is an operator's mark alone that calls them unpaid.
    """

    in_doubt: int = 1


class NotCreditedThere(Enum):
    """No open incident says that it is credited: the mark would have no evidence."""

    NOT_CREDITED_THERE = "not_credited_there"


class NotYours(Enum):
    """Nobody takes back their own mark, and only an operator's mark is taken back."""

    OWN = "own"
    NO_MARK = "no_mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFromHere:
    """The act does not go with the cashback's present status; `allowed` are those it goes with."""

    status: Status
    allowed: tuple[Status, ...]


Decision = Granted | RiskNotAccepted | NotFromHere | NotCreditedThere | NotYours


def may_be_paid(status: Status, circumstances: Circumstances) -> bool:
    """Whether nobody here can tell that what would be resent was not paid.

    A mark proves nothing: it is a word, and were it enough, whoever may not resend what is in
    doubt would call it rejected first.
    """
    marked = status in CALLED_UNPAID and circumstances.marked_by is not None
    return status is Status.IN_DOUBT or circumstances.suspected or marked


def is_risky(kind: ActKind, status: Status, circumstances: Circumstances) -> bool:
    """Whether who does this says that it may have been paid, or may be paid again."""
    match kind:
        case ActKind.RESEND:
            return may_be_paid(status, circumstances)
        case ActKind.CANCEL:
            return circumstances.at_risk
        case _:
            return False


def operate(
    delivery: Delivery, act: Act, now: datetime, circumstances: Circumstances | None = None
) -> Decision:
    """What an act does to a cashback; `now` is the instant by the database's clock.

    What is in doubt is never cancelled, and what `may_be_paid` is resent only by somebody who
    accepts the risk. A resend answers no doubt: what is at risk since then is cancelled only by
    somebody who accepts it, too, whatever became of later attempts. Held and rejected cashbacks
    are marked applied only while an incident says that they are credited. A mark is taken back by
    another operator than the one who made it.
    """
    given = circumstances or Circumstances()
    target, status = TARGETS[act.kind], delivery.status
    if (status, target, Actor.OPERATOR) not in TRANSITIONS:
        return NotFromHere(status=status, allowed=goes_with(act.kind))
    if act.kind is ActKind.MARK_APPLIED and status in CALLED_UNPAID and not given.credited:
        return NotCreditedThere.NOT_CREDITED_THERE
    take_back = act.kind is ActKind.TAKE_BACK
    if take_back:
        if given.marked_by is None:
            return NotYours.NO_MARK
        if is_same_name(given.marked_by, act.by):
            return NotYours.OWN
    risky = is_risky(act.kind, status, given)
    if (risky or take_back) and not act.accept_risk:
        return RiskNotAccepted()
    return Granted(
        move=Move(
            to=target,
            actor=Actor.OPERATOR,
            reason=act.reason,
            due_at=now if target is Status.PENDING else None,
        ),
        open_since_at=now if act.kind is ActKind.RESEND else delivery.open_since_at,
        risk_accepted=risky,
    )


def goes_with(kind: ActKind) -> tuple[Status, ...]:
    """The statuses in which an act may be done, in the order of `Status`."""
    return tuple(s for s in Status if (s, TARGETS[kind], Actor.OPERATOR) in TRANSITIONS)


def is_same_name(one: str, other: str) -> bool:
    """Whether two names are one person's, whatever their case, blanks, and forms of letters."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    compatible = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", compatible).split())
