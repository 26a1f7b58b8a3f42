"""What operators ask of PostgreSQL; the promises stand in `cashback_core.operators.acts`."""

# ruff: noqa: D102 (the port has the words)

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adapters.postgres.connection.database import OPERATING, OVERSEEING, Database
from adapters.postgres.delivery.waits import read_waits
from adapters.postgres.operators.listed import listed_cashbacks
from adapters.postgres.operators.open_rows import AT_RISK, PAGE, open_cashback, values_of
from adapters.postgres.operators.tallies import LOCK_ALL, tally_of, tally_open
from adapters.postgres.sales import refused_equals
from adapters.postgres.sales.acceptance import Cursor, encode
from adapters.postgres.sales.brakes import give_back
from cashback_core.delivery.states import Delivery, Status
from cashback_core.intake.equal_sales import EqualPage
from cashback_core.operators.acts import Act, ActKind, Circumstances, Decision, Granted, operate
from cashback_core.operators.open_cashbacks import (
    ManyDecision,
    OpenFilter,
    OpenPage,
    Tally,
    may_act_on_all,
    refuse_many,
)
from cashback_core.operators.operator_store import CashbackName, Foreseen, MovedSince, OperatorStore
from cashback_core.reconciliation.incidents import PRECEDES, SAYS_CREDITED
from cashback_core.values.pages import Position

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Mapping
    from datetime import timedelta
    from uuid import UUID

    from psycopg import AsyncConnection

    from cashback_core.delivery.waits import Waiting
    from cashback_core.sales.same_sale import EqualOutcome


