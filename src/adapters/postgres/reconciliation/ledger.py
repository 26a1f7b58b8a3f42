"""Taking a statement into the provider's ledger, once its lines are put aside: one SQL statement.

Whoever reads the ledger sees all that a statement changes, or nothing of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from cashback_core.reconciliation.ledger import DAY_AFTER, DAY_BEFORE, LedgerKept
from cashback_core.reconciliation.respelled import AFTER_DATE, BEFORE_DATE
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from psycopg import AsyncConnection

    from adapters.postgres.reconciliation.runs import Run
    from cashback_core.reconciliation import Window

MEMORY: Final = "64MB"
"""What each sort and each hash table of the one statement may take: millions of lines spill."""

LONGEST_S: Final = 600
"""How long the one statement may take: some ten seconds for a million lines that are all new."""


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
                "before_date": BEFORE_DATE,
                "after_date": AFTER_DATE,
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
# A line that a statement covers which was asked for later; mostly there is none such.
_DECIDED: Final[LiteralString] = f"""
    exists (
        select from newer as w where w.since <= {_EARLIEST} and {_LATEST} <= w.through
    )
"""
# Whether e, that enters, and s, that stands, may be one credit: `respelled.is_one_credit`, by test.
_ONE_CREDIT: Final[LiteralString] = """
    coalesce(s.cashback_id, s.alike) = coalesce(e.cashback_id, e.alike)
    and (s.cashback_id is null) = (e.cashback_id is null) and s.centavos = e.centavos
    and case
        when s.is_date = e.is_date then s.credited_at = e.credited_at and s.alike = e.alike
            and s.cashback_id is not null
        when e.is_date then s.credited_at
            between e.credited_at - %(before_date)s and e.credited_at + %(after_date)s
        else e.credited_at
            between s.credited_at - %(before_date)s and s.credited_at + %(after_date)s
    end
