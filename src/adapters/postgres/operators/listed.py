"""Which cashbacks a list means that names each by its id, or by its sale's number and store."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from cashback_core.operators.operator_store import is_of_store
from cashback_core.sales.rules import NumberScope
from cashback_core.sales.same_sale import number_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from adapters.postgres.connection.database import DatabasePool
    from cashback_core.operators.operator_store import CashbackName


async def listed_cashbacks(
    of_one: DatabasePool,
    of_all: DatabasePool,
    merchant_id: int | None,
    names: Collection[CashbackName],
) -> Mapping[CashbackName, tuple[UUID, ...]]:
    """By each name the cashbacks that it means; see `OperatorStore.named`."""
    merchants = await _merchants(of_one, of_all, merchant_id)
    found: defaultdict[CashbackName, list[UUID]] = defaultdict(list)
    for owner, scope in merchants:
        # Names are seen by who acts for their merchant, and by nobody else: merchants are few.
        called: defaultdict[str, list[CashbackName]] = defaultdict(list)
        for name in names:
            number = number_name(name.sale_id, name.store, numbers=scope)
            if number is not None:
                called[number].append(name)
        by_id = {name.id: name for name in names if name.id is not None}
        async with of_one.acting_for(owner) as connection:
            rows = await connection.execute(
                """
                select null::text, c.cashback_id, null::text from cashbacks as c
                where c.merchant_id = %(merchant_id)s and c.cashback_id = any (%(ids)s)
                union all
                select n.name, n.cashback_id, s.store from sale_names as n
                join sales as s using (merchant_id, cashback_id)
                where n.merchant_id = %(merchant_id)s and n.kind = 'sale_id'
                    and n.name = any (%(numbers)s)
                """,
                {"merchant_id": owner, "ids": list(by_id), "numbers": list(called)},
            )
            for number, id_, store in await rows.fetchall():
                for name in [by_id[id_]] if number is None else called[number]:
                    if number is None or is_of_store(name, store, numbers=scope):
                        found[name].append(id_)
    return {name: tuple(found[name]) for name in names}


async def _merchants(
    of_one: DatabasePool, of_all: DatabasePool, merchant_id: int | None
) -> list[tuple[int, NumberScope]]:
    """The one, or all, with what its numbers count in."""
    asking = of_all.connection() if merchant_id is None else of_one.acting_for(merchant_id)
    async with asking as connection:
        rows = await connection.execute(
            """
            select m.merchant_id, m.numbers from merchants as m
            where %(merchant_id)s::bigint is null or m.merchant_id = %(merchant_id)s
            order by m.merchant_id
            """,
            {"merchant_id": merchant_id},
        )
        return [(owner, NumberScope(scope)) for owner, scope in await rows.fetchall()]
