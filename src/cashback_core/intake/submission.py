"""Taking a sale in: validate, compute, record under its names, deliver, answer."""

# ruff: noqa: TC001, TC003 - users' tools read these annotations at run time
from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, assert_never, cast
from uuid import UUID

from cashback_core.delivery.deliverer import DeliveriesUnderWay, has_ended
from cashback_core.delivery.leases import Claim
from cashback_core.delivery.record import Record, Standing
from cashback_core.delivery.states import Actor, Status
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
from cashback_core.intake.known_names import fits
from cashback_core.intake.refused_clocks import RefusedClocks
from cashback_core.intake.store import IntakeStore
from cashback_core.intake.wrong_names import WrongName, WrongNames
from cashback_core.sales.calculation import Cashback, calculate
from cashback_core.sales.catalogue import skus_of
from cashback_core.sales.content import Difference
from cashback_core.sales.place import is_place
from cashback_core.sales.reading.plain import whole
from cashback_core.sales.rules import LONGEST_AGE, NumberScope
from cashback_core.sales.sale import Sale, is_sale_id
from cashback_core.sales.same_sale import (
    Collision,
    EqualContent,
    EqualOutcome,
    Meaning,
    NameKind,
    NewSale,
    may_read,
    number_name,
)
from cashback_core.sales.terms import Terms
from cashback_core.sales.validation import TERMS_CODES, parse_repeat, parse_sale
from cashback_core.traces import note_cashback
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.exact import Exact
from cashback_core.values.names import NameDifference
from cashback_core.values.violations import InvalidSale, Violation, show

_MADE_MEANWHILE: Final = frozenset({"product_type_unknown", "unknown_sku", "sku_without_type"})
LOOK_AGAIN_S: Final = 0.05
"""How often a replay looks for the end of an attempt that runs in another process."""


class UnknownMerchant(LookupError):  # noqa: N818 (named by what is wrong)
    """No such merchant: the token outlived it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRequest:
    """A sale as it came: decoded JSON, the raw body, its key, and how long the ERP will wait.

    `document` may also be a `PlainSale`, which is read in the quick way.
    `wait_s` 0 waits for nothing; `respond_async` leaves the first attempt to a worker;
    `submitted_by` is the subject that sends it, `group` the one that it comes under; `reads_only`
    is the only group whose records the subject may read, None where it may read all.
    `as_recorded` brings history in: however old, settled elsewhere, and never sent from here. Only
    an operator's import asks for it, and nothing of HTTP does. `key_is_own` is false for a key that
    was made for a sale which has none: a repeat is known by it, and it is no number that makes the
    sale another one than a recorded one of its content.
    """

    merchant_id: int
    document: object = field(repr=False)
    raw_body: bytes = field(repr=False)
    idempotency_key: str | None
    wait_s: float
    respond_async: bool = False
    submitted_by: str | None = None
    group: str | None = None
    reads_only: str | None = None
    as_recorded: bool = False
    key_is_own: bool = True


@dataclass(frozen=True, slots=True)
class Recorded:
    """The sale is stored, now; the record is as the wait left it."""

    record: Record


@dataclass(frozen=True, slots=True)
class Replayed:
    """The same sale was recorded before; the record is the present one."""

    record: Record


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The idempotency key belongs to a sale of other content, or of another sale id.

    No differences are told of a sale that its sender may not read: it may be this very one.
    """

    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class SaleIdTaken:
    """The sale id belongs to a sale of other content; without differences as KeyReused."""

    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class ContentKnown:
    """Its very content is recorded, and nothing says that this is another sale.

    Without the record for whoever may not read it.
    """

    record: Record | None


Submitted = Recorded | Replayed | KeyReused | SaleIdTaken | ContentKnown

