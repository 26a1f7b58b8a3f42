"""Which cashbacks a person means who tells an id, or a sale's own number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from adapters.postgres.connection.database import OPERATING, OVERSEEING
from cashback_core.sales.rules import NumberScope
from cashback_core.sales.same_sale import number_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from adapters.postgres.connection.database import Database


@dataclass(frozen=True, slots=True)
class NamedCashback:
    """A cashback by its whole key, with what tells it from others; `merchant` is the slug."""

    merchant_id: int
    merchant: str
    id: UUID
    status: str
    accepted_at: datetime


async def named_cashbacks(
    database: Database, names: Collection[str]
) -> Mapping[str, Sequence[NamedCashback]]:
    """By each name the cashback of that id; else the sales of that number, of each merchant one.

    Where a merchant's numbers count in each store, a number is STORE/NUMBER. For whoever has the
    machine. Raises StoreUnavailable.
    """
    named: dict[str, list[NamedCashback]] = {name: [] for name in names}
    ids = {name: id_ for name in named if (id_ := _id_in(name)) is not None}
    async with database.pool(OVERSEEING).connection() as connection:
        found = await connection.execute(
            """
            select c.merchant_id, m.slug, c.cashback_id, c.status, c.accepted_at
            from merchants as m
            join cashbacks as c on c.merchant_id = m.merchant_id and c.cashback_id = any(%s)
            """,
            [[*ids.values()]],
        )
        of_ids = {row[2]: NamedCashback(*row) for row in await found.fetchall()}
        found = await connection.execute(
            "select merchant_id, numbers from merchants order by merchant_id"
        )
        merchants = await found.fetchall()
    for name, id_ in ids.items():
        if id_ in of_ids:
            named[name].append(of_ids[id_])
    numbers = [name for name, cashbacks in named.items() if not cashbacks]
    for merchant_id, scope in merchants if numbers else ():
        told = _names_in(NumberScope(scope), numbers)
        # Names are seen by who acts for their merchant, and by nobody else: merchants are few.
        async with database.pool(OPERATING).acting_for(merchant_id) as connection:
            found = await connection.execute(
                """
                select n.name, c.merchant_id, m.slug, c.cashback_id, c.status, c.accepted_at
                from merchants as m
                join sale_names as n
                    on n.merchant_id = m.merchant_id and n.kind = 'sale_id' and n.name = any(%s)
                join cashbacks as c
                    on c.merchant_id = n.merchant_id and c.cashback_id = n.cashback_id
                where m.merchant_id = %s
                """,
                [[*told], merchant_id],
            )
            for name, *row in await found.fetchall():
                for number in told[name]:
                    named[number].append(NamedCashback(*row))
    return named


def _names_in(scope: NumberScope, numbers: Collection[str]) -> dict[str, list[str]]:
    """Each name that a sale of those numbers could have here, and the numbers as they were told.

    Either part of STORE/NUMBER may have slashes of its own.
    """
    names: dict[str, list[str]] = {}
    for told in numbers:
        for store, number in _readings(scope, told):
            name = number_name(number, store, numbers=scope)
            if name is not None:
                names.setdefault(name, []).append(told)
    return names


def _readings(scope: NumberScope, told: str) -> Iterator[tuple[str | None, str]]:
    """A number alone, and each store and number that it may be."""
    yield None, told
    for at, character in enumerate(told):
        if character == "/" and scope is NumberScope.STORE:
            yield told[:at], told[at + 1 :]


def _id_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
