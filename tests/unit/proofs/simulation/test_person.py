"""The simulated person says nothing that would keep a true statement from being trusted."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from cashback_core.delivery.states import Status
from cashback_core.reconciliation import FindingClass
from cashback_core.values.documents import Cpf
from simulation.desk import Desk
from simulation.mix import draw, instant
from simulation.papers import Paper, spoilt
from simulation.person import Person
from simulation.stage import LONG_S, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cashback_core.delivery.leases import Claim

ANOTHER = Cpf("11144477735")


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage(Random(0))
    yield made
    made.loop.close()


def person_of(stage: Stage) -> Person:
    """A person who knows what the provider has credited by now, and tells it by dates alone."""
    mix = replace(draw(Random(0)), prints_reference=False, dates_only=True, provider_skew_s=0.0)
    desk = Desk(stage.loop, Random(0), mix)
    for credit in stage.ledger:
        desk.enter(credit)
    return Person(stage.database, desk)


def read_from(stage: Stage, since_s: float, paper: Paper | None = None) -> None:
    """A statement that begins later than the one before: it closes no incident of that one."""
    start = instant(since_s)
    told = stage.statement(echoes=False, dates_only=True).but(since=start, asked_since=start)
    stage.read(told if paper is None else spoilt(told, paper), echoes=False)


def credited_three_times(stage: Stage) -> Claim:
    """A doubt that is proved credited, and a person's word for one of the two other credits."""
    first = stage.begin()
    stage.pay(first)
    stage.lapse(first)
    stage.pay(first, again=True)
    stage.now_s += LONG_S
    stage.settle(echoes=False, dates_only=True)
    stage.expect(first, Status.APPLIED)
    assert person_of(stage).look() == 1
    stage.now_s += 1
    stage.pay(first, again=True)
    stage.now_s += LONG_S
    return first


def never_sent(stage: Stage) -> Claim:
    """An equal one that was never tried, as far as is known here: proved by the other credits.

    They may be its own, of a sending that a restored database has forgotten.
    """
    second = stage.begin()
    stage.lose_attempts(stage.row(second))
    for since_s, status in ((-800, Status.IN_DOUBT), (-700, Status.APPLIED)):
        read_from(stage, since_s)
        stage.expect(second, status)
    return second


@pytest.mark.parametrize("told_absent", [True, False])
def test_of_two_that_are_applied_the_one_without_a_line_is_called_absent(
    stage: Stage, *, told_absent: bool
) -> None:
    """Seed 150: the other one, whose lines they are, stood as absent by another account's file.

    Called absent, it left its credit to the one that has none, which nobody called absent any
    more: no statement was trusted again, and nobody's doubt ended.
    """
    first = credited_three_times(stage)
    if told_absent:
        read_from(stage, -900, Paper.FOREIGN_FILE)
        absent = [one for one in stage.standing() if one.cls is FindingClass.APPLIED_ABSENT]
        assert [one.cashback_id for one in absent] == [first.id]
    second = never_sent(stage)
    doubt = stage.begin(document=ANOTHER)
    stage.lapse(doubt)
    person = person_of(stage)
    for _ in range(3):
        person.look()
        stage.now_s += LONG_S
        stage.settle(echoes=False, dates_only=True)
    assert stage.database.said.absent == {second.id}
    stage.expect(doubt, Status.PENDING)
    assert stage.standing() == []
