"""Submissions, results and looks into a store, as the contract suite needs them."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeVar

from cashback_core.delivery.evidence import Evidence, Outcome, OwnError, Phase, classify
from cashback_core.delivery.leases import AttemptResult, Claim
from cashback_core.delivery.states import TRANSITIONS, Actor, Status
from cashback_core.intake.acceptance import Accepted, Submission
from cashback_core.sales.calculation import calculate
from cashback_core.sales.programme import Programme, Rate
from cashback_core.sales.sale import Customer, Line, Sale
from cashback_core.values.documents import BuyerDocument, Cpf, cpf_check_digits
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from cashback_core.delivery.record import History, Record
    from cashback_core.intake.store import CashbackStore

Told = TypeVar("Told", Line, Sale)

LEASE_S: Final = 30.0
SOLD_AT: Final = datetime(2026, 1, 2, 3, 0, 0, tzinfo=UTC)
RATES_BP: Final = {"A": 500, "B": 100, "C": 800, "D": 1000}
PROGRAMME: Final = Programme(
    tuple(
        Rate(type=t, rate_bp=bp, version=1, starts_at=datetime(2000, 1, 1, tzinfo=UTC))
        for t, bp in RATES_BP.items()
    )
)

_stems = count(100_000_000)


def a_cpf() -> Cpf:
    """A CPF that no other test uses."""
    stem = str(next(_stems))
    return Cpf(stem + cpf_check_digits(stem))


def a_sale(
    *,
    document: BuyerDocument | None = None,
    name: str = "JOSE DA SILVA",
    centavos: int = 10_000,
    sale_id: str | None = None,
    sold_at: datetime = SOLD_AT,
    lines: int = 1,
) -> Sale:
    """A sale of so many lines of type A (5 %), of a customer nobody knows unless one is given."""
    line = Line.of(type="A", value_e10=centavos * 10**8, qty_e4=10_000)
    return Sale(
        sold_at=sold_at,
        customer=Customer.known(document=document or a_cpf(), name=name),  # in any spelling
        lines=(line,) * lines,
        total_centavos=centavos * lines,
        sale_id=sale_id,
    )


def buyer_of(sale: Sale) -> Customer:
    """Who bought, where somebody did."""
    assert sale.customer is not None
    return sale.customer


def unchecked(whole: Told, **changes: Any) -> Told:
    """That line or sale with other values; also one that its constructor refuses."""
    values: dict[str, Any] = {each.name: getattr(whole, each.name) for each in fields(whole)}
    return type(whole).known(**{**values, **changes})


def submitted(
    sale: Sale,
    *,
    key: str | None = None,
    merchant_id: int = 1,
    lease_s: float | None = LEASE_S,
    raw_body: bytes = b"{}",
    submitted_by: str | None = None,
    group: str | None = None,
    reads_only: str | None = None,
) -> Submission:
    """A submission of a sale, with the cashback that it earns."""
    return Submission(
        id=new_id(),
        merchant_id=merchant_id,
        sale=sale,
        cashback=calculate(sale, PROGRAMME),
        idempotency_key=key,
        raw_body=raw_body,
        lease_s=lease_s,
        submitted_by=submitted_by,
        group=group,
        reads_only=reads_only,
    )


def ended(
    claim: Claim, evidence: Evidence, *, deliverer: Actor = Actor.API, chance: float = 0.5
) -> AttemptResult:
    """The result of a claim whose call left this evidence."""
    return AttemptResult(
        claim=claim,
        outcome=meaning(claim, evidence),
        evidence=evidence,
        deliverer=deliverer,
        chance=chance,
    )


async def given_up(store: CashbackStore) -> Claim:
    """A cashback that is held: our own code failed on it three times."""
    claim = await leased(store)
    evidence = Evidence(phase=Phase.NOTHING_SENT, reason="a bug", ended_s=0.0)
    for attempt in (1, 2, 3):
        if attempt > 1:
            (claim,) = await store.claim_due(limit=1, lease_s=30.0)
        deliverer = Actor.API if attempt == 1 else Actor.WORKER
        result = ended(claim, evidence, deliverer=deliverer, chance=0.0)
        await store.conclude(replace(result, outcome=OwnError()))
    assert (await history_of(store, 1, claim)).record.status is Status.HELD
    return claim


def meaning(claim: Claim, evidence: Evidence) -> Outcome:
    """The outcome of evidence for a claim."""
    return classify(evidence, document=claim.document, cashback_centavos=claim.cashback_centavos)


def seen(status_code: int, body: bytes = b"", *, retry_after_s: float | None = None) -> Evidence:
    """A status line came."""
    return Evidence(
        phase=Phase.STATUS_SEEN,
        status_code=status_code,
        body=body,
        reason="answered",
        retry_after_s=retry_after_s,
        ended_s=0.25,
    )


NOTHING_SENT: Final = Evidence(phase=Phase.NOTHING_SENT, reason="connection refused", ended_s=0.5)
UNANSWERED: Final = Evidence(phase=Phase.SENT, reason="deadline", ended_s=10.0)
CREATED: Final = seen(201, b'{"id": "NaN", "message": "ok", "createdAt": "2026-01-02"}')


async def accepted(store: CashbackStore, submission: Submission) -> Record:
    """The record of a submission that must be accepted."""
    acceptance = await store.accept(submission)
    assert isinstance(acceptance, Accepted)
    return acceptance.record


async def leased(
    store: CashbackStore,
    sale: Sale | None = None,
    *,
    merchant_id: int = 1,
    lease_s: float = LEASE_S,
) -> Claim:
    """A claim on the first attempt of a newly accepted sale."""
    submission = submitted(sale or a_sale(), merchant_id=merchant_id, lease_s=lease_s)
    record = await accepted(store, submission)
    assert record.status is Status.SENDING
    return Claim(
        id=record.id,
        merchant_id=record.merchant_id,
        attempt=1,
        document=buyer_of(record.sale).document,
        cashback_centavos=record.cashback.cashback_centavos,
    )


async def history_of(store: CashbackStore, merchant_id: int, record: Record | Claim) -> History:
    """Everything about a record, once it is seen to be consistent with itself."""
    history = await store.history(merchant_id, record.id)
    assert history is not None
    status: Status | None = None
    attempt = 0
    for number, event in enumerate(history.events, start=1):
        assert event.sequence == number
        assert event.from_status is status
        assert (event.from_status, event.to_status, event.actor) in TRANSITIONS
        assert event.at.utcoffset() == timedelta(0)
        attempt += event.to_status is Status.SENDING
        assert event.attempt == attempt
        status = event.to_status
    standing = history.record.standing
    assert (standing.status, standing.attempt) == (status, attempt), "events replay to the status"
    assert [a.attempt for a in history.attempts] == list(range(1, attempt + 1))
    assert (standing.applied_at is not None) == (standing.status is Status.APPLIED)
    assert history.record == await store.find(merchant_id, record.id)
    return history
