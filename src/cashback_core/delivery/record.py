"""What the gateway remembers of a cashback and tells about it."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from cashback_core.delivery.evidence import ProviderAnswer
from cashback_core.delivery.states import Actor, Status
from cashback_core.delivery.waits import Waiting
from cashback_core.sales.calculation import Cashback
from cashback_core.sales.sale import Sale
from cashback_core.sales.same_sale import may_read
from cashback_core.values.documents import BuyerDocument
from cashback_core.values.pages import Position
from cashback_core.values.unchecked import unchecked


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a cashback's payment stands; `provider` is the answer to the latest attempt, if any."""

    status: Status
    attempt: int
    applied_at: datetime | None = None
    provider: ProviderAnswer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A recorded sale with its cashback and where the payment stands; instants are aware UTC.

    Its key and sale id are those that it was told first. `same_content_as` is the first sale with
    its content, if it was taken for another one all the same. `name_differs`: its CPF was known
    under another person's name, which the merchant lets pass. `submitted_by` sent it, `group` is
    the one that it came under, `equal_group` that of the first with its content; None is nobody's.
    `waiting` tells the brake that it waits for, if it does.
    """

    id: UUID
    merchant_id: int
    sale: Sale
    cashback: Cashback
    accepted_at: datetime
    standing: Standing
    same_content_as: UUID | None = None
    name_differs: bool = False
    submitted_by: str | None = None
    group: str | None = None
    equal_group: str | None = None
    waiting: Waiting | None = None

    @property
    def status(self) -> Status:
        """The present status."""
        return self.standing.status

    def at(self, standing: Standing) -> Record:
        """The same record with another standing; what it waited for is over when it moves."""
        return _record(
            id=self.id,
            merchant_id=self.merchant_id,
            sale=self.sale,
            cashback=self.cashback,
            accepted_at=self.accepted_at,
            standing=standing,
            same_content_as=self.same_content_as,
            name_differs=self.name_differs,
            submitted_by=self.submitted_by,
            group=self.group,
            equal_group=self.equal_group,
            waiting=self.waiting if standing.status is self.status else None,
        )

    def as_told(self, reads_only: str | None) -> Record:
        """The same record without the id of a sale that this reader may not read."""
        if self.same_content_as is None or may_read(reads_only, self.equal_group):
            return self
        return replace(self, same_content_as=None, equal_group=None)


_record: Final = unchecked(Record)
"""A sale is told as accepted and as its wait left it: `replace` takes eight times as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One call to the provider, or the will to make it; `result` is None while it is open."""

    attempt: int
    deliverer: Actor
    started_at: datetime
    lease_until_at: datetime
    ended_at: datetime | None
    result: str | None
    reason: str | None
    provider: ProviderAnswer | None
    elapsed_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """One move of a cashback; replaying all of them, in order, gives its present status.

    `actor_name` tells which operator it was; it is None for every other actor.
    """

    sequence: int
    at: datetime
    actor: Actor
    from_status: Status | None
    to_status: Status
    attempt: int
    reason: str
    actor_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A record with everything that happened to it."""

    record: Record
    attempts: tuple[AttemptRecord, ...]
    events: tuple[EventRecord, ...]

    def as_told(self, reads_only: str | None) -> History:
        """The same history with its record as this reader may have it."""
        return replace(self, record=self.record.as_told(reads_only))


@dataclass(frozen=True, slots=True, kw_only=True)
class RateVersion:
    """One of the rates that a product type has had: versions count from 1 for each type."""

    type: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilter:
    """Which records to list; `…_from` bounds an instant inclusively, `…_to` exclusively.

    `statuses` wants one of them, none wants any. `group` wants those that came under it.
    `sale_id` and `idempotency_key` want the sale that tells, or told, this name; `access_key` the
    one whose sale id is that fiscal document's. `name` wants those of whose customer's name it is
    (`values.name_search`). `name_differs` wants those whose name was noted as another person's,
    or the others. `type` wants those of which a line has that type, `rate` those of which a line
    earned a version of a type's rate. `store` wants those that told it; `invoice_…` those whose
    sale id is a fiscal document's access key that says so: of an issuer, of a month ("2026-01"),
    with that series and number. Amounts are centavos, both ends inclusive. `suspected` wants those
    that an open incident of the statement is about, `incident` those that this one is about.
    """

    statuses: frozenset[Status] = frozenset()
    document: BuyerDocument | None = None
    sale_id: str | None = None
    idempotency_key: str | None = None
    access_key: str | None = None
    name: str | None = None
    sold_from: datetime | None = None
    sold_to: datetime | None = None
    accepted_from: datetime | None = None
    accepted_to: datetime | None = None
    applied_from: datetime | None = None
    applied_to: datetime | None = None
    changed_from: datetime | None = None
    changed_to: datetime | None = None
    group: str | None = None
    name_differs: bool | None = None
    type: str | None = None
    rate: RateVersion | None = None
    store: str | None = None
    min_cashback_centavos: int | None = None
    max_cashback_centavos: int | None = None
    min_total_centavos: int | None = None
    max_total_centavos: int | None = None
    suspected: bool = False
    incident: UUID | None = None
    invoice_cnpj: str | None = None
    invoice_month: str | None = None
    invoice_series: int | None = None
    invoice_number: int | None = None


class RecordInstant(StrEnum):
    """An instant of a record that lists are in the order of, and ranges bound."""

    SOLD = "sold_at"
    ACCEPTED = "accepted_at"
    APPLIED = "applied_at"
    """When the provider paid; what is not paid has none, and is in no list in this order."""
    CHANGED = "changed_at"
    """When the payment's latest event was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOrder:
    """By an instant, and by the id where that is equal."""

    by: RecordInstant = RecordInstant.ACCEPTED
    descending: bool = True


NEWEST: Final = RecordOrder()
"""Newest accepted first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTotal:
    """How many records a search finds, what their cashbacks are worth, and their sales."""

    count: int
    cashback_centavos: int
    sales_centavos: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """Records and the position to go on from, None at the end and only there."""

    records: tuple[Record, ...]
    next: Position | None
