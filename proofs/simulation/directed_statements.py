"""Plays about every move that the reconciliation makes.

Each situation of the table in docs/statement-rules.md, in the orders of events that could go wrong.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cashback_core.delivery.states import Status
from cashback_core.operators.acts import ActKind, Granted, NotYours, RiskNotAccepted
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.incidents import Meaning
from simulation.expectations import (
    doubt,
    expect_nothing_standing,
    expect_told,
    explain_all,
    forget,
    let_pass,
    strangers,
)
from simulation.mix import POLICY
from simulation.stage import (
    BUSY,
    CREATED,
    LONG_S,
    LOST,
    NEVER,
    REFUSED,
    Broken,
    Stage,
)
from simulation.tellings import Telling

if TYPE_CHECKING:
    from collections.abc import Callable

    from cashback_core.delivery.leases import Claim

BOTH: Final = (True, False)
ROUNDS: Final = 3


def credited_again_and_again(stage: Stage) -> None:
    """Twice and three times, of a doubt and of an applied one: told, once for each."""
    for echoes in BOTH:
        for doubtful in BOTH:
            for times in (2, 3):
                claim = stage.begin()
                if doubtful:
                    stage.lapse(claim)
                else:
                    stage.end(claim, CREATED)
                for number in range(times):
                    stage.pay(claim, again=number > 0)
                    stage.now_s += 1
                let_pass(stage)
                stage.settle(echoes=echoes)
                stage.settle(echoes=echoes)
                stage.expect(claim, Status.APPLIED)
                expect_told(stage, FindingClass.CREDITED_AGAIN, times - 1)
                for incident in stage.standing():
                    stage.explain(incident, Meaning.OURS, claim)
                stage.settle(echoes=echoes)
                explain_all(stage, claim, echoes=echoes)
                stage.expect(claim, Status.APPLIED)
                forget(stage)


def credited_though_rejected(stage: Stage) -> None:
    """With its reference it becomes applied; without, a person is told and asked for the risk."""
    claim = stage.begin()
    stage.pay(claim, denied=True)
    stage.end(claim, REFUSED)
    stage.expect(claim, Status.REJECTED)
    let_pass(stage)
    stage.settle(echoes=False)
    stage.expect(claim, Status.REJECTED)
    expect_told(stage, FindingClass.CREDITED_UNPAID, 1)
    if not isinstance(stage.operate(claim, ActKind.RESEND), RiskNotAccepted):
        raise Broken("resent, though a line may be its credit")
    stage.settle(echoes=True)
    stage.expect(claim, Status.APPLIED)
    stage.check()


def marked_applied_while_an_incident_stands(stage: Stage) -> None:
    """Held and rejected are marked with evidence alone; another operator takes the mark back."""
    claim = stage.begin()
    stage.end(claim, REFUSED)
    stage.operate(claim, ActKind.MARK_APPLIED)
    stage.expect(claim, Status.REJECTED)
    stage.pay(claim, denied=True)
    let_pass(stage)
    stage.settle(echoes=False)
    stage.operate(claim, ActKind.MARK_APPLIED)
    stage.expect(claim, Status.APPLIED)
    if stage.operate(claim, ActKind.TAKE_BACK, risk=True) is not NotYours.OWN:
        raise Broken("took back their own mark")
    stage.operate(claim, ActKind.TAKE_BACK, by="bia")
    stage.expect(claim, Status.APPLIED)
    stage.operate(claim, ActKind.TAKE_BACK, by="bia", risk=True)
    stage.expect(claim, Status.IN_DOUBT)
    stage.settle(echoes=False)
    stage.expect(claim, Status.APPLIED)


def called_rejected_and_resent(stage: Stage) -> None:
    """A doubt that was credited: a person's word that it was not sends nothing."""
    claim = stage.begin()
    stage.pay(claim)
    stage.lapse(claim)
    stage.operate(claim, ActKind.MARK_REJECTED)
    stage.expect(claim, Status.REJECTED)
    for by in ("ops", "bia"):
        if not isinstance(stage.operate(claim, ActKind.RESEND, by=by), RiskNotAccepted):
            raise Broken("resent, though a person's word alone called it unpaid")
    let_pass(stage)
    stage.settle(echoes=True)
    stage.expect(claim, Status.APPLIED)
    stage.check()


