"""What cases are of, as relations in SQL: one row each, with what is at stake."""

from __future__ import annotations

from typing import Final, LiteralString

INCIDENT_CASES: Final[LiteralString] = """
    select i.incident_id as case_id, 'incident' as kind, i.class, i.merchant_id, i.cashback_id,
        case when i.class = 'reversed' and exists (
            select from statement_incidents as o
            where o.merchant_id = i.merchant_id and o.cashback_id = i.cashback_id
                and o.class = 'reversed' and (o.closed_at is null) = (i.closed_at is null)
                and (o.opened_at, o.incident_id) < (i.opened_at, i.incident_id)
        ) then 0 else i.centavos end as centavos,
        i.why, i.opened_at, i.closed_at
    from statement_incidents as i
"""
"""A credit and what takes it back are two lines about the same money: it is at stake once."""

_AT_STAKE: Final[LiteralString] = """
    coalesce(
        abs(d.erp_centavos - d.our_centavos), d.erp_centavos, d.our_centavos, d.erp_total_centavos,
        d.our_total_centavos, 0
    )
"""
"""`at_stake`."""

DIFFERENCE_CASES: Final[LiteralString] = f"""
    select d.difference_id as case_id, 'difference' as kind, d.class, d.merchant_id,
        d.cashback_id, {_AT_STAKE} as centavos,
        coalesce(nullif(array_to_string(d.whys, ', '), ''), d.class) as why, d.opened_at,
        d.closed_at
    from differences as d
"""  # noqa: S608 (made of literals)
"""Each by why both sides differ, or by its class."""
