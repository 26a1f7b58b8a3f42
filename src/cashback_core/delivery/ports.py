"""What the domain asks of the world: each port is a conversation, each method one promise."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from cashback_core.delivery.evidence import Evidence, Outcome
from cashback_core.delivery.record import History, Record, Standing
from cashback_core.delivery.states import Actor, Status
from cashback_core.delivery.waiting import Waiting
from cashback_core.reconciliation.statements import StatementHead, StatementLine
from cashback_core.sales.calculation import Cashback
from cashback_core.sales.catalogue import Catalogue
from cashback_core.sales.content import Difference
from cashback_core.sales.programme import Programme
from cashback_core.sales.sale import Sale
from cashback_core.sales.same_sale import EqualContent, Meaning, NameKind
from cashback_core.sales.validation import SaleRules
from cashback_core.values.documents import Cpf
from cashback_core.values.names import NameDifference


class StoreUnavailable(Exception):  # noqa: N818 (named by what is wrong)
    """The database cannot be reached or does not answer: nothing is known to be stored.

    After an `accept` the sale may be stored all the same, never sent; the same sale, sent again
    under its name, gets the right answer.
    """


class UnusableTerms(StoreUnavailable):
    """What is stored of a merchant cannot be used on this machine: others of theirs may answer."""


class UnsendablePayment(ValueError):  # noqa: N818 (named by what is wrong)
    """A payment that no request can be made of: nothing was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One credit asked of the provider; `reference` is the same for every attempt."""

    reference: str
    document: Cpf
    cashback_centavos: int


class Provider(Protocol):
    """The party that pays the customer. It promises no idempotency and offers no look-up."""

    @abstractmethod
    async def credit(self, payment: Payment) -> Evidence:
        """Ask once, within the client's deadline, and tell what was seen.

        Never raises for anything that the provider or the network does, and never asks twice.
        Raises UnsendablePayment, before anything is sent.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Close every connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a merchant lays down: its rules for sales and its cashback programme.

    `catalogue` holds the products that were asked for, and no others. `equal_content` says which
    of its sales may have the content of another one.
    """

    merchant_id: int
    rules: SaleRules
    programme: Programme
    catalogue: Catalogue = field(default_factory=Catalogue)
    equal_content: EqualContent = EqualContent.SALE_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A valid sale to be recorded under its names.

    With `lease_s` the first attempt is claimed in the same commit; without, the cashback stays
    pending for a worker. With `replay_only` it is looked for under its names and never recorded
    anew. `raw_body` is the request as it came, `submitted_by` whoever sent it, `group` the one that
    it comes under for ever, None its sender's own. With `reads_only` its sender may read that
    group's records alone.
    `equal_content` is the merchant's; `name_difference` says what becomes of it when its CPF is
    known under another person's name. With `whole_names` only the whole name is the same person's,
    unless it became known by a sale of the group that its sender reads.
    """

    id: UUID
    merchant_id: int
    sale: Sale
    cashback: Cashback
    idempotency_key: str | None
    raw_body: bytes = field(repr=False)
    lease_s: float | None
    replay_only: bool = False
    submitted_by: str | None = None
    group: str | None = None
    reads_only: str | None = None
    equal_content: EqualContent = EqualContent.SALE_ID
    name_difference: NameDifference = NameDifference.REFUSE
    whole_names: bool = False

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A lease on one attempt: nobody else sends for this cashback until the lease is over.

    `started_at` tells a worker's claim from another's of the same number: one whose commit came to
    nothing must not speak for the attempt that somebody else made later. None for the API's first
    attempts, of which each cashback has one at most.
    """

    id: UUID
    merchant_id: int
    attempt: int
    document: Cpf
    cashback_centavos: int
    started_at: datetime | None = field(default=None, compare=False)


class ClaimsUnacknowledged(StoreUnavailable):
    """The commit of these claims was not acknowledged: nothing may be sent for them."""

    def __init__(self, claims: tuple[Claim, ...]) -> None:
        super().__init__(f"{len(claims)} claims were not acknowledged")
        self.claims = claims


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptResult:
    """How a claimed attempt ended, to be recorded whatever became of the cashback meanwhile."""

    claim: Claim
    outcome: Outcome
    evidence: Evidence
    deliverer: Actor
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RateVersion:
    """One of the rates that a product type has had: versions count from 1 for each type."""

    type: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilter:
    """Which records to list; instants bound `sold_at`, from inclusive, to exclusive.

    `group` wants those that came under it. `name_differs` wants those whose name was noted as
    another person's, or the others. `rate` wants those of which a line earned a version of a
    type's rate; they come in the order of their ids, which tell when they were made.
    """

    status: Status | None = None
    document: Cpf | None = None
    sold_from: datetime | None = None
    sold_to: datetime | None = None
    group: str | None = None
    name_differs: bool | None = None
    rate: RateVersion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a page ended: lists are in the order of acceptance, then by id."""

    accepted_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Records and the position to go on from, None at the end and only there."""

    records: tuple[Record, ...]
    next: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A time in which a process sent nothing on purpose: `lasted_s` seconds until now, so far."""

    id: UUID
    lasted_s: float


class StatementUnavailable(Exception):  # noqa: N818 (named by what is wrong)
    """The provider's statement cannot be had, or is none."""


class StatementReading(Protocol):
    """One statement, read once from its first line to its last."""

    @abstractmethod
    def lines(self) -> AsyncIterator[list[StatementLine]]:
        """Its lines in their order, at most MAX_BATCH at once; the event loop turns in between.

        Raises StatementUnavailable, be it after thousands of lines: then none of them counts.
        """

    @property
    @abstractmethod
    def head(self) -> StatementHead:
        """What the provider declares of it. Raises RuntimeError before the last line was read."""


