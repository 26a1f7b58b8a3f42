"""What is confirmed later: orders of events that random worlds hardly reach, played on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.delivery.states import Actor, Status
from cashback_core.intake.confirmation import ConfirmationExpired, Confirmed, NothingToConfirm
from cashback_core.operators.acts import ActKind, NotFromHere
from simulation.database import at_once
from simulation.mix import CONFIRM_WITHIN
from simulation.stage import CREATED, LONG_S, Broken, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from cashback_core.delivery.leases import Claim

_TIME_S: Final = CONFIRM_WITHIN.total_seconds()


def confirmed_and_paid_once(stage: Stage) -> None:
    """Twice confirmed, even after its time: one attempt, one credit."""
    claim = stage.begin_unconfirmed()
    if stage.due():
        raise Broken("claimed before it was confirmed")
    _confirm(stage, claim, Confirmed)
    _confirm(stage, claim, NothingToConfirm)
    stage.now_s += _TIME_S + 1
    _void(stage, 0)
    paid = stage.claim()
    stage.pay(paid)
    stage.end(paid, CREATED)
    _confirm(stage, claim, NothingToConfirm)
    stage.expect(claim, Status.APPLIED)
    stage.check()


def confirmed_as_it_becomes_void(stage: Stage) -> None:
    """Its time is over: whoever comes first wins, the worker or its ERP."""
    late, void = stage.begin_unconfirmed(), stage.begin_unconfirmed()
    stage.now_s += _TIME_S
    _confirm(stage, late, Confirmed)
    _void(stage, 1)
    _confirm(stage, void, ConfirmationExpired)
    stage.expect(late, Status.PENDING)
    stage.expect(void, Status.VOID)
    stage.now_s += LONG_S
    if [claim.id for claim in stage.due()] != [late.id]:
        raise Broken("what is void was claimed")
    stage.check()


def cancelled_or_confirmed(stage: Stage) -> None:
    """An operator cancels it before or after it is confirmed: never is it paid."""
    first, second = stage.begin_unconfirmed(), stage.begin_unconfirmed()
    stage.operate(first, ActKind.CANCEL)
    _confirm(stage, first, NothingToConfirm)
    _confirm(stage, second, Confirmed)
    stage.operate(second, ActKind.CANCEL)
    stage.now_s += LONG_S
    _void(stage, 0)
    for claim in (first, second):
        stage.expect(claim, Status.CANCELLED)
    void = stage.begin_unconfirmed()
    stage.now_s += LONG_S
    _void(stage, 1)
    for kind in ActKind:
        if not isinstance(stage.operate(void, kind, risk=True), NotFromHere):
            raise Broken(f"{kind} of what is void")
    if stage.due():
        raise Broken("claimed what ended unpaid")
    stage.check()


def nothing_is_void_while_the_sender_is_paused(stage: Stage) -> None:
    """A restored database may have forgotten confirmations: they are told again, in their time."""
    claim = stage.begin_unconfirmed()
    at_once(stage.database.switch.pause(by="guard", reason="restored"))
    stage.now_s += _TIME_S + 1
    _void(stage, 0)
    _confirm(stage, claim, Confirmed)
    at_once(stage.database.switch.release(by="ops", reason="reconciled"))
    _void(stage, 0)
    stage.expect(claim, Status.PENDING)
    stage.check()


def confirmation_lost_with_a_restored_database(stage: Stage) -> None:
    """It was confirmed, sent and credited; the database knows none of it, its ERP repeats."""
    for echoes in (True, False):
        claim = stage.begin_unconfirmed()
        _confirm(stage, claim, Confirmed)
        paid = stage.claim()
        stage.now_s += 1
        stage.pay(paid)
        stage.end(paid, CREATED)
        stage.lose_attempts(stage.row(claim), Status.UNCONFIRMED)
        stage.now_s += LONG_S
        stage.settle(echoes=echoes)
        stage.expect(claim, Status.APPLIED if echoes else Status.UNCONFIRMED)
        _confirm(stage, claim, NothingToConfirm if echoes else Confirmed)
        stage.expect(claim, Status.APPLIED if echoes else Status.HELD)
        if stage.due():
            raise Broken("sent a second time")
        stage.clear()


def _confirm(stage: Stage, claim: Claim, expected: type[object]) -> None:
    told = at_once(stage.database.confirm(claim.merchant_id, claim.id))
    if not isinstance(told, expected):
        raise Broken(f"{told}, not {expected.__name__}")
    events = stage.row(claim).events
    confirmed = [one for one in events if one.from_status is Status.UNCONFIRMED]
    if len([one for one in confirmed if one.actor is Actor.API]) > 1:
        raise Broken(f"{claim.id} was confirmed twice")


def _void(stage: Stage, expected: int) -> None:
    voided = at_once(stage.database.void_expired(limit=10))
    if voided != expected:
        raise Broken(f"{voided} are void, not {expected}")


PLAYS: Final[tuple[Callable[[Stage], None], ...]] = (
    confirmed_and_paid_once,
    confirmed_as_it_becomes_void,
    cancelled_or_confirmed,
    nothing_is_void_while_the_sender_is_paused,
    confirmation_lost_with_a_restored_database,
)
