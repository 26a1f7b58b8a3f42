"""Differences that no file told."""

from __future__ import annotations

from datetime import UTC, date, datetime

import psycopg

from cashback_core.operators.case_store import DayDifference
from cashback_core.operators.cases import Case, CaseKind
from cashback_core.values.ids import new_id


def a_difference(merchant: str = "demo") -> DayDifference:
    """A cashback of 5.05 in the file of 14 June 2026, line 12, and of 5.00 here."""
    return DayDifference(
        case=Case(
            id=new_id(),
            kind=CaseKind.DIFFERENCE,
            cls="differs",
            merchant=merchant,
            cashback_id=None,
            centavos=5,
            why="rounding",
            opened_at=datetime(2026, 6, 15, 15, 0, 0, tzinfo=UTC),
        ),
        day=date(2026, 6, 14),
        file_id=new_id(),
        line=12,
        whys=("rounding",),
        erp_centavos=505,
        our_centavos=500,
        closed_why=None,
    )


def keep_difference(dsn: str, one: DayDifference) -> None:
    """Keep a difference as it is told, with a file for it."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into files (file_id, kind, merchant_id, sha256, identity, name, declared_by,"
            " day) select %(id)s, 'erp_day', m.merchant_id, sha256(%(name)s), sha256(%(name)s),"
            " 'day.csv', 'ana', %(day)s from merchants as m where m.slug = %(merchant)s",
            {
                "id": one.file_id,
                "name": one.file_id.bytes,
                "day": one.day,
                "merchant": one.case.merchant,
            },
        )
        connection.execute(
            "insert into differences (difference_id, merchant_id, day, file_id, line, cashback_id,"
            " class, whys, erp_centavos, our_centavos, opened_at, last_seen_at, closed_at,"
            " closed_why) select %s, m.merchant_id, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s"
            " from merchants as m where m.slug = %s",
            [
                one.case.id,
                one.day,
                one.file_id,
                one.line,
                one.case.cashback_id,
                one.case.cls,
                list(one.whys),
                one.erp_centavos,
                one.our_centavos,
                one.case.opened_at,
                one.case.opened_at,
                one.case.closed_at,
                one.closed_why,
                one.case.merchant,
            ],
        )
