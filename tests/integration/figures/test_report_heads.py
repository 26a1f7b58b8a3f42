"""Heads of reports on a real database, and the close that one names."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.postgres.figures.heads import PostgresReportHeads
from contract.report_heads import ReportHeadsContract
from integration.closed_rows import CLOSED
from integration.two_merchants import one

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database


class TestPostgresReportHeads(ReportHeadsContract):
    """The contract on a real database."""

    @pytest.fixture
    def heads(self, database: Database) -> PostgresReportHeads:
        return PostgresReportHeads(database)

    async def test_a_closed_day_is_named_by_its_own_close(
        self, heads: PostgresReportHeads, dsn: str
    ) -> None:
        with psycopg.connect(dsn) as owner:
            owner.execute(CLOSED)
            sha256 = one(owner, "select encode(hash, 'hex') from closes where merchant_id = 1")
        last = (await heads.head(1, date(2026, 11, 1))).last_close
        assert last is not None
        assert (last.day, last.number, last.sha256) == (date(2026, 11, 1), 1, sha256)
        assert (await heads.head(1, None)).last_close is None
