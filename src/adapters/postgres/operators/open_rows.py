"""Open cashbacks as operators choose and see them: the conditions, and the reading of rows."""

from __future__ import annotations

from typing import Any, Final, LiteralString

from cashback_core.delivery.brakes import CEILING_REASONS
from cashback_core.delivery.states import Actor, Status
from cashback_core.operators.acts import CALLED_UNPAID
from cashback_core.operators.open_cashbacks import OpenCashback, OpenFilter
from cashback_core.values.documents import store_document, stored_document

MEANT: Final[LiteralString] = """
    from cashbacks as c
    join sales as s using (merchant_id, cashback_id)
    where c.status = any(%(statuses)s)
        -- What the index of open ones needs to see.
        and c.status not in ('applied', 'not_due', 'void', 'recorded')
        and (%(merchant_id)s::bigint is null or c.merchant_id = %(merchant_id)s)
        and (%(document)s::text is null or s.document = %(document)s)
        and (%(sold_from)s::timestamptz is null or s.sold_at >= %(sold_from)s)
        and (%(sold_to)s::timestamptz is null or s.sold_at < %(sold_to)s)
        and (%(accepted_from)s::timestamptz is null or c.accepted_at >= %(accepted_from)s)
        and (%(accepted_to)s::timestamptz is null or c.accepted_at < %(accepted_to)s)
        and (%(ids)s::uuid[] is null or c.cashback_id = any(%(ids)s))
        and (%(reason)s::text is null or exists (
            select from events as e
            where e.merchant_id = c.merchant_id and e.cashback_id = c.cashback_id
                and e.sequence = c.version and strpos(lower(e.reason), lower(%(reason)s)) > 0
        ))
        and (%(status_code)s::integer is null or exists (
            select from attempts as a
            where a.merchant_id = c.merchant_id and a.cashback_id = c.cashback_id
                and a.attempt = c.attempt and a.status_code = %(status_code)s
        ))
"""
"""What a filter means; `values_of` has its values."""

MARKED: Final[LiteralString] = """
    c.status = any(%(called_unpaid)s) and exists (
        select from events as e
        where e.merchant_id = c.merchant_id and e.cashback_id = c.cashback_id
            and e.sequence = c.version  -- the latest: whoever signed it brought it here
            and e.actor = 'operator'
    )
"""
"""Whether a row of MEANT is called unpaid by an operator's mark alone (`may_be_paid`)."""

AT_RISK: Final[LiteralString] = """
    c.risk_accepted_at is not null and not exists (
        select from events as p
        where p.merchant_id = c.merchant_id and p.cashback_id = c.cashback_id
            and p.at > c.risk_accepted_at and (
                p.actor = 'settler' and p.from_status = 'in_doubt'
                    and p.to_status in ('pending', 'held')
                or p.actor = 'operator' and p.to_status = 'rejected'
            )
    )
"""
"""Whether somebody resent a row of cashbacks at risk, and nothing has answered that since."""

ABOVE_CEILING: Final[LiteralString] = """
    c.status = 'held' and exists (
        select from events as e
        where e.merchant_id = c.merchant_id and e.cashback_id = c.cashback_id
            and e.sequence = c.version and e.actor = 'api'
            and e.reason = any(%(ceiling_reasons)s)
    )
"""
"""Whether a row of MEANT is held by a ceiling (`is_above_ceiling`)."""

ALL_MEANT: Final[LiteralString] = f"{MEANT} and (%(above_ceiling)s or not ({ABOVE_CEILING}))"
"""What is meant by who acts on all that a filter means."""

PAGE: Final[LiteralString] = f"""
    with page as materialized (
        select c.*, s.document, s.sale_id, s.sold_at
        {MEANT}
            and (
                %(at)s::timestamptz is null
                or c.accepted_at >= %(at)s  -- what the index can use
                    and (c.accepted_at, c.cashback_id) > (%(at)s::timestamptz, %(id)s::uuid)
            )
        order by c.accepted_at, c.cashback_id
        limit %(limit)s
    )
    select p.cashback_id, m.slug, p.status, e.reason, e.actor, e.actor_name, e.at, p.attempt,
        a.status_code, p.document, p.cashback_centavos, p.sale_id, p.sold_at, p.accepted_at,
        p.risk_accepted_at,
        x.cashback_id is not null or p.status = any(%(called_unpaid)s) and e.actor = 'operator'
    from page as p
    join merchants as m using (merchant_id)
    join events as e
        on e.merchant_id = p.merchant_id and e.cashback_id = p.cashback_id
            and e.sequence = p.version  -- the latest
    left join attempts as a
        on a.merchant_id = p.merchant_id and a.cashback_id = p.cashback_id
            and a.attempt = p.attempt
    left join suspected_cashbacks(
        %(merchant_id)s, %(precedes)s, array(select cashback_id from page)
    ) as x on x.merchant_id = p.merchant_id and x.cashback_id = p.cashback_id
    order by p.accepted_at, p.cashback_id
"""  # noqa: S608 (made of literals)
"""Open cashbacks with their latest event and answer; `open_cashback` reads its rows."""


def values_of(merchant_id: int | None, wanted: OpenFilter) -> dict[str, Any]:
    """The values of MEANT, ALL_MEANT and MARKED.

    PAGE also takes `precedes`, the position and the limit.
    """
    return {
        "merchant_id": merchant_id,
        "statuses": sorted(wanted.statuses),
        "document": None if wanted.document is None else store_document(wanted.document),
        "sold_from": wanted.sold_from,
        "sold_to": wanted.sold_to,
        "accepted_from": wanted.accepted_from,
        "accepted_to": wanted.accepted_to,
        "reason": wanted.reason,
        "status_code": wanted.status_code,
        "ids": None if wanted.ids is None else sorted(wanted.ids),
        "called_unpaid": sorted(CALLED_UNPAID),
        "above_ceiling": wanted.above_ceiling,
        "ceiling_reasons": sorted(CEILING_REASONS),
    }


def open_cashback(row: tuple[Any, ...]) -> OpenCashback:
    """The open cashback of a row of PAGE."""
    (
        cashback_id, merchant, status, reason, actor, actor_name, since_at, attempt, status_code,
        document, centavos, sale_id, sold_at, accepted_at, risk_accepted_at,
        suspected,
    ) = row  # fmt: skip
    return OpenCashback(
        id=cashback_id,
        merchant=merchant,
        status=Status(status),
        reason=reason,
        actor=Actor(actor),
        actor_name=actor_name,
        since_at=since_at,
        attempt=attempt,
        status_code=status_code,
        document=stored_document(document),
        cashback_centavos=centavos,
        sale_id=sale_id,
        sold_at=sold_at,
        accepted_at=accepted_at,
        risk_accepted_at=risk_accepted_at,
        suspected=suspected,
    )
