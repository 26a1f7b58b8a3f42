"""What a statement changes in the provider's ledger, key by key: `ledger.changes`, by test."""

from __future__ import annotations

from typing import Final, LiteralString

# When the credit of a line was, at the earliest and at the latest: `LedgerTelling._span`, by test.
EARLIEST: Final[LiteralString] = """
    case when credited_at is null then told_since
        when (credited_at at time zone 'UTC')::time = '00:00' then credited_at - %(before)s
        else credited_at - %(skew)s
    end
"""
LATEST: Final[LiteralString] = """
    case when credited_at is null then told_through
        when (credited_at at time zone 'UTC')::time = '00:00' then credited_at + %(after)s
        else credited_at + %(skew)s
    end
"""
# What was asked for later than the statement that is taken in.
NEWER: Final[LiteralString] = """
    newer as materialized (
        select since, through from provider_tellings
        where asked_at > least(%(asked_at)s, now())
    )
"""
# A line that a statement covers which was asked for later; mostly there is none such.
DECIDED: Final[LiteralString] = f"""
    exists (
        select from newer as w where w.since <= {EARLIEST} and {LATEST} <= w.through
    )
"""
# The first instant of a date's day, and of the next one's, where it is told whose day it is.
_DATE: Final[LiteralString] = "(credited_at at time zone 'UTC')"
_DAY: Final[LiteralString] = f"""
    case when {_DATE}::time = '00:00' then {_DATE} at time zone %(zone)s::text end
"""
_NEXT_DAY: Final[LiteralString] = f"""
    case when {_DATE}::time = '00:00'
        then ({_DATE} + interval '1 day') at time zone %(zone)s::text end
"""
# Of most keys there is one line on either side: they are joined as they are. Only where there are
# several is it asked which is which (`ledger.changes`, by test).
FIND: Final[LiteralString] = f"""
    with {NEWER}, told as (
        select line_key, class, owner, cashback_id, centavos, credited_at, alike,
            told_since, told_through
        from (
            select t.*,
                case when credited_at is null then %(since)s else {_DAY} end as told_since,
                case when credited_at is null then %(through)s else {_NEXT_DAY} end as told_through
            from provider_told as t
        ) as t
        where not {DECIDED}
    ), near as (
        select *, {DECIDED} as is_fixed from provider_lines
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
            and not {DECIDED}
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
        select s.*, t.told_since as tells_since, t.told_through as tells_through
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
            s.cashback_id as from_cashback, s.told_since, s.told_through,
            t.told_since as tells_since, t.told_through as tells_through, s.nth is null as is_new,
            t.class, t.owner, t.cashback_id,
            coalesce(s.centavos, t.centavos) as centavos,
            coalesce(s.credited_at, t.credited_at) as credited_at,
            coalesce(t.alike, s.alike) as alike
        from (select * from standing where line_key not in (select line_key from several)) as s
        full join (
            select * from told where line_key not in (select line_key from several)
        ) as t using (line_key)
        union all
        select line_key, nth, class, merchant_id, cashback_id, told_since, told_through,
            tells_since, tells_through, false,
            class, merchant_id, cashback_id, centavos, credited_at, alike
        from as_they_were where tells_since is not null
        union all
        select line_key,
            coalesce(s.nth, (t.place - 1 - coalesce((
                select count(*) from standing_rest as r where r.line_key = t.line_key
            ), 0) + coalesce((
                select count(*) from provider_lines as r where r.line_key = t.line_key
            ), 0))::integer),
            s.class, s.merchant_id, s.cashback_id, s.told_since, s.told_through,
            t.told_since, t.told_through, s.nth is null,
            t.class, t.owner, t.cashback_id,
            coalesce(s.centavos, t.centavos), coalesce(s.credited_at, t.credited_at),
            coalesce(t.alike, s.alike)
        from standing_rest as s full join told_rest as t using (line_key, place)
    )
    insert into provider_found (
        line_key, nth, from_class, from_owner, from_cashback, class, owner, cashback_id, centavos,
        credited_at, alike, told_since, told_through
    )
    select line_key, coalesce(nth, 0) as nth, from_class, from_owner, from_cashback,
        class, owner, cashback_id, centavos, credited_at, alike,
        -- What leaves was not told this time.
        case when class is null then told_since when credited_at is null
            then least(told_since, tells_since) else coalesce(tells_since, told_since) end,
        case when class is null then told_through when credited_at is null
            then greatest(told_through, tells_through) else coalesce(tells_through, told_through)
        end
    from pairs
    where case
        when class is not null then is_new
            or (class, owner, cashback_id)
                is distinct from (from_class, from_owner, from_cashback)
            or credited_at is null and (told_since > tells_since or told_through < tells_through)
            or credited_at is not null
                and (told_since, told_through) is distinct from (tells_since, tells_through)
                and tells_since is not null
        -- It is not told: does it leave?
        else from_class is not null
            and {EARLIEST} >= %(since)s and {LATEST} <= %(through)s
            -- A later statement may have told it, at the edge of its days or beyond.
            and not exists (
                select from newer as w where {LATEST} >= w.since - %(after)s
            )
    end
"""  # noqa: S608 (made of literals)
