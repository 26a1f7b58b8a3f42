"""Taking a statement into the provider's ledger: its lines are put aside, then it is one statement.

Whoever reads the ledger sees all that a statement changes, or nothing of it.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, LiteralString

from psycopg.errors import LockNotAvailable

from cashback_core.reconciliation.ledger import DAY_AFTER, DAY_BEFORE, LedgerKept
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from psycopg import AsyncConnection

    from adapters.postgres.reconciliation.runs import Run
    from cashback_core.privacy.seals import Seal
    from cashback_core.reconciliation import Window
    from cashback_core.reconciliation.ledger import ToldLine

MEMORY: Final = "64MB"
"""What each sort and each hash table of the one statement may take: millions of lines spill."""

LONGEST_S: Final = 600
"""How long the one statement may take: some ten seconds for a million lines that are all new."""

_PURPOSE: Final = "lines of the provider's ledger"
_NULL: Final = "\\N"


class LedgerKeys:
    """What a line is known by here: no hash that candidates could be tried by."""

    def __init__(self, seal: Seal | None) -> None:
        self._key = b"" if seal is None else seal.derived_key(_PURPOSE)

    def __call__(self, line_key: str) -> str:
        """32 hex digits of the keyed hash of a line's key."""
        return blake2b(bytes.fromhex(line_key), digest_size=16, key=self._key).hexdigest()


async def empty(connection: AsyncConnection[Any]) -> None:
    """Nothing is put aside any more, whatever a run that died left there."""
    try:
        await connection.execute("truncate provider_told")
    except LockNotAvailable:  # somebody takes a backup
        await connection.execute("delete from provider_told")


async def put_aside(
    connection: AsyncConnection[Any], lines: Sequence[ToldLine], keys: LedgerKeys
) -> None:
    """Put some more lines aside."""
    rows = "".join(
        f"{keys(line.key)}\t{line.cls}\t{line.centavos}"
        f"\t{_NULL if line.credited_at is None else line.credited_at.isoformat()}"
        f"\t{_NULL if line.merchant_id is None else line.merchant_id}"
        f"\t{_NULL if line.cashback_id is None else line.cashback_id.hex}\n"
        for line in lines
    )
    async with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy provider_told (line_key, class, centavos, credited_at, owner, cashback_id)"
            " from stdin"
        ) as copy,
    ):
        await copy.write(rows)


async def take_in(
    connection: AsyncConnection[Any],
    run: Run,
    window: Window,
    asked_at: datetime,
    *,
    put: int,
    skew: timedelta,
) -> LedgerKept:
    """What was put aside (`put` lines) is what there is of this window. One transaction."""
    async with connection.transaction():
        await connection.execute(
            "select set_config('work_mem', %s, true), set_config('enable_nestloop', 'off', true),"
            " set_config('statement_timeout', %s, true)",
            [MEMORY, f"{LONGEST_S}s"],
        )
        found = await connection.execute("select count(*) from provider_told")
        row = await found.fetchone()
        if row != (put,):
            raise StoreUnavailable("lines that were put aside are gone")
        found = await connection.execute(
            _TAKE_IN,
            {
                "run": run.id,
                "asked_at": asked_at,
                "since": window.since,
                "through": window.through,
                "skew": skew,
                "before": DAY_BEFORE,
                "after": DAY_AFTER,
            },
        )
        counts = await found.fetchone()
    assert counts is not None
    entered, moved, left = counts
    return LedgerKept(entered=entered, moved=moved, left=left)


# When the credit of a line was, at the earliest and at the latest: `LedgerTelling._span`, by test.
_EARLIEST: Final[LiteralString] = """
    case when credited_at is null then told_since
        when (credited_at at time zone 'UTC')::time = '00:00' then credited_at - %(before)s
        else credited_at - %(skew)s
    end
"""
_LATEST: Final[LiteralString] = """
    case when credited_at is null then told_through
        when (credited_at at time zone 'UTC')::time = '00:00' then credited_at + %(after)s
        else credited_at + %(skew)s
    end
"""
# A line that may be one of the statement in another spelling: `LedgerTelling.is_near`.
_NEAR: Final[LiteralString] = """
    (credited_at >= %(since)s - %(after)s and credited_at <= %(through)s + %(after)s
        or credited_at is null)
"""
# A line that a statement covers which was asked for later; mostly there is none such.
_DECIDED: Final[LiteralString] = f"""
    exists (
        select from newer as w where w.since <= {_EARLIEST} and {_LATEST} <= w.through
    )
"""