def explained_and_resent_before_the_next_statement(stage: Stage) -> None:
    """A person said whose the line is; nothing has moved yet, and it is still not to be resent."""
    claim = stage.begin()
    stage.pay(claim, denied=True)
    stage.end(claim, REFUSED)
    let_pass(stage)
    stage.settle(echoes=False)
    (incident,) = stage.standing()
    stage.explain(incident, Meaning.OURS, claim)
    if isinstance(stage.operate(claim, ActKind.RESEND), Granted):
        raise Broken("resent, though a person said that a line is its credit")
    stage.settle(echoes=False)
    stage.expect(claim, Status.APPLIED)
    stage.check(echoes=False)


def pending_that_may_be_credited(stage: Stage) -> None:
    """A surplus line of its group: in doubt before it can be sent; then whatever comes late."""
    for late in (None, CREATED, LOST):
        claim = stage.begin()
        stage.pay(claim)
        stage.end(claim, BUSY)  # a 429 that lies
        stage.expect(claim, Status.PENDING)
        stage.settle(echoes=False)
        stage.expect(claim, Status.IN_DOUBT)
        if late is not None:
            stage.end(claim, late)
            stage.expect(claim, Status.IN_DOUBT)  # an attempt has one end
        let_pass(stage)
        stage.settle(echoes=False)
        stage.expect(claim, Status.APPLIED)
        stage.check(echoes=False)
        forget(stage)


def late_201_after_the_settler_doubted(stage: Stage) -> None:
    """Resent at a risk, then doubted for a surplus line; the first attempt's 201 comes last."""
    claim = stage.begin()
    stage.lapse(claim)
    stage.pay(claim)
    stage.operate(claim, ActKind.RESEND, risk=True)
    stage.settle(echoes=False)
    stage.expect(claim, Status.IN_DOUBT)
    stage.end(claim, CREATED)
    stage.expect(claim, Status.APPLIED)
    stage.settle(echoes=False)
    expect_nothing_standing(stage)


def pending_under_its_own_reference(stage: Stage) -> None:
    """Credited though pending: applied; and the resend that was due finds nothing to send."""
    claim = stage.begin()
    stage.pay(claim)
    stage.end(claim, BUSY)
    stage.settle()
    stage.expect(claim, Status.APPLIED)
    stage.now_s += LONG_S
    if stage.due():
        raise Broken("an applied cashback was claimed")
    stage.check()


def held_under_its_own_reference(stage: Stage) -> None:
    """Given up, and credited all the same."""
    claim = stage.begin()
    stage.pay(claim)
    stage.now_s += POLICY.give_up_s
    stage.end(claim, BUSY)
    stage.expect(claim, Status.HELD)
    stage.settle()
    stage.expect(claim, Status.APPLIED)
    stage.check()


def attempts_lost_with_a_restored_database(stage: Stage) -> None:
    """Pending and never tried, as far as anybody here knows; the credit says otherwise."""
    for told, echoes, after in (
        (Telling.TRUE, True, Status.APPLIED),
        (Telling.NET_OF_FEE, True, Status.IN_DOUBT),
        (Telling.OTHER_CUSTOMER, True, Status.IN_DOUBT),
        (Telling.TRUE, False, Status.IN_DOUBT),
    ):
        claim = stage.begin()
        stage.now_s += 1
        stage.pay(claim, told=told)
        row = stage.row(claim)
        stage.lose_attempts(row)
        stage.settle(echoes=echoes)
        stage.expect(claim, after)
        explain_all(stage, claim, echoes=echoes)
        stage.expect(claim, Status.APPLIED)
        forget(stage)


