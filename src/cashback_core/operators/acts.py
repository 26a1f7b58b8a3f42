"""What an operator may do to a cashback: decisions only, the caller stores them.

Every act has a name and a reason, and both are kept with the event that it causes. Which moves an
operator may make stands in `delivery.TRANSITIONS` and nowhere else.
"""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import unicodedata
from abc import abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final, Protocol
from uuid import UUID

from cashback_core.delivery.brakes import CEILING_REASONS
from cashback_core.delivery.states import TRANSITIONS, Actor, Delivery, Move, Status
from cashback_core.delivery.waits import Waiting
from cashback_core.intake.equal_sales import EqualPage
from cashback_core.sales.same_sale import EqualOutcome
from cashback_core.values.documents import BuyerDocument
from cashback_core.values.pages import Position
from cashback_core.values.reasons import MAX_NAME_CHARS, is_plain_text, refuse_reason

MAX_AT_ONCE: Final = 5_000
"""Most cashbacks that one act moves: it is one transaction, and others wait for its rows."""

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


MANY: Final[Mapping[ActKind, tuple[Status, ...]]] = {
    ActKind.RESEND: goes_with(ActKind.RESEND),
    ActKind.CANCEL: goes_with(ActKind.CANCEL),
    ActKind.MARK_APPLIED: (Status.IN_DOUBT,),
    ActKind.MARK_REJECTED: (Status.IN_DOUBT,),
}
"""The acts that are done to many at once, each with the statuses from which.

What else is marked, or taken back, needs evidence, or another operator's mark, of each.
"""


def refuse_many(wanted: OpenFilter, kind: ActKind) -> None:
    """Raise ValueError unless an act may be done to everything that such a filter means."""
    allowed = MANY.get(kind, ())
    if not wanted.statuses <= set(allowed):
        raise ValueError(f"{kind} of many goes with {', '.join(allowed) or 'nothing'} only")


def is_same_name(one: str, other: str) -> bool:
    """Whether two names are one person's, whatever their case, blanks, and forms of letters."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    compatible = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", compatible).split())


@dataclass(frozen=True, slots=True, kw_only=True)
class CashbackName:
    """How a list names a cashback: by its id, or by its sale's own number.

    Where a merchant's numbers count in each store, a number goes with its `store`.
    """

    id: UUID | None = None
    sale_id: str | None = None
    store: str | None = None

    def __post_init__(self) -> None:
        if (self.id is None) == (self.sale_id is None):
            raise ValueError("a cashback is named by its id, or by its sale's number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """A cashback as it stands, and what `operate` says of an act on it; `merchant` is the slug.

    `version` counts its moves.
    """

    merchant: str
    status: Status
    version: int
    cashback_centavos: int
    decision: Decision


ATTENTION: Final = frozenset({Status.HELD, Status.IN_DOUBT, Status.REJECTED})
"""What waits for somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFilter:
    """Which cashbacks an operator means; instants are bounds, from inclusive, to exclusive.

    `reason` is a part of the latest event's, whatever its case, `status_code` what the provider
    answered to the latest attempt; `ids` None means whichever. For what is done to all that it
    means, `above_ceiling` says that what a ceiling holds is among them: a person releases that one
    by one. In lists it always is.
    """

    statuses: frozenset[Status] = ATTENTION
    document: BuyerDocument | None = None
    sold_from: datetime | None = None
    sold_to: datetime | None = None
    accepted_from: datetime | None = None
    accepted_to: datetime | None = None
    reason: str | None = None
    status_code: int | None = None
    ids: frozenset[UUID] | None = None
    above_ceiling: bool = False


