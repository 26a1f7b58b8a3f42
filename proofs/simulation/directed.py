"""Orders of events that random runs hardly ever reach, played on the same production code.

Each play raises Broken when an invariant or an expectation does not hold.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cashback_core.delivery.breaker import BreakerState
from cashback_core.delivery.evidence import NeverSent
from cashback_core.delivery.leases import Claim
from cashback_core.delivery.states import Actor, Status
from cashback_core.delivery.worker import Chores, Worker
from cashback_core.intake.submission import SaleRequest, SubmitSale
from cashback_core.operators.acts import ActKind
from cashback_core.values.documents import Cpf
from simulation.database import at_once
from simulation.mix import MARGIN, POLICY, SCHEDULE, instant
from simulation.stage import (
    BUSY,
    CENTAVOS,
    CREATED,
    DOCUMENT,
    LONG_S,
    LOST,
    NEVER,
    REFUSED,
    Broken,
    Forgetful,
    Stage,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def older_end_after_a_newer_attempt_began(stage: Stage) -> None:
    """Attempt 1 was proved absent; its deliverer speaks while attempt 2 is under way, or after."""
    for late in (NEVER, BUSY, REFUSED, LOST, CREATED):
        first = stage.begin()
        stage.lapse(first)
        stage.now_s += LONG_S
        stage.settle()
        stage.expect(first, Status.PENDING)
        second = stage.claim()
        if stage.end(first, late) is not Status.SENDING:
            raise Broken(f"attempt 1 ended with {late.reason} and moved attempt 2's cashback")
        stage.pay(second)
        stage.end(second, CREATED)
        stage.expect(second, Status.APPLIED)
        if stage.row(first).attempts[0].result is None:
            raise Broken("an attempt lost its own result")
        stage.check()


def older_end_after_a_newer_attempt_ended(stage: Stage) -> None:
    """The same, told after attempt 2 has ended: whatever state that left stays."""
    ends = ((CREATED, Status.APPLIED), (REFUSED, Status.REJECTED), (LOST, Status.IN_DOUBT))
    for late in (NEVER, BUSY, REFUSED, LOST, CREATED):
        for newer, status in ends:
            first = stage.begin()
            stage.lapse(first)
            stage.now_s += LONG_S
            stage.settle()
            second = stage.claim()
            if newer is CREATED:
                stage.pay(second)
            stage.end(second, newer)
            stage.end(first, late)
            stage.expect(second, status)
            stage.check()
            if status is Status.IN_DOUBT:
                stage.now_s += LONG_S
                stage.settle()
                stage.operate(first, ActKind.CANCEL)


def late_201_meets_every_state(stage: Stage) -> None:
    """A 201 of the latest attempt makes it applied, except what an operator has cancelled."""
    met = (
        (Status.IN_DOUBT, None, Status.APPLIED),
        (Status.PENDING, ActKind.RESEND, Status.APPLIED),
        (Status.REJECTED, ActKind.MARK_REJECTED, Status.APPLIED),
        (Status.APPLIED, ActKind.MARK_APPLIED, Status.APPLIED),
        (Status.CANCELLED, ActKind.CANCEL, Status.CANCELLED),
    )
    for state, kind, after in met:
        claim = stage.begin()
        stage.lapse(claim)
        stage.pay(claim)
        if kind is ActKind.CANCEL:
            stage.operate(claim, ActKind.MARK_REJECTED)
        if kind is not None:
            stage.operate(claim, kind, risk=kind is ActKind.RESEND)
        stage.expect(claim, state)
        incidents = len(stage.database.incidents)
        stage.end(claim, CREATED)
        stage.expect(claim, after)
        if (len(stage.database.incidents) > incidents) != (state is Status.CANCELLED):
            raise Broken(f"a late 201 met {state}: incidents {stage.database.incidents}")


def late_201_meets_held(stage: Stage) -> None:
    """Held while its latest attempt had not told its end: only by a hand in the database."""
    claim = stage.begin()
    stage.pay(claim)
    stage.database._move(stage.row(claim), Status.HELD, Actor.WORKER, "by hand")
    stage.end(claim, CREATED)
    stage.expect(claim, Status.APPLIED)
    stage.check()


def late_answer_after_the_settler(stage: Stage) -> None:
    """The settler found the credit first; the deliverer's 201 then changes nothing."""
    claim = stage.begin()
    stage.lapse(claim)
    stage.pay(claim)
    stage.settle()
    stage.expect(claim, Status.APPLIED)
    stage.end(claim, CREATED)
    stage.expect(claim, Status.APPLIED)
    stage.check()


