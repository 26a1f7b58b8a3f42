"""Products and their types in PostgreSQL; see `cashback_core.administration.products`.

Every change locks its product's row first, as for product types.
"""

# ruff: noqa: A002, D102 (the port has the words)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg

from adapters.postgres.administration.paging import Column, Pages, listed, values_of
from adapters.postgres.administration.versions import refuse_version
from cashback_core.administration.products import (
    NewProduct,
    NewType,
    Product,
    ProductFilter,
    ProductStore,
)
from cashback_core.administration.resources import Done, InUse, Invalid, Missing, Taken
from cashback_core.sales.catalogue import TypePeriod, next_type
from cashback_core.sales.effective_dates import ChangeRefused, refuse_start, refuse_withdrawal
from cashback_core.sales.sale import name_key

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from adapters.postgres.administration.transactions import Administration
    from cashback_core.administration.resources import Caller, Page, Refusal, Slice, Versions

    Connection = psycopg.AsyncConnection[Any]

_LAST_CHARACTER: Final = "\U0010ffff"

_PAGES: Final = Pages(
    select="""
        select p.product_id, p.sku, p.name, p.used_at is not null, p.version, p.created_at,
            p.updated_at, t.versions, t.types, t.starts, p.name_key
        from products as p
        left join lateral (
            select array_agg(version order by version) as versions,
                array_agg(type order by version) as types,
                array_agg(starts_at order by version) as starts
            from product_type_periods
            where merchant_id = p.merchant_id and product_id = p.product_id
        ) as t on true
        where p.merchant_id = %(merchant_id)s
            and (%(only)s::uuid is null or p.product_id = %(only)s)
            and (%(sku)s::text is null or p.sku = %(sku)s)
            and (%(from)s::text is null or p.name_key >= %(from)s and p.name_key < %(to)s)
        """,
    columns={
        "sku": Column(sql="p.sku", type="text"),
        "name": Column(sql="p.name_key", type="text"),
    },
    key=Column(sql="p.sku", type="text"),
    parts="coalesce(cardinality(versions), 0)",
)


@dataclass(frozen=True, slots=True)
class PostgresProducts(ProductStore):
    """Products, each method one transaction of `administration`."""

    administration: Administration

    async def create(self, caller: Caller, new: NewProduct) -> Done[Product] | Refusal:
        # A first one depends on nothing that is stored, so nothing has to be undone for it.
        first_at = new.first.starts_at
        early = refuse_start((), starts_at=first_at, now=first_at)
        if early is not None:
            return Invalid(name="starts_at", fault=early.fault)
        try:
            async with self.administration.transaction(caller) as connection:
                await connection.execute(
                    "insert into products (merchant_id, product_id, sku, name, name_key)"
                    " values (%s, %s, %s, %s, %s)",
                    [caller.merchant_id, new.id, new.sku, new.name, name_key(new.name)],
                )
                await _insert_type(connection, caller, new.id, new.first)
                return await _present(connection, caller, new.id)
        except psycopg.errors.UniqueViolation:
            return Taken(name="sku")
        except psycopg.errors.ForeignKeyViolation:
            return Invalid(name="type", fault="no_such_type")

    async def page(self, caller: Caller, wanted: Slice, which: ProductFilter) -> Page[Product]:
        begins = which.name_prefix
        values = {
            "merchant_id": caller.merchant_id,
            "only": None,
            "sku": which.sku,
            # A range, and no pattern: nothing in a name means anything, and an index can serve it.
            "from": begins,
            "to": None if begins is None else begins + _LAST_CHARACTER,
        }
        async with self.administration.transaction(caller) as connection:
            found = await connection.execute(
                _PAGES.query(wanted),
                values | values_of(wanted),
                prepare=False,  # planned with the values: each filter has its own best index
            )
            rows = await found.fetchall()
        return listed([_product(row) for row in rows], wanted, parts=lambda p: len(p.types))

    async def find(self, caller: Caller, id: UUID) -> Product | None:
        async with self.administration.transaction(caller) as connection:
            return await _find(connection, caller, id)

    async def rename(
        self, caller: Caller, id: UUID, name: str, versions: Versions
    ) -> Done[Product] | Refusal:
        async with self.administration.transaction(caller) as connection:
            version, _ = await _lock(connection, caller, id)
            refused = refuse_version(version, versions)
            if refused is not None:
                return refused
            await connection.execute(
                "update products set name = %s, name_key = %s, version = version + 1,"
                " updated_at = now() where merchant_id = %s and product_id = %s",
                [name, name_key(name), caller.merchant_id, id],
            )
            return await _present(connection, caller, id)

    async def delete(self, caller: Caller, id: UUID, versions: Versions) -> Refusal | None:
        async with self.administration.transaction(caller) as connection:
            version, used_at = await _lock(connection, caller, id)
            refused = refuse_version(version, versions)
            if refused is not None:
                return refused
            if used_at is not None:
                return InUse(reason="product_used_by_sales")
            await connection.execute(
                "delete from products where merchant_id = %s and product_id = %s",
                [caller.merchant_id, id],
            )
            return None

    async def add_type(self, caller: Caller, id: UUID, type: NewType) -> Done[Product] | Refusal:
        try:
            async with self.administration.transaction(caller) as connection:
                version, _ = await _lock(connection, caller, id)
                if version is None:
                    return Missing()
                refused = await _insert_type(connection, caller, id, type)
                if refused is not None:
                    return refused
                return await _raised(connection, caller, id)
        except psycopg.errors.ForeignKeyViolation:
            return Invalid(name="type", fault="no_such_type")

    async def withdraw_type(
        self, caller: Caller, id: UUID, version: int, versions: Versions
    ) -> Done[Product] | Refusal:
        async with self.administration.transaction(caller) as connection:
            present, _ = await _lock(connection, caller, id)
            refused = refuse_version(present, versions)
            if refused is not None:
                return refused
            periods, now = await _periods(connection, caller, id)
            wanted = next((period for period in periods if period.version == version), None)
            if wanted is None:
                return Missing()
            starts = [period.starts_at for period in periods]
            late = refuse_withdrawal(starts, starts_at=wanted.starts_at, now=now)
            if late is not None:
                return InUse(reason=late.fault)
            await connection.execute(
                "delete from product_type_periods"
                " where merchant_id = %s and product_id = %s and version = %s",
                [caller.merchant_id, id, version],
            )
            return await _raised(connection, caller, id)