class PostgresOperatorStore(OperatorStore):
    """One method is one transaction.

    `precedes` is how long before its first attempt a line of the statement may be dated.
    """

    def __init__(self, database: Database, *, precedes: timedelta = PRECEDES) -> None:
        self._of_one = database.pool(OPERATING)
        self._of_all = database.pool(OVERSEEING)
        self._precedes = precedes

    @asynccontextmanager
    async def _acting(self, merchant_id: int | None) -> AsyncGenerator[AsyncConnection[Any], None]:
        """A transaction on one merchant's rows, or on everybody's for None."""
        if merchant_id is None:
            acting = self._of_all.connection()
        else:
            acting = self._of_one.acting_for(merchant_id)
        async with acting as connection:
            yield connection

    async def open_page(
        self,
        merchant_id: int | None,
        wanted: OpenFilter,
        *,
        limit: int,
        after: Position | None,
    ) -> OpenPage:
        values = self._values_of(merchant_id, wanted) | {
            "at": after.at if after else None,
            "id": after.id if after else None,
            "limit": limit + 1,  # one more tells whether there is a next page
        }
        async with self._acting(merchant_id) as connection:
            # Planned with the values: each filter has its own best index.
            found = await connection.execute(PAGE, values, prepare=False)
            rows = await found.fetchall()
        items = tuple(open_cashback(row) for row in rows[:limit])
        last = items[-1] if len(rows) > limit else None
        position = Position(at=last.accepted_at, id=last.id) if last else None
        return OpenPage(items=items, next=position)

    async def waits(self, merchant_id: int | None, ids: Collection[UUID]) -> Mapping[UUID, Waiting]:
        async with self._acting(merchant_id) as connection:
            return await read_waits(connection, merchant_id, ids)

    async def equals_page(
        self,
        merchant_id: int | None,
        outcome: EqualOutcome | None,
        *,
        limit: int,
        after: Position | None,
    ) -> EqualPage:
        values = {
            "merchant_id": merchant_id,
            "outcome": outcome,
            "at": after.at if after else None,
            "id": after.id if after else None,
            "limit": limit + 1,  # one more tells whether there is a next page
        }
        async with self._acting(merchant_id) as connection:
            found = await connection.execute(refused_equals.PAGE, values, prepare=False)
            rows = await found.fetchall()
        items = tuple(refused_equals.equal_sales(row) for row in rows[:limit])
        return EqualPage(items=items, next=items[-1].position if len(rows) > limit else None)

    async def act(self, merchant_id: int | None, id: UUID, act: Act) -> Decision | None:  # noqa: A002
        decision = await self._act(merchant_id, id, act, None)
        assert not isinstance(decision, MovedSince)
        return decision

    async def act_as_seen(
        self,
        merchant_id: int | None,
        id: UUID,  # noqa: A002
        act: Act,
        *,
        version: int,
    ) -> Decision | MovedSince | None:
        return await self._act(merchant_id, id, act, version)

    async def _act(
        self, merchant_id: int | None, cashback_id: UUID, act: Act, version: int | None
    ) -> Decision | MovedSince | None:
        async with self._acting(merchant_id) as connection, connection.cursor() as cursor:
            # Locked: a late answer or a settler that comes meanwhile sees what we stored.
            await cursor.execute(
                """
                select c.merchant_id, c.cashback_id, c.status, c.version, c.attempt,
                    c.open_since_at, c.cashback_centavos, now()
                from merchants as m
                join cashbacks as c on c.merchant_id = m.merchant_id and c.cashback_id = %s
                where %s::bigint is null or m.merchant_id = %s
                for no key update of c
                """,
                [cashback_id, merchant_id, merchant_id],
            )
            row = await cursor.fetchone()
            if row is None:
                return None
            if version not in {None, row[3]}:  # whoever moved it got there first
                return MovedSince(Status(row[2]))
            given = await self._circumstances(cursor, merchant_id, [row])
            decision = _decide(row, act, given[row[1]])
            if isinstance(decision, Granted):
                await _store(cursor, [_move(row, decision, act)])
                if decision.move.to is Status.CANCELLED and row[2] == Status.PENDING:
                    await give_back(cursor, row[0], row[1])
        return decision

    async def named(
        self, merchant_id: int | None, names: Collection[CashbackName]
    ) -> Mapping[CashbackName, tuple[UUID, ...]]:
        return await listed_cashbacks(self._of_one, self._of_all, merchant_id, names)

    async def foresee(
        self, merchant_id: int | None, acts: Mapping[UUID, Act]
    ) -> Mapping[UUID, Foreseen]:
        async with self._acting(merchant_id) as connection, connection.cursor() as cursor:
            # Nothing is locked: it is told as it stands, and decided anew when it is done.
            await cursor.execute(
                """
                select c.merchant_id, c.cashback_id, c.status, c.version, c.attempt,
                    c.open_since_at, c.cashback_centavos, now(), m.slug
                from merchants as m
                join cashbacks as c on c.merchant_id = m.merchant_id and c.cashback_id = any(%s)
                where %s::bigint is null or m.merchant_id = %s
                """,
                [list(acts), merchant_id, merchant_id],
            )
            rows = await cursor.fetchall()
            given = await self._circumstances(cursor, merchant_id, rows) if rows else {}
        return {
            row[1]: Foreseen(
                merchant=row[8],
                status=Status(row[2]),
                version=row[3],
                cashback_centavos=row[6],
                decision=_decide(row[:8], acts[row[1]], given[row[1]]),
            )
            for row in rows
            if row[1] in given
        }

    async def tally(
        self, merchant_id: int | None, wanted: OpenFilter, kind: ActKind = ActKind.RESEND
    ) -> Tally:
        async with self._acting(merchant_id) as connection, connection.cursor() as cursor:
            return await tally_open(cursor, self._values_of(merchant_id, wanted), kind)

    async def act_on_all(
        self,
        merchant_id: int | None,
        wanted: OpenFilter,
        act: Act,
        *,
        token: str,
    ) -> ManyDecision:
        refuse_many(wanted, act.kind)
        values = self._values_of(merchant_id, wanted)
        async with self._acting(merchant_id) as connection, connection.cursor() as cursor:
            # Counted before anything is locked, so that a filter too wide locks nothing.
            tally = await tally_open(cursor, values, act.kind)
            decision = may_act_on_all(tally, act, token=token)
            if not isinstance(decision, Tally):
                return decision
            # In key order, as everybody locks. What has moved since it was counted is not
            # among the rows, or is of another version: the token tells.
            await cursor.execute(LOCK_ALL, values, prepare=False)
            rows = await cursor.fetchall()
            given = await self._circumstances(cursor, merchant_id, rows)
            locked = replace(tally_of(rows, given, act), above_ceiling=tally.above_ceiling)
            decision = may_act_on_all(locked, act, token=token)
            if isinstance(decision, Tally):
                await _store(cursor, _granted(rows, act, given))
                for row in rows if act.kind is ActKind.CANCEL else ():
                    if row[2] == Status.PENDING and row[4] == 0:  # never tried
                        await give_back(cursor, row[0], row[1])
        return decision

    def _values_of(self, merchant_id: int | None, wanted: OpenFilter) -> dict[str, Any]:
        return values_of(merchant_id, wanted) | {"precedes": self._precedes}

    async def _circumstances(
        self, cursor: Cursor, merchant_id: int | None, rows: list[tuple[Any, ...]]
    ) -> dict[UUID, Circumstances]:
        """Of locked rows: asked when their locks are had, so that nothing older is told."""
        values = {
            "m": merchant_id,
            "precedes": self._precedes,
            "ids": [row[1] for row in rows],
            "credited": sorted(SAYS_CREDITED),
        }
        await cursor.execute(
            f"""
            select c.cashback_id,
                exists (
                    select from statement_incidents as i
                    where i.cashback_id = c.cashback_id and i.closed_at is null
                        and i.class = any(%(credited)s)
                ) or coalesce(x.is_said, false),
                x.cashback_id is not null, e.actor_name, {AT_RISK}
            from merchants as m
            join cashbacks as c
                on c.merchant_id = m.merchant_id and c.cashback_id = any(%(ids)s)
            join events as e
                on e.merchant_id = c.merchant_id and e.cashback_id = c.cashback_id
                    and e.sequence = c.version  -- the latest: whoever signed it brought it here
            left join suspected_cashbacks(%(m)s, %(precedes)s, %(ids)s) as x
                on x.merchant_id = c.merchant_id and x.cashback_id = c.cashback_id
            where %(m)s::bigint is null or m.merchant_id = %(m)s
            """,  # noqa: S608 (made of literals)
            values,
            prepare=False,
        )
        return {
            id_: Circumstances(
                credited=credited, suspected=suspected, marked_by=name, at_risk=at_risk
            )
            for id_, credited, suspected, name, at_risk in await cursor.fetchall()
        }

    async def merchant_id(self, slug: str) -> int | None:
        """The merchant of that slug. Raises StoreUnavailable."""
        async with self._of_all.connection() as connection:
            found = await connection.execute(
                "select merchant_id from merchants where slug = %s", [slug]
            )
            row = await found.fetchone()
        return None if row is None else int(row[0])


