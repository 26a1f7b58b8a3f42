"""Statement incidents, and how a person explains them.

What a reconciliation finds and no program may decide is an incident until a later statement, or a
person, explains it. What a person says is remembered for every later statement.
"""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import Final, Protocol
from uuid import UUID

from cashback_core.reconciliation.findings import FindingClass
from cashback_core.reconciliation.references import PREFIX, id_in, is_part_of
from cashback_core.values.pages import Position
from cashback_core.values.reasons import MAX_NAME_CHARS, is_plain_text, refuse_reason


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementIncident:
    """Something of a statement that waits for a person.

    `merchant` is the slug of the merchant whose cashback it is about; None for what is nobody's,
    which the platform and the command line alone see. `document` is masked, and so is whatever
    could be one in `reference`; once it is closed neither is kept in full. `line` is the line's
    number on the statement that was asked for at `statement_at`, `line_key` what it is known by
    on every statement, both None for a cashback that is absent. `closed_at` is None while it
    stands.
    """

    id: UUID
    cls: FindingClass
    merchant: str | None
    cashback_id: UUID | None
    document: str | None
    centavos: int
    line: int | None
    line_key: str | None
    credited_at: datetime | None
    reference: str | None
    why: str
    opened_at: datetime
    statement_at: datetime
    closed_at: datetime | None = None
    closed_why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPage:
    """Incidents and the position to go on from, None at the end."""

    items: tuple[StatementIncident, ...]
    next: Position | None


class Meaning(StrEnum):
    """What a person may say of an incident."""

    FOREIGN = "foreign"
    """The line is no credit of ours."""
    OURS = "ours"
    """The line is the credit of the cashback that is named."""
    KNOWN_ABSENT = "known_absent"
    """The applied cashback is on no statement, and that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a person says of an incident; `by` is the person's own name, `reason` is kept for ever.

    `cashback_id` is named exactly when the line is OURS. `accept_risk` says it against the line's
    own reference (`NamesACashback`).
    """

    meaning: Meaning
    by: str
    reason: str
    cashback_id: UUID | None = None
    accept_risk: bool = False

    def __post_init__(self) -> None:
        if not is_plain_text(self.by, MAX_NAME_CHARS):
            raise ValueError(f"a person's name has 1 to {MAX_NAME_CHARS} printable characters")
        refuse_reason(self.reason)
        if (self.meaning is Meaning.OURS) != (self.cashback_id is not None):
            raise ValueError("a cashback is named exactly when the line is ours")


class NotExplained(Enum):
    """Why an explanation was not taken."""

    CLOSED = "closed"
    """It was explained already, by a person or by a later statement."""
    NOT_A_LINE = "not_a_line"
    """It is about a cashback and has no line of its own that could be foreign or ours."""
    NOT_ABSENT = "not_absent"
    """It is about a line: say whose it is."""
    NO_SUCH_CASHBACK = "no_such_cashback"
    """No cashback that anything is due for has the id that is named."""


@dataclass(frozen=True, slots=True)
class NamesACashback:
    """The line's reference spells a cashback that is here, and is said not to be its credit.

    If that is wrong the cashback is proved unpaid and paid a second time: it takes `accept_risk`.
    """

    cashback_id: UUID


def names_another(reference: str | None, id_: UUID, explanation: Explanation) -> bool:
    """Whether a line's reference may name the cashback `id_`, and the explanation says otherwise.

    A reference that spells the very cashback whose credit the line is said to be names no other.
    """
    ours = explanation.cashback_id
    if explanation.meaning is Meaning.KNOWN_ABSENT or id_ == ours:
        return False
    if id_in(reference) == id_.hex:
        return True
    if ours is not None and _may_name(reference, ours.hex):
        return False
    return _may_name(reference, id_.hex)


def _may_name(reference: str | None, hex_id: str) -> bool:
    """As `is_part_of`; of a whole id both ends count, since a digit between may be wrong.

    No shorter part of it: ids that were made in the same minute begin alike.
    """
    whole = id_in(reference)
    if whole is None:
        return is_part_of(reference, hex_id)
    return hex_id.startswith(whole[:PREFIX]) or hex_id.endswith(whole[-PREFIX:])