def settler_races_a_late_answer(stage: Stage) -> None:
    """Two equal payments in doubt, one credit; a 201 comes while the settler is at it."""
    older, newer = stage.begin(), stage.begin()
    stage.lapse(older)
    stage.expect(newer, Status.IN_DOUBT)
    stage.pay(newer)
    stage.now_s += LONG_S
    statement = stage.statement(echoes=False)
    stage.read(statement, echoes=False, between=lambda: stage.end(newer, CREATED))
    stage.expect(older, Status.IN_DOUBT)
    stage.settle(echoes=False)
    stage.expect(newer, Status.APPLIED)
    stage.expect(older, Status.PENDING)
    stage.check(echoes=False)


def slowest_credit_that_can_be(stage: Stage) -> None:
    """Begun at the lease's last moment, connected at the deadline's, frozen, and late besides."""
    for echoes in (True, False):
        claim = stage.begin()
        began_s = stage.now_s
        stage.lapse(claim)
        credited_s = began_s + (POLICY.lease_s - POLICY.deadline_s) + POLICY.deadline_s
        credited_s += MARGIN.freeze_s + MARGIN.provider_delay_s
        for part in range(100):
            # The provider's clock may be ahead: its statement claims more than it can know.
            stage.now_s = began_s + (credited_s - began_s) * part / 100
            through_s = stage.now_s + MARGIN.clock_skew_s
            stage.settle(echoes=echoes, through_s=through_s)
            stage.expect(claim, Status.IN_DOUBT)
        stage.now_s = credited_s
        stage.pay(claim)
        stage.now_s += LONG_S
        stage.settle(echoes=echoes)
        stage.expect(claim, Status.APPLIED)
        stage.check(echoes=echoes)


def credit_before_the_window_by_its_clock(stage: Stage) -> None:
    """The provider's clock is behind: a statement from the first attempt on misses the credit."""
    claim = stage.begin()
    began_s = stage.now_s
    stage.pay(claim, began_s)
    stage.lapse(claim)
    stage.now_s += LONG_S
    whole = stage.statement(echoes=True)
    stage.read(whole.with_lines(()).but(since=instant(began_s)))
    stage.read(whole.with_lines(()).but(asked_since=instant(began_s), since=instant(began_s)))
    stage.expect(claim, Status.IN_DOUBT)
    since = at_once(stage.database.begin()).open_since
    if since is None or (instant(began_s) - since).total_seconds() < MARGIN.clock_skew_s:
        raise Broken(f"a statement is asked for from {since} on")


def outcome_commit_lost(stage: Stage) -> None:
    """The outcome is committed, the acknowledgement lost: recorded once, and nothing sent again."""
    claim = stage.begin()
    forgetful = Forgetful(stage, "conclude", times=3)
    work = stage.under_way(forgetful).deliverer.deliver(
        claim, claimed_at_s=stage.loop.time(), actor=Actor.API
    )
    stage.play(work)
    stage.expect(claim, Status.APPLIED)
    if stage.asked != 1 or len(stage.row(claim).events) != 3:
        raise Broken(f"asked {stage.asked} times, {len(stage.row(claim).events)} events")
    stage.check()


