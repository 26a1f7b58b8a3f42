"""What a restored database has forgotten, beside an equal one that lies before the statement."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from cashback_core.delivery.states import DeliveryPolicy, Status
from cashback_core.reconciliation import BookEntry, Finding, FindingClass, Margin, Rules, line_key
from cashback_core.reconciliation.found_incidents import FoundIncident, OpenIncidents
from cashback_core.reconciliation.statements import StatementHead, StatementLine
from unit.cashback_core.reconciliation.test_absence import verdict
from unit.cashback_core.reconciliation.worlds import entry, found, numbered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
SECOND: Final = timedelta(seconds=1)
ASKED: Final = datetime(2026, 11, 30, 12, tzinfo=UTC)
THROUGH: Final = ASKED - 2 * HOUR
SINCE: Final = ASKED - 74 * HOUR
CREDITED: Final = ASKED - 28 * HOUR
RULES: Final = Rules(
    policy=DeliveryPolicy(),
    margin=Margin(freeze_s=3_600, provider_delay_s=79_200, clock_skew_s=3_600),
    echoes_reference=False,
)
MAY_BE_SENT: Final = pytest.mark.parametrize(
    ("status", "confirmed_at"),
    [
        (Status.UNCONFIRMED, None),
        (Status.PENDING, ASKED - HOUR),
        (Status.HELD, ASKED - HOUR),
    ],
)


def from_to(since: datetime, through: datetime) -> Callable[[StatementHead], StatementHead]:
    """A statement of these days."""

    def change(head: StatementHead) -> StatementHead:
        return replace(
            head, asked_since=since, since=since, asked_at=ASKED, complete_through=through
        )

    return change


WINDOW: Final = from_to(SINCE, THROUGH)


def applied_at(at: datetime, number: int = 1) -> BookEntry:
    """An equal one, paid in a second."""
    made = entry(number, Status.APPLIED, document="52998224725", cashback_centavos=500)
    return replace(
        made,
        accepted_at=at,
        first_started_at=at,
        last_started_at=at,
        applied_at=at + SECOND,
    )


def never_tried(
    status: Status = Status.UNCONFIRMED,
    confirmed_at: datetime | None = None,
    accepted_at: datetime = CREDITED - 2 * HOUR,
) -> BookEntry:
    """To be confirmed later, and of its attempts nothing is known."""
    return replace(
        applied_at(accepted_at, 9),
        status=status,
        first_started_at=None,
        last_started_at=None,
        applied_at=None,
        confirmed_at=confirmed_at,
        version=1,
    )


def credit(at: datetime | None) -> StatementLine:
    """A line of the group."""
    return StatementLine(number=1, document="52998224725", cashback_centavos=500, credited_at=at)


def only(findings: Sequence[Finding], of: BookEntry) -> tuple[FindingClass, StatementLine | None]:
    """The class of a cashback, and its line."""
    said = verdict(findings, of)
    return said.cls, said.line


@MAY_BE_SENT
@pytest.mark.parametrize("before_h", [1, 4, 20, 40, 47])
@pytest.mark.parametrize("window_h", [32, 74])
def test_a_line_that_an_equal_one_before_the_statement_could_have_is_held_against_it(
    status: Status, confirmed_at: datetime | None, before_h: int, window_h: int
) -> None:
    since = ASKED - window_h * HOUR
    paid, ours = applied_at(since - before_h * HOUR), never_tried(status, confirmed_at)
    line = credit(CREDITED)
    findings, reconciliation = found([paid, ours], [line], RULES, from_to(since, THROUGH))
    assert only(findings, ours) == (FindingClass.CREDITED_UNPAID, line)
    assert only(findings, paid) == (FindingClass.NOT_EXPECTED, None)
    assert reconciliation.distrust is None
    move = verdict(findings, ours).move
    assert (None if move is None else move.to) == (
        Status.IN_DOUBT if status is Status.PENDING else None
    )


def test_dates_alone_and_an_equal_one_later_than_the_statement() -> None:
    """It was paid after all that the statement tells; the line is of the day before."""
    midnight = ASKED.replace(hour=0)
    paid = applied_at(ASKED - 2 * HOUR)
    ours = never_tried(accepted_at=midnight - 12 * HOUR)
    line = credit(midnight - DAY)
    findings, _ = found([paid, ours], [line], RULES, from_to(SINCE, midnight))
    assert only(findings, ours) == (FindingClass.CREDITED_UNPAID, line)


def test_a_line_without_an_instant_may_be_anybodys() -> None:
    paid, ours, line = applied_at(SINCE - HOUR), never_tried(), credit(None)
    findings, _ = found([paid, ours], [line], RULES, WINDOW)
    assert only(findings, ours) == (FindingClass.CREDITED_UNPAID, line)


QUIET: Final = {
    "within the statement": (CREDITED, CREDITED + SECOND),
    "credited long after it": (CREDITED, CREDITED + 20 * HOUR),
    "across its start": (SINCE + timedelta(minutes=20), SINCE + timedelta(minutes=21)),
    "by another clock": (SINCE - timedelta(minutes=20), SINCE + timedelta(minutes=5)),
    "after its watermark": (THROUGH + HOUR, THROUGH + HOUR + SECOND),
    "of its day": (SINCE, SINCE.replace(hour=0)),
    "of its day, across the end": (
        THROUGH - timedelta(minutes=10),
        THROUGH.replace(hour=0),
    ),
}


@MAY_BE_SENT
@pytest.mark.parametrize(("tried_at", "credited_at"), QUIET.values(), ids=QUIET)
def test_an_equal_ones_own_line_says_nothing_of_what_was_never_confirmed(
    tried_at: datetime, credited_at: datetime, status: Status, confirmed_at: datetime | None
) -> None:
    """A customer who did not pay by Pix, and bought the same again."""
    paid, line = applied_at(tried_at), credit(credited_at)
    ours = never_tried(status, confirmed_at, accepted_at=SINCE - 10 * DAY)
    findings, reconciliation = found([paid, ours], [line], RULES, WINDOW)
    assert only(findings, paid) == (FindingClass.MATCHED, line)
    assert only(findings, ours) == (FindingClass.UNPAID, None)
    assert not [one for one in findings if one.needs_a_person or one.move]
    assert reconciliation.distrust is None


@pytest.mark.parametrize("status", [Status.PENDING, Status.HELD, Status.REJECTED, Status.CANCELLED])
def test_what_was_not_to_be_confirmed_is_as_before(status: Status) -> None:
    paid, line = applied_at(SINCE - 40 * HOUR), credit(CREDITED)
    findings, _ = found([paid, never_tried(status)], [line], RULES, WINDOW)
    assert only(findings, paid) == (FindingClass.MATCHED, line)


def test_a_doubt_has_a_line_before_it_and_none_is_taken_from_one() -> None:
    doubt = replace(
        applied_at(CREDITED - SECOND, 2), status=Status.IN_DOUBT, applied_at=None, version=2
    )
    paid, ours, line = applied_at(SINCE - 40 * HOUR), never_tried(), credit(CREDITED)
    findings, _ = found([doubt, ours], [line], RULES, from_to(SINCE, ASKED - 2 * HOUR))
    assert only(findings, doubt) == (FindingClass.DOUBT_APPLIED, line)
    assert only(findings, ours) == (FindingClass.UNPAID, None)
    for book in ([doubt, paid], [doubt, paid, ours]):
        findings, _ = found(book, [line], RULES, WINDOW)
        assert only(findings, doubt) == (FindingClass.DOUBT_UNDECIDED, None)


@MAY_BE_SENT
def test_of_another_amount_the_line_is_told_and_holds_by_itself_nobody(
    status: Status, confirmed_at: datetime | None
) -> None:
    """Told under the amount of an older one: dated otherwise than its credit."""
    paid = replace(applied_at(SINCE - 40 * HOUR), cashback_centavos=497)
    ours, line = never_tried(status, confirmed_at), credit(CREDITED)
    line = replace(line, cashback_centavos=497)
    findings, _ = found([paid, ours], [line], RULES, WINDOW)
    assert only(findings, paid) == (FindingClass.ALTERED, line)
    assert verdict(findings, ours).cls is FindingClass.UNPAID
    assert verdict(findings, ours).needs_a_person is (status is Status.PENDING)
    findings, _ = found([paid], [line], RULES, WINDOW)
    assert only(findings, paid) == (FindingClass.MATCHED, line)


def test_what_is_held_against_it_is_so_on_a_later_statement_that_begins_later() -> None:
    """Where the equal one's own line lies before the statement nothing is explained."""
    begun = CREDITED - 2 * DAY - 20 * HOUR
    paid, ours = applied_at(begun), never_tried()
    own, line = numbered([credit(begun + SECOND), credit(CREDITED)])
    first = from_to(begun - 2 * HOUR, THROUGH)
    findings, reconciliation = found([paid, ours], [own, line], RULES, first)
    told = verdict(findings, ours)
    assert (told.cls, told.line) == (FindingClass.CREDITED_UNPAID, line)
    kept = FoundIncident.of(told, RULES, reconciliation.window, ASKED)
    assert kept.told_since == begun - 2 * HOUR, "or another's own line would lie before it"
    standing = OpenIncidents(lines={line_key(line)}, cashbacks=frozenset())
    for book in ([paid, ours], [paid]):
        findings, _ = found(book, [replace(line, number=1)], RULES, from_to(SINCE, THROUGH))
        assert not [one for one in findings if standing.explained_by(one)]
    findings, _ = found([paid], [own], RULES, first)
    own_standing = OpenIncidents(lines={line_key(own)}, cashbacks=frozenset())
    assert [one for one in findings if own_standing.explained_by(one)]
