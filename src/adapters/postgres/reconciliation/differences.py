"""Differences of a merchant's day: opened, renewed and closed by what a run finds; its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from psycopg.types.json import Jsonb

from adapters.postgres.sales.acceptance import encode
from cashback_core.reconciliation.days_compared import DayRun, DifferencesKept, ProviderSource
from cashback_core.reconciliation.three_side_totals import cells_of, totals_of_cells
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from psycopg import AsyncConnection

    from cashback_core.reconciliation.days_compared import DayAsked, DayFacts, FoundDifference
    from cashback_core.reconciliation.three_side_totals import ThreeTotals
    from cashback_core.values.pages import Position

NO_LONGER_FOUND: Final = "a later run no longer finds it"


async def keep_differences(
    connection: AsyncConnection[Any],
    asked: DayAsked,
    facts: DayFacts,
    found: Sequence[FoundDifference],
) -> DifferencesKept:
    """Open what does not stand open, renew what does. A run of an older instant renews nothing."""
    rows = [
        {
            "id": str(id_),
            "known_by": one.known_by,
            "class": one.cls,
            "whys": list(one.whys),
            "line": one.line,
            "cashback_id": None if one.cashback_id is None else str(one.cashback_id),
            "erp_centavos": one.erp_centavos,
            "our_centavos": one.our_centavos,
            "erp_total_centavos": one.erp_total_centavos,
            "our_total_centavos": one.our_total_centavos,
            "provider": one.provider,
        }
        # Ids of one moment come by chance: sorted, they are in the order of what was found.
        for id_, one in zip(sorted(new_id() for _ in found), found, strict=True)
    ]
    done = await connection.execute(
        # In the order of their names, so that two runs at once wait for each other and no more.
        """
        insert into differences as d (
            difference_id, merchant_id, day, file_id, line, cashback_id, class, whys, erp_centavos,
            our_centavos, erp_total_centavos, our_total_centavos, provider, known_by, opened_at,
            last_seen_at
        )
        select r.id, %(merchant_id)s, %(day)s, %(file_id)s, r.line, r.cashback_id, r.class, r.whys,
            r.erp_centavos, r.our_centavos, r.erp_total_centavos, r.our_total_centavos, r.provider,
            r.known_by, %(as_of)s, %(as_of)s
        from jsonb_to_recordset(%(rows)s::jsonb) as r (
            id uuid, known_by text, class text, whys text[], line integer, cashback_id uuid,
            erp_centavos bigint, our_centavos bigint, erp_total_centavos bigint,
            our_total_centavos bigint, provider text
        )
        order by r.known_by
        on conflict (merchant_id, day, known_by) where closed_at is null do update set
            file_id = excluded.file_id, line = excluded.line, cashback_id = excluded.cashback_id,
            class = excluded.class, whys = excluded.whys, erp_centavos = excluded.erp_centavos,
            our_centavos = excluded.our_centavos,
            erp_total_centavos = excluded.erp_total_centavos,
            our_total_centavos = excluded.our_total_centavos, provider = excluded.provider,
            last_seen_at = excluded.last_seen_at
        where d.last_seen_at <= excluded.last_seen_at
        returning d.opened_at = %(as_of)s
        """,
        {
            "merchant_id": asked.merchant_id,
            "day": asked.day,
            "file_id": facts.file_id,
            "as_of": facts.arrival.as_of,
            "rows": encode(rows),
        },
    )
    opened = [row[0] for row in await done.fetchall()]
    return DifferencesKept(opened=sum(opened), renewed=len(opened) - sum(opened))


async def end_run(
    connection: AsyncConnection[Any],
    asked: DayAsked,
    facts: DayFacts,
    totals: ThreeTotals,
    kept: DifferencesKept,
) -> DifferencesKept:
    """Close what this run no longer found, and note it."""
    if facts.is_newest:
        closed = await connection.execute(
            """
            update differences set closed_at = now(), closed_why = %(why)s
            where merchant_id = %(merchant_id)s and day = %(day)s and closed_at is null
                and last_seen_at < %(as_of)s
            """,
            {
                "why": NO_LONGER_FOUND,
                "merchant_id": asked.merchant_id,
                "day": asked.day,
                "as_of": facts.arrival.as_of,
            },
        )
        kept += DifferencesKept(closed=closed.rowcount)
    await connection.execute(
        """
        insert into three_side_runs (
            run_id, merchant_id, day, file_id, source, statement_id, run_by, as_of, totals,
            distrust, opened, renewed, closed
        )
        values (
            %(run_id)s, %(merchant_id)s, %(day)s, %(file_id)s, %(source)s, %(statement_id)s,
            %(by)s, %(as_of)s, %(totals)s, %(distrust)s, %(opened)s, %(renewed)s, %(closed)s
        )
        """,
        {
            "run_id": facts.run_id,
            "merchant_id": asked.merchant_id,
            "day": asked.day,
            "file_id": facts.file_id,
            "source": facts.source,
            "statement_id": asked.statement_id,
            "by": asked.by,
            "as_of": facts.arrival.as_of,
            "totals": Jsonb(cells_of(totals)),
            "distrust": facts.distrust,
            "opened": kept.opened,
            "renewed": kept.renewed,
            "closed": kept.closed,
        },
    )
    return kept


async def read_runs(
    connection: AsyncConnection[Any],
    merchant_id: int,
    *,
    day: date | None,
    limit: int,
    after: Position | None,
) -> tuple[DayRun, ...]:
    """Newest first, after a position."""
    found = await connection.execute(
        """
        select run_id, day, file_id, statement_id, source, run_by, as_of, totals, opened, renewed,
            closed, distrust
        from three_side_runs
        -- As a comparison: what is never null is no condition that an index is found by.
        where merchant_id = %(merchant_id)s and as_of > '-infinity'
            and (%(day)s::date is null or day = %(day)s)
            and (%(at)s::timestamptz is null or (as_of, run_id) < (%(at)s, %(id)s::uuid))
        order by as_of desc, run_id desc
        limit %(limit)s
        """,
        {
            "merchant_id": merchant_id,
            "day": day,
            "at": None if after is None else after.at,
            "id": None if after is None else after.id,
            "limit": limit,
        },
        prepare=False,
    )
    return tuple(
        DayRun(
            id=id_,
            day=its_day,
            file_id=file_id,
            statement_id=statement_id,
            source=ProviderSource(source),
            by=by,
            as_of=as_of,
            totals=totals_of_cells(totals),
            kept=DifferencesKept(opened=opened, renewed=renewed, closed=closed),
            distrust=distrust,
        )
        for (
            id_, its_day, file_id, statement_id, source, by, as_of, totals, opened, renewed, closed,
            distrust,
        ) in await found.fetchall()
    )  # fmt: skip
