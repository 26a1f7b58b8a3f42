"""The cashback store in memory: every promise of the port, on a clock that the test turns."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cashback_core.delivery.brakes import (
    AS_HISTORY,
    HELD,
    NO_BRAKES,
    REASONS,
    TO_BE_CONFIRMED,
    Ceilings,
    StandingBrakes,
    WaitsFor,
    intake,
    merchant_day,
)
from cashback_core.delivery.evidence import read_answer
from cashback_core.delivery.leases import AttemptResult, Claim, Pause
from cashback_core.delivery.record import (
    NEWEST,
    AttemptRecord,
    EventRecord,
    History,
    Record,
    RecordFilter,
    RecordOrder,
    RecordPage,
    RecordTotal,
    Standing,
)
from cashback_core.delivery.search import SearchWay, way_of
from cashback_core.delivery.states import (
    TRANSITIONS,
    Actor,
    DeliveryPolicy,
    Status,
    conclude,
)
from cashback_core.delivery.summaries import CustomerSummary, summary_of
from cashback_core.delivery.waits import PAUSE_FRESH, Facts, Waiting, Why, why_it_waits
from cashback_core.intake.acceptance import (
    Acceptance,
    Accepted,
    Collided,
    ContentTaken,
    CustomerNameMismatch,
    NameTaken,
    NotRecorded,
    Repeated,
    Submission,
    TermsChanged,
)
from cashback_core.intake.confirmation import (
    VOID_GRACE,
    Confirmation,
    ConfirmationExpired,
    Confirmed,
    NothingToConfirm,
    confirming,
)
from cashback_core.intake.equal_sales import MAX_LISTED, noted_name
from cashback_core.intake.known_names import fits
from cashback_core.intake.store import CashbackStore
from cashback_core.sales.catalogue import Catalogue
from cashback_core.sales.content import Particulars
from cashback_core.sales.effective_dates import counts_at
from cashback_core.sales.rules import NumberScope
from cashback_core.sales.same_sale import (
    Alike,
    Collision,
    Contradiction,
    EqualContent,
    EqualOutcome,
    EqualRefused,
    Meaning,
    Name,
    NameKind,
    NewSale,
    Owner,
    Repeat,
    may_read,
    names_of,
    which_sale,
)
from cashback_core.testing.memory_rows import (
    RESULTS,
    Incident,
    RefusedEqual,
    Row,
    delivery_of,
    end_of,
    paid_document,
)
from cashback_core.testing.memory_search import (
    counted,
    id_of,
    in_order,
    instant_of,
    is_wanted,
    numbered,
)
from cashback_core.values.access_keys import holds_buyer
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.documents import store_document
from cashback_core.values.names import NameDifference
from cashback_core.values.pages import Position, fitting

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from uuid import UUID

    from cashback_core.sales.sale import Sale
    from cashback_core.sales.terms import Terms
    from cashback_core.values.documents import BuyerDocument

__all__ = ["Incident", "MemoryStore", "Row"]


class MemoryStore(CashbackStore):
    """Decides like the database, at once and alone: nothing else runs inside a method.

    `away` makes every method fail; `lose_next_commit` stores the next sale and fails all the
    same, as when the connection breaks while the commit's answer is on its way.
    `may_be_credited` is what is known of statements and asked when a cashback is confirmed.
    """

    def __init__(
        self,
        terms: Mapping[int, Terms],
        *,
        now: Callable[[], datetime],
        policy: DeliveryPolicy | None = None,
        catalogues: Mapping[int, Catalogue] | None = None,
        void_grace: timedelta = VOID_GRACE,
    ) -> None:
        self.away = False
        self.lose_next_commit = False
        self.sender_paused = False
        self.rows: dict[tuple[int, UUID], Row] = {}
        self.told: list[tuple[int, UUID, int]] = []
        """Every move in the order in which it was made: merchant, cashback, sequence."""
        self.incidents: list[Incident] = []
        self.customers: dict[tuple[int, str], str] = {}
        self.document_of: Callable[[int, UUID], str | None] = self._document_of
        """A customer's document as it is stored: whoever keeps customers gives them their ids."""
        self._terms = dict(terms)
        self.catalogues = dict(catalogues or {})
        self._now = now
        self._policy = policy or DeliveryPolicy()
        self._void_grace = void_grace
        self.refused_equals: list[RefusedEqual] = []
        self._names: dict[tuple[int, Name], UUID] = {}
        self._alike_to: dict[UUID, tuple[UUID, ...]] = {}
        self.standing: dict[int, StandingBrakes] = {}
        self.stopped_at: dict[tuple[int, str | None], datetime] = {}
        self.past_stops: list[tuple[int, str | None, datetime, datetime]] = []
        self._pauses: dict[UUID, tuple[datetime, datetime]] = {}
        self.sender_released_at: datetime | None = None
        self.may_be_credited: Callable[[Row], bool] = lambda _: False
        self.suspected: set[UUID] = set()

    async def terms(self, merchant_id: int) -> Terms | None:
        await self._reach()
        return self._terms.get(merchant_id)

    def set_terms(self, terms: Terms) -> None:
        """Change what a merchant lays down."""
        self._terms[terms.merchant_id] = terms

    def forget_terms(self, merchant_id: int) -> None:
        """Nothing is remembered here."""

    async def catalogue(self, merchant_id: int, skus: Collection[str]) -> Catalogue:
        await self._reach()
        products = self.catalogues.get(merchant_id, Catalogue()).products
        return Catalogue({sku: products[sku] for sku in skus if sku in products})

    async def known_name(
        self, merchant_id: int, document: BuyerDocument, *, told_by: str | None = None
    ) -> str | None:
        await self._reach()
        known = self.customers.get((merchant_id, store_document(document)))
        if known is None or told_by is None or self._was_told_by(told_by, document, known):
            return known
        return None

    def _was_told_by(self, group: str | None, document: BuyerDocument, name: str) -> bool:
        return any(
            row.record.group == group
            and (customer := row.record.sale.customer) is not None
            and store_document(customer.document) == store_document(document)
            and customer.name == name
            for row in self.rows.values()
        )

    async def accept(self, submission: Submission) -> Acceptance:
        await self._reach()
        merchant_id, sale = submission.merchant_id, submission.sale
        names = names_of(sale, submission.idempotency_key, numbers=submission.numbers)
        meaning = self._meaning(
            merchant_id, sale, names, submission.equal_content, submission.reads_only
        )
        if not isinstance(meaning, NewSale):
            return self._known(submission, meaning)
        if submission.replay_only:
            return NotRecorded()
        if not self._follows_terms(submission):
            return TermsChanged()
        differs = self._is_another(submission)
        if differs and submission.name_difference is NameDifference.REFUSE:
            return CustomerNameMismatch()
        customer = sale.customer
        if customer is not None:
            key = (merchant_id, store_document(customer.document))
            self.customers.setdefault(key, customer.name)
        for name in names:
            self._names.setdefault((merchant_id, name), submission.id)
        if meaning.alike_to:
            self._alike_to[submission.id] = meaning.alike_to
        record = self._insert(submission, meaning, name_differs=differs)
        await asyncio.sleep(0)  # committed, and the answer is on its way
        if self.lose_next_commit:
            self.lose_next_commit = False
            raise StoreUnavailable("the commit's answer was lost")
        return Accepted(record)

    def _is_another(self, submission: Submission) -> bool:
        """Whether its customer is known by another person's name; nobody is."""
        customer = submission.sale.customer
        if customer is None:
            return False
        known = self.customers.get(
            (submission.merchant_id, store_document(customer.document)), customer.name
        )
        whole = submission.whole_names and not self._was_told_by(
            submission.reads_only, customer.document, known
        )
        return not fits(known, customer, whole=whole)

    async def meaning(
        self,
        merchant_id: int,
        sale: Sale,
        *,
        idempotency_key: str | None,
        equal_content: EqualContent,
        numbers: NumberScope = NumberScope.MERCHANT,
        reads_only: str | None = None,
    ) -> Meaning:
        await self._reach()
        names = names_of(sale, idempotency_key, numbers=numbers)
        return self._meaning(merchant_id, sale, names, equal_content, reads_only)

    async def same_request(
        self,
        merchant_id: int,
        raw_body: bytes,
        *,
        idempotency_key: str | None,
        sale_id: str | None,
        reads_only: str | None = None,
    ) -> Record | None:
        await self._reach()
        told = {NameKind.IDEMPOTENCY_KEY: idempotency_key, NameKind.SALE_ID: sale_id}
        names = [(kind, name) for kind, name in told.items() if name is not None]
        known = [name for name in names if (merchant_id, name) in self._names]
        if not known:
            return None
        row = self.rows[merchant_id, self._names[merchant_id, known[0]]]
        if row.submission.raw_body != raw_body or not may_read(reads_only, row.record.group):
            return None
        if not holds_buyer(names[0][1], row.record.sale.document):
            self._names.setdefault((merchant_id, names[0]), row.record.id)
        return row.record

    def set_ceilings(self, merchant_id: int, ceilings: Ceilings) -> None:
        """Change a merchant's ceilings."""
        standing = self.standing.get(merchant_id, NO_BRAKES)
        zone = str(self._terms[merchant_id].rules.zone)
        self.standing[merchant_id] = replace(standing, ceilings=ceilings, zone=zone)

    def put_stop(self, merchant_id: int, type_: str | None) -> None:
        """Stop a type of a merchant, or all of it."""
        self.stopped_at.setdefault((merchant_id, type_), self._now())
        self._note_stops(merchant_id)

    def lift_stop(self, merchant_id: int, type_: str | None) -> None:
        """Lift a stop that stands."""
        since = self.stopped_at.pop((merchant_id, type_))
        self.past_stops.append((merchant_id, type_, since, self._now()))
        self._note_stops(merchant_id)

    async def confirm(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        group: str | None = None,
    ) -> Confirmation | None:
        await self._reach()
        row = self._row(merchant_id, id, group)
        if row is None:
            return None
        if row.status is Status.VOID:
            return ConfirmationExpired()
        if row.status is not Status.UNCONFIRMED:
            return NothingToConfirm(self._as_read(row))
        suspected = self.may_be_credited(row)
        move = confirming(self._intake(row.submission), self._now(), suspected=suspected)
        row.open_since_at = self._now()
        self._move(row, move.to, move.actor, move.reason, due_at=move.due_at)
        return Confirmed(self._as_read(row))

    async def void_expired(self, *, limit: int) -> int:
        await self._reach()
        if self.sender_paused:
            return 0
        over = self._now() - self._void_grace
        late = [
            row
            for row in self.rows.values()
            if row.status is Status.UNCONFIRMED and row.due_at and row.due_at <= over
        ]
        late.sort(key=lambda row: row.due_at or self._now())
        for row in late[:limit]:
            self._move(row, Status.VOID, Actor.WORKER, "not confirmed in its time")
        return len(late[:limit])

    async def resume(self, *, limit: int) -> bool:  # noqa: ARG002 (nothing is put off here)
        await self._reach()
        return False

    async def conclude(self, result: AttemptResult) -> Standing:
        await self._reach()
        claim, now = result.claim, self._now()
        row = self.rows.get((claim.merchant_id, claim.id))
        if row is None or not 1 <= claim.attempt <= len(row.attempts):
            raise LookupError(f"attempt {claim.attempt} of {claim.id}")
        before = row.attempts[claim.attempt - 1]
        another = claim.started_at not in {None, before.started_at}
        if another or before.deliverer is not result.deliverer:
            raise LookupError(f"attempt {claim.attempt} of {claim.id} is somebody else's")
        if before.result is not None:
            return row.record.standing
        standing = row.record.standing
        delivery = delivery_of(row, self._paused(row, now))
        conclusion = conclude(delivery, end_of(result, now), self._policy)
        answer = read_answer(result.evidence)
        row.attempts[claim.attempt - 1] = replace(
            before,
            ended_at=now,
            result=RESULTS[type(result.outcome)],
            reason=result.evidence.reason,
            provider=answer,
            elapsed_s=result.evidence.ended_s,
        )
        if claim.attempt == standing.attempt and standing.status is not Status.APPLIED:
            row.record = row.record.at(replace(standing, provider=answer))
        if conclusion.incident is not None:
            self.incidents.append(
                Incident(id=claim.id, attempt=claim.attempt, what=conclusion.incident)
            )
        if conclusion.move is not None:
            move = conclusion.move
            self._move(row, move.to, move.actor, move.reason, due_at=move.due_at)
        return row.record.standing

    async def claim_due(
        self, *, limit: int, lease_s: float, excluding: Collection[BuyerDocument] = ()
    ) -> tuple[Claim, ...]:
        await self._reach()
        if self.sender_paused:
            return ()
        now = self._now()
        due = [
            row
            for row in self.rows.values()
            if row.status is Status.PENDING
            and row.due_at is not None
            and row.due_at <= now
            and row.record.sale.document not in excluding
            and self.stop_of(row.record) is None
        ]
        due.sort(key=lambda row: row.due_at or now)
        return tuple(self._lease(row, lease_s, Actor.WORKER, "due") for row in due[:limit])

    async def next_due_s(self) -> float | None:
        await self._reach()
        due = [
            row.due_at
            for row in self.rows.values()
            if row.status is Status.PENDING
            and row.due_at is not None
            and self.stop_of(row.record) is None
        ]
        return max(0.0, (min(due) - self._now()).total_seconds()) if due else None

    async def note_pause(self, pause: Pause) -> None:
        await self._reach()
        now = self._now()
        began_at, _ = self._pauses.get(pause.id, (now - timedelta(seconds=pause.lasted_s), now))
        self._pauses[pause.id] = (began_at, now)

    async def reap(self, *, limit: int) -> int:
        await self._reach()
        now = self._now()
        late = [
            row
            for row in self.rows.values()
            if row.lease_until_at is not None and row.lease_until_at < now
        ]
        for row in late[:limit]:
            self._move(row, Status.IN_DOUBT, Actor.REAPER, "the lease ran out")
        return len(late[:limit])

    async def find(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        group: str | None = None,
    ) -> Record | None:
        await self._reach()
        row = self._row(merchant_id, id, group)
        return None if row is None else self._as_read(row)

    async def history(
        self,
        merchant_id: int,
        id: UUID,  # noqa: A002
        *,
        group: str | None = None,
    ) -> History | None:
        await self._reach()
        row = self._row(merchant_id, id, group)
        if row is None:
            return None
        return History(
            record=self._as_read(row), attempts=tuple(row.attempts), events=tuple(row.events)
        )

    async def page(
        self,
        merchant_id: int,
        wanted: RecordFilter,
        *,
        limit: int,
        after: Position | None,
        order: RecordOrder = NEWEST,
        now: datetime | None = None,
    ) -> RecordPage:
        await self._reach()
        rows = in_order(
            self._found(merchant_id, wanted),
            order,
            by_id=way_of(wanted, order, now=now or self._now()) is SearchWay.RATE,
            after=after,
        )
        count = fitting((len(row.record.sale.lines) for row in rows), limit=limit)
        last = instant_of(rows[count - 1], order.by) if len(rows) > count else None
        return RecordPage(
            records=tuple(self._as_read(row) for row in rows[:count]),
            next=None if last is None else Position(at=last, id=rows[count - 1].record.id),
        )

    async def total(
        self,
        merchant_id: int,
        wanted: RecordFilter,
        *,
        order: RecordOrder = NEWEST,
        now: datetime | None = None,  # noqa: ARG002 (memory reads everything anyhow)
    ) -> RecordTotal | None:
        await self._reach()
        records = [
            row.record
            for row in self._found(merchant_id, wanted)
            if instant_of(row, order.by) is not None
        ]
        return RecordTotal(
            count=len(records),
            cashback_centavos=sum(r.cashback.cashback_centavos for r in records),
            sales_centavos=sum(r.sale.total_centavos for r in records),
        )

    async def summary(
        self, merchant_id: int, customer_id: UUID, starts: tuple[datetime, ...]
    ) -> CustomerSummary | None:
        await self._reach()
        document = self.document_of(merchant_id, customer_id)
        if document is None:
            return None
        rows = [row for (of, _), row in self.rows.items() if of == merchant_id]
        return summary_of(customer_id, counted(rows, document, starts), starts)

    def _document_of(self, merchant_id: int, customer_id: UUID) -> str | None:
        """Of a store by itself, which gives no customer an id: made of the document."""
        of_them = (d for of, d in self.customers if of == merchant_id)
        return next((d for d in of_them if id_of(d) == customer_id), None)

    def _found(self, merchant_id: int, wanted: RecordFilter) -> list[Row]:
        ids = numbered(self._names, merchant_id, wanted, suspected=self.suspected)
        return [
            row
            for (owner, id_), row in self.rows.items()
            if owner == merchant_id and is_wanted(row, wanted) and (ids is None or id_ in ids)
        ]

    async def waits(self, merchant_id: int, ids: Collection[UUID]) -> Mapping[UUID, Waiting]:
        await self._reach()
        waits = {
            id_: self._waiting(row) for id_ in ids if (row := self._row(merchant_id, id_, None))
        }
        return {id_: waiting for id_, waiting in waits.items() if waiting is not None}

    def _waiting(self, row: Row) -> Waiting | None:
        now, since_at = self._now(), row.events[-1].at
        brake = self._as_read(row).waiting
        resting = [b for b, through in self._pauses.values() if through > now - PAUSE_FRESH]
        last = row.attempts[-1] if row.attempts else None
        provider = None if last is None else last.provider
        return why_it_waits(
            Facts(
                status=row.status,
                since_at=since_at,
                now=now,
                due_at=row.due_at,
                result=None if last is None else last.result,
                status_code=None if provider is None else provider.status_code,
                paused_at=since_at if self.sender_paused else None,
                resting_since_at=min(resting, default=None),
                brake=None if brake is None else (brake.why, brake.since_at),
            )
        )

    def _meaning(
        self,
        merchant_id: int,
        sale: Sale,
        names: tuple[Name, ...],
        equal_content: EqualContent,
        reads_only: str | None,
    ) -> Meaning:
        ids = {name: self._names.get((merchant_id, name)) for name in names}
        records = {
            name: self.rows[merchant_id, id_].record for name, id_ in ids.items() if id_ is not None
        }
        owners = {name: self._owner(record) for name, record in records.items()}
        return which_sale(sale, names, owners, equal_content=equal_content, reads_only=reads_only)

    def _owner(self, record: Record) -> Owner:
        alikes = (
            self.rows[record.merchant_id, id_].record
            for id_, to in self._alike_to.items()
            if record.id in to
        )
        return Owner(
            record.id,
            record.sale,
            record.group,
            record.same_content_as,
            alike_to=self._alike_to.get(record.id, ()),
            alikes=tuple(
                Alike(id=a.id, group=a.group, told=Particulars.of(a.sale)) for a in alikes
            ),
        )

    def _known(
        self, submission: Submission, meaning: Repeat | Contradiction | EqualRefused | Collision
    ) -> Acceptance:
        merchant_id = submission.merchant_id
        record = self.rows[merchant_id, meaning.id].record
        match meaning:
            case Repeat(id_, further_name):
                if further_name is not None:
                    self._names[merchant_id, further_name] = id_
                return Repeated(record)
            case Contradiction(_, kind, found):
                return NameTaken(kind, record, found)
            case EqualRefused(id_):
                self._note_refused(submission, id_, EqualOutcome.REFUSED)
                return ContentTaken(record)
            case Collision(id_, kind):
                equal = kind is NameKind.CONTENT
                outcome = EqualOutcome.REFUSED if equal else EqualOutcome.COLLIDED
                self._note_refused(submission, id_, outcome)
                return Collided(kind)

    def _note_refused(self, submission: Submission, first: UUID, outcome: EqualOutcome) -> None:
        listed = [refused for refused in self.refused_equals if refused.first == first]
        sale = submission.sale
        if len(listed) < MAX_LISTED:
            self.refused_equals.append(
                RefusedEqual(
                    id=submission.id,
                    at=self._now(),
                    first=first,
                    submission=replace(
                        submission,
                        idempotency_key=noted_name(submission.idempotency_key, sale.document),
                        sale=replace(sale, sale_id=noted_name(sale.sale_id, sale.document)),
                    ),
                    outcome=outcome,
                )
            )

    def _follows_terms(self, submission: Submission) -> bool:
        """Whether every line has the type and the rate in force when it was sold."""
        terms = self._terms.get(submission.merchant_id)
        catalogue = self.catalogues.get(submission.merchant_id, Catalogue())
        counts = counts_at(submission.sale.sold_at, self._now())
        for line, earned in zip(submission.sale.lines, submission.cashback.lines, strict=True):
            if line.sku is not None and catalogue.type_at(line.sku, counts) != line.type:
                return False
            rate = terms.programme.rate_at(line.type, counts) if terms else None
            if rate is None or (rate.rate_bp, rate.version) != (
                earned.rate_bp,
                earned.rate_version,
            ):
                return False
        return True

    async def _reach(self) -> None:
        """The moment at which others may run, and at which the database may be away."""
        await asyncio.sleep(0)
        if self.away:
            raise StoreUnavailable("away")

    def _row(self, merchant_id: int, id_: UUID, group: str | None) -> Row | None:
        row = self.rows.get((merchant_id, id_))
        return row if row is not None and may_read(group, row.record.group) else None

    def _insert(self, submission: Submission, meaning: NewSale, *, name_differs: bool) -> Record:
        now = self._now()
        waits, waiting, due_at = None, None, None
        if submission.cashback.cashback_centavos == 0:
            status = Status.NOT_DUE
        elif submission.as_recorded:
            status = Status.RECORDED
        elif submission.confirm_within is not None:
            status, due_at = Status.UNCONFIRMED, now + submission.confirm_within
            waiting = Waiting(why=Why.CONFIRMATION, since_at=now, until_at=due_at)
        else:
            waits = self._intake(submission)
            waiting = None if waits is None else Waiting(why=waits, since_at=now)
            status = Status.HELD if waits in HELD else Status.PENDING
            due_at = now if status is Status.PENDING else None
        row = Row(
            record=Record(
                id=submission.id,
                merchant_id=submission.merchant_id,
                sale=submission.sale,
                cashback=submission.cashback,
                accepted_at=now,
                standing=Standing(status=status, attempt=0),
                same_content_as=meaning.same_content_as,
                name_differs=name_differs,
                submitted_by=submission.submitted_by,
                group=submission.comes_under,
                equal_group=meaning.equal_group,
                waiting=waiting,
            ),
            submission=submission,
            open_since_at=now,
            due_at=due_at,
        )
        self.rows[submission.merchant_id, submission.id] = row
        reason = _FIRST_REASONS.get(status, "accepted")
        self._tell(row, None, Actor.API, reason if waits is None else REASONS[waits])
        at_once = status is Status.PENDING and waits is None and not self.sender_paused
        if at_once and submission.lease_s is not None:
            self._lease(row, submission.lease_s, Actor.API, "first attempt")
        return row.record

    def _intake(self, submission: Submission) -> WaitsFor | None:
        """What a new cashback waits for; its day is counted on every look, for there are few."""
        merchant_id = submission.merchant_id
        standing = self.standing.get(merchant_id, NO_BRAKES)
        today = merchant_day(self._now(), standing.zone)
        before = sum(
            row.record.cashback.cashback_centavos
            for (owner, _), row in self.rows.items()
            if owner == merchant_id
            and (counted_at := _counted_at(row)) is not None
            and merchant_day(counted_at, standing.zone) == today
            and (row.status is not Status.CANCELLED or row.attempts)
        )
        types = {line.type for line in submission.sale.lines}
        return intake(submission.cashback.cashback_centavos, types, standing, before)

    def stop_of(self, record: Record) -> WaitsFor | None:
        """Which stop holds a cashback back."""
        standing = self.standing.get(record.merchant_id, NO_BRAKES)
        without = replace(standing, ceilings=Ceilings())
        types = {line.type for line in record.sale.lines}
        return intake(record.cashback.cashback_centavos, types, without, 0)

    def _as_read(self, row: Row) -> Record:
        """The record with what it waits for now."""
        record, waiting = row.record, None
        if record.status is Status.UNCONFIRMED:
            since_at = record.accepted_at
            waiting = Waiting(why=Why.CONFIRMATION, since_at=since_at, until_at=row.due_at)
        elif record.status is Status.PENDING and (why := self.stop_of(record)) is not None:
            types = {line.type for line in record.sale.lines}
            wanted = {None} if why is WaitsFor.MERCHANT_STOPPED else types
            since_at = min(
                at
                for (owner, type_), at in self.stopped_at.items()
                if owner == record.merchant_id and type_ in wanted
            )
            waiting = Waiting(why=why, since_at=since_at)
        elif record.status is Status.HELD:
            event = row.events[-1]
            why = next((w for w in HELD if REASONS[w] == event.reason), None)
            waiting = None if why is None else Waiting(why=why, since_at=event.at)
        return replace(record, waiting=waiting)

    def _note_stops(self, merchant_id: int) -> None:
        types = {type_ for owner, type_ in self.stopped_at if owner == merchant_id}
        self.standing[merchant_id] = replace(
            self.standing.get(merchant_id, NO_BRAKES),
            merchant_stopped=None in types,
            types_stopped=frozenset(type_ for type_ in types if type_ is not None),
        )

    def _paused(self, row: Row, until: datetime) -> timedelta:
        """How long nothing was sent on purpose since it is open; what overlaps counts once."""
        total, reached = timedelta(0), row.open_since_at
        merchant_id = row.record.merchant_id
        types = {None, *(line.type for line in row.record.sale.lines)}
        standing = [(*stop, at, until) for stop, at in self.stopped_at.items()]
        stops = [
            (began_at, through_at)
            for owner, type_, began_at, through_at in (*standing, *self.past_stops)
            if owner == merchant_id and type_ in types
        ]
        for began_at, through_at in sorted([*self._pauses.values(), *stops]):
            end = min(through_at, until)
            if end > reached:
                total += end - max(began_at, reached)
                reached = end
        return total

    def _lease(self, row: Row, lease_s: float, actor: Actor, reason: str) -> Claim:
        now, record = self._now(), row.record
        attempt = record.standing.attempt + 1
        until = now + timedelta(seconds=lease_s)
        row.record = record.at(Standing(status=record.status, attempt=attempt))
        row.attempts.append(
            AttemptRecord(
                attempt=attempt,
                deliverer=actor,
                started_at=now,
                lease_until_at=until,
                ended_at=None,
                result=None,
                reason=None,
                provider=None,
                elapsed_s=None,
            )
        )
        self._move(row, Status.SENDING, actor, reason, lease_until_at=until)
        return Claim(
            id=record.id,
            merchant_id=record.merchant_id,
            attempt=attempt,
            document=paid_document(record),
            cashback_centavos=record.cashback.cashback_centavos,
            started_at=now,
        )

    def _move(
        self,
        row: Row,
        to: Status,
        actor: Actor,
        reason: str,
        *,
        due_at: datetime | None = None,
        lease_until_at: datetime | None = None,
    ) -> None:
        before, standing = row.status, row.record.standing
        applied_at = self._now() if to is Status.APPLIED else None
        row.record = row.record.at(replace(standing, status=to, applied_at=applied_at))
        row.due_at, row.lease_until_at = due_at, lease_until_at
        self._tell(row, before, actor, reason)

    def _tell(self, row: Row, before: Status | None, actor: Actor, reason: str) -> None:
        assert (before, row.status, actor) in TRANSITIONS, f"{before} > {row.status} by {actor}"
        row.events.append(
            EventRecord(
                sequence=len(row.events) + 1,
                at=self._now(),
                actor=actor,
                from_status=before,
                to_status=row.status,
                attempt=row.record.standing.attempt,
                reason=reason,
            )
        )
        self.told.append((row.record.merchant_id, row.record.id, len(row.events)))


_FIRST_REASONS: Final = {Status.UNCONFIRMED: TO_BE_CONFIRMED, Status.RECORDED: AS_HISTORY}


def _counted_at(row: Row) -> datetime | None:
    """When it was added to its day: accepted, or confirmed, and not held then."""
    return next(
        (
            event.at
            for event in row.events[:2]
            if event.actor is Actor.API
            and event.from_status in {None, Status.UNCONFIRMED}
            and event.to_status in {Status.PENDING, Status.NOT_DUE}
        ),
        None,
    )