async def _lock(
    connection: Connection, caller: Caller, id: UUID
) -> tuple[int | None, datetime | None]:
    """The version of a product and when it was first used, once nobody else is changing it."""
    found = await connection.execute(
        "select version, used_at from products where merchant_id = %s and product_id = %s"
        " for update",
        [caller.merchant_id, id],
    )
    row = await found.fetchone()
    return (None, None) if row is None else (row[0], row[1])


async def _periods(
    connection: Connection, caller: Caller, id: UUID
) -> tuple[list[TypePeriod], datetime]:
    """A product's types, and the transaction's instant, by which the triggers judge too."""
    found = await connection.execute(
        """
        select now(), p.type, p.version, p.starts_at
        from (values (1)) as always
        left join product_type_periods as p on p.merchant_id = %s and p.product_id = %s
        """,
        [caller.merchant_id, id],
    )
    rows = await found.fetchall()
    periods = [
        TypePeriod(type=type_, version=version, starts_at=starts_at)
        for _, type_, version, starts_at in rows
        if type_ is not None
    ]
    return periods, rows[0][0]


async def _insert_type(
    connection: Connection, caller: Caller, id: UUID, type: NewType
) -> Invalid | None:
    periods, now = await _periods(connection, caller, id)
    made = next_type(periods, type=type.type, starts_at=type.starts_at, now=now)
    if isinstance(made, ChangeRefused):
        return Invalid(name="starts_at", fault=made.fault)
    await connection.execute(
        "insert into product_type_periods (merchant_id, product_id, version, type, starts_at)"
        " values (%s, %s, %s, %s, %s)",
        [caller.merchant_id, id, made.version, made.type, made.starts_at],
    )
    return None


async def _raised(connection: Connection, caller: Caller, id: UUID) -> Done[Product] | Missing:
    """The product with its types changed, and so in its next version."""
    await connection.execute(
        "update products set version = version + 1, updated_at = now()"
        " where merchant_id = %s and product_id = %s",
        [caller.merchant_id, id],
    )
    return await _present(connection, caller, id)


async def _present(connection: Connection, caller: Caller, id: UUID) -> Done[Product] | Missing:
    found = await _find(connection, caller, id)
    return Missing() if found is None else Done(found)


async def _find(connection: Connection, caller: Caller, id: UUID) -> Product | None:
    values = {"merchant_id": caller.merchant_id, "only": id, "sku": None, "from": None, "to": None}
    found = await connection.execute(_PAGES.select, values, prepare=False)
    row = await found.fetchone()
    return None if row is None else _product(row)


def _product(row: tuple[Any, ...]) -> Product:
    id_, sku, name, used, version, created_at, updated_at, versions, types, starts, *_ = row
    return Product(
        id=id_,
        sku=sku,
        name=name,
        types=tuple(
            TypePeriod(type=type_, version=number, starts_at=starts_at)
            for number, type_, starts_at in zip(
                versions or (), types or (), starts or (), strict=True
            )
        ),
        used=used,
        version=version,
        created_at=created_at,
        updated_at=updated_at,
    )
