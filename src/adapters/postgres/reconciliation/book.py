"""The book as a statement is held against it: streamed out of one snapshot, over all merchants."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.connection.deadlines import watched
from adapters.postgres.connection.faults import translated
from cashback_core.delivery.states import Status
from cashback_core.reconciliation import BookEntry
from cashback_core.reconciliation.schedule import MAX_STORED
from cashback_core.values.documents import stored_document

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from psycopg import AsyncConnection, AsyncServerCursor

    from cashback_core.reconciliation import Rules

SILENT_S: Final = 75.0
"""How long a settler waits for an answer: longer than the server lets its statements run."""

_KEY_BY_KEY: Final[LiteralString] = """
    select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true)
"""
"""For the rest of the transaction: no past is read whole for the sake of some days of it.

Where a day has many sales the planner took them for enough of them all, and read every sale that
there is, with its request: two days of 333,333 sales were 20,000 pages of 23,000.
"""

# Of doubts alone is it counted how often they came back: since an operator last had a hand in it.
_COLUMNS: Final[LiteralString] = """
    select c.cashback_id, c.merchant_id, s.document, c.cashback_centavos, c.status, c.accepted_at,
        a.first_started_at, a.last_started_at, c.applied_at, c.confirmed_at, c.version,
        e.rounds, e.first_round_at
"""
_JOINED: Final[LiteralString] = """
    join sales as s on s.merchant_id = c.merchant_id and s.cashback_id = c.cashback_id
    cross join lateral (
        select min(t.started_at) as first_started_at, max(t.started_at) as last_started_at
        from attempts as t
        where t.merchant_id = c.merchant_id and t.cashback_id = c.cashback_id
    ) as a
    cross join lateral (
        select count(*) as rounds, min(e.at) as first_round_at
        from events as e
        -- Said here and not where it is joined, which looked at the events of every paid one, too.
        where c.status = 'in_doubt'
            and e.merchant_id = c.merchant_id and e.cashback_id = c.cashback_id
            and e.actor = 'settler' and e.from_status = 'in_doubt' and e.to_status = 'pending'
            and e.sequence > coalesce((
                select max(o.sequence) from events as o
                where o.merchant_id = c.merchant_id and o.cashback_id = c.cashback_id
                    and o.actor = 'operator'
            ), 0)
    ) as e
"""

# What may have a credit on the statement whoever names it: `Rules.is_over_before`, in SQL.
_WITHIN: Final[LiteralString] = """
    case
        when c.status in ('in_doubt', 'sending', 'unconfirmed') then true
        when c.status in ('void', 'recorded') then false
        when c.status = 'applied' then c.applied_at >= %(applied_since)s
        when a.last_started_at is not null then a.last_started_at >= %(tried_since)s
        when c.status in ('pending', 'held') then true
        else c.accepted_at >= %(tried_since)s
    end
"""
# Apart, since each is found by another index.
_APPLIED: Final[LiteralString] = f"""
    {_COLUMNS}
    from merchants as m  -- each by its own index: a look for a merchant who was paid nothing
    join cashbacks as c on c.merchant_id = m.merchant_id {_JOINED}
    where c.status = 'applied' and c.applied_at >= %(applied_since)s
"""
_UNPAID: Final[LiteralString] = f"""
    {_COLUMNS} from cashbacks as c {_JOINED}
    where c.status not in ('applied', 'not_due', 'void', 'recorded') and {_WITHIN}
"""
_NAMED: Final[LiteralString] = f"""
    {_COLUMNS}
    from unnest(%(ids)s::uuid[]) as n (id)
    cross join merchants as m
    join cashbacks as c on c.merchant_id = m.merchant_id and c.cashback_id = n.id
    {_JOINED}
    where c.status <> 'not_due' and not {_WITHIN}
"""
_OF_THESE: Final[LiteralString] = f"""
    {_COLUMNS}
    from unnest(%(ids)s::uuid[]) as n (id)
    cross join merchants as m
    join cashbacks as c on c.merchant_id = m.merchant_id and c.cashback_id = n.id
    {_JOINED}
    where c.status <> 'not_due'
"""
# All that was ever tried of each customer and amount that has one in doubt: over all merchants,
# since they share the provider's account.
_DOUBTFUL: Final[LiteralString] = f"""
    with doubtful as materialized (
        select distinct s.document, c.cashback_centavos
        from cashbacks as c join sales as s using (merchant_id, cashback_id)
        where c.status = 'in_doubt'
    )
    {_COLUMNS}
    from doubtful as d
    cross join merchants as m
    join sales as d_s on d_s.merchant_id = m.merchant_id and d_s.document = d.document
    join cashbacks as c on c.merchant_id = d_s.merchant_id and c.cashback_id = d_s.cashback_id
        and c.cashback_centavos = d.cashback_centavos
    {_JOINED}
    where c.attempt > 0
