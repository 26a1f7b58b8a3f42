"""Customers in PostgreSQL; see `cashback_core.administration.customers`."""

# ruff: noqa: A002, D102 (the port has the words)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg

from adapters.postgres.administration.paging import Column, Pages, values_of
from adapters.postgres.administration.versions import refuse_version
from cashback_core.administration.customers import CustomerStore, KnownCustomer
from cashback_core.administration.resources import InUse, Kept, Listed, Missing, Taken
from cashback_core.sales.sale import Customer
from cashback_core.values.documents import Cpf

if TYPE_CHECKING:
    from uuid import UUID

    from adapters.postgres.administration.transactions import Administration
    from cashback_core.administration.resources import Caller, Refusal, Slice, Versions

    Connection = psycopg.AsyncConnection[Any]

_PAGES: Final = Pages(
    # Saying that the id is not null, which it never is, is what its partial index asks for.
    select="""
        select c.customer_id, c.document, c.name, c.version, c.created_at, c.updated_at
        from customers as c
        where c.merchant_id = %(merchant_id)s and c.erased_at is null
            and c.customer_id is not null
            and (%(only)s::uuid is null or c.customer_id = %(only)s)
            and (%(document)s::text is null or c.document = %(document)s)
        """,
    columns={"id": Column(sql="c.customer_id", type="uuid")},
    key=Column(sql="c.customer_id", type="uuid"),
)


@dataclass(frozen=True, slots=True)
class PostgresCustomers(CustomerStore):
    """Customers, each method one transaction of `administration`."""

    administration: Administration

    async def create(
        self, caller: Caller, id: UUID, customer: Customer
    ) -> Kept[KnownCustomer] | Refusal:
        try:
            async with self.administration.transaction(caller) as connection:
                await connection.execute(
                    "insert into customers (merchant_id, document, customer_id, name)"
                    " values (%s, %s, %s, %s)",
                    [caller.merchant_id, str(customer.document), id, customer.name],
                )
                return await _present(connection, caller, id)
        except psycopg.errors.UniqueViolation:
            return Taken(name="document")

    async def page(
        self, caller: Caller, wanted: Slice, *, document: str | None
    ) -> Listed[KnownCustomer]:
        values = {"merchant_id": caller.merchant_id, "only": None, "document": document}
        async with self.administration.transaction(caller) as connection:
            found = await connection.execute(
                _PAGES.query(wanted),
                values | values_of(wanted),
                prepare=False,  # planned with the values: each filter has its own best index
            )
            rows = await found.fetchall()
        items = tuple(_known(row) for row in rows[: wanted.limit])
        return Listed(items=items, more=len(rows) > wanted.limit)

    async def find(self, caller: Caller, id: UUID) -> KnownCustomer | None:
        async with self.administration.transaction(caller) as connection:
            return await _find(connection, caller, id)

    async def rename(
        self, caller: Caller, id: UUID, name: str, versions: Versions
    ) -> Kept[KnownCustomer] | Refusal:
        async with self.administration.transaction(caller) as connection:
            version, _ = await _lock(connection, caller, id)
            refused = refuse_version(version, versions)
            if refused is not None:
                return refused
            await connection.execute(
                "update customers set name = %s, version = version + 1, updated_at = now()"
                " where merchant_id = %s and customer_id = %s",
                [name, caller.merchant_id, id],
            )
            return await _present(connection, caller, id)

    async def delete(self, caller: Caller, id: UUID, versions: Versions) -> Refusal | None:
        async with self.administration.transaction(caller) as connection:
            version, document = await _lock(connection, caller, id)
            refused = refuse_version(version, versions)
            if refused is not None:
                return refused
            # A statement after the lock: a sale that met this customer is seen, or meets nobody.
            found = await connection.execute(
                "select from sales where merchant_id = %s and document = %s limit 1",
                [caller.merchant_id, document],
            )
            if await found.fetchone() is not None:
                return InUse(reason="customer_has_sales")
            await connection.execute(
                "delete from customers where merchant_id = %s and customer_id = %s",
                [caller.merchant_id, id],
            )
            return None


async def _lock(connection: Connection, caller: Caller, id: UUID) -> tuple[int | None, str | None]:
    """The version of a customer and their document, once nobody else is changing them."""
    found = await connection.execute(
        "select version, document from customers"
        " where merchant_id = %s and customer_id = %s and erased_at is null for update",
        [caller.merchant_id, id],
    )
    row = await found.fetchone()
    return (None, None) if row is None else (row[0], row[1])


async def _present(
    connection: Connection, caller: Caller, id: UUID
) -> Kept[KnownCustomer] | Missing:
    found = await _find(connection, caller, id)
    return Missing() if found is None else Kept(found)


async def _find(connection: Connection, caller: Caller, id: UUID) -> KnownCustomer | None:
    values = {"merchant_id": caller.merchant_id, "only": id, "document": None}
    found = await connection.execute(_PAGES.select, values, prepare=False)
    row = await found.fetchone()
    return None if row is None else _known(row)


def _known(row: tuple[Any, ...]) -> KnownCustomer:
    id_, document, name, version, created_at, updated_at = row
    return KnownCustomer(
        id=id_,
        customer=Customer.known(document=Cpf.known(document), name=name),
        version=version,
        created_at=created_at,
        updated_at=updated_at,
    )