"""
_IS_DATE: Final[LiteralString] = "(credited_at at time zone 'UTC')::time = '00:00'"

# Of most keys there is one line on either side: they are joined as they are. Only where there are
# several is it asked which is which (`ledger.changes`, by test).
_TAKE_IN: Final[LiteralString] = f"""
    with newer as materialized (
        select since, through from provider_tellings
        where asked_at > least(%(asked_at)s, now())
    ), told as (
        select line_key, class, owner, cashback_id, centavos, credited_at, alike,
            told_since, told_through
        from (
            select t.*,
                case when credited_at is null then %(since)s end as told_since,
                case when credited_at is null then %(through)s end as told_through
            from provider_told as t
        ) as t
        where not {_DECIDED}
    ), near as (
        select *, {_DECIDED} as is_fixed from provider_lines
        where credited_at >= %(since)s - %(after)s and credited_at <= %(through)s + %(after)s
            or credited_at is null
    ), standing as (
        select * from near where not is_fixed
        union all
        -- What is told of other days: a line's instant is part of its key. An array, so that each
        -- is looked up by it: joined, all lines there ever were would be read.
        select l.*, false from provider_lines as l
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
            coalesce(s.credited_at, t.credited_at) as credited_at,
            coalesce(t.alike, s.alike) as alike
        from (select * from standing where line_key not in (select line_key from several)) as s
        full join (
            select * from told where line_key not in (select line_key from several)
        ) as t using (line_key)
        union all
        select line_key, nth, class, merchant_id, cashback_id, told_since, told_through, false,
            class, merchant_id, cashback_id, centavos, credited_at, alike
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
            coalesce(s.centavos, t.centavos), coalesce(s.credited_at, t.credited_at),
            coalesce(t.alike, s.alike)
        from standing_rest as s full join told_rest as t using (line_key, place)
    ), by_key as materialized (
        select line_key, coalesce(nth, 0) as nth, from_class, from_owner, from_cashback,
            class, owner, cashback_id, centavos, credited_at, alike,
            -- What leaves was not told this time.
            case when credited_at is not null then null when class is null then told_since
                else least(told_since, %(since)s) end as told_since,
            case when credited_at is not null then null when class is null then told_through
                else greatest(told_through, %(through)s) end as told_through
        from pairs
        where case
            when class is not null then is_new
                or (class, owner, cashback_id)
                    is distinct from (from_class, from_owner, from_cashback)
                or told_since > %(since)s or told_through < %(through)s
            -- It is not told: does it leave?
            else from_class is not null
                and {_EARLIEST} >= %(since)s and {_LATEST} <= %(through)s
                -- A later statement may have told it, at the edge of its days or beyond.
                and not exists (
                    select from newer as w where {_LATEST} >= w.since - %(after)s
                )
        end
    -- From here on `respelled.respelled`, by test: each credit once, whatever it is known by.
    ), entering as materialized (
        select *, {_IS_DATE} as is_date from by_key
        where from_class is null and class is not null and credited_at is not null
    ), silent as materialized (
        select s.*, {_IS_DATE} as is_date
        from (
            select l.*
            from (
                select distinct owner, cashback_id from by_key
                where class is not null and cashback_id is not null
                    and (class, cashback_id) is distinct from (from_class, from_cashback)
            ) as k
            -- Each looked up by its index: joined, all lines there ever were would be read.
            cross join lateral (
                select p.*, {_DECIDED} as is_fixed from provider_lines as p
                where p.merchant_id = k.owner and p.cashback_id = k.cashback_id
                    and p.class is not null
                offset 0
            ) as l
            union all
            select * from near
            where class is not null and cashback_id is null
                and alike in (select alike from entering where cashback_id is null)
        ) as s
        where not exists (
            select from by_key as k where (k.line_key, k.nth) = (s.line_key, s.nth)
        )
    ), pairable as materialized (
        select s.* from silent as s
        where s.credited_at is not null and not exists (
            select from provider_told as t where t.line_key = s.line_key
        )
    ), pairs_of_one as materialized (
        select e.line_key as new_key, e.nth as new_nth, s.*
        from (
            select e.*, row_number() over (
                partition by coalesce(e.cashback_id, e.alike), e.centavos
                order by e.credited_at, e.class, e.owner, e.nth
            ) as place
            from entering as e where exists (select from pairable as s where {_ONE_CREDIT})
        ) as e
        join (
            select s.*, row_number() over (
                partition by coalesce(s.cashback_id, s.alike), s.centavos
                order by s.credited_at, s.class, s.merchant_id, s.nth
            ) as place
            from pairable as s where exists (select from entering as e where {_ONE_CREDIT})
        ) as s on s.place = e.place and {_ONE_CREDIT}
    ), kept as (
        select k.*, k.class = 'matched' and k.cashback_id is not null
            and (k.class, k.cashback_id) is distinct from (k.from_class, k.from_cashback)
            as is_anew
        from by_key as k
        where not exists (
            select from pairs_of_one as p
            where (p.new_key, p.new_nth) = (k.line_key, k.nth) and p.is_fixed
        )
    ), too_many as materialized (
        select s.* from silent as s
        where s.class = 'matched'
            and exists (select from kept as k where k.is_anew and k.cashback_id = s.cashback_id)
            and not exists (
                select from pairs_of_one as p
                where (p.line_key, p.nth) = (s.line_key, s.nth) and not p.is_fixed
            )
    ), changes as materialized (
        select k.line_key, k.nth, k.from_class, k.from_owner,
            case when k.is_anew and exists (
                select from too_many as o where o.cashback_id = k.cashback_id and o.is_fixed
            ) then 'credited_again' else k.class end as class,
            k.owner, k.cashback_id, k.centavos, k.credited_at, k.told_since, k.told_through, k.alike
        from kept as k
        union all
        select line_key, nth, class, merchant_id, null, null, null, centavos, credited_at,
            told_since, told_through, alike
        from pairs_of_one where not is_fixed
        union all
        select line_key, nth, class, merchant_id, 'credited_again', merchant_id, cashback_id,
            centavos, credited_at, told_since, told_through, alike
        from too_many as s
        where not s.is_fixed and not exists (
            select from too_many as o where o.cashback_id = s.cashback_id and o.is_fixed
        )
    ), telling as (
        insert into provider_tellings (reconciliation_id, asked_at, since, through)
        -- By whichever clock is behind: one that was ahead once would make all that follow older.
        values (%(run)s, least(%(asked_at)s, now()), %(since)s, %(through)s)
        returning telling_id
    ), written as (
        insert into provider_lines as l (
            line_key, nth, centavos, credited_at, told_since, told_through, class, merchant_id,
            cashback_id, alike
        )
        select line_key, nth, centavos, credited_at, told_since, told_through, class, owner,
            cashback_id, alike
        from changes
        order by credited_at
        on conflict (line_key, nth) do update set
            class = excluded.class, merchant_id = excluded.merchant_id,
            cashback_id = excluded.cashback_id, told_since = excluded.told_since,
            told_through = excluded.told_through, alike = excluded.alike
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
