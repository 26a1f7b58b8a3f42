"""Taking a statement into the provider's ledger, once its lines are put aside: one transaction.

Whoever reads the ledger sees all that a statement changes, or nothing of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.reconciliation.ledger_by_key import DECIDED, FIND, NEWER
from adapters.postgres.reconciliation.ledger_respelled import put_respelled_aside
from cashback_core.reconciliation.ledger import DAY_AFTER, DAY_BEFORE, LedgerKept
from cashback_core.values.availability import StoreUnavailable

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from psycopg import AsyncConnection

    from adapters.postgres.reconciliation.runs import Run
    from cashback_core.reconciliation import Window

MEMORY: Final = "64MB"
"""What each sort and each hash table may take: millions of lines spill."""

LONGEST_S: Final = 600
"""How long a statement may take: some ten seconds for a million lines that are all new."""


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
        values = {
            "run": run.id,
            "asked_at": asked_at,
            "since": window.since,
            "through": window.through,
            "zone": None if window.zone is None else window.zone.key,
            "skew": skew,
            "before": DAY_BEFORE,
            "after": DAY_AFTER,
        }
        await connection.execute(FIND, values)
        await put_respelled_aside(connection, values)
        found = await connection.execute(_WRITE, values)
        counts = await found.fetchone()
    assert counts is not None
    entered, moved, left = counts
    return LedgerKept(entered=entered, moved=moved, left=left)


# What was found, but what stands already in other words: `respelled.respelled`, by test.
_WRITE: Final[LiteralString] = f"""
    with {NEWER}, respelled as materialized (
        select r.new_key, r.new_nth, r.is_fixed, l.*
        from provider_respelled as r
        -- Each looked up by its index: joined, all lines there ever were would be read.
        cross join lateral (
            select * from provider_lines as p where (p.line_key, p.nth) = (r.line_key, r.nth)
            offset 0
        ) as l
    ), kept as (
        select k.*, k.class = 'matched' and k.cashback_id is not null
            and (k.class, k.cashback_id) is distinct from (k.from_class, k.from_cashback)
            as is_anew
        from provider_found as k
        where not exists (
            select from respelled as p
            where (p.new_key, p.new_nth) = (k.line_key, k.nth) and p.is_fixed
        )
    ), too_many as materialized (
        -- To a cashback one line at most is matched.
        select s.*
        from (select distinct owner, cashback_id from kept where is_anew) as k
        cross join lateral (
            select p.*, {DECIDED} as is_fixed from provider_lines as p
            where p.merchant_id = k.owner and p.cashback_id = k.cashback_id
                and p.class = 'matched'
            offset 0
        ) as s
        where not exists (
                select from provider_found as f where (f.line_key, f.nth) = (s.line_key, s.nth)
            )
            and not exists (
                select from respelled as p
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
        from respelled where not is_fixed
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
