"""Customers in PostgreSQL; see `cashback_core.administration.customers`."""

# ruff: noqa: A002, D102 (the port has the words)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.postgres.administration.pages import Column
from adapters.postgres.administration.shelf import UNIQUE, RolledBack, Shelf
from cashback_core.administration.customers import (
    CustomerFilter,
    CustomerStore,
    KnownCustomer,
    NewCustomer,
)
from cashback_core.administration.resources import InUse, Taken
from cashback_core.sales.sale import Customer
from cashback_core.values.documents import store_document, stored_document

if TYPE_CHECKING:
    from uuid import UUID

    from adapters.postgres.administration.transactions import Administration
    from cashback_core.administration.resources import Caller, Done, Page, Refusal, Slice, Versions


@dataclass(frozen=True, slots=True)
class PostgresCustomers(CustomerStore):
    """Customers, each method one transaction of `administration`."""

    administration: Administration

    async def page(
        self, caller: Caller, wanted: Slice, which: CustomerFilter
    ) -> Page[KnownCustomer]:
        document = None if which.document is None else store_document(which.document)
        return await _SHELF.page(self.administration, caller, wanted, {"document": document})

    async def find(self, caller: Caller, id: UUID) -> KnownCustomer | None:
        return await _SHELF.find(self.administration, caller, id)

    async def create(self, caller: Caller, new: NewCustomer) -> Done[KnownCustomer] | Refusal:
        async with _SHELF.making(self.administration, caller, new.id, _TAKEN) as making:
            await making.execute(
                "insert into customers (merchant_id, document, customer_id, name)"
                " values (%(merchant_id)s, %(document)s, %(key)s, %(name)s)",
                document=store_document(new.customer.document),
                name=new.customer.name,
            )
        return making.outcome

    async def replace(
        self, caller: Caller, id: UUID, name: str, versions: Versions
    ) -> Done[KnownCustomer] | Refusal:
        async with _SHELF.changing(self.administration, caller, id, versions) as change:
            await change.update("name = %(name)s", name=name)
        return change.outcome

    async def delete(self, caller: Caller, id: UUID, versions: Versions) -> Refusal | None:
        async with _SHELF.ending(self.administration, caller, id, versions) as ending:
            # A statement after the lock: a sale that met this customer is seen, or meets nobody.
            if await ending.execute(
                "select 1 from sales"
                " where merchant_id = %(merchant_id)s and document = %(document)s limit 1",
                document=ending.row["document"],
            ):
                raise RolledBack(InUse(reason="customer_has_sales"))
            await ending.delete()
        return ending.refusal


def _known(row: tuple[Any, ...]) -> KnownCustomer:
    id_, document, name, version, created_at, updated_at = row
    return KnownCustomer(
        id=id_,
        customer=Customer.known(document=stored_document(document), name=name),
        version=version,
        created_at=created_at,
        updated_at=updated_at,
    )


_TAKEN: Final = {UNIQUE: Taken(name="document")}
_SHELF: Final = Shelf(
    # Whatever is compared is not null, and that is what the id's partial index asks for. (Said in
    # these words it is dropped as a matter of course before indexes are looked at, since
    # PostgreSQL 17: a page then sorted every customer that there is.)
    select="""
        select c.customer_id, c.document, c.name, c.version, c.created_at, c.updated_at
        from customers as c
        where c.merchant_id = %(merchant_id)s and c.erased_at is null
            and c.customer_id >= '00000000-0000-0000-0000-000000000000'
        """,
    this=" and c.customer_id = %(key)s",
    filters=" and (%(document)s::text is null or c.document = %(document)s)",
    read=_known,
    orders={"id": Column(sql="c.customer_id", type="uuid")},
    key=Column(sql="c.customer_id", type="uuid"),
    table="customers",
    row="merchant_id = %(merchant_id)s and customer_id = %(key)s and erased_at is null",
    locks="version, document",
)
