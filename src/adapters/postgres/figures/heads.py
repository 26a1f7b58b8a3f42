"""Whose report it is, and which close its last closed day has."""

# ruff: noqa: D102 (the port, cashback_core.figures.report.ReportHeads, has the words)

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.postgres.connection.database import REPORTING
from cashback_core.figures.report import LastClose, ReportHead, ReportHeads
from cashback_core.intake.submission import UnknownMerchant

if TYPE_CHECKING:
    from datetime import date

    from adapters.postgres.connection.database import Database


class PostgresReportHeads(ReportHeads):
    """Reads as everybody who serves does, in the connections of reports."""

    def __init__(self, database: Database) -> None:
        self._pool = database.pool(REPORTING)

    async def head(self, merchant_id: int, closed_through: date | None) -> ReportHead:
        async with self._pool.reading_for(merchant_id) as connection:
            found = await connection.execute(
                """
                select m.name, m.slug, c.day, c.number, encode(c.hash, 'hex')
                from merchants as m
                left join closes as c on c.merchant_id = m.merchant_id and c.day = %s::date
                where m.merchant_id = %s
                """,
                [closed_through, merchant_id],
            )
            row = await found.fetchone()
        if row is None:
            raise UnknownMerchant(merchant_id)
        name, slug, day, number, sha256 = row
        last = None if day is None else LastClose(day=day, number=number, sha256=sha256)
        return ReportHead(name=name, slug=slug, last_close=last)
