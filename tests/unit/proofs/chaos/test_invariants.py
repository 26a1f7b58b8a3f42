"""The checks of the chaos runs, each given the very defect that it is there to see."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from chaos.account import Lie
from chaos.invariants import Ledgers, shown, unpaid_or_paid_twice, violations
from chaos.ledgers import Attempt, Credit, Event, Incident, Reading, Row, Told
from chaos.profile import BROKEN_ANSWERS
from chaos.sales import Sale, make_sale, money

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ID = "the-cashback"


def a_sale(*, valid: bool = True) -> Sale:
    random = Random(1)
    while True:
        sale = make_sale(1, random)
        plain = sale.confirms is None and sale.document not in BROKEN_ANSWERS
        if sale.valid is valid and plain:
            return sale


SALE = a_sale()
ROW = Row(
    id=ID,
    status="applied",
    version=3,
    attempt=1,
    document=SALE.document,
    total_centavos=SALE.total_centavos,
    cashback_centavos=SALE.cashback_centavos,
    raw_body=SALE.body,
    attempts=(
        Attempt(
            number=1,
            started_at=NOW,
            result="applied",
            phase="status_seen",
            reason="",
            elapsed_s=0.01,
        ),
    ),
    events=(
        Event(sequence=1, actor="api", source=None, target="pending", attempt=0),
        Event(sequence=2, actor="api", source="pending", target="sending", attempt=1),
        Event(sequence=3, actor="api", source="sending", target="applied", attempt=1),
    ),
)
TOLD = Told(
    number=1,
    status_code=201,
    id=ID,
    status="applied",
    document=SALE.document,
    total=money(SALE.total_centavos),
    cashback=money(SALE.cashback_centavos),
    body=b"the record",
)
CREDIT = Credit(group=ROW.group, at=NOW + timedelta(milliseconds=5), reference=ID)
READ = Reading(
    kind="recent",
    asked_at=NOW + timedelta(minutes=2),
    ended_at=NOW + timedelta(minutes=2),
    distrust=None,
    lines=1,
    net_centavos=CREDIT.group[1],
    cashbacks=1,
)
GOOD = Ledgers(
    sales={1: SALE},
    told=(TOLD,),
    rows={ID: ROW},
    credits=(CREDIT,),
    incidents=(),
    readings=(READ,),
    lies=(),
    mistaken=(),
    echoes=True,
    quiet_at=NOW + timedelta(minutes=1),
)
STRANGER = Credit(group=("99999999999", 7_777), at=NOW + timedelta(seconds=1), reference="promo-1")
SECOND_CREDIT = replace(CREDIT, at=NOW + timedelta(seconds=2))
INCIDENT = Incident(
    cls="unknown_here",
    document=STRANGER.group[0],
    centavos=7_777,
    credited_at=STRANGER.at,
    cashback_id=None,
    opened_at=NOW + timedelta(seconds=5),
    stands=True,
    said=None,
    why="no cashback explains it",
)
ABSENT = replace(
    INCIDENT,
    cls="applied_absent",
    document=ROW.document,
    centavos=ROW.cashback_centavos,
    credited_at=None,
    cashback_id=ID,
)
LIE = Lie(
    telling="document_masked",
    document=ROW.document,
    began_at=NOW,
    ended_at=NOW + timedelta(minutes=3),
)
HEARD = replace(INCIDENT, cls="unreadable", document=None, credited_at=None, stands=False)
WRONG = a_sale(valid=False)
SECOND = replace(ROW.attempts[0], number=2)


def with_row(**changes: Any) -> Ledgers:
    return replace(GOOD, rows={ID: replace(ROW, **changes)})


def with_credits(*credits_: Credit, **changes: Any) -> Ledgers:
    read = replace(
        READ, lines=len(credits_), net_centavos=sum(credit.group[1] for credit in credits_)
    )
    return replace(GOOD, credits=credits_, readings=(read,), **changes)


def in_status(status: str) -> Ledgers:
    moved = replace(ROW.events[2], target=status)
    return replace(
        with_row(status=status, events=(*ROW.events[:2], moved)),
        told=(replace(TOLD, status_code=202, status=status),),
    )


def with_broken_body() -> Ledgers:
    customer = next(iter(BROKEN_ANSWERS))
    lost = replace(ROW.attempts[0], phase="sent", reason="body cut short")
    return with_row(document=customer, attempts=(lost,))


def test_ledgers_that_agree_are_clean() -> None:
    assert violations(GOOD) == []


@pytest.mark.parametrize(
    "told",
    [
        with_credits(CREDIT, STRANGER, incidents=(INCIDENT,)),
        with_credits(
            CREDIT, STRANGER, incidents=(replace(INCIDENT, stands=False, said="foreign"),)
        ),
        with_credits(
            CREDIT,
            SECOND_CREDIT,
            mistaken={ROW.document},
            incidents=(replace(ABSENT, cls="credited_again", credited_at=SECOND_CREDIT.at),),
        ),
        with_credits(
            mistaken={ROW.document}, incidents=(replace(ABSENT, stands=False, said="known_absent"),)
        ),
        replace(GOOD, lies=(LIE,), incidents=(HEARD,)),
        replace(GOOD, lies=(replace(LIE, ended_at=NOW + timedelta(seconds=2)),)),
    ],
)
def test_a_difference_that_somebody_was_told_of_is_none(told: Ledgers) -> None:
    assert violations(told) == []


@pytest.mark.parametrize(
    ("defect", "said"),
    [
        (lambda: replace(GOOD, rows={}, credits=()), "which is lost"),
        (lambda: with_row(total_centavos=1), "stored as another"),
        (
            lambda: replace(GOOD, told=(replace(TOLD, cashback="0.01"),)),
            "stored as another",
        ),
        (
            lambda: replace(GOOD, told=(replace(TOLD, id=None, status_code=422),)),
            "is right and",
        ),
        (lambda: replace(GOOD, sales={1: WRONG}), "is wrong, was answered"),
        (lambda: replace(GOOD, told=(replace(TOLD, body=b"other"), TOLD)), "final answer changed"),
        (lambda: replace(GOOD, told=(replace(TOLD, status_code=202),)), "was told 202 applied"),
        (lambda: replace(GOOD, told=(replace(TOLD, status="rejected"),)), "last told rejected"),
        (lambda: replace(GOOD, rows={ID: ROW, "b": replace(ROW, id="b")}), "has 2 cashbacks"),
        (lambda: with_row(raw_body=b"nobody's"), "belongs to no sale"),
        (lambda: replace(GOOD, told=(TOLD, replace(TOLD, id="b"))), "was told 2 cashbacks"),
        (lambda: replace(GOOD, credits=()), "4: "),
        (lambda: replace(GOOD, credits=(CREDIT, CREDIT)), "3/5: "),
        (lambda: replace(GOOD, credits=(CREDIT, CREDIT)), "9: ERP: 1 rows"),
        (lambda: in_status("rejected"), "3/5: "),
        (lambda: in_status("held"), "3/5: "),
        (lambda: in_status("rejected"), "its last attempt was paid"),
        (
            lambda: replace(GOOD, credits=(replace(CREDIT, reference="x"),)),
            "is not stored",
        ),
        (lambda: replace(GOOD, credits=(replace(CREDIT, at=NOW - timedelta(1)),)), "before any"),
        (lambda: with_row(attempts=()), "gap in its attempts"),
        (lambda: with_row(attempts=(SECOND,)), "gap in its attempts"),
        (lambda: with_row(events=ROW.events[:2]), "gap in its events"),
        (lambda: with_row(events=(*ROW.events[:2], ROW.events[1])), "moved from pending"),
        (lambda: with_row(status="in_doubt"), "its events end at applied"),
        (lambda: in_status("cancelled"), "12: "),
        (lambda: with_row(attempts=(replace(ROW.attempts[0], result="unknown"),)), "neither an"),
        (with_broken_body, "evidence: "),
        (lambda: with_credits(CREDIT, STRANGER), "14: 77.77 for 99999999999: 1 credits more"),
        (lambda: with_credits(CREDIT, SECOND_CREDIT, mistaken={ROW.document}), "0 more by what"),
        (lambda: with_credits(mistaken={ROW.document}), "-1 credits more than are applied"),
        (
            lambda: with_credits(
                CREDIT, STRANGER, incidents=(replace(INCIDENT, stands=False, said=None),)
            ),
            "0 more by what anybody was told",
        ),
        (lambda: replace(GOOD, incidents=(INCIDENT,)), "14: an incident stands of what is no more"),
        (lambda: replace(GOOD, incidents=(ABSENT,)), "-1 more by what anybody was told"),
        (lambda: replace(GOOD, lies=(LIE,)), "14: document_masked of"),
        (lambda: replace(GOOD, readings=()), "13: no statement was read"),
        (lambda: replace(GOOD, readings=(replace(READ, lines=2),)), "13: 1 credits of"),
        (
            lambda: replace(GOOD, readings=(replace(READ, cashbacks=0),)),
            "13: 1 cashbacks may be paid",
        ),
        (
            lambda: replace(GOOD, readings=(replace(READ, distrust="cut"),)),
            "proves no absence: cut",
        ),
        (lambda: in_status("rejected"), "its own reference is credited"),
    ],
)
def test_a_planted_defect_is_seen(defect: Callable[[], Ledgers], said: str) -> None:
    assert any(said in violation for violation in violations(defect())), violations(defect())


def test_while_it_is_in_doubt_a_credit_may_be_there_or_not() -> None:
    doubtful = [replace(ROW, status="in_doubt")]
    assert list(unpaid_or_paid_twice(doubtful, [CREDIT], [CREDIT])) == []
    assert list(unpaid_or_paid_twice(doubtful, [], [])) == []
    assert list(unpaid_or_paid_twice(doubtful, [CREDIT, CREDIT], [CREDIT, CREDIT])) != []


def test_in_the_middle_of_a_run_only_what_cannot_be_explained_by_time_counts() -> None:
    assert list(unpaid_or_paid_twice([ROW], [], [CREDIT])) == []  # credited between two looks
    assert list(unpaid_or_paid_twice([], [], [CREDIT])) == []  # accepted after the look
    assert list(unpaid_or_paid_twice([], [CREDIT], [CREDIT])) != []


def test_a_few_of_many_are_shown() -> None:
    assert shown(str(n) for n in range(7)) == [*"01234", "and 2 more of that kind"]
    assert shown(["one"]) == ["one"]


LATER = replace(SALE, confirms=True)
NEVER = replace(SALE, confirms=False)
BEGAN = Event(sequence=1, actor="api", source=None, target="unconfirmed", attempt=0)
CONFIRMED = replace(
    ROW,
    version=4,
    events=(
        BEGAN,
        Event(sequence=2, actor="api", source="unconfirmed", target="pending", attempt=0),
        Event(sequence=3, actor="worker", source="pending", target="sending", attempt=1),
        Event(sequence=4, actor="worker", source="sending", target="applied", attempt=1),
    ),
)
UNCONFIRMED = replace(ROW, status="unconfirmed", version=1, attempt=0, attempts=(), events=(BEGAN,))
WAITING = replace(TOLD, status_code=202, status="unconfirmed")


def later(sale: Sale, row: Row, *paid: Credit) -> list[str]:
    ledgers = replace(GOOD, sales={1: sale}, rows={ID: row}, credits=paid, told=[WAITING, TOLD])
    return [line for line in violations(ledgers) if line.startswith(("15:", "16:"))]


def test_what_is_confirmed_is_paid_once_and_what_is_not_never() -> None:
    assert later(LATER, CONFIRMED, CREDIT) == []
    assert later(NEVER, UNCONFIRMED) == []


@pytest.mark.parametrize(
    ("sale", "row", "credits_", "what"),
    [
        (LATER, CONFIRMED, (), "credited 0 times"),
        (LATER, CONFIRMED, (CREDIT, CREDIT), "credited 2 times"),
        (LATER, UNCONFIRMED, (), "moved by it 0 times"),
        (LATER, ROW, (CREDIT,), "began as pending"),
        (NEVER, CONFIRMED, (CREDIT,), "never confirmed"),
        (NEVER, UNCONFIRMED, (CREDIT,), "never confirmed"),
        (NEVER, replace(UNCONFIRMED, attempts=ROW.attempts), (), "never confirmed"),
    ],
)
def test_a_confirmation_that_is_lost_or_counts_twice_is_told(
    sale: Sale, row: Row, credits_: tuple[Credit, ...], what: str
) -> None:
    (told,) = later(sale, row, *credits_)
    assert what in told
