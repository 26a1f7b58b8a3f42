"""Statement incidents, and how a person explains them.

What a reconciliation finds and no program may decide is an incident until a later statement, or a
person, explains it. What a person says is remembered for every later statement.
"""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final, Protocol
from uuid import UUID

from cashback_core.operating import MAX_NAME_CHARS, MAX_REASON_CHARS, is_plain_text
from cashback_core.ports import Position
from cashback_core.reconciliation.findings import FindingClass


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementIncident:
    """Something of a statement that waits for a person.

    `merchant` is the slug of the merchant whose cashback it is about; None for what is nobody's,
    which the platform and the command line alone see. `document` is masked. `line` is the line's
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

    `cashback_id` is named exactly when the line is OURS.
    """

    meaning: Meaning
    by: str
    reason: str
    cashback_id: UUID | None = None

    def __post_init__(self) -> None:
        if not is_plain_text(self.by, MAX_NAME_CHARS):
            raise ValueError(f"a person's name has 1 to {MAX_NAME_CHARS} printable characters")
        if not is_plain_text(self.reason, MAX_REASON_CHARS):
            raise ValueError(f"a reason has 1 to {MAX_REASON_CHARS} printable characters")
        if (self.meaning is Meaning.OURS) != (self.cashback_id is not None):
            raise ValueError("a cashback is named exactly when the line is ours")


class NotExplained(Enum):
    """Why an explanation was not taken."""

    CLOSED = "closed"
    """It was explained already, by a person or by a later statement."""
    NOT_A_LINE = "not_a_line"
    """It is about a cashback that is absent: no line is foreign or ours."""
    NOT_ABSENT = "not_absent"
    """It is about a line: say whose it is."""
    NO_SUCH_CASHBACK = "no_such_cashback"


def why_not_explained(incident: StatementIncident, explanation: Explanation) -> NotExplained | None:
    """Why an explanation does not go with an incident; None if it does."""
    if incident.closed_at is not None:
        return NotExplained.CLOSED
    about_absence = incident.cls is FindingClass.APPLIED_ABSENT
    if about_absence and explanation.meaning is not Meaning.KNOWN_ABSENT:
        return NotExplained.NOT_A_LINE
    if not about_absence and explanation.meaning is Meaning.KNOWN_ABSENT:
        return NotExplained.NOT_ABSENT
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTotal:
    """How many incidents of a class stand, and what they are worth."""

    cls: FindingClass
    count: int
    centavos: int


MAX_INCIDENTS_PAGE: Final = 200


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
        limit: int,
        after: Position | None,
    ) -> IncidentPage:
        """Up to `limit` incidents, oldest opened first, after a position."""

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
    ) -> StatementIncident | NotExplained | None:
        """Remember what a person says and close the incident; None: there is none.

        With `dry_run` only tell what would be done. Nothing moves: the next statement does.
        """