class Statements(Protocol):
    """The provider's own list of what it credited."""

    @abstractmethod
    def since(self, instant: datetime) -> AbstractAsyncContextManager[StatementReading]:
        """Every credit from an aware instant on, as far as the provider declares it complete."""

    @abstractmethod
    async def aclose(self) -> None:
        """Close every connection."""


class CashbackStore(Protocol):
    """Where sales and cashbacks live. One method is one transaction.

    Every method raises StoreUnavailable when the database is away.
    """

    @abstractmethod
    async def terms(self, merchant_id: int) -> Terms | None:
        """A merchant's terms as of at most 60 s ago; None for an unknown merchant."""

    @abstractmethod
    async def catalogue(self, merchant_id: int, skus: Collection[str]) -> Catalogue:
        """Those products of a merchant that exist, with every period, as of at most 60 s ago."""

    @abstractmethod
    def forget_terms(self, merchant_id: int) -> None:
        """Ask anew for what a merchant lays down, terms and products, when it is wanted next."""

    @abstractmethod
    async def known_name(
        self, merchant_id: int, document: Cpf, *, told_by: str | None = None
    ) -> str | None:
        """The name that a merchant's customer is known by; None for somebody new.

        With `told_by` only a name that a sale of this group has told, letter for letter.
        """

    @abstractmethod
    async def accept(self, submission: Submission) -> Acceptance:
        """Record a sale, its names, its customer, its cashback and, if asked, its first lease.

        While the sender is paused no lease is given: the cashback stays pending. So it does while
        a stop stands against the merchant or a type of the sale, and above one of the merchant's
        ceilings it is held (`brakes.intake`): both by what is committed, whatever is remembered
        here, and the record says what it waits for.

        A CPF keeps the name it first came with; `names.same_person` compares it with the sale's,
        or `names.same_name` (`Submission.whole_names`).

        A sale whose lines do not follow the terms in force is not recorded: TermsChanged, and
        the next `terms` and `catalogue` are fresh.

        Which sale it means, `same_sale.which_sale` decides, on names that have one owner each by
        unique keys, whoever else writes at the same moment. A refused submission leaves no name,
        and no other trace but that of a ContentTaken or a Collided, for operators.
        """

    @abstractmethod
    async def meaning(
        self,
        merchant_id: int,
        sale: Sale,
        *,
        idempotency_key: str | None,
        equal_content: EqualContent,
        reads_only: str | None = None,
    ) -> Meaning:
        """Which sale would be meant now by a request of that key; nothing is stored.

        With `reads_only` by somebody who reads that group's records alone.
        """

    @abstractmethod
    async def same_request(
        self,
        merchant_id: int,
        raw_body: bytes,
        *,
        idempotency_key: str | None,
        sale_id: str | None,
        reads_only: str | None = None,
    ) -> Record | None:
        """The record of this very request, byte for byte, if it has one of these names.

        Found by the sale id alone, it goes by the key, too, from then on, as any repeat does. With
        `reads_only` none but that group's is known.
        """

    @abstractmethod
    async def conclude(self, result: AttemptResult) -> Standing:
        """Record how an attempt ended, move its cashback by `delivery.conclude`, tell its standing.

        May be called again with the same result: the second call changes nothing. Raises
        LookupError when no such attempt of this deliverer and claim is recorded.
        """

    @abstractmethod
    async def claim_due(
        self, *, limit: int, lease_s: float, excluding: Collection[str] = ()
    ) -> tuple[Claim, ...]:
        """Lease the next attempt of up to `limit` pending cashbacks that are due, oldest first.

        Those of the documents in `excluding` are passed over, and those that a stop holds back;
        while the sender is paused there are none. Raises ClaimsUnacknowledged when the leases may
        be stored or not: they must not be used.
        """

    @abstractmethod
    async def next_due_s(self) -> float | None:
        """Seconds until the earliest pending cashback is due, 0 if one is, None without any.

        What a claim found held back by a stop counts for none, until it is resumed.
        """

    @abstractmethod
    async def resume(self, *, limit: int) -> bool:
        """Let what stops held back, and hold back no more, be due now: about `limit` of them.

        True when there may be more to do at once. What stops still hold back is looked at in
        strides, each call going on where the one before it stopped.
        """

    @abstractmethod
    async def note_pause(self, pause: Pause) -> None:
        """Remember, or prolong, a time in which this process sent nothing on purpose.

        It does not count towards giving up.
        """

    @abstractmethod
    async def reap(self, *, limit: int) -> int:
        """Move cashbacks whose lease has run out to in_doubt; how many were moved."""

    @abstractmethod
    async def find(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        group: str | None = None,
    ) -> Record | None:
        """One record of a merchant; with `group` only if it came under that one."""

    @abstractmethod
    async def history(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        group: str | None = None,
    ) -> History | None:
        """One record of a merchant with its attempts and events, under the same condition."""

    @abstractmethod
    async def page(
        self, merchant_id: int, wanted: RecordFilter, *, limit: int, after: Position | None
    ) -> Page:
        """Records of a merchant, newest accepted first, after a position.

        As many as `pages.fitting` says of their lines: fewer than `limit` may be followed by more.
        """

    @abstractmethod
    async def waits(self, merchant_id: int, ids: Collection[UUID]) -> Mapping[UUID, Waiting]:
        """Why those of a merchant's cashbacks that wait do; the others are not in it."""
