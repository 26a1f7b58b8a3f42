"""What is confirmed later: orders of events that random worlds hardly reach, played on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cashback_core.delivery.states import Actor, Status
from cashback_core.intake.confirmation import ConfirmationExpired, Confirmed, NothingToConfirm
from cashback_core.operators.acts import ActKind, NotFromHere
from cashback_core.reconciliation.incidents import Meaning
from cashback_core.values.documents import Cpf
from simulation.database import at_once
from simulation.mix import CONFIRM_WITHIN, MARGIN, VOID_GRACE, instant
from simulation.stage import CENTAVOS, CREATED, LONG_S, Broken, Stage
from simulation.tellings import Telling

if TYPE_CHECKING:
    from collections.abc import Callable

    from cashback_core.delivery.leases import Claim
    from simulation.papers import Statement

_TIME_S: Final = (CONFIRM_WITHIN + VOID_GRACE).total_seconds()
"""After which a worker ends it."""

_DAY_S: Final = 86_400.0
OTHER: Final = Cpf("11144477735")


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


def confirmed_after_an_outage(stage: Stage) -> None:
    """Its time is over, and its ERP could not tell before: within the grace it still can."""
    claim = stage.begin_unconfirmed()
    stage.now_s += _TIME_S - 1
    if stage.due():
        raise Broken("claimed because its time is over")
    _void(stage, 0)
    _confirm(stage, claim, Confirmed)
    stage.expect(claim, Status.PENDING)
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


def old_one_lost_with_a_restored_database(stage: Stage) -> None:
    """Confirmed and credited long after it was accepted: the statement covers the last days."""
    claim = _forgotten(stage, after_s=8 * _DAY_S)
    told = stage.statement(echoes=False)
    since = instant(stage.now_s - 3 * _DAY_S)
    stage.read(told.but(asked_since=since, since=since), echoes=False)
    _is_held(stage, claim)


def explained_by_a_person_and_not_yet_moved(stage: Stage) -> None:
    """Somebody said that the line is its credit; nothing moves before the next statement."""
    claim = _forgotten(stage)
    stage.settle(echoes=False)
    (incident,) = stage.standing()
    stage.explain(incident, Meaning.OURS, claim)
    if stage.standing():
        raise Broken("an explained incident stands")
    _is_held(stage, claim)


def told_by_a_date_alone(stage: Stage) -> None:
    """Confirmed and credited on the day of its acceptance; the statement tells dates alone."""
    claim = _forgotten(stage)
    stage.settle(echoes=False, dates_only=True)
    _is_held(stage, claim)


def dated_by_a_slower_clock(stage: Stage) -> None:
    """Confirmed and credited in a moment, and the provider's clock is behind."""
    claim = _forgotten(stage, at_s=-MARGIN.clock_skew_s + 1)
    stage.settle(echoes=False)
    _is_held(stage, claim)


def altered_or_unreadable_on_the_statement(stage: Stage) -> None:
    """A line that cannot be told for its credit: it holds who went through a pause of the sender.

    Nobody else: nothing was forgotten, and one odd line must not hold every confirmation.
    """
    odd: list[dict[str, Any]] = [{"cashback_centavos": CENTAVOS + 1}, {"told": Telling.MASKED}]
    for changes in odd:
        claim = _forgotten(stage, **changes)
        stage.settle(echoes=False)
        other = stage.begin_unconfirmed(document=OTHER)
        at_once(stage.database.switch.pause(by="guard", reason="restored"))
        at_once(stage.database.switch.release(by="ops", reason="reconciled"))
        stage.now_s += 1
        later = stage.begin_unconfirmed(document=OTHER)
        _is_held(stage, claim)
        _confirm(stage, later, Confirmed)
        stage.expect(later, Status.PENDING)
        _confirm(stage, other, Confirmed)
        stage.expect(other, Status.HELD if "told" in changes else Status.PENDING)
        stage.clear()


