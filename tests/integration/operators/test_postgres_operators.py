from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import Database
from adapters.postgres.delivery.sender import PostgresSender
from adapters.postgres.operators.acts import PostgresOperatorStore
from cashback_core.delivery.states import Actor, DeliveryPolicy, Status
from cashback_core.operators.acts import Granted
from cashback_core.operators.open_cashbacks import MeantChanged, OpenFilter, Tally
from cashback_core.values.availability import StoreUnavailable
from contract.builders import LEASE_S, UNANSWERED, a_sale, ended, history_of
from contract.operating import (
    CANCEL,
    REFUSED,
    RESEND,
    RISKY,
    UNPAID,
    OperatorStoreContract,
    act_on_all,
    ended_with,
)
from contract.resolving import ResolvingContract

if TYPE_CHECKING:
    from cashback_core.delivery.brakes import Ceilings


class TestPostgresOperators(OperatorStoreContract, ResolvingContract):
    """The contract on a real database; time is turned by moving the instants back."""

    @pytest.fixture(autouse=True)
    def its_dsn(self, dsn: str) -> None:
        self.dsn = dsn

    @pytest.fixture
    def store(self, database: Database) -> PostgresCashbackStore:
        return PostgresCashbackStore(database, DeliveryPolicy())

    @pytest.fixture
    def operators(self, database: Database) -> PostgresOperatorStore:
        return PostgresOperatorStore(database)

    @pytest.fixture
    def switch(self, database: Database) -> PostgresSender:
        return PostgresSender(database)

    async def expire_leases(self, store: object) -> None:  # noqa: ARG002
        self._run("update cashbacks set lease_until_at = lease_until_at - interval '1 day'")

    async def set_ceilings(self, store: object, merchant_id: int, to: Ceilings) -> None:  # noqa: ARG002
        with psycopg.connect(self.dsn) as connection:
            connection.execute(
                "update merchants set max_cashback_centavos = %s, max_day_centavos = %s"
                " where merchant_id = %s",
                [to.max_cashback_centavos, to.max_day_centavos, merchant_id],
            )

    async def make_due(self, store: object) -> None:  # noqa: ARG002
        self._run("update cashbacks set due_at = due_at - interval '1 day'")

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.dsn) as connection:
            connection.execute(statement.encode())

    async def test_a_proof_of_a_statement_answers_the_doubt(
        self, store: PostgresCashbackStore, operators: PostgresOperatorStore
    ) -> None:
        claim = await ended_with(store, UNANSWERED)
        assert isinstance(await operators.act(1, claim.id, RISKY), Granted)
        await self.make_due(store)
        (again,) = await store.claim_due(limit=1, lease_s=LEASE_S)
        await store.conclude(ended(again, UNANSWERED, deliverer=Actor.WORKER))
        self._run(
            "with moved as (update cashbacks set status = 'pending', version = version + 1,"
            " due_at = now() returning *) insert into events (merchant_id, cashback_id, sequence,"
            " at, actor, from_status, to_status, attempt, reason) select merchant_id, cashback_id,"
            " version, now(), 'settler', 'in_doubt', 'pending', attempt, 'proved' from moved"
        )
        granted = await operators.act(1, claim.id, CANCEL)
        assert isinstance(granted, Granted)
        assert not granted.risk_accepted

    async def test_giving_up_counts_from_the_resend(
        self, store: PostgresCashbackStore, operators: PostgresOperatorStore
    ) -> None:
        claim = await ended_with(store, REFUSED)
        self._run("update cashbacks set open_since_at = open_since_at - interval '2 days'")
        await operators.act(1, claim.id, RESEND)
        with psycopg.connect(self.dsn) as connection:
            found = connection.execute(
                "select open_since_at = at from cashbacks join events using"
                " (merchant_id, cashback_id) where actor = 'operator'"
            )
            assert found.fetchone() == (True,)

    async def test_a_release_tells_who_paused_and_who_released(
        self, switch: PostgresSender
    ) -> None:
        await switch.pause(by="ana", reason="restored from yesterday")
        await switch.release(by="bia", reason="reconciled")
        with psycopg.connect(self.dsn) as connection:
            kept = connection.execute(
                "select pause_actor, pause_reason, actor, reason, released_at >= paused_at"
                " from sender_releases"
            ).fetchall()
            pauses = connection.execute("select through_at >= began_at from sender_pauses")
            assert pauses.fetchall() == [(True,)]
        assert kept == [("ana", "restored from yesterday", "bia", "reconciled", True)]

    async def test_a_release_wakes_the_workers(self, switch: PostgresSender) -> None:
        await switch.pause(by="ana", reason="a moment")
        async with await psycopg.AsyncConnection.connect(self.dsn, autocommit=True) as listening:
            await listening.execute("listen cashback_due")
            await switch.release(by="ana", reason="over")
            told = [n.channel async for n in listening.notifies(timeout=10, stop_after=1)]
        assert told == ["cashback_due"]

    async def test_a_row_that_moved_since_the_count_stops_them_all(
        self, store: PostgresCashbackStore, operators: PostgresOperatorStore
    ) -> None:
        """The count is right at first; a row leaves while the act waits for its lock."""
        claims = [await ended_with(store, REFUSED, a_sale()) for _ in range(3)]
        async with await psycopg.AsyncConnection.connect(self.dsn) as other:
            await other.execute(
                "select from cashbacks where cashback_id = %s for update", [claims[1].id]
            )
            act = asyncio.create_task(act_on_all(operators, 1, OpenFilter(), RESEND))
            await self._somebody_waits_for_a_lock(other)
            await other.execute(
                "update cashbacks set status = 'cancelled', version = version + 1"
                " where cashback_id = %s",
                [claims[1].id],
            )
            await other.execute(
                "insert into events (merchant_id, cashback_id, sequence, at, actor, actor_name,"
                " from_status, to_status, attempt, reason) select 1, %s, 4, now(), 'operator',"
                " 'bia', 'rejected', 'cancelled', 1, 'mine'",
                [claims[1].id],
            )
            await other.commit()
        decision = await act
        assert not isinstance(decision, Tally)
        for claim in (claims[0], claims[2]):
            assert len((await history_of(store, 1, claim)).events) == 3

    async def test_a_row_that_moved_and_came_back_while_it_was_waited_for_stops_them_all(
        self, store: PostgresCashbackStore, operators: PostgresOperatorStore
    ) -> None:
        """As many, worth as much, in one status: the version that is locked is another."""
        claims = [await ended_with(store, UNANSWERED, a_sale()) for _ in range(2)]
        doubts = OpenFilter(statuses=frozenset({Status.IN_DOUBT}))
        async with await psycopg.AsyncConnection.connect(self.dsn) as other:
            await other.execute(
                "select from cashbacks where cashback_id = %s for update", [claims[1].id]
            )
            act = asyncio.create_task(act_on_all(operators, 1, doubts, UNPAID))
            await self._somebody_waits_for_a_lock(other)
            for sequence, (was, became) in enumerate(
                [("in_doubt", "rejected"), ("rejected", "in_doubt")], start=4
            ):
                moved = {"id": claims[1].id, "n": sequence, "was": was, "became": became}
                await other.execute(
                    "update cashbacks set status = %(became)s, version = version + 1"
                    " where cashback_id = %(id)s",
                    moved,
                )
                await other.execute(
                    "insert into events (merchant_id, cashback_id, sequence, at, actor,"
                    " actor_name, from_status, to_status, attempt, reason) select 1, %(id)s, %(n)s,"
                    " now(), 'operator', 'bia', %(was)s, %(became)s, 1, 'mine'",
                    moved,
                )
            await other.commit()
        assert isinstance(await act, MeantChanged)
        assert [len((await history_of(store, 1, one)).events) for one in claims] == [3, 5]

    async def test_a_row_that_stays_busy_is_told_as_unavailable(
        self, store: PostgresCashbackStore, operators: PostgresOperatorStore
    ) -> None:
        claim = await ended_with(store, REFUSED)
        async with await psycopg.AsyncConnection.connect(self.dsn) as other:
            await other.execute("select from cashbacks for update")
            with pytest.raises(StoreUnavailable):
                await operators.act(1, claim.id, RESEND)
        await operators.act(1, claim.id, RESEND)

    @pytest.mark.parametrize(
        ("actor", "name"), [("operator", None), ("operator", ""), ("reaper", "ana")]
    )
    async def test_the_database_holds_that_operators_sign_and_nobody_else_does(
        self, store: PostgresCashbackStore, actor: str, name: str | None
    ) -> None:
        claim = await ended_with(store, REFUSED)
        insert = (
            "insert into events (merchant_id, cashback_id, sequence, at, actor, actor_name,"
            " from_status, to_status, attempt, reason)"
            " select 1, %s, 4, now(), %s, %s, case %s when 'operator' then 'rejected' else"
            " 'sending' end, case %s when 'operator' then 'pending' else 'in_doubt' end, 1, 'x'"
        )
        right = "ana" if actor == "operator" else None
        with psycopg.connect(self.dsn) as connection:
            with connection.transaction(force_rollback=True):
                connection.execute(insert, [claim.id, actor, right, actor, actor])
            with pytest.raises(psycopg.errors.CheckViolation):
                connection.execute(insert, [claim.id, actor, name, actor, actor])

    async def _somebody_waits_for_a_lock(self, connection: psycopg.AsyncConnection) -> None:
        waiting = (
            "select from pg_stat_activity where wait_event_type = 'Lock'"
            " and application_name = 'cashback operators' and datname = current_database()"
        )
        async with asyncio.timeout(10):
            while await (await connection.execute(waiting)).fetchone() is None:
                await connection.execute("select pg_stat_clear_snapshot()")
                await asyncio.sleep(0.005)


async def test_without_a_database_everything_is_unavailable(tmp_path: object) -> None:
    dsn = f"postgresql:///x?host={tmp_path}"
    switch = PostgresSender(Database(dsn))
    for call in (
        switch.state(),
        switch.pause(by="ana", reason="x"),
        switch.release(by="ana", reason="x"),
    ):
        with pytest.raises(StoreUnavailable):
            await call