_BARE: Final[Mapping[NameKind, KeyReused | SaleIdTaken | ContentKnown]] = {
    NameKind.IDEMPOTENCY_KEY: KeyReused(()),
    NameKind.SALE_ID: SaleIdTaken(()),
    NameKind.CONTENT: ContentKnown(None),
}
"""What is told of a sale that its sender may not read: that there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """What a sale would earn, and which sale it would be if it were submitted `at` that instant.

    `name_differs`: it would be recorded with another person's name noted. `confirm_within` is how
    long the merchant gives whoever confirms later.
    """

    sale: Sale
    cashback: Cashback
    meaning: Meaning
    name_differs: bool
    at: datetime
    confirm_within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteSale:
    """Computes the cashback of a sale, finds why it would be refused, and stores nothing.

    It leaves no trace, so nobody is told by it what only guessing would find: whether other groups
    have a sale of this content, or know the customer by this name. Submitting tells.
    """

    store: IntakeStore
    now: Callable[[], datetime]

    async def __call__(
        self,
        merchant_id: int,
        document: object,
        *,
        idempotency_key: str | None = None,
        reads_only: str | None = None,
        as_recorded: bool = False,
    ) -> Quoted:
        """Raises InvalidSale, UnknownMerchant, StoreUnavailable.

        With `reads_only` for somebody who reads that group's records alone; `as_recorded` as
        history, of any age.
        """
        terms, sale, cashback = await _read_anew(
            self.store,
            merchant_id,
            document,
            self.now,
            idempotency_key=idempotency_key,
            as_recorded=as_recorded,
        )
        meaning = await self.store.meaning(
            merchant_id,
            sale,
            idempotency_key=idempotency_key,
            equal_content=terms.equal_content,
            numbers=terms.rules.numbers,
            reads_only=reads_only,
        )
        if _tells_content_of_others(meaning, reads_only):
            meaning = NewSale()
        # Of what is recorded the name decides nothing.
        differs = isinstance(meaning, NewSale) and await self._name_differs(
            merchant_id, sale, reads_only
        )
        if differs and terms.rules.name_difference is NameDifference.REFUSE:
            raise InvalidSale((_name_mismatch(sale),))
        return Quoted(
            sale=sale,
            cashback=cashback,
            meaning=meaning,
            name_differs=differs,
            at=self.now(),
            confirm_within=terms.rules.confirm_within,
        )

    async def _name_differs(self, merchant_id: int, sale: Sale, reads_only: str | None) -> bool:
        customer = sale.customer
        if customer is None:
            return False
        known = await self.store.known_name(merchant_id, customer.document, told_by=reads_only)
        return known is not None and not fits(known, customer)


def _tells_content_of_others(meaning: Meaning, reads_only: str | None) -> bool:
    match meaning:
        case NewSale(_, group):
            return not may_read(reads_only, group)
        case Collision(_, kind):
            return kind is NameKind.CONTENT
        case _:
            return False


@dataclass(frozen=True, slots=True)
class _Leased:
    """A claim that is committed, and when it was asked for, on the clock of leases."""

    claim: Claim
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitSale:
    """Records a sale and delivers its cashback.

    `on_equal` is told of each equal content, `on_wrong_name` of each name by which a customer is
    not known, from whoever reads one group alone. `clocks` counts what is refused because a till's
    clock is too far ahead.
    """

    store: IntakeStore
    under_way: DeliveriesUnderWay
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]
    on_equal: Callable[[EqualOutcome], object] = lambda _: None
    on_wrong_name: Callable[[WrongName], object] = lambda _: None
    wrong_names: WrongNames = field(default_factory=WrongNames)
    clocks: RefusedClocks = field(default_factory=RefusedClocks)

    async def __call__(self, request: SaleRequest) -> Submitted:
        """Raises InvalidSale, UnknownMerchant, StoreUnavailable.

        Once the sale is committed, nothing that happens to the caller touches its delivery.
        """
        came_at = self.now()
        try:
            outcome = await self._submit(request)
        except InvalidSale as error:
            same = await self._same_request(request)
            if same is None:
                self._note_clock(request, error, came_at)
                raise
            return same
        match outcome:
            case KeyReused() | SaleIdTaken():
                return await self._same_request(request) or outcome
            case _:
                return outcome

    def _note_clock(self, request: SaleRequest, refused: InvalidSale, came_at: datetime) -> None:
        """By when it came: while it was looked up, an instant just ahead may have passed."""
        if request.as_recorded:  # no till is asked what time it is
            return
        if refused.sold_at is not None and any(
            violation.code == "sold_at_future" for violation in refused.violations
        ):
            self.clocks.note(
                request.merchant_id,
                request.submitted_by,
                ahead_s=(refused.sold_at - came_at).total_seconds(),
                at=came_at,
            )

    async def _submit(self, request: SaleRequest) -> Submitted:
        refused: InvalidSale | None = None
        try:
            terms, sale, cashback = await _read_anew(
                self.store,
                request.merchant_id,
                request.document,
                self.now,
                idempotency_key=request.idempotency_key,
                as_recorded=request.as_recorded,
            )
        except InvalidSale as error:
            terms = await _terms(self.store, request.merchant_id, request.document)
            sale, cashback = _repeat(request.document, terms, error)
            refused = error
        submission = self._submission(request, terms, sale, cashback, refused=refused)
        told: asyncio.Future[Acceptance] = asyncio.get_running_loop().create_future()
        self.under_way.take(self._take_in(submission, told))
        acceptance = await told
        match acceptance:
            case Accepted(record):
                return Recorded(await self._settled(record, request))
            case Repeated(record):
                return Replayed(await self._settled(record, request))
            case NotRecorded() | NameTaken() | Collided() if refused is not None:
                raise refused  # what is wrong with it today says more than what it is not
            case NotRecorded():
                raise InvalidSale(())
            case CustomerNameMismatch():
                raise InvalidSale((_name_mismatch(sale),))
            case TermsChanged():
                terms = await _terms(self.store, request.merchant_id, request.document)
                _read(
                    request.document,
                    terms,
                    self.now(),
                    request.idempotency_key,
                    as_recorded=request.as_recorded,
                )  # tells the ERP what is gone
                raise StoreUnavailable("the terms have changed: as a new request it is valid")
            case NameTaken() | ContentTaken() | Collided():
                return _conflict(acceptance, request.reads_only)
            case _:
                assert_never(acceptance)

    async def _same_request(self, request: SaleRequest) -> Replayed | None:
        """The answer to a request that was taken once, byte for byte, under one of its names.

        Whatever has changed since: the rules, the terms, the catalogue, the merchant's zone. Only
        asked when the request would be refused.
        """
        if (
            request.idempotency_key is None
            and _told(request.document, "sale_id", is_sale_id) is None
        ):
            return None
        terms = await self.store.terms(request.merchant_id)
        if terms is None:
            return None
        sale_id = _told_number(request.document, terms.rules.numbers)
        record = await self.store.same_request(
            request.merchant_id,
            request.raw_body,
            idempotency_key=request.idempotency_key,
            sale_id=sale_id,
            reads_only=request.reads_only,
        )
        if record is None:
            return None
        note_cashback(record.id)
        return Replayed(await self._settled(record, request))

    async def _take_in(
        self, submission: Submission, told: asyncio.Future[Acceptance]
    ) -> Standing | None:
        """Commit the sale, tell what became of it, and deliver what was leased with it.

        One task, which is not the caller's: one who hangs up between the commit and the start of
        the delivery must not leave a lease that nobody uses. (Two tasks, the second begun by the
        first, did the same for some 10 µs more.)
        """
        try:
            acceptance, leased = await self._accept(submission)
        except asyncio.CancelledError:
            told.cancel()
            raise
        except Exception as error:  # noqa: BLE001 (the caller's, whatever it is)
            if not told.done():  # it is when the caller has hung up
                told.set_exception(error)
            return None
        if not told.done():
            told.set_result(acceptance)
        if leased is None:
            return None
        return await self.under_way.deliver_here(
            leased.claim, claimed_at_s=leased.at_s, actor=Actor.API
        )

    async def _accept(self, submission: Submission) -> tuple[Acceptance, _Leased | None]:
        """Commit the sale; with the lease of what is to be delivered now.

        Of whoever reads one group alone a name is looked at in its turn, for it may be a guess.
        """
        group = submission.reads_only
        if group is None or submission.sale.customer is None:
            return await self._commit(submission)
        clock_s = self.under_way.deliverer.clock_s
        async with self.wrong_names.guess(group, clock_s=clock_s) as whole:
            return await self._commit(
                replace(submission, whole_names=True) if whole else submission
            )

    async def _commit(self, submission: Submission) -> tuple[Acceptance, _Leased | None]:
        claim, leased = _first_claim(submission), None
        claimed_at_s = self.under_way.deliverer.clock_s()
        try:
            acceptance = await self.store.accept(submission)
        except StoreUnavailable:
            if claim is not None:
                self.under_way.deliverer.breaker.withdraw(claim.document)
                self.under_way.disown(claim, claimed_at_s=claimed_at_s, actor=Actor.API)
            raise
        if isinstance(acceptance, Accepted | Repeated | NameTaken | ContentTaken):
            note_cashback(acceptance.record.id)
        if claim is None:
            pass
        elif isinstance(acceptance, Accepted) and acceptance.record.status is Status.SENDING:
            leased = _Leased(claim, claimed_at_s)
        else:
            # A replay, a refusal or a paused sender: no probe of the breaker's is under way.
            self.under_way.deliverer.breaker.withdraw(claim.document)
        if isinstance(acceptance, ContentTaken):
            self.on_equal(EqualOutcome.REFUSED)
        elif isinstance(acceptance, Collided):
            self.on_equal(EqualOutcome.COLLIDED)
        elif isinstance(acceptance, Accepted) and acceptance.record.same_content_as is not None:
            self.on_equal(EqualOutcome.ACCEPTED)
        self._count_wrong_name(submission, acceptance)
        return acceptance, leased

    def _count_wrong_name(self, submission: Submission, acceptance: Acceptance) -> None:
        if submission.reads_only is None:
            return
        refused = isinstance(acceptance, CustomerNameMismatch)
        if refused or (isinstance(acceptance, Accepted) and acceptance.record.name_differs):
            now_s = self.under_way.deliverer.clock_s()
            self.wrong_names.note(submission.reads_only, now_s=now_s)
            self.on_wrong_name(WrongName.BEYOND if submission.whole_names else WrongName.WITHIN)

    def _submission(
        self,
        request: SaleRequest,
        terms: Terms,
        sale: Sale,
        cashback: Cashback,
        *,
        refused: InvalidSale | None,
    ) -> Submission:
        """What the store is asked; of a sale `refused` as a new one, only whether it is known."""
        deliverer = self.under_way.deliverer
        later = sale.confirm_later and not request.as_recorded
        # Asked last: a half-open breaker takes whom it admits for its probe.
        document = sale.document
        at_once = (
            cashback.cashback_centavos > 0
            and document is not None
            and not request.respond_async
            and not request.as_recorded
            and refused is None
            and not sale.confirm_later
            and deliverer.breaker.admit(
                document, deliverer.clock_s(), patience_s=deliverer.policy.lease_s
            )
        )
        return Submission(
            id=self.new_id(),
            merchant_id=request.merchant_id,
            sale=sale,
            cashback=cashback,
            idempotency_key=request.idempotency_key,
            raw_body=request.raw_body,
            lease_s=deliverer.policy.lease_s if at_once else None,
            confirm_within=terms.rules.confirm_within if later else None,
            as_recorded=request.as_recorded,
            replay_only=refused is not None,
            submitted_by=request.submitted_by,
            group=request.group,
            reads_only=request.reads_only,
            equal_content=_equal_content(terms, request),
            name_difference=terms.rules.name_difference,
            numbers=terms.rules.numbers,
        )

    async def _settled(self, record: Record, request: SaleRequest) -> Record:
        """The record once its attempt under way has ended, or as it is when the wait is over."""
        settled = await self._ended(record, request)
        return settled.as_told(request.reads_only)

    async def _ended(self, record: Record, request: SaleRequest) -> Record:
        if request.respond_async or request.as_recorded:
            return record
        loop = asyncio.get_running_loop()
        until = loop.time() + request.wait_s
        while record.status is Status.SENDING:
            left_s = until - loop.time()
            if left_s <= 0:
                break
            task = self.under_way.of(record.id)
            if task is not None:
                ended = await has_ended(task, within_s=left_s)
                failed = not ended or task.cancelled() or task.exception() is not None
                standing = None if failed else task.result()
                return record if standing is None else record.at(standing)
            await asyncio.sleep(min(LOOK_AGAIN_S, left_s))
            try:
                record = await self.store.find(record.merchant_id, record.id) or record
            except StoreUnavailable:  # it is recorded all the same
                return record
        return record


def _equal_content(terms: Terms, request: SaleRequest) -> EqualContent:
    """The merchant's, but that a key which is not the sale's own is no number of it."""
    if terms.equal_content is EqualContent.KEY and not request.key_is_own:
        return EqualContent.SALE_ID
    return terms.equal_content


def _conflict(
    refused: NameTaken | ContentTaken | Collided, reads_only: str | None
) -> KeyReused | SaleIdTaken | ContentKnown:
    match refused:
        case NameTaken(kind, _, found):
            return KeyReused(found) if kind is NameKind.IDEMPOTENCY_KEY else SaleIdTaken(found)
        case ContentTaken(record):
            return ContentKnown(record.as_told(reads_only))
        case Collided(kind):
            return _BARE[kind]
        case _:
            assert_never(refused)


async def _terms(store: IntakeStore, merchant_id: int, document: object) -> Terms:
    """The merchant's terms, with the products that the document names."""
    terms = await store.terms(merchant_id)
    if terms is None:
        raise UnknownMerchant(merchant_id)
    skus = skus_of(document)
    if not skus:  # as most sales: nothing is asked
        return terms
    return replace(terms, catalogue=await store.catalogue(merchant_id, skus))


