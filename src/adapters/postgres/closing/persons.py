"""What stands for a customer in a day's lines: a commitment with a salt of that day alone.

Made before the day is closed, some at a time, under a lock that an erasure waits for, and which
waits for an erasure: whoever is nobody by then is given none, and a salt outlives no customer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cashback_core.closing.persons import Disclosed

if TYPE_CHECKING:
    from datetime import date

    from psycopg import AsyncConnection

    from adapters.postgres.closing.lines import Cut

AT_ONCE: Final = 5_000
"""Commitments that one transaction makes; an erasure waits for it for a fraction of a second."""


async def name_persons(connection: AsyncConnection[Any], cut: Cut) -> int:
    """Of everybody whose cashbacks moved that day; how many had none."""
    found = await connection.execute(
        """
        select distinct k.customer_id
        from day_events(%(merchant)s, %(begins)s, %(ends)s, %(from)s, %(below)s) as e
        join sales as s on s.merchant_id = e.merchant_id and s.cashback_id = e.cashback_id
        join customers as k on k.merchant_id = s.merchant_id and k.document = s.document
        where k.erased_at is null and not exists (
            select from day_persons as p
            where p.merchant_id = k.merchant_id and p.day = %(day)s
                and p.customer_id = k.customer_id
        )
        """,
        cut.values,
        binary=True,
    )
    missing = [row[0] for row in await found.fetchall()]
    for first in range(0, len(missing), AT_ONCE):
        async with connection.transaction():
            await connection.execute("select lock_day_persons(%s)", [cut.merchant_id])
            await connection.execute(
                # The salt stands below, behind `offset`: one for each row.
                """
                insert into day_persons (merchant_id, day, customer_id, salt, commitment)
                select k.merchant_id, %(day)s, k.customer_id, k.salt,
                    person_commitment(k.salt, k.document)
                from (
                    select c.merchant_id, c.customer_id, c.document,
                        uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) as salt
                    from unnest(%(customers)s::uuid[]) as i (customer_id)
                    join customers as c
                        on c.merchant_id = %(merchant)s and c.customer_id = i.customer_id
                    where c.erased_at is null
                    offset 0
                ) as k
                on conflict do nothing
                """,
                {**cut.values, "customers": missing[first : first + AT_ONCE]},
            )
    return len(missing)


async def disclosed(
    connection: AsyncConnection[Any], merchant_id: int, day: date, document: str
) -> Disclosed | None:
    """By what it is shown that a day's lines are a customer's; None where they have none."""
    found = await connection.execute(
        "select p.salt from customers as k"
        " join day_persons as p on p.merchant_id = k.merchant_id and p.customer_id = k.customer_id"
        " where k.merchant_id = %s and k.document = %s and p.day = %s and p.salt is not null",
        [merchant_id, document, day],
    )
    row = await found.fetchone()
    return None if row is None else Disclosed(document=document, salt=bytes(row[0]))
