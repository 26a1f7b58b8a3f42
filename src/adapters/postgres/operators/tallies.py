"""How many cashbacks a filter means, and how many of them are at risk by an act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.operators.open_rows import ABOVE_CEILING, ALL_MEANT, AT_RISK, MARKED, MEANT
from cashback_core.delivery.states import Status
from cashback_core.operators.acts import Act, ActKind, Circumstances, is_risky
from cashback_core.operators.open_cashbacks import (
    MAX_AT_ONCE,
    Tally,
    by_status_of,
    tally_by_status,
    token_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from adapters.postgres.sales.acceptance import Cursor


LOCK_ALL: Final[LiteralString] = f"""
    select c.merchant_id, c.cashback_id, c.status, c.version, c.attempt,
        c.open_since_at, c.cashback_centavos, now()
    {ALL_MEANT}
    order by c.merchant_id, c.cashback_id
    for no key update of c
"""
"""What a filter means, locked in one order."""

_RISKY: Final[Mapping[ActKind, LiteralString]] = {
    ActKind.RESEND: f"c.status = 'in_doubt' or {MARKED}",
    ActKind.CANCEL: AT_RISK,
}
"""`is_risky`, but for what an incident suspects."""


async def tally_open(cursor: Cursor, values: dict[str, Any], kind: ActKind) -> Tally:
    """How many cashbacks a filter means now, and how many are at risk by such an act."""
    await cursor.execute(
        f"""
        with meant as materialized (
            select c.merchant_id, c.cashback_id, c.status, c.version, c.cashback_centavos,
                {_RISKY.get(kind, "false")} as doubtful, {ABOVE_CEILING} as above_ceiling
            {MEANT}
        ), suspected as materialized (
            select x.cashback_id from suspected_cashbacks(%(merchant_id)s, %(precedes)s) as x
        ), counted as materialized (
            select m.*, %(above_ceiling)s or not above_ceiling as counts from meant as m
        ), named as materialized (
            select status, cashback_id, version from counted where counts
            order by cashback_id limit %(most)s
        )
        select status, count(*) filter (where counts),
            coalesce(sum(cashback_centavos) filter (where counts), 0)::bigint,
            count(*) filter (where counts and (
                doubtful
                or %(resends)s and cashback_id in (select x.cashback_id from suspected as x)
            )),
            count(*) filter (where above_ceiling),
            array(select n.cashback_id from named as n where n.status = m.status order by 1),
            array(
                select n.version::integer from named as n where n.status = m.status
                order by n.cashback_id
            )
        from counted as m
        group by status
        """,  # noqa: S608 (made of literals)
        values | {"resends": kind is ActKind.RESEND, "most": MAX_AT_ONCE},
        prepare=False,
    )
    rows = await cursor.fetchall()
    counts = {Status(row[0]): (row[1], row[2]) for row in rows}
    return Tally(
        count=sum(row[1] for row in rows),
        cashback_centavos=sum(row[2] for row in rows),
        in_doubt=sum(row[3] for row in rows),
        above_ceiling=sum(row[4] for row in rows),
        by_status=by_status_of(counts),
        token=token_of(kind, (one for row in rows for one in zip(row[5], row[6], strict=True))),
    )


def tally_of(rows: list[tuple[Any, ...]], given: Mapping[UUID, Circumstances], act: Act) -> Tally:
    """Of rows that are locked: what is done to them, and at how much risk."""
    return Tally(
        count=len(rows),
        cashback_centavos=sum(row[6] for row in rows),
        in_doubt=sum(is_risky(act.kind, Status(row[2]), given[row[1]]) for row in rows),
        by_status=tally_by_status((Status(row[2]), row[6]) for row in rows),
        token=token_of(act.kind, ((row[1], row[3]) for row in rows)),
    )
