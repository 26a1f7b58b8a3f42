"""What a customer's sales come to; see `cashback_core.delivery.summaries`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.postgres.sales.searches import PLANNED_AS_WRITTEN
from cashback_core.delivery.states import Status
from cashback_core.delivery.summaries import Counted, CustomerSummary, summary_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from psycopg import AsyncConnection


async def read_summary(
    connection: AsyncConnection[Any],
    merchant_id: int,
    customer_id: UUID,
    starts: tuple[datetime, ...],
) -> CustomerSummary | None:
    """A customer's summary; None for one who is nobody, or not known here."""
    await connection.execute(PLANNED_AS_WRITTEN)
    found = await connection.execute(
        # Saying that the id is not null, which it never is, is what its partial index asks for.
        "select document from customers where merchant_id = %s and customer_id = %s"
        " and customer_id is not null and erased_at is null",
        [merchant_id, customer_id],
        prepare=False,
    )
    customer = await found.fetchone()
    if customer is None:
        return None
    found = await connection.execute(
        """
        select width_bucket(s.sold_at, %(starts)s::timestamptz[]) as month, c.status, count(*),
            sum(s.total_centavos)::bigint, sum(c.cashback_centavos)::bigint
        from sales as s
        join cashbacks as c on c.merchant_id = s.merchant_id and c.cashback_id = s.cashback_id
        where s.merchant_id = %(merchant_id)s and s.document = %(document)s
        group by month, c.status
        """,
        {"merchant_id": merchant_id, "document": customer[0], "starts": list(starts)},
        prepare=False,
    )
    counted = [
        Counted(
            month=month,
            status=Status(status),
            sales=sales,
            sales_centavos=total,
            cashback_centavos=cashback,
        )
        for month, status, sales, total, cashback in await found.fetchall()
    ]
    return summary_of(customer_id, counted, starts)
