"""Closing days: what is slow, what is late, who comes second; each in the order that breaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.closing.closing import GRACE, CloseDays
from cashback_core.closing.store import AlreadyClosed
from simulation.closed_days import wrong_in_the_end
from simulation.closer import LinkedNotes, at_once_beside
from simulation.closes import OVER, SIGNER
from simulation.database import at_once
from simulation.stage import CREATED, Broken, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from cashback_core.closing.kept import KeptClose

_OVER_S: Final = OVER.total_seconds()


def slow_before_it_has_a_number(stage: Stage) -> None:
    """It began before the day's end, has only read so far, and writes when the day is over."""
    _is_waited_for(stage, has_number=False)


def slow_after_it_has_a_number(stage: Stage) -> None:
    """The same of one that has written already."""
    _is_waited_for(stage, has_number=True)


def a_clock_that_went_back(stage: Stage) -> None:
    """What says that it was on a closed day is in the next one, and told as late there."""
    claim, transactions = stage.begin(), stage.database.transactions
    _go_past_the_end(stage)
    [first] = _closed(stage)
    with transactions.clock_back(stage.database.closes.days[1].length / 2):
        stage.pay(claim)
        stage.end(claim, CREATED)
    _go_past_the_end(stage)
    [second] = _closed(stage)
    if (first.lines, second.lines, second.late) != (2, 1, 1):
        raise Broken(f"{first.lines} lines, then {second.lines}, {second.late} of them late")
    _check(stage)


def paid_before_it_was_accepted(stage: Stage) -> None:
    """So far back that the next day has no opening for what it pays."""
    _go_past_the_end(stage)
    _closed(stage)
    claim, transactions = stage.begin(), stage.database.transactions
    with transactions.clock_back(stage.database.closes.days[1].length):
        stage.pay(claim)
        stage.end(claim, CREATED)
    _go_past_the_end(stage)
    _closed(stage)
    _check(stage)


def closed_by_two(stage: Stage) -> None:
    """The second one was frozen between reading and storing: its close changes nothing."""
    stage.begin()
    _go_past_the_end(stage)
    closes = stage.database.closes
    [kept] = _closed(stage)
    chains = {id_: list(closes.chain(id_)) for id_ in closes.days}
    del closes.kept[:]
    again = _closed(stage)
    closes.kept[:] = [one for chain in chains.values() for one in chain]
    for one in again:
        try:
            at_once(closes.closing().keep(one, SIGNER.public_key))
        except AlreadyClosed:
            continue
        raise Broken(f"{kept.day} was closed twice")
    _check(stage)


def a_zone_changes_twice_a_day(stage: Stage) -> None:
    """No instant is of two days or of none, and what was closed stays so."""
    closes = stage.database.closes
    for zone in ("Asia/Tokyo", "Pacific/Pago_Pago", "America/Sao_Paulo", "Africa/Nairobi"):
        for _ in range(2):
            closes.change_zone(1, zone)
            claim = stage.begin()
            stage.pay(claim)
            stage.end(claim, CREATED)
            stage.now_s += closes.days[1].length.total_seconds() / 3
            _closed(stage)
    _go_past_the_end(stage)
    _closed(stage)
    _check(stage)


def _is_waited_for(stage: Stage, *, has_number: bool) -> None:
    claim, transactions = stage.begin(), stage.database.transactions
    stage.pay(claim)
    stage.now_s = stage.database.closes.days[1].length.total_seconds() - 1
    slow = transactions.begin()
    if has_number:
        transactions.write(slow)
    _go_past_the_end(stage)
    if _closed(stage):
        raise Broken("closed while what began before its end was under way")
    newer = transactions.begin()
    with transactions.ending(slow):
        stage.end(claim, CREATED)
    [kept] = _closed(stage)
    if (kept.lines, kept.late) != (3, 0):
        raise Broken(f"{kept.lines} lines, {kept.late} of them late")
    with transactions.ending(newer):
        pass
    _check(stage)


def _go_past_the_end(stage: Stage) -> None:
    """To where the present day of merchant 1 may be closed."""
    closes = stage.database.closes
    ends_at = closes.open_day(closes.owner(1)).ends_at
    stage.now_s += (ends_at - closes.database.transactions.clock()).total_seconds() + _OVER_S


def _closed(stage: Stage) -> list[KeptClose]:
    """Whoever closes comes by: what they closed of merchant 1."""
    use = CloseDays(
        store=stage.database.closes,
        signer=SIGNER,
        notes=LinkedNotes(),
        grace=GRACE,
        beside=at_once_beside,
    )
    return [kept for kept in at_once(use()).closed if kept.owner.merchant_id == 1]


def _check(stage: Stage) -> None:
    for wrong in wrong_in_the_end(stage.database, is_signed=False):
        raise Broken(wrong)


PLAYS: Final[tuple[Callable[[Stage], None], ...]] = (
    slow_before_it_has_a_number,
    slow_after_it_has_a_number,
    a_clock_that_went_back,
    paid_before_it_was_accepted,
    closed_by_two,
    a_zone_changes_twice_a_day,
)
