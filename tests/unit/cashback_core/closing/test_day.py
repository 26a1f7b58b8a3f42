"""A day is what its lines make of the day before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pytest

from cashback_core.closing.close import (
    Chained,
    Close,
    ProviderDay,
    Span,
    close_bytes,
    close_hash,
    document_bytes,
    sign_close,
)
from cashback_core.closing.close_reading import MAX_CLOSE_BYTES, read_close
from cashback_core.closing.day import (
    MAX_ROWS,
    NOTHING,
    Amount,
    Day,
    DoesNotAddUp,
    Liability,
    Movements,
    StatusDay,
    StoreDay,
    TypeDay,
)
from cashback_core.closing.day_under_way import build_day
from cashback_core.closing.lines import DayLine, LinesHead, head_bytes, line_bytes, read_line
from cashback_core.closing.movements import OWED, movements_of
from cashback_core.closing.persons import person_of
from cashback_core.closing.reading import decoded
from cashback_core.delivery.states import TRANSITIONS, Status

if TYPE_CHECKING:
    from collections.abc import Callable

BEGINS = datetime(2026, 11, 29, 3, tzinfo=UTC)
ENDS = BEGINS + timedelta(days=1)
HEAD = LinesHead(owner="demo", number=1, day=date(2026, 11, 29))
ONE = "00000000-0000-4000-8000-000000000001"
TWO = "00000000-0000-4000-8000-000000000002"
ANA = person_of(bytes(range(32)), "52998224725")
ACCEPTED = DayLine(
    at=BEGINS + timedelta(hours=9),
    cashback=ONE,
    sequence=1,
    from_status=None,
    to_status=Status.PENDING,
    centavos=140,
    person=ANA,
    store="SP-01",
    types={"B": 90, "A": 50},
)
SENT = DayLine(
    at=ACCEPTED.at,
    cashback=ONE,
    sequence=2,
    from_status=Status.PENDING,
    to_status=Status.SENDING,
    centavos=140,
    person=ANA,
    store="SP-01",
)


def test_a_line_has_one_spelling() -> None:
    assert line_bytes(ACCEPTED) == (
        b'{"at":"2026-11-29T12:00:00.000000Z","cashback":"00000000-0000-4000-8000-000000000001",'
        b'"centavos":140,"from":null,"person":"' + ANA.encode() + b'","sequence":1,'
        b'"store":"SP-01","to":"pending","types":{"A":50,"B":90}}\n'
    )
    assert head_bytes(HEAD) == (
        b'{"day":"2026-11-29","format":"cashback-lines/1","number":1,"owner":"demo"}\n'
    )
    assert read_line(line_bytes(SENT)) == SENT


def test_a_day_adds_up() -> None:
    day = build_day([ACCEPTED, SENT], {}, head=HEAD, begins_at=BEGINS, ends_at=ENDS)
    assert day.liability.closing == Amount(count=1, centavos=140)
    assert day.closing == {Status.SENDING: Amount(count=1, centavos=140)}
    assert day.types is not None
    assert [(row.type, row.moved.accrued.centavos) for row in day.types] == [("A", 50), ("B", 90)]
    assert (day.lines.count, day.late) == (2, 0)


def test_lines_out_of_their_order_are_refused() -> None:
    with pytest.raises(DoesNotAddUp):
        build_day([SENT, ACCEPTED], {}, head=HEAD, begins_at=BEGINS, ends_at=ENDS)


def test_a_close_has_one_spelling() -> None:
    day = build_day([ACCEPTED, SENT], {}, head=HEAD, begins_at=BEGINS, ends_at=ENDS)
    close = Close(
        chained=Chained(owner="demo", number=1, previous=None),
        span=Span(
            day=HEAD.day,
            zone="America/Sao_Paulo",
            begins_at=BEGINS,
            ends_at=ENDS,
            closed_at=ENDS + timedelta(minutes=11),
            below=1042,
        ),
        key="0" * 32,
        provider=(ProviderDay(name="matched", entered=Amount(count=1, centavos=140)),),
        of_merchant=day,
    )
    assert close_bytes(close).startswith(
        b'{"begins_at":"2026-11-29T03:00:00.000000Z","below":1042,"closed_at":'
    )
    assert len(close_hash(close)) == 64
    signed = sign_close(close, lambda _: bytes(64))
    assert document_bytes(signed).startswith(b'{"close":{"begins_at":')


WORTH: Final = Amount(count=1, centavos=140)
MOVES: Final = sorted({(before, after) for before, after, _ in TRANSITIONS}, key=str)


@pytest.mark.parametrize(("before", "after"), MOVES)
def test_every_move_changes_what_is_owed_as_its_states_say(
    before: Status | None, after: Status
) -> None:
    line = replace(
        ACCEPTED,
        from_status=before,
        to_status=after,
        types={"A": 140} if movements_of(before, after) else {},
    )
    opening = {} if before is None else {before: WORTH}
    day = build_day([line], opening, head=HEAD, begins_at=BEGINS, ends_at=ENDS)
    assert day.liability.opening == (WORTH if before in OWED else NOTHING)
    assert day.liability.closing == (WORTH if after in OWED else NOTHING)
    assert day.closing == {after: WORTH}


def test_what_comes_late_is_counted_and_is_of_the_day_that_holds_it() -> None:
    late = replace(ACCEPTED, at=BEGINS - timedelta(microseconds=1))
    day = build_day([late, SENT], {}, head=HEAD, begins_at=BEGINS, ends_at=ENDS)
    assert (day.late, day.liability.closing) == (1, WORTH)
    at_the_begin = replace(ACCEPTED, at=BEGINS)
    assert build_day([at_the_begin], {}, head=HEAD, begins_at=BEGINS, ends_at=ENDS).late == 0
    with pytest.raises(DoesNotAddUp, match="later day"):
        build_day([replace(ACCEPTED, at=ENDS)], {}, head=HEAD, begins_at=BEGINS, ends_at=ENDS)


def test_a_day_may_owe_less_than_nothing() -> None:
    """The clock went back: it was paid on a day before the one on which it was accepted."""
    paid = replace(SENT, from_status=Status.SENDING, to_status=Status.APPLIED, types={"A": 140})
    day = build_day([paid], {}, head=HEAD, begins_at=BEGINS, ends_at=ENDS)
    assert day.liability.closing == NOTHING - WORTH
    assert day.closing == {Status.SENDING: NOTHING - WORTH, Status.APPLIED: WORTH}


DAY: Final = build_day([ACCEPTED, SENT], {}, head=HEAD, begins_at=BEGINS, ends_at=ENDS)
ACCRUED: Final = Movements(accrued=WORTH)
NO_SUCH: Any = 1.5
assert DAY.types is not None
A, B = DAY.types
CONTRADICTIONS: Final[dict[str, Callable[[], Day]]] = {
    "liability": lambda: replace(DAY, liability=replace(DAY.liability, closing=NOTHING)),
    "late": lambda: replace(DAY, late=3),
    "stores": lambda: replace(DAY, stores=()),
    "types": lambda: replace(DAY, types=(TypeDay(type="A", moved=ACCRUED), B)),
    "unsorted": lambda: replace(DAY, types=(B, A)),
    "statuses_opening": lambda: replace(
        DAY,
        statuses=(replace(DAY.statuses[0], opening=WORTH, went=WORTH + WORTH), DAY.statuses[1]),
    ),
    "statuses_closing": lambda: replace(
        DAY, statuses=(replace(DAY.statuses[0], went=NOTHING), DAY.statuses[1])
    ),
    "statuses_lines": lambda: replace(
        DAY,
        statuses=(StatusDay(status=Status.APPLIED, came=WORTH), *DAY.statuses),
    ),
}


@pytest.mark.parametrize("code", CONTRADICTIONS)
def test_figures_that_contradict_one_another_are_no_day(code: str) -> None:
    with pytest.raises(DoesNotAddUp) as refused:
        CONTRADICTIONS[code]()
    assert refused.value.code == code


REFUSED: Final[dict[str, Callable[[], object]]] = {
    "half a centavo": lambda: Amount(centavos=NO_SUCH),
    "True cashbacks": lambda: Amount(count=True),
    "more than can be told": lambda: Amount(centavos=2**53),
    "a store that is nothing": lambda: StoreDay(store="", moved=ACCRUED),
    "a type with a blank": lambda: TypeDay(type="A B", moved=ACCRUED),
    "a naive instant": lambda: replace(ACCEPTED, at=BEGINS.replace(tzinfo=None)),
    "a cashback in capitals": lambda: replace(ACCEPTED, cashback=ONE.replace("0", "A")),
    "a sequence of 0": lambda: replace(ACCEPTED, sequence=0),
    "centavos below 0": lambda: replace(ACCEPTED, centavos=-140, types={"A": -140}),
    "a document as the person": lambda: replace(ACCEPTED, person="52998224725"),
    "a line feed in a store": lambda: replace(ACCEPTED, store="SP-01\n"),
    "types of another sum": lambda: replace(ACCEPTED, types={"A": 139}),
    "a negative part": lambda: replace(ACCEPTED, types={"A": -1, "B": 141}),
    "no types of what moves": lambda: replace(ACCEPTED, types={}),
    "types of what does not": lambda: replace(SENT, types={"A": 140}),
    "lines of the account": lambda: LinesHead(owner="", number=1, day=HEAD.day),
    "lines of number 0": lambda: LinesHead(owner="demo", number=0, day=HEAD.day),
    "a first that follows": lambda: Chained(owner="demo", number=1, previous="0" * 64),
    "a second that does not": lambda: Chained(owner="demo", number=2, previous=None),
    "a salt of 31 bytes": lambda: person_of(bytes(31), "52998224725"),
    "a liability of other sums": lambda: Liability(
        opening=NOTHING, moved=ACCRUED, closing=NOTHING
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_its_type_does_not_promise_is_refused(what: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        REFUSED[what]()


def a_line(number: int, *, store: str | None = None, type_: str = "A") -> DayLine:
    types = {type_: ACCEPTED.centavos}
    return replace(ACCEPTED, cashback=str(UUID(int=number)), store=store, types=types)


@pytest.mark.parametrize("more", [0, 1, 2])
def test_a_day_of_more_stores_than_a_close_tells_tells_none(
    more: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever sells makes a document that nobody can keep, and no later day is closed."""
    monkeypatch.setattr("cashback_core.closing.day.MAX_ROWS", 3)
    monkeypatch.setattr("cashback_core.closing.day_under_way.MAX_ROWS", 3)
    names = [f"S{number}" for number in range(3 + more)]
    lines = [a_line(number, store=name) for number, name in enumerate([*names, *names])]
    day = build_day(lines, {}, head=HEAD, begins_at=BEGINS, ends_at=ENDS)
    told = None if day.stores is None else [row.store for row in day.stores]
    assert told == (None if more else names)
    assert day.liability.moved.accrued.count == len(lines)


