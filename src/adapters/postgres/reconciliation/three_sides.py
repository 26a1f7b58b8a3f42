"""Days of merchants on three sides, on PostgreSQL: read out of one snapshot, kept afterwards.

Nothing is written while a day is read, however long that takes: a transaction that only reads holds
back no feed and no close.
"""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.connection.database import NAME_MERCHANTS, OPERATING, named
from adapters.postgres.connection.deadlines import watched
from adapters.postgres.connection.faults import translated
from adapters.postgres.connection.sessions import DatabaseRole, Session
from adapters.postgres.reconciliation.differences import end_run, keep_differences, read_runs
from adapters.postgres.reconciliation.ledger_side import read_ledger_side
from adapters.postgres.reconciliation.unlike_rows import PATIENCE_S, SILENT_S
from adapters.postgres.reconciliation.unlike_sides import PostgresDaySides
from adapters.postgres.reconciliation.whole_statement import StatementSide, read_statement_side
from cashback_core.reconciliation.days_compared import (
    DayFacts,
    NotCompared,
    ProviderSource,
    ThreeSides,
)
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.reconciliation.three_sided_merge import Arrival
from cashback_core.reconciliation.three_sides import EARLIEST
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from datetime import date

    from psycopg import AsyncConnection

    from adapters.postgres.connection.database import Database
    from cashback_core.privacy.seals import Seal
    from cashback_core.reconciliation import Rules
    from cashback_core.reconciliation.days_compared import (
        DayAsked,
        DayRun,
        DaySides,
        DifferencesKept,
        FoundDifference,
    )
    from cashback_core.reconciliation.three_side_totals import ThreeTotals
    from cashback_core.values.pages import Position

_SETTINGS: Final = {
    "statement_timeout": f"{PATIENCE_S}s",
    "idle_in_transaction_session_timeout": f"{PATIENCE_S}s",
    # Of each join: the server's own process stays below 300 MiB.
    "work_mem": "16MB",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBook:
    """What the whole account's book is held against a statement by; for the worker's role alone."""

    rules: Rules
    seal: Seal | None


class PostgresThreeSides(ThreeSides):
    """Connects once for each run; without `account` by the rights of whoever serves a merchant.

    `skew` is the most that two clocks differ.
    """

    def __init__(
        self,
        database: Database,
        account: AccountBook | None = None,
        *,
        skew: timedelta = timedelta(hours=1),
    ) -> None:
        self._database = database
        self._account = account
        self._skew = skew if account is None else account.rules.margin.skew
        role = DatabaseRole.SERVING if account is None else DatabaseRole.WORKER
        self._session = Session(
            application="cashback three sides", role=role, settings=_SETTINGS, autocommit=True
        )

    @asynccontextmanager
    async def compared(self, asked: DayAsked) -> AsyncGenerator[DaySides | NotCompared, None]:
        with translated():
            connection = await self._database.connect(self._session)
            async with connection, connection.transaction():
                with watched(connection, SILENT_S):
                    await connection.execute(
                        "set transaction isolation level repeatable read read only"
                    )
                    await connection.execute(NAME_MERCHANTS, [named([asked.merchant_id])])
                    facts = await _facts(connection, asked)
                if isinstance(facts, NotCompared):
                    yield facts
                    return
                side = await self._statement(connection, asked)
                if asked.statement_id is not None and side is None:
                    yield NotCompared.NO_STATEMENT
                    return
                if side is not None:
                    yield _by_statement(connection, asked, facts, side)
                else:
                    yield await _by_ledger(connection, asked, facts, self._skew)

    async def _statement(
        self, connection: AsyncConnection[Any], asked: DayAsked
    ) -> StatementSide | None:
        if asked.statement_id is None or self._account is None:
            return None
        account = self._account
        return await read_statement_side(
            connection, asked.statement_id, account.rules, account.seal
        )

    async def keep(
        self, asked: DayAsked, facts: DayFacts, found: Sequence[FoundDifference]
    ) -> DifferencesKept:
        async with self._writing(asked.merchant_id) as connection:
            return await keep_differences(connection, asked, facts, found)

    async def end(
        self, asked: DayAsked, facts: DayFacts, totals: ThreeTotals, kept: DifferencesKept
    ) -> DifferencesKept:
        async with self._writing(asked.merchant_id) as connection:
            return await end_run(connection, asked, facts, totals, kept)

    async def runs(
        self, merchant_id: int, *, day: date | None, limit: int, after: Position | None
    ) -> tuple[DayRun, ...]:
        # As every list, by connections that are few and kept: one of its own for each request would
        # be what sales have to wait for.
        async with self._database.pool(OPERATING).acting_for(merchant_id) as connection:
            return await read_runs(connection, merchant_id, day=day, limit=limit, after=after)

    @asynccontextmanager
    async def _writing(self, merchant_id: int) -> AsyncGenerator[AsyncConnection[Any], None]:
        with translated():
            connection = await self._database.connect(self._session)
            async with connection, connection.transaction():
                with watched(connection, SILENT_S):
                    await connection.execute(NAME_MERCHANTS, [named([merchant_id])])
                    yield connection


async def _facts(connection: AsyncConnection[Any], asked: DayAsked) -> DayFacts | NotCompared:
    """The file, and the day's bounds; the newest whole one where none is named."""
    found = await connection.execute(
        """
        select f.file_id, f.cleared_at is not null, day_begins_at(f.merchant_id, f.day),
            day_ends_at(f.merchant_id, f.day), now(), m.max_sale_age_days,
            row_number() over (order by f.completed_at desc, f.file_id desc) = 1
        from files as f join merchants as m on m.merchant_id = f.merchant_id
        where f.merchant_id = %(merchant_id)s and f.day = %(day)s and f.kind = 'erp_day'
            and f.completed_at is not null and f.refused_at is null
        order by f.completed_at desc, f.file_id desc
        """,
        {"merchant_id": asked.merchant_id, "day": asked.day},
    )
    rows = await found.fetchall()
    row = next((row for row in rows if asked.file_id in {None, row[0]}), None)
    if row is None:
        return NotCompared.NO_FILE
    file_id, is_cleared, begins_at, ends_at, as_of, max_age_days, is_newest = row
    if is_cleared:
        return NotCompared.FILE_CLEARED
    return DayFacts(
        run_id=new_id(),
        file_id=file_id,
        begins_at=begins_at,
        ends_at=ends_at,
        arrival=Arrival(as_of=as_of, max_age=timedelta(days=max_age_days)),
        source=ProviderSource.NOTHING,
        is_newest=is_newest,
    )


def _by_statement(
    connection: AsyncConnection[Any], asked: DayAsked, facts: DayFacts, side: StatementSide
) -> PostgresDaySides:
    facts = replace(
        facts,
        source=ProviderSource.STATEMENT,
        alike=FindingClass.MATCHED,
        statement=side.totals,
        distrust=side.distrust,
    )
    return PostgresDaySides(connection, asked.merchant_id, facts, side.credited, side.applied_since)


async def _by_ledger(
    connection: AsyncConnection[Any], asked: DayAsked, facts: DayFacts, skew: timedelta
) -> PostgresDaySides:
    apart = await read_ledger_side(connection, asked.merchant_id, facts, skew)
    if apart is None:
        return PostgresDaySides(connection, asked.merchant_id, facts, {}, None)
    facts = replace(facts, source=ProviderSource.LEDGER, alike=FindingClass.MATCHED)
    return PostgresDaySides(connection, asked.merchant_id, facts, apart, EARLIEST, skew=skew)