def _read(
    document: object,
    terms: Terms,
    now: datetime,
    idempotency_key: str | None,
    *,
    as_recorded: bool = False,
) -> tuple[Sale, Cashback]:
    """As the terms of its instant say; history may be of any age. Raises InvalidSale."""
    rules = replace(terms.rules, max_age=LONGEST_AGE) if as_recorded else terms.rules
    sale = parse_sale(
        document,
        rules=rules,
        now=now,
        programme=terms.programme,
        catalogue=terms.catalogue,
        idempotency_key=idempotency_key,
    )
    return sale, calculate(sale, terms.programme, rules=rules, accepted_at=now)


async def _read_anew(
    store: IntakeStore,
    merchant_id: int,
    document: object,
    now: Callable[[], datetime],
    *,
    idempotency_key: str | None,
    as_recorded: bool = False,
) -> tuple[Terms, Sale, Cashback]:
    """A sale under its merchant's terms, looked at once more before they know something not.

    What a store remembers may be older than a type, rate or product that was just made. Raises
    InvalidSale.
    """
    terms = await _terms(store, merchant_id, document)
    try:
        return terms, *_read(document, terms, now(), idempotency_key, as_recorded=as_recorded)
    except InvalidSale as error:
        if _MADE_MEANWHILE.isdisjoint(violation.code for violation in error.violations):
            raise
    store.forget_terms(merchant_id)
    terms = await _terms(store, merchant_id, document)
    return terms, *_read(document, terms, now(), idempotency_key, as_recorded=as_recorded)