def why_not_explained(incident: StatementIncident, explanation: Explanation) -> NotExplained | None:
    """Why an explanation does not go with an incident; None if it does."""
    if incident.closed_at is not None:
        return NotExplained.CLOSED
    about_absence = incident.cls is FindingClass.APPLIED_ABSENT
    if not about_absence and explanation.meaning is Meaning.KNOWN_ABSENT:
        return NotExplained.NOT_ABSENT
    if explanation.meaning is not Meaning.KNOWN_ABSENT and incident.line_key is None:
        return NotExplained.NOT_A_LINE
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTotal:
    """How many incidents of a class stand, and what they are worth."""

    cls: FindingClass
    count: int
    centavos: int


PRECEDES: Final = timedelta(days=2)
"""How long before its first attempt a credit may be dated, unless a setting says otherwise."""

SAYS_CREDITED: Final = frozenset(
    {FindingClass.ALTERED, FindingClass.CREDITED_AGAIN, FindingClass.CREDITED_UNPAID}
)
"""Classes of incidents that say that the cashback they name is credited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A cashback as an open incident's line may be its credit; `first_started_at` as in the book.

    `document` is the customer's, not masked.
    """

    id: UUID
    document: str
    centavos: int
    accepted_at: datetime
    first_started_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLine:
    """An open incident as it is held against a cashback; `document` is not masked.

    Without `has_line` it is about `cashback_id` alone. `centavos` is 0 and `document` None where
    the line could not be read.
    """

    cls: FindingClass
    cashback_id: UUID | None
    has_line: bool
    document: str | None
    centavos: int
    credited_at: datetime | None
    reference: str | None


def may_be_credit_of(line: OpenLine, one: Suspect, precedes: timedelta) -> bool:
    """Whether an open incident keeps a cashback from being called unpaid.

    It names it; or its line is of the same customer, or of the same amount and nobody's (or told
    of another's customer), or holds a part of the id, or cannot be read, and is dated late enough:
    of one never tried, whose sending may be forgotten, by its acceptance.
    """
    if line.cashback_id == one.id:
        return True
    earliest_at = (one.first_started_at or one.accepted_at) - precedes
    if not line.has_line or (line.credited_at is not None and line.credited_at < earliest_at):
        return False
    if line.document == one.document:
        return True
    unsure = line.cashback_id is None or line.cls is FindingClass.ALTERED
    if unsure and line.centavos == one.centavos:
        return True
    if line.cls is FindingClass.UNREADABLE and (line.document is None or line.centavos == 0):
        return True
    return is_part_of(line.reference, one.id.hex)


class IncidentStore(Protocol):
    """Where statement incidents stand. One method is one transaction.

    `merchant_id` None means every merchant's and nobody's: for the platform and whoever has the
    machine. Every method raises StoreUnavailable when the database is away.
    """

    @abstractmethod
    async def incidents(
        self,
        merchant_id: int | None,
        *,
        open_only: bool,
        cls: FindingClass | None = None,
        limit: int,
        after: Position | None,
    ) -> IncidentPage:
        """Up to `limit` incidents, oldest opened first, after a position; of one class or all."""

    @abstractmethod
    async def standing(self, merchant_id: int | None) -> tuple[ClassTotal, ...]:
        """What stands open now, by class, those without any left out."""

    @abstractmethod
    async def explain(
        self,
        id: UUID,  # noqa: A002
        explanation: Explanation,
        *,
        dry_run: bool,
    ) -> StatementIncident | NotExplained | NamesACashback | None:
        """Remember what a person says and close the incident; None: there is none.

        The incident as it is then; with `dry_run` as it is now, and nothing is done. Of two at once
        one is told that it is closed. Nothing moves: the next statement does. Without
        `accept_risk` nothing is said against a reference that names a cashback: one that it spells
        as a whole, or, in part, that the incident is about or that is open.
        """