# Of most keys there is one line on either side: they are joined as they are. Only where there are
# several is it asked which is which (`ledger.changes`, by test).
_TAKE_IN: Final[LiteralString] = f"""
    with newer as materialized (
        select since, through from provider_tellings
        where asked_at > least(%(asked_at)s, now())
    ), held as materialized (
        -- What a later statement tells as matched, maybe spelled otherwise: `ledger.heard`.
        select merchant_id as of_owner, cashback_id as of_cashback, min({_EARLIEST}) as first,
            max({_LATEST}) as last
        from provider_lines
        where exists (select from newer) and class = 'matched' and {_NEAR} and {_DECIDED}
        group by merchant_id, cashback_id
    ), told as materialized (
        select line_key, class, owner, cashback_id, centavos, credited_at,
            told_since, told_through
        from (
            select t.*,
                case when credited_at is null then %(since)s end as told_since,
                case when credited_at is null then %(through)s end as told_through
            from provider_told as t
        ) as t
        left join held as h
            on class = 'matched' and h.of_owner = owner and h.of_cashback = cashback_id
        where not {_DECIDED}
            and (h.first is null or {_EARLIEST} > h.last or {_LATEST} < h.first)
    ), matched as (
        select owner as of_owner, cashback_id as of_cashback, min({_EARLIEST}) as first,
            max({_LATEST}) as last
        from told where class = 'matched'
        group by owner, cashback_id
    ), standing as (
        select * from provider_lines
        where {_NEAR} and not {_DECIDED}
        union all
        -- What is told of other days: a line's instant is part of its key. An array, so that each
        -- is looked up by it: joined, all lines there ever were would be read.
        select l.* from provider_lines as l
        where l.line_key = any (array(
                select o.line_key from provider_told as o
                where o.credited_at < %(since)s - %(after)s
                    or o.credited_at > %(through)s + %(after)s
            ))
            and not {_DECIDED}
    ), several as materialized (
        -- Without an instant a newer statement may cover one of a key and not another.
        select line_key from told group by line_key
        having count(*) > 1 or bool_or(credited_at is null)
        union
        select line_key from standing where nth > 0
    ), told_same as (
        select t.*, row_number() over (partition by line_key, class, owner, cashback_id) as same
        from told as t where line_key in (select line_key from several)
    ), standing_same as (
        select s.*, row_number() over (
            partition by line_key, class, merchant_id, cashback_id order by nth
        ) as same
        from standing as s where line_key in (select line_key from several)
    ), as_they_were as materialized (
        select s.*
        from standing_same as s
        join told_same as t using (line_key, class, same)
        where t.owner is not distinct from s.merchant_id
            and t.cashback_id is not distinct from s.cashback_id
    ), told_rest as (
        select t.*, row_number() over (
            partition by line_key order by class, owner, cashback_id
        ) as place
        from told_same as t
        where not exists (
            select from as_they_were as a
            where (a.line_key, a.class, a.same) = (t.line_key, t.class, t.same)
                and a.merchant_id is not distinct from t.owner
                and a.cashback_id is not distinct from t.cashback_id
        )
    ), standing_rest as (
        select s.*, row_number() over (partition by line_key order by class is null, nth) as place
        from standing_same as s
        where (line_key, nth) not in (select line_key, nth from as_they_were)
    ), pairs as (
        select line_key, s.nth, s.class as from_class, s.merchant_id as from_owner,
            s.cashback_id as from_cashback, s.told_since, s.told_through, s.nth is null as is_new,
            t.class, t.owner, t.cashback_id,
            coalesce(s.centavos, t.centavos) as centavos,
            coalesce(s.credited_at, t.credited_at) as credited_at
        from (select * from standing where line_key not in (select line_key from several)) as s
        full join (
            select * from told where line_key not in (select line_key from several)
        ) as t using (line_key)
        union all
        select line_key, nth, class, merchant_id, cashback_id, told_since, told_through, false,
            class, merchant_id, cashback_id, centavos, credited_at
        from as_they_were where credited_at is null
        union all
        select line_key,
            coalesce(s.nth, (t.place - 1 - coalesce((
                select count(*) from standing_rest as r where r.line_key = t.line_key
            ), 0) + coalesce((
                select count(*) from provider_lines as r where r.line_key = t.line_key
            ), 0))::integer),
            s.class, s.merchant_id, s.cashback_id, s.told_since, s.told_through, s.nth is null,
            t.class, t.owner, t.cashback_id,
            coalesce(s.centavos, t.centavos), coalesce(s.credited_at, t.credited_at)
        from standing_rest as s full join told_rest as t using (line_key, place)
    ), changes as materialized (
        select line_key, coalesce(nth, 0) as nth, from_class, from_owner, class, owner, cashback_id,
            centavos, credited_at,
            case when credited_at is null then least(told_since, %(since)s) end as told_since,
            case when credited_at is null then greatest(told_through, %(through)s) end
                as told_through
        from pairs
        left join matched as m on class is null and from_class = 'matched'
            and m.of_owner = from_owner and m.of_cashback = from_cashback
        where case
            when class is not null then is_new
                or (class, owner, cashback_id)
                    is distinct from (from_class, from_owner, from_cashback)
                or told_since > %(since)s or told_through < %(through)s
            -- It is not told: does it leave?
            when {_NEAR} and {_EARLIEST} <= m.last and {_LATEST} >= m.first then true
            else from_class is not null
                and {_EARLIEST} >= %(since)s and {_LATEST} <= %(through)s
                -- A later statement may have told it, at the edge of its days or beyond.
                and not exists (
                    select from newer as w where {_LATEST} >= w.since - %(after)s
                )
        end
    ), telling as (
        insert into provider_tellings (reconciliation_id, asked_at, since, through)
        -- By whichever clock is behind: one that was ahead once would make all that follow older.
        values (%(run)s, least(%(asked_at)s, now()), %(since)s, %(through)s)
        returning telling_id
    ), written as (
        insert into provider_lines as l (
            line_key, nth, centavos, credited_at, told_since, told_through, class, merchant_id,
            cashback_id
        )
        select line_key, nth, centavos, credited_at, told_since, told_through, class, owner,
            cashback_id
        from changes
        order by credited_at
        on conflict (line_key, nth) do update set
            class = excluded.class, merchant_id = excluded.merchant_id,
            cashback_id = excluded.cashback_id, told_since = excluded.told_since,
            told_through = excluded.told_through
    ), moved as (
        insert into provider_moves (
            telling_id, line_key, nth, from_class, from_owner, to_class, to_owner, centavos
        )
        select t.telling_id, c.line_key, c.nth, c.from_class, c.from_owner, c.class, c.owner,
            c.centavos
        from changes as c cross join telling as t
        where (c.from_class, c.from_owner) is distinct from (c.class, c.owner)
    ), sums as (
        select from_class, from_owner, class, owner, count(*) as lines,
            sum(centavos)::bigint as centavos
        from changes
        where (from_class, from_owner) is distinct from (class, owner)
        group by from_class, from_owner, class, owner
    ), flows as materialized (
        select owner, class, sum(entered)::bigint as entered, sum(came)::bigint as came,
            sum(departed)::bigint as departed, sum(went)::bigint as went
        from (
            select owner, class, lines as entered, centavos as came, 0 as departed, 0 as went
            from sums where class is not null
            union all
            select from_owner, from_class, 0, 0, lines, centavos
            from sums where from_class is not null
        ) as sides
        group by owner, class
    ), noted as (
        insert into provider_telling_flows (
            telling_id, merchant_id, class, entered, entered_centavos, departed, departed_centavos
        )
        select t.telling_id, f.owner, f.class, f.entered, f.came, f.departed, f.went
        from flows as f cross join telling as t
    ), balanced as (
        insert into provider_balances as b (merchant_id, class, lines, centavos)
        select f.owner, f.class, coalesce(k.lines, 0) + f.entered - f.departed,
            coalesce(k.centavos, 0) + f.came - f.went
        from flows as f
        left join provider_balances as k
            on k.class = f.class and k.merchant_id is not distinct from f.owner
        on conflict (class, merchant_id) do update set
            lines = excluded.lines, centavos = excluded.centavos
    )
    select coalesce(sum(lines) filter (where from_class is null), 0)::bigint,
        coalesce(sum(lines) filter (where from_class is not null and class is not null), 0)::bigint,
        coalesce(sum(lines) filter (where class is null), 0)::bigint
    from sums
"""  # noqa: S608 (made of literals)
