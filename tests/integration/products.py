"""Products put into a database by hand, with types that had no notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    import psycopg


def put_product(
    connection: psycopg.Connection, merchant_id: int, sku: str, *types: tuple[str, datetime]
) -> UUID:
    """Make a product with these types from these instants on; its id.

    The trigger that asks for ten minutes' notice is left out, as only the tables' owner can.
    """
    id_ = new_id()
    connection.execute(
        "insert into products (merchant_id, product_id, sku, name, name_key)"
        " values (%s, %s, %s, %s, %s)",
        [merchant_id, id_, sku, sku, sku.casefold()],
    )
    connection.execute("alter table product_type_periods disable trigger type_periods_follow")
    for version, (type_, starts_at) in enumerate(types, start=1):
        connection.execute(
            "insert into product_type_periods (merchant_id, product_id, version, type, starts_at)"
            " values (%s, %s, %s, %s, %s)",
            [merchant_id, id_, version, type_, starts_at],
        )
    connection.execute("alter table product_type_periods enable trigger type_periods_follow")
    return id_
