"""History: brought in as it was, and whatever comes of its names later, never sent from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.delivery.states import Status
from cashback_core.intake.confirmation import NothingToConfirm
from cashback_core.operators.acts import ActKind, NotFromHere
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.incidents import Meaning
from simulation.database import at_once
from simulation.stage import CENTAVOS, CREATED, LONG_S, Broken, Stage

if TYPE_CHECKING:
    from collections.abc import Callable


def nobody_sends_it(stage: Stage) -> None:
    """Whatever workers, reapers, its ERP and operators do, however long it lies."""
    claim = stage.begin_history()
    stage.expect(claim, Status.RECORDED)
    for _ in range(3):
        if stage.due():
            raise Broken("history was claimed")
        at_once(stage.database.reap(limit=10))
        at_once(stage.database.void_expired(limit=10))
        stage.now_s += 10 * LONG_S
    if not isinstance(at_once(stage.database.confirm(1, claim.id)), NothingToConfirm):
        raise Broken("history was confirmed")
    for kind in ActKind:
        for risk in (False, True):
            if not isinstance(stage.operate(claim, kind, risk=risk), NotFromHere):
                raise Broken(f"{kind} of history")
    stage.expect(claim, Status.RECORDED)
    stage.check()


def sent_again_by_its_erp(stage: Stage) -> None:
    """Its ERP, or another till, sends the very sale as one of today: it is known, and not paid."""
    claim = stage.begin_history()
    stage.repeat(claim)
    stage.now_s += LONG_S
    if stage.due():
        raise Broken("paid here what another system had settled")
    stage.expect(claim, Status.RECORDED)
    stage.check()


def brought_in_after_it_was_sent(stage: Stage) -> None:
    """A file that has it, too, changes nothing of what is being paid, and it is paid once."""
    claim = stage.begin()
    stage.repeat(claim, as_recorded=True)
    stage.expect(claim, Status.SENDING)
    stage.pay(claim)
    stage.end(claim, CREATED)
    stage.repeat(claim, as_recorded=True)
    stage.expect(claim, Status.APPLIED)
    stage.check()


def it_stands_for_no_credit(stage: Stage) -> None:
    """A credit too many of its customer and amount is told as ever, and no doubt is decided by it.

    Were history taken for who has it, that somebody was paid twice would go unnoticed.
    """
    for echoes in (True, False):
        history, paid = stage.begin_history(), stage.begin()
        stage.now_s += 1
        for _ in range(2):
            stage.pay(paid)
        stage.end(paid, CREATED)
        stage.now_s += LONG_S
        stage.settle(echoes=echoes)
        (incident,) = stage.standing()
        if incident.cls is not FindingClass.CREDITED_AGAIN:
            raise Broken(f"the second credit is {incident.cls}")
        stage.expect(history, Status.RECORDED)
        stage.clear()


def it_keeps_no_doubt_from_its_proof(stage: Stage) -> None:
    """A doubt of its customer and amount is proved unpaid as if history were not there."""
    for echoes in (True, False):
        history, doubt = stage.begin_history(), stage.begin()
        stage.lapse(doubt)
        stage.now_s += LONG_S
        stage.settle(echoes=echoes)
        stage.expect(doubt, Status.PENDING)
        stage.expect(history, Status.RECORDED)
        stage.clear()


def a_credit_that_names_it_is_told(stage: Stage) -> None:
    """Nobody here asked for it: somebody must see it, and it stays what it is."""
    for changes in ({}, {"cashback_centavos": CENTAVOS + 1}):
        claim = stage.begin_history()
        stage.now_s += 1
        stage.pay(claim, **changes)
        stage.now_s += LONG_S
        stage.settle()
        stage.expect(claim, Status.RECORDED)
        (incident,) = stage.standing()
        expected = FindingClass.ALTERED if changes else FindingClass.CREDITED_UNPAID
        if (incident.cls, incident.cashback_id) != (expected, claim.id):
            raise Broken(f"{incident.cls} of {incident.cashback_id}")
        stage.clear()


def a_person_may_say_that_a_line_is_its_credit(stage: Stage) -> None:
    """Another system's credit of it stands on our first statements: said once, and for good."""
    claim = stage.begin_history()
    stage.now_s += 1
    stage.pay(claim, reference=None)
    stage.now_s += LONG_S
    stage.settle(echoes=False)
    (incident,) = stage.standing()
    if incident.cls is not FindingClass.UNKNOWN_HERE:
        raise Broken(f"another system's credit is {incident.cls}")
    stage.explain(incident, Meaning.OURS, claim)
    stage.settle(echoes=False)
    if stage.standing():
        raise Broken("what a person explained stands")
    stage.expect(claim, Status.RECORDED)


PLAYS: Final[tuple[Callable[[Stage], None], ...]] = (
    nobody_sends_it,
    sent_again_by_its_erp,
    brought_in_after_it_was_sent,
    it_stands_for_no_credit,
    it_keeps_no_doubt_from_its_proof,
    a_credit_that_names_it_is_told,
    a_person_may_say_that_a_line_is_its_credit,
)
