"""The two sides of a reconciliation as it holds them: an entry of our book, a line of theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from hashlib import blake2b
from typing import TYPE_CHECKING

from cashback_core.delivery.states import Status
from cashback_core.sales.erased import is_pseudonym

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from cashback_core.reconciliation.statements import StatementLine


@dataclass(frozen=True, slots=True, kw_only=True)
class BookEntry:
    """A cashback as the reconciliation sees it.

    `first_started_at` and `last_started_at` are its attempts', both None before the first;
    `confirmed_at` is when its ERP confirmed it, if it was to be confirmed later.
    `version` counts its moves: a decision holds only for the version that it was made of.
    `rounds` counts how often it was proved unpaid since an operator last acted on it, the first
    time at `first_round_at`.
    """

    id: UUID
    merchant_id: int
    document: str
    cashback_centavos: int
    status: Status
    accepted_at: datetime
    first_started_at: datetime | None = None
    last_started_at: datetime | None = None
    applied_at: datetime | None = None
    confirmed_at: datetime | None = None
    version: int = 0
    rounds: int = 0
    first_round_at: datetime | None = None

    @property
    def is_erased(self) -> bool:
        """Whether its customer was erased: nobody here knows any more whom a line should name."""
        return is_pseudonym(self.document)

    @property
    def may_be_forgotten(self) -> bool:
        """Whether a database that went back may have forgotten a confirmation and what it led to.

        It was to be confirmed later, was never tried as far as is known, and may be sent yet.
        """
        if self.first_started_at is not None:
            return False
        confirmed = self.confirmed_at is not None and self.status in {Status.PENDING, Status.HELD}
        return confirmed or self.status is Status.UNCONFIRMED


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanations:
    """What persons said of lines and of cashbacks, remembered for every later statement.

    `lines` tells for the key of a line (`line_key`) whose credit it is, None for a foreign one;
    several meanings are those of as many lines that read the same. `said_at` tells, in the same
    order, when each was said: of a line without an instant it holds until another cashback is
    tried, whose credit may read the same; where nothing is told it holds for ever. `absent` are
    applied cashbacks of which it is known that no statement tells them.
    """

    lines: Mapping[str, tuple[UUID | None, ...]]
    said_at: Mapping[str, tuple[datetime, ...]] = field(
        default_factory=dict[str, "tuple[datetime, ...]"]
    )
    absent: frozenset[UUID] = frozenset()


NOTHING_EXPLAINED = Explanations(lines={})


def is_date_alone(credited_at: datetime | None) -> bool:
    """Whether an instant may be a date: some statements carry no time of day."""
    return credited_at is not None and credited_at.time() == time.min


def line_key(line: StatementLine) -> str:
    """The same for a line on every statement that tells it, and no other line's: 32 hex digits.

    It is a hash of the whole document, whose repr is masked: of two buyers' equal credits, which
    a batch tells with one instant, one would be taken for the other. So an erasure seals it, and
    of a line that it changed the sealed one is told.
    """
    if line.was is not None:
        return line.was.line
    at = None if line.credited_at is None else line.credited_at.timestamp()
    document = None if line.document is None else str(line.document)
    told = (line.kind, document, line.cashback_centavos, at, line.reference, line.problem)
    return _hashed(told if line.doubtful is None else (*told, line.doubtful))


def credit_key(line: StatementLine) -> str | None:
    """The same for lines of one kind, document and amount, however their instants are told.

    None where a document or an amount could not be read: that is alike to nothing.
    """
    if line.was is not None:
        return line.was.credit
    if line.document is None or line.cashback_centavos is None:
        return None
    return _hashed((line.kind, str(line.document), line.cashback_centavos))


def _hashed(told: tuple[object, ...]) -> str:
    spelt = repr(told)
    return blake2b(spelt.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