"""  # noqa: S608 (made of literals)
_DOUBTFUL_EARLIER: Final[LiteralString] = f"{_DOUBTFUL} and not {_WITHIN}"
_OPEN: Final[LiteralString] = f"""
    {_COLUMNS} from cashbacks as c {_JOINED}
    where c.status = 'in_doubt' or c.status = 'pending' and c.attempt > 0
"""


async def read_open(connection: AsyncConnection[Any], rules: Rules) -> tuple[BookEntry, ...]:
    """What is in doubt or may be sent again, and, without references, who shares its group."""
    async with connection.transaction():
        await connection.execute(_KEY_BY_KEY)
        found = await connection.execute(_OPEN)
        rows = await found.fetchall()
        if not rules.echoes_reference:
            found = await connection.execute(_DOUBTFUL)
            rows += await found.fetchall()
    return tuple({row[0]: _entry(row) for row in rows}.values())


@asynccontextmanager
async def read_book(
    connection: AsyncConnection[Any],
    rules: Rules,
    since: datetime,
    named: AsyncIterator[Collection[UUID]],
) -> AsyncGenerator[AsyncIterator[list[BookEntry]], None]:
    """The book as of one instant; see the port."""
    with translated():
        async with connection.transaction():
            with watched(connection, SILENT_S):
                await connection.execute(
                    "set transaction isolation level repeatable read read only"
                )
                await connection.execute(_KEY_BY_KEY)
            batches = _batches(connection, rules, since, named)
            try:
                yield batches
            finally:
                await batches.aclose()


async def _batches(
    connection: AsyncConnection[Any],
    rules: Rules,
    since: datetime,
    named: AsyncIterator[Collection[UUID]],
) -> AsyncGenerator[list[BookEntry], None]:
    values = bounds(rules, since)
    for query in (_APPLIED, _UNPAID):
        async for batch in _streamed(connection, query, values):
            yield batch
    apart: set[UUID] = set()
    if not rules.echoes_reference:
        async for batch in _streamed(connection, _DOUBTFUL_EARLIER, values):
            apart.update(entry.id for entry in batch)
            yield batch
    async for ids in named:
        # Whether an id is old enough to be looked for is not asked of the id: what is void, or
        # history, is in no book however young it is.
        others = [id_ for id_ in ids if id_ not in apart]
        with watched(connection, SILENT_S):
            found = await connection.execute(_NAMED, {**values, "ids": others})
            batch = [_entry(row) for row in await found.fetchall()]
        if batch:
            yield batch


async def _streamed(
    connection: AsyncConnection[Any], query: LiteralString, values: Mapping[str, Any]
) -> AsyncGenerator[list[BookEntry], None]:
    async with connection.cursor(name="book") as cursor:
        with watched(connection, SILENT_S):
            await cursor.execute(query, values)
        while rows := await _next(connection, cursor):
            yield [_entry(row) for row in rows]


async def _next(
    connection: AsyncConnection[Any], cursor: AsyncServerCursor[Any]
) -> list[tuple[Any, ...]]:
    with watched(connection, SILENT_S):
        return await cursor.fetchmany(MAX_STORED)


def bounds(rules: Rules, since: datetime) -> dict[str, datetime]:
    """`Rules.is_over_before`, solved for the instants that the database keeps."""
    start = since - rules.precedes
    margin = rules.margin.after(since, rules.policy) - since
    return {"applied_since": start - rules.margin.skew, "tried_since": start - margin}


async def unpaid_entries(
    connection: AsyncConnection[Any], rules: Rules, since: datetime
) -> AsyncGenerator[list[BookEntry], None]:
    """What of the book is not applied and may have a credit; without references, who shares it."""
    values = bounds(rules, since)
    queries: list[LiteralString] = [_UNPAID]
    if not rules.echoes_reference:
        queries.append(_DOUBTFUL_EARLIER)
    for query in queries:
        async for batch in _streamed(connection, query, values):
            yield batch


async def entries_of(connection: AsyncConnection[Any], ids: Collection[UUID]) -> list[BookEntry]:
    """The cashbacks of these ids that anything is due for, over all merchants, however old."""
    with watched(connection, SILENT_S):
        found = await connection.execute(_OF_THESE, {"ids": list(ids)})
        return [_entry(row) for row in await found.fetchall()]


def _entry(row: tuple[Any, ...]) -> BookEntry:
    (
        cashback_id, merchant_id, document, centavos, status, accepted_at, first, last, applied_at,
        confirmed_at, version, rounds, first_round_at,
    ) = row  # fmt: skip
    return BookEntry(
        id=cashback_id,
        merchant_id=merchant_id,
        # As the provider tells it, whose statement it is held against.
        document=str(stored_document(document)),
        cashback_centavos=centavos,
        status=Status(status),
        accepted_at=accepted_at,
        first_started_at=first,
        last_started_at=last,
        applied_at=applied_at,
        confirmed_at=confirmed_at,
        version=version,
        rounds=rounds,
        first_round_at=first_round_at,
    )
