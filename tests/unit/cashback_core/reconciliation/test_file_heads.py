"""A statement that came as a file proves what its lines bear out, whatever was declared of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.delivery.states import DeliveryPolicy, Status
from cashback_core.reconciliation import (
    BookEntry,
    FindingClass,
    Margin,
    ReadStatement,
    Rules,
    StatementTotals,
)
from cashback_core.reconciliation.file_heads import BESIDE, FileDates, told_end, told_start
from cashback_core.reconciliation.matcher import Reconciliation, reconcile
from cashback_core.reconciliation.statements import StatementLine

NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
RULES = Rules(
    policy=DeliveryPolicy(),
    margin=Margin(freeze_s=0.0, provider_delay_s=3_600.0, clock_skew_s=60.0),
    echoes_reference=False,
)
TRIED = datetime(2026, 11, 10, 1, 30, tzinfo=UTC)
DOUBT = BookEntry(
    id=UUID(int=1),
    merchant_id=1,
    document="52998224725",
    cashback_centavos=140,
    status=Status.IN_DOUBT,
    accepted_at=TRIED,
    first_started_at=TRIED,
    last_started_at=TRIED,
)
SAO_PAULO, TOKYO = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Tokyo")


def line(number: int, at: datetime | None, document: str = "11144477735") -> StatementLine:
    return StatementLine(number=number, document=document, cashback_centavos=999, credited_at=at)


def reconciled(*lines: StatementLine, through: datetime = DECEMBER) -> Reconciliation:
    """A file of these lines, declared as November's and with what they add up to, and a doubt."""
    tally, dates = StatementTotals(), FileDates(since=NOVEMBER, through=through)
    for one in lines:
        tally.add(one)
        dates.add(one)
    head = dates.head(
        asked_since=NOVEMBER,
        brought_at=DECEMBER + timedelta(days=1),
        declared_count=tally.lines,
        declared_centavos=tally.net_centavos,
    )
    return reconcile([ReadStatement(head=head, tally=tally)], lines, [DOUBT], RULES)


def class_of_doubt(found: Reconciliation) -> FindingClass:
    (cls,) = [one.cls for one in found.findings() if one.entry == DOUBT]
    return cls


def test_a_file_whose_lines_bear_out_what_is_declared_proves_absence() -> None:
    found = reconciled(line(1, NOVEMBER - timedelta(days=1)), line(2, DECEMBER - timedelta(days=1)))
    assert class_of_doubt(found) is FindingClass.DOUBT_ABSENT
    assert found.distrust is None


@pytest.mark.parametrize(
    "at", [datetime(2026, 10, 9, tzinfo=UTC), datetime(2022, 11, 9, tzinfo=UTC),
           datetime(2026, 12, 4, tzinfo=UTC)],
)  # fmt: skip
def test_one_with_lines_of_other_days_proves_nothing(at: datetime) -> None:
    found = reconciled(line(1, DECEMBER - timedelta(days=1)), line(2, at))
    assert class_of_doubt(found) is FindingClass.DOUBT_UNDECIDED
    assert found.distrust == "1 lines lie outside the days that it is declared for"


def test_it_is_complete_no_further_than_its_last_line_whatever_is_declared() -> None:
    found = reconciled(line(1, TRIED + timedelta(minutes=30)), through=DECEMBER)
    assert class_of_doubt(found) is FindingClass.DOUBT_UNDECIDED
    assert found.window.through == TRIED + timedelta(minutes=30)
    (remark,) = found.window.remarks
    assert remark == (
        "declared complete through 2026-12-01T00:00:00Z: counted as its last line's instant,"
        " 2026-11-10T02:00:00Z"
    )
    far = datetime(9999, 1, 1, tzinfo=UTC)
    assert reconciled(line(1, TRIED), through=far).window.through == TRIED


@pytest.mark.parametrize("lines", [(), (line(1, None),), (line(1, NOVEMBER - BESIDE),)])
def test_without_a_line_of_its_days_it_tells_of_no_instant(
    lines: tuple[StatementLine, ...],
) -> None:
    found = reconciled(*lines)
    assert class_of_doubt(found) is FindingClass.DOUBT_UNDECIDED
    assert found.window.through == found.window.since == NOVEMBER


@pytest.mark.parametrize(
    ("told", "zone", "start", "end"),
    [
        (datetime(2026, 11, 1), SAO_PAULO, "2026-11-01T03:00", "2026-11-01T03:00"),  # noqa: DTZ001
        (datetime(2026, 11, 1), TOKYO, "2026-10-31T15:00", "2026-10-31T15:00"),  # noqa: DTZ001
        (datetime(2026, 11, 1), None, "2026-11-01T12:00", "2026-10-31T10:00"),  # noqa: DTZ001
        # Clocks went back at midnight of the 17th, and forward on 4 November.
        (datetime(2018, 2, 17, 23, 30), SAO_PAULO, "2018-02-18T02:30", "2018-02-18T01:30"),  # noqa: DTZ001
        (datetime(2018, 11, 4), SAO_PAULO, "2018-11-04T03:00", "2018-11-04T02:00"),  # noqa: DTZ001
        (datetime(2026, 11, 1, 9, tzinfo=TOKYO), SAO_PAULO, "2026-11-01T00:00", "2026-11-01T00:00"),
    ],
)  # fmt: skip
def test_a_wall_clock_is_read_so_that_less_is_covered(
    told: datetime, zone: ZoneInfo | None, start: str, end: str
) -> None:
    assert told_start(told, zone).strftime("%Y-%m-%dT%H:%M") == start
    assert told_end(told, zone).strftime("%Y-%m-%dT%H:%M") == end


@given(
    st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1)),  # noqa: DTZ001 (wall clocks)
    st.timezones(),
)
def test_wherever_it_is_meant_a_wall_clock_without_a_zone_covers_no_more(
    told: datetime, meant: ZoneInfo
) -> None:
    for fold in (0, 1):
        instant = told.replace(tzinfo=meant, fold=fold).astimezone(UTC)
        assert told_end(told, None) <= told_end(told, meant) <= instant
        assert instant <= told_start(told, meant) <= told_start(told, None)