def is_above_ceiling(status: Status, actor: Actor, reason: str) -> bool:
    """Whether a ceiling holds it: its status, and who made its latest event, and why."""
    return status is Status.HELD and actor is Actor.API and reason in CEILING_REASONS


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCashback:
    """A cashback as an operator needs to see it: the latest event says why it stands here.

    `status_code` is what the provider answered to the latest attempt, if it answered. `suspected`
    says that it may be paid whatever its status says: an open incident of a statement is about
    it, its line may be its credit, or an operator's mark alone calls it unpaid.
    """

    id: UUID
    merchant: str
    status: Status
    reason: str
    actor: Actor
    actor_name: str | None
    since_at: datetime
    attempt: int
    status_code: int | None
    document: BuyerDocument
    cashback_centavos: int
    sale_id: str | None
    sold_at: datetime
    accepted_at: datetime
    risk_accepted_at: datetime | None
    suspected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPage:
    """Cashbacks and the position to go on from, None at the end."""

    items: tuple[OpenCashback, ...]
    next: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many cashbacks a filter means, what they are worth, and how many are at risk.

    `in_doubt` counts those for which an act asks that RISK is taken (`is_risky`), `above_ceiling`
    what a ceiling holds: these are in the other numbers only where the filter asks for them.
    """

    count: int
    cashback_centavos: int
    in_doubt: int
    above_ceiling: int = 0


@dataclass(frozen=True, slots=True)
class CountChanged:
    """Not the number that the operator expected: look again before acting."""

    tally: Tally


@dataclass(frozen=True, slots=True)
class TooMany:
    """More than MAX_AT_ONCE: narrow the filter."""

    tally: Tally


ManyDecision = Tally | CountChanged | TooMany | RiskNotAccepted


def may_act_on_all(tally: Tally, act: Act, *, expected: int) -> ManyDecision:
    """Whether an act may be done to everything that a filter means; the tally itself if so."""
    if tally.count != expected:
        return CountChanged(tally)
    if tally.count > MAX_AT_ONCE:
        return TooMany(tally)
    if tally.in_doubt and not act.accept_risk:
        return RiskNotAccepted(tally.in_doubt)
    return tally


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderState:
    """Whether the sender is paused: since when, why, and by whom; all None while it is not."""

    paused_at: datetime | None = None
    reason: str | None = None
    actor: str | None = None


class OperatorStore(Protocol):
    """What an operator asks of the database. One method is one transaction.

    `merchant_id` None means every merchant: for whoever has the machine, never for a request.
    Every method raises StoreUnavailable when the database is away or a row is busy for too long.
    """

    @abstractmethod
    async def open_page(
        self,
        merchant_id: int | None,
        wanted: OpenFilter,
        *,
        limit: int,
        after: Position | None,
    ) -> OpenPage:
        """Up to `limit` cashbacks, oldest accepted first, after a position."""

    @abstractmethod
    async def waits(self, merchant_id: int | None, ids: Collection[UUID]) -> Mapping[UUID, Waiting]:
        """Why those of these cashbacks that wait do; the others are not in it."""

    @abstractmethod
    async def equals_page(
        self,
        merchant_id: int | None,
        outcome: EqualOutcome | None,
        *,
        limit: int,
        after: Position | None,
    ) -> EqualPage:
        """Up to `limit` pairs of equal content, latest first, after a position."""

    @abstractmethod
    async def act(self, merchant_id: int | None, id: UUID, act: Act) -> Decision | None:  # noqa: A002
        """Do to one cashback what `operate` grants and tell what it said; None: there is none."""

    @abstractmethod
    async def named(
        self, merchant_id: int | None, names: Collection[CashbackName]
    ) -> Mapping[CashbackName, tuple[UUID, ...]]:
        """The cashbacks that each name means: of a number one of each merchant that has it."""

    @abstractmethod
    async def foresee(
        self, merchant_id: int | None, acts: Mapping[UUID, Act]
    ) -> Mapping[UUID, Foreseen]:
        """What `act` would say of each by now; nothing is done. What there is not is left out."""

    @abstractmethod
    async def tally(
        self, merchant_id: int | None, wanted: OpenFilter, kind: ActKind = ActKind.RESEND
    ) -> Tally:
        """How many cashbacks a filter means now, and how many are at risk by such an act."""

    @abstractmethod
    async def act_on_all(
        self, merchant_id: int | None, wanted: OpenFilter, act: Act, *, expected: int
    ) -> ManyDecision:
        """Do to all that a filter means, or to none of them when `may_act_on_all` refuses.

        Raises ValueError for a filter with a status that is not in MANY of the act.
        """


class SenderSwitch(Protocol):
    """Whether anything is sent, for every merchant. Every method raises StoreUnavailable."""

    @abstractmethod
    async def state(self) -> SenderState:
        """Whether anything is sent now."""

    @abstractmethod
    async def pause(self, *, by: str, reason: str) -> bool:
        """Send nothing from now on; False when it was paused already, which then stays as it is.

        What is under way ends; nothing that waits is claimed.
        """

    @abstractmethod
    async def release(self, *, by: str, reason: str) -> bool:
        """Send again, and remember who said so and why; False when it was not paused."""
