"""Three sides of a merchant's day: its ERP's file, our records, the provider's statement.

Every line of the file and every record is in exactly one class of the ERP's side, and whatever of
the provider's statement is a record's stands beside it in the class that the reconciliation gave
it.
"""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from cashback_core.reconciliation.findings import FindingClass
from cashback_core.sales.erased import is_pseudonym

SECOND: Final = timedelta(seconds=1)
"""Files tell no fraction of it: instants that differ by less are one."""

EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


class ErpClass(StrEnum):
    """What a line of an ERP's day file, a record of ours, or the two together are."""

    EQUAL = "equal"
    """Told and recorded alike, as far as the file tells."""
    DIFFERS = "differs"
    """One sale, told otherwise than it is recorded."""
    NOT_ARRIVED = "not_arrived"
    """On the file and not here, and it may still come: no exception."""
    NEVER_ARRIVED = "never_arrived"
    """On the file, not here, and too old to be taken any more."""
    NOT_TOLD = "not_told"
    """Recorded here, and not on the file of its day."""
    TOLD_TWICE = "told_twice"
    """One more line of a sale that has its own."""
    UNREADABLE = "unreadable"
    """A line that could be any sale's."""


NEED_SOMEBODY: Final = frozenset(ErpClass) - {ErpClass.EQUAL, ErpClass.NOT_ARRIVED}
"""Classes that are differences until a later file, a later run or a person ends them."""


class WhyDiffers(StrEnum):
    """Why a line and its record differ, where it can be told."""

    RATE_VERSION = "rate_version"
    """The ERP reckoned by another version of a rate."""
    ROUNDING = "rounding"
    """It rounds otherwise, or rounds each line."""
    TOLERANCE = "tolerance"
    """It tells the sum that the merchant's tolerance let pass otherwise."""
    DISCOUNT = "discount"
    """It takes a discount off elsewhere, or not at all."""
    NAME = "name"
    """Another customer's name."""
    DUPLICATE = "duplicate"
    """One sale stands twice: on the file, or here under two names."""
    DOCUMENT = "document"
    """Another customer's document."""
    TOTAL = "total"
    """Another total."""
    INSTANT = "instant"
    """Another instant."""
    STORE = "store"
    """Another store."""
    MASKED = "masked"
    """Documents masked in more ways than are looked at: whoever goes with whom stays apart."""
    UNKNOWN = "unknown"
    """Another cashback, and nothing that is known here leads to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credited:
    """What the provider's side tells of one cashback: its class, lines, and their net centavos."""

    cls: FindingClass
    lines: int = 0
    centavos: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpLine:
    """A sale as its ERP's day file tells it; what it does not tell is None, and is not compared.

    `record` is the sale of ours that its own number names, if any. Without a number (`name`) it is
    looked for by who, when and how much. `document` is whole, masked (`*`, `X` or `x` for what is
    hidden), or None. `problem` says why it cannot be read.
    """

    number: int
    name: str | None = None
    record: UUID | None = None
    store: str | None = None
    document: str | None = field(default=None, repr=False)
    customer_name: str | None = field(default=None, repr=False)
    sold_at: datetime | None = None
    total_centavos: int | None = None
    discount_centavos: int | None = None
    cashback_centavos: int | None = None
    problem: str | None = None

    @property
    def cannot_be_found(self) -> bool:
        """Whether nothing on it says which sale it is."""
        unnamed = self.name is None and self.record is None
        return unnamed and (self.sold_at is None or self.total_centavos is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRecord:
    """A sale of ours with its cashback, and what the provider's side tells of it.

    `document` is None where nobody was told, a pseudonym once its customer was erased.
    `difference_centavos` is what of the total the merchant's tolerance let pass. `equal_to` is the
    record that has its content, when it was taken for another sale.
    """

    id: UUID
    document: str | None = field(repr=False)
    customer_name: str | None = field(default=None, repr=False)
    store: str | None = None
    sold_at: datetime
    total_centavos: int
    discount_centavos: int = 0
    difference_centavos: int = 0
    cashback_centavos: int
    equal_to: UUID | None = None
    provider: Credited | None = None

    @property
    def is_erased(self) -> bool:
        """Whether nobody here knows any more who bought."""
        return self.document is not None and is_pseudonym(self.document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A line, a record, or both, and what they are; `about` is the record of a line told again."""

    cls: ErpClass
    line: ErpLine | None = None
    record: DayRecord | None = None
    about: DayRecord | None = None
    whys: tuple[WhyDiffers, ...] = ()

    @property
    def key(self) -> datetime:
        """By which a range holds it: its record's instant, or the line's own."""
        of = self.record or self.about or self.line
        assert of is not None
        return of.sold_at or EARLIEST


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRange:
    """From `begins_at` on and before `ends_at`, None for no bound; both are whole seconds.

    Whatever the cuts, every line and record is in one range: a part may be merged alone, and what
    parts tell adds up to what the whole does.
    """

    begins_at: datetime | None = None
    ends_at: datetime | None = None

    def __post_init__(self) -> None:
        if any(at is not None and at.microsecond for at in (self.begins_at, self.ends_at)):
            raise ValueError("a range is cut at whole seconds: an instant's fraction parts no pair")

    def holds(self, key: datetime) -> bool:
        """Whether something of this key is of the range."""
        after = self.begins_at is None or key >= self.begins_at
        return after and (self.ends_at is None or key < self.ends_at)

    def cut(self, at: datetime) -> tuple[KeyRange, KeyRange]:
        """What is before an instant, and what is not."""
        return (
            KeyRange(begins_at=self.begins_at, ends_at=at),
            KeyRange(begins_at=at, ends_at=self.ends_at),
        )


EVERYTHING: Final = KeyRange()
