"""Differences that no file told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from cashback_core.operators.cases import DayDifference


def keep_difference(dsn: str, one: DayDifference) -> None:
    """Keep a difference as it is told, with a file for it."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into files (file_id, kind, merchant_id, sha256, name, declared_by, day)"
            " select %s, 'erp_day', m.merchant_id, sha256(%s::text::bytea), 'day.csv', 'ana', %s"
            " from merchants as m where m.slug = %s",
            [one.file_id, str(one.file_id), one.day, one.case.merchant],
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
