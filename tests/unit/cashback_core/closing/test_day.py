"""A day is what its lines make of the day before."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

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
from cashback_core.closing.day import Amount, DoesNotAddUp, build_day
from cashback_core.closing.lines import DayLine, LinesHead, head_bytes, line_bytes, read_line
from cashback_core.closing.persons import person_of
from cashback_core.delivery.states import Status

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