def accepting_commit_lost(stage: Stage) -> None:
    """The accepting commit's answer is lost: 503, nothing is sent, and "never sent" is recorded."""
    for lands_late in (False, True):
        forgetful = Forgetful(stage, "accept", times=1, late=lands_late)
        number = len(stage.database.rows)
        submit = SubmitSale(
            store=forgetful,
            under_way=stage.under_way(forgetful),
            now=lambda: instant(0),
            new_id=partial(UUID, int=number + 1),
        )
        document = {
            "sold_at": f"2026-06-14 10:0{number}:00",
            "customer": {"document": DOCUMENT, "name": "ANA"},
            "total": "20.00",
            "products": [{"type": "A", "value": "20.00", "qty": 1}],
        }
        asked = stage.asked
        request = SaleRequest(
            merchant_id=1, document=document, raw_body=b"", idempotency_key=None, wait_s=1.0
        )
        stage.play(submit(request))
        claim = Claim(
            id=UUID(int=number + 1),
            merchant_id=1,
            attempt=1,
            document=DOCUMENT,
            cashback_centavos=CENTAVOS,
        )
        stage.expect(claim, Status.PENDING)
        if stage.asked != asked:
            raise Broken("bytes left for a claim whose commit was never acknowledged")
        if stage.row(claim).attempts[0].result != "never_sent":
            raise Broken("nobody recorded that it was never sent")
        stage.operate(claim, ActKind.CANCEL)
        stage.check()


def lease_too_old_to_send(stage: Stage) -> None:
    """A deliverer that comes to itself late in its lease sends nothing, and says so."""
    rest_s = POLICY.lease_s - POLICY.deadline_s
    for age_s, sent in ((rest_s, True), (rest_s + 0.001, False), (LONG_S, False)):
        claim, asked = stage.begin(), stage.asked
        work = stage.under_way(stage.link).deliverer.deliver(
            claim, claimed_at_s=stage.loop.time() - age_s, actor=Actor.API
        )
        stage.play(work)
        stage.expect(claim, Status.APPLIED if sent else Status.PENDING)
        if stage.asked - asked != sent:
            raise Broken(f"asked {stage.asked - asked} times with a lease of {age_s} s")
        stage.check()


def disowned_claim_of_the_number_of_anothers(stage: Stage) -> None:
    """One worker's claim was rolled back, another made it anew: the first has no say in it."""
    first = stage.begin()
    stage.end(first, NEVER)
    lease_s = POLICY.lease_s
    (lost,) = at_once(stage.database.rolled_back_claims(limit=1, lease_s=lease_s, excluding=()))
    stage.expect(first, Status.PENDING)
    stage.now_s += 1
    second = stage.claim()
    deliverer = stage.under_way(stage.link).deliverer
    stage.play(deliverer.disown(lost, claimed_at_s=stage.loop.time(), actor=Actor.WORKER))
    stage.expect(second, Status.SENDING)
    stage.pay(second)
    stage.end(second, CREATED)
    stage.expect(second, Status.APPLIED)
    stage.check()


def provider_comes_back_after_an_outage(stage: Stage) -> None:
    """It failed everybody and the breaker opened: one probe, and then all of them are sent."""
    claims = [stage.begin() for _ in range(3)]
    for claim in claims:
        stage.end(claim, NEVER)
    under_way = stage.under_way(stage.link)
    breaker = under_way.deliverer.breaker
    for number in range(breaker.policy.failures):
        breaker.note(Cpf.known(f"{number:011d}"), NeverSent(), stage.loop.time())
    if breaker.state is not BreakerState.OPEN:
        raise Broken(f"the breaker is {breaker.state}")
    worker = Worker(
        store=stage.link,
        under_way=under_way,
        capacity=len(claims),
        schedule=SCHEDULE,
        chores=Chores(
            listen=_never_woken, settle=_nothing, guard=_nothing_restored, retain=_nothing
        ),
        new_id=partial(UUID, int=1),
    )
    stage.play(worker.run(asyncio.Event()))
    for claim in claims:
        stage.expect(claim, Status.APPLIED)
    if stage.asked != len(claims):
        raise Broken(f"asked {stage.asked} times for {len(claims)} cashbacks")


async def _never_woken(_wake: object) -> None:
    await asyncio.Event().wait()


async def _nothing() -> int:
    return 0


async def _nothing_restored() -> bool:
    return False


PLAYS: Final[tuple[Callable[[Stage], None], ...]] = (
    older_end_after_a_newer_attempt_began,
    older_end_after_a_newer_attempt_ended,
    late_201_meets_every_state,
    late_201_meets_held,
    late_answer_after_the_settler,
    settler_races_a_late_answer,
    slowest_credit_that_can_be,
    credit_before_the_window_by_its_clock,
    outcome_commit_lost,
    accepting_commit_lost,
    lease_too_old_to_send,
    disowned_claim_of_the_number_of_anothers,
    provider_comes_back_after_an_outage,
)
