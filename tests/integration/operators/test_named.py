"""Which cashbacks are meant by an id, a sale's number, or a store and a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import psycopg

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.operators.named import named_cashbacks
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.intake.acceptance import Accepted
from cashback_gateway.local.demo_data import load_merchant
from contract.builders import a_sale, submitted

if TYPE_CHECKING:
    from uuid import UUID

    from adapters.postgres.connection.database import Database

KEY: Final = "35260811222333000181650120000000421123456784"
"""The access key of a fiscal document."""


def merchant_of_stores(dsn: str) -> int:
    """The id of a merchant whose numbers count in each store."""
    with psycopg.connect(dsn) as owner:
        owner.execute(
            "insert into merchants (slug, name, max_sale_age_days, numbers)"
            " values ('stores', 'Stores', 3653, 'store')"
        )
    return load_merchant(dsn, slug="stores")


async def sold(database: Database, merchant_id: int, *, numbered: str | None = None) -> UUID:
    """The id of a sale."""
    store = PostgresCashbackStore(database, DeliveryPolicy())
    sale = a_sale(sale_id=numbered)
    accepted = await store.accept(submitted(sale, merchant_id=merchant_id, lease_s=None))
    assert isinstance(accepted, Accepted)
    return accepted.record.id


def number(dsn: str, id_: UUID, name: str) -> None:
    """Let a sale be known by this name, too."""
    with psycopg.connect(dsn) as owner:
        owner.execute(
            "insert into sale_names (merchant_id, kind, name, cashback_id)"
            " select merchant_id, 'sale_id', %s, cashback_id from sales where cashback_id = %s",
            [name, id_],
        )


async def test_a_number_is_a_stores_or_the_merchants(database: Database, dsn: str) -> None:
    stores = merchant_of_stores(dsn)
    whole, first, second, slashed, invoiced = (
        await sold(database, 1, numbered="12/1042"),
        await sold(database, stores),
        await sold(database, stores),
        await sold(database, stores),
        await sold(database, stores),
    )
    for id_, name in (
        (first, "12 1042"),
        (second, "13 1042"),
        (slashed, "a/b c/d"),
        (invoiced, KEY),
    ):
        number(dsn, id_, name)
    names = ("12/1042", "13/1042", "a/b/c/d", "1042", "12 1042", str(second), KEY, f"9/{KEY}")
    named = await named_cashbacks(database, names)
    assert {name: {one.id for one in named[name]} for name in names} == {
        "12/1042": {whole, first},  # of either merchant one: a person has to say which
        "13/1042": {second},
        "a/b/c/d": {slashed},
        "1042": set(),
        "12 1042": set(),
        str(second): {second},
        KEY: {invoiced},
        f"9/{KEY}": {invoiced},
    }