def confirmed_before_the_statement_is_read(stage: Stage) -> None:
    """Its ERP repeats at once, while the sender is paused: a later statement bars it."""
    for changes in ({}, {"cashback_centavos": CENTAVOS + 1}):
        for dates_only in (False, True):
            claim = _forgotten(stage, **changes)
            at_once(stage.database.switch.pause(by="guard", reason="restored"))
            _confirm(stage, claim, Confirmed)
            stage.expect(claim, Status.PENDING)
            stage.now_s += LONG_S
            stage.settle(echoes=False, dates_only=dates_only)
            at_once(stage.database.switch.release(by="ops", reason="reconciled"))
            stage.expect(claim, Status.IN_DOUBT)
            if stage.due():
                raise Broken("sent a second time")
            stage.clear()


def an_equal_one_was_paid_just_before_the_statement(stage: Stage) -> None:
    """Its line lies before the statement, the forgotten credit on it: that is not the equal one's.

    However soon after it within the longest delay, and whether confirmed again before or after.
    """
    for after_s in (30.0, 100.0):
        for first in (False, True):
            begun_s = _equal_one(stage)
            claim = _forgotten(stage, at_s=after_s)
            if first:
                at_once(stage.database.switch.pause(by="guard", reason="restored"))
                _confirm(stage, claim, Confirmed)
            stage.read(_from(stage, begun_s + 1), echoes=False)
            if first:
                at_once(stage.database.switch.release(by="ops", reason="reconciled"))
                stage.expect(claim, Status.IN_DOUBT)
            else:
                _is_held(stage, claim)
            if stage.due():
                raise Broken("sent a second time")
            stage.clear()


def an_equal_ones_own_line_holds_nobody(stage: Stage) -> None:
    """Not paid by Pix, and bought again: where the statement begins between the two, too."""
    for since_s in (-1000.0, -1.0):
        claim = stage.begin_unconfirmed()
        begun_s = _equal_one(stage)
        stage.now_s += 50
        stage.read(_from(stage, begun_s + since_s), echoes=False)
        if stage.standing():
            raise Broken("a line in order is an incident")
        _confirm(stage, claim, Confirmed)
        stage.expect(claim, Status.PENDING)
        stage.clear()


def _equal_one(stage: Stage) -> float:
    """One of the same customer and amount, applied; when it was credited."""
    claim = stage.begin()
    stage.pay(claim)
    stage.end(claim, CREATED)
    stage.expect(claim, Status.APPLIED)
    return stage.now_s


def _from(stage: Stage, since_s: float) -> Statement:
    """A statement without references, from an instant on."""
    since, told = instant(since_s), stage.statement(echoes=False)
    lines = tuple(one for one in told.lines if one.credited_at and one.credited_at >= since)
    return told.with_lines(lines).but(asked_since=since, since=since)


def _forgotten(
    stage: Stage, *, after_s: float = 1, at_s: float | None = None, **changes: Any
) -> Claim:
    """One that was confirmed, sent and credited, and of all that the database knows nothing."""
    claim = stage.begin_unconfirmed()
    accepted_s = stage.now_s
    stage.now_s += after_s
    _confirm(stage, claim, Confirmed)
    paid = stage.claim()
    at_s = stage.now_s if at_s is None else accepted_s + at_s
    stage.pay(paid, at_s=at_s, **changes)
    stage.end(paid, CREATED)
    stage.lose_attempts(stage.row(claim), Status.UNCONFIRMED)
    stage.now_s += LONG_S
    return claim


def _is_held(stage: Stage, claim: Claim) -> None:
    """Its ERP confirms it again, and nothing is sent a second time."""
    stage.expect(claim, Status.UNCONFIRMED)
    _confirm(stage, claim, Confirmed)
    stage.expect(claim, Status.HELD)
    if stage.due():
        raise Broken("sent a second time")


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
    confirmed_after_an_outage,
    confirmed_as_it_becomes_void,
    cancelled_or_confirmed,
    nothing_is_void_while_the_sender_is_paused,
    confirmation_lost_with_a_restored_database,
    old_one_lost_with_a_restored_database,
    explained_by_a_person_and_not_yet_moved,
    told_by_a_date_alone,
    dated_by_a_slower_clock,
    altered_or_unreadable_on_the_statement,
    confirmed_before_the_statement_is_read,
    an_equal_one_was_paid_just_before_the_statement,
    an_equal_ones_own_line_holds_nobody,
)