@pytest.mark.parametrize("more", [0, 1, 2])
def test_a_day_of_more_types_than_a_close_tells_tells_none(
    more: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cashback_core.closing.day.MAX_ROWS", 3)
    monkeypatch.setattr("cashback_core.closing.day_under_way.MAX_ROWS", 3)
    names = [f"T{number}" for number in range(3 + more)]
    lines = [a_line(number, type_=name) for number, name in enumerate([*names, *names])]
    day = build_day(lines, {}, head=HEAD, begins_at=BEGINS, ends_at=ENDS)
    assert (None if day.types is None else [row.type for row in day.types]) == (
        None if more else names
    )
    assert day.liability.moved.accrued.count == len(lines)


def test_a_close_of_many_stores_and_types_is_small_enough_to_be_kept() -> None:
    lines = [
        a_line(number, store=f"{number:032}", type_=f"{number:032}")
        for number in range(MAX_ROWS + 1)
    ]
    day = build_day([], {}, head=HEAD, begins_at=BEGINS, ends_at=ENDS)
    for some in (lines, lines[:-1]):
        day = build_day(some, {}, head=HEAD, begins_at=BEGINS, ends_at=ENDS)
        one = Close(
            chained=Chained(owner="demo", number=1, previous=None),
            span=Span(
                day=HEAD.day, zone="UTC", begins_at=BEGINS, ends_at=ENDS,
                closed_at=ENDS + timedelta(minutes=10), below=1,
            ),
            key="0" * 32, of_merchant=day,
        )  # fmt: skip
        document = document_bytes(sign_close(one, lambda _: bytes(64)))
        assert len(document) < MAX_CLOSE_BYTES
        assert read_close(decoded(document, most=MAX_CLOSE_BYTES)).close.of_merchant == day
    assert day.stores
    row = replace(day.stores[0], store="Z")
    with pytest.raises(DoesNotAddUp, match="more of them"):
        replace(day, stores=(*day.stores, row))