def settled_while_it_is_sent_again(stage: Stage) -> None:
    """Read as a doubt; before the settler stores, its own late word sent it again."""
    for echoes in BOTH:
        claim = stage.begin()
        stage.lapse(claim)
        let_pass(stage)

        def resend(claim: Claim = claim) -> None:
            stage.end(claim, NEVER)
            stage.now_s += LONG_S
            second = stage.claim()
            stage.pay(second)
            stage.lapse(second)

        statement = stage.statement(echoes=echoes)
        stage.read(statement, echoes=echoes, between=resend)
        stage.expect(claim, Status.IN_DOUBT)
        let_pass(stage)
        stage.settle(echoes=echoes)
        stage.expect(claim, Status.APPLIED)
        stage.check(echoes=echoes)
        forget(stage)


def settled_while_it_is_sending(stage: Stage) -> None:
    """Its credit is told while its attempt runs: nothing moves, and its own word counts."""
    for echoes in BOTH:
        claim = stage.begin()
        stage.pay(claim)
        stage.settle(echoes=echoes)
        stage.expect(claim, Status.SENDING)
        expect_nothing_standing(stage)
        stage.end(claim, CREATED)
        stage.expect(claim, Status.APPLIED)
        stage.check(echoes=echoes)
        forget(stage)


def rounds_end(stage: Stage) -> None:
    """Proved unpaid for the third time it is held; an operator's resend begins anew."""
    for _ in range(2):
        claim = stage.begin() if not stage.database.rows else stage.claim()
        for number in range(1, ROUNDS + 1):
            stage.lapse(claim)
            let_pass(stage)
            stage.settle()
            stage.expect(claim, Status.HELD if number == ROUNDS else Status.PENDING)
            if number < ROUNDS:
                claim = stage.claim()
        if "proved unpaid by the statement of" not in stage.row(claim).events[-1].reason:
            raise Broken("held without a word about the proof")
        stage.check()
        stage.operate(claim, ActKind.RESEND)
        stage.expect(claim, Status.PENDING)


def rounds_end_by_time(stage: Stage) -> None:
    """72 hours after it was first proved unpaid the second proof holds it."""
    claim = stage.begin()
    stage.lapse(claim)
    let_pass(stage)
    stage.settle()
    second = stage.claim()
    stage.lapse(second)
    stage.now_s += timedelta(hours=72).total_seconds()
    stage.settle()
    stage.expect(claim, Status.HELD)


def never_held_while_unproved(stage: Stage) -> None:
    """What is barred is no round, however often and however old."""
    claim = doubt(stage)
    stage.ledger.append(strangers(stage, claim))
    for _ in range(2 * ROUNDS):
        stage.now_s += timedelta(hours=24).total_seconds()
        stage.settle()
        stage.expect(claim, Status.IN_DOUBT)
    for incident in stage.standing():
        if incident.line_key is not None:
            stage.explain(incident, Meaning.FOREIGN)
    stage.settle()
    stage.expect(claim, Status.PENDING)


def paid_while_the_statement_is_asked_for(stage: Stage) -> None:
    """An equal sale comes and is paid before the provider answers: its credit is its own.

    Whoever read the book first would take the new line for the doubt's, which nobody paid.
    """
    claim = doubt(stage)
    let_pass(stage)

    def sell() -> None:
        newer = stage.begin()
        stage.pay(newer)
        stage.end(newer, CREATED)

    stage.settle_alone(meanwhile=sell)
    stage.expect(claim, Status.IN_DOUBT, Status.PENDING)
    stage.check(echoes=False)


PLAYS: Final[tuple[Callable[[Stage], None], ...]] = (
    credited_again_and_again,
    credited_though_rejected,
    marked_applied_while_an_incident_stands,
    called_rejected_and_resent,
    explained_and_resent_before_the_next_statement,
    pending_that_may_be_credited,
    late_201_after_the_settler_doubted,
    pending_under_its_own_reference,
    held_under_its_own_reference,
    attempts_lost_with_a_restored_database,
    settled_while_it_is_sent_again,
    settled_while_it_is_sending,
    rounds_end,
    rounds_end_by_time,
    never_held_while_unproved,
    paid_while_the_statement_is_asked_for,
)