def _decide(row: tuple[Any, ...], act: Act, given: Circumstances) -> Decision:
    _, _, status, _, attempt, open_since_at, _, now = row
    delivery = Delivery(status=Status(status), attempt=attempt, open_since_at=open_since_at)
    return operate(delivery, act, now, given)


def _granted(
    rows: list[tuple[Any, ...]], act: Act, given: Mapping[UUID, Circumstances]
) -> list[dict[str, Any]]:
    """The moves of all rows; whoever locked them has seen that each is granted."""
    moves: list[dict[str, Any]] = []
    for row in rows:
        decision = _decide(row, act, given[row[1]])
        if not isinstance(decision, Granted):
            raise TypeError(f"{act.kind} of {row[1]}: {decision}")
        moves.append(_move(row, decision, act))
    return moves


def _move(row: tuple[Any, ...], granted: Granted, act: Act) -> dict[str, Any]:
    merchant_id, cashback_id, status, version, *_ = row
    move = granted.move
    return {
        "m": merchant_id,
        "c": cashback_id,
        "v": version,
        "from": status,
        "to": move.to,
        "actor": move.actor,
        "name": act.by,
        "reason": move.reason,
        "due": move.due_at,
        "since": granted.open_since_at,
        "risk": granted.risk_accepted,
    }


async def _store(cursor: Cursor, moves: list[dict[str, Any]]) -> None:
    await cursor.execute(
        """
        with input as materialized (
            select * from jsonb_to_recordset(%s::jsonb) as i (
                m bigint, c uuid, v integer, "from" text, "to" text, actor text, name text,
                reason text, due timestamptz, since timestamptz, risk boolean
            )
        ), moved as (
            update cashbacks as c set
                status = i."to", version = i.v + 1, due_at = i.due, open_since_at = i.since,
                applied_at = case i."to" when 'applied' then now() end,
                risk_accepted_at = case when i.risk then now() else c.risk_accepted_at end
            from input as i
            where c.merchant_id = i.m and c.cashback_id = i.c and c.version = i.v
            returning c.merchant_id, c.cashback_id, c.attempt
        )
        insert into events (
            merchant_id, cashback_id, sequence, at, actor, actor_name, from_status, to_status,
            attempt, reason
        )
        select i.m, i.c, i.v + 1, now(), i.actor, i.name, i."from", i."to", moved.attempt, i.reason
        from moved join input as i on i.m = moved.merchant_id and i.c = moved.cashback_id
        """,
        [encode(moves)],
    )
    if cursor.rowcount != len(moves):
        raise LookupError("a row moved although it was locked")
