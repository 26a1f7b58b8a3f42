"""What is submitted to the store, and what it may say of it."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from cashback_core.delivery.record import Record
from cashback_core.sales.calculation import Cashback
from cashback_core.sales.content import Difference
from cashback_core.sales.rules import NumberScope
from cashback_core.sales.sale import Sale
from cashback_core.sales.same_sale import EqualContent, NameKind
from cashback_core.values.names import NameDifference


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A valid sale to be recorded under its names.

    With `lease_s` the first attempt is claimed in the same commit; without, the cashback stays
    pending for a worker. With `confirm_within` it is unconfirmed, and void after that time: it is
    given no lease, asks no brake and counts in no day. With `as_recorded` it is history: recorded
    for good, with no lease, no brake and in no day, and never sent. With `replay_only` it is looked
    for under its names and never recorded anew. `raw_body` is the request as it came,
    `submitted_by` whoever sent it, `group` the one that it comes under for ever, None its sender's
    own. With `reads_only` its sender may read that group's records alone.
    `equal_content` and `numbers` are the merchant's; `name_difference` says what becomes of it when
    its document is known under another person's name. With `whole_names` only the whole name is the
    same person's, unless it became known by a sale of the group that its sender reads.
    """

    id: UUID
    merchant_id: int
    sale: Sale
    cashback: Cashback
    idempotency_key: str | None
    raw_body: bytes = field(repr=False)
    lease_s: float | None
    confirm_within: timedelta | None = None
    as_recorded: bool = False
    replay_only: bool = False
    submitted_by: str | None = None
    group: str | None = None
    reads_only: str | None = None
    equal_content: EqualContent = EqualContent.SALE_ID
    name_difference: NameDifference = NameDifference.REFUSE
    numbers: NumberScope = NumberScope.MERCHANT
    whole_names: bool = False

    def __post_init__(self) -> None:
        if self.as_recorded and (self.lease_s, self.confirm_within) != (None, None):
            raise ValueError("history is neither sent nor confirmed")

    @property
    def is_unconfirmed(self) -> bool:
        """Whether it is recorded as unconfirmed: what earns nothing has nothing to confirm."""
        return self.confirm_within is not None and self.cashback.cashback_centavos > 0

    @property
    def is_history(self) -> bool:
        """Whether it is recorded as history: what earns nothing is not due, whenever it was."""
        return self.as_recorded and self.cashback.cashback_centavos > 0

    @property
    def asks_brakes(self) -> bool:
        """Whether it is to be paid as soon as it is recorded: brakes and days are asked for it."""
        return not self.is_unconfirmed and not self.as_recorded

    @property
    def comes_under(self) -> str | None:
        """The group that its record goes by; None is nobody's."""
        return self.submitted_by if self.group is None else self.group


@dataclass(frozen=True, slots=True)
class Accepted:
    """The sale is committed; with status `sending` the caller holds the lease of attempt 1."""

    record: Record


@dataclass(frozen=True, slots=True)
class Repeated:
    """The sale was recorded before; at most a further name of it was stored."""

    record: Record


@dataclass(frozen=True, slots=True)
class NameTaken:
    """A name belongs to a recorded sale, and not to this one; nothing was stored."""

    kind: NameKind
    record: Record
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class ContentTaken:
    """The content is a recorded sale's, and no name says that this is another one.

    Nothing was stored but that it was refused.
    """

    record: Record


@dataclass(frozen=True, slots=True)
class Collided:
    """A name is a recorded sale's that the sender may not read.

    Nothing was stored but that it was refused.
    """

    kind: NameKind


@dataclass(frozen=True, slots=True)
class CustomerNameMismatch:
    """The CPF is known under another person's name; nothing was stored."""


@dataclass(frozen=True, slots=True)
class NotRecorded:
    """Nothing goes by any of its names, and as a new sale it is not taken; nothing was stored."""


@dataclass(frozen=True, slots=True)
class TermsChanged:
    """Its terms are out of date: a type, a rate or a product is gone; nothing was stored."""


Acceptance = (
    Accepted
    | Repeated
    | NameTaken
    | ContentTaken
    | Collided
    | CustomerNameMismatch
    | NotRecorded
    | TermsChanged
)
