"""Reconciliations on a real database: the contract, crashes, erased customers, other sessions."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.delivery.conclusions import conclude_group
from adapters.postgres.operators.cases import PostgresCaseStore
from adapters.postgres.operators.incidents import PostgresIncidentStore
from adapters.postgres.reconciliation.store import PostgresReconciliationStore
from cashback_core.delivery.states import Status
from cashback_core.operators.case_store import EVERY_UNRESOLVED
from cashback_core.operators.cases import AssignCase, CaseState, ResolveCase
from cashback_core.reconciliation.schedule import Moved, RunEnded, RunKind
from cashback_core.values.availability import StoreUnavailable
from contract.builders import CREATED, a_cpf, a_sale, accepted, ended, leased, submitted
from contract.reconciling import (
    POLICY,
    RULES,
    Kept,
    ReconciliationStoreContract,
    a_line,
    a_moment,
    alone,
    in_doubt,
    reconcile,
    status_of,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import datetime
    from uuid import UUID

    from adapters.postgres.connection.database import Database
    from cashback_core.reconciliation import Rules


class TestPostgresReconciliations(ReconciliationStoreContract):
    """The contract on a real database."""

    @pytest.fixture
    def kept(self, database: Database, dsn: str) -> Kept:
        self.dsn = dsn
        self.database = database
        self.store = PostgresCashbackStore(database, POLICY)
        self.incidents = PostgresIncidentStore(database)
        return self.kept_with(RULES)

    def kept_with(self, rules: Rules) -> Kept:
        return Kept(
            store=self.store,
            incidents=self.incidents,
            reconciliations=PostgresReconciliationStore(self.database, rules),
            rules=rules,
        )

    async def passes(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def test_a_case_that_was_called_resolved_is_open_again_when_a_run_finds_it_again(
        self, kept: Kept
    ) -> None:
        claim = await in_doubt(kept, a_cpf())
        line = replace(await a_line(kept, claim), document=a_cpf(), cashback_centavos=777)
        await reconcile(kept, [line], claim)
        cases = PostgresCaseStore(self.database)
        (one,) = (await cases.cases(None, EVERY_UNRESOLVED, limit=9, after=None)).items
        await cases.work(None, one.id, AssignCase(by="ana", to="bia"))

        async def resolve() -> None:  # by somebody who has not seen what this run found
            await cases.work(None, one.id, ResolveCase(by="bia", reason="they take it back"))

        await reconcile(kept, [line], claim, meanwhile=resolve)
        told = await cases.case(None, one.id)
        assert told is not None
        assert told.case.state is CaseState.RESOLVED
        await reconcile(kept, [line], claim)
        again = await cases.case(None, one.id)
        assert again is not None
        assert (again.case.state, again.case.assigned_to) == (CaseState.ASSIGNED, "bia")
        assert [(event.what, event.by) for event in again.events] == [
            ("opened", None),
            ("assigned", "ana"),
            ("resolved", "bia"),
            ("reopened", None),
        ]
        await reconcile(kept, [], claim)
        ended_ = await cases.case(None, one.id)
        assert ended_ is not None
        assert (ended_.case.state, ended_.events[-1].what) == (CaseState.RESOLVED, "closed")

    async def test_a_cashback_first_tried_while_the_moves_waited_for_a_lock_keeps_its_group_open(
        self, kept: Kept
    ) -> None:
        document = a_cpf()
        first = await in_doubt(kept, document)
        later = submitted(a_sale(document=document, sale_id="later"), lease_s=None)
        record = await accepted(kept.store, later)
        async with await psycopg.AsyncConnection.connect(self.dsn) as blocker:
            await lock(blocker, first.id)
            reconciling = asyncio.create_task(reconcile(kept, [], first))
            await until_somebody_waits(self.dsn)
            (claim,) = await kept.store.claim_due(limit=10, lease_s=60.0)
            assert claim.id == record.id
            await blocker.rollback()
        # Accepted, and never tried, when the book was read: its credit is on no statement yet.
        assert (await reconciling).moved == Moved(stored=1)
        assert await status_of(kept, first) is Status.PENDING

    async def test_an_answer_told_by_a_transaction_that_began_before_changes_no_final_answer(
        self, kept: Kept
    ) -> None:
        claim = await leased(kept.store, a_sale(sale_id="later"), lease_s=0.01)
        await self.passes(0.1)
        assert await kept.store.reap(limit=10) == 1
        async with await psycopg.AsyncConnection.connect(self.dsn) as late, late.cursor() as cursor:
            await cursor.execute("select now()")  # the instant of all that this transaction does
            await reconcile(kept, [await a_line(kept, claim)], claim)
            final = await kept.store.find(claim.merchant_id, claim.id)
            assert final is not None
            assert final.status is Status.APPLIED
            standings = await conclude_group(cursor, [ended(claim, CREATED)], POLICY)
        assert standings == {claim.id: final.standing}
        assert await kept.store.find(claim.merchant_id, claim.id) == final

    async def test_rows_that_stay_locked_are_left_to_the_next_statement(self, kept: Kept) -> None:
        claim = await in_doubt(kept, a_cpf())
        async with await psycopg.AsyncConnection.connect(self.dsn) as blocker:
            await lock(blocker, claim.id)
            assert (await reconcile(kept, [], claim)).moved == Moved(skipped=1)
        assert await status_of(kept, claim) is Status.IN_DOUBT

    async def test_whoever_lost_the_lock_writes_nothing_more(self, kept: Kept) -> None:
        async with alone(kept) as runs:
            await runs.begin(RunKind.OPEN, a_moment())
            with psycopg.connect(self.dsn) as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where application_name = 'cashback-settler'"
                    " and datname = current_database()"
                )
            async with kept.reconciliations.alone() as other:
                assert other is not None
                with pytest.raises(StoreUnavailable):
                    await runs.end(RunEnded())

    async def test_since_when_statements_are_distrusted(self, kept: Kept) -> None:
        claim = await in_doubt(kept, a_cpf())
        for _ in range(2):
            await reconcile(kept, [], claim, declared_count=3)
        async with alone(kept) as runs:
            await runs.begin(RunKind.ASKED, a_moment())
            await runs.end(RunEnded(error="503"))
        first, second, third = rows(self.dsn)
        assert first[:2] == ("0 lines, but 3 declared", None)
        assert first[2] == first[3], "since it began"
        assert second[2] == third[2] == first[2], "and still"
        assert third[:2] == (None, "503")
        await reconcile(kept, [], claim)
        assert rows(self.dsn)[-1][2] is None

    async def test_what_a_line_names_is_in_the_book_however_old(self, kept: Kept) -> None:
        kept = self.kept_with(replace(RULES, echoes_reference=True))
        claim = await in_doubt(kept, a_cpf())
        line = replace(await a_line(kept, claim), reference=str(claim.id))
        await reconcile(kept, [line], claim)
        assert await status_of(kept, claim) is Status.APPLIED
        assert line.credited_at is not None
        long_after = line.credited_at + timedelta(days=40)
        assert await self.book_of(kept, long_after) == set()
        assert await self.book_of(kept, long_after, claim.id) == {claim.id}

    async def test_what_is_void_is_in_the_book_where_a_line_names_it_however_young(
        self, kept: Kept
    ) -> None:
        """Its id is of the statement's days, where all else is in the book without a name."""
        claim = await accepted(kept.store, submitted(a_sale(), lease_s=None))
        with psycopg.connect(self.dsn) as owner:
            owner.execute("set session_replication_role = replica")
            owner.execute(
                "update cashbacks set status = 'void', due_at = null where cashback_id = %s",
                [claim.id],
            )
        long_before = claim.accepted_at - timedelta(days=40)
        assert await self.book_of(kept, long_before) == set()
        assert await self.book_of(kept, long_before, claim.id) == {claim.id}

    async def book_of(self, kept: Kept, since: datetime, *named: UUID) -> set[UUID]:
        async def ids() -> AsyncGenerator[list[UUID], None]:
            yield list(named)

        async with alone(kept) as runs, runs.book(since, ids()) as book:
            return {entry.id for batch in [batch async for batch in book] for entry in batch}


async def lock(connection: psycopg.AsyncConnection, cashback_id: UUID) -> None:
    await connection.execute(
        "select 1 from cashbacks where cashback_id = %s for no key update", [cashback_id]
    )


async def until_somebody_waits(dsn: str) -> None:
    """Wait until a connection of this database waits for a lock."""
    async with (
        asyncio.timeout(10),
        await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection,
    ):
        while True:
            found = await connection.execute(
                "select 1 from pg_stat_activity"
                " where datname = current_database() and wait_event_type = 'Lock'"
            )
            if await found.fetchone():
                return
            await asyncio.sleep(0.01)


def rows(dsn: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "select distrust, error, distrusted_since, started_at from reconciliations order by 4"
        ).fetchall()
