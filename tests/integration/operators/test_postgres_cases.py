"""Cases on PostgreSQL: the contract, and what the database itself holds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, IntegrityError

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import ANSWERING_INCIDENTS
from adapters.postgres.operators.cases import PostgresCaseStore
from adapters.postgres.operators.incidents import PostgresIncidentStore
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.operators.case_store import EVERY_UNRESOLVED, DifferenceFilter
from cashback_core.operators.cases import AssignedToAnother, CaseEventKind, CaseKind, CaseState
from contract.casework import DONE, MINE, NOTED, TO_ANA, CaseStoreContract, history, ids
from integration.kept_differences import keep_difference
from integration.kept_incidents import keep
from integration.two_merchants import PLATFORM, SERVING, session

if TYPE_CHECKING:
    from datetime import timedelta
    from uuid import UUID

    from adapters.postgres.connection.database import Database
    from cashback_core.operators.case_store import DayDifference
    from cashback_core.reconciliation.incidents import StatementIncident


class TestPostgresCases(CaseStoreContract):
    """The contract on a real database."""

    @pytest.fixture(autouse=True)
    def its_dsn(self, dsn: str) -> None:
        self.dsn = dsn

    @pytest.fixture
    def store(self, database: Database) -> PostgresCashbackStore:
        return PostgresCashbackStore(database, DeliveryPolicy())

    @pytest.fixture
    def incidents(self, database: Database) -> PostgresIncidentStore:
        return PostgresIncidentStore(database)

    @pytest.fixture
    def cases(self, database: Database) -> PostgresCaseStore:
        return PostgresCaseStore(database)

    def keep(self, incident: StatementIncident, merchant_id: int | None) -> None:
        keep(self.dsn, incident, merchant_id)

    def keep_difference(self, difference: DayDifference) -> None:
        keep_difference(self.dsn, difference)

    def find_again(self, kind: CaseKind, id_: UUID, began: timedelta) -> None:
        with psycopg.connect(self.dsn) as connection:
            if kind is CaseKind.INCIDENT:
                connection.execute(
                    "update statement_incidents set last_seen_at = now() + %s"
                    " where incident_id = %s",
                    [began, id_],
                )
            else:
                connection.execute(
                    "update differences set last_seen_at = now() + %s where difference_id = %s",
                    [began, id_],
                )

    def close_difference(self, id_: UUID) -> None:
        with psycopg.connect(self.dsn) as connection:
            connection.execute(
                "update differences set closed_at = now(),"
                " closed_why = 'a later file tells it no more' where difference_id = %s",
                [id_],
            )

    async def test_what_was_closed_and_is_told_again_keeps_its_history(
        self, cases: PostgresCaseStore
    ) -> None:
        id_ = self.differing()
        self.close_difference(id_)
        with psycopg.connect(self.dsn) as connection:
            connection.execute("update differences set closed_at = null, closed_why = null")
        again = history(await cases.case(1, id_))
        assert again.case.state is CaseState.OPEN
        assert [event.what for event in again.events] == [
            CaseEventKind.OPENED,
            CaseEventKind.CLOSED,
            CaseEventKind.REOPENED,
        ]

    async def test_what_turns_out_to_be_anothers_is_nobodys_work_again(
        self, store: PostgresCashbackStore, cases: PostgresCaseStore
    ) -> None:
        mine, theirs = await self.of(store, 1), await self.of(store, 2)
        for act in (TO_ANA, NOTED):
            await cases.work(1, mine, act)
        with psycopg.connect(self.dsn) as connection:
            connection.execute(
                "update statement_incidents as i set merchant_id = o.merchant_id,"
                " cashback_id = o.cashback_id from statement_incidents as o"
                " where i.incident_id = %s and o.incident_id = %s",
                [mine, theirs],
            )
        assert await ids(cases, 1) == set()
        assert await cases.work(1, mine, NOTED) is None
        moved = history(await cases.case(2, mine))
        assert moved.case.state is CaseState.OPEN
        # What the first merchant's operators said of it is theirs.
        assert [event.what for event in moved.events] == [CaseEventKind.MOVED]
        assert len(history(await cases.case(None, mine)).events) == 3

    async def test_the_platforms_role_has_no_part_in_differences(self, database: Database) -> None:
        platform = PostgresCaseStore(database, of_all=ANSWERING_INCIDENTS)
        nobodys, differs = self.told(), self.differing()
        assert await ids(platform, None) == {nobodys}
        assert await platform.work(None, differs, MINE) is None
        assert await platform.case(None, differs) is None
        found = await platform.differences(None, DifferenceFilter(), limit=9, after=None)
        assert found.items == ()
        for act in (TO_ANA, NOTED, DONE):
            history(await platform.work(None, nobodys, act))
        assert await platform.loads(None, EVERY_UNRESOLVED) == ()

    async def test_the_database_keeps_who_serves_from_cases_of_others(
        self, store: PostgresCashbackStore, cases: PostgresCaseStore
    ) -> None:
        theirs, nobodys, differs = await self.of(store, 2), self.told(), self.differing("other")
        for id_ in (theirs, nobodys, differs):
            history(await cases.work(None, id_, NOTED))
        with session(self.dsn, 1) as serving:
            for table in ("cases", "case_events", "statement_incident_events", "differences"):
                assert serving.execute(f"select from {table}").fetchall() == [], table
        fresh = await self.of(store, 2)
        for role, merchants, named, column in (
            (SERVING, (1,), 1, "incident_id"),
            (SERVING, (1,), None, "incident_id"),
            (PLATFORM, (), 1, "incident_id"),
            (PLATFORM, (), 1, "difference_id"),
        ):
            with (
                session(self.dsn, *merchants, role=role) as asking,
                pytest.raises((IntegrityError, InsufficientPrivilege)),
            ):
                asking.execute(
                    sql.SQL(
                        "insert into cases (case_id, {}, merchant_id) values (%s, %s, %s)"
                    ).format(sql.Identifier(column)),
                    [fresh, fresh, named],
                )

    async def test_who_comes_second_sees_what_the_first_did(self, cases: PostgresCaseStore) -> None:
        id_ = self.differing()
        await cases.work(1, id_, NOTED)
        with psycopg.connect(self.dsn) as first, psycopg.connect(self.dsn) as looking:
            looking.autocommit = True
            first.execute("update cases set assigned_to = 'bia'")
            second = asyncio.create_task(cases.work(1, id_, MINE))
            while not looking.execute(
                "select from pg_stat_activity where wait_event_type = 'Lock'"
                " and datname = current_database()"
            ).fetchall():
                await asyncio.sleep(0.01)
            first.commit()
        assert await second == AssignedToAnother("bia")

    async def test_what_was_said_of_a_case_stays(self, cases: PostgresCaseStore) -> None:
        await cases.work(1, self.differing(), NOTED)
        for statement in (
            "update case_events set reason = 'otherwise'",
            "update case_events set by_name = 'caio'",
            "delete from case_events",
            "truncate case_events",
        ):
            with psycopg.connect(self.dsn) as owner, pytest.raises(IntegrityError):
                owner.execute(statement)
