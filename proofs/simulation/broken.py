"""Decisions as somebody in good faith might have written them, each of them wrong."""

# ruff: noqa: D103 (their names say what is wrong with them)

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import cashback_core.delivery.evidence
import cashback_core.delivery.states
import cashback_core.operators.acts
from cashback_core.delivery.breaker import Breaker, BreakerState
from cashback_core.delivery.evidence import (
    Applied,
    Evidence,
    NeverSent,
    Outcome,
    Phase,
    Refused,
    classify,
)
from cashback_core.delivery.record import Record, Standing
from cashback_core.delivery.states import (
    Actor,
    Delivery,
    DeliveryPolicy,
    Ended,
    Move,
    Status,
    conclude,
)
from cashback_core.intake import submission
from cashback_core.intake.acceptance import Accepted, Submission
from cashback_core.intake.submission import SubmitSale
from cashback_core.sales.same_sale import NewSale
from cashback_core.testing.memory_store import MemoryStore
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from cashback_core.delivery.leases import AttemptResult
    from cashback_core.testing.memory_rows import Row
    from cashback_core.values.documents import Cpf


_end_of_sending: Final = cashback_core.delivery.states._end_of_sending
_not_created: Final = cashback_core.delivery.evidence._not_created
_accept: Final = SubmitSale._accept
_lease: Final = MemoryStore._lease
_conclude: Final = MemoryStore.conclude


def resend_on_unknown(delivery: Delivery, ended: Ended, policy: DeliveryPolicy) -> Move:
    move = _end_of_sending(delivery, ended, policy)
    return replace(move, to=Status.PENDING, due_at=ended.at) if move.to is Status.IN_DOUBT else move


async def reaper_requeues(self: MemoryStore, *, limit: int) -> int:
    now, moved = self._now(), 0
    for row in list(self.rows.values())[:limit]:
        if row.lease_until_at is not None and row.lease_until_at < now:
            self._move(row, Status.PENDING, Actor.WORKER, "the lease ran out", due_at=now)
            moved += 1
    return moved


def no_fence(delivery: Delivery, ended: Ended, policy: DeliveryPolicy) -> Any:
    return conclude(delivery, replace(ended, attempt=delivery.attempt), policy)


def server_error_is_refusal(code: int, retry_after_s: float | None) -> Outcome:
    return Refused() if code >= 500 else _not_created(code, retry_after_s)


def server_error_was_never_processed(code: int, retry_after_s: float | None) -> Outcome:
    return NeverSent() if code >= 500 else _not_created(code, retry_after_s)


def conflict_is_refusal(code: int, retry_after_s: float | None) -> Outcome:
    return Refused() if code == 409 else _not_created(code, retry_after_s)


def redirects_followed(code: int, retry_after_s: float | None) -> Outcome:
    return Applied() if 200 <= code < 400 else _not_created(code, retry_after_s)


def reset_is_never_sent(evidence: Evidence, *, document: str, cashback_centavos: int) -> Outcome:
    if evidence.phase is Phase.SENT and evidence.reason == "reset":
        return NeverSent()
    return classify(evidence, document=document, cashback_centavos=cashback_centavos)


def timeout_is_never_sent(evidence: Evidence, *, document: str, cashback_centavos: int) -> Outcome:
    if evidence.phase is Phase.SENT and evidence.reason == "deadline":
        return NeverSent()
    return classify(evidence, document=document, cashback_centavos=cashback_centavos)


def broken_body_loses_201(evidence: Evidence, *, document: str, cashback_centavos: int) -> Outcome:
    if evidence.status_code == 201 and not evidence.body.endswith(b"}"):
        return NeverSent()
    return classify(evidence, document=document, cashback_centavos=cashback_centavos)


async def unknown_commit_acknowledged(self: SubmitSale, submission: Submission) -> Any:
    try:
        return await _accept(self, submission)
    except StoreUnavailable:
        record = Record(
            id=submission.id,
            merchant_id=submission.merchant_id,
            sale=submission.sale,
            cashback=submission.cashback,
            accepted_at=self.now(),
            standing=Standing(status=Status.PENDING, attempt=0),
        )
        return Accepted(record), None


async def sent_without_acknowledgement(self: SubmitSale, submission_: Submission) -> Any:
    try:
        return await self.store.accept(submission_), None
    finally:
        claim = submission._first_claim(submission_)
        if claim is not None:
            self.under_way.start(
                claim,
                claimed_at_s=self.under_way.deliverer.clock_s(),
                actor=Actor.API,
            )


async def known_by_its_number_alone(self: MemoryStore, result: AttemptResult) -> Standing:
    claim = result.claim
    row = self.rows.get((claim.merchant_id, claim.id))
    if row is not None and len(row.attempts) >= claim.attempt:
        deliverer = row.attempts[claim.attempt - 1].deliverer
        result = replace(result, claim=replace(claim, started_at=None), deliverer=deliverer)
    return await _conclude(self, result)


def starts_by_the_workers_clock(
    self: MemoryStore, row: Row, lease_s: float, actor: Actor, reason: str
) -> Any:
    claim = _lease(self, row, lease_s, actor, reason)
    skew = timedelta(seconds=getattr(self, "client_skew_s", 0.0))
    started_at = row.attempts[-1].started_at + skew
    row.attempts[-1] = replace(row.attempts[-1], started_at=started_at)
    return replace(claim, started_at=started_at)


def probe_storm(self: Breaker, now_s: float) -> int | None:
    if self.state is BreakerState.OPEN and now_s < self._until_s:
        return 0
    self.state = self.state if self.state is BreakerState.CLOSED else BreakerState.HALF_OPEN
    return None


def never_half_open(self: Breaker, _: float) -> int | None:
    return None if self.state is BreakerState.CLOSED else 0


def anybody_is_admitted(_: Breaker, _document: Cpf, _now_s: float, *, patience_s: float) -> bool:
    del patience_s
    return True


def risk_unasked(delivery: Delivery, act: Any, now: datetime, circumstances: Any) -> Any:
    act = replace(act, accept_risk=True)
    decision = cashback_core.operators.acts.operate(delivery, act, now, circumstances)
    if isinstance(decision, cashback_core.operators.acts.Granted):
        return replace(decision, risk_accepted=False)
    return decision


def no_name_decides(*_: object, **__: object) -> NewSale:
    return NewSale()


def no_foreign_echo(*_: object) -> None:
    return None


def always(*_: object, **__: object) -> bool:
    return True
