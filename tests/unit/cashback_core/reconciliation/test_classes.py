"""Every situation alone and among others: who is placed where, in whatever order it comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.delivery.states import Status
from cashback_core.reconciliation import FindingClass as Found
from cashback_core.reconciliation.statements import LineKind
from unit.cashback_core.reconciliation.worlds import (
    ECHOED,
    SILENT,
    T,
    World,
    entry,
    found,
    line_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from cashback_core.reconciliation import Rules

SPELLINGS: Final[tuple[Callable[[str], str], ...]] = (
    str.upper,
    lambda text: text.replace("-", ""),
    lambda text: f"{text}   ",
    lambda text: f"   {text}",
    lambda text: f"CB-{text}",
    lambda text: f"urn:uuid:{text}",
    lambda text: f"{{{text.upper()}}}",
    lambda text: text.replace("-", " "),
    lambda text: text.replace("-", "") + "0000",
    lambda text: f"ref{text}",
)
"""What providers do to a reference and still mean it."""

LATER: Final = timedelta(minutes=1)


def applied(world: World, number: int) -> None:
    """Applied and told."""
    one = entry(number, Status.APPLIED)
    world.add([(one, Found.MATCHED)], [(line_of(one, world.rules), Found.MATCHED)])


def applied_thrice(world: World, number: int) -> None:
    """Applied once, credited three times."""
    one = entry(number, Status.APPLIED)
    line = line_of(one, world.rules)
    again = [(replace(line, credited_at=T + n * LATER), Found.CREDITED_AGAIN) for n in (1, 2)]
    world.add([(one, Found.MATCHED)], [(line, Found.MATCHED), *again])


def doubt_credited(world: World, number: int) -> None:
    """In doubt, and told."""
    one = entry(number, Status.IN_DOUBT)
    world.add([(one, Found.DOUBT_APPLIED)], [(line_of(one, world.rules), Found.DOUBT_APPLIED)])


def doubt_credited_twice(world: World, number: int) -> None:
    """In doubt, and told twice."""
    one = entry(number, Status.IN_DOUBT)
    line = line_of(one, world.rules)
    world.add(
        [(one, Found.DOUBT_APPLIED)],
        [(line, Found.DOUBT_APPLIED), (replace(line, credited_at=T + LATER), Found.CREDITED_AGAIN)],
    )


def doubt_absent(world: World, number: int) -> None:
    """In doubt, and not told."""
    world.add([(entry(number, Status.IN_DOUBT), Found.DOUBT_ABSENT)], [])


def doubt_too_young(world: World, number: int) -> None:
    """In doubt for so short a time that its credit may still come."""
    late = T + timedelta(days=2)
    one = entry(number, Status.IN_DOUBT, last_started_at=late)
    world.add([(one, Found.DOUBT_UNDECIDED)], [])


def doubt_net_of_a_fee(world: World, number: int) -> None:
    """In doubt, and told under another amount."""
    one = entry(number, Status.IN_DOUBT)
    line = line_of(one, world.rules, cashback_centavos=one.cashback_centavos + 1_000_000)
    world.add([(one, Found.ALTERED)], [(line, Found.ALTERED)])


def doubt_reversed(world: World, number: int) -> None:
    """In doubt, credited and taken back."""
    one = entry(number, Status.IN_DOUBT)
    line = line_of(one, world.rules)
    back = replace(line, kind=LineKind.REVERSAL, credited_at=T + LATER)
    world.add([(one, Found.REVERSED)], [(line, Found.REVERSED), (back, Found.REVERSED)])


def unpaid(world: World, number: int) -> None:
    """Not paid, and not told."""
    for n, status in enumerate((Status.PENDING, Status.HELD, Status.REJECTED, Status.CANCELLED)):
        world.add([(entry(number + n, status), Found.UNPAID)], [])


def credited_unpaid(world: World, number: int) -> None:
    """Not paid, and told."""
    for n, status in enumerate((Status.PENDING, Status.HELD, Status.REJECTED, Status.CANCELLED)):
        one = entry(number + n, status)
        world.add(
            [(one, Found.CREDITED_UNPAID)], [(line_of(one, world.rules), Found.CREDITED_UNPAID)]
        )


def being_sent(world: World, number: int) -> None:
    """Being sent now."""
    world.add([(entry(number, Status.SENDING), Found.NOT_EXPECTED)], [])


def foreign(world: World, number: int) -> None:
    """A credit of nobody here."""
    line = line_of(entry(number, Status.APPLIED), world.rules, reference=f"PIX {number}")
    world.add([], [(line, Found.UNKNOWN_HERE)])


def erased(world: World, number: int) -> None:
    """Applied, told, and its customer erased since."""
    one = entry(number, Status.APPLIED)
    line = line_of(one, world.rules)
    gone = replace(one, document=f"E{number:032x}")
    world.add([(gone, Found.MATCHED)], [(line, Found.MATCHED)])


SITUATIONS: Final = (
    applied,
    applied_thrice,
    doubt_credited,
    doubt_credited_twice,
    doubt_absent,
    doubt_too_young,
    doubt_net_of_a_fee,
    doubt_reversed,
    unpaid,
    credited_unpaid,
    being_sent,
    foreign,
    erased,
)


@pytest.mark.parametrize("rules", [ECHOED, SILENT], ids=["echoed", "silent"])
@given(
    st.lists(st.sampled_from(SITUATIONS), max_size=12),
    st.randoms(use_true_random=False),
    st.data(),
)
def test_each_line_and_each_cashback_is_where_it_belongs(
    rules: Rules,
    situations: list[Callable[[World, int], None]],
    random: Random,
    data: st.DataObject,
) -> None:
    world = World(rules)
    for number, situation in enumerate(situations):
        situation(world, 10 * number + 10)
    spellings = st.sampled_from(SPELLINGS if rules.echoes_reference else (lambda text: text,))
    lines = [
        line
        if line.reference is None or line.reference.startswith("PIX")
        else replace(line, reference=data.draw(spellings)(line.reference))
        for line in world.lines
    ]
    random.shuffle(lines)
    random.shuffle(world.book)
    findings, _ = found(world.book, lines, rules)
    for finding in findings:
        if finding.line is not None:
            assert finding.cls is world.lines_of_class[finding.line.number]
        if finding.entry is not None:
            assert finding.cls is world.entries_of_class[finding.entry.id]


@pytest.mark.parametrize("rules", [ECHOED, SILENT], ids=["echoed", "silent"])
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.__name__)
def test_a_situation_alone(situation: Callable[[World, int], None], rules: Rules) -> None:
    world = World(rules)
    situation(world, 10)
    findings, _ = found(world.book, world.lines, rules)
    for finding in findings:
        if finding.line is not None:
            assert finding.cls is world.lines_of_class[finding.line.number]
        if finding.entry is not None:
            assert finding.cls is world.entries_of_class[finding.entry.id]
