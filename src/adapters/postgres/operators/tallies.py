"""How many cashbacks a filter means, and how many of them are at risk by an act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString

from adapters.postgres.operators.open_rows import ABOVE_CEILING, ALL_MEANT, AT_RISK, MARKED, MEANT
from cashback_core.delivery.states import Status
from cashback_core.operators.acts import Act, ActKind, Circumstances, is_risky
from cashback_core.operators.open_cashbacks import Tally, by_status_of, tally_by_status

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
            select c.merchant_id, c.cashback_id, c.status, c.cashback_centavos,
                {_RISKY.get(kind, "false")} as doubtful, {ABOVE_CEILING} as above_ceiling
            {MEANT}
        ), suspected as materialized (
            select x.cashback_id from suspected_cashbacks(%(merchant_id)s, %(precedes)s) as x
        )
        select status, count(*) filter (where counts),
            coalesce(sum(cashback_centavos) filter (where counts), 0)::bigint,
            count(*) filter (where counts and (
                doubtful
                or %(resends)s and cashback_id in (select x.cashback_id from suspected as x)
            )),
            count(*) filter (where above_ceiling)
        from (select m.*, %(above_ceiling)s or not above_ceiling as counts from meant as m) as m
        group by status
        """,  # noqa: S608 (made of literals)
        values | {"resends": kind is ActKind.RESEND},
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
    )


def tally_of(rows: list[tuple[Any, ...]], given: Mapping[UUID, Circumstances], act: Act) -> Tally:
    """Of rows that are locked: what is done to them, and at how much risk."""
    return Tally(
        count=len(rows),
        cashback_centavos=sum(row[6] for row in rows),
        in_doubt=sum(is_risky(act.kind, Status(row[2]), given[row[1]]) for row in rows),
        by_status=tally_by_status((Status(row[2]), row[6]) for row in rows),
    )