def _repeat(document: object, terms: Terms, refused: InvalidSale) -> tuple[Sale, Cashback]:
    """A sale that nothing but the terms of today refuse: it can be a repeat, and nothing else.

    It may have been recorded under those of another day, and whoever asks again must get its
    answer, for ever. Of such a repeat nothing is calculated. Raises `refused` for any other.
    """
    if not {violation.code for violation in refused.violations} <= TERMS_CODES:
        raise refused
    try:
        sale = parse_repeat(document, zone=terms.rules.zone)
    except InvalidSale:  # of many faults the last are not told
        raise refused from None
    nothing = Cashback(
        cashback_centavos=0,
        exact=Exact(0),
        rounding=terms.programme.rounding,
        lines=(),
    )
    return sale, nothing


def _told_number(document: object, numbers: NumberScope) -> str | None:
    """What the sale id of a document is called, which need not be a sale."""
    sale_id, store = _told(document, "sale_id", is_sale_id), _told(document, "store", is_place)
    return number_name(sale_id, store, numbers=numbers)


def _told(document: object, name: str, is_one: Callable[[object], bool]) -> str | None:
    """A text of a document that need not be a sale."""
    decoded = whole(document)
    if not isinstance(decoded, Mapping):
        return None
    text = cast("Mapping[object, object]", decoded).get(name)
    return text if isinstance(text, str) and is_one(text) else None


def _first_claim(submission: Submission) -> Claim | None:
    """The claim that a submission with a lease comes with."""
    document = submission.sale.document
    if submission.lease_s is None or document is None:
        return None
    return Claim(
        id=submission.id,
        merchant_id=submission.merchant_id,
        attempt=1,
        document=document,
        cashback_centavos=submission.cashback.cashback_centavos,
    )


def _name_mismatch(sale: Sale) -> Violation:
    name = None if sale.customer is None else show(sale.customer.name)
    return Violation(pointer="/customer/name", code="customer_name_mismatch", received=name)
